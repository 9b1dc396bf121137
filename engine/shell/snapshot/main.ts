/**
 * Has snapshots taken of a shard that this process runs or follows: after so many commands, on request, and at a clean
 * stop. Each is taken by a process that exists for it alone: what it takes of processor and memory is
 * its own, and should it run out of memory, the exchange does not end with it.
 */
import { SHARD_OPTIONS_DEFAULT, type ShardOptions } from "../../core/limits.ts";
import { openStatus, ShardState, type StatusMemory } from "../../ring/status.ts";
import { type Checkpoint, CHECKPOINT_COMMANDS } from "../checkpoint.ts";
import { asShellError, ShellError, ShellErrorCode } from "../errors.ts";
import { nodeFiles } from "../journal/file-ops.ts";
import type { ShellLog } from "../main.ts";
import { openSnapshotDirectory } from "./directory.ts";
import { hashText } from "./format.ts";
import { type Keep, KEEP_DEFAULT } from "./keep.ts";
import type { JournalAt } from "./source.ts";
import { launch, type Launcher, openLauncher, type StartedTaker } from "./launcher.ts";
import { Haste, keptWaitingMs } from "./spawn.ts";
import type { Taken } from "./take.ts";
import type { TakerOrder } from "./taker-process.ts";

/** The shard that snapshots are taken of. */
export interface SnapshotSubject {
  /** The newest command that is applied. */
  sequence(): number;
  state(): ShardState;
  /** Its journal, and how far that is durable now. */
  journal(): JournalAt;
}

/** A shard of this process with its journal in files. */
export function shardOnFiles(
  memory: StatusMemory,
  directory: string,
  retain: number | null = null,
): SnapshotSubject {
  const status = openStatus(memory);
  return {
    sequence: () => status.read().sequence,
    state: status.state,
    journal: () => ({ kind: "files", directory, durable: status.read().journalBytes, retain }),
  };
}

export interface SnapshotsConfig {
  readonly shard: number;
  readonly subject: SnapshotSubject;
  /** Where its snapshots go. */
  readonly snapshotDirectory: string;
  readonly log: ShellLog;
  /** A snapshot is due after so many commands. */
  readonly everyCommands: number;
  /** Where copies go, asked each time: a database may come up later. */
  databaseUrl?(): string | null;
  readonly options?: Partial<ShardOptions>;
  readonly keep?: Keep;
  /** While the shard runs; what is left over when not said. */
  readonly haste?: Haste;
  /** How long one may be kept waiting for what is left over, before it is begun again with more. */
  readonly patienceMs?: number;
  /** What the state hashed to, to be journaled; called on this thread, while the shard is live. */
  onCheckpoint?(checkpoint: Checkpoint): void;
}

export interface Snapshots {
  /** One now; null when nothing happened since the last one. Rejects with what went wrong. */
  take(): Promise<Taken | null>;
  /** The shard has stopped: one last snapshot, if anything happened. Never rejects. */
  finish(): Promise<void>;
  /** Gives up what is under way. */
  stop(): Promise<void>;
  /** Of the process that takes one now; null: none does. For who measures. */
  pid(): number | null;
}

const LOOK_MS = 1_000;
const AFTER_FAILURE_MS = 60_000;
/** After so long without a processor at a stretch, or so long in all, what runs on what is left over is given up. */
const PATIENCE_MS_DEFAULT = 10_000;
const LEFT_OVER_MS_MAX = 300_000;
/** What a start and a stop without anybody trading journal, and the last snapshot's checkpoint. */
const COMMANDS_OF_NOBODY = CHECKPOINT_COMMANDS + 2;

export function startSnapshots(config: SnapshotsConfig): Snapshots {
  const { shard, log, everyCommands, subject } = config;
  const { haste = Haste.LEFT_OVER, patienceMs = PATIENCE_MS_DEFAULT } = config;
  let last = -1;
  let notBeforeMs = 0;
  let running: Promise<Taken | null> | null = null;
  let taker: StartedTaker | null = null;
  let launcher: Launcher | null = haste === Haste.FULL ? null : openLauncher();
  let isStopped = false;
  let isGivenUp = false;

  async function look(): Promise<void> {
    if (running !== null || isStopped || subject.state() !== ShardState.LIVE) return;
    if (last < 0) last = await newestSequence(config);
    const isDue = subject.sequence() - last >= everyCommands;
    if (isDue && performance.now() >= notBeforeMs) await take(everyCommands).catch(() => {});
  }

  function take(newCommandsMin: number): Promise<Taken | null> {
    running ??= run(newCommandsMin).finally(() => (running = null));
    return running;
  }

  async function run(newCommandsMin: number): Promise<Taken | null> {
    try {
      const taken = await inTime(newCommandsMin);
      if (taken === null) return null;
      last = taken.checkpoint.sequence;
      told(taken);
      if (subject.state() === ShardState.LIVE) config.onCheckpoint?.(taken.checkpoint);
      return taken;
    } catch (error) {
      notBeforeMs = performance.now() + AFTER_FAILURE_MS;
      const { code, message } = asShellError(error);
      if (!isStopped && !isGivenUp) log.error({ shard, code }, `no snapshot was taken: ${message}`);
      throw error;
    }
  }

  function told({ snapshot, seconds, copies, archived, checkpoint: { sequence } }: Taken): void {
    const hash = snapshot.head === null ? "" : hashText(snapshot.head);
    const fields = { shard, sequence, hash, bytes: snapshot.bytes, seconds, copies, archived };
    log.info(fields, "snapshot taken and verified");
  }

  async function inTime(newCommandsMin: number): Promise<Taken | null> {
    if (subject.state() === ShardState.STOPPED) return inProcess(newCommandsMin, Haste.FULL);
    if (haste !== Haste.LEFT_OVER) return inProcess(newCommandsMin, haste);
    try {
      return await inProcess(newCommandsMin, Haste.LEFT_OVER);
    } catch (error) {
      if (!(error instanceof KeptWaiting) || isStopped || isGivenUp) throw error;
      return inProcess(newCommandsMin, Haste.LOWER);
    }
  }

  async function inProcess(newCommandsMin: number, at: Haste): Promise<Taken | null> {
    const { promise, resolve, reject } = Promise.withResolvers<Taken | null>();
    const { promise: gone, resolve: setGone } = Promise.withResolvers<void>();
    if (at !== Haste.FULL) launcher ??= openLauncher();
    const start = at === Haste.FULL ? launch : launcher!.start;
    const started = start(at, order(newCommandsMin, at), {
      onMessage: (message) => {
        if (message.kind === "warn") log.warn({ shard }, message.words);
        else if (message.kind === "taken") resolve(message.taken);
        else reject(new ShellError(message.code as ShellErrorCode, message.reason));
      },
      onGone: (words) => {
        reject(new ShellError(ShellErrorCode.STOPPED, words));
        setGone();
      },
    });
    taker = started;
    const beganMs = performance.now();
    const watch = { lookedMs: beganMs, waitedMs: 0, starvedMs: 0 };
    const watching = setInterval(() => {
      const nowMs = performance.now();
      const waitedMs = keptWaitingMs(started.pid());
      const newMs = waitedMs - watch.waitedMs;
      // It waits a little whenever it has rested, which is no lack of a processor.
      const isWaiting = newMs >= (nowMs - watch.lookedMs) / 2;
      const starvedMs = isWaiting ? watch.starvedMs + newMs : 0;
      Object.assign(watch, { lookedMs: nowMs, waitedMs, starvedMs });
      const isLong = nowMs - beganMs >= LEFT_OVER_MS_MAX;
      const isStarved = starvedMs >= patienceMs;
      if (at !== Haste.LEFT_OVER || !(isLong || isStarved)) return;
      clearInterval(watching);
      const words = "a snapshot is begun again with a higher priority: nothing was left for it";
      log.info({ shard }, words);
      reject(new KeptWaiting());
    }, LOOK_MS).unref();
    try {
      return await promise;
    } finally {
      clearInterval(watching);
      started.kill();
      await gone; // the directory is its own until then
    }
  }

  function order(newCommandsMin: number, at: Haste): TakerOrder {
    return {
      settings: {
        shard,
        snapshotDirectory: config.snapshotDirectory,
        databaseUrl: config.databaseUrl?.() ?? null,
        options: { ...SHARD_OPTIONS_DEFAULT, ...config.options },
        keep: config.keep ?? KEEP_DEFAULT,
      },
      journal: subject.journal(),
      newCommandsMin,
      isBeside: at !== Haste.FULL,
    };
  }

  async function closeLauncher(): Promise<void> {
    const open = launcher;
    launcher = null;
    await open?.close();
  }

  const looking = setInterval(() => void look(), LOOK_MS);
  looking.unref();

  return {
    pid: () => (running === null ? null : (taker?.pid() ?? null)),
    take: () => take(1),
    finish: async () => {
      clearInterval(looking);
      isGivenUp = true; // it had all the time there was; the last one has not
      taker?.kill();
      await running?.catch(() => {});
      isGivenUp = false;
      if (last < 0) last = await newestSequence(config);
      const isWorthIt = subject.sequence() - last >= COMMANDS_OF_NOBODY;
      if (isWorthIt) await take(COMMANDS_OF_NOBODY).catch(() => {}); // it is in the log
      await closeLauncher();
    },
    stop: async () => {
      isStopped = true;
      clearInterval(looking);
      taker?.kill();
      await running?.catch(() => {});
      await closeLauncher();
    },
  };
}

class KeptWaiting extends Error {}

/** By their names alone; 0 when there is none, or they cannot be read, which the taker will tell. */
async function newestSequence({ snapshotDirectory, shard }: SnapshotsConfig): Promise<number> {
  try {
    const [newest] = await openSnapshotDirectory(nodeFiles, snapshotDirectory).list(shard);
    return newest?.sequence ?? 0;
  } catch {
    return 0;
  }
}
