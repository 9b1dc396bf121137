/**
 * The snapshots of an exchange of this process, and the database that gets copies of them: somebody's
 * (DATABASE_URL), one of our own that comes up behind the exchange, or none.
 */
import { join } from "node:path";
import type { ShardClient } from "../engine/client/index.ts";
import { submitCheckpoint } from "../engine/shell/checkpoint.ts";
import type { ShardHandle, ShellLog } from "../engine/shell/main.ts";
import { shardOnFiles, startSnapshots } from "../engine/shell/snapshot/main.ts";
import { type Database, startDatabase } from "../satellites/database/postgres.ts";
import { config } from "./config.ts";
import { wordsOf } from "./errors.ts";

/** Commands between two. */
export const EVERY_DEFAULT = 1_000_000;
export const EVERY_MAX = 1_000_000_000;

export interface KeptSnapshots {
  /** The shard has stopped: one last snapshot if it did so cleanly, then the database stops. */
  stop(clean: boolean): Promise<void>;
}

export interface SnapshotParts {
  readonly shard: ShardHandle;
  readonly client: ShardClient;
  /** Of the exchange's data. */
  readonly directory: string;
  /** Of the shard's journal. */
  readonly journal: string;
  /** After how many commands one is due; 0: never, also not at the end. */
  readonly every: number;
  /** Whether to start a database of our own, where nobody named one. */
  readonly wantsDatabase: boolean;
  readonly log: ShellLog;
}

export function snapshotDirectory(directory: string, shard: number): string {
  return join(directory, "snapshots", `shard-${shard}`);
}

/** Returns at once; what does not come up is logged, and the exchange goes on without it. */
export function keepSnapshots(parts: SnapshotParts): KeptSnapshots {
  const { shard, client, directory, journal, every, log } = parts;
  const database = openDatabase(parts);
  const snapshots =
    every === 0
      ? null
      : startSnapshots({
          shard: shard.shard,
          subject: shardOnFiles(shard.status, journal),
          snapshotDirectory: snapshotDirectory(directory, shard.shard),
          log,
          everyCommands: every,
          databaseUrl: database.url,
          onCheckpoint: (checkpoint) => submitCheckpoint(client, checkpoint),
        });
  return {
    stop: async (clean) => {
      await database.settled;
      await (clean ? snapshots?.finish() : snapshots?.stop());
      await database.stop();
    },
  };
}

interface OpenedDatabase {
  url(): string | null;
  /** It is up, or it is known that it does not come up. */
  readonly settled: Promise<void>;
  stop(): Promise<void>;
}

function openDatabase({ directory, wantsDatabase, log }: SnapshotParts): OpenedDatabase {
  const named = config.servers.postgres;
  if (named !== null || !wantsDatabase) {
    return { url: () => named, settled: Promise.resolve(), stop: async () => {} };
  }
  let database: Database | null = null;
  let isStopping = false;
  const settled = startDatabase(directory).then(
    (started) => {
      database = started;
      log.info({}, "database up");
      void started.ended.then(() => {
        if (!isStopping) log.error({}, "the database has ended: snapshots get no copies");
      });
    },
    (error: unknown) => log.error({}, `no database: ${wordsOf(error)}`),
  );
  return {
    url: () => database?.url ?? null,
    settled,
    stop: async () => {
      isStopping = true;
      await database?.stop();
    },
  };
}
