/**
 * Who listens to what: a topic is one channel of one symbol (or product, or account), with its
 * subscribers and the way to make its snapshot. Messages are written once and handed to all.
 *
 * Slow readers: a delta topic goes on until the socket's own bound closes it; a conflated one skips a
 * reader that is behind and owes it a snapshot of the newest instead.
 */
import type { Missed } from "./missed.ts";

export interface Subscriber {
  /** Queues one message for the socket. */
  push(text: string): void;
  /** Bytes wait in the socket: it reads more slowly than we write. */
  readonly behind: boolean;
  /** Promises a snapshot of `topic` as soon as there is room. */
  owe(topic: Topic): void;
}

export const Channel = {
  instrument: "instrument",
  ticker: "ticker",
  book: "book",
  bookConflated: "book@100ms",
  level3: "level3",
  trades: "trades",
  candles: "candles",
  sizeGrid: "size_grid",
  auction: "auction",
  orders: "orders",
  executions: "executions",
  heartbeat: "heartbeat",
  status: "status",
} as const;
export type Channel = (typeof Channel)[keyof typeof Channel];

const CONFLATED: ReadonlySet<Channel> = new Set([
  Channel.ticker,
  Channel.sizeGrid,
  Channel.bookConflated,
  Channel.candles,
]);

export interface Topic {
  readonly channel: Channel;
  /** Symbol, style code or account, for the answers to subscribe. */
  readonly key: string;
  /** Of the account's own channels: each shard has a topic of its own. */
  readonly shard: number | undefined;
  readonly conflated: boolean;
  readonly subscribers: Set<Subscriber>;
  /** Sequence of the last push, or of what a snapshot would show: the next update's `prev_seq`. */
  seq(): number;
  /** The newest state as a whole push. */
  snapshot(): string;
  /** What came after `seq`, from memory; null when that is not at hand any more. */
  since(seq: number): Missed | null;
  /** The same from stored events; null when there are none, or too many. Not of every topic. */
  readonly stored: ((seq: number) => Promise<Missed | null>) | undefined;
}

export interface TopicContent {
  readonly shard?: number;
  readonly seq: () => number;
  readonly snapshot: () => string;
  readonly since?: (seq: number) => Missed | null;
  readonly stored?: Topic["stored"];
}

export function makeTopic(channel: Channel, key: string, content: TopicContent): Topic {
  return {
    channel,
    key,
    shard: content.shard,
    conflated: CONFLATED.has(channel),
    subscribers: new Set(),
    seq: content.seq,
    snapshot: content.snapshot,
    since: content.since ?? (() => null),
    stored: content.stored,
  };
}

/** Whether anybody would hear: ask before writing the message. */
export function isHeard(topic: Topic | undefined): topic is Topic {
  return topic !== undefined && topic.subscribers.size > 0;
}

export function publish(topic: Topic, text: string): void {
  for (const subscriber of topic.subscribers) {
    if (topic.conflated && subscriber.behind) subscriber.owe(topic);
    else subscriber.push(text);
  }
}
