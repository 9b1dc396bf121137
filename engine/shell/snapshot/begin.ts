/**
 * What a shard on files begins with: the newest snapshot that can be loaded, or nothing. Whichever it
 * is, the snapshots that lie beside a journal must be that journal's, and none may be of more than it
 * holds: otherwise something that was acknowledged is gone, and a start would hide it.
 */
import type { ShardOptions } from "../../core/limits.ts";
import { type FileOps, nodeFiles } from "../journal/file-ops.ts";
import { journalIdIn } from "../journal/read.ts";
import { openSnapshotDirectory } from "./directory.ts";
import type { SnapshotHead } from "./format.ts";
import { type LoadedState, newestState } from "./load.ts";
import type { SnapshotStore, StoredSnapshot } from "./store.ts";
import { ofJournal } from "./take.ts";

export interface SnapshotsAtStart {
  readonly directory: string;
  /** Asked only when no file can be used. */
  readonly databaseUrl: string | null;
  /**
   * "journal": from the first command, for listeners that need all that ever happened. They are told
   * nothing of what a snapshot covers.
   */
  readonly begin: "snapshot" | "journal";
}

export interface BeginningParts {
  readonly shard: number;
  /** The journal's. */
  readonly directory: string;
  readonly snapshots: SnapshotsAtStart | null;
  readonly options: Partial<ShardOptions>;
  readonly files?: FileOps;
  warn(words: string): void;
}

export interface Beginning {
  /** null: from the first command. */
  readonly state: LoadedState | null;
  /** The newest snapshot beside the journal, whether it is begun with or not. */
  readonly newest: SnapshotHead | null;
}

/** Throws ShellError JOURNAL_FOREIGN. What is wrong with a snapshot alone is told, and passed over. */
export async function beginning(parts: BeginningParts): Promise<Beginning> {
  const { shard, snapshots, options, warn, files = nodeFiles } = parts;
  if (snapshots === null) return { state: null, newest: null };
  const store = openSnapshotDirectory(files, snapshots.directory);
  const journalId = journalIdIn(files, parts.directory);
  if (journalId === null) return { state: null, newest: headOf(await store.list(shard)) };
  const newest = headOf(await ofJournal(store, shard, journalId));
  if (snapshots.begin === "journal") return { state: null, newest };
  const wanted = { shard, journalId, options, onBad: warn };
  const state =
    (await newestState({ ...wanted, stores: [store] })) ??
    (await withDatabase(
      snapshots.databaseUrl,
      (stores) => newestState({ ...wanted, stores }),
      warn,
    ));
  return { state, newest: newest ?? state?.head ?? null };
}

function headOf(newestFirst: readonly StoredSnapshot[]): SnapshotHead | null {
  return newestFirst.find(({ head }) => head !== null)?.head ?? null;
}

/** Hands over the store in Postgres; null when there is none, which is told, or `use` answers so. */
export async function withDatabase<T>(
  url: string | null,
  use: (stores: readonly SnapshotStore[]) => Promise<T>,
  warn: (words: string) => void,
): Promise<T | null> {
  if (url === null) return null;
  let store: SnapshotStore;
  try {
    const { openPostgresSnapshots } = await import("./postgres.ts"); // its driver, only where wanted
    store = await openPostgresSnapshots(url);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    warn(`the snapshots in Postgres cannot be reached: ${words}`);
    return null;
  }
  try {
    return await use([store]);
  } finally {
    await store.close();
  }
}
