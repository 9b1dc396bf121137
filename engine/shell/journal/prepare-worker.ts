/**
 * The thread that makes segments ahead of need. Says what it did in shared words, never throws, and
 * tries again each second when the disk is full.
 */
import { parentPort, workerData } from "node:worker_threads";
import { saysNoRoom } from "../errors.ts";
import { makeSegmentMaker } from "./direct-fill.ts";
import { PrepareWord } from "./preparer.ts";

export interface PrepareWorkerData {
  readonly words: Int32Array;
  readonly directory: string;
  readonly segmentBytes: number;
}

const RETRY_MS = 1_000;

const { words, directory, segmentBytes } = workerData as PrepareWorkerData;

const makeNext = makeSegmentMaker();

function isStopping(): boolean {
  return Atomics.load(words, PrepareWord.STOP) === 1;
}

while (!isStopping()) {
  const ready = Atomics.load(words, PrepareWord.READY);
  const wanted = Atomics.load(words, PrepareWord.WANTED);
  if (wanted <= ready) {
    Atomics.wait(words, PrepareWord.WANTED, wanted, 1_000);
    continue;
  }
  try {
    makeNext(directory, ready, segmentBytes);
    Atomics.store(words, PrepareWord.FAILED, 0);
    Atomics.store(words, PrepareWord.READY, ready + 1);
    Atomics.notify(words, PrepareWord.READY);
  } catch (error) {
    // Whatever the reason, the shard can only wait or refuse; the log says which it was.
    const first = Atomics.exchange(words, PrepareWord.FAILED, 1) === 0;
    const reason = error instanceof Error ? error.message : String(error);
    if (first) parentPort?.postMessage({ noRoom: saysNoRoom(error), reason });
    Atomics.notify(words, PrepareWord.READY);
    Atomics.wait(words, PrepareWord.STOP, 0, RETRY_MS);
  }
}
