/** A journal over a disk in memory, its segments made on the spot, for tests of the shell. */
import { CommandType } from "../../core/codes.ts";
import { COMMAND_BYTES, COMMAND_F64, CommandF64, CommandU8 } from "../../core/command.ts";
import { saysNoRoom } from "../errors.ts";
import type { FileOps } from "../journal/file-ops.ts";
import { openFileJournal } from "../journal/file.ts";
import type { FrameHeader } from "../journal/frame.ts";
import type { Journal } from "../journal/journal.ts";
import type { Preparer } from "../journal/preparer.ts";
import { type JournalEnd, readJournal } from "../journal/read.ts";
import { findSegments, makeSegment, SEGMENT_BYTES_MIN } from "../journal/segments.ts";

export const DIRECTORY = "/journal";

/** What the preparing thread does, done when asked; `retry` is its second that has passed. */
export interface TestPreparer extends Preparer {
  retry(): void;
}

export function makeTestPreparer(files: FileOps, segmentBytes: number): TestPreparer {
  let ready = findSegments(files, DIRECTORY).segments;
  let wanted = 0;
  let noRoom = false;

  function retry(): void {
    try {
      while (ready < wanted) makeSegment(files, DIRECTORY, ready++, segmentBytes);
      noRoom = false;
    } catch (error) {
      ready--;
      if (!saysNoRoom(error)) throw error;
      noRoom = true;
    }
  }

  return {
    want: (number) => {
      wanted = Math.max(wanted, number + 1);
      retry();
    },
    isReady: (number) => ready > number,
    foundNoRoom: () => noRoom,
    wait: () => {},
    retry,
  };
}

export interface TestJournal {
  readonly journal: Journal;
  readonly preparer: TestPreparer;
  readonly end: JournalEnd;
}

/** Recovers what is there and opens the journal behind it, as a start does. */
export function openTestJournal(
  files: FileOps,
  segmentBytes = SEGMENT_BYTES_MIN,
  shard = 0,
): TestJournal {
  if (findSegments(files, DIRECTORY).segments === 0) {
    makeSegment(files, DIRECTORY, 0, segmentBytes);
  }
  const { end } = readAllFrames(files, shard);
  const preparer = makeTestPreparer(files, segmentBytes);
  const journal = openFileJournal({ files, directory: DIRECTORY, shard, end, preparer });
  return { journal, preparer, end };
}

/** Appends `count` CLOCK commands as one frame. */
export function appendClocks(journal: Journal, count: number): void {
  fillClocks(journal, count);
  journal.append(count);
}

/** Puts them where the next append takes them. */
export function fillClocks(journal: Journal, count: number): void {
  const { u8, f64 } = journal.batch;
  f64.fill(0, 0, count * COMMAND_F64);
  for (let i = 0; i < count; i++) {
    const sequence = journal.nextSequence() + i;
    u8[i * COMMAND_BYTES + CommandU8.type] = CommandType.CLOCK;
    f64[i * COMMAND_F64 + CommandF64.sequence] = sequence;
    f64[i * COMMAND_F64 + CommandF64.stampUs] = sequence * 1_000;
  }
}

export interface AllFrames {
  readonly headers: readonly FrameHeader[];
  readonly end: JournalEnd;
}

/** Throws what a start would throw. */
export function readAllFrames(files: FileOps, shard: number | null = 0): AllFrames {
  const frames = readJournal(files, DIRECTORY, shard);
  const headers: FrameHeader[] = [];
  for (;;) {
    const next = frames.next();
    if (next.done === true) return { headers, end: next.value };
    headers.push(next.value.header);
  }
}
