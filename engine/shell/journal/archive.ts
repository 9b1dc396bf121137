/**
 * Moves segments that a verified snapshot covers into the archive beside the others, where readers
 * still find them. Nothing is deleted, unless somebody said how many of them to keep.
 */
import { join } from "node:path";
import type { FileOps } from "./file-ops.ts";
import { ARCHIVE, findSegments, segmentName } from "./segments.ts";

export interface Archived {
  readonly moved: number;
  readonly deleted: number;
}

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
  const here = new Set(files.list(directory));
  let moved = 0;
  for (let number = first; number < end; number++) {
    const name = segmentName(number);
    if (!here.has(name)) continue;
    if (moved === 0) files.makeDirectory(archive);
    files.rename(join(directory, name), join(archive, name));
    moved++;
  }
  if (moved > 0) {
    files.syncDirectory(archive); // first where it is, then where it was: never in neither
    files.syncDirectory(directory);
  }
  const deleted = retain === null ? 0 : remove(files, archive, first, end - retain);
  return { moved, deleted };
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
