/**
 * How fast a snapshot is taken beside a live shard. The disk is the shard's: its next sync waits behind
 * whatever else was given to the disk, so that what is read and written for a snapshot goes there in
 * small pieces, with rests between them. Rests, too, end: who began long ago goes on without.
 *
 * For a process of its own: it rests by blocking its thread.
 */
import type { FileOps } from "../journal/file-ops.ts";

export interface Pace {
  /** So many bytes were read, or written: rests for as long as they should have taken. */
  read(bytes: number): void;
  wrote(bytes: number): void;
}

/** As fast as it goes: somebody waits for it. */
export const NO_PACE: Pace = { read: () => {}, wrote: () => {} };

const READ_BYTES_PER_MS = 32_000;
/** Of the disk on which a shard syncs some thousand times in a second: a hundredth, or a few. */
const WRITE_BYTES_PER_MS = 5_000;
/** A rest shorter than that is not worth going to sleep for: it is added to the next one. */
const REST_MS_MIN = 4;
/** Of rests in all: a snapshot of five million orders. What is left after that goes at full speed. */
const RESTS_MS_MAX = 60_000;

export interface PaceParts {
  /** Blocks for as long. */
  rest(ms: number): void;
  monotonicMs(): number;
}

export function makePace({ rest, monotonicMs }: PaceParts): Pace {
  let owedMs = 0;
  let restedMs = 0;

  function spend(ms: number): void {
    owedMs += ms;
    if (owedMs < REST_MS_MIN || restedMs >= RESTS_MS_MAX) return;
    const beganMs = monotonicMs();
    rest(owedMs);
    const tookMs = monotonicMs() - beganMs;
    restedMs += tookMs;
    owedMs = Math.max(owedMs - tookMs, -REST_MS_MIN); // one that was too long is not made up for in a burst
  }

  return {
    read: (bytes) => spend(bytes / READ_BYTES_PER_MS),
    wrote: (bytes) => spend(bytes / WRITE_BYTES_PER_MS),
  };
}

/** Of this thread, which blocks while it rests. */
export function threadPace(onRested: () => void = () => {}): Pace {
  const never = new Int32Array(new SharedArrayBuffer(4));
  return makePace({
    rest: (ms) => {
      Atomics.wait(never, 0, 0, ms);
      onRested();
    },
    monotonicMs: () => performance.now(),
  });
}

/** The same files, at that pace. */
export function pacedFiles(files: FileOps, pace: Pace): FileOps {
  return {
    ...files,
    read: (fd, bytes, offset, length, position) => {
      const count = files.read(fd, bytes, offset, length, position);
      pace.read(count);
      return count;
    },
    write: (fd, bytes, offset, length, position) => {
      const count = files.write(fd, bytes, offset, length, position);
      pace.wrote(count);
      return count;
    },
  };
}
