/**
 * Reads a journal from its first frame and says where it ends. Decides between the three things an
 * unreadable place can be: the end, a torn last frame that nothing covers (cut), or damage below
 * something that was written later (refused, by name and place). Changes nothing itself.
 */
import { join } from "node:path";
import { ShellError, ShellErrorCode } from "../errors.ts";
import { type FileOps, readAll } from "./file-ops.ts";
import {
  FRAME_ALIGN,
  FRAME_BYTES_MAX,
  FRAME_MAGIC,
  FRAME_VERSION,
  type FrameHeader,
  frameBytes,
  hashFrame,
  HEADER_BYTES,
  isZero,
  payloadIsWhole,
  readHeader,
} from "./frame.ts";
import { damaged, findSegments, placeOf, segmentName } from "./segments.ts";

export interface JournalEnd {
  /** null: no frame was ever written. */
  readonly journalId: Buffer | null;
  readonly segments: number;
  readonly segmentBytes: number;
  /** Where the next frame goes. */
  readonly position: number;
  readonly nextSequence: number;
  readonly previousHash: Buffer;
  readonly term: number;
  readonly frames: number;
  /** Bytes of a torn last frame, to be zeroed before anything is appended. */
  readonly torn: { readonly from: number; readonly to: number; readonly why: string } | null;
}

/** Called for each frame in order; `frame` holds header and payload and is reused afterwards. */
export type OnFrame = (header: FrameHeader, frame: Buffer) => void;

/** Throws ShellError JOURNAL_DAMAGED, JOURNAL_VERSION or JOURNAL_FOREIGN. */
export function readJournal(
  files: FileOps,
  directory: string,
  shard: number,
  onFrame: OnFrame,
): JournalEnd {
  const reader = new JournalReader(files, directory, shard);
  try {
    return reader.readAll(onFrame);
  } finally {
    reader.close();
  }
}

type Step = { readonly advanced: true } | { readonly advanced: false; readonly why: string };
const ADVANCED: Step = { advanced: true };

class JournalReader {
  private readonly files: FileOps;
  private readonly directory: string;
  private readonly shard: number;
  private readonly segments: number;
  private readonly segmentBytes: number;
  private readonly frame = Buffer.alloc(FRAME_BYTES_MAX);
  private openNumber = -1;
  private openFd = -1;
  private journalId: Buffer | null = null;
  private position = 0;
  private nextSequence = 1;
  private previousHash: Buffer = Buffer.alloc(32);
  private term = 0;
  private frames = 0;

  constructor(files: FileOps, directory: string, shard: number) {
    this.files = files;
    this.directory = directory;
    this.shard = shard;
    const found = findSegments(files, directory);
    this.segments = found.segments;
    this.segmentBytes = found.segmentBytes;
  }

  readAll(onFrame: OnFrame): JournalEnd {
    const limit = this.segments * this.segmentBytes;
    let stop: Step = { advanced: false, why: "" };
    while (this.position < limit) {
      const step = this.readOne(onFrame);
      if (step.advanced) continue;
      stop = step;
      break;
    }
    const torn = this.position < limit && !stop.advanced ? this.judgeTail(stop.why) : null;
    return {
      journalId: this.journalId,
      segments: this.segments,
      segmentBytes: this.segmentBytes,
      position: this.position,
      nextSequence: this.nextSequence,
      previousHash: this.previousHash,
      term: this.term,
      frames: this.frames,
      torn,
    };
  }

  close(): void {
    if (this.openFd >= 0) this.files.close(this.openFd);
    this.openFd = -1;
  }

  /** One frame, or the step over the end of a segment in which the next frame found no room. */
  private readOne(onFrame: OnFrame): Step {
    this.load(this.position, HEADER_BYTES);
    const reading = readHeader(this.frame);
    if (reading.kind === "version") throw this.otherVersion(reading.version);
    if (reading.kind === "empty") {
      return this.stepOver() ? ADVANCED : { advanced: false, why: "" };
    }
    if (reading.kind === "damaged") return { advanced: false, why: reading.why };
    const { header } = reading;
    this.refuseForeign(header);
    const bytes = frameBytes(header.count);
    this.load(this.position, bytes);
    const why = this.whyNotNext(header, bytes);
    if (why !== "") return { advanced: false, why };
    this.journalId ??= header.journalId;
    onFrame(header, this.frame);
    this.previousHash = hashFrame(this.frame, header.payloadBytes);
    this.nextSequence = header.firstSequence + header.count;
    this.term = header.term;
    this.frames++;
    this.position += bytes;
    return ADVANCED;
  }

  private whyNotNext(header: FrameHeader, bytes: number): string {
    const left = this.segmentBytes - (this.position % this.segmentBytes);
    if (bytes > left) return "a frame runs over the end of its segment";
    if (!payloadIsWhole(this.frame.subarray(0, bytes), header)) {
      return "the payload's checksum is wrong";
    }
    if (header.position !== this.position) {
      return `this frame belongs at ${placeOf(header.position, this.segmentBytes)}`;
    }
    this.refuseBrokenChain(header);
    return "";
  }

  /** A whole frame in its own place that does not follow: what it followed is gone or was altered. */
  private refuseBrokenChain(header: FrameHeader): void {
    let why = "";
    if (header.firstSequence !== this.nextSequence) {
      why = `begins with sequence ${header.firstSequence}, not ${this.nextSequence}`;
    } else if (!header.previousHash.equals(this.previousHash)) {
      why = `(sequence ${header.firstSequence}) does not follow the one before it (hash chain)`;
    } else if (header.term < this.term) {
      why = `has term ${header.term}, lower than ${this.term} before it`;
    }
    if (why === "") return;
    const place = placeOf(this.position, this.segmentBytes);
    throw damaged(`the frame in ${place} ${why}`, this.directory);
  }

  private stepOver(): boolean {
    const offset = this.position % this.segmentBytes;
    const left = this.segmentBytes - offset;
    if (offset === 0 || left >= FRAME_BYTES_MAX) return false;
    const next = this.position + left;
    if (next >= this.segments * this.segmentBytes) return false;
    this.load(next, HEADER_BYTES);
    const follows = readHeader(this.frame).kind !== "empty";
    this.load(this.position, left);
    if (!follows || !isZero(this.frame.subarray(0, left))) return false;
    this.position = next;
    return true;
  }

  /**
   * Nothing more can be read at `position`. If all behind it is zero, this is the end. A last frame
   * whose bytes did not all arrive may be cut, because nobody was told of it. Whatever was written
   * after it proves that it had been durable, and then cutting would lose what was acknowledged.
   */
  private judgeTail(why: string): JournalEnd["torn"] {
    const end = this.lastByte();
    if (end <= this.position) return null;
    this.load(this.position, FRAME_BYTES_MAX);
    const reading = readHeader(this.frame);
    const reach = reading.kind === "frame" ? frameBytes(reading.header.count) : FRAME_BYTES_MAX;
    const later = this.laterFrame(end);
    if (later > 0 || end > this.position + reach) {
      const at = later > 0 ? later : this.position + reach;
      throw damaged(
        `${placeOf(this.position, this.segmentBytes)}, where sequence ${this.nextSequence} ` +
          `should be: ${why === "" ? "nothing is written here" : why}; yet more was written later, ` +
          `at ${placeOf(at, this.segmentBytes)}`,
        this.directory,
      );
    }
    return { from: this.position, to: end, why: why === "" ? "its header is missing" : why };
  }

  /** The sector after `position` at which another frame begins, or 0. */
  private laterFrame(end: number): number {
    for (let at = this.position + FRAME_ALIGN; at < end; at += FRAME_ALIGN) {
      this.load(at, HEADER_BYTES);
      if (this.frame.readUInt32LE(0) === FRAME_MAGIC) return at;
    }
    return 0;
  }

  /** Past the last byte that is not zero, in whole sectors; `position` when all behind it is zero. */
  private lastByte(): number {
    const chunk = Buffer.alloc(1024 * 1024);
    let end = this.position;
    for (let number = this.segmentOf(this.position); number < this.segments; number++) {
      const base = number * this.segmentBytes;
      const start = Math.max(this.position - base, 0);
      for (let at = start; at < this.segmentBytes; at += chunk.length) {
        const length = Math.min(chunk.length, this.segmentBytes - at);
        readAll(this.files, this.open(number), chunk, length, at);
        if (isZero(chunk.subarray(0, length))) continue;
        for (let sector = 0; sector < length; sector += FRAME_ALIGN) {
          if (isZero(chunk.subarray(sector, sector + FRAME_ALIGN))) continue;
          end = base + at + sector + FRAME_ALIGN;
        }
      }
    }
    return end;
  }

  private segmentOf(position: number): number {
    return Math.floor(position / this.segmentBytes);
  }

  /** Puts up to `length` bytes at `position` into `frame`, zeros where the segment ends. */
  private load(position: number, length: number): void {
    const offset = position % this.segmentBytes;
    const inside = Math.min(length, this.segmentBytes - offset);
    const fd = this.open(this.segmentOf(position));
    const count = readAll(this.files, fd, this.frame, inside, offset);
    if (count < length) this.frame.fill(0, count, length);
  }

  private open(number: number): number {
    if (number !== this.openNumber) {
      this.close();
      this.openFd = this.files.openRead(join(this.directory, segmentName(number)));
      this.openNumber = number;
    }
    return this.openFd;
  }

  private refuseForeign(header: FrameHeader): void {
    const isOurs = this.journalId === null || header.journalId.equals(this.journalId);
    if (isOurs && header.shard === this.shard) return;
    const what = isOurs ? `of shard ${header.shard}, not ${this.shard}` : "of another journal";
    throw new ShellError(
      ShellErrorCode.JOURNAL_FOREIGN,
      `${this.directory}: the frame in ${placeOf(this.position, this.segmentBytes)} is ${what}. ` +
        "Files of two journals are mixed here; restore the directory from a copy.",
    );
  }

  private otherVersion(version: number): ShellError {
    return new ShellError(
      ShellErrorCode.JOURNAL_VERSION,
      `${this.directory}: ${placeOf(this.position, this.segmentBytes)} is in journal format ` +
        `${version}; this build reads and writes format ${FRAME_VERSION}. ` +
        "Start it with the build that wrote it.",
    );
  }
}
