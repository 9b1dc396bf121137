/**
 * Snapshots as followers begin with them: the newest one before any sequence, and the empty state while
 * the journal is whole.
 */
import type { ShardOptions } from "../../core/limits.ts";
import { emptyState, type FollowedState, type States } from "../follower.ts";
import { nodeFiles } from "../journal/file-ops.ts";
import { journalIdIn } from "../journal/read.ts";
import { findSegments } from "../journal/segments.ts";
import { openSnapshotDirectory } from "./directory.ts";
import { newestState } from "./load.ts";
import { ofJournal } from "./take.ts";

export interface StatesParts {
  readonly shard: number;
  readonly journalDirectory: string;
  readonly snapshotDirectory: string;
  readonly options: Partial<ShardOptions>;
  /** A snapshot is bad, in words; another one, or none, is begun with. */
  warn(words: string): void;
}

/** Loading one blocks its thread: a second or two for a million orders. */
export async function snapshotStates(parts: StatesParts): Promise<States> {
  const { shard, journalDirectory, snapshotDirectory, options, warn } = parts;
  const store = openSnapshotDirectory(nodeFiles, snapshotDirectory);
  let oldest = await findOldest();

  async function findOldest(): Promise<number> {
    if (findSegments(nodeFiles, journalDirectory).first === 0) return 0;
    const journalId = journalIdIn(nodeFiles, journalDirectory);
    const kept = journalId === null ? [] : await ofJournal(store, shard, journalId);
    return kept.findLast(({ isVerified }) => isVerified)?.sequence ?? 0;
  }

  async function before(sequence: number): Promise<FollowedState> {
    oldest = await findOldest();
    const journalId = journalIdIn(nodeFiles, journalDirectory);
    if (journalId === null) return emptyState(options);
    const wanted = { stores: [store], shard, journalId, options, below: sequence, onBad: warn };
    return (await newestState(wanted)) ?? emptyState(options);
  }

  return { oldest: () => oldest, before };
}
