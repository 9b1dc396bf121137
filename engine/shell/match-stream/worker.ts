/**
 * The match stream's own thread, beside the shard it follows: a follower, its window and the server.
 * It never touches the shard's thread; all it shares with it is the status, which it only reads.
 */
import { parentPort, workerData } from "node:worker_threads";
import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import type { ShardOptions } from "../../core/limits.ts";
import { openStatus, type StatusMemory } from "../../ring/status.ts";
import { type Checkpoint, CHECKPOINT_COMMANDS, checkpointOf } from "../checkpoint.ts";
import { asShellError } from "../errors.ts";
import { type Follower, journalStates, type States } from "../follower.ts";
import { openLiveReader } from "../journal/live-reader.ts";
import { snapshotStates } from "../snapshot/states.ts";
import { makeStreamServer } from "./server.ts";
import { makeMatchStream, type StreamLimits } from "./stream.ts";

export interface StreamWorkerData {
  readonly shard: number;
  readonly directory: string;
  /** Where the shard's snapshots are; null: everything begins with the journal's first command. */
  readonly snapshotDirectory: string | null;
  readonly status: StatusMemory;
  readonly options: Partial<ShardOptions>;
  readonly host: string;
  readonly port: number;
  readonly limits: Partial<StreamLimits>;
  /** How often it reports what its state hashes to; 0: never. */
  readonly checkpointMs: number;
}

export type StreamWorkerMessage =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "ready" }
  | { readonly kind: "alarm"; readonly words: string }
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint }
  | {
      readonly kind: "stopped";
      readonly clean: boolean;
      readonly code: string;
      readonly reason: string;
    };

/** The one thing it is told. */
export type StreamWorkerOrder = "stop";

setLogVerbosity(logVerbosity.NONE); // what goes wrong is told to the main thread, in our words

const data = workerData as StreamWorkerData;
const port = parentPort!;
const tell = (message: StreamWorkerMessage): void => port.postMessage(message);

async function run(): Promise<void> {
  const { shard } = data;
  const stop = new AbortController();
  port.on("message", (order: StreamWorkerOrder) => {
    if (order === "stop") stop.abort();
  });
  const journal = openLiveReader(data.directory, shard, openStatus(data.status));
  const states = await statesOf(data);
  const stream = makeMatchStream({
    shard,
    journal,
    states,
    begin: await states.before(Infinity),
    durable: journal.durable,
    limits: data.limits,
    monotonicMs: () => performance.now(),
    onReady: () => {
      server.setServing(true);
      tell({ kind: "ready" });
    },
  });
  const server = makeStreamServer(new Map([[shard, stream]]));
  tell({ kind: "listening", port: await server.listen(data.host, data.port) });
  const reporting = reportCheckpoints(stream.follower, journal.durable);
  try {
    await stream.run(stop.signal);
  } finally {
    clearInterval(reporting);
    server.setServing(false);
    await server.close();
  }
}

async function statesOf({
  shard,
  directory,
  snapshotDirectory,
  options,
}: StreamWorkerData): Promise<States> {
  if (snapshotDirectory === null) return journalStates(options);
  const warn = (words: string): void => tell({ kind: "alarm", words });
  const journalDirectory = directory;
  return snapshotStates({ shard, journalDirectory, snapshotDirectory, options, warn });
}

/** Once it has come to the end, and only when something other than the last checkpoint happened. */
function reportCheckpoints(follower: Follower, durable: () => number): NodeJS.Timeout | undefined {
  if (data.checkpointMs === 0) return undefined;
  let reported = 0;
  return setInterval(() => {
    const isAtEnd = follower.place().position >= durable();
    if (!isAtEnd || follower.shard.sequence() <= reported + CHECKPOINT_COMMANDS) return;
    const checkpoint = checkpointOf(follower.shard);
    reported = checkpoint.sequence;
    tell({ kind: "checkpoint", checkpoint });
  }, data.checkpointMs);
}

run().then(
  () => {
    tell({ kind: "stopped", clean: true, code: "", reason: "asked to stop" });
    port.close();
  },
  (error: unknown) => {
    const { code, message } = asShellError(error);
    tell({ kind: "stopped", clean: false, code, reason: message });
    port.close();
  },
);
