/** A ring between real threads: every record arrives once and in order, whoever is slow or asleep. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "@jest/globals";
import { makeRing, openConsumer, openProducer, type Ring } from "./ring.ts";
import { makeRandom } from "./testing/random.ts";
import type { ReaderData, ReaderReport } from "./testing/reader.ts";

const WORDS_PER_LINE = 16;
const RECORD_BYTES = 24;
/** Nobody sleeps so long unless a wake-up was lost. */
const LOST_MS = 15_000;

let workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.terminate()));
  workers = [];
});

test.each([
  { name: "a small ring, lapped thousands of times", slots: 64, startAt: 0, readers: 1, nap: 0 },
  { name: "counts that pass 2^31", slots: 256, startAt: 2 ** 31 - 5_000, readers: 1, nap: 0 },
  { name: "counts that pass 2^32", slots: 256, startAt: 2 ** 32 - 5_000, readers: 1, nap: 0 },
  {
    name: "a slow reader: the producer waits for room",
    slots: 64,
    startAt: 0,
    readers: 1,
    nap: 40,
  },
  {
    name: "three readers, each slow at times",
    slots: 128,
    startAt: 2 ** 32 - 9,
    readers: 3,
    nap: 60,
  },
])("$name", async ({ slots, startAt, readers, nap }) => {
  const records = nap === 0 ? 200_000 : 20_000;
  const ring = ringAt(slots, startAt, readers);
  await Promise.all(
    Array.from({ length: readers }, (_, consumer) =>
      startReader({ ring, consumer, records, seed: 11 + consumer, napEvery: nap }),
    ),
  );
  const reports = Promise.all(workers.map((worker) => reportOf(worker)));

  produce(ring, records, 7);

  expect(await reports).toEqual(workers.map(() => ({ records, wrong: 0 })));
  expect(openProducer(ring).room()).toBe(slots);
});

test("the slowest of the readers bounds the room", () => {
  const ring = ringAt(8, 2 ** 32 - 3, 2);
  const producer = openProducer(ring);
  const [fast, slow] = [openConsumer(ring, 0), openConsumer(ring, 1)];

  producer.publish(6);
  fast.advance(6);
  slow.advance(1);

  expect(producer.room()).toBe(3);
  expect([fast.available(), slow.available()]).toEqual([0, 5]);
  expect(producer.waitForRoom(4, 1)).toBe(false);
  slow.advance(1);
  expect(producer.waitForRoom(4, 1)).toBe(true);
});

test("a reader that may not block says that it sleeps, and is to be woken once", () => {
  const ring = makeRing(8, RECORD_BYTES);
  const producer = openProducer(ring);
  const consumer = openConsumer(ring, 0);

  expect(consumer.fallAsleep()).toBe(true);
  producer.publish(1);
  expect([producer.takeSleeper(0), producer.takeSleeper(0)]).toEqual([true, false]);
  expect(consumer.fallAsleep()).toBe(false); // something is there: it stays awake
  expect(producer.takeSleeper(0)).toBe(false);
});

test("what calls a sleep off between the last look and the sleep is not slept through", () => {
  const ring = makeRing(8, RECORD_BYTES);
  const producer = openProducer(ring);
  const consumer = openConsumer(ring, 0);

  // The worst instants for a wake-up.
  expect(asleepAtMost(() => consumer.waitForRecords(0, LOST_MS, () => true))).toBe(false);
  const publishLate = (): boolean => {
    producer.publish(1);
    producer.wake();
    return false;
  };
  expect(asleepAtMost(() => consumer.waitForRecords(0, LOST_MS, publishLate))).toBe(true);
});

test.each([0, 3, 12, 2 ** 31])("a ring of %i slots is refused", (slots) => {
  expect(() => makeRing(slots, RECORD_BYTES)).toThrow("slots");
});

/** A ring whose counts stand as if `startAt` records had gone through it. */
function ringAt(slots: number, startAt: number, consumers: number): Ring {
  const ring = makeRing(slots, RECORD_BYTES, consumers);
  const words = new Int32Array(ring.memory, 0, ring.recordsAt / 4);
  words[0] = startAt | 0;
  for (let consumer = 0; consumer < consumers; consumer++) {
    words[(2 + 2 * consumer) * WORDS_PER_LINE] = startAt | 0;
  }
  return ring;
}

/** Publishes numbered records in seeded amounts; the number stands in the first and last word. */
function produce(ring: Ring, records: number, seed: number): void {
  const producer = openProducer(ring);
  const words = new Int32Array(ring.memory, ring.recordsAt);
  const wordsPerRecord = ring.recordBytes / 4;
  const random = makeRandom(seed);
  for (let next = 0; next < records; ) {
    const count = Math.min(1 + random(ring.slots), records - next);
    while (producer.room() < count) asleepAtMost(() => producer.waitForRoom(count, LOST_MS));
    for (let i = 0; i < count; i++) {
      const at = producer.slot(i) * wordsPerRecord;
      words[at] = next + i;
      words[at + wordsPerRecord - 1] = ~(next + i);
    }
    producer.publish(count);
    producer.wake();
    next += count;
  }
}

function asleepAtMost(sleep: () => boolean): boolean {
  const sinceMs = performance.now();
  const result = sleep();
  if (performance.now() - sinceMs >= LOST_MS) throw new Error("a wake-up was lost");
  return result;
}

async function startReader(data: ReaderData): Promise<void> {
  const url = new URL("./testing/reader.ts", import.meta.url);
  const worker = new Worker(url, { workerData: data });
  workers.push(worker);
  await once(worker, "message"); // it is up; from here on the test's thread may block
}

async function reportOf(worker: Worker): Promise<ReaderReport> {
  const [report] = (await once(worker, "message")) as [ReaderReport];
  return report;
}
