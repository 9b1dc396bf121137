/** A reader on a thread of its own: takes seeded amounts, checks that every record is the next one. */
import { parentPort, workerData } from "node:worker_threads";
import { openConsumer, type Ring } from "../ring.ts";
import { makeRandom } from "./random.ts";

export interface ReaderData {
  readonly ring: Ring;
  readonly consumer: number;
  readonly records: number;
  readonly seed: number;
  /** One time in so many it sleeps for a millisecond; 0 never. */
  readonly napEvery: number;
}

export interface ReaderReport {
  readonly records: number;
  /** Records that were not what their place says. */
  readonly wrong: number;
}

const data = workerData as ReaderData;
const { ring } = data;
const consumer = openConsumer(ring, data.consumer);
const words = new Int32Array(ring.memory, ring.recordsAt);
const wordsPerRecord = ring.recordBytes / 4;
const random = makeRandom(data.seed);
const nap = new Int32Array(new SharedArrayBuffer(4));

parentPort!.postMessage("up");
let records = 0;
let wrong = 0;
while (records < data.records) {
  // No time to wake up by itself: a wake-up that was lost would end the test with it.
  consumer.waitForRecords(random(50), Infinity);
  const count = Math.min(consumer.available(), 1 + random(64));
  for (let i = 0; i < count; i++) {
    const at = consumer.slot(i) * wordsPerRecord;
    if (words[at] !== records + i || words[at + wordsPerRecord - 1] !== ~(records + i)) wrong++;
  }
  records += count;
  consumer.advance(count);
  if (data.napEvery > 0 && random(data.napEvery) === 0) Atomics.wait(nap, 0, 0, 1);
}
const report: ReaderReport = { records, wrong };
parentPort!.postMessage(report);
