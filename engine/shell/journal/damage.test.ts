/**
 * Damage is found and named. Whatever happens to the bytes: an uncovered last frame is cut, damage
 * below anything that was written later refuses, and nothing that is not the journal is ever read.
 */
import { expect, test } from "@jest/globals";
import { crc32 } from "node:zlib";
import { COMMAND_I32, CommandI32 } from "../../core/command.ts";
import { type Disk, makeDisk } from "../testing/disk.ts";
import { appendClocks, DIRECTORY, openTestJournal, readAllFrames } from "../testing/journal.ts";
import { sized } from "../testing/size.ts";
import type { FileOps } from "./file-ops.ts";
import {
  FRAME_ALIGN,
  FRAME_BYTES_MAX,
  FRAME_MAGIC,
  FRAME_VERSION,
  frameBytes,
  HEADER_BYTES,
} from "./frame.ts";
import { SEGMENT_BYTES_MIN, segmentName } from "./segments.ts";
import { verifyJournal } from "./tools.ts";

/** Behind a frame's bytes there are zeros to the sector's end: each of them in the long size. */
const BEHIND_STEP = sized(509, 1);
const W = 0; // a watermark: a frame of no commands
const FIRST = `${DIRECTORY}/${segmentName(0)}`;
const SECOND = `${DIRECTORY}/${segmentName(1)}`;

test("cut at every byte of its last three frames, it is the longest whole prefix", () => {
  const counts = [2, 5, 1, 43, 1];
  const { disk, bytes, starts } = written(counts);
  const lastBytes = starts.map((start, i) => lastByteOf(bytes, start, frameBytes(counts[i]!)));
  const wrong: number[] = [];
  for (let at = starts[2]!; at <= lastBytes[4]! + 1; at++) {
    const whole = lastBytes.filter((last) => last < at).length;
    const isTorn = at > starts[whole]!;
    // What never arrived reads as zeros in a file made beforehand; a file may also have lost its end.
    for (const cut of [zeroed(bytes, at, bytes.length), bytes.slice(0, at)]) {
      disk.put(FIRST, cut);
      const { headers, end } = readAllFrames(disk);
      if (headers.length !== whole || (end.torn !== null) !== isTorn) wrong.push(at);
      if ((end.short !== null) !== cut.length < bytes.length) wrong.push(-at);
    }
  }
  expect(wrong).toEqual([]);
});

test("a segment that has lost its end is filled up again, and life goes on", () => {
  const { disk, bytes, starts } = written([3, 1, 2]);
  disk.put(FIRST, bytes.slice(0, starts[2]! + 100));
  const { journal, end } = openTestJournal(disk);
  expect(end).toMatchObject({ frames: 2, short: { number: 0, bytes: starts[2]! + 100 } });
  expect(disk.size(FIRST)).toBe(bytes.length);
  appendClocks(journal, 2);
  expect(readAllFrames(disk).end).toMatchObject({ nextSequence: 7, torn: null, short: null });
});

test("what a copy that broke off lacks is told where it can be seen, also at a frame's very end", () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk, 2 * SEGMENT_BYTES_MIN);
  while (journal.position() < 2 * SEGMENT_BYTES_MIN) appendClocks(journal, 1);
  appendClocks(journal, 1);
  expect(readAllFrames(disk).end.isLastFull).toBe(false);

  const next = disk.bytesOf(SECOND).slice();
  disk.remove(SECOND);
  disk.remove(`${DIRECTORY}/${segmentName(2)}`);
  expect(readAllFrames(disk).end.isLastFull).toBe(true);
  disk.put(FIRST, disk.bytesOf(FIRST).slice(0, SEGMENT_BYTES_MIN)); // alone, it looks like a smaller one
  expect(readAllFrames(disk).end).toMatchObject({ torn: null, short: null, isLastFull: true });
  expect(verifyJournal(DIRECTORY, disk).unfinished).toBe(
    "00000000.seg is full and no segment follows it",
  );

  disk.put(FIRST, next.fill(0)); // made, and not yet written to
  expect(readAllFrames(disk).end.isLastFull).toBe(false);
});

test("any of a torn last frame's sectors may be the ones that arrived", () => {
  const { disk, bytes, starts } = written([1, 100]); // the second has three sectors
  const sectors = frameBytes(100) / FRAME_ALIGN;
  for (let arrived = 0; arrived < 2 ** sectors - 1; arrived++) {
    const torn = bytes.slice();
    for (let sector = 0; sector < sectors; sector++) {
      const at = starts[1]! + sector * FRAME_ALIGN;
      if ((arrived & (1 << sector)) === 0) torn.fill(0, at, at + FRAME_ALIGN);
    }
    disk.put(FIRST, torn);
    const { journal, end } = openTestJournal(disk);
    expect([end.frames, end.torn !== null]).toEqual([1, arrived > 0]);
    appendClocks(journal, 1); // and life goes on over what was cut
    expect(readAllFrames(disk).end).toMatchObject({ nextSequence: 3, torn: null });
  }
});

test("a torn first frame of a segment is cut even when its header is what is missing", () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  while (journal.position() < SEGMENT_BYTES_MIN - 2 * FRAME_ALIGN) appendClocks(journal, 1);
  const before = journal.nextSequence();
  appendClocks(journal, 200);
  const second = disk.bytesOf(SECOND);
  expect(second[0]).not.toBe(0);
  disk.put(SECOND, zeroed(second, 0, FRAME_ALIGN));

  const { journal: again, end } = openTestJournal(disk);
  expect([end.nextSequence, end.torn?.from]).toEqual([before, SEGMENT_BYTES_MIN]);
  appendClocks(again, 200);
  expect(readAllFrames(disk).end).toMatchObject({ nextSequence: before + 200, torn: null });
});

test.each([
  ["the last frame, which nothing covers: cut", [3, 1], null],
  ["a frame below another one: refused", [3, 1, 2], `${segmentName(0)} at byte 4096`],
  ["a frame below a watermark: refused", [3, 1, W], `${segmentName(0)} at byte 4096`],
])("every flipped bit of %s", (_, counts, place) => {
  const { disk, bytes, starts } = written(counts);
  const bits = (HEADER_BYTES + 96) * 8;
  const wrong: unknown[] = [];
  for (let bit = 0; bit < FRAME_ALIGN * 8; bit += bit < bits ? 1 : BEHIND_STEP) {
    const at = starts[1]! + (bit >> 3);
    disk.put(FIRST, bytes);
    disk.bytesOf(FIRST)[at]! ^= 1 << (bit & 7);
    const said = outcome(disk);
    const isRight = place === null ? said === "1 frames, cut" : said.includes(place);
    if (!isRight) wrong.push([bit, said]);
  }
  expect(wrong).toEqual([]);
});

test("a refusal says where, which sequence, what is wrong and what to do", () => {
  const { disk, starts } = written([3, 1, 2]);
  disk.bytesOf(FIRST)[starts[1]! + HEADER_BYTES]! ^= 1;
  expect(outcome(disk)).toBe(
    "JOURNAL_DAMAGED the journal in /journal is damaged: 00000000.seg at byte 4096, where sequence " +
      "4 should be: the payload's checksum is wrong; yet more was written later, at 00000000.seg at " +
      "byte 8192. Nothing was changed. Restore the directory from a copy; `solebook journal " +
      "verify` looks at one without starting.",
  );
});

test("sectors zeroed, stale or swapped, at every place: refused, or the uncovered end is cut", () => {
  const { disk, bytes } = written([60, 1, W, 100, 2, W, 1]); // the last frame alone is uncovered
  const sectors = lastByteOf(bytes, 0, bytes.length) / FRAME_ALIGN;
  const damages: Uint8Array[] = [];
  for (let to = 0; to < sectors; to++) {
    damages.push(zeroed(bytes, to * FRAME_ALIGN, (to + 1) * FRAME_ALIGN));
    for (let from = 0; from < sectors; from++) {
      if (from === to) continue;
      damages.push(moved(bytes, from, to), moved(moved(bytes, from, to), to, from, bytes));
    }
  }
  const said = new Map<string, number>();
  for (const damage of damages) {
    disk.put(FIRST, damage);
    const words = outcome(disk).split(" ").slice(0, 2).join(" ");
    const kind = words.startsWith("JOURNAL_DAMAGED") ? "refused" : words;
    said.set(kind, (said.get(kind) ?? 0) + 1);
  }
  expect([...said.keys()].toSorted()).toEqual(["6 frames", "6 frames,", "refused"]);
});

test("10,000 random bytes anywhere: refused, or the uncovered end is cut, or nothing was read there", () => {
  const { disk, bytes, starts } = written([10, 1, 60, W, 1]);
  const all = outcome(disk);
  let seed = 4213;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const wrong: unknown[] = [];
  for (let i = 0; i < 10_000; i++) {
    const at = random(starts[4]! + FRAME_ALIGN);
    const before = bytes[at]!;
    const now = random(256);
    disk.put(FIRST, bytes);
    disk.bytesOf(FIRST)[at] = now;
    const said = outcome(disk);
    const isRight =
      said.startsWith("JOURNAL_DAMAGED") ||
      (at >= starts[4]! && said === "4 frames, cut") ||
      (now === before && said === all);
    if (!isRight) wrong.push([at, before, now, said]);
  }
  expect(wrong).toEqual([]);
});

test("two damaged frames at the end are not one torn frame", () => {
  const { disk, bytes, starts } = written([3, 1, 2]);
  const both = bytes.slice().fill(0xaa, starts[2], starts[2]! + FRAME_ALIGN);
  both[starts[1]! + HEADER_BYTES]! ^= 1; // its header still says how far it reaches
  disk.put(FIRST, both);
  expect(outcome(disk)).toMatch(/^JOURNAL_DAMAGED .*at byte 4096.* at 00000000.seg at byte 8192/);

  // Without a header a torn frame reaches at most as far as the largest one.
  const far = bytes.slice().fill(0xaa, starts[1]!, starts[1]! + FRAME_BYTES_MAX + 1);
  disk.put(FIRST, far);
  expect(outcome(disk)).toMatch(/^JOURNAL_DAMAGED .*no frame begins here/);
  far[starts[1]! + FRAME_BYTES_MAX] = 0;
  disk.put(FIRST, far);
  expect(outcome(disk)).toBe("1 frames, cut");
});

test.each<[string, (disk: Disk, starts: readonly number[]) => void, RegExp]>([
  [
    "another frame format",
    (disk, starts) =>
      reseal(disk, starts[1]!, (frame) => frame.writeUInt16LE(FRAME_VERSION + 1, 4)),
    /^JOURNAL_VERSION .*at byte 4096 is in journal format 2; this build reads and writes format 1/,
  ],
  [
    "another journal's frame",
    (disk, starts) => reseal(disk, starts[1]!, (frame) => frame.write("somebody else's!", 8)),
    /^JOURNAL_FOREIGN .*at byte 4096 is of another journal/,
  ],
  [
    "another shard's frame",
    (disk, starts) => reseal(disk, starts[1]!, (frame) => frame.writeUInt32LE(7, 24)),
    /^JOURNAL_FOREIGN .*is of shard 7, not 0/,
  ],
  [
    "a gap of sequence",
    (disk, starts) => reseal(disk, starts[1]!, (frame) => frame.writeDoubleLE(9, 56)),
    /^JOURNAL_DAMAGED .*at byte 4096 begins with sequence 9, not 4/,
  ],
  [
    "a frame that follows another one than it stands behind",
    (disk, starts) => reseal(disk, starts[1]!, (frame) => frame.fill(1, 72, 104)),
    /^JOURNAL_DAMAGED .*at byte 4096 \(sequence 4\) does not follow .*hash chain/,
  ],
  [
    "a whole frame from elsewhere in place of one that was covered",
    (disk, starts) => {
      const bytes = disk.bytesOf(FIRST);
      disk.put(FIRST, moved(bytes, starts[2]! / FRAME_ALIGN, starts[1]! / FRAME_ALIGN));
    },
    /^JOURNAL_DAMAGED .*this frame belongs at 00000000.seg at byte 8192/,
  ],
  [
    "the last frame put in the place of the one before it, which it calls durable",
    (disk, starts) => {
      const bytes = disk.bytesOf(FIRST);
      const misdirected = moved(bytes, starts[2]! / FRAME_ALIGN, starts[1]! / FRAME_ALIGN);
      disk.put(FIRST, zeroed(misdirected, starts[2]!, bytes.length));
    },
    /^JOURNAL_DAMAGED .*byte 4096, where sequence 4 should be: this frame belongs at .*byte 8192/,
  ],
  [
    "a byte where no torn frame could have reached",
    (disk, starts) => {
      disk.bytesOf(FIRST)[starts[3]! + FRAME_BYTES_MAX + 1] = 1;
    },
    /^JOURNAL_DAMAGED .*byte 12288, where sequence 7 should be: nothing is written here/,
  ],
  [
    "a missing segment",
    (disk) => disk.rename(SECOND, `${DIRECTORY}/${segmentName(2)}`),
    /^JOURNAL_DAMAGED .*00000001.seg is missing, and 00000002.seg is there/,
  ],
  [
    "a missing first segment",
    (disk) => disk.remove(FIRST),
    /^JOURNAL_DAMAGED .*00000000.seg is missing, and 00000001.seg is there/,
  ],
  [
    "two segments of another size",
    (disk) => {
      disk.put(`${DIRECTORY}/${segmentName(2)}`, disk.bytesOf(SECOND).slice());
      for (const path of [FIRST, SECOND]) disk.put(path, disk.bytesOf(path).slice(0, 8_192));
    },
    /^JOURNAL_DAMAGED .*00000000.seg has 8192 bytes, which no segment of this journal has/,
  ],
])("%s refuses by name", (_, damage, words) => {
  const { disk, starts } = written([3, 1, 2]);
  damage(disk, starts);
  expect(outcome(disk)).toMatch(words);
});

test("a price that reads like a frame's first bytes does not turn a torn frame into damage", () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  appendClocks(journal, 1);
  const start = journal.position();
  // Byte 4096 of a frame is command 41's price.
  for (let i = 0; i < 100; i++) {
    journal.batch.i32[i * COMMAND_I32 + CommandI32.priceTicks] = FRAME_MAGIC;
  }
  journal.append(100);
  const bytes = disk.bytesOf(FIRST);
  expect(new DataView(bytes.buffer).getUint32(start + FRAME_ALIGN, true)).toBe(FRAME_MAGIC);
  bytes[start + HEADER_BYTES]! ^= 1;
  expect(outcome(disk)).toBe("1 frames, cut");
});

test("a reader beside a writing owner takes nothing for damage", () => {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  appendClocks(journal, 1);
  let isWritten = false;
  const racing: FileOps = {
    ...disk,
    read: (fd, into, offset, length, position) => {
      const count = disk.read(fd, into, offset, length, position);
      if (position < FRAME_ALIGN || isWritten) return count;
      isWritten = true; // just after the reader saw that nothing is there
      appendClocks(journal, 1);
      appendClocks(journal, 1);
      return count;
    },
  };
  expect(readAllFrames(racing).headers).toHaveLength(3);
});

function written(counts: readonly number[]): {
  disk: Disk;
  bytes: Uint8Array;
  starts: readonly number[];
} {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  const starts: number[] = [];
  for (const count of counts) {
    starts.push(journal.position());
    if (count === W) journal.appendWatermark();
    else appendClocks(journal, count);
  }
  starts.push(journal.position());
  return { disk, bytes: disk.bytesOf(FIRST).slice(), starts };
}

function outcome(disk: Disk): string {
  try {
    const { end } = readAllFrames(disk);
    return `${end.frames} frames${end.torn === null ? "" : ", cut"}`;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  }
}

function zeroed(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return bytes.slice().fill(0, from, to);
}

/** `bytes` with sector `to` overwritten by sector `from` of `source`. */
function moved(bytes: Uint8Array, from: number, to: number, source = bytes): Uint8Array {
  const copy = bytes.slice();
  copy.set(source.subarray(from * FRAME_ALIGN, (from + 1) * FRAME_ALIGN), to * FRAME_ALIGN);
  return copy;
}

function lastByteOf(bytes: Uint8Array, start: number, length: number): number {
  let last = start + length - 1;
  while (last > start && bytes[last] === 0) last--;
  return last;
}

/** Changes a frame's header and makes its checksum right again. */
function reseal(disk: Disk, start: number, change: (frame: Buffer) => void): void {
  const bytes = disk.bytesOf(FIRST);
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset + start, HEADER_BYTES);
  change(frame);
  frame.writeUInt32LE(crc32(frame.subarray(0, 124)), 124);
}
