/**
 * Where snapshots are kept, as everybody knows it: files in a directory (`directory.ts`) or rows in
 * Postgres (`postgres.ts`). A store keeps bytes and tells whole snapshots from half-written ones; what
 * is in them is none of its business.
 */
import type { SnapshotHead } from "./format.ts";

/** A snapshot in a store, as its list tells of it. */
export interface StoredSnapshot {
  /** Names it within its store. */
  readonly id: string;
  readonly sequence: number;
  /** Its head is whole; null: `damage` says what is wrong. */
  readonly head: SnapshotHead | null;
  readonly damage: string;
  /** It was read back once, loaded, and had the hash it should have. */
  readonly isVerified: boolean;
  readonly bytes: number;
}

/** What is to be stored. */
export interface SnapshotBytes {
  readonly head: Buffer;
  readonly blocks: Iterable<Buffer>;
}

/** Methods throw what their file system or database throws, and SnapshotDamage. */
export interface SnapshotStore {
  /** For people: "files", "Postgres". */
  readonly name: string;
  /** Other journals' snapshots may be in it, too. */
  readonly isShared: boolean;
  /** Those of this shard, newest first. One that was not stored wholly is not among them. */
  list(shard: number): Promise<readonly StoredSnapshot[]>;
  /** Keeps it, durably and all of it or nothing, in the place of one of the same journal and sequence. */
  put(snapshot: SnapshotBytes): Promise<void>;
  /** Its blocks, in order. */
  read(snapshot: StoredSnapshot): Promise<Iterable<Buffer>>;
  markVerified(snapshot: StoredSnapshot): Promise<void>;
  remove(snapshot: StoredSnapshot): Promise<void>;
  close(): Promise<void>;
}
