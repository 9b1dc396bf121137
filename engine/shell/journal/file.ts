/**
 * The journal on one machine's files: preallocated segments, one frame per batch, `write` past the
 * system's cache and `fdatasync` in the shard's own thread. Owns the open segment; one owner only (`lock.ts`).
 *
 * Must never write to a descriptor again after it failed, nor to a sector that was synced.
 */
import * as crypto from "node:crypto";
import { join } from "node:path";
import { COMMAND_BYTES } from "../../core/command.ts";
import { ShellError, ShellErrorCode } from "../errors.ts";
import { type FileOps, writeAll } from "./file-ops.ts";
import {
  commandsIn,
  frameBytes,
  frameCommandsMax,
  FrameKind,
  hashFrame,
  sealFrame,
} from "./frame.ts";
import { type Journal, Room } from "./journal.ts";
import type { Preparer } from "./preparer.ts";
import type { JournalEnd } from "./read.ts";
import { ofSegment, segmentName } from "./segments.ts";

/** Kept free in the last segment for a clean stop: its checkpoint and the watermark behind it. */
const CLOSING_BYTES = frameBytes(1) + frameBytes(0);

export interface FileJournalOptions {
  readonly files: FileOps;
  readonly directory: string;
  readonly shard: number;
  /** Where `readJournal` found the end; the first segment exists. */
  readonly end: JournalEnd;
  readonly preparer: Preparer;
  /** Chance, for ids. */
  readonly randomBytes?: (count: number) => Buffer;
}

export function openFileJournal(options: FileJournalOptions): Journal {
  const { files, directory, shard, end, preparer, randomBytes = crypto.randomBytes } = options;
  const { segmentBytes } = end;
  const journalId = end.journalId ?? randomBytes(16);
  const writerId = randomBytes(16);
  const batchMax = frameCommandsMax(segmentBytes);
  const frame = files.sectors(frameBytes(batchMax));
  const batch = commandsIn(frame);
  let { position, nextSequence, previousHash } = end;
  let uncovered = end.frames > 0; // perhaps; a watermark too many does no harm
  let broken = false;
  let segment = Math.floor(position / segmentBytes);
  let fd = openSegment(segment);
  if (end.short !== null) fillUp(end.short.number, end.short.bytes);
  if (end.torn !== null) cut(end.torn.from, end.torn.to);
  preparer.want(segment + 1);

  function openSegment(number: number): number {
    if (number >= end.segments && !preparer.isReady(number)) return -1;
    return files.openSectors(join(directory, segmentName(number)));
  }

  /** Zeroes what is left of a torn frame, so that it can never be taken for something. */
  function cut(from: number, to: number): void {
    guarded("cutting a torn frame", () => {
      writeAll(files, fd, files.sectors(to - from), to - from, from % segmentBytes);
      files.sync(fd);
    });
  }

  /** Gives a segment the end it has lost, so that no append has to make the file grow. */
  function fillUp(number: number, from: number): void {
    guarded("filling up a segment that had lost its end", () => {
      const short = ofSegment(directory, number, files.openReadWrite);
      const zeros = new Uint8Array(segmentBytes - from);
      writeAll(files, short, zeros, zeros.length, from);
      files.sync(short);
      files.close(short);
    });
  }

  function left(): number {
    return fd < 0 ? 0 : (segment + 1) * segmentBytes - position;
  }

  function write(count: number): void {
    const bytes = frameBytes(count);
    if (left() < bytes) roll();
    const payloadBytes = count * COMMAND_BYTES;
    sealFrame(frame, {
      kind: FrameKind.BATCH,
      journalId,
      shard,
      term: Math.max(end.term, 1),
      writerId,
      firstSequence: nextSequence,
      count,
      payloadBytes,
      previousHash,
      position,
      durable: position, // one frame at a time: all before this one was synced
    });
    guarded("writing", () => {
      writeAll(files, fd, frame, bytes, position % segmentBytes);
      files.sync(fd);
    });
    previousHash = hashFrame(frame, payloadBytes);
    nextSequence += count;
    position += bytes;
  }

  function roll(): void {
    guarded("taking the next segment", () => {
      const next = fd < 0 ? segment : segment + 1;
      if (!preparer.isReady(next)) throw new Error(`${segmentName(next)} is not prepared`);
      if (fd >= 0) files.close(fd);
      segment = next;
      position = segment * segmentBytes;
      fd = files.openSectors(join(directory, segmentName(segment)));
      preparer.want(segment + 1);
    });
  }

  /** After one error the descriptor is never used again: the next sync might claim success. */
  function guarded(doing: string, step: () => void): void {
    if (broken) throw new ShellError(ShellErrorCode.JOURNAL_WRITE_FAILED, "stopped before");
    try {
      step();
    } catch (error) {
      broken = true;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ShellError(
        ShellErrorCode.JOURNAL_WRITE_FAILED,
        `the journal in ${directory} failed while ${doing} at sequence ${nextSequence}: ${reason}. ` +
          "The shard stopped; nothing of that batch was acknowledged. Check the disk, restart the " +
          "machine, then start again.",
      );
    }
  }

  return {
    id: journalId.toString("hex"),
    batch,
    batchMax,
    nextSequence: () => nextSequence,
    room: (count) => {
      if (left() >= frameBytes(count) + CLOSING_BYTES) return Room.YES;
      const next = fd < 0 ? segment : segment + 1;
      if (preparer.isReady(next)) return Room.YES;
      return preparer.foundNoRoom() ? Room.NONE : Room.SOON;
    },
    hasRoomToClose: () =>
      left() >= CLOSING_BYTES || preparer.isReady(fd < 0 ? segment : segment + 1),
    waitForRoom: (timeoutMs) => preparer.wait(timeoutMs),
    append: (count) => {
      write(count);
      uncovered = true;
    },
    isUncovered: () => uncovered,
    appendWatermark: () => {
      write(0);
      uncovered = false;
    },
    position: () => position,
    close: () => {
      if (fd >= 0 && !broken) files.close(fd);
      fd = -1;
      broken = true;
    },
  };
}
