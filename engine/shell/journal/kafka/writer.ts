/**
 * The writer of a journal at brokers: one frame, one record, one append in flight. An append counts
 * when its record lies where the next one belongs, or when what lies in between is read back and
 * judged to be nothing. After any error the link is thrown away and the same bytes are sent by a new
 * one, until a lease is over: then it is in doubt, and this writer writes no more.
 *
 * Must never call an append durable that a reader would not count, nor unavailable what may lie there.
 */
import { COMMAND_BYTES, makeCommands } from "../../../core/command.ts";
import { BATCH_COMMANDS_MAX } from "../../../core/limits.ts";
import { FRAME_BYTES_MAX, FrameKind, hashFrame, HEADER_BYTES, sealFrame } from "../frame.ts";
import { type Appended, type JournalPlace, type RemoteJournal, Room } from "../journal.ts";
import { makeJudge } from "./judge.ts";
import {
  type KafkaAddress,
  type Link,
  openLink,
  type OpenLink,
  saysNotAppended,
  within,
} from "./link.ts";
import { pause } from "./reader.ts";

export interface SenderOptions {
  readonly address: KafkaAddress;
  readonly topic: string;
  /** How long an append may take in all. */
  readonly leaseMs: number;
  /** For one try at one broker. */
  readonly attemptMs: number;
  readonly connect?: OpenLink;
  monotonicMs(): number;
}

export type Sent =
  | { readonly kind: "sent"; readonly offset: number; readonly link: Link }
  | { readonly kind: "inDoubt" | "unavailable"; readonly why: string };

/** Sends one record until a broker says where it lies, or the lease is over. Keeps its link. */
export interface Sender {
  send(value: Buffer): Promise<Sent>;
  close(): void;
}

const TRY_MS_MIN = 10;
const PAUSE_MS = 20;

export function makeSender(options: SenderOptions): Sender {
  const { address, topic, leaseMs, attemptMs, monotonicMs, connect = openLink } = options;
  let link: Link | null = null;
  let turn = 0;
  let isClosed = false;

  async function attempt(value: Buffer, leftMs: number): Promise<{ offset: number; link: Link }> {
    const tryMs = Math.min(attemptMs, leftMs);
    link ??= await connect(address, topic, turn++, tryMs);
    // The broker gives up before we do: else its answer could never say why.
    const brokerMs = Math.max(Math.floor(tryMs * 0.8), 1);
    const offset = await within(tryMs, "appending", link.produce(value, brokerMs));
    return { offset, link };
  }

  function drop(): void {
    link?.close();
    link = null;
  }

  return {
    send: async (value) => {
      const overMs = monotonicMs() + leaseMs;
      let mayLieThere = false;
      let why = "this journal is closed";
      for (;;) {
        const leftMs = overMs - monotonicMs();
        if (leftMs < TRY_MS_MIN || isClosed) break;
        try {
          const sent = await attempt(value, leftMs);
          if (monotonicMs() <= overMs) return { kind: "sent", ...sent };
          mayLieThere = true;
          why = "the answer came when the lease was over";
        } catch (error) {
          // A link that could not be opened has sent nothing.
          if (link !== null && !saysNotAppended(error)) mayLieThere = true;
          why = error instanceof Error ? error.message : String(error);
          drop();
          await pause(undefined, PAUSE_MS);
        }
      }
      drop();
      const kind = mayLieThere ? "inDoubt" : "unavailable";
      return { kind, why: `no broker confirmed it within ${leaseMs} ms; the last said: ${why}` };
    },
    close: () => {
      isClosed = true;
      drop();
    },
  };
}

export interface WriterOptions extends SenderOptions {
  readonly shard: number;
  readonly writerId: Buffer;
}

/** `from` is behind this writer's claim, which counts. */
export function makeWriter(options: WriterOptions, from: JournalPlace): RemoteJournal {
  const { topic, shard, writerId, attemptMs } = options;
  const { journalId, term } = from;
  if (journalId === null) throw new Error("nobody writes to a journal without a claim");
  const sender = makeSender(options);
  const frame = Buffer.from(new ArrayBuffer(FRAME_BYTES_MAX));
  const batch = makeCommands(BATCH_COMMANDS_MAX, frame.buffer, HEADER_BYTES);
  let place = from; // behind the last frame of ours that counts
  let expected = from.position; // where the next record belongs
  let over: Appended | null = null;
  let isBusy = false;
  let uncovered = true; // perhaps; a watermark too many does no harm

  async function append(count: number): Promise<Appended> {
    if (over !== null) return over;
    if (isBusy) throw new Error("one append at a time");
    isBusy = true;
    const appended = await appendOne(count);
    isBusy = false;
    if (appended.kind === "fenced" || appended.kind === "inDoubt") {
      over = appended;
      sender.close();
    }
    return appended;
  }

  async function appendOne(count: number): Promise<Appended> {
    const payloadBytes = count * COMMAND_BYTES;
    sealFrame(frame, {
      kind: FrameKind.BATCH,
      journalId: journalId!,
      shard,
      term,
      writerId,
      firstSequence: place.nextSequence,
      count,
      payloadBytes,
      previousHash: place.previousHash,
      position: expected,
      durable: expected, // one frame at a time: all before this one was confirmed
    });
    const hash = hashFrame(frame, payloadBytes);
    const sent = await sender.send(frame.subarray(0, HEADER_BYTES + payloadBytes));
    if (sent.kind !== "sent") return sent;
    if (sent.offset !== expected) {
      const judged = await judgeBack(sent.link, sent.offset, hash);
      if (judged !== null) return judged;
    }
    expected = sent.offset + 1;
    place = {
      ...place,
      position: expected,
      nextSequence: place.nextSequence + count,
      previousHash: hash,
    };
    return { kind: "durable", position: expected };
  }

  /** Reads what lies between the expected place and ours; null if our frame counts all the same. */
  async function judgeBack(link: Link, offset: number, hash: Buffer): Promise<Appended | null> {
    const judge = makeJudge(topic, shard, { ...place, position: expected });
    try {
      while (judge.cursor() <= offset) {
        const reading = link.fetch(judge.cursor(), attemptMs);
        const { records } = await within(2 * attemptMs, "reading back", reading);
        for (const record of records) judge.meet(record);
        if (records.length === 0) throw new Error(`record ${judge.cursor()} is not to be had`);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { kind: "inDoubt", why: `what lies before it could not be read back: ${why}` };
    }
    const now = judge.place();
    if (now.term !== term) {
      return { kind: "fenced", why: `writer ${now.writerId.toString("hex")} has term ${now.term}` };
    }
    if (now.previousHash.equals(hash)) return null;
    return { kind: "inDoubt", why: "it was read back, and does not count" };
  }

  return {
    id: journalId.toString("hex"),
    batch,
    batchMax: BATCH_COMMANDS_MAX,
    nextSequence: () => place.nextSequence,
    room: () => Room.YES, // a broker's disk is not seen from here; it refuses by an error
    hasRoomToClose: () => over === null,
    waitForRoom: () => {},
    append: async (count) => {
      const appended = await append(count);
      if (appended.kind === "durable") uncovered = true;
      return appended;
    },
    isUncovered: () => uncovered,
    appendWatermark: async () => {
      const appended = await append(0);
      if (appended.kind === "durable") uncovered = false;
      return appended;
    },
    position: () => expected,
    place: () => place,
    close: () => {
      over ??= { kind: "unavailable", why: "this journal is closed" };
      sender.close();
    },
  };
}
