/**
 * Moves segments that a verified snapshot covers into the archive, where readers still find them: a
 * folder beside the others, or on another disk (`archive-place.ts`). Nothing is deleted, unless somebody
 * said how many of them to keep.
 *
 * Must never put a segment in the place of another one, or take one away before it is durable in its
 * new place.
 */
import { join } from "node:path";
import { requireArchive } from "./archive-place.ts";
import { type FileOps, readAll, writeAll } from "./file-ops.ts";
import { ARCHIVE, findSegments, segmentName } from "./segments.ts";

export interface Archived {
  readonly moved: number;
  readonly deleted: number;
}

/** On their way to another disk in one go: the next one goes on. It takes a minute, beside a shard. */
const COPIES_MAX = 16;
const CHUNK_BYTES = 1024 * 1024;

/**
 * Everything below `position` may go. `retain`: how many archived segments are kept, the newest;
 * null keeps all. Throws what the file system throws: what was done until then stays done.
 */
export function archiveBefore(
  files: FileOps,
  directory: string,
  position: number,
  retain: number | null,
): Archived {
  const { first, segmentBytes } = findSegments(files, directory);
  if (segmentBytes === 0) return { moved: 0, deleted: 0 };
  const end = Math.floor(position / segmentBytes); // the one that holds the position stays
  const archive = join(directory, ARCHIVE);
  const moved = move(files, directory, archive, { first, end });
  const deleted = retain === null ? 0 : remove(files, archive, first, end - retain);
  return { moved, deleted };
}

/** From the oldest on, so that what is left here has no gap either. */
function move(
  files: FileOps,
  directory: string,
  archive: string,
  { first, end }: { readonly first: number; readonly end: number },
): number {
  const here = new Set(files.list(directory));
  let there: ReadonlySet<string> | null = null;
  let moved = 0;
  let copies = 0;
  for (let number = first; number < end && copies < COPIES_MAX; number++) {
    const name = segmentName(number);
    if (!here.has(name)) continue;
    if (there === null) {
      requireArchive(files, directory);
      files.makeDirectory(archive);
      there = new Set(files.list(archive));
    }
    const [from, to] = [join(directory, name), join(archive, name)];
    if (there.has(name) || !renamed(files, from, to)) {
      if (!there.has(name)) copy(files, archive, from, to);
      copies++;
      leave(files, archive, from, to);
    }
    moved++;
  }
  if (moved > 0) {
    files.syncDirectory(archive); // first where it is, then where it was: never in neither
    files.syncDirectory(directory);
  }
  return moved;
}

/** false: it is another file system. */
function renamed(files: FileOps, from: string, to: string): boolean {
  try {
    files.rename(from, to);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EXDEV") throw error;
    return false;
  }
}

/** It has its name when it is whole and durable, never before. */
function copy(files: FileOps, archive: string, from: string, to: string): void {
  const draft = `${to}.tmp`;
  try {
    copyBytes(files, from, draft);
  } catch (error) {
    discard(files, draft);
    throw error;
  }
  files.rename(draft, to);
  files.syncDirectory(archive);
}

function copyBytes(files: FileOps, from: string, to: string): void {
  const source = files.openRead(from);
  try {
    const target = files.openNew(to);
    try {
      const bytes = new Uint8Array(CHUNK_BYTES);
      for (let at = 0; ; ) {
        const count = readAll(files, source, bytes, CHUNK_BYTES, at);
        if (count === 0) break;
        writeAll(files, target, bytes, count, at);
        at += count;
      }
      files.sync(target);
    } finally {
      files.close(target);
    }
  } finally {
    files.close(source);
  }
}

/** What it took is of no use; that it cannot be removed must not hide why it was given up. */
function discard(files: FileOps, draft: string): void {
  try {
    files.remove(draft);
  } catch {
    // the next copy of this segment empties it
  }
}

/** Takes away what is in the archive as well: byte by byte the same, read back from there. */
function leave(files: FileOps, archive: string, from: string, to: string): void {
  if (!isSame(files, from, to)) {
    throw new Error(`${to} is there already, and is not ${from}: both are left as they are`);
  }
  const fd = files.openReadWrite(to); // who put it there before may have died before that
  files.sync(fd);
  files.close(fd);
  files.syncDirectory(archive);
  files.remove(from);
}

function isSame(files: FileOps, one: string, other: string): boolean {
  const [first, second] = [files.openRead(one), files.openRead(other)];
  try {
    const [a, b] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
    for (let at = 0; ; at += CHUNK_BYTES) {
      const count = readAll(files, first, a, CHUNK_BYTES, at);
      if (readAll(files, second, b, CHUNK_BYTES, at) !== count) return false;
      if (!a.subarray(0, count).equals(b.subarray(0, count))) return false;
      if (count < CHUNK_BYTES) return true;
    }
  } finally {
    files.close(first);
    files.close(second);
  }
}

/** From the oldest on, so that what is left has no gap. */
function remove(files: FileOps, archive: string, first: number, end: number): number {
  let deleted = 0;
  for (let number = first; number < end; number++) {
    files.remove(join(archive, segmentName(number)));
    deleted++;
  }
  if (deleted > 0) files.syncDirectory(archive);
  return deleted;
}
