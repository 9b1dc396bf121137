/**
 * Takes a snapshot of what a follower has applied: saved to a file, read back, loaded, its hash
 * compared, and only then counted as one. Copies go to the other stores in the same way. Then what is
 * no longer needed goes: older snapshots, and segments of the journal into its archive.
 *
 * For followers: it walks the whole state twice and holds a second one while it verifies.
 */
import { NO_REST, type Rest } from "../../core/index.ts";
import { HASH_VERSION, type ShardOptions } from "../../core/limits.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { ShellError, ShellErrorCode } from "../errors.ts";
import type { Follower } from "../follower.ts";
import { archiveBefore } from "../journal/archive.ts";
import type { FileOps } from "../journal/file-ops.ts";
import type { SnapshotDirectory } from "./directory.ts";
import { makeBlockWriter, readHead } from "./format.ts";
import { type Keep, toRemove } from "./keep.ts";
import { isOf, loadSnapshot } from "./load.ts";
import type { SnapshotStore, StoredSnapshot } from "./store.ts";

export interface TakeParts {
  readonly files: FileOps;
  readonly shard: number;
  readonly follower: Follower;
  readonly directory: SnapshotDirectory;
  /** Where copies go; one that fails is told and missed. */
  readonly copies: readonly SnapshotStore[];
  readonly options: Partial<ShardOptions>;
  readonly keep: Keep;
  /** The journal's own directory, whose segments may be archived; null where they are not files. */
  readonly journal: { readonly directory: string; readonly retain: number | null } | null;
  /** Called now and then, in the midst of what takes long. */
  readonly rest: Rest;
  nowMs(): number;
  warn(words: string): void;
}

export interface Taken {
  readonly checkpoint: Checkpoint;
  readonly snapshot: StoredSnapshot;
  readonly seconds: number;
  readonly copies: number;
  /** Segments that went to the archive. */
  readonly archived: number;
}

/** Throws when there is none in the end; what was there before is then still there. */
export async function takeSnapshot(parts: TakeParts): Promise<Taken> {
  const { directory, shard, options, rest } = parts;
  const startedMs = performance.now();
  const { head, checkpoint } = saveDraft(parts);
  const snapshot = await find(directory, shard, checkpoint.sequence);
  await verifySnapshot(directory, snapshot, options, rest);
  let copies = 0;
  for (const store of parts.copies) copies += Number(await copyTo(store, parts, head));
  await prune(parts);
  const archived = await archive(parts);
  const seconds = (performance.now() - startedMs) / 1_000;
  const verified = await find(directory, shard, checkpoint.sequence);
  return { checkpoint, snapshot: verified, seconds, copies, archived };
}

async function copyTo(
  store: SnapshotStore,
  { directory, options, rest, warn }: TakeParts,
  head: Buffer,
): Promise<boolean> {
  const { shard, journalId, sequence } = readHead(head);
  try {
    const blocks = await directory.read(await find(directory, shard, sequence));
    await store.put({ head, blocks });
    await verifySnapshot(store, await find(store, shard, sequence, journalId), options, rest);
    return true;
  } catch (error) {
    warn(`the snapshot has no copy in ${store.name}: ${wordsOf(error)}`);
    return false;
  }
}

/** Reads it back, loads it, compares its hash, and marks it as verified. Throws what is wrong with it. */
export async function verifySnapshot(
  store: SnapshotStore,
  snapshot: StoredSnapshot,
  options: Partial<ShardOptions> = {},
  rest = NO_REST,
): Promise<void> {
  await loadSnapshot(store, snapshot, options, rest);
  await store.markVerified(snapshot);
}

function journalOf(follower: Follower): Buffer {
  const last = follower.lastFrame();
  if (last !== null) return last.journalId;
  throw new ShellError(ShellErrorCode.BROKEN_STATE, "nothing was applied: there is no snapshot");
}

function saveDraft(parts: TakeParts): { head: Buffer; checkpoint: Checkpoint } {
  const { follower, shard, directory } = parts;
  const state = follower.shard;
  const journalId = journalOf(follower);
  const { from, endPosition } = follower.lastFrame()!;
  const sequence = state.sequence();
  const draft = directory.draft(sequence);
  try {
    const writer = makeBlockWriter(draft.write);
    const { high, low } = state.save(writer.write, parts.rest);
    const head = writer.end({
      journalId,
      shard,
      sequence,
      behaviour: state.behaviour(),
      hashVersion: HASH_VERSION,
      hashHigh: high,
      hashLow: low,
      takenMs: parts.nowMs(),
      place: from,
      endPosition,
    });
    draft.seal(head);
    return { head, checkpoint: { sequence, hashVersion: HASH_VERSION, high, low } };
  } catch (error) {
    draft.discard();
    throw error;
  }
}

async function find(
  store: SnapshotStore,
  shard: number,
  sequence: number,
  journalId: Buffer | null = null,
): Promise<StoredSnapshot> {
  const found = (await store.list(shard)).find(
    (each) =>
      each.sequence === sequence &&
      (journalId === null || each.head?.journalId.equals(journalId) === true),
  );
  if (found !== undefined) return found;
  const words = `the snapshot of sequence ${sequence} is gone from ${store.name}`;
  throw new ShellError(ShellErrorCode.BROKEN_STATE, words);
}

async function prune({ directory, copies, shard, follower, keep, nowMs, warn }: TakeParts) {
  for (const store of [directory, ...copies]) {
    try {
      const ours = await ofJournal(store, shard, journalOf(follower));
      for (const snapshot of toRemove(ours, keep, nowMs())) await store.remove(snapshot);
    } catch (error) {
      warn(`old snapshots stay in ${store.name}: ${wordsOf(error)}`);
    }
  }
}

/** This journal's snapshots in a store. Throws JOURNAL_FOREIGN where others must not be. */
export async function ofJournal(
  store: SnapshotStore,
  shard: number,
  journalId: Buffer,
): Promise<StoredSnapshot[]> {
  return (await store.list(shard)).filter((snapshot) => isOf(journalId, store, snapshot));
}

/** Behind the oldest verified one that is kept: whichever is fallen back to finds what follows it. */
async function archive({ files, journal, directory, shard, warn }: TakeParts): Promise<number> {
  if (journal === null) return 0;
  try {
    const good = (await directory.list(shard)).filter(({ isVerified }) => isVerified);
    if (good.length === 0) return 0; // gone since it was taken: nothing is known to be covered
    const position = Math.min(...good.map(({ head }) => head?.place.position ?? 0));
    return archiveBefore(files, journal.directory, position, journal.retain).moved;
  } catch (error) {
    warn(`segments behind the snapshot stay where they are: ${wordsOf(error)}`);
    return 0;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
