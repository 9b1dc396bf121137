/** One shard of this process on real files and real threads: it starts, trades, stops, starts again. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { EventType, Refusal, Side } from "../client/index.ts";
import { SEGMENT_BYTES_MIN } from "./journal/segments.ts";
import { inspectJournal, verifyJournal } from "./journal/tools.ts";
import { startShard } from "./main.ts";
import { openMarket, quietLog, startDriver } from "./testing/driver.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "solebook-shard-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("stopped and started again it is where it was, over many segments", async () => {
  const first = await startDriver(directory, { segmentBytes: SEGMENT_BYTES_MIN });
  await openMarket(first);
  const answers = await Promise.all(
    Array.from({ length: 5_000 }, (_, i) =>
      first.place({ id: `o-${i}`, side: i % 3 === 0 ? Side.ASK : Side.BID, account: 1 + (i % 2) }),
    ),
  );
  expect(answers.map((answer) => answer?.sequence)).toEqual(answers.map((_, i) => 4 + i));
  const before = first.client.stats();
  expect(before).toMatchObject({ ordersTotal: 5_000, sequence: 5_003 });
  expect(before.tradesTotal).toBeGreaterThan(1_000);
  const heard = first.eventCount();
  await first.stop();
  expect(await first.handle.ended).toBeNull();

  const second = await startDriver(directory);
  expect(second.report).toMatchObject({ commands: 5_004, sequence: 5_004, cut: null });
  expect(second.report.journalId).toBe(first.report.journalId);
  expect(second.client.stats()).toEqual({ ...before, sequence: 5_004 });
  expect(second.eventCount()).toBe(heard + 1); // all of it told again, and the checkpoint
  const answer = await second.place({ id: "next", side: Side.BID });
  expect(answer?.sequence).toBe(5_005);
  await second.stop();
  expect(verifyJournal(directory)).toMatchObject({ commands: 5_006, unfinished: null });
});

test("what was committed before a stop is answered, and what comes later refused", async () => {
  const driver = await startDriver(directory);
  await openMarket(driver);
  const placed = Array.from({ length: 2_000 }, (_, i) =>
    driver.place({ id: `o-${i}`, side: Side.BID }),
  );
  const stopped = driver.stop();
  expect(driver.client.refusal()).toBe(Refusal.STOPPED);
  expect((await Promise.all(placed)).every((answer) => answer?.type === EventType.ACCEPTED)).toBe(
    true,
  );
  await stopped;
});

test("an order expires on an exchange where nobody trades", async () => {
  const driver = await startDriver(directory);
  await openMarket(driver);
  const expiresAtUs = (Date.now() + 500) * 1_000;
  const placed = await driver.place({ id: "brief", side: Side.BID, expiresAtUs });
  expect(placed).toMatchObject({ type: EventType.ACCEPTED });
  const clock = () => [...inspectJournal(directory)].find(({ type }) => type === "CLOCK");
  while (clock() === undefined) await new Promise((done) => setTimeout(done, 10));
  while (driver.client.stats().ordersOpen > 0) await new Promise((done) => setTimeout(done, 10));
  await driver.stop();
  expect(clock()!.stampUs).toBeGreaterThanOrEqual(expiresAtUs);
});

test("what traded, was refused and expired is told again at the next start, to the byte", async () => {
  const driver = await startDriver(directory);
  await openMarket(driver);
  for (let round = 0; round < 5; round++) {
    const soonUs = (Date.now() + 20) * 1_000;
    await Promise.all(
      Array.from({ length: 400 }, (_, i) =>
        driver.place({
          id: `${round}-${i % 390}`, // some ids come twice: the same answer, or a refusal
          side: i % 3 === 0 ? Side.ASK : Side.BID,
          account: 1 + (i % 2),
          priceTicks: 90 + (i % 20),
          ...(i % 5 === 0 ? { expiresAtUs: soonUs } : {}),
        }),
      ),
    );
  }
  const hasClock = (): boolean =>
    [...inspectJournal(directory)].some(({ type }) => type === "CLOCK");
  for (let n = 0; !hasClock(); n++) {
    // Read beside its owner; once more should this machine have slept past the expiry.
    const expiresAtUs = (Date.now() + 50) * 1_000;
    await driver.place({ id: `brief-${n}`, side: Side.BID, priceTicks: 1, expiresAtUs });
    await new Promise((done) => setTimeout(done, 100));
  }
  const before = driver.client.stats();
  await driver.stop();
  const again = await startDriver(directory);
  expect([again.eventCount(), again.eventsCrc()]).toEqual([
    driver.eventCount(),
    driver.eventsCrc(),
  ]);
  expect(again.client.stats()).toEqual({ ...before, sequence: before.sequence + 1 });
  await again.stop();
});

test("what the journal costs is counted", async () => {
  const driver = await startDriver(directory);
  await openMarket(driver);
  const { bytes, appends, appendMs, buckets } = driver.client.journalFigures();
  expect(appends).toBe(3);
  expect(bytes).toBeGreaterThanOrEqual(3 * 4096); // and watermarks, if it took its time
  expect(appendMs).toBeGreaterThan(0);
  expect(buckets.reduce((sum, bucket) => sum + bucket.appends, 0)).toBe(3);
  expect(buckets.at(-1)!.upToMs).toBe(Infinity);
  await driver.stop();
});

test("one owner at a time, and the next one as soon as it has ended", async () => {
  const driver = await startDriver(directory);
  await expect(startDriver(directory)).rejects.toMatchObject({
    code: "JOURNAL_OWNED",
    message: expect.stringContaining(directory),
  });
  await driver.stop();
  await (await startDriver(directory)).stop();
});

test("a start that fails says why to whoever listens, by code and in words", async () => {
  const driver = await startDriver(directory, { segmentBytes: SEGMENT_BYTES_MIN });
  await openMarket(driver);
  await driver.stop();
  const file = join(directory, "00000000.seg");
  const bytes = readFileSync(file);
  bytes[4096 + 130]! ^= 1;
  writeFileSync(file, bytes);

  const errors: string[] = [];
  const log = { ...quietLog, error: (_: object, words: string) => void errors.push(words) };
  const handle = startShard({ shard: 0, directory, log });
  const stopped = new Promise<[string, boolean]>((resolve) => {
    handle.attach({
      drain: () => {},
      becomeReady: () => {},
      stopped: (reason, clean) => resolve([reason, clean]),
    });
  });
  await expect(handle.ready).rejects.toMatchObject({ code: "JOURNAL_DAMAGED" });
  const [reason, clean] = await stopped;
  expect([reason.includes("00000000.seg at byte 4096, where sequence 2"), clean]).toEqual([
    true,
    false,
  ]);
  expect(errors).toEqual([reason]);
  expect(await handle.ended).toMatchObject({ code: "JOURNAL_DAMAGED" });
  await handle.stop(); // already over
});

test("another shard's journal, and a directory that is none, refuse by name", async () => {
  const driver = await startDriver(directory);
  await openMarket(driver);
  await driver.stop();
  await expect(startDriver(directory, { shard: 5 })).rejects.toMatchObject({
    code: "JOURNAL_FOREIGN",
  });
  await expect(startDriver(join(directory, "00000000.seg"))).rejects.toMatchObject({
    code: "DIRECTORY_UNUSABLE",
  });
});

test.each([4_096, SEGMENT_BYTES_MIN + 1, Number.NaN])(
  "segments of %d bytes are not begun",
  (size) => {
    expect(() => startShard({ shard: 0, directory, log: quietLog, segmentBytes: size })).toThrow(
      "no segment has",
    );
  },
);

test("asked to stop while it starts, it ends cleanly", async () => {
  const handle = startShard({ shard: 0, directory, log: quietLog });
  await handle.stop();
  expect(await handle.ended).toBeNull();
  await (await startDriver(directory)).stop();
});
