/**
 * What a client listens to, over any number of sockets: asked for again after each reconnect, checked
 * push by push, and resumed when one is missing. A listener hears a snapshot first and then every
 * update in order, or is told that what it shows has become old.
 */
import { ExchangeError } from "./errors.ts";
import type { Channel, Push } from "./wire.ts";

/** `disconnected`: no line. `gap`: a push was missed and is being asked for. */
export type StaleReason = "disconnected" | "gap";

export interface Listener {
  /** A snapshot replaces what was, an update changes it. */
  push(push: Push): void;
  /** What was last told is not the present any more. */
  stale?(reason: StaleReason): void;
  /** Nothing was missed after all: what was last told is the present again. */
  fresh?(): void;
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
  isLive: boolean;
  isAsked: boolean;
}

interface Row {
  readonly symbol?: string;
  readonly shard?: number;
  readonly mode: "snapshot" | "resumed" | "live";
  readonly seq: number;
}

const SYMBOLS_PER_REQUEST = 500;
const UNCHECKED: ReadonlySet<Channel> = new Set(["heartbeat"]);

export class Subscriptions {
  readonly #request: Request;
  readonly #topics = new Map<string, Topic>();
  #isOnline = false;
  #isScheduled = false;

  constructor(request: Request) {
    this.#request = request;
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
        isLive: false,
        isAsked: false,
      };
      this.#topics.set(key, topic);
    }
    const joined = topic;
    joined.listeners.add(listener);
    joined.isAsked = false; // a newcomer needs a snapshot, which does nobody harm
    this.#schedule();
    return () => this.#remove(key, joined, listener);
  }

  online(): void {
    this.#isOnline = true;
    for (const topic of this.#topics.values()) {
      topic.seqs.clear();
      topic.isAsked = false;
    }
    this.#schedule();
  }

  down(): void {
    this.#isOnline = false;
    for (const topic of this.#topics.values()) this.#becomeStale(topic, "disconnected");
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
    topic.seqs.set(stream, push.seq);
    topic.isLive = true;
    for (const listener of topic.listeners) listener.push(push);
  }

  #remove(key: string, topic: Topic, listener: Listener): void {
    topic.listeners.delete(listener);
    if (topic.listeners.size > 0 || this.#topics.get(key) !== topic) return;
    this.#topics.delete(key);
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
    const byChannel = new Map<Channel, Topic[]>();
    for (const topic of this.#topics.values()) {
      if (topic.isAsked) continue;
      topic.isAsked = true;
      const list = byChannel.get(topic.channel);
      if (list === undefined) byChannel.set(topic.channel, [topic]);
      else list.push(topic);
    }
    for (const topics of byChannel.values()) {
      for (let at = 0; at < topics.length; at += SYMBOLS_PER_REQUEST) {
        this.#ask(topics.slice(at, at + SYMBOLS_PER_REQUEST), {});
      }
    }
  }

  #ask(topics: readonly Topic[], more: { resume_from_seq?: Record<string, number> }): void {
    const [first] = topics;
    if (first === undefined) return;
    const names = topics.map(({ name }) => name);
    this.#request("subscribe", { ...paramsOf(first.channel, names), ...more }).then(
      (result) => this.#answered(first.channel, result),
      (error: unknown) => this.#refused(topics, error),
    );
  }

  #answered(channel: Channel, result: unknown): void {
    const { symbols = [], shards = [] } = result as { symbols?: Row[]; shards?: Row[] };
    for (const { symbol = "", shard = "", mode, seq } of [...symbols, ...shards]) {
      const topic = this.#topics.get(keyOf(channel, symbol));
      if (topic === undefined || topic.isLive || mode !== "resumed") continue;
      if (topic.seqs.get(String(shard)) !== seq) continue; // what was missed comes as a push
      topic.isLive = true;
      for (const listener of topic.listeners) listener.fresh?.();
    }
  }

  /** Nothing was subscribed. Which of several names is to blame is found by asking for the halves. */
  #refused(topics: readonly Topic[], error: unknown): void {
    if (!(error instanceof ExchangeError) || error.execution === "unknown") return;
    if (error.code === "UNKNOWN_SYMBOL" && topics.length > 1) {
      const middle = topics.length >> 1;
      this.#ask(topics.slice(0, middle), {});
      this.#ask(topics.slice(middle), {});
      return;
    }
    for (const topic of topics) {
      for (const listener of topic.listeners) listener.refused?.(error);
    }
  }

  #gap(topic: Topic): void {
    if (!topic.isLive) return; // asked for already
    this.#becomeStale(topic, "gap");
    const seqs = [...topic.seqs].map(([stream, seq]) => [stream === "" ? topic.name : stream, seq]);
    this.#ask([topic], { resume_from_seq: Object.fromEntries(seqs) as Record<string, number> });
  }

  #becomeStale(topic: Topic, reason: StaleReason): void {
    topic.isLive = false;
    for (const listener of topic.listeners) listener.stale?.(reason);
  }
}

const keyOf = (channel: Channel, name: string): string => `${channel} ${name}`;

function paramsOf(channel: Channel, names: readonly string[]): object {
  return names.length === 1 && names[0] === "" ? { channel } : { channel, symbols: names };
}
