/**
 * Where a journal's archive is: a folder beside its segments or, by a link of that name, one on another
 * disk. A word in both says that they belong together, so that the empty place where that disk is not
 * mounted, or another journal's archive, is never taken for it.
 */
import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, realpathSync, rmdirSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ShellError, ShellErrorCode } from "../errors.ts";
import { type FileOps, nodeFiles, readAll, writeAll } from "./file-ops.ts";
import { ARCHIVE, isSegment, segmentName } from "./segments.ts";

/** In the journal's directory and in its archive elsewhere. */
const WORD = "archive.id";
const WORD_BYTES = 32;

/** null: there is none, which is so of an archive in a folder beside the segments. */
function wordIn(files: FileOps, directory: string): string | null {
  try {
    const fd = files.openRead(join(directory, WORD));
    try {
      const bytes = Buffer.alloc(WORD_BYTES);
      const isWhole = readAll(files, fd, bytes, WORD_BYTES, 0) === WORD_BYTES;
      return isWhole ? bytes.toString("latin1") : null;
    } finally {
      files.close(fd);
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return null;
    throw error;
  }
}

function writeWord(directory: string, word: string): void {
  const fd = nodeFiles.openNew(join(directory, WORD));
  try {
    writeAll(nodeFiles, fd, Buffer.from(word, "latin1"), WORD_BYTES, 0);
    nodeFiles.sync(fd);
  } finally {
    nodeFiles.close(fd);
  }
  nodeFiles.syncDirectory(directory);
}

/** Throws ShellError JOURNAL_ARCHIVED when the archive is elsewhere, and is not there. */
export function requireArchive(files: FileOps, directory: string): void {
  const word = wordIn(files, directory);
  const archive = join(directory, ARCHIVE);
  if (word === null || wordIn(files, archive) === word) return;
  throw refusal(`${archive} does not lead to this journal's archive: is its disk mounted?`);
}

/**
 * Has the archive of the journal in `directory` at `place`, now and at every later start; for the
 * directory's owner, before the shard starts. Throws ShellError when that cannot be: DIRECTORY_UNUSABLE,
 * or JOURNAL_ARCHIVED when the archive is somewhere else already.
 */
export function placeArchive(directory: string, place: string): void {
  const link = join(directory, ARCHIVE);
  const wanted = resolve(place);
  try {
    nodeFiles.makeDirectory(directory);
    makePlace(wanted);
    if (isLink(link)) return requirePlace(directory, link, wanted);
    const inside = existsSync(link) ? nodeFiles.list(link) : null;
    if (inside !== null && inside.length > 0) throw refusal(elsewhere(link, wanted));
    const word = wordIn(nodeFiles, directory) ?? randomBytes(WORD_BYTES / 2).toString("hex");
    claim(directory, wanted, word);
    if (inside !== null) rmdirSync(link);
    symlinkSync(wanted, link, "junction");
    nodeFiles.syncDirectory(directory);
  } catch (error) {
    if (error instanceof ShellError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const words = `${wanted} cannot be the archive: ${reason}. Check it, or name another with --archive.`;
    throw new ShellError(ShellErrorCode.DIRECTORY_UNUSABLE, words);
  }
}

/** Only itself: a missing folder above it is a disk that is not mounted, or a slip of the pen. */
function makePlace(path: string): void {
  if (existsSync(path)) return;
  mkdirSync(path, { mode: 0o700 });
  nodeFiles.syncDirectory(dirname(path));
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function requirePlace(directory: string, link: string, wanted: string): void {
  const isThere = existsSync(link) && realpathSync(link) === realpathSync(wanted);
  if (!isThere) {
    throw refusal(
      `the archive of this journal is where ${link} leads, not in ${wanted}. Bring that disk back; or ` +
        `move all it holds to ${wanted} and remove ${link}, then start again.`,
    );
  }
  requireArchive(nodeFiles, directory);
}

function elsewhere(link: string, wanted: string): string {
  return (
    `${link} holds segments already. Move all of them to ${wanted} and remove ${link}, then start ` +
    "again with --archive."
  );
}

/** First here, then there: who is killed in between finds its own word there at the next start. */
function claim(directory: string, place: string, word: string): void {
  const there = wordIn(nodeFiles, place);
  if (there !== null && there !== word) {
    throw refusal(`${place} is the archive of another journal: name another directory.`);
  }
  if (there === null && !fits(segmentsIn(place), segmentsIn(directory))) {
    throw refusal(`${place} holds segments of another journal: name another directory.`);
  }
  writeWord(directory, word);
  if (there === null) writeWord(place, word);
}

/** Moved there by hand: then what is here goes on where they end. */
function fits(archived: readonly string[], here: readonly string[]): boolean {
  if (archived.length === 0) return true;
  return (
    archived.at(-1) === segmentName(archived.length - 1) && here[0] === segmentName(archived.length)
  );
}

const segmentsIn = (directory: string): string[] =>
  nodeFiles.list(directory).filter(isSegment).toSorted();

const refusal = (words: string): ShellError =>
  new ShellError(ShellErrorCode.JOURNAL_ARCHIVED, words);
