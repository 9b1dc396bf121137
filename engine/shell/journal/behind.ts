/**
 * Makes a frame durable while the shard's thread applies the one before: a thread of its own
 * (`behind-worker.ts`) closes it with its checksums, writes and syncs it, says so, and hashes it then,
 * for the next one. One frame at a time. Owns the memory they share and the calls; what stands in a
 * frame is `file.ts`'s.
 *
 * Must never say that a frame is durable when its sync has not returned.
 */
import { type FileOps, writeAll } from "./file-ops.ts";
import { closeFrame, FRAME_ALIGN, hashFrame } from "./frame.ts";

export interface FrameJob {
  /** Which of the two frames. */
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
}

export interface Behind {
  /** Two: commands of the one are applied while the other is written. */
  readonly frames: readonly [Buffer, Buffer];
  /**
   * Returns at once, or at any time before the frame is durable. Laid out, it is closed here; until
   * another one is begun, or its hash was asked for, it is not touched.
   */
  begin(job: FrameJob): void;
  /** Blocks until it is durable. Throws what went wrong. */
  end(): void;
  /** Of the frame that was ended last; blocks until it is known. */
  hash(): Buffer;
}

/** Without a thread: the write at once, the sync when it is asked for. */
export function makeInline(files: FileOps, frameBytesMax: number): Behind {
  const frames = [files.sectors(frameBytesMax), files.sectors(frameBytesMax)] as const;
  let job: FrameJob | null = null;
  let hash: Buffer | null = null;
  return {
    frames,
    begin: (begun) => {
      const { fd, bytes, payloadBytes, at } = begun;
      const frame = frames[begun.frame]!;
      job = begun;
      closeFrame(frame, payloadBytes, begun.previousHash ?? hash!);
      writeAll(files, fd, frame, bytes, at);
    },
    end: () => {
      const { fd, frame, payloadBytes } = job!;
      files.sync(fd);
      hash = hashFrame(frames[frame]!, payloadBytes);
    },
    hash: () => hash!,
  };
}

/** Words shared with the writing thread. */
export const BehindWord = {
  STATE: 0,
  FRAME: 1,
  BYTES: 2,
  PAYLOAD_BYTES: 3,
  SEGMENT: 4,
  AT_SECTORS: 5, // a segment may have more bytes than an int32 counts
  REASON_BYTES: 6,
} as const;

/** IDLE until the first is begun; HASHED when nothing more is done with the one before. */
export const BehindState = { IDLE: 0, BEGUN: 1, DURABLE: 2, FAILED: 3, HASHED: 4 } as const;

/** What both threads see. */
export interface BehindMemory {
  readonly words: Int32Array;
  /** Of the frame before the one that is begun. */
  readonly hash: Uint8Array;
  /** Why it failed, in UTF-8. */
  readonly reason: Uint8Array;
  readonly frames: readonly [Uint8Array, Uint8Array];
}

const WORD_BYTES = 64;
const HASH_BYTES = 32;
const REASON_BYTES = 928;
/** Looks before it sleeps: a little over the time a wake-up costs. */
const SPINS = 2_000;

/** `shared(bytes)` is memory such as `sharedSectors` makes. */
export function makeBehindMemory(
  shared: (bytes: number) => Uint8Array,
  frameBytesMax: number,
): BehindMemory {
  const memory = new SharedArrayBuffer(WORD_BYTES + HASH_BYTES + REASON_BYTES);
  return {
    words: new Int32Array(memory, 0, WORD_BYTES / 4),
    hash: new Uint8Array(memory, WORD_BYTES, HASH_BYTES),
    reason: new Uint8Array(memory, WORD_BYTES + HASH_BYTES, REASON_BYTES),
    frames: [shared(frameBytesMax), shared(frameBytesMax)],
  };
}

export function openBehind({ words, hash, reason, frames }: BehindMemory): Behind {
  const asBuffer = (bytes: Uint8Array): Buffer =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

  /** Until it is another state. */
  function wait(from: number): number {
    const state = (): number => Atomics.load(words, BehindWord.STATE);
    for (let spin = 0; spin < SPINS; spin++) if (state() !== from) return state();
    while (state() === from) Atomics.wait(words, BehindWord.STATE, from);
    return state();
  }

  return {
    frames: [asBuffer(frames[0]), asBuffer(frames[1])],
    begin: ({ frame, bytes, payloadBytes, segment, at, previousHash }) => {
      if (previousHash !== null) hash.set(previousHash); // it was asked for: nobody writes it now
      words[BehindWord.FRAME] = frame;
      words[BehindWord.BYTES] = bytes;
      words[BehindWord.PAYLOAD_BYTES] = payloadBytes;
      words[BehindWord.SEGMENT] = segment;
      words[BehindWord.AT_SECTORS] = at / FRAME_ALIGN;
      Atomics.store(words, BehindWord.STATE, BehindState.BEGUN);
      Atomics.notify(words, BehindWord.STATE);
    },
    end: () => {
      if (wait(BehindState.BEGUN) !== BehindState.FAILED) return;
      throw new Error(Buffer.from(reason).toString("utf8", 0, words[BehindWord.REASON_BYTES]!));
    },
    hash: () => {
      wait(BehindState.DURABLE);
      return Buffer.from(hash); // a copy
    },
  };
}
