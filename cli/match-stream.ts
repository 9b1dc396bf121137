/**
 * The match stream of an exchange of this process: for programs of this machine, who find its address
 * in the data directory. Reached by nobody else: it asks no reader who it is.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SHARD_OPTIONS_DEFAULT, type ShardClient } from "../engine/client/index.ts";
import { submitCheckpoint } from "../engine/shell/checkpoint.ts";
import type { ShardHandle, ShellLog } from "../engine/shell/main.ts";
import { startMatchStream } from "../engine/shell/match-stream/main.ts";
import { Failure, wordsOf } from "./errors.ts";
import { snapshotDirectory } from "./snapshots.ts";

export interface ServedStream {
  /** "host:port". */
  readonly address: string;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
/** What the follower's state hashes to is journaled so often, when something happened. */
const CHECKPOINT_MS = 60_000;

export interface StreamParts {
  readonly shard: ShardHandle;
  readonly client: ShardClient;
  /** Of the exchange's data. */
  readonly directory: string;
  /** Of the shard's journal. */
  readonly journal: string;
  readonly port: number;
  readonly log: ShellLog;
}

/** Throws Failure when it cannot listen. What breaks it later is logged, and the exchange goes on. */
export async function serveMatchStream(parts: StreamParts): Promise<ServedStream> {
  const { shard, client, directory, journal, port, log } = parts;
  const stream = startMatchStream({
    shard: shard.shard,
    directory: journal,
    snapshotDirectory: snapshotDirectory(directory, shard.shard),
    status: shard.status,
    host: HOST,
    port,
    log,
    options: SHARD_OPTIONS_DEFAULT,
    checkpointMs: CHECKPOINT_MS,
    onCheckpoint: (checkpoint) => submitCheckpoint(client, checkpoint),
  });
  const file = join(directory, "match-stream.address");
  try {
    const address = `${HOST}:${(await stream.listening).port}`;
    writeFileSync(file, `${address}\n`);
    return {
      address,
      stop: async () => {
        await stream.stop();
        rmSync(file, { force: true });
      },
    };
  } catch (error) {
    await stream.stop();
    throw new Failure(wordsOf(error));
  }
}
