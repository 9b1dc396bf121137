/**
 * One import at a time on a data directory: two would trade with each other's orders. The lock is
 * SQLite's on a file, as the exchange's own, so the system releases it however its holder dies.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Failure, wordsOf } from "../errors.ts";

export interface ImportLock {
  release(): void;
}

export function lockImports(dir: string): ImportLock {
  const file = join(dir, "import.lock");
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file);
    database.exec("PRAGMA journal_mode = OFF"); // nothing is ever written: no second file beside it
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    const reason = wordsOf(error);
    if (!/locked|busy/.test(reason)) throw new Failure(`${file} cannot be opened (${reason})`);
    throw new Failure(
      `another import-sales is running on ${dir}, with the same two accounts; wait for its end`,
    );
  }
  const held = database;
  return { release: () => held.close() };
}
