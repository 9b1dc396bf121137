/**
 * What a client listens to, over any number of sockets: asked for again after each reconnect, checked
 * push by push, and resumed when one is missing. A listener hears a snapshot first and then every
 * update in order, or is told that what it shows has become old.
 */
import { ExchangeError } from "./errors.ts";
import { pauseMs } from "./pause.ts";
import type { Channel, HeartbeatData, Push } from "./wire.ts";

/**
 * `disconnected`: no line. `gap`: a push was missed and is being asked for. `checksum`: a book is not
 * what the exchange's is, and begins anew.
 */
export type StaleReason = "disconnected" | "gap" | "checksum";

/**
 * Asking again did not help: what came was wrong once more. It is asked for after growing pauses, for
 * a client in a hurry would be one more trouble for an exchange that has some, or for who stands between.
 */
export interface Doubt {
  readonly reason: StaleReason;
  /** How often it was wrong lately. */
  readonly times: number;
  /** When it is asked for again, by this machine's clock. */
  readonly retryAtMs: number;
}

export interface Listener {
  /** A snapshot replaces what was, an update changes it. */
  push(push: Push): void;
  /** What was last told is not the present any more. */
  stale?(reason: StaleReason): void;
  /** It has gone wrong again and again: nothing is to be expected before `retryAtMs`. */
  doubted?(doubt: Doubt): void;
  /** Nothing was missed after all: what was last told is the present again. */
  fresh?(): void;
  /** All that happened until it was last asked for was told, of each shard; what happens next follows. */
  whole?(): void;
  /** The exchange refused: an unknown symbol, or a private channel without a logon. */
  refused?(error: ExchangeError): void;
}

export type Request = (method: string, params: object) => Promise<unknown>;

interface Topic {
  readonly channel: Channel;
  /** Symbol or style code; empty where a channel has none. */
  readonly name: string;
  readonly listeners: Set<Listener>;
  /** Last sequence per stream of the topic: one, except on `executions`, which has one per shard. */
  readonly seqs: Map<string, number>;
  /** How far each stream was when it was last asked for; undefined: that is not answered yet. */
  due: Map<string, number> | undefined;
  /** Every stream came as far as that. */
  isWhole: boolean;
  isLive: boolean;
  isAsked: boolean;
  /** What was missed is being asked for. */
  isResuming: boolean;
  /** Somebody listens who has seen nothing yet. */
  needsSnapshot: boolean;
  /** How often it was wrong lately, and when it was last. */
  doubts: number;
  doubtedMs: number;
  /** Asks again after a pause; undefined: nothing waits. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

interface Row {
  readonly symbol?: string;
  readonly shard?: number;
  readonly mode: "snapshot" | "resumed" | "live";
  readonly seq: number;
}

const SYMBOLS_PER_REQUEST = 500;
/** Told again after a line was lost, every push of it; the others begin with the newest. */
const DELTAS: ReadonlySet<Channel> = new Set(["book", "level3", "trades", "orders", "executions"]);
/** Their sequence is the symbol's own: every public event moves it. */
const EVERY_SEQ = ["book", "level3"] as const;
/** The account's own. */
const PRIVATE: ReadonlySet<Channel> = new Set(["orders", "executions"]);
const UNCHECKED: ReadonlySet<Channel> = new Set(["heartbeat"]);
/** Made good at once: what is missing is asked for, and where that does not help, a snapshot. */
const DOUBTS_AT_ONCE = 2;
/** What was right for so long is not doubted any more: longer than the longest pause. */
const TRUSTED_AFTER_MS = 30_000;

export class Subscriptions {
  readonly #request: Request;
  readonly #random: () => number;
  readonly #topics = new Map<string, Topic>();
  #isOnline = false;
  #isScheduled = false;
  /** Requests in a row that were not answered, or refused for now; and what asks again. */
  #failures = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(request: Request, random: () => number = Math.random) {
    this.#request = request;
    this.#random = random;
  }

  /** Returns the way to stop listening. */
  add(channel: Channel, name: string, listener: Listener): () => void {
    const key = keyOf(channel, name);
    let topic = this.#topics.get(key);
    if (topic === undefined) {
      topic = {
        channel,
        name,
        listeners: new Set(),
        seqs: new Map(),
        due: undefined,
        isWhole: false,
        isLive: false,
        isAsked: false,
        isResuming: false,
        needsSnapshot: true,
        doubts: 0,
        doubtedMs: 0,
        timer: undefined,
      };
      this.#topics.set(key, topic);
    }
    const joined = topic;
    joined.listeners.add(listener);
    joined.isAsked = false; // a newcomer needs a snapshot, which does nobody harm
    joined.needsSnapshot = true;
    this.#schedule();
    return () => this.#remove(key, joined, listener);
  }

  /** All that happened until it was last asked for was told, and each push since. */
  isWhole(channel: Channel, name: string): boolean {
    return this.#topics.get(keyOf(channel, name))?.isWhole === true;
  }

  /** Another account is asked for: what was its own is not what was missed of that one. */
  forgetPrivate(): void {
    for (const topic of this.#topics.values()) {
      if (PRIVATE.has(topic.channel)) topic.seqs.clear();
    }
  }

  online(): void {
    this.#isOnline = true;
    this.#failures = 0;
    for (const topic of this.#topics.values()) {
      if (!DELTAS.has(topic.channel)) topic.seqs.clear();
      topic.isAsked = false;
      topic.isResuming = false;
    }
    this.#schedule();
  }

  /** What was made of the pushes is wrong: it begins again with a snapshot. */
  renew(channel: Channel, name: string): void {
    const topic = this.#topics.get(keyOf(channel, name));
    if (topic === undefined) return;
    this.#becomeStale(topic, "checksum");
    if (this.#isOnline) this.#renew(topic, "checksum");
  }

  down(): void {
    this.#isOnline = false;
    clearTimeout(this.#again);
    this.#again = undefined;
    for (const topic of this.#topics.values()) {
      clearTimeout(topic.timer);
      this.#becomeStale(topic, "disconnected");
    }
  }

  push(push: Push): void {
    const topic = this.#topics.get(keyOf(push.channel, push.symbol ?? ""));
    if (topic === undefined) return; // on its way when we unsubscribed
    const stream = String(push.shard ?? "");
    const seen = topic.seqs.get(stream);
    if (push.type === "update" && !UNCHECKED.has(push.channel)) {
      if (seen === undefined || push.seq <= seen) return; // its snapshot follows, or had it
      if (push.prev_seq !== seen) return this.#gap(topic);
    }
    if (push.type === "snapshot") topic.needsSnapshot = false;
    topic.seqs.set(stream, push.seq);
    if (push.channel === "heartbeat") this.#compare(push.data as HeartbeatData);
    topic.isLive = true;
    for (const listener of topic.listeners) listener.push(push);
    becomeWhole(topic);
  }

  /** The exchange says each second how far everything is: a last push that is missing is noticed, too. */
  #compare({ symbols, shards = {}, ...channels }: HeartbeatData): void {
    for (const channel of EVERY_SEQ) this.#compareAll(channel, symbols);
    for (const channel of PRIVATE) {
      for (const [shard, seq] of Object.entries(shards)) this.#compareOne(channel, "", shard, seq);
    }
    for (const [channel, seqs] of Object.entries(channels)) {
      this.#compareAll(channel as Channel, seqs);
    }
  }

  #compareAll(channel: Channel, seqs: Readonly<Record<string, number>>): void {
    for (const [name, seq] of Object.entries(seqs)) this.#compareOne(channel, name, "", seq);
  }

  #compareOne(channel: Channel, name: string, stream: string, seq: number): void {
    const topic = this.#topics.get(keyOf(channel, name));
    const seen = topic?.seqs.get(stream);
    if (topic !== undefined && seen !== undefined && seq > seen) this.#gap(topic);
  }

  #remove(key: string, topic: Topic, listener: Listener): void {
    topic.listeners.delete(listener);
    if (topic.listeners.size > 0 || this.#topics.get(key) !== topic) return;
    this.#topics.delete(key);
    clearTimeout(topic.timer);
    if (!this.#isOnline) return;
    this.#request("unsubscribe", paramsOf(topic.channel, [topic.name])).catch(() => {
      // The line ended: then the subscription did, too.
    });
  }

  /** One request per channel for all that was added in this turn. */
  #schedule(): void {
    if (this.#isScheduled || !this.#isOnline) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#askAll();
    });
  }

  #askAll(): void {
    if (!this.#isOnline) return;
    const groups = new Map<string, Topic[]>();
    for (const topic of this.#topics.values()) {
      if (topic.isAsked) continue;
      topic.isAsked = true;
      clearTimeout(topic.timer);
      topic.isResuming = topic.seqs.size > 0 && !topic.needsSnapshot;
      if (!topic.isResuming) topic.seqs.clear(); // what comes before the snapshot is not heard
      const group = `${topic.channel} ${topic.isResuming}`;
      const list = groups.get(group);
      if (list === undefined) groups.set(group, [topic]);
      else list.push(topic);
    }
    for (const topics of groups.values()) {
      for (let at = 0; at < topics.length; at += SYMBOLS_PER_REQUEST) {
        const some = topics.slice(at, at + SYMBOLS_PER_REQUEST);
        this.#ask(some, some[0]!.isResuming ? resumeOf(some) : {});
      }
    }
  }

  #ask(topics: readonly Topic[], more: { resume_from_seq?: Record<string, number> }): void {
    const [first] = topics;
    if (first === undefined) return;
    const names = topics.map(({ name }) => name);
    for (const topic of topics) notWhole(topic);
    this.#request("subscribe", { ...paramsOf(first.channel, names), ...more }).then(
      (result) => this.#answered(first.channel, result),
      (error: unknown) => this.#refused(topics, error),
    );
  }

  #answered(channel: Channel, result: unknown): void {
    this.#failures = 0;
    const { symbols = [], shards = [] } = result as { symbols?: Row[]; shards?: Row[] };
    for (const { symbol = "", shard = "", mode, seq } of [...symbols, ...shards]) {
      const topic = this.#topics.get(keyOf(channel, symbol));
      if (topic === undefined) continue;
      topic.isResuming = false; // a gap from here on is not going to be filled
      (topic.due ??= new Map()).set(String(shard), seq);
      if (topic.isLive || mode !== "resumed") continue;
      if (topic.seqs.get(String(shard)) !== seq) continue; // what was missed comes as a push
      topic.isLive = true;
      for (const listener of topic.listeners) listener.fresh?.();
    }
    for (const { symbol = "" } of [...symbols, ...shards]) {
      const topic = this.#topics.get(keyOf(channel, symbol));
      if (topic !== undefined) becomeWhole(topic);
    }
  }

  /** Nothing was subscribed. Which of several names is to blame is found by asking for the halves. */
  #refused(topics: readonly Topic[], error: unknown): void {
    if (!(error instanceof ExchangeError)) return;
    if (error.code === "UNKNOWN_SYMBOL" && topics.length > 1) {
      const middle = topics.length >> 1;
      this.#ask(topics.slice(0, middle), {});
      this.#ask(topics.slice(middle), {});
      return;
    }
    if (error.execution === "unknown" || error.retryable) this.#askLater(topics);
    if (error.execution === "unknown") return;
    for (const topic of topics) {
      for (const listener of topic.listeners) listener.refused?.(error);
    }
  }

  /** The same once more after a pause; where the line is gone, the next one asks for everything. */
  #askLater(topics: readonly Topic[]): void {
    if (!this.#isOnline) return;
    for (const topic of topics) topic.isAsked = false;
    if (this.#again !== undefined) return;
    const waitMs = pauseMs(++this.#failures, this.#random());
    this.#again = setTimeout(() => {
      this.#again = undefined;
      this.#askAll();
    }, waitMs);
  }

  #gap(topic: Topic): void {
    if (topic.isResuming) return;
    if (!topic.isLive) return this.#renew(topic, "gap"); // resuming did not help
    topic.isResuming = true;
    this.#becomeStale(topic, "gap");
    this.#askAgain(topic, "gap", () => this.#ask([topic], resumeOf([topic])));
  }

  /** From a snapshot. */
  #renew(topic: Topic, reason: StaleReason): void {
    topic.seqs.clear(); // what comes before it is not listened to
    this.#askAgain(topic, reason, () => this.#ask([topic], {}));
  }

  /** At once, or after a pause where that was wrong again and again. */
  #askAgain(topic: Topic, reason: StaleReason, ask: () => void): void {
    const nowMs = performance.now();
    if (nowMs - topic.doubtedMs > TRUSTED_AFTER_MS) topic.doubts = 0;
    topic.doubtedMs = nowMs;
    const times = ++topic.doubts;
    clearTimeout(topic.timer);
    if (times <= DOUBTS_AT_ONCE) return ask();
    const waitMs = pauseMs(times - DOUBTS_AT_ONCE, this.#random());
    topic.timer = setTimeout(ask, waitMs);
    const doubt = { reason, times, retryAtMs: Date.now() + waitMs };
    for (const listener of topic.listeners) listener.doubted?.(doubt);
  }

  #becomeStale(topic: Topic, reason: StaleReason): void {
    topic.isLive = false;
    notWhole(topic);
    for (const listener of topic.listeners) listener.stale?.(reason);
  }
}

function notWhole(topic: Topic): void {
  topic.due = undefined;
  topic.isWhole = false;
}

function becomeWhole(topic: Topic): void {
  const { due, seqs } = topic;
  if (topic.isWhole || due === undefined) return;
  for (const [stream, seq] of due) if ((seqs.get(stream) ?? -1) < seq) return;
  topic.isWhole = true;
  for (const listener of topic.listeners) listener.whole?.();
}

const keyOf = (channel: Channel, name: string): string => `${channel} ${name}`;

/** From the last push that was seen, by symbol or shard. */
function resumeOf(topics: readonly Topic[]): { resume_from_seq: Record<string, number> } {
  const seqs = topics.flatMap(({ name, seqs: each }) =>
    [...each].map(([stream, seq]) => [stream === "" ? name : stream, seq] as const),
  );
  return { resume_from_seq: Object.fromEntries(seqs) };
}

function paramsOf(channel: Channel, names: readonly string[]): object {
  if (channel === "book") return { channel, symbols: names, crc32: true };
  return names.length === 1 && names[0] === "" ? { channel } : { channel, symbols: names };
}
