/**
 * Has the next segment ready before it is needed, so that the shard's thread never fills a file with
 * zeros. The work is done by a thread of its own (`prepare-worker.ts`) that shares four words.
 */

/** Words shared with the preparing thread. */
export const PrepareWord = {
  WANTED: 0, // segments wanted in all: number of the newest plus one
  READY: 1, // segments there are
  FAILED: 2, // 1 while the last attempt found no room
  STOP: 3,
} as const;

export function makePrepareWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

/** Asks the preparing thread to end; what it has begun it may give up. */
export function stopPreparing(words: Int32Array): void {
  Atomics.store(words, PrepareWord.STOP, 1);
  Atomics.notify(words, PrepareWord.STOP);
  Atomics.notify(words, PrepareWord.WANTED);
}

export interface Preparer {
  /** Asks for segment `number` and returns at once. */
  want(number: number): void;
  isReady(number: number): boolean;
  /** True while an attempt failed for want of room; attempts go on. */
  foundNoRoom(): boolean;
  /** Blocks until something changes, or the time is over. */
  wait(timeoutMs: number): void;
}

export function openPreparer(words: Int32Array): Preparer {
  return {
    want: (number) => {
      if (Atomics.load(words, PrepareWord.WANTED) >= number + 1) return;
      Atomics.store(words, PrepareWord.WANTED, number + 1);
      Atomics.notify(words, PrepareWord.WANTED);
    },
    isReady: (number) => Atomics.load(words, PrepareWord.READY) > number,
    foundNoRoom: () => Atomics.load(words, PrepareWord.FAILED) === 1,
    wait: (timeoutMs) => {
      const ready = Atomics.load(words, PrepareWord.READY);
      if (Atomics.load(words, PrepareWord.WANTED) <= ready) return;
      Atomics.wait(words, PrepareWord.READY, ready, timeoutMs);
    },
  };
}
