/**
 * Makes a sealed frame durable while the shard's thread applies the one before: a thread of its own
 * (`behind-worker.ts`) writes, syncs and hashes it. One frame at a time. Owns the memory they share and
 * the two calls; what stands in a frame is `file.ts`'s.
 *
 * Must never say that a frame is durable when its sync has not returned.
 */
import { type FileOps, writeAll } from "./file-ops.ts";
import { FRAME_ALIGN, hashFrame } from "./frame.ts";

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
}

export interface Behind {
  /** Two: commands of the one are applied while the other is written. */
  readonly frames: readonly [Buffer, Buffer];
  /** Returns at once, or at any time before the frame is durable. The frame is not touched until `end`. */
  begin(job: FrameJob): void;
  /** Blocks until it is durable; the frame's hash. Throws what went wrong. */
  end(): Buffer;
}

/** Without a thread: the write at once, the sync when it is asked for. */
export function makeInline(files: FileOps, frameBytesMax: number): Behind {
  const frames = [files.sectors(frameBytesMax), files.sectors(frameBytesMax)] as const;
  let job: FrameJob | null = null;
  return {
    frames,
    begin: (begun) => {
      job = begun;
      writeAll(files, begun.fd, frames[begun.frame]!, begun.bytes, begun.at);
    },
    end: () => {
      const { fd, frame, payloadBytes } = job!;
      files.sync(fd);
      return hashFrame(frames[frame]!, payloadBytes);
    },
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

export const BehindState = { IDLE: 0, BEGUN: 1, DURABLE: 2, FAILED: 3 } as const;

/** What both threads see. */
export interface BehindMemory {
  readonly words: Int32Array;
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

  function wait(): number {
    const state = (): number => Atomics.load(words, BehindWord.STATE);
    for (let spin = 0; spin < SPINS; spin++) if (state() !== BehindState.BEGUN) return state();
    while (state() === BehindState.BEGUN) {
      Atomics.wait(words, BehindWord.STATE, BehindState.BEGUN);
    }
    return state();
  }

  return {
    frames: [asBuffer(frames[0]), asBuffer(frames[1])],
    begin: ({ frame, bytes, payloadBytes, segment, at }) => {
      words[BehindWord.FRAME] = frame;
      words[BehindWord.BYTES] = bytes;
      words[BehindWord.PAYLOAD_BYTES] = payloadBytes;
      words[BehindWord.SEGMENT] = segment;
      words[BehindWord.AT_SECTORS] = at / FRAME_ALIGN;
      Atomics.store(words, BehindWord.STATE, BehindState.BEGUN);
      Atomics.notify(words, BehindWord.STATE);
    },
    end: () => {
      const state = wait();
      if (state !== BehindState.DURABLE) {
        throw new Error(Buffer.from(reason).toString("utf8", 0, words[BehindWord.REASON_BYTES]!));
      }
      Atomics.store(words, BehindWord.STATE, BehindState.IDLE);
      return Buffer.from(hash); // a copy
    },
  };
}
