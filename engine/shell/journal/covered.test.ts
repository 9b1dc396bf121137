/** What another process may take for durable: what a later frame says, and never the frame itself. */
import { expect, test } from "@jest/globals";
import { type Disk, makeDisk } from "../testing/disk.ts";
import { appendClocks, DIRECTORY, openTestJournal } from "../testing/journal.ts";
import { openCover, openCoveredReader } from "./covered.ts";
import { JOURNAL_START } from "./journal.ts";
import { SEGMENT_BYTES_MIN } from "./segments.ts";

test("a frame counts as soon as a later one covers it", async () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  const cover = openCover(disk, DIRECTORY);
  expect(cover()).toBe(0);
  appendClocks(journal, 3);
  expect(cover()).toBe(0);
  const first = journal.position();
  appendClocks(journal, 2);
  expect(cover()).toBe(first);
  expect(await sequences(disk)).toEqual([3]);
  const second = journal.position();
  journal.appendWatermark();
  expect(cover()).toBe(second);
  expect(await sequences(disk)).toEqual([3, 5]);
});

test("a frame that was cut and written anew is read as it is now", async () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  appendClocks(journal, 1);
  appendClocks(journal, 1);
  const cover = openCover(disk, DIRECTORY);
  const covered = cover();
  // The second frame's payload was lost with the power; the next owner cuts it and goes on.
  disk.bytesOf(`${DIRECTORY}/00000000.seg`)[covered + 200]! ^= 1;
  const again = openTestJournal(disk);
  expect(again.end.torn).not.toBeNull();
  appendClocks(again.journal, 5);
  expect(cover()).toBe(covered);
  again.journal.appendWatermark();
  expect(cover()).toBe(again.journal.position() - 4_096);
  expect(await sequences(disk)).toEqual([1, 6]);
});

test("it goes on where a segment ends before it is full", async () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  const cover = openCover(disk, DIRECTORY);
  let appended = 0;
  while (journal.position() < 3 * SEGMENT_BYTES_MIN) {
    appendClocks(journal, 512);
    appended += 512;
    cover();
  }
  journal.appendWatermark();
  expect(cover()).toBe(journal.position() - 4_096);
  expect((await sequences(disk)).at(-1)).toBe(appended);
});

test("a tail shows what comes, and ends when told to", async () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  appendClocks(journal, 2);
  appendClocks(journal, 1);
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const { header } of openCoveredReader(disk, DIRECTORY).tail(
    JOURNAL_START,
    stop.signal,
  )) {
    if (header.count > 0) seen.push(header.firstSequence);
    if (seen.length === 1) journal.appendWatermark();
    else if (seen.length === 2) stop.abort();
  }
  expect(seen).toEqual([1, 3]);
});

/** The last sequence of each frame with commands that may be read now. */
async function sequences(disk: Disk): Promise<number[]> {
  const found: number[] = [];
  for await (const { header } of openCoveredReader(disk, DIRECTORY).read(JOURNAL_START)) {
    if (header.count > 0) found.push(header.firstSequence + header.count - 1);
  }
  return found;
}
