/**
 * From a stored snapshot to a state that goes on: every checksum, the state's own hash, and the
 * fall-back from one that is bad to the one before it.
 */
import { makeEvents } from "../../core/event.ts";
import {
  loadShard,
  NO_REST,
  type Rest,
  SNAPSHOT_RECORD_BYTES,
  SnapshotError,
} from "../../core/index.ts";
import type { ShardOptions } from "../../core/limits.ts";
import { ShellError, ShellErrorCode } from "../errors.ts";
import { EVENTS_AT_ONCE, type FollowedState } from "../follower.ts";
import { openBlocks, SnapshotDamage, type SnapshotHead } from "./format.ts";
import type { SnapshotStore, StoredSnapshot } from "./store.ts";

/** A state, and where it came from. */
export interface LoadedState extends FollowedState {
  readonly head: SnapshotHead;
  /** The store's name. */
  readonly store: string;
}

/**
 * Reads it from its store and loads it. Throws SnapshotDamage or SnapshotError where something is wrong
 * with it, and what the store throws. Calls `rest` now and then.
 */
export async function loadSnapshot(
  store: SnapshotStore,
  snapshot: StoredSnapshot,
  options: Partial<ShardOptions> = {},
  rest = NO_REST,
): Promise<LoadedState> {
  const { head, damage } = snapshot;
  if (head === null) throw new SnapshotDamage(damage);
  const events = options.events ?? makeEvents(EVENTS_AT_ONCE);
  const last = Buffer.alloc(SNAPSHOT_RECORD_BYTES);
  const blocks = keepLast(openBlocks(head, await store.read(snapshot)), last);
  // The core hashes what it has loaded and compares that with the record at the end.
  const shard = loadShard(blocks, { ...options, events }, rest);
  const isIt =
    shard.sequence() === head.sequence &&
    shard.behaviour() === head.behaviour &&
    last.readUInt32LE(4) === head.hashHigh &&
    last.readUInt32LE(8) === head.hashLow;
  if (!isIt) throw new SnapshotDamage("its head is of another state");
  return { shard, events, place: head.place, head, store: store.name };
}

/** Passes them on, and keeps the last record of the last one. */
function* keepLast(chunks: Iterable<Buffer>, last: Buffer): Generator<Buffer> {
  for (const chunk of chunks) {
    chunk.copy(last, 0, chunk.length - last.length);
    yield chunk;
  }
}

/** Where newest states are looked for. */
export interface NewestOptions {
  readonly stores: readonly SnapshotStore[];
  readonly shard: number;
  /** Only this journal's count. */
  readonly journalId: Buffer;
  readonly options?: Partial<ShardOptions>;
  /** Only those of a sequence below this one. */
  readonly below?: number;
  /** Called now and then while one is loaded. */
  readonly rest?: Rest;
  /** One that should have been good was not, in words; the one before it is tried next. */
  onBad(words: string): void;
}

/** The newest state that can be loaded; null when there is none. Bad ones are passed over, and told. */
export async function newestState(wanted: NewestOptions): Promise<LoadedState | null> {
  const { options, onBad, below = Infinity, rest } = wanted;
  for (const { store, snapshot } of await candidates(wanted)) {
    if (snapshot.sequence >= below) continue;
    try {
      return await loadSnapshot(store, snapshot, options, rest);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      const what = `the snapshot of sequence ${snapshot.sequence} in ${store.name}`;
      const isItsOwn = error instanceof SnapshotDamage || error instanceof SnapshotError;
      onBad(`${what} cannot be ${isItsOwn ? "used" : "read"}: ${words}`);
    }
  }
  return null;
}

interface Candidate {
  readonly store: SnapshotStore;
  readonly snapshot: StoredSnapshot;
}

/** Newest first, and of two alike the one in the store that was named first. */
async function candidates(wanted: NewestOptions): Promise<Candidate[]> {
  const { stores, shard, journalId, onBad } = wanted;
  const found: Candidate[] = [];
  for (const store of stores) {
    try {
      for (const snapshot of await store.list(shard)) {
        if (isOf(journalId, store, snapshot)) found.push({ store, snapshot });
      }
    } catch (error) {
      if (error instanceof ShellError) throw error;
      const words = error instanceof Error ? error.message : String(error);
      onBad(`the snapshots in ${store.name} cannot be listed: ${words}`);
    }
  }
  return found.toSorted((a, b) => b.snapshot.sequence - a.snapshot.sequence);
}

/** A directory beside a journal holds that journal's snapshots and no others: one of them is missing. */
export function isOf(journalId: Buffer, store: SnapshotStore, snapshot: StoredSnapshot): boolean {
  const { head } = snapshot;
  if (head === null) return !store.isShared;
  if (head.journalId.equals(journalId)) return true;
  if (store.isShared) return false;
  throw new ShellError(
    ShellErrorCode.JOURNAL_FOREIGN,
    `the snapshot of sequence ${snapshot.sequence} in ${store.name} is of journal ` +
      `${head.journalId.toString("hex")}, but the journal here is ${journalId.toString("hex")}. ` +
      "Put that journal back, or move its snapshots elsewhere.",
  );
}
