/**
 * Starts one shard of this machine: the first file to read. Makes the shared memory, starts the
 * shard's thread (`worker.ts`) and the one that prepares its segments, and hands out the ends of the
 * rings, on which `engine/client` opens the client that everybody else uses.
 */
import { Worker } from "node:worker_threads";
import { COMMAND_BYTES } from "../core/command.ts";
import { COMMAND_RING_SLOTS, SHARD_OPTIONS_DEFAULT, type ShardOptions } from "../core/limits.ts";
import { makeRing, openProducer } from "../ring/ring.ts";
import type { ShardEnds, ShardSignals } from "../ring/ends.ts";
import { makeStatusMemory, openStatus, ShardState } from "../ring/status.ts";
import { asShellError, ShellError, type ShellErrorCode } from "./errors.ts";
import type { BehindMemory } from "./journal/behind.ts";
import type { BehindWorkerData } from "./journal/behind-worker.ts";
import { nodeFiles } from "./journal/file-ops.ts";
import { type Owner, ownDirectory } from "./journal/lock.ts";
import type { PrepareWorkerData } from "./journal/prepare-worker.ts";
import { makePrepareWords, stopPreparing } from "./journal/preparer.ts";
import { isSegmentSize, SEGMENT_BYTES_DEFAULT } from "./journal/segments.ts";
import { makeEventRing } from "./publisher.ts";
import type { SnapshotsAtStart } from "./snapshot/begin.ts";
import { startThread } from "./thread.ts";
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
  /**
   * The journal this shard is known to have, when somebody remembers it: an empty directory or
   * another journal then refuses to start (JOURNAL_FOREIGN).
   */
  readonly journalId?: string | undefined;
  /** Where its snapshots are; without it a start knows of none. */
  readonly snapshots?: SnapshotsAtStart;
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
  const { segmentBytes = SEGMENT_BYTES_DEFAULT } = config;
  // Refused here, by a throw: a journal made with it would be refused by every later start.
  if (!isSegmentSize(segmentBytes)) throw new RangeError(`no segment has ${segmentBytes} bytes`);
  const commandRing = makeRing(COMMAND_RING_SLOTS, COMMAND_BYTES);
  const eventRing = makeEventRing();
  const status = makeStatusMemory();
  const data: ShardWorkerData = {
    shard: config.shard,
    directory: config.directory,
    segmentBytes,
    journalId: config.journalId ?? null,
    options: { ...SHARD_OPTIONS_DEFAULT, ...config.options },
    snapshots: config.snapshots ?? null,
    commandRing,
    eventRing,
    status,
    prepareWords: makePrepareWords(),
  };
  const signals: ShardSignals[] = [];
  const ending = run(config, signals, data);
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

/** Owns the directory and starts the shard's thread on it; sees to the end of both. */
function run(
  config: ShardConfig,
  signals: readonly ShardSignals[],
  data: ShardWorkerData,
): Pick<ShardHandle, "ready" | "ended"> {
  const { shard, log } = config;
  const ready = Promise.withResolvers<RecoveryReport>();
  const ended = Promise.withResolvers<ShellError | null>();
  ready.promise.catch(() => {}); // a start that failed is also told by `ended`
  const threads: Worker[] = [];
  let owner: Owner | null = null;
  let isOver = false;

  async function end(broke: ShellError | null, reason: string): Promise<void> {
    if (isOver) return;
    isOver = true;
    openStatus(data.status).setState(ShardState.STOPPED);
    for (const signal of signals) signal.stopped(reason, broke === null);
    if (broke !== null) log.error({ shard, code: broke.code }, broke.message);
    ready.reject(broke ?? new ShellError("STOPPED", "asked to stop before it was ready"));
    stopPreparing(data.prepareWords);
    await Promise.all(threads.map((thread) => thread.terminate()));
    owner?.release(); // last: another owner must not meet a thread of ours in this directory
    ended.resolve(broke);
  }

  function hear(message: WorkerMessage): void {
    if (message.kind === "wake") for (const signal of signals) signal.drain();
    else if (message.kind === "segments") {
      threads.push(prepare(data, message.segmentBytes, log), writeBehind(message.memory));
    } else if (message.kind === "alarm") log.warn({ shard }, message.words);
    else if (message.kind === "ready") {
      if (message.report.cut !== null) log.warn({ shard }, message.report.cut);
      for (const signal of signals) signal.becomeReady();
      ready.resolve(message.report);
    } else {
      const { clean, code, reason } = message;
      void end(clean ? null : new ShellError(code as ShellErrorCode, reason), reason);
    }
  }

  /** What it fails at it says to the shard's thread, which then stops. It never ends by itself. */
  function writeBehind(memory: BehindMemory): Worker {
    const workerData: BehindWorkerData = { memory, directory: data.directory };
    const worker = new Worker(new URL("./journal/behind-worker.ts", import.meta.url), {
      workerData,
    });
    worker.on("error", (error) => void end(asShellError(error), String(error)));
    worker.on("exit", () => {
      const error = new ShellError("BROKEN_STATE", "the journal's thread ended without a word");
      void end(error, error.message);
    });
    return worker;
  }

  try {
    owner = own(config.directory);
    const worker = startThread(new URL("./worker.ts", import.meta.url), data);
    threads.push(worker);
    worker.on("message", hear);
    worker.on("error", (error) => void end(asShellError(error), String(error)));
    worker.on("exit", () => {
      const error = new ShellError("BROKEN_STATE", "the shard's thread ended without a word");
      // What it said last is delivered before this; then it is already over.
      void end(error, error.message);
    });
  } catch (error) {
    const shellError = asShellError(error);
    // Not before the caller has attached to what it is about to get.
    setImmediate(() => void end(shellError, shellError.message));
  }
  return { ready: ready.promise, ended: ended.promise };
}

function own(directory: string): Owner {
  try {
    nodeFiles.makeDirectory(directory);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ShellError(
      "DIRECTORY_UNUSABLE",
      `${directory} cannot be used: ${reason}. Check it, or name another directory with --data.`,
    );
  }
  return ownDirectory(directory);
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
