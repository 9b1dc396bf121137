/**
 * Starts the match stream of a shard of this process, in a thread of its own. What it serves is every
 * satellite's food; what it costs is a second copy of the shard's state and a share of a processor.
 */
import type { ShardOptions } from "../../core/limits.ts";
import type { StatusMemory } from "../../ring/status.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { asShellError, ShellError, ShellErrorCode } from "../errors.ts";
import { startThread } from "../thread.ts";
import type { ShellLog } from "../main.ts";
import type { StreamLimits } from "./stream.ts";
import type { StreamWorkerData, StreamWorkerMessage, StreamWorkerOrder } from "./worker.ts";

export interface StreamConfig {
  readonly shard: number;
  /** The shard's journal. */
  readonly directory: string;
  /** Its snapshots, so that neither the stream nor who reads what is old waits for a whole replay. */
  readonly snapshotDirectory?: string;
  /** The shard's status, which says what is durable. */
  readonly status: StatusMemory;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly log: ShellLog;
  readonly options?: Partial<ShardOptions>;
  readonly limits?: Partial<StreamLimits>;
  readonly checkpointMs?: number;
  /** What its state hashes to, to be journaled; called on this thread. */
  onCheckpoint?(checkpoint: Checkpoint): void;
}

export interface StreamHandle {
  /** It listens. Rejects with ShellError when it cannot. */
  readonly listening: Promise<{ readonly port: number }>;
  /** It has read the journal and takes readers. */
  readonly ready: Promise<void>;
  /** Resolves once, with null after a clean stop, or with what broke. The shard goes on without it. */
  readonly ended: Promise<ShellError | null>;
  stop(): Promise<void>;
}

/** Long enough for every reader to be told. */
const STOP_MS = 5_000;

export function startMatchStream(config: StreamConfig): StreamHandle {
  const { shard, directory, status, host, port, log } = config;
  const workerData: StreamWorkerData = {
    shard,
    directory,
    snapshotDirectory: config.snapshotDirectory ?? null,
    status,
    host,
    port,
    options: config.options ?? {},
    limits: config.limits ?? {},
    checkpointMs: config.checkpointMs ?? 0,
  };
  const listening = Promise.withResolvers<{ readonly port: number }>();
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<ShellError | null>();
  // Both are also told by `ended`.
  listening.promise.catch(() => {});
  ready.promise.catch(() => {});
  let isOver = false;

  function end(broke: ShellError | null): void {
    if (isOver) return;
    isOver = true;
    if (broke !== null) log.error({ shard, code: broke.code }, `match stream: ${broke.message}`);
    const why =
      broke ?? new ShellError(ShellErrorCode.STOPPED, "asked to stop before it was ready");
    listening.reject(why);
    ready.reject(why);
    ended.resolve(broke);
  }

  function hear(message: StreamWorkerMessage): void {
    if (message.kind === "listening") listening.resolve({ port: message.port });
    else if (message.kind === "ready") ready.resolve();
    else if (message.kind === "alarm") log.warn({ shard }, `match stream: ${message.words}`);
    else if (message.kind === "checkpoint") config.onCheckpoint?.(message.checkpoint);
    else if (message.clean) end(null);
    else end(new ShellError(message.code as ShellErrorCode, message.reason));
  }

  const worker = startThread(new URL("./worker.ts", import.meta.url), workerData);
  worker.on("message", hear);
  worker.on("error", (error) => end(asShellError(error)));
  worker.on("exit", () => {
    end(
      new ShellError(ShellErrorCode.BROKEN_STATE, "the match stream's thread ended without a word"),
    );
  });
  return {
    listening: listening.promise,
    ready: ready.promise,
    ended: ended.promise,
    stop: async () => {
      const order: StreamWorkerOrder = "stop";
      worker.postMessage(order);
      const late = setTimeout(() => void worker.terminate(), STOP_MS);
      await ended.promise;
      clearTimeout(late);
      await worker.terminate();
    },
  };
}
