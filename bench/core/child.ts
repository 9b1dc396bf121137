/**
 * One engine through one stream, in a process of its own: the compiler knows an engine best that was
 * made once. Reads its task from the arguments, prints its result as one line of JSON.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "../../engine/core/index.ts";
import type { Engine, EngineSizes } from "./engine-api.ts";
import { type EngineName, makeEngine } from "./engines.ts";
import { makeTrades } from "./trades.ts";

export interface Task {
  readonly file: string;
  readonly engine: EngineName;
  readonly sizes: EngineSizes;
  /** Indexes of the stream: end of the set-up, of the load, of the prefix, and of what is run. */
  readonly load: number;
  readonly mix: number;
  readonly prefix: number;
  readonly end: number;
  readonly measures: "speed" | "latency" | "memory";
}

export interface Result {
  readonly opsPerS: number;
  readonly prefixChecksum: string;
  readonly checksum: string;
  readonly trades: number;
  readonly bytesPerOrder: number;
  readonly latencyNs?: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
    readonly clock: number;
    readonly collections: number;
  };
}

/**
 * Loaded by who needs it alone: it changes a prototype of a Uint8Array, after which V8 asks at each access to
 * one whether it is still what it was.
 */
type Histograms = typeof import("hdr-histogram-js");

const CHUNK = 64 * 2 ** 20;
const WARM_UP = 0.4; // of the mix
/** In so many steps, after each of which the compiler's thread comes to an end with what it was asked for. */
const WARM_STEPS = 4;
const REST_MS_MAX = 500;
const RESTED_COMMANDS_PER_MS = 2_000;
/** Commands an engine is handed at once: as by a shard's thread it is called often, and not caught in one long loop. */
const AT_ONCE = 1_024;

type Run = (from: number, to: number) => void;

function byChunks(engine: Engine, commands: core.Commands): Run {
  return (from, to) => {
    for (let at = from; at < to; at += AT_ONCE) {
      engine.run(commands, at, Math.min(at + AT_ONCE, to));
    }
  };
}

async function warmUp(run: Run, from: number, to: number): Promise<void> {
  const restMs = Math.min(REST_MS_MAX, (to - from) / RESTED_COMMANDS_PER_MS);
  const at = (step: number): number => from + Math.floor(((to - from) * step) / WARM_STEPS);
  for (let step = 0; step < WARM_STEPS; step++) {
    run(at(step), at(step + 1));
    await sleep(restMs);
  }
}

function readAll(file: string, bytes: number): ArrayBuffer {
  const all = new Uint8Array(bytes);
  const fd = openSync(file, "r");
  for (let at = 0; at < bytes; ) {
    const read = readSync(fd, all, at, Math.min(CHUNK, bytes - at), at);
    if (read === 0) throw new Error(`${file} is too short`);
    at += read;
  }
  closeSync(fd);
  return all.buffer;
}

/** What reading the clock twice costs, in nanoseconds: the middle of many. */
function clockNs(): number {
  const costs = Array.from({ length: 10_001 }, () => {
    const before = performance.now();
    return (performance.now() - before) * 1e6;
  });
  return costs.toSorted((a, b) => a - b)[5_000]!;
}

function measureLatency(
  build: Histograms["build"],
  run: Run,
  from: number,
  to: number,
): NonNullable<Result["latencyNs"]> {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  const clock = clockNs();
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  observer.observe({ entryTypes: ["gc"] });
  for (let n = from; n < to; n++) {
    const before = performance.now();
    run(n, n + 1);
    const ns = (performance.now() - before) * 1e6 - clock;
    histogram.recordValue(ns < 1 ? 1 : Math.round(ns));
  }
  collections += observer.takeRecords().length;
  observer.disconnect();
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile);
  return {
    p50: at(50),
    p99: at(99),
    p999: at(99.9),
    max: histogram.maxValue,
    clock: Math.round(clock),
    collections,
  };
}

async function main(task: Task): Promise<Result> {
  const commands = core.makeCommands(task.end, readAll(task.file, task.end * core.COMMAND_BYTES));
  const trades = makeTrades();
  const engine = await makeEngine(task.engine, task.sizes, trades);
  const run = byChunks(engine, commands);
  run(0, task.mix);
  const timedFrom = Math.floor(task.mix + (task.end - task.mix) * WARM_UP);
  const isEarly = task.prefix <= timedFrom; // else it is all there is, or as good as
  if (isEarly) run(task.mix, task.prefix);
  let prefixChecksum = trades.text();
  await warmUp(run, isEarly ? task.prefix : task.mix, timedFrom);
  let ms = 0;
  const timed: Run = (from, to) => {
    const started = performance.now();
    run(from, to);
    ms += performance.now() - started;
  };
  if (!isEarly) {
    timed(timedFrom, task.prefix);
    prefixChecksum = trades.text();
  }
  timed(isEarly ? timedFrom : task.prefix, task.end);
  const opsPerS = Math.round(((task.end - timedFrom) * 1_000) / ms);
  const done = { opsPerS, prefixChecksum, checksum: trades.text(), trades: trades.count() };
  return { ...done, bytesPerOrder: 0 };
}

const WARM_ORDERS = 20_000;

/** The resident set, once what is no longer needed has been given back by threads that do so later. */
function settledRss(): number {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let n = 0; n < 3; n++) {
    globalThis.gc?.();
    Atomics.wait(pause, 0, 0, 100);
  }
  return process.memoryUsage.rss();
}

/** What the load adds to the resident set, once the compiler has what it needs of its own. */
async function memory(task: Task): Promise<Result> {
  const commands = core.makeCommands(task.end, readAll(task.file, task.end * core.COMMAND_BYTES));
  const trades = makeTrades();
  const few = { ...task.sizes, ordersMax: WARM_ORDERS, idsMax: 2 * WARM_ORDERS };
  const end = Math.min(task.load + WARM_ORDERS, task.mix);
  (await makeEngine(task.engine, few, trades)).run(commands, 0, end);
  const before = settledRss();
  const engine = await makeEngine(task.engine, task.sizes, trades);
  engine.run(commands, 0, task.mix);
  const bytes = (settledRss() - before) / task.sizes.resting;
  engine.run(commands, task.mix, task.mix); // it is alive until here
  const nothing = { opsPerS: 0, prefixChecksum: "", checksum: "", trades: 0 };
  return { ...nothing, bytesPerOrder: Math.round(bytes * 10) / 10 };
}

async function latency(task: Task): Promise<Result> {
  const { build } = await import("hdr-histogram-js");
  const commands = core.makeCommands(task.end, readAll(task.file, task.end * core.COMMAND_BYTES));
  const trades = makeTrades();
  const engine = await makeEngine(task.engine, task.sizes, trades);
  const run = byChunks(engine, commands);
  const measured = Math.floor(task.mix + (task.end - task.mix) * 0.75);
  const warm = Math.max(task.mix, measured - 20_000);
  run(0, task.mix);
  await warmUp(run, task.mix, warm);
  measureLatency(build, run, warm, measured);
  globalThis.gc?.();
  const latencyNs = measureLatency(build, run, measured, task.end);
  const nothing = { opsPerS: 0, prefixChecksum: "", bytesPerOrder: 0 };
  return { ...nothing, checksum: trades.text(), trades: trades.count(), latencyNs };
}

const task = JSON.parse(process.argv[2] ?? "{}") as Task;
const measure = { speed: main, latency, memory }[task.measures];
console.log(JSON.stringify(await measure(task)));
