/**
 * The journal on one machine's files: preallocated segments, one frame per batch, `write` past the
 * system's cache and `fdatasync` in the shard's own thread, or in one beside it (`behind.ts`). Owns the
 * open segment; one owner only (`lock.ts`).
 *
 * Must never write to a descriptor again after it failed, nor to a sector that was synced.
 */
import * as crypto from "node:crypto";
import { join } from "node:path";
import { COMMAND_BYTES } from "../../core/command.ts";
import type { Unfilled } from "../batch.ts";
import { ShellError, ShellErrorCode } from "../errors.ts";
import { type Behind, type FrameJob, makeInline, UNDER_WAY_MAX } from "./behind.ts";
import { type FileOps, writeAll } from "./file-ops.ts";
import {
  closeFrame,
  commandsIn,
  frameBytes,
  frameCommandsMax,
  FrameKind,
  hashFrame,
  layFrame,
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
  /** Commands in a batch at most, where that is to be fewer than segments of this size have room for. */
  readonly batchMax?: number;
  /** Who writes what is begun and not waited for; made for `frameBytes` of the longest batch. */
  readonly behind?: Behind;
  /** Chance, for ids. */
  readonly randomBytes?: (count: number) => Buffer;
}

/** Where the journal goes on behind a frame of so many commands. */
interface Durable extends Pick<JournalEnd, "position" | "nextSequence"> {
  readonly count: number;
}

/** A frame that is laid out, and what will be durable with it. */
type Laid = FrameJob & Durable;

export function openFileJournal(options: FileJournalOptions): Journal {
  const { files, directory, shard, end, preparer, randomBytes = crypto.randomBytes } = options;
  const { segmentBytes } = end;
  const journalId = end.journalId ?? randomBytes(16);
  const writerId = randomBytes(16);
  const { batchMax = frameCommandsMax(segmentBytes) } = options;
  const { behind = makeInline(files, frameBytes(batchMax)) } = options;
  const { frames } = behind;
  const batches = frames.map(commandsIn);
  const underWay: Laid[] = [];
  let turn = 0; // of the frames, the one that is `batch`
  let { position, nextSequence } = end; // of the next frame
  let durable: Durable = { ...end, count: end.frames }; // covered or not: a watermark does no harm
  let previousHash: Buffer | null = end.previousHash; // null: to be asked of `behind`
  let broken = false;
  let segment = Math.floor(position / segmentBytes);
  let fd = openSegment(segment);
  guarded("mending its end", () => mendEnd(options, fd));
  preparer.want(segment + 1);

  function openSegment(number: number): number {
    if (number >= end.segments && !preparer.isReady(number)) return -1;
    return files.openSectors(join(directory, segmentName(number)));
  }

  function left(): number {
    return fd < 0 ? 0 : (segment + 1) * segmentBytes - position;
  }

  function room(count: number): Room {
    if (left() >= frameBytes(count) + CLOSING_BYTES) return Room.YES;
    const next = fd < 0 ? segment : segment + 1;
    if (preparer.isReady(next)) return Room.YES;
    return preparer.foundNoRoom() ? Room.NONE : Room.SOON;
  }

  /** The batch becomes the next frame, which is yet to be closed; where it goes. */
  function lay(count: number): Laid {
    const bytes = frameBytes(count);
    if (left() < bytes) roll();
    const payloadBytes = count * COMMAND_BYTES;
    layFrame(frames[turn]!, {
      kind: FrameKind.BATCH,
      journalId,
      shard,
      term: Math.max(end.term, 1),
      writerId,
      firstSequence: nextSequence,
      count,
      payloadBytes,
      position,
      durable: position, // one frame at a time: all before this one is synced when it is written
    });
    const at = position % segmentBytes;
    const frame = turn;
    position += bytes;
    nextSequence += count;
    if (count > 0) turn = (turn + 1) % frames.length;
    const place = { segment, at, fd, position, nextSequence };
    return { frame, bytes, payloadBytes, previousHash, count, unfilled: null, ...place };
  }

  function write(count: number): void {
    if (underWay.length > 0 && !broken) throw new Error("an append is under way");
    const laid = lay(count);
    const frame = frames[laid.frame]!;
    closeFrame(frame, laid.payloadBytes, previousHash ?? behind.hash());
    guarded("writing", () => {
      writeAll(files, fd, frame, laid.bytes, laid.at);
      files.sync(fd);
    });
    previousHash = hashFrame(frame, laid.payloadBytes);
    durable = laid;
  }

  function beginAppend(count: number, unfilled: Unfilled | null = null): void {
    if (underWay.length === UNDER_WAY_MAX) throw new Error("too many appends are under way");
    const laid = { ...lay(count), unfilled };
    guarded("writing", () => behind.begin(laid));
    previousHash = null;
    underWay.push(laid);
  }

  function endAppend(): void {
    guarded("writing", behind.end);
    const laid = underWay.shift()!;
    durable = laid;
    if (laid.fd !== fd && !isInUse(laid.fd))
      guarded("leaving a segment", () => files.close(laid.fd));
  }

  function isInUse(descriptor: number): boolean {
    return underWay.some((laid) => laid.fd === descriptor);
  }

  function roll(): void {
    guarded("taking the next segment", () => {
      const next = fd < 0 ? segment : segment + 1;
      if (!preparer.isReady(next)) throw new Error(`${segmentName(next)} is not prepared`);
      if (fd >= 0 && !isInUse(fd)) files.close(fd);
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
        `the journal in ${directory} failed while ${doing} at sequence ${durable.nextSequence}: ${reason}. ` +
          "The shard stopped; nothing of that batch was acknowledged. Check the disk, restart the " +
          "machine, then start again.",
      );
    }
  }

  return {
    id: journalId.toString("hex"),
    get batch() {
      return batches[turn]!;
    },
    batchMax,
    nextSequence: () => nextSequence,
    room,
    hasRoomToClose: () =>
      left() >= CLOSING_BYTES || preparer.isReady(fd < 0 ? segment : segment + 1),
    waitForRoom: (timeoutMs) => preparer.wait(timeoutMs),
    append: write,
    beginAppend,
    endAppend,
    isUncovered: () => durable.count > 0,
    appendWatermark: () => write(0),
    position: () => durable.position,
    close: () => {
      if (fd >= 0 && !broken) files.close(fd);
      fd = -1;
      broken = true;
    },
  };
}

/** Gives a segment the end it has lost; zeroes what is left of a torn frame, in the segment of `fd`. */
function mendEnd({ files, directory, end }: FileJournalOptions, fd: number): void {
  const { short, torn, segmentBytes } = end;
  if (short !== null) {
    // So that no append has to make the file grow.
    const it = ofSegment(directory, short.number, files.openReadWrite);
    const zeros = new Uint8Array(segmentBytes - short.bytes);
    writeAll(files, it, zeros, zeros.length, short.bytes);
    files.sync(it);
    files.close(it);
  }
  if (torn !== null) {
    // So that it can never be taken for something.
    const bytes = torn.to - torn.from;
    writeAll(files, fd, files.sectors(bytes), bytes, torn.from % segmentBytes);
    files.sync(fd);
  }
}
