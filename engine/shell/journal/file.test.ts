/**
 * The file journal over a disk that goes wrong: what `append` returned from is there after the power
 * failed, and after one error nothing is ever tried again on that descriptor.
 */
import { expect, test } from "@jest/globals";
import { type Disk, makeDisk } from "../testing/disk.ts";
import { appendClocks, DIRECTORY, openTestJournal, readAllFrames } from "../testing/journal.ts";
import { FRAME_ALIGN, FRAME_BYTES_MAX, frameBytes } from "./frame.ts";
import { Room } from "./journal.ts";
import { makeSegment, SEGMENT_BYTES_MIN, segmentName, settleSegments } from "./segments.ts";

const FIRST = `${DIRECTORY}/${segmentName(0)}`;

test("what append returned from survives a power failure, each time", () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  for (const count of [1, 512, 3, 42, 43, 512, 512, 1]) {
    appendClocks(journal, count);
    const acknowledged = journal.nextSequence();
    // The power goes on a copy, so that the journal can go on.
    expect(readAllFrames(afterPowerFailure(disk)).end).toMatchObject({
      nextSequence: acknowledged,
      torn: null,
    });
  }
});

test("no byte of a synced sector is ever written again, over watermarks, segments and restarts", () => {
  const disk = makeDisk();
  for (let start = 0; start < 3; start++) {
    const { journal } = openTestJournal(disk);
    for (let i = 0; i < 40; i++) {
      appendClocks(journal, 1 + ((i * 37) % 300));
      if (i % 5 === 0) journal.appendWatermark();
    }
    journal.close();
  }
  const { headers, end } = readAllFrames(disk);
  expect(headers).toHaveLength(3 * 48);
  expect(end.segments).toBeGreaterThan(10);
  expect(disk.rewrites).toBe(0);
});

test("frames say what was durable before them, and who wrote them", () => {
  const disk = makeDisk();
  const first = openTestJournal(disk).journal;
  appendClocks(first, 5);
  first.appendWatermark();
  const second = openTestJournal(disk).journal;
  appendClocks(second, 1);
  const { headers } = readAllFrames(disk);
  expect(
    headers.map(({ durable, firstSequence, count }) => [durable, firstSequence, count]),
  ).toEqual([
    [0, 1, 5],
    [4096, 6, 0],
    [8192, 6, 1],
  ]);
  const [a, , c] = headers;
  expect(a!.journalId.equals(c!.journalId)).toBe(true);
  expect(a!.writerId.equals(c!.writerId)).toBe(false);
  expect(second.id).toBe(first.id);
});

test.each([1, 7, 4095, 4097])("writes that take at most %i bytes are gone on with", (bytesMax) => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  disk.writeShort(bytesMax);
  appendClocks(journal, 100);
  disk.forgetUnsynced();
  expect(readAllFrames(disk).end).toMatchObject({ nextSequence: 101, torn: null });
});

const FAULTS = [
  ["write", "EIO"],
  ["write", "ENOSPC"],
  ["sync", "EIO"],
] as const;

test.each(FAULTS)(
  "the Nth %s fails with %s: stopped at once, nothing acknowledged lost",
  (call, code) => {
    for (let nth = 1; nth <= 20; nth++) {
      const disk = makeDisk();
      const { journal } = openTestJournal(disk, 2 * SEGMENT_BYTES_MIN);
      disk.failOn(call, nth, code);
      let acknowledged = 0;
      let said = "";
      for (let i = 0; i < 25 && said === ""; i++) {
        try {
          appendClocks(journal, 60);
          acknowledged = journal.nextSequence() - 1;
        } catch (error) {
          said = (error as { code: string }).code;
        }
      }
      expect([nth, said, acknowledged]).toEqual([nth, "JOURNAL_WRITE_FAILED", (nth - 1) * 60]);
      expect(() => appendClocks(journal, 1)).toThrow("stopped before");
      expect(() => journal.appendWatermark()).toThrow("stopped before");
      expect(disk.callsAfterFailure).toBe(0);
      disk.forgetUnsynced();
      expect(readAllFrames(disk).end.nextSequence).toBeGreaterThan(acknowledged);
    }
  },
);

test("a failure while the next segment is taken stops, too", () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  appendClocks(journal, 512);
  appendClocks(journal, 512);
  disk.failOn("openSectors", 1, "EIO");
  expect(() => appendClocks(journal, 512)).toThrow(
    "while taking the next segment at sequence 1025: EIO",
  );
  expect(() => appendClocks(journal, 1)).toThrow("stopped before");
});

test("a full disk: what fits is served, room for the end is kept, and it goes on by itself", () => {
  const disk = makeDisk();
  disk.setCapacity(SEGMENT_BYTES_MIN); // the first segment and no more
  const { journal, preparer } = openTestJournal(disk);
  let count = 512;
  while (count > 0) {
    if (journal.room(count) === Room.YES) appendClocks(journal, count);
    else count >>= 1;
  }
  expect([journal.room(1), journal.room(0), journal.hasRoomToClose()]).toEqual([
    Room.NONE,
    Room.NONE,
    true,
  ]);
  const served = journal.nextSequence();

  disk.setCapacity(Infinity);
  preparer.retry();
  expect(journal.room(512)).toBe(Room.YES);
  appendClocks(journal, 512);
  expect(readAllFrames(disk).end.nextSequence).toBe(served + 512);
});

test("the room that was kept takes a checkpoint and a watermark on a full disk", () => {
  const disk = makeDisk();
  disk.setCapacity(SEGMENT_BYTES_MIN);
  const { journal } = openTestJournal(disk);
  while (journal.room(1) === Room.YES) appendClocks(journal, 1);
  appendClocks(journal, 1);
  journal.appendWatermark();
  expect(journal.hasRoomToClose()).toBe(false);
  expect(readAllFrames(disk).end).toMatchObject({ position: SEGMENT_BYTES_MIN, torn: null });

  // Started again on the full disk there is nowhere to write; with room it goes on.
  const again = openTestJournal(disk);
  expect([again.journal.room(1), again.journal.hasRoomToClose()]).toEqual([Room.NONE, false]);
  disk.setCapacity(Infinity);
  again.preparer.retry();
  appendClocks(again.journal, 512);
  expect(readAllFrames(disk).end.torn).toBeNull();
});

test("a segment is there whole or not at all", () => {
  const disk = makeDisk();
  disk.setCapacity(FRAME_BYTES_MAX);
  expect(() => makeSegment(disk, DIRECTORY, 0, SEGMENT_BYTES_MIN)).toThrow("ENOSPC");
  expect(disk.list(DIRECTORY)).toEqual([]);

  disk.setCapacity(Infinity);
  makeSegment(disk, DIRECTORY, 0, SEGMENT_BYTES_MIN);
  disk.forgetUnsynced();
  expect(disk.bytesOf(FIRST)).toHaveLength(SEGMENT_BYTES_MIN);
});

test("what a start read is durable before anything is built on it", () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  appendClocks(journal, 1);
  disk.failOn("sync", 1, "EIO"); // as if killed between write and sync
  expect(() => appendClocks(journal, 1)).toThrow("EIO");

  settleSegments(disk, DIRECTORY);
  const { end } = readAllFrames(disk);
  disk.forgetUnsynced();
  expect(readAllFrames(disk).end).toEqual(end);

  disk.failOn("sync", 1, "EIO");
  expect(() => settleSegments(disk, DIRECTORY)).toThrow(
    "cannot be made durable before the start: EIO",
  );
});

test("a restart after a torn frame covers the last whole one", () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  appendClocks(journal, 1);
  appendClocks(journal, 1);
  disk.bytesOf(FIRST)[FRAME_ALIGN + 200]! ^= 1;

  const again = openTestJournal(disk);
  expect([again.end.frames, again.journal.isUncovered()]).toEqual([1, true]);
  again.journal.appendWatermark();
  expect(again.journal.isUncovered()).toBe(false);
  expect(readAllFrames(disk).headers.map(({ count }) => count)).toEqual([1, 0]);
});

test("a frame's bytes are whole sectors", () => {
  expect([0, 1, 41, 42, 512].map(frameBytes)).toEqual([4096, 4096, 4096, 8192, 53_248]);
});

function afterPowerFailure(disk: Disk): Disk {
  const copy = makeDisk();
  for (const name of disk.list(DIRECTORY)) {
    const path = `${DIRECTORY}/${name}`;
    copy.put(path, disk.syncedBytesOf(path));
  }
  return copy;
}
