/**
 * One snapshot from beginning to end, in whichever process: loads the newest good one, follows
 * the journal from there to what is durable now, and takes the next. Between two of them nothing is
 * kept in memory and nothing runs.
 */
import { statfsSync } from "node:fs";
import type { Rest } from "../../core/index.ts";
import type { ShardOptions } from "../../core/limits.ts";
import { ShellError, ShellErrorCode } from "../errors.ts";
import { emptyState, makeFollower } from "../follower.ts";
import { type FileOps, nodeFiles } from "../journal/file-ops.ts";
import { openCoveredReader } from "../journal/covered.ts";
import { openFileReader } from "../journal/file-reader.ts";
import { type Owner, ownDirectory } from "../journal/lock.ts";
import { settleSegments } from "../journal/segments.ts";
import { openSnapshotDirectory, type SnapshotDirectory } from "./directory.ts";
import { bytesWanted, type Keep } from "./keep.ts";
import { newestState } from "./load.ts";
import { NO_PACE, type Pace, pacedFiles } from "./pace.ts";
import { filesSource, type SnapshotSource } from "./source.ts";
import type { SnapshotStore } from "./store.ts";
import { ofJournal, type Taken, takeSnapshot } from "./take.ts";

export interface TakerSettings {
  readonly shard: number;
  readonly snapshotDirectory: string;
  /** Copies go there, too; null: to nowhere else. */
  readonly databaseUrl: string | null;
  readonly options: Partial<ShardOptions>;
  readonly keep: Keep;
}

export interface TakerParts {
  readonly settings: TakerSettings;
  readonly source: SnapshotSource;
  /** How many commands must have followed the last one. */
  readonly newCommandsMin: number;
  /** As fast as it goes when not said. */
  readonly pace?: Pace;
  warn(words: string): void;
}

/** null: nothing happened since the last one. Throws ShellError, and what file systems throw. */
export async function takeNext(parts: TakerParts): Promise<Taken | null> {
  const { settings, pace = NO_PACE, warn } = parts;
  const { snapshotDirectory } = settings;
  const files = pacedFiles(nodeFiles, pace);
  nodeFiles.makeDirectory(snapshotDirectory);
  const owner = own(snapshotDirectory);
  const directory = openSnapshotDirectory(files, snapshotDirectory);
  const copies = await openCopies(settings.databaseUrl, pace, warn);
  try {
    const rest = pace.worked;
    return await take({ ...parts, files, freeBytes: freeBytesOf, directory, copies, rest });
  } finally {
    for (const store of copies) await store.close();
    owner.release();
  }
}

/**
 * The same of a journal of files from any process, whether an exchange runs on the directory or not:
 * while one does, up to what a later frame says was durable, and at the pace that `beside` then names.
 */
export async function takeBeside(
  settings: TakerSettings,
  directory: string,
  warn: (words: string) => void,
  beside: () => Pace = () => NO_PACE,
): Promise<Taken | null> {
  const owner = ownIfFree(directory);
  const pace = owner === null ? beside() : NO_PACE;
  const files = pacedFiles(nodeFiles, pace);
  try {
    if (owner !== null) settleSegments(nodeFiles, directory);
    const reader =
      owner === null
        ? openCoveredReader(files, directory)
        : openFileReader({
            files,
            directory,
            shard: settings.shard,
            durable: () => Infinity,
            wait: async () => {}, // it is read, never tailed
          });
    const source = filesSource(files, directory, reader, null);
    return await takeNext({ settings, source, newCommandsMin: 1, pace, warn });
  } finally {
    owner?.release();
  }
}

function ownIfFree(directory: string): Owner | null {
  try {
    return ownDirectory(directory);
  } catch (error) {
    if (error instanceof ShellError && error.code === ShellErrorCode.JOURNAL_OWNED) return null;
    throw error;
  }
}

export interface Taking {
  readonly files: FileOps;
  /** Bytes that may still be written to a directory. */
  readonly freeBytes: (directory: string) => number;
  readonly settings: TakerSettings;
  readonly source: SnapshotSource;
  readonly newCommandsMin: number;
  readonly directory: SnapshotDirectory;
  readonly copies: readonly SnapshotStore[];
  /** Called now and then, in the midst of what takes long. */
  readonly rest: Rest;
  warn(words: string): void;
}

/** For who has the directory to itself, and the stores open. */
export async function take(taking: Taking): Promise<Taken | null> {
  const { files, settings, source, newCommandsMin, directory, copies, rest, warn } = taking;
  const { shard, options, keep } = settings;
  const { journalId } = source;
  if (journalId === null) return null;
  await removeUnverified(directory, shard, journalId);
  const newest = { shard, journalId, options, rest, onBad: warn };
  const begin =
    (await newestState({ ...newest, stores: [directory] })) ??
    (await newestState({ ...newest, stores: copies })) ??
    emptyState(options);
  const begunAt = begin.shard.sequence();
  const follower = makeFollower({ journal: source.reader, state: begin });
  await follower.catchUp();
  const sequence = follower.shard.sequence();
  if (sequence < begunAt + Math.max(newCommandsMin, 1)) return null;
  const newestBytes = (await directory.list(shard))[0]?.bytes ?? 0;
  refuseWithoutRoom(taking, follower.shard.ordersOpen(), newestBytes);
  return takeSnapshot({
    files,
    shard,
    follower,
    directory,
    copies,
    options,
    keep,
    journal: source.archive,
    rest,
    nowMs: Date.now,
    warn,
  });
}

/** Left by who was killed before it was read back: it does not count, and would be begun with as if it did. */
async function removeUnverified(
  directory: SnapshotDirectory,
  shard: number,
  journalId: Buffer,
): Promise<void> {
  for (const snapshot of await ofJournal(directory, shard, journalId)) {
    if (!snapshot.isVerified) await directory.remove(snapshot);
  }
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

function refuseWithoutRoom(taking: Taking, ordersOpen: number, newestBytes: number): void {
  const { freeBytes, settings, source } = taking;
  const { snapshotDirectory } = settings;
  const wanted = bytesWanted(ordersOpen, newestBytes, source.segmentBytes);
  const free = freeBytes(snapshotDirectory);
  if (free >= wanted) return;
  const mib = (bytes: number): number => Math.ceil(bytes / 1_048_576);
  throw new ShellError(
    ShellErrorCode.DISK_FULL,
    `${snapshotDirectory} has ${mib(free)} MiB free; a snapshot is begun with ${mib(wanted)}, ` +
      "so that the journal keeps its room. Nothing is lost without one.",
  );
}

async function openCopies(
  url: string | null,
  pace: Pace,
  warn: (words: string) => void,
): Promise<SnapshotStore[]> {
  if (url === null) return [];
  try {
    const { openPostgresSnapshots } = await import("./postgres.ts"); // its driver, only where wanted
    return [await openPostgresSnapshots(url, pace)];
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    warn(`the snapshot gets no copy in Postgres, which cannot be reached: ${words}`);
    return [];
  }
}

/** One at a time: a second one would take the first one's draft for a leftover. */
function own(directory: string): Owner {
  try {
    return ownDirectory(directory);
  } catch (error) {
    if (!(error instanceof ShellError) || error.code !== ShellErrorCode.JOURNAL_OWNED) throw error;
    throw new ShellError(
      ShellErrorCode.JOURNAL_OWNED,
      `a snapshot is being taken in ${directory} already. Wait until it is done.`,
    );
  }
}
