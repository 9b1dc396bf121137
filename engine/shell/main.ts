/**
 * Starts one shard of this machine: the first file to read. Makes the shared memory, starts the
 * shard's thread (`worker.ts`) and the one that prepares its segments, and hands out the ends of the
 * rings, on which `engine/client` opens the client that everybody else uses.
 */
import { Worker } from "node:worker_threads";
import { COMMAND_BYTES } from "../core/command.ts";
import { EVENT_BYTES } from "../core/event.ts";
import {
  COMMAND_RING_SLOTS,
  EVENT_RING_SLOTS,
  SHARD_OPTIONS_DEFAULT,
  type ShardOptions,
} from "../core/limits.ts";
import { makeRing, openProducer } from "../ring/ring.ts";
import type { ShardEnds, ShardSignals } from "../ring/ends.ts";
import { makeStatusMemory, openStatus } from "../ring/status.ts";
import { ShellError, type ShellErrorCode } from "./errors.ts";
import type { PrepareWorkerData } from "./journal/prepare-worker.ts";
import { makePrepareWords, PrepareWord } from "./journal/preparer.ts";
import { SEGMENT_BYTES_DEFAULT } from "./journal/segments.ts";
import type { RecoveryReport, ShardWorkerData, WorkerMessage } from "./worker.ts";

export type { RecoveryReport } from "./worker.ts";

/** Lines for the log: rare things, in words. */
export interface ShellLog {
  info(fields: object, words: string): void;
  warn(fields: object, words: string): void;
  error(fields: object, words: string): void;
}

export interface ShardConfig {
  readonly shard: number;
  /** The shard's own directory; made if missing. One owner at a time. */
  readonly directory: string;
  readonly log: ShellLog;
  /** For a new journal; an old one keeps its own. A multiple of 4096, at least two full frames. */
  readonly segmentBytes?: number;
  readonly options?: Partial<ShardOptions>;
}

export interface ShardHandle extends ShardEnds {
  /** Rejects with ShellError when the shard does not start. */
  readonly ready: Promise<RecoveryReport>;
  /** Resolves once, with null after a clean stop, or with what broke. */
  readonly ended: Promise<ShellError | null>;
  /** Journals what waits, writes a checkpoint, and ends the threads. */
  stop(): Promise<void>;
}

export function startShard(config: ShardConfig): ShardHandle {
  const commandRing = makeRing(COMMAND_RING_SLOTS, COMMAND_BYTES);
  const eventRing = makeRing(EVENT_RING_SLOTS, EVENT_BYTES);
  const status = makeStatusMemory();
  const prepareWords = makePrepareWords();
  const workerData: ShardWorkerData = {
    shard: config.shard,
    directory: config.directory,
    segmentBytes: config.segmentBytes ?? SEGMENT_BYTES_DEFAULT,
    options: { ...SHARD_OPTIONS_DEFAULT, ...config.options },
    commandRing,
    eventRing,
    status,
    prepareWords,
  };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData });
  const signals: ShardSignals[] = [];
  const ending = listen(config, worker, signals, workerData);
  return {
    shard: config.shard,
    commandRing,
    eventRing,
    status,
    attach: (signal) => void signals.push(signal),
    ...ending,
    stop: async () => {
      openStatus(status).askToStop();
      openProducer(commandRing).wake();
      await ending.ended;
    },
  };
}

function listen(
  config: ShardConfig,
  worker: Worker,
  signals: readonly ShardSignals[],
  data: ShardWorkerData,
): Pick<ShardHandle, "ready" | "ended"> {
  const { shard, log } = config;
  const ready = Promise.withResolvers<RecoveryReport>();
  const ended = Promise.withResolvers<ShellError | null>();
  ready.promise.catch(() => {}); // a start that failed is also told by `ended`
  let preparing: Worker | null = null;

  const end = (error: ShellError | null, reason: string): void => {
    Atomics.store(data.prepareWords, PrepareWord.STOP, 1);
    Atomics.notify(data.prepareWords, PrepareWord.STOP);
    Atomics.notify(data.prepareWords, PrepareWord.WANTED);
    for (const signal of signals) signal.stopped(reason, error === null);
    if (error !== null) {
      log.error({ shard, code: error.code }, error.message);
      ready.reject(error);
    }
    void Promise.all([worker.terminate(), preparing?.terminate()]).then(() => ended.resolve(error));
  };

  worker.on("message", (message: WorkerMessage) => {
    if (message.kind === "wake") for (const signal of signals) signal.drain();
    else if (message.kind === "segments") preparing = prepare(data, message.segmentBytes, log);
    else if (message.kind === "alarm") log.warn({ shard }, message.words);
    else if (message.kind === "ready") {
      if (message.report.cut !== null) log.warn({ shard }, message.report.cut);
      for (const signal of signals) signal.becomeReady();
      ready.resolve(message.report);
    } else if (message.clean) end(null, message.reason);
    else end(new ShellError(message.code as ShellErrorCode, message.reason), message.reason);
  });
  worker.on("error", (error) => end(new ShellError("BROKEN_STATE", String(error)), String(error)));
  return { ready: ready.promise, ended: ended.promise };
}

function prepare(data: ShardWorkerData, segmentBytes: number, log: ShellLog): Worker {
  const workerData: PrepareWorkerData = {
    words: data.prepareWords,
    directory: data.directory,
    segmentBytes,
  };
  const worker = new Worker(new URL("./journal/prepare-worker.ts", import.meta.url), {
    workerData,
  });
  worker.on("message", ({ reason }: { reason: string }) => {
    log.error({ shard: data.shard }, `the next journal segment cannot be made: ${reason}`);
  });
  worker.on("error", (error) => log.error({ shard: data.shard }, String(error)));
  return worker;
}
