/**
 * A batch that is made durable while the one before is applied: begun, it counts for nobody. Over a disk
 * that fails and forgets, and with the thread that does it.
 */
import { afterEach, describe, expect, test } from "@jest/globals";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { CommandType } from "../core/codes.ts";
import { COMMAND_BYTES, COMMAND_F64, CommandF64, CommandU8 } from "../core/command.ts";
import { BATCH_COMMANDS_MAX, EVENT_RING_SLOTS } from "../core/limits.ts";
import { makeRing } from "../ring/ring.ts";
import { commandsOf, makeBehindMemory, openBehind } from "./journal/behind.ts";
import type { BehindWorkerData } from "./journal/behind-worker.ts";
import { sharedSectors } from "./journal/direct.ts";
import { openFileJournal } from "./journal/file.ts";
import { nodeFiles } from "./journal/file-ops.ts";
import { commandsIn, frameBytes, frameCommandsMax } from "./journal/frame.ts";
import type { Journal } from "./journal/journal.ts";
import { readJournal } from "./journal/read.ts";
import { makeSegment, SEGMENT_BYTES_MIN, segmentName } from "./journal/segments.ts";
import { type Desk, openDesk, openMarket } from "./testing/desk.ts";
import { type Disk, makeDisk } from "./testing/disk.ts";
import { appendClocks, fillClocks, openTestJournal, readAllFrames } from "./testing/journal.ts";

const FULL = BATCH_COMMANDS_MAX;
const SLOTS = 128;
const ring = makeRing(SLOTS, COMMAND_BYTES);

describe("begun, and not durable yet", () => {
  test("nothing of it is told, applied or shown to followers; all of it is, one step later", () => {
    const { disk, desk } = opened(FULL + 10);
    const before = desk.status.read();
    const { writes } = disk;
    expect(desk.primary.step()).toBe(FULL);
    expect(desk.hear()).toHaveLength(2 * FULL);
    expect([desk.waiting(), desk.shard.sequence()]).toEqual([10, 3 + FULL]);
    expect(disk.writes).toBe(writes + 2); // it is begun
    const first = desk.status.read();
    expect(first.journalBytes - before.journalBytes).toBe(frameBytes(FULL));

    expect(desk.primary.step()).toBe(10);
    expect(desk.hear()).toHaveLength(20);
    expect(desk.status.read().journalBytes - first.journalBytes).toBe(frameBytes(10));
    expect([desk.primary.step(), desk.waiting()]).toEqual([0, 0]);
  });

  test("the power fails: what was told is there, the rest never was", () => {
    const { disk, desk } = opened(FULL + 10);
    desk.primary.step();
    const heard = desk.hear();
    disk.forgetUnsynced();
    const again = openDesk(disk);
    expect(again.shard.hash().text).toBe(desk.shard.hash().text);
    expect(again.hear().slice(-heard.length)).toEqual(heard);
  });

  test.each([
    { call: "sync", nth: 2, says: "EIO" },
    { call: "write", nth: 2, says: "EIO" },
  ] as const)("its $call fails: silence, and the disk is left alone", ({ call, nth, says }) => {
    const { disk, desk } = opened(FULL + 10);
    disk.failOn(call, nth, "EIO");
    let told = 0;
    expect(() => {
      for (let left = FULL + 10; left > 0; left -= told) told = desk.primary.step();
    }).toThrow(says);
    expect(desk.shard.sequence()).toBeLessThanOrEqual(3 + FULL);
    // Without a thread the write is at once, and then nobody hears of the batch before.
    expect(desk.hear()).toHaveLength(call === "sync" ? 2 * FULL : 0);
    expect(() => desk.primary.step()).toThrow("stopped before");
    expect(disk.callsAfterFailure).toBe(0);
    disk.forgetUnsynced();
    expect(openDesk(disk).shard.sequence()).toBe(3 + FULL);
  });

  test("of two, the second is written when the first is durable, and told after it", () => {
    const { disk, desk } = opened(2 * FULL + 10);
    const written = (): number[] => readAllFrames(disk).headers.map(({ count }) => count);
    expect(desk.primary.step()).toBe(FULL);
    expect(written()).toEqual([3, FULL, FULL]);
    expect([desk.waiting(), desk.shard.sequence()]).toEqual([FULL + 10, 3 + FULL]);

    expect(desk.primary.step()).toBe(FULL);
    expect(written()).toEqual([3, FULL, FULL, 10]);
    expect([desk.waiting(), desk.shard.sequence()]).toEqual([10, 3 + 2 * FULL]);
    const { position } = readAllFrames(disk).headers[2]!;
    expect(desk.status.read().journalBytes).toBe(position + frameBytes(FULL));

    expect([desk.primary.step(), desk.primary.step()]).toEqual([10, 0]);
    expect(desk.hear()).toHaveLength(2 * (2 * FULL + 10));
    disk.forgetUnsynced();
    expect(openDesk(disk).shard.hash().text).toBe(desk.shard.hash().text);
  });

  test.each([0, 1, 2])("of two: the power fails after step %i, and what was told is there", (n) => {
    const { disk, desk } = opened(2 * FULL + 10);
    for (let step = 0; step <= n; step++) desk.primary.step();
    const heard = desk.hear();
    disk.forgetUnsynced();
    const again = openDesk(disk);
    expect(again.shard.hash().text).toBe(desk.shard.hash().text);
    expect(again.hear().slice(-heard.length)).toEqual(heard);
  });

  test("a clean end waits for it, then the checkpoint", () => {
    const { disk, desk } = opened(FULL + 10);
    desk.primary.step();
    desk.primary.finish();
    expect(readAllFrames(disk).headers.map(({ count }) => count)).toEqual([3, FULL, 10, 1, 0]);
    expect(openDesk(disk).shard.hash().text).toBe(desk.shard.hash().text);
  });

  test("a slow reader: no more is begun than it will have room for", () => {
    const { disk, desk } = opened(2_000, 2_048);
    while (desk.primary.step() > 0) desk.hear();
    expect(desk.waiting()).toBe(0);
    const counts = readAllFrames(disk).headers.map(({ count }) => count);
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  });

  test("nothing else is written before it", () => {
    const { journal } = openTestJournal(makeDisk());
    appendClocks(journal, 1);
    journal.beginAppend(1);
    expect(() => journal.append(1)).toThrow("under way");
    const { position } = journal;
    const before = position();
    journal.beginAppend(1);
    expect(() => journal.beginAppend(1)).toThrow("too many");
    journal.endAppend();
    expect(() => journal.append(1)).toThrow("under way");
    journal.endAppend();
    expect([journal.nextSequence(), position() - before]).toEqual([4, 2 * frameBytes(1)]);
  });
});

test.each<[string, (journal: Journal) => void]>([
  ["at once", (journal) => journal.append(5)],
  ["begun", (journal) => (journal.beginAppend(5), journal.endAppend())],
])("what was appended %s stays as it is while the next batch is taken", (_, append) => {
  const { journal } = openTestJournal(makeDisk());
  fillClocks(journal, 5);
  const bytes = Buffer.from(
    journal.batch.u8.buffer,
    journal.batch.u8.byteOffset,
    5 * COMMAND_BYTES,
  );
  const before = Buffer.from(bytes);
  append(journal);
  fillClocks(journal, 9);
  expect(bytes).toEqual(before);
});

describe("by the thread", () => {
  const folders: string[] = [];
  const threads: Worker[] = [];
  afterEach(async () => {
    await Promise.all(threads.splice(0).map((thread) => thread.terminate()));
    for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
  });

  test("over segments, in turns with what is written at once, it is one whole journal", () => {
    const { directory, journal } = openThreaded(3);
    for (let n = 0; n < 12; n++) {
      fillClocks(journal, 1 + n * 40);
      if (n % 3 === 2) journal.append(1 + n * 40);
      else {
        journal.beginAppend(1 + n * 40);
        journal.endAppend();
      }
    }
    const { frames, end } = readBack(directory);
    expect(frames).toEqual(Array.from({ length: 12 }, (_, n) => 1 + n * 40));
    expect(end).toMatchObject({ nextSequence: journal.nextSequence(), torn: null });
    expect(end.position).toBe(journal.position());
    expect(end.position).toBeGreaterThan(2 * SEGMENT_BYTES_MIN);
  });

  test("two at a time, over segments", () => {
    const { directory, journal } = openThreaded(3);
    const count = (n: number): number => 1 + n * 40;
    for (let n = 0; n < 12; n++) {
      fillClocks(journal, count(n));
      journal.beginAppend(count(n));
      if (n > 0) journal.endAppend();
    }
    journal.endAppend();
    const { frames, end } = readBack(directory);
    expect(frames).toEqual(Array.from({ length: 12 }, (_, n) => count(n)));
    expect(end.position).toBe(journal.position());
    expect(end.position).toBeGreaterThan(2 * SEGMENT_BYTES_MIN);
  });

  test("it takes commands out of their ring itself, over the ring's end, and stamps them", () => {
    const { directory, journal } = openThreaded(2);
    const sent = commandsOf(ring);
    for (let slot = 0; slot < SLOTS; slot++) {
      sent.u8[slot * COMMAND_BYTES + CommandU8.type] = CommandType.CLOCK;
      sent.f64[slot * COMMAND_F64 + CommandF64.orderId] = slot;
    }
    journal.beginAppend(60, { ring: sent, slot: SLOTS - 20, count: 60, stampUs: 5_000 });
    journal.beginAppend(7, { ring: sent, slot: 40, count: 7, stampUs: 6_000 });
    journal.endAppend();
    journal.endAppend();
    const { commands } = readBack(directory);
    const slots = Array.from({ length: 67 }, (_, n) => (SLOTS - 20 + n) % SLOTS);
    const stamp = (n: number): number => (n < 60 ? 5_000 : 6_000);
    expect(commands).toEqual(slots.map((slot, n) => [n + 1, stamp(n), slot]));
  });

  test("of two the second fails: the first one counts", () => {
    const { directory, journal } = openThreaded(2);
    const most = journal.batchMax;
    while (journal.position() < SEGMENT_BYTES_MIN - 2 * frameBytes(most)) {
      fillClocks(journal, most);
      journal.append(most);
    }
    fillClocks(journal, most);
    journal.append(most);
    fs.rmSync(join(directory, segmentName(1)));
    fs.mkdirSync(join(directory, segmentName(1)));
    fillClocks(journal, 1);
    journal.beginAppend(1);
    fillClocks(journal, most);
    expect(() => journal.beginAppend(most)).toThrow(/taking the next segment/);
    const before = journal.position();
    expect(() => journal.endAppend()).toThrow("stopped before");
    expect(journal.position()).toBe(before);
  });

  test("what it fails at is said by `endAppend`, and that was all", () => {
    const { directory, journal } = openThreaded(1);
    fillClocks(journal, 5);
    fs.rmSync(join(directory, segmentName(0)));
    journal.beginAppend(5);
    expect(() => journal.endAppend()).toThrow(/failed while writing at sequence 1: ENOENT/);
    expect(() => journal.append(1)).toThrow("stopped before");
    expect(journal.position()).toBe(0);
  });

  function openThreaded(segments: number): { directory: string; journal: Journal } {
    const directory = fs.mkdtempSync(join(tmpdir(), "solebook-behind-"));
    folders.push(directory);
    for (let n = 0; n < segments; n++) makeSegment(nodeFiles, directory, n, SEGMENT_BYTES_MIN);
    const longest = frameBytes(frameCommandsMax(SEGMENT_BYTES_MIN));
    const memory = makeBehindMemory(sharedSectors, longest, ring);
    const workerData: BehindWorkerData = { memory, directory };
    const url = new URL("./journal/behind-worker.ts", import.meta.url);
    threads.push(new Worker(url, { workerData }));
    const { end } = readBack(directory);
    const preparer = {
      want: () => {},
      isReady: (number: number) => number < segments,
      foundNoRoom: () => false,
      wait: () => {},
    };
    const behind = openBehind(memory);
    const files = nodeFiles;
    return {
      directory,
      journal: openFileJournal({ files, directory, shard: 0, end, preparer, behind }),
    };
  }

  function readBack(directory: string) {
    const frames: number[] = [];
    const commands: number[][] = [];
    const reading = readJournal(nodeFiles, directory, 0);
    for (;;) {
      const next = reading.next();
      if (next.done === true) return { frames, commands, end: next.value };
      const { count } = next.value.header;
      const { f64 } = commandsIn(next.value.bytes);
      frames.push(count);
      for (let at = 0; at < count * COMMAND_F64; at += COMMAND_F64) {
        const { sequence, stampUs, orderId } = CommandF64;
        commands.push([f64[at + sequence]!, f64[at + stampUs]!, f64[at + orderId]!]);
      }
    }
  }
});

/** A market in which so many orders wait, and all that waits is begun as soon as it can be. */
function opened(waiting: number, eventSlots = 2 * EVENT_RING_SLOTS): { disk: Disk; desk: Desk } {
  const disk = makeDisk();
  const desk = openDesk(disk, eventSlots, { besideFrom: 1 });
  openMarket(desk);
  for (let i = 0; i < waiting; i++) desk.place(`${i}`);
  return { disk, desk };
}
