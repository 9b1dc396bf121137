/**
 * The heartbeat of one socket: how far everything is that it listens to, so that who missed the last push
 * of a channel that has gone quiet learns it within a second. Only for a socket to which all of that was
 * written: what it is told here it could have seen.
 */
import { writePush } from "../market-data/encode.ts";
import type { Market } from "../market-data/market.ts";
import { Channel, type Topic } from "../market-data/topics.ts";

/**
 * Channels that have a sequence of their own; that of `book` and `level3` is the symbol's. What is
 * conflated by time is the newest ten times a second, and has several topics per symbol.
 */
const OWN_SEQ: ReadonlySet<Channel> = new Set([
  Channel.trades,
  Channel.instrument,
  Channel.auction,
  Channel.ticker,
  Channel.sizeGrid,
]);

export function writeHeartbeat(topics: Iterable<Topic>, market: Market, stampUs: number): string {
  const symbols = new Set<string>();
  const own = new Map<Channel, string[]>();
  const shards = new Set<string>();
  for (const topic of topics) {
    const { channel, key, shard } = topic;
    if (shard !== undefined) shards.add(`"${shard}":${topic.seq()}`);
    else if (key !== "") symbols.add(key);
    if (!OWN_SEQ.has(channel)) continue;
    const rows = own.get(channel);
    const row = `"${key}":${topic.seq()}`;
    if (rows === undefined) own.set(channel, [row]);
    else rows.push(row);
  }
  const newest: string[] = [];
  for (const symbol of symbols) {
    const feed = market.feed(symbol); // none of a style code
    if (feed !== undefined) newest.push(`"${symbol}":${feed.view.bookSeq}`);
  }
  let data = `{"symbols":{${newest.join(",")}}`;
  for (const [channel, rows] of own) data += `,"${channel}":{${rows.join(",")}}`;
  if (shards.size > 0) data += `,"shards":{${[...shards].join(",")}}`;
  const head = { channel: "heartbeat", type: "update", seq: 0, prevSeq: 0, stampUs } as const;
  return writePush(head, `${data}}`);
}
