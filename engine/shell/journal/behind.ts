/**
 * Makes frames durable while the shard's thread applies those before: a thread of its own
 * (`behind-worker.ts`) fills one with its commands, closes it with its checksums, writes and syncs it, says so, and hashes it
 * then, for the next one. One frame at a time, in the order in which they were begun. Owns the
 * memory they share and the calls; what stands in a frame is `file.ts`'s.
 *
 * Must never say that a frame is durable when its sync has not returned, nor write one before the
 * one before it is durable.
 */
import { type Commands, makeCommands } from "../../core/command.ts";
import type { Ring } from "../../ring/ring.ts";
import { fillBatch, type Unfilled } from "../batch.ts";
import { type FileOps, writeAll } from "./file-ops.ts";
import { closeFrame, commandsIn, firstSequenceIn, FRAME_ALIGN, hashFrame } from "./frame.ts";

export interface FrameJob {
  /** Which of the frames. */
  readonly frame: number;
  readonly bytes: number;
  readonly payloadBytes: number;
  readonly segment: number;
  /** Where in the segment. */
  readonly at: number;
  /** The caller's own descriptor of that segment. */
  readonly fd: number;
  /** Of the frame before; null when that one was begun here, too, and its hash not asked for. */
  readonly previousHash: Buffer | null;
  /** Where its commands are still to be had from; null: they stand in the frame. */
  readonly unfilled: Unfilled | null;
}

/** Frames that may be under way: behind the one that is written another waits, for a slow sync. */
export const UNDER_WAY_MAX = 2;
/** Those, and one of which the commands are applied meanwhile. */
const FRAMES = UNDER_WAY_MAX + 1;

export interface Behind {
  /** To be used in turns: one more than may be under way, for the commands that are applied. */
  readonly frames: readonly Buffer[];
  /**
   * Returns at once, or at any time before the frame is durable. Laid out, it is closed here, and
   * not touched until a later one is durable or its hash was asked for.
   */
  begin(job: FrameJob): void;
  /** Blocks until the oldest one under way is durable. Throws what went wrong. */
  end(): void;
  /** Of the frame that was ended last, with none under way; blocks until it is known. */
  hash(): Buffer;
}

/** Without a thread: the first one's write at once, its sync at `end`, and then the next one's. */
export function makeInline(files: FileOps, frameBytesMax: number): Behind {
  const frames = Array.from({ length: FRAMES }, () => files.sectors(frameBytesMax));
  const batches = frames.map(commandsIn);
  const underWay: FrameJob[] = [];
  let hash: Buffer | null = null;

  function write({ frame, payloadBytes, previousHash, fd, bytes, at }: FrameJob): void {
    closeFrame(frames[frame]!, payloadBytes, previousHash ?? hash!);
    writeAll(files, fd, frames[frame]!, bytes, at);
  }

  return {
    frames,
    begin: (job) => {
      const { frame, unfilled } = job;
      if (unfilled !== null) fillBatch(batches[frame]!, firstSequenceIn(frames[frame]!), unfilled);
      if (underWay.push(job) === 1) write(job);
    },
    end: () => {
      const { fd, frame, payloadBytes } = underWay[0]!;
      files.sync(fd);
      hash = hashFrame(frames[frame]!, payloadBytes);
      underWay.shift();
      if (underWay.length > 0) write(underWay[0]!);
    },
    hash: () => hash!,
  };
}

/** Words shared with the writing thread. The first three count frames, ever, and wrap. */
export const BehindWord = {
  BEGUN: 0,
  DURABLE: 1,
  HASHED: 2,
  /** 1 when it has failed: what was not durable then never will be. */
  FAILED: 3,
  /** Moves whenever one of those three did. */
  CHANGES: 4,
  REASON_BYTES: 5,
  /** Of the frames under way, in turns. */
  JOBS: 16,
} as const;

/** A frame's words, from `jobAt` on. */
export const JobWord = {
  FRAME: 0,
  BYTES: 1,
  PAYLOAD_BYTES: 2,
  SEGMENT: 3,
  AT_SECTORS: 4, // a segment may have more bytes than an int32 counts
  /** Of the ring, where the commands are still to be had from; -1: they stand in the frame. */
  SLOT: 5,
} as const;

const JOB_WORDS = 8;

/** Of a frame's words and stamp, which of those under way it is. */
export const turnOf = (count: number): number => count & (UNDER_WAY_MAX - 1);
export const jobAt = (count: number): number => BehindWord.JOBS + turnOf(count) * JOB_WORDS;

/** What both threads see. */
export interface BehindMemory {
  readonly words: Int32Array;
  /** Of the frame before the one that is begun next. */
  readonly hash: Uint8Array;
  /** Why it failed, in UTF-8. */
  readonly reason: Uint8Array;
  readonly frames: readonly Uint8Array[];
  /** Of the commands that are still to be copied, by `turnOf`, and the ring they are in. */
  readonly stamps: Float64Array;
  readonly ring: Ring;
}

/** The ring's records as commands. */
export const commandsOf = ({ slots, memory, recordsAt }: Ring): Commands =>
  makeCommands(slots, memory, recordsAt);

const WORD_BYTES = 4 * (BehindWord.JOBS + UNDER_WAY_MAX * JOB_WORDS);
const HASH_BYTES = 32;
const REASON_BYTES = 928;
const STAMP_BYTES = 8 * UNDER_WAY_MAX;
/** Looks before it sleeps: a little over the time a wake-up costs. */
const SPINS = 2_000;

/** `shared(bytes)` is memory such as `sharedSectors` makes. */
export function makeBehindMemory(
  shared: (bytes: number) => Uint8Array,
  frameBytesMax: number,
  ring: Ring,
): BehindMemory {
  const memory = new SharedArrayBuffer(WORD_BYTES + HASH_BYTES + REASON_BYTES + STAMP_BYTES);
  return {
    words: new Int32Array(memory, 0, WORD_BYTES / 4),
    hash: new Uint8Array(memory, WORD_BYTES, HASH_BYTES),
    reason: new Uint8Array(memory, WORD_BYTES + HASH_BYTES, REASON_BYTES),
    frames: Array.from({ length: FRAMES }, () => shared(frameBytesMax)),
    stamps: new Float64Array(memory, WORD_BYTES + HASH_BYTES + REASON_BYTES, UNDER_WAY_MAX),
    ring,
  };
}

export function openBehind(memory: BehindMemory): Behind {
  const { words, hash, reason, frames, stamps } = memory;
  let begun = 0;
  let ended = 0;

  /** Until the word has come as far as that; false: it never will. */
  function wait(word: number, count: number): boolean {
    for (let spin = 0; spin < SPINS; spin++) if (isThere(word, count)) return true;
    for (;;) {
      const changes = Atomics.load(words, BehindWord.CHANGES);
      if (isThere(word, count)) return true;
      if (Atomics.load(words, BehindWord.FAILED) === 1) return isThere(word, count);
      Atomics.wait(words, BehindWord.CHANGES, changes);
    }
  }

  function isThere(word: number, count: number): boolean {
    return ((Atomics.load(words, word) - count) | 0) >= 0;
  }

  return {
    frames: frames.map(({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length)),
    begin: ({ frame, bytes, payloadBytes, segment, at, previousHash, unfilled }) => {
      if (previousHash !== null) hash.set(previousHash); // it was asked for: nobody writes it now
      const job = jobAt(begun);
      words[job + JobWord.FRAME] = frame;
      words[job + JobWord.BYTES] = bytes;
      words[job + JobWord.PAYLOAD_BYTES] = payloadBytes;
      words[job + JobWord.SEGMENT] = segment;
      words[job + JobWord.AT_SECTORS] = at / FRAME_ALIGN;
      words[job + JobWord.SLOT] = unfilled?.slot ?? -1;
      stamps[turnOf(begun)] = unfilled?.stampUs ?? 0;
      begun = (begun + 1) | 0;
      Atomics.store(words, BehindWord.BEGUN, begun);
      Atomics.notify(words, BehindWord.BEGUN);
    },
    end: () => {
      if (wait(BehindWord.DURABLE, ended + 1)) {
        ended = (ended + 1) | 0;
        return;
      }
      throw new Error(Buffer.from(reason).toString("utf8", 0, words[BehindWord.REASON_BYTES]!));
    },
    hash: () => {
      wait(BehindWord.HASHED, ended);
      return Buffer.from(hash); // a copy
    },
  };
}
