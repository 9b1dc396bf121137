/**
 * One owner per directory, by a lock that the system releases when its process dies, however it
 * dies; never a pid file. SQLite's exclusive transaction on a file in the directory is that lock.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ShellError, ShellErrorCode } from "../errors.ts";

export interface Owner {
  release(): void;
}

/**
 * Throws ShellError: JOURNAL_OWNED when another process, or this one, owns `directory` already,
 * DIRECTORY_UNUSABLE when nobody can.
 */
export function ownDirectory(directory: string): Owner {
  const file = join(directory, "owner.lock");
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file);
    database.exec("PRAGMA journal_mode = OFF"); // nothing is ever written: no second file beside it
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    if (!isHeld(error)) {
      throw new ShellError(
        ShellErrorCode.DIRECTORY_UNUSABLE,
        `${file} cannot be opened (${reason}). Check the directory, or name another with --data.`,
      );
    }
    throw new ShellError(
      ShellErrorCode.JOURNAL_OWNED,
      `another exchange is running on ${directory}. Stop it first, or name another directory ` +
        "with --data.",
    );
  }
  const held = database;
  return { release: () => held.close() };
}

/** Whether somebody owns `directory` now; asks without becoming its owner. Throws what SQLite does. */
export function isOwned(directory: string): boolean {
  const file = join(directory, "owner.lock");
  if (!existsSync(file)) return false;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.exec("SELECT count(*) FROM sqlite_schema");
    return false;
  } catch (error) {
    if (isHeld(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}

function isHeld(error: unknown): boolean {
  const reason = error instanceof Error ? error.message : String(error);
  return reason.includes("locked") || reason.includes("busy");
}
