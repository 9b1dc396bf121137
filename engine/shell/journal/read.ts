/**
 * Reads a journal from its first frame and says where it ends. Decides between the three things an
 * unreadable place can be: the end, a torn last frame that nothing covers (cut), or damage below
 * something that was written later (refused, by name and place). Changes nothing itself.
 */
import { ShellError, ShellErrorCode } from "../errors.ts";
import { type FileOps, readAll } from "./file-ops.ts";
import {
  FRAME_ALIGN,
  FRAME_BYTES_MAX,
  FRAME_MAGIC,
  FRAME_VERSION,
  type FrameHeader,
  frameBytes,
  frameCommandsMax,
  hashFrame,
  HEADER_BYTES,
  isZero,
  payloadIsWhole,
  readHeader,
} from "./frame.ts";
import { JOURNAL_START, type JournalFrame, type JournalPlace } from "./journal.ts";
import {
  archiveAway,
  damaged,
  findSegments,
  type FoundSegments,
  ofSegment,
  placeOf,
  segmentName,
} from "./segments.ts";

export interface JournalEnd extends JournalPlace {
  readonly segments: number;
  readonly segmentBytes: number;
  readonly frames: number;
  /** Bytes of a torn last frame, to be zeroed before anything is appended. */
  readonly torn: { readonly from: number; readonly to: number; readonly why: string } | null;
  /** A segment that has lost its end, to be filled up before anything is appended. */
  readonly short: FoundSegments["short"];
  /**
   * There is no room for a long frame in the last segment, and none follows it: the disk was full, or
   * what followed is missing.
   */
  readonly isLastFull: boolean;
}

/**
 * Yields each frame from `from` on and returns where they end, `until` at the latest. `shard` null:
 * whichever the first frame names. Throws ShellError JOURNAL_DAMAGED, JOURNAL_VERSION or
 * JOURNAL_FOREIGN. May read while the owner writes: it then ends somewhere near the end. `atEnd` is called
 * before what lies behind the last frame is looked through, which takes a while.
 */
export function* readJournal(
  files: FileOps,
  directory: string,
  shard: number | null,
  from: JournalPlace = JOURNAL_START,
  until = Infinity,
  atEnd: () => void = () => {},
): Generator<JournalFrame, JournalEnd> {
  const reader = new SegmentReader(files, directory, shard, from, until);
  try {
    return yield* reader.readAll(atEnd);
  } finally {
    reader.close();
  }
}

/** What one look at the next place found; `unreadable` with "" says that nothing is written there. */
type Step =
  | { readonly kind: "frame"; readonly frame: JournalFrame }
  | { readonly kind: "steppedOver" }
  | { readonly kind: "unreadable"; readonly why: string };

type Tail =
  | { readonly kind: "end" }
  | { readonly kind: "torn"; readonly to: number }
  | { readonly kind: "damage"; readonly laterAt: number };

class SegmentReader {
  private readonly files: FileOps;
  private readonly directory: string;
  private shard: number | null;
  private readonly segments: number;
  private readonly segmentBytes: number;
  private readonly short: FoundSegments["short"];
  /** The longest frame there may be in segments of this size. */
  private readonly frameMax: number;
  private frame = Buffer.from(new ArrayBuffer(FRAME_BYTES_MAX)); // grows when a longer one is met
  private openNumber = -1;
  private openFd = -1;
  private readonly until: number;
  private journalId: Buffer | null;
  private position: number;
  private nextSequence: number;
  private previousHash: Buffer;
  private term: number;
  private writerId: Buffer;
  private frames = 0;

  constructor(
    files: FileOps,
    directory: string,
    shard: number | null,
    from: JournalPlace,
    until: number,
  ) {
    this.files = files;
    this.directory = directory;
    this.shard = shard;
    this.until = until;
    ({
      journalId: this.journalId,
      position: this.position,
      nextSequence: this.nextSequence,
      previousHash: this.previousHash,
      term: this.term,
      writerId: this.writerId,
    } = from);
    const found = findSegments(files, directory);
    this.segments = found.segments;
    this.segmentBytes = found.segmentBytes;
    this.short = found.short;
    this.frameMax = frameBytes(frameCommandsMax(this.segmentBytes));
    if (this.position < found.first * found.segmentBytes) throw this.gone(found);
  }

  private gone({ first, away }: FoundSegments): ShellError {
    if (away !== null) return archiveAway(this.directory, away);
    return new ShellError(
      ShellErrorCode.JOURNAL_ARCHIVED,
      `${this.directory} begins with ${segmentName(first)}: what came before it is not in its archive, ` +
        "either. Begin with a snapshot; or put back what was deleted; or, where the archive leads to " +
        "another disk, mount that.",
    );
  }

  *readAll(atEnd: () => void): Generator<JournalFrame, JournalEnd> {
    const limit = Math.min(this.segments * this.segmentBytes, this.until);
    let lookedAgainAt = -1;
    while (this.position < limit) {
      const step = this.readOne();
      if (step.kind === "frame") yield step.frame;
      if (step.kind !== "unreadable") continue;
      atEnd();
      const tail = this.judgeTail();
      if (tail.kind === "end") break;
      const why = step.why === "" ? "nothing is written here" : step.why;
      if (tail.kind === "torn") return this.end({ from: this.position, to: tail.to, why });
      // Between the two looks an owner may have written on; if so, the place reads well now.
      if (lookedAgainAt === this.position) throw this.damageBefore(tail.laterAt, why);
      lookedAgainAt = this.position;
    }
    return this.end(null);
  }

  private end(torn: JournalEnd["torn"]): JournalEnd {
    const { segments, segmentBytes, frames, short } = this;
    const isLastFull = segments * segmentBytes - this.position < this.frameMax && segments > 0;
    return { ...this.place(), segments, segmentBytes, frames, torn, short, isLastFull };
  }

  private place(): JournalPlace {
    return {
      journalId: this.journalId,
      position: this.position,
      nextSequence: this.nextSequence,
      previousHash: this.previousHash,
      term: this.term,
      writerId: this.writerId,
    };
  }

  close(): void {
    if (this.openFd >= 0) this.files.close(this.openFd);
    this.openFd = -1;
  }

  /** One frame, or the step over the end of a segment in which the next frame found no room. */
  private readOne(): Step {
    this.load(this.position, FRAME_ALIGN);
    const reading = readHeader(this.frame);
    if (reading.kind === "version") throw this.otherVersion(reading.version);
    if (reading.kind === "empty") {
      return this.stepOver() ? { kind: "steppedOver" } : { kind: "unreadable", why: "" };
    }
    if (reading.kind === "damaged") return { kind: "unreadable", why: reading.why };
    const { header } = reading;
    this.refuseForeign(header);
    const bytes = frameBytes(header.count);
    if (bytes > this.frameMax) {
      return { kind: "unreadable", why: "a frame is longer than any in such segments" };
    }
    if (bytes > FRAME_ALIGN) this.load(this.position, bytes);
    const why = this.whyNotNext(header, bytes);
    if (why !== "") return { kind: "unreadable", why };
    this.journalId ??= header.journalId;
    this.shard ??= header.shard;
    this.previousHash = hashFrame(this.frame, header.payloadBytes);
    this.nextSequence = header.firstSequence + header.count;
    this.term = header.term;
    this.writerId = header.writerId;
    this.frames++;
    this.position += bytes;
    return { kind: "frame", frame: { header, bytes: this.frame, place: this.place() } };
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

  /** The next segment is begun only when a frame found no room in this one: then it is zero to its end. */
  private stepOver(): boolean {
    const offset = this.position % this.segmentBytes;
    const left = this.segmentBytes - offset;
    if (offset === 0 || left >= this.frameMax) return false;
    const next = this.position + left;
    if (next >= this.segments * this.segmentBytes) return false;
    // All of the next segment's first frame: of a torn one the first sector may be what is missing.
    this.load(next, this.frameMax);
    const isBegun = !isZero(this.frame.subarray(0, this.frameMax));
    this.load(this.position, left);
    if (!isBegun || !isZero(this.frame.subarray(0, left))) return false;
    this.position = next;
    return true;
  }

  /**
   * Nothing more can be read at `position`. If all behind it is zero, this is the end. A last frame
   * whose bytes did not all arrive may be cut, because nobody was told of it. Whatever was written
   * after it proves that it had been durable, and then cutting would lose what was acknowledged.
   */
  private judgeTail(): Tail {
    const end = this.lastByte();
    if (end <= this.position) return { kind: "end" };
    const laterAt = this.laterFrame(end);
    if (laterAt >= 0) return { kind: "damage", laterAt };
    this.load(this.position, HEADER_BYTES);
    const reading = readHeader(this.frame);
    const left = this.segmentBytes - (this.position % this.segmentBytes);
    const most = Math.min(left, this.frameMax);
    const bytes = reading.kind === "frame" ? frameBytes(reading.header.count) : most;
    const reach = this.position + Math.min(bytes, most);
    return end > reach ? { kind: "damage", laterAt: reach } : { kind: "torn", to: end };
  }

  private damageBefore(laterAt: number, why: string): ShellError {
    return damaged(
      `${placeOf(this.position, this.segmentBytes)}, where sequence ${this.nextSequence} ` +
        `should be: ${why}; yet more was written later, ` +
        `at ${placeOf(laterAt, this.segmentBytes)}`,
      this.directory,
    );
  }

  /** Where something stands that was written after what belongs at `position` was durable, or -1. */
  private laterFrame(end: number): number {
    for (let at = this.position; at < end; at += FRAME_ALIGN) {
      this.load(at, HEADER_BYTES);
      if (this.frame.readUInt32LE(0) !== FRAME_MAGIC) continue;
      // A payload's sector may begin with the magic by an order's price; it does not know the id.
      const reading = readHeader(this.frame);
      // Wherever the disk put it, here too: a frame says what was durable before it.
      if (reading.kind === "frame" && reading.header.durable > this.position) return at;
      if (at === this.position || this.journalId === null) continue;
      if (this.journalId.equals(this.frame.subarray(8, 24))) return at;
    }
    return -1;
  }

  /** Past the last byte that is not zero, in whole sectors; `position` when all behind it is zero. */
  private lastByte(): number {
    const chunk = Buffer.alloc(Math.min(1024 * 1024, this.segmentBytes));
    let end = this.position;
    for (let number = this.segmentOf(this.position); number < this.segments; number++) {
      const base = number * this.segmentBytes;
      const start = Math.max(this.position - base, 0);
      for (let at = start; at < this.segmentBytes; at += chunk.length) {
        const length = Math.min(chunk.length, this.segmentBytes - at);
        const count = readAll(this.files, this.open(number), chunk, length, at);
        if (isZero(chunk.subarray(0, count))) continue;
        for (let sector = 0; sector < count; sector += FRAME_ALIGN) {
          if (isZero(chunk.subarray(sector, Math.min(sector + FRAME_ALIGN, count)))) continue;
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
    if (length > this.frame.length) this.frame = Buffer.from(new ArrayBuffer(this.frameMax));
    const offset = position % this.segmentBytes;
    const inside = Math.min(length, this.segmentBytes - offset);
    const fd = this.open(this.segmentOf(position));
    const count = readAll(this.files, fd, this.frame, inside, offset);
    if (count < length) this.frame.fill(0, count, length);
  }

  private open(number: number): number {
    if (number !== this.openNumber) {
      this.close();
      this.openFd = ofSegment(this.directory, number, this.files.openRead);
      this.openNumber = number;
    }
    return this.openFd;
  }

  private refuseForeign(header: FrameHeader): void {
    const isOurs = this.journalId === null || header.journalId.equals(this.journalId);
    if (isOurs && (this.shard === null || header.shard === this.shard)) return;
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

/**
 * In front of the first frame that is still there, which is then believed as it stands; the journal's
 * own beginning while nothing was deleted.
 */
export function beginningOf(files: FileOps, directory: string): JournalPlace {
  const { first, segmentBytes } = findSegments(files, directory);
  if (first === 0) return JOURNAL_START;
  const header = firstHeader(files, directory);
  if (header === null) return { ...JOURNAL_START, position: first * segmentBytes };
  const { journalId, firstSequence, previousHash, term, writerId, position } = header;
  return { journalId, position, nextSequence: firstSequence, previousHash, term, writerId };
}

/** The header of the first frame that is still there; null when there is none, or it cannot be read. */
export function firstHeader(files: FileOps, directory: string): FrameHeader | null {
  const { first, segments } = findSegments(files, directory);
  if (segments === 0) return null;
  const bytes = Buffer.alloc(HEADER_BYTES);
  const fd = ofSegment(directory, first, files.openRead);
  try {
    if (readAll(files, fd, bytes, HEADER_BYTES, 0) < HEADER_BYTES) return null;
  } finally {
    files.close(fd);
  }
  const reading = readHeader(bytes);
  return reading.kind === "frame" ? reading.header : null;
}

/** Which journal lies there; null while it has no frame, or none that can be read. */
export function journalIdIn(files: FileOps, directory: string): Buffer | null {
  return firstHeader(files, directory)?.journalId ?? null;
}
