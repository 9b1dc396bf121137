/**
 * The journal a snapshot is taken of, as its taker knows it: files beside it or a topic at brokers. What
 * names it crosses processes, so that it is plain data.
 */
import type { FileOps } from "../journal/file-ops.ts";
import { openFileReader } from "../journal/file-reader.ts";
import type { JournalReader } from "../journal/journal.ts";
import { openKafkaJournal } from "../journal/kafka/kafka.ts";
import type { KafkaAddress } from "../journal/kafka/link.ts";
import { journalIdIn } from "../journal/read.ts";
import { findSegments } from "../journal/segments.ts";

export interface FilesAt {
  readonly kind: "files";
  readonly directory: string;
  /** The position below which all is durable. */
  readonly durable: number;
  /** How many archived segments are kept; null: all. */
  readonly retain: number | null;
}

export interface BrokersAt {
  readonly kind: "brokers";
  readonly address: KafkaAddress;
  readonly topic: string;
  readonly leaseMs: number;
}

export type JournalAt = FilesAt | BrokersAt;

export interface SnapshotSource {
  readonly reader: JournalReader;
  /** null: nothing was ever written. */
  readonly journalId: Buffer | null;
  /** What the journal prepares ahead on the same disk, which comes first; 0 at brokers. */
  readonly segmentBytes: number;
  /** Whose segments may be archived; null where there are none. */
  readonly archive: { readonly directory: string; readonly retain: number | null } | null;
}

/** Throws what the journal throws that cannot be read. */
export async function openSource(
  files: FileOps,
  at: JournalAt,
  shard: number,
): Promise<SnapshotSource> {
  if (at.kind === "brokers") return brokersSource(at, shard);
  const reader = openFileReader({
    files,
    directory: at.directory,
    shard,
    durable: () => at.durable,
    wait: async () => {}, // it is read, never tailed
  });
  return filesSource(files, at.directory, reader, at.retain);
}

export function filesSource(
  files: FileOps,
  directory: string,
  reader: JournalReader,
  retain: number | null,
): SnapshotSource {
  return {
    reader,
    journalId: journalIdIn(files, directory),
    segmentBytes: findSegments(files, directory).segmentBytes,
    archive: { directory, retain },
  };
}

async function brokersSource(at: BrokersAt, shard: number): Promise<SnapshotSource> {
  const { address, topic, leaseMs } = at;
  const reader = openKafkaJournal({
    address,
    topic,
    shard,
    leaseMs,
    retainMs: null,
    monotonicMs: () => performance.now(),
  });
  const { journalId } = await reader.beginning();
  return { reader, journalId, segmentBytes: 0, archive: null };
}
