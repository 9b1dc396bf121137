/**
 * Subscriptions of one socket: which topics a request names, and how each begins. Either the whole
 * request is taken or none of it.
 */
import type { Problem } from "../errors.ts";
import type { Variant } from "../market-data/feed.ts";
import { RESOLUTIONS } from "../market-data/history.ts";
import type { Market } from "../market-data/market.ts";
import { Channel, type Topic } from "../market-data/topics.ts";
import type { Executions } from "../orders/executions.ts";
import type { Asker } from "../orders/answer.ts";
import { invalid, isProblem, type Params } from "../orders/decode.ts";
import type { Session } from "./session.ts";

const CHANNELS: ReadonlySet<unknown> = new Set(Object.values(Channel));
const UNKNOWN_CHANNEL: Problem = {
  code: "UNKNOWN_CHANNEL",
  param: "channel",
  message: `There is no such channel; there are ${Object.values(Channel).join(", ")}.`,
};
/** Named in the contract and not built. */
const UNBUILT: ReadonlySet<unknown> = new Set("balances settlements".split(" "));

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
  const { channel, snapshot = true, resume_from_seq: resume } = params;
  if (typeof snapshot !== "boolean") {
    return asker.refuse(invalid("snapshot", "snapshot is true or false."));
  }
  if (!isResume(resume)) {
    const message = "resume_from_seq is a whole number, or an object of them by symbol.";
    return asker.refuse(invalid("resume_from_seq", message));
  }
  const named = topicsOf(from, session, params);
  if (isProblem(named)) return asker.refuse(named);
  const { limits } = session;
  if (session.topics.size + named.length > limits.subscriptionsMax) {
    return asker.refuse({ code: "TOO_MANY_SUBSCRIPTIONS" });
  }
  if (channel === Channel.heartbeat) session.heartbeat = true;
  const rows = named.map((each) => begin(session, each, snapshot, seqFor(resume, each.name)));
  const list = isPrivate(channel) ? "shards" : "symbols";
  const symbols = list === "shards" ? `"symbols":[],` : "";
  asker.answer(`{"channel":"${channel as string}",${symbols}"${list}":[${rows.join(",")}]}`);
}

export function unsubscribe(
  from: Subscribables,
  session: Session,
  asker: Asker,
  params: Params,
): void {
  const named = topicsOf(from, session, params);
  if (isProblem(named)) return asker.refuse(named);
  if (params.channel === Channel.heartbeat) session.heartbeat = false;
  for (const { topic } of named) session.unsubscribe(topic);
  const rows = named.map(({ name }) => JSON.stringify({ symbol: name }));
  asker.answer(`{"channel":"${params.channel as string}","symbols":[${rows.join(",")}]}`);
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

const isPrivate = (channel: unknown): boolean =>
  channel === Channel.executions || channel === Channel.orders;

/** Of `book@100ms`. */
const DEPTHS: readonly unknown[] = [10, 25, 100];
const DEPTH_DEFAULT = 10;
const INTERVAL_DEFAULT = "1h";

/** What tells apart the topics of one channel and symbol. */
function variantOf({ channel, depth, interval, crc32 }: Params): Variant | Problem {
  if (depth !== undefined && channel === Channel.book) {
    return invalid("depth", "book is always the whole book: leave depth out.");
  }
  if (crc32 !== undefined && typeof crc32 !== "boolean") {
    return invalid("crc32", "crc32 is true or false.");
  }
  if (channel === Channel.book) return { isChecked: crc32 === true };
  if (channel === Channel.bookConflated) {
    if (depth === undefined) return { depth: DEPTH_DEFAULT };
    const isKnown = DEPTHS.includes(depth);
    return isKnown ? { depth: depth as number } : invalid("depth", "depth is 10, 25 or 100.");
  }
  if (channel !== Channel.candles) return {};
  const resolution = RESOLUTIONS.find(({ name }) => name === (interval ?? INTERVAL_DEFAULT));
  const names = RESOLUTIONS.map(({ name }) => name).join(", ");
  return resolution === undefined
    ? invalid("interval", `interval is one of ${names}.`)
    : { resolution };
}

function topicsOf(from: Subscribables, session: Session, params: Params): Named[] | Problem {
  const { channel, symbols } = params;
  if (UNBUILT.has(channel)) return { code: "NOT_SUPPORTED", param: "channel" };
  if (!CHANNELS.has(channel)) return UNKNOWN_CHANNEL;
  if (channel === Channel.heartbeat) return [];
  if (channel === Channel.status) return [{ name: "", topic: from.status }];
  if (isPrivate(channel)) {
    const { key } = session;
    if (key === undefined) return { code: "NOT_LOGGED_ON" };
    if (!key.scopes.includes("orders:read")) return { code: "SCOPE_MISSING", param: "channel" };
    const { account_id: id, name } = key.account;
    return from.executions.map((each, shard) => ({
      name: String(shard),
      topic: each.topic(channel as "orders" | "executions", id, name),
    }));
  }
  if (!Array.isArray(symbols) || symbols.length === 0) {
    return invalid("symbols", "symbols is a list of at least one symbol.");
  }
  if (symbols.length > session.limits.symbolsPerRequestMax) {
    return { code: "TOO_MANY_SYMBOLS", param: "symbols" };
  }
  const variant = variantOf(params);
  if (isProblem(variant)) return variant;
  const named = new Map<string, Named>();
  for (const name of symbols as unknown[]) {
    if (typeof name !== "string") return invalid("symbols", "symbols is a list of texts.");
    const topic = from.market.topic(channel as Channel, name, variant);
    if (topic === undefined) return unknownSymbol(channel as Channel, name);
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

type Resume = number | Readonly<Record<string, number>> | undefined;

function isResume(value: unknown): value is Resume {
  if (value === undefined || isSeq(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value as object).every(isSeq);
}

const isSeq = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function seqFor(resume: Resume, name: string): number | undefined {
  return typeof resume === "object" ? resume[name] : resume;
}
