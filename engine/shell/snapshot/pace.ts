/**
 * How fast a snapshot is taken beside a live shard, whose disk and processors they are. The shard's next
 * sync waits behind whatever else was given to the disk: what is read and written for a snapshot goes there
 * in small pieces. And a processor that has even this to run looks for no other work: a thread of the
 * shard's that was woken on the busy one waits there, for up to a tick (4 ms), instead of being fetched. So
 * who takes a snapshot is at work for one moment in thirty, a millisecond or so at a time. Rests, too, end: who
 * began long ago goes on without.
 *
 * For a process of its own: it rests by blocking its thread.
 */
import type { FileOps } from "../journal/file-ops.ts";

export interface Pace {
  /** So many bytes were read, or written: rests for what they and the work on them should have taken. */
  read(bytes: number): void;
  wrote(bytes: number): void;
  /** Something was done with a processor alone, however much. */
  worked(): void;
}

/** As fast as it goes: somebody waits for it. */
export const NO_PACE: Pace = { read: () => {}, wrote: () => {}, worked: () => {} };

/** Of the disk on which a shard syncs some thousand times in a second: a hundredth, or a few. */
const BYTES_PER_MS = 2_500;
/** For each millisecond of a processor's. */
const REST_MS_PER_MS = 29;
/** Work that is over before anybody could notice it: what begins, and a small snapshot as a whole. */
const UNPACED_MS = 100;
/**
 * A rest shorter than that is added to the next one: it would follow a tenth of a millisecond's work, and each
 * time it is over who rested waits for a processor again.
 */
const REST_MS_MIN = 30;
/** Of rests in all: a snapshot of some two million orders. What is left after that goes at full speed. */
const RESTS_MS_MAX = 180_000;

export interface PaceParts {
  /** Blocks for as long. */
  rest(ms: number): void;
  monotonicMs(): number;
  /** Processor time that this process has used. */
  workedMs(): number;
}

export function makePace({ rest, monotonicMs, workedMs }: PaceParts): Pace {
  let owedMs = 0;
  let restedMs = 0;
  let paidMs = workedMs() + UNPACED_MS;

  function spend(bytes: number): void {
    const nowMs = workedMs();
    owedMs += Math.max(bytes / BYTES_PER_MS, (nowMs - paidMs) * REST_MS_PER_MS);
    paidMs = Math.max(nowMs, paidMs);
    if (owedMs < REST_MS_MIN || restedMs >= RESTS_MS_MAX) return;
    const beganMs = monotonicMs();
    rest(owedMs);
    const tookMs = monotonicMs() - beganMs;
    restedMs += tookMs;
    owedMs = Math.max(owedMs - tookMs, -REST_MS_MIN); // one that was too long is not made up for in a burst
  }

  const worked = (): void => spend(0);
  return { read: worked, wrote: spend, worked };
}

/** How long it rests in one go: whoever it works for may be gone meanwhile. */
const STEP_MS = 200;

/** Of this thread, which blocks while it rests. */
export function threadPace(onRested: () => void = () => {}): Pace {
  const never = new Int32Array(new SharedArrayBuffer(4));
  return makePace({
    rest: (ms) => {
      const untilMs = performance.now() + ms;
      for (let left = ms; left > 0; left = untilMs - performance.now()) {
        Atomics.wait(never, 0, 0, Math.min(left, STEP_MS));
        onRested();
      }
    },
    monotonicMs: () => performance.now(),
    workedMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
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
