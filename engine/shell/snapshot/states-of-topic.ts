/**
 * The states that followers of a journal at brokers begin with: the newest snapshot before any sequence,
 * from the engine's own files or from Postgres, where other engines of its shard keep theirs too; and the
 * empty state while the topic is whole.
 */
import type { ShardOptions } from "../../core/limits.ts";
import { ShellError, ShellErrorCode } from "../errors.ts";
import { emptyState, type FollowedState, type States } from "../follower.ts";
import { nodeFiles } from "../journal/file-ops.ts";
import type { ClaimableJournal } from "../journal/journal.ts";
import { withDatabase } from "./begin.ts";
import { openSnapshotDirectory } from "./directory.ts";
import { newestState } from "./load.ts";
import type { SnapshotStore, StoredSnapshot } from "./store.ts";
import { ofJournal } from "./take.ts";

export interface TopicStatesParts {
  readonly shard: number;
  readonly journal: ClaimableJournal;
  readonly snapshotDirectory: string;
  readonly databaseUrl: string | null;
  readonly options: Partial<ShardOptions>;
  /** A snapshot is bad, or Postgres is away, in words; another one, or none, is begun with. */
  warn(words: string): void;
}

/** Throws ShellError: JOURNAL_FOREIGN, and the journal's own. Loading a state blocks its thread. */
export async function topicStates(parts: TopicStatesParts): Promise<States> {
  const { shard, journal, snapshotDirectory, databaseUrl, options, warn } = parts;
  nodeFiles.makeDirectory(snapshotDirectory);
  const directory = openSnapshotDirectory(nodeFiles, snapshotDirectory);
  let oldest = 0;

  async function before(sequence: number): Promise<FollowedState> {
    const { journalId, position } = await journal.beginning();
    if (journalId === null) {
      refuseWithoutJournal(await directory.list(shard), snapshotDirectory);
      return emptyState(options);
    }
    const find = async (shared: readonly SnapshotStore[]): Promise<FollowedState | null> => {
      const stores = [directory, ...shared];
      oldest = position === 0 ? 0 : await oldestIn(stores, journalId);
      return newestState({ stores, shard, journalId, options, below: sequence, onBad: warn });
    };
    // Without Postgres, or with nothing in it, what is here has to do.
    const found = (await withDatabase(databaseUrl, find, warn)) ?? (await find([]));
    return found ?? emptyState(options);
  }

  /** 0: there is none to begin with, which the journal's reader will tell. */
  async function oldestIn(stores: readonly SnapshotStore[], journalId: Buffer): Promise<number> {
    let sequence = 0;
    for (const store of stores) {
      const kept = await ofJournal(store, shard, journalId);
      const good = kept.findLast(({ isVerified }) => isVerified);
      if (good !== undefined && (sequence === 0 || good.sequence < sequence)) {
        ({ sequence } = good);
      }
    }
    return sequence;
  }

  return { oldest: () => oldest, before };
}

/** An empty topic in the place of the journal whose snapshots are here would lose all orders. */
function refuseWithoutJournal(kept: readonly StoredSnapshot[], directory: string): void {
  const [newest] = kept;
  if (newest === undefined) return;
  throw new ShellError(
    ShellErrorCode.JOURNAL_FOREIGN,
    `${directory} has a snapshot of sequence ${newest.sequence}, but the shard's topic is empty. ` +
      "Bring the topic back that it was taken of, or move the snapshots elsewhere.",
  );
}
