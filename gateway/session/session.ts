/**
 * One socket: who it is, what it listens to, and what waits to be written to it. Messages queue here
 * and go out together, once per batch, because a system call costs more than anything we compute.
 *
 * A snapshot is made when there is room for it, and its updates begin with it: so a thousand
 * subscriptions at once do not fill memory, and nobody hears an update before its snapshot. A closed
 * session receives nothing more, and no call reaches a socket that uWebSockets has let go of.
 */
import type { WebSocket } from "uWebSockets.js";
import type { ByteWriter } from "../frames/byte-writer.ts";
import { type Encoding, makeOutbox, type Outbox } from "../frames/outbox.ts";
import type { Caller } from "../registry/identity.ts";
import { writeTooOld } from "../market-data/encode.ts";
import type { Missed } from "../market-data/missed.ts";
import type { Subscriber, Topic } from "../market-data/topics.ts";
import type { QuickAsker } from "../orders/quick-answer.ts";
import type { DeadMan, Leash } from "./dead-man.ts";
import type { SessionCounts } from "./counts.ts";
import type { SessionLimits } from "./limits.ts";

/** Bytes of one cork: uWebSockets' own buffer is 16 KiB, and what does not fit costs a call each. */
const CORK_BYTES = 14 * 1024;
/** Times that stored events are read for one resuming reader of one topic. */
const READS_MAX = 4;
/** Snapshots are made while less than this waits to be written. */
const SNAPSHOT_BYTES = 64 * 1024;

export interface SocketData {
  session: Session | undefined;
  readonly address: string;
  readonly encoding: Encoding;
  /** Logged on before the first frame, by the upgrade's cookie. */
  readonly caller: Caller | undefined;
}
export type Socket = WebSocket<SocketData>;

/** What a session asks of the whole it belongs to. */
export interface Hub {
  readonly counts: SessionCounts;
  readonly limits: SessionLimits;
  /** The session has something to write before this turn of the loop ends. */
  needsFlush(session: Session): void;
  slowReaderClosed(session: Session, why: string): void;
}

export const CloseCode = {
  /** Never sent: what a line that was cut counts as. */
  ABNORMAL: 1006,
  POLICY: 1008,
  TOO_LARGE: 1009,
  INTERNAL: 1011,
  RESTART: 1012,
} as const;

export class Session implements Subscriber {
  readonly id: number;
  readonly address: string;
  readonly encoding: Encoding;
  key: Caller | undefined;
  /** Requests that wait until it is known who asks; undefined: nothing is waited for. */
  held: (() => void)[] | undefined;
  heartbeat = false;
  malformedFrames = 0;
  /** Who or what ended it. */
  endedBy = "CLIENT";
  closed = false;
  behind = false;
  /** When the oldest unanswered ping was sent; 0: none is. */
  pingSentMs = 0;
  /** Its side of orders that go the short way; made with the first of them. */
  quick: QuickAsker | undefined;
  /** Orders that end with this socket. */
  leash: Leash | undefined;
  readonly topics = new Set<Topic>();
  /** Snapshots (null) and what was missed, promised; their updates begin when all of it was told. */
  readonly #owed = new Map<Topic, Missed | null>();
  /** Waited for, from stored events. */
  readonly #awaited = new Map<Topic, object>();
  /** How often stored events were read for what is being told. */
  readonly #reads = new Map<Topic, number>();
  readonly #socket: Socket;
  readonly #hub: Hub;
  readonly #outbox: Outbox;
  #queued = false;

  constructor(id: number, socket: Socket, hub: Hub) {
    this.id = id;
    const { address, caller, encoding } = socket.getUserData();
    this.address = address;
    this.encoding = encoding;
    this.#outbox = makeOutbox(encoding);
    this.key = caller;
    this.#socket = socket;
    this.#hub = hub;
  }

  get limits(): SessionLimits {
    return this.#hub.limits;
  }

  /** What the exchange knows is further than what was written to it, or will be. */
  get isBehind(): boolean {
    return this.behind || this.#owed.size > 0 || this.#awaited.size > 0;
  }

  push(text: string): void {
    if (this.closed) return;
    this.#outbox.push(text);
    this.#queue();
  }

  /** Where one answer's bytes go now; null: nobody is there to read them. */
  answerTo(): ByteWriter | null {
    if (this.closed) return null;
    this.#queue();
    return this.#outbox.answerTo();
  }

  /** A leash that is granted after the socket has gone is pulled at once. */
  keepLeash(leash: Leash | undefined, deadMan: DeadMan): void {
    if (!this.closed) this.leash = leash;
    else if (leash !== undefined) deadMan.closed(leash);
  }

  owe(topic: Topic): void {
    if (this.closed) return;
    this.#hub.counts.conflated++;
    this.#promise(topic, null);
  }

  /** Listens to `topic`, beginning with a snapshot; without one when the client has the state. */
  subscribe(topic: Topic, withSnapshot: boolean): void {
    this.topics.add(topic);
    if (withSnapshot) {
      if (!this.closed) this.#promise(topic, null);
      return;
    }
    this.#owed.delete(topic);
    this.#awaited.delete(topic);
    topic.subscribers.add(this);
  }

  /**
   * Listens to `topic` from `seq` on: what came since is told first. Answers whether it may be; else,
   * and when it turns out not to be, the topic begins with a snapshot that says so.
   */
  resume(topic: Topic, seq: number): boolean {
    this.topics.add(topic);
    topic.subscribers.delete(this);
    const { resumes } = this.#hub.counts;
    if (seq === topic.seq()) {
      resumes.none++;
      this.subscribe(topic, false);
      return true;
    }
    const missed = topic.since(seq);
    if (missed !== null) {
      resumes.memory++;
      this.#promise(topic, missed);
    } else if (!this.#await(topic, seq)) {
      resumes.too_old++;
      this.subscribe(topic, true);
      return false;
    }
    return true;
  }

  unsubscribe(topic: Topic): boolean {
    topic.subscribers.delete(this);
    this.#owed.delete(topic);
    this.#awaited.delete(topic);
    return this.topics.delete(topic);
  }

  /** So long nothing was heard of anybody, by our own doing. */
  excuse(ms: number): void {
    if (this.pingSentMs > 0) this.pingSentMs += ms;
  }

  ping(nowMs: number): void {
    if (this.closed) return;
    if (this.pingSentMs === 0) this.pingSentMs = nowMs;
    else if (nowMs - this.pingSentMs > this.#hub.limits.pongWithinMs) {
      return this.#closeSlow("a ping was not answered in time");
    }
    this.#socket.ping();
  }

  /** The socket has taken what was buffered. */
  drained(): void {
    if (this.closed || this.#socket.getBufferedAmount() > 0) return;
    this.behind = false;
    this.#queue();
  }

  flush(): void {
    this.#queued = false;
    if (this.closed) return;
    this.#payOwed();
    if (this.#outbox.isEmpty) return;
    this.#write();
    if (!this.closed && this.#owed.size > 0 && !this.behind) this.#queue();
  }

  #write(): void {
    const parts = this.#outbox.take();
    for (let at = 0; at < parts.length && !this.closed; ) at = this.#sendSome(parts, at);
    if (this.closed) return;
    if (this.behind && this.#socket.getBufferedAmount() > this.#hub.limits.unsentBytesMax) {
      this.#closeSlow("too many unsent bytes");
    }
  }

  /** Writes the answers that wait now, before the turn ends, when there are so many (0: any). */
  flushFrom(bytes: number): void {
    if (this.closed || this.#outbox.isEmpty || this.#outbox.bytes < bytes) return;
    this.#write();
  }

  /** Writes what waits, then closes with a reason. */
  close(code: number, reason: string): void {
    if (this.closed) return;
    if (!this.#outbox.isEmpty && !this.behind) {
      this.#owed.clear();
      this.flush();
    }
    if (this.closed) return;
    this.endedBy = reason.split(":", 1)[0]!;
    this.#socket.end(code, reason);
  }

  /** uWebSockets has closed the socket: from here on it must not be touched. */
  forget(): void {
    this.closed = true;
    for (const topic of this.topics) topic.subscribers.delete(this);
    this.topics.clear();
    this.#owed.clear();
    this.#awaited.clear();
    this.#reads.clear();
    this.#outbox.clear();
  }

  #queue(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.#hub.needsFlush(this);
  }

  #promise(topic: Topic, missed: Missed | null): void {
    this.#awaited.delete(topic);
    this.#owed.set(topic, missed);
    this.#queue();
  }

  /** Asks for stored events; whether there may be any. */
  #await(topic: Topic, seq: number, reads = 0): boolean {
    if (topic.stored === undefined || seq > topic.seq()) return false;
    const waits = { reads: reads + 1 };
    if (waits.reads > READS_MAX) return false; // more happens while it is read than memory holds
    this.#awaited.set(topic, waits);
    const then = (missed: Missed | null): void => {
      if (this.#awaited.get(topic) !== waits) return; // closed, or asked otherwise since
      if (missed !== null) {
        if (reads === 0) this.#hub.counts.resumes.stored++;
        this.#promise(topic, missed);
        this.#reads.set(topic, waits.reads);
        return;
      }
      this.#awaited.delete(topic);
      this.#tooOld(topic);
    };
    topic.stored(seq).then(then, () => then(null)); // why it failed is its reader's to log
    return true;
  }

  #tooOld(topic: Topic): void {
    this.#hub.counts.resumes.too_old++;
    this.#begin(topic, writeTooOld(topic.snapshot()));
    this.#queue();
  }

  /** After what was stored: from memory, or from what has been stored meanwhile. */
  #goOn(topic: Topic, seq: number): void {
    const reads = this.#reads.get(topic);
    this.#reads.delete(topic);
    if (seq === topic.seq()) return this.subscribe(topic, false);
    const missed = topic.since(seq);
    if (missed !== null) this.#promise(topic, missed);
    else if (!this.#await(topic, seq, reads)) this.#tooOld(topic);
  }

  #payOwed(): void {
    for (const [topic, missed] of this.#owed) {
      if (this.behind || this.#outbox.bytes > SNAPSHOT_BYTES) return;
      this.#owed.delete(topic);
      if (missed === null) this.#begin(topic, topic.snapshot());
      else this.#tellMissed(topic, missed);
    }
  }

  /** The topic's updates follow this text. */
  #begin(topic: Topic, text: string): void {
    topic.subscribers.add(this);
    this.#outbox.push(text);
  }

  /** As much of it as is made at once; the rest when there is room again. */
  #tellMissed(topic: Topic, missed: Missed): void {
    const texts = missed.take();
    if (texts === null) {
      if (!this.#await(topic, missed.seq, this.#reads.get(topic))) this.#tooOld(topic);
      return;
    }
    for (const text of texts) this.#outbox.push(text);
    if (!missed.isDone) this.#owed.set(topic, missed);
    else if (missed.isLast) topic.subscribers.add(this);
    else this.#goOn(topic, missed.seq);
  }

  /** Sends about one cork's worth from `from`; answers where the next begins. */
  #sendSome(outbox: readonly (string | Uint8Array)[], from: number): number {
    let to = from;
    let bytes = 0;
    while (to < outbox.length && (to === from || bytes + outbox[to]!.length < CORK_BYTES)) {
      bytes += outbox[to]!.length;
      to++;
    }
    if (to === from + 1) this.#send(outbox[from]!);
    else {
      this.#socket.cork(() => {
        for (let at = from; at < to && !this.closed; at++) this.#send(outbox[at]!);
      });
    }
    return to;
  }

  #send(part: string | Uint8Array): void {
    const sent = this.#socket.send(part, this.encoding === "proto");
    if (sent === 2) this.#closeSlow("a message was dropped");
    else if (sent === 0) this.behind = true;
  }

  #closeSlow(why: string): void {
    if (this.closed) return;
    this.endedBy = "SLOW_READER";
    this.#hub.slowReaderClosed(this, why);
    this.#socket.end(CloseCode.POLICY, `SLOW_READER: ${why}`);
  }
}
