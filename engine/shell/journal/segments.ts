/**
 * Segment files: their names, their making, and the one address space they form together. A
 * position counts bytes from the first segment's first byte; all segments have one size.
 */
import { join } from "node:path";
import { ShellError, ShellErrorCode } from "../errors.ts";
import { type FileOps, writeAll } from "./file-ops.ts";
import { FRAME_ALIGN, FRAME_BYTES_MAX } from "./frame.ts";

export const SEGMENT_BYTES_DEFAULT = 64 * 1024 * 1024;
export const SEGMENT_BYTES_MIN = 2 * FRAME_BYTES_MAX;

/** The folder beside the segments that those behind a verified snapshot are moved to. */
export const ARCHIVE = "archive";
const NAME = /^\d{8}\.seg$/;

export function isSegmentSize(bytes: number): boolean {
  return bytes >= SEGMENT_BYTES_MIN && bytes % FRAME_ALIGN === 0;
}

/** By its name. */
export const isSegment = (name: string): boolean => NAME.test(name);

export function segmentName(number: number): string {
  return `${String(number).padStart(8, "0")}.seg`;
}

/** Where a position is, for people. */
export function placeOf(position: number, segmentBytes: number): string {
  const number = Math.floor(position / segmentBytes);
  return `${segmentName(number)} at byte ${position % segmentBytes}`;
}

export interface FoundSegments {
  /** The first one that is still kept; 0 while none was deleted. */
  readonly first: number;
  /** Behind the last one; 0 when there is no journal yet. */
  readonly segments: number;
  readonly segmentBytes: number;
  /** The one that has lost its end, if one has: what is missing reads as zeros. */
  readonly short: { readonly number: number; readonly bytes: number } | null;
  /** Those that are in the archive alone. */
  readonly archived: number;
  /** Why the archive cannot be read, which then counts as empty; null: there is none, or it can. */
  readonly away: string | null;
}

/**
 * The segments of `directory` and its archive, without a gap, and their one size; without the first
 * ones only where there is an archive, from which they were deleted, or which is away: a reader of newer
 * ones does not need it. Throws JOURNAL_DAMAGED when one is missing, or more than one is of another
 * size.
 */
export function findSegments(files: FileOps, directory: string): FoundSegments {
  const here = files.list(directory);
  const { archived, away } = archivedIn(files, directory, here);
  const names = [...new Set([...(archived ?? []), ...here])].filter(isSegment);
  if (names.length === 0 && away !== null) throw archiveAway(directory, away); // it is not a new one
  names.sort();
  const first = names.length === 0 || archived === null ? 0 : Number.parseInt(names[0]!, 10);
  names.forEach((name, at) => {
    if (name === segmentName(first + at)) return;
    throw damaged(`${segmentName(first + at)} is missing, and ${name} is there`, directory);
  });
  const sizes = names.map((_, at) => ofSegment(directory, first + at, files.size));
  const segmentBytes = Math.max(0, ...sizes);
  const isSize = segmentBytes % FRAME_ALIGN === 0 && segmentBytes >= SEGMENT_BYTES_MIN;
  const at = isSize ? sizes.findIndex((size) => size !== segmentBytes) : 0;
  const others = sizes.filter((size) => size !== segmentBytes).length;
  if (names.length > 0 && (!isSize || others > 1)) {
    const name = segmentName(first + at);
    throw damaged(
      `${name} has ${sizes[at]} bytes, which no segment of this journal has`,
      directory,
    );
  }
  const isShort = at >= 0 && names.length > 0;
  const short = isShort ? { number: first + at, bytes: sizes[at]! } : null;
  const isHere = new Set(here);
  const moved = names.filter((name) => !isHere.has(name)).length;
  return { first, segments: first + names.length, segmentBytes, short, archived: moved, away };
}

/** `archived` null: there is no archive. */
function archivedIn(
  files: FileOps,
  directory: string,
  here: readonly string[],
): { readonly archived: readonly string[] | null; readonly away: string | null } {
  if (!here.includes(ARCHIVE)) return { archived: null, away: null };
  try {
    return { archived: files.list(join(directory, ARCHIVE)), away: null };
  } catch (error) {
    const reason = (error as { code?: unknown }).code;
    if (typeof reason !== "string") throw error;
    return { archived: [], away: reason };
  }
}

/** What is asked for is in an archive that is not at hand. */
export function archiveAway(directory: string, reason: string): ShellError {
  return new ShellError(
    ShellErrorCode.JOURNAL_ARCHIVED,
    `${join(directory, ARCHIVE)} cannot be read (${reason}), and the journal's beginning is there: ` +
      "bring back the disk that it leads to.",
  );
}

/** Asks of a segment where it lies: in the directory, or in its archive, to which it may just be moving. */
export function ofSegment(
  directory: string,
  number: number,
  ask: (path: string) => number,
): number {
  const name = segmentName(number);
  try {
    return ask(join(directory, name));
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    return ask(join(directory, ARCHIVE, name));
  }
}

export function damaged(what: string, directory: string): ShellError {
  return new ShellError(
    ShellErrorCode.JOURNAL_DAMAGED,
    `the journal in ${directory} is damaged: ${what}. Nothing was changed. ` +
      "Restore the directory from a copy; `solebook journal verify` looks at one without starting.",
  );
}

/**
 * Makes durable what an owner that was killed may have left in the system's cache alone: its last
 * frame, the name of its last segment. Before anything is read: what is then told must stay true
 * when the power goes.
 */
export function settleSegments(files: FileOps, directory: string): void {
  const { segments } = findSegments(files, directory);
  const here = new Set(files.list(directory)); // what is archived was durable before
  try {
    for (let number = 0; number < segments; number++) {
      if (!here.has(segmentName(number))) continue;
      const fd = files.openReadWrite(join(directory, segmentName(number)));
      files.sync(fd);
      files.close(fd);
    }
    files.syncDirectory(directory);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ShellError(
      ShellErrorCode.JOURNAL_WRITE_FAILED,
      `the journal in ${directory} cannot be made durable before the start: ${reason}. ` +
        "Check the disk and the files' owner, then start again.",
    );
  }
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Makes segment `number`, zero-filled and durable, under its name or not at all. Throws what the file
 * system throws; what was begun is then removed. `zeros` are written again and again.
 */
export function makeSegment(
  files: FileOps,
  directory: string,
  number: number,
  segmentBytes: number,
  zeros = new Uint8Array(Math.min(CHUNK_BYTES, segmentBytes)),
): void {
  const path = join(directory, segmentName(number));
  const draft = `${path}.tmp`;
  const fd = files.openNew(draft);
  try {
    for (let at = 0; at < segmentBytes; at += zeros.length) {
      writeAll(files, fd, zeros, Math.min(zeros.length, segmentBytes - at), at);
    }
    files.sync(fd);
    files.close(fd);
  } catch (error) {
    discard(files, fd, draft);
    throw error;
  }
  files.rename(draft, path);
  files.syncDirectory(directory);
}

/** Gives up a draft; that it cannot be tidied away must not hide why it was given up. */
function discard(files: FileOps, fd: number, draft: string): void {
  for (const step of [() => files.close(fd), () => files.remove(draft)]) {
    try {
      step();
    } catch {
      // the next draft of this number empties the file
    }
  }
}
