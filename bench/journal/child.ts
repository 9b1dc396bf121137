/**
 * One measurement of the journal on files, in a process of its own. Reads its task from the arguments
 * and prints its result as one line of JSON.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { openRingClient } from "../../engine/client/index.ts";
import * as core from "../../engine/core/index.ts";
import { openStatus } from "../../engine/ring/status.ts";
import { type ShardConfig, type ShardHandle, startShard } from "../../engine/shell/main.ts";
import { KEEP_DEFAULT } from "../../engine/shell/snapshot/keep.ts";
import { takeBeside } from "../../engine/shell/snapshot/taker.ts";
import { startThread } from "../../engine/shell/thread.ts";
import type { EngineSizes } from "../core/engine-api.ts";
import type { AloneData } from "./alone.ts";
import { type BesideFigures, measureBeside } from "./beside.ts";
import { type Feed, openFeed } from "./feed.ts";
import { readCommands, tablesOf } from "./stream-file.ts";
import { openDisk } from "./sync.ts";

export interface Task {
  readonly kind: keyof typeof KINDS;
  /** Empty, and removed by whoever asked. */
  readonly directory: string;
  readonly file: string;
  readonly sizes: EngineSizes;
  readonly timedFrom: number;
  readonly end: number;
  /** Commands in flight; of syncs, acks and snapshots, how many. */
  readonly count: number;
  /** Of a sync. */
  readonly bytes: number;
}

export interface Result {
  /** Of what the kind counts, in a second: commands, syncs. */
  readonly perS: number;
  readonly checksum?: string;
  /** Of one append, in the mean. */
  readonly batchCommands?: number;
  readonly batchBytes?: number;
  /** Of one alone: from the first command, before anything was compiled, the pause with it. */
  readonly wholePerS?: number;
  /** Of a replay of all that was fed. */
  readonly recoveredPerS?: number;
  /** Medians. */
  readonly ackMs?: number;
  readonly syncMs?: number;
  readonly seconds?: number;
  readonly beside?: BesideFigures;
}

/** Between warm-up and measurement: what was asked of the compiler is done then, as in one that runs. */
const COMPILED_MS = 500;

const quiet = { info: () => {}, warn: console.error, error: console.error };

async function start(task: Task, more: Partial<ShardConfig> = {}): Promise<ShardHandle> {
  const directory = join(task.directory, "journal");
  const shard = startShard({ shard: 0, directory, log: quiet, ...more });
  void shard.ready.catch(() => {});
  return shard;
}

/** All of the stream through ring, journal and core. */
async function flow(task: Task): Promise<Result> {
  const { timedFrom, end, count } = task;
  const commands = readCommands(task.file, end);
  const shard = await start(task, { options: tablesOf(task.sizes) });
  const feed = openFeed(shard, commands);
  await shard.ready;
  const status = openStatus(shard.status);
  const inFlight = count === 0 ? Infinity : count;
  feed.run(0, timedFrom, inFlight);
  await sleep(COMPILED_MS);
  const before = status.read();
  const beganMs = performance.now();
  feed.run(timedFrom, end, inFlight);
  const ms = performance.now() - beganMs;
  const after = status.read();
  await shard.stop();
  const batches = after.journalBatches - before.journalBatches;
  return {
    perS: ((end - timedFrom) * 1_000) / ms,
    checksum: feed.trades.text(),
    batchCommands: (end - timedFrom) / batches,
    batchBytes: (after.journalBytes - before.journalBytes) / batches,
    ...(count === 0 ? { recoveredPerS: await recover(task, commands, feed) } : {}),
  };
}

/** The same journal, started again. */
async function recover(task: Task, commands: core.Commands, fed: Feed): Promise<number> {
  const shard = await start(task, { options: tablesOf(task.sizes) });
  const feed = openFeed(shard, commands);
  const state = { isReady: false };
  const ready = shard.ready.finally(() => (state.isReady = true));
  while (!state.isReady) {
    while (feed.hear() > 0);
    await sleep(1); // what compiles the replay needs this processor
  }
  while (feed.hear() > 0);
  const report = await ready;
  await shard.stop();
  if (feed.trades.text() !== fed.trades.text()) throw new Error("a replay made other trades");
  return report.commands / report.seconds;
}

const alone = (task: Task): Promise<Result> => runAlone(task, COMPILED_MS);
const cold = (task: Task): Promise<Result> => runAlone(task, 0);

async function runAlone({ file, sizes, timedFrom, end }: Task, pauseMs: number): Promise<Result> {
  const data: AloneData = { file, sizes, timedFrom, end, pauseMs };
  const thread = startThread(new URL("./alone.ts", import.meta.url), data);
  return new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  });
}

async function sync({ directory, count, bytes }: Task): Promise<Result> {
  const disk = openDisk(directory);
  for (let n = 0; n < count / 5; n++) disk.sync(bytes);
  let ms = 0;
  for (let n = 0; n < count; n++) ms += disk.sync(bytes);
  disk.close();
  return { perS: (count * 1_000) / ms };
}

/** One command at a time, each answered before the next; between two, a bare sync of the same bytes. */
async function ack(task: Task): Promise<Result> {
  const { timedFrom, end, count } = task;
  const commands = readCommands(task.file, end);
  const shard = await start(task);
  const client = openRingClient(shard);
  let left = 0;
  let answered = (): void => {};
  client.listen({
    onEvent: ({ u8 }, index) => {
      const flags = u8[index * core.EVENT_BYTES + core.EventU8.flags]!;
      if ((flags & core.EventFlag.LAST) !== 0) left--;
    },
    onBatchEnd: () => {
      if (left === 0) answered();
    },
    onReady: () => {},
    onStopped: () => {},
  });
  await shard.ready;

  function submit(from: number, to: number): Promise<void> {
    const heard = new Promise<void>((resolve) => (answered = resolve));
    left = to - from;
    for (let n = from; n < to; n++) {
      const index = client.reserve();
      const bytes = core.COMMAND_BYTES;
      client.commands.u8.set(commands.u8.subarray(n * bytes, (n + 1) * bytes), index * bytes);
      client.commands.f64[index * core.COMMAND_F64 + core.CommandF64.deadlineUs] = 0;
      client.commit();
    }
    client.flush();
    return heard;
  }

  await submit(0, timedFrom);
  const disk = openDisk(task.directory);
  const acks: number[] = [];
  const syncs: number[] = [];
  for (let n = timedFrom; n < Math.min(timedFrom + count, end); n++) {
    const beganMs = performance.now();
    await submit(n, n + 1);
    acks.push(performance.now() - beganMs);
    syncs.push(disk.sync(task.bytes));
    await turn();
  }
  disk.close();
  await shard.stop();
  const [ackMs, syncMs] = [middle(acks), middle(syncs)];
  return { perS: 1_000 / ackMs, ackMs, syncMs };
}

/** A start from a snapshot of all that rests, from the call until it takes orders. */
async function snapshot(task: Task): Promise<Result> {
  const { end, sizes } = task;
  const shard = await start(task);
  const feed = openFeed(shard, readCommands(task.file, end));
  await shard.ready;
  feed.run(0, end, Infinity);
  await shard.stop();
  const directory = join(task.directory, "snapshots");
  mkdirSync(directory);
  const settings = {
    shard: 0,
    snapshotDirectory: directory,
    databaseUrl: null,
    options: {},
    keep: KEEP_DEFAULT,
  };
  const journal = join(task.directory, "journal");
  if ((await takeBeside(settings, journal, console.error)) === null)
    throw new Error("no snapshot was taken");
  const beganMs = performance.now();
  const again = await start(task, {
    snapshots: { directory, databaseUrl: null, begin: "snapshot" },
  });
  const { commands } = await again.ready;
  const seconds = (performance.now() - beganMs) / 1_000;
  const { ordersOpen } = openStatus(again.status).read();
  await again.stop();
  if (commands > 0 || ordersOpen < 0.9 * sizes.resting) {
    throw new Error(`${ordersOpen} orders rest after ${commands} commands were replayed`);
  }
  return { perS: ordersOpen / seconds, seconds };
}

/** Orders beside a snapshot that is taken. */
async function beside(task: Task): Promise<Result> {
  const shard = await start(task);
  const commands = readCommands(task.file, task.end);
  const { directory, timedFrom, end, count } = task;
  const figures = { directory, commands, timedFrom, end, rounds: count };
  const measured = await measureBeside(shard, figures);
  await shard.stop();
  return { perS: 1 / measured.seconds, beside: measured };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const KINDS = { flow, alone, cold, sync, ack, snapshot, beside };

const task = JSON.parse(process.argv[2] ?? "{}") as Task;
console.log(JSON.stringify(await KINDS[task.kind](task)));
