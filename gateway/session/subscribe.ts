/**
 * Subscriptions of one socket: which topics a request names, and how each begins. Either the whole
 * request is taken or none of it.
 */
import type { Static } from "@sinclair/typebox";
import type { Problem } from "../errors.ts";
import type { Variant } from "../market-data/feed.ts";
import { RESOLUTIONS } from "../market-data/history.ts";
import type { Market } from "../market-data/market.ts";
import { Channel, type Topic } from "../market-data/topics.ts";
import type { Executions } from "../orders/executions.ts";
import type { Asker } from "../orders/answer.ts";
import { DEPTH_DEFAULT, INTERVAL_DEFAULT } from "../forms/requests.ts";
import { SubscribeParams, UnsubscribeParams } from "../forms/requests.ts";
import { reader } from "../forms/read.ts";
import { invalid, isProblem, type Params } from "../orders/decode.ts";
import type { Session } from "./session.ts";

const readSubscribe = reader(SubscribeParams);
const readUnsubscribe = reader(UnsubscribeParams);
/** Named in the contract and not built. */
const UNBUILT: ReadonlySet<unknown> = new Set("balances settlements".split(" "));
const NOT_BUILT: Problem = { code: "NOT_SUPPORTED", param: "channel" };

/** Of a name that is not known, in a message. */
const NAME_CHARS_SHOWN = 100;

export interface Subscribables {
  readonly market: Market;
  readonly executions: readonly Executions[];
  readonly status: Topic;
}

/** A topic and the name under which the answer speaks of it. */
interface Named {
  readonly name: string;
  readonly topic: Topic;
}

export function subscribe(
  from: Subscribables,
  session: Session,
  asker: Asker,
  params: Params,
): void {
  if (UNBUILT.has(params.channel)) return asker.refuse(NOT_BUILT);
  const read = readSubscribe(params);
  if ("problem" in read) return asker.refuse(read.problem);
  const { channel, snapshot = true, resume_from_seq: resume } = read.value;
  const named = topicsOf(from, session, read.value);
  if (isProblem(named)) return asker.refuse(named);
  const { limits } = session;
  if (session.topics.size + named.length > limits.subscriptionsMax) {
    return asker.refuse({ code: "TOO_MANY_SUBSCRIPTIONS" });
  }
  if (channel === Channel.heartbeat) session.heartbeat = true;
  const rows = named.map((each) => begin(session, each, snapshot, seqFor(resume, each.name)));
  const list = isPrivate(channel) ? "shards" : "symbols";
  const symbols = list === "shards" ? `"symbols":[],` : "";
  asker.answer(`{"channel":"${channel}",${symbols}"${list}":[${rows.join(",")}]}`);
}

export function unsubscribe(
  from: Subscribables,
  session: Session,
  asker: Asker,
  params: Params,
): void {
  if (UNBUILT.has(params.channel)) return asker.refuse(NOT_BUILT);
  const read = readUnsubscribe(params);
  if ("problem" in read) return asker.refuse(read.problem);
  const { channel } = read.value;
  const named = topicsOf(from, session, read.value);
  if (isProblem(named)) return asker.refuse(named);
  if (channel === Channel.heartbeat) session.heartbeat = false;
  for (const { topic } of named) session.unsubscribe(topic);
  const rows = named.map(({ name }) => JSON.stringify({ symbol: name }));
  asker.answer(`{"channel":"${channel}","symbols":[${rows.join(",")}]}`);
}

/** Joins one topic; answers its row. What it missed, or its snapshot, follows the answer. */
function begin(
  session: Session,
  { name, topic }: Named,
  snapshot: boolean,
  resumeSeq: number | undefined,
): string {
  const row = isPrivate(topic.channel) ? `{"shard":${name}` : `{"symbol":"${name}"`;
  const seq = topic.seq();
  if (resumeSeq !== undefined) {
    return session.resume(topic, resumeSeq)
      ? `${row},"mode":"resumed","seq":${seq}}`
      : `${row},"mode":"snapshot","resume":"RESUME_TOO_OLD","seq":${seq}}`;
  }
  session.subscribe(topic, snapshot);
  return `${row},"mode":"${snapshot ? "snapshot" : "live"}","seq":${seq}}`;
}

const isPrivate = (channel: Channel): channel is "orders" | "executions" =>
  channel === Channel.executions || channel === Channel.orders;

type Wanted = Static<typeof UnsubscribeParams>;

/** What tells apart the topics of one channel and symbol. */
function variantOf({ channel, depth, interval, crc32 }: Wanted): Variant | Problem {
  if (depth !== undefined && channel === Channel.book) {
    return invalid("depth", "book is always the whole book: leave depth out.");
  }
  if (channel === Channel.book) return { isChecked: crc32 === true };
  if (channel === Channel.bookConflated) return { depth: depth ?? DEPTH_DEFAULT };
  if (channel !== Channel.candles) return {};
  const name = interval ?? INTERVAL_DEFAULT;
  return { resolution: RESOLUTIONS.find((each) => each.name === name)! };
}

function topicsOf(from: Subscribables, session: Session, wanted: Wanted): Named[] | Problem {
  const { channel, symbols = [] } = wanted;
  if (channel === Channel.heartbeat) return [];
  if (channel === Channel.status) return [{ name: "", topic: from.status }];
  if (isPrivate(channel)) {
    const { key } = session;
    if (key === undefined) return { code: "NOT_LOGGED_ON" };
    if (!key.scopes.includes("orders:read")) return { code: "SCOPE_MISSING", param: "channel" };
    const { account_id: id, name } = key.account;
    return from.executions.map((each, shard) => ({
      name: String(shard),
      topic: each.topic(channel, id, name),
    }));
  }
  if (symbols.length === 0) {
    return invalid("symbols", "symbols is a list of at least one symbol.");
  }
  if (symbols.length > session.limits.symbolsPerRequestMax) {
    return { code: "TOO_MANY_SYMBOLS", param: "symbols" };
  }
  const variant = variantOf(wanted);
  if (isProblem(variant)) return variant;
  const named = new Map<string, Named>();
  for (const name of symbols) {
    const topic = from.market.topic(channel, name, variant);
    if (topic === undefined) return unknownSymbol(channel, name);
    named.set(name, { name, topic });
  }
  return [...named.values()];
}

function unknownSymbol(channel: Channel, name: string): Problem {
  const isStyle = channel === Channel.sizeGrid;
  const what = `${isStyle ? "style" : "symbol"} "${name.slice(0, NAME_CHARS_SHOWN)}"`;
  const message = `There is no ${what}; see /v1/${isStyle ? "products" : "instruments"}.`;
  return { code: "UNKNOWN_SYMBOL", param: "symbols", message };
}

type Resume = Static<typeof SubscribeParams>["resume_from_seq"];

function seqFor(resume: Resume, name: string): number | undefined {
  return typeof resume === "object" ? resume[name] : resume;
}
