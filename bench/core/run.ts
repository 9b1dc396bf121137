/**
 * Runs the engines through the workloads: every measurement in a fresh process, rounds alternating
 * between the engines, medians and ranges of all rounds, checksums compared.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { COMPILER_FLAGS } from "../../engine/core/index.ts";
import type { Result, Task } from "./child.ts";
import { type EngineName, ENGINES, sizesOf } from "./engines.ts";
import { makeStream, type Stream } from "./stream.ts";
import { stripEngines } from "./strip.ts";
import type { Workload } from "./workloads.ts";

export interface Case {
  readonly workload: string;
  readonly engine: EngineName;
  readonly ops_per_s: number;
  readonly p50_ns: number;
  readonly p99_ns: number;
  readonly p999_ns: number;
  readonly bytes_per_order: number | null;
  readonly checksum: string;
}

export interface Measured {
  readonly case: Case;
  /** Slowest and fastest round, in commands a second. */
  readonly range: readonly [number, number];
  readonly max_ns: number;
  readonly collections: number;
}

export interface Plan {
  readonly workloads: readonly Workload[];
  readonly engines: readonly EngineName[];
  readonly rounds: number;
  readonly seed: number;
  /** Told of every step, for people who wait. */
  readonly progress: (line: string) => void;
}

/** Workloads whose memory is measured, and by whom. */
const MEMORY = new Set(["sneaker", "growth-1m", "growth-10m"]);

function runChild(child: string, task: Task): Result {
  // What the compiler itself takes is least without them, and no order's.
  const compiler = task.measures === "memory" ? [] : COMPILER_FLAGS;
  const flags = ["--expose-gc", "--disable-warning=ExperimentalWarning", ...compiler];
  const output = execFileSync(process.execPath, [...flags, child, JSON.stringify(task)], {
    encoding: "utf8",
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(output) as Result;
}

/** The middle of three: what the compiler's threads have kept differs from run to run by 20 MB. */
function bytesPerOrder(child: string, task: Task): number {
  const once = () => runChild(child, { ...task, measures: "memory" }).bytesPerOrder;
  return middle([once(), once(), once()]);
}

function takesPart(engine: EngineName, workload: Workload): boolean {
  if (!workload.name.startsWith("growth")) return true;
  return engine === "shard" || engine === "book";
}

function taskFor(engine: EngineName, workload: Workload, stream: Stream, file: string): Task {
  const { load, mix, end, places } = stream;
  const prefix = workload.rivalCommands === 0 ? end : mix + workload.rivalCommands;
  const isSlow =
    engine === "nodejs-order-book" || (engine === "plain" && workload.rivalCommands > 0);
  const upTo = isSlow ? prefix : end;
  const sizes = sizesOf(workload, places);
  return { file, engine, sizes, load, mix, prefix, end: upTo, measures: "speed" };
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

function sameOrThrow(what: string, texts: ReadonlyMap<string, string>): void {
  if (new Set(texts.values()).size <= 1) return;
  const all = [...texts].map(([engine, text]) => `${engine} ${text}`).join(", ");
  throw new Error(`${what}: the engines made other trades: ${all}`);
}

function measure(
  plan: Plan,
  workload: Workload,
  stream: Stream,
  file: string,
  child: string,
): Measured[] {
  const engines = plan.engines.filter((engine) => takesPart(engine, workload));
  const results = new Map<EngineName, Result[]>(engines.map((engine) => [engine, []]));
  for (let round = 0; round < plan.rounds; round++) {
    for (const engine of engines) {
      const result = runChild(child, taskFor(engine, workload, stream, file));
      results.get(engine)!.push(result);
      plan.progress(`${workload.name} ${engine} ${(result.opsPerS / 1e6).toFixed(2)} M/s`);
    }
  }
  const prefixes = new Map<string, string>();
  const wholes = new Map<string, string>();
  for (const [engine, rounds] of results) {
    for (const [round, result] of rounds.entries()) {
      prefixes.set(`${engine}, round ${round + 1}`, result.prefixChecksum);
      const isWhole = taskFor(engine, workload, stream, file).end === stream.end;
      if (isWhole) wholes.set(`${engine}, round ${round + 1}`, result.checksum);
    }
  }
  sameOrThrow(`${workload.name}, prefix`, prefixes);
  sameOrThrow(workload.name, wholes);
  return engines.map((engine) => {
    const rounds = results.get(engine)!;
    const task = taskFor(engine, workload, stream, file);
    const { p50, p99, p999, max, collections } = runChild(child, { ...task, measures: "latency" })
      .latencyNs!;
    const speeds = rounds.map((round) => round.opsPerS);
    const isMeasured = engine === "shard" && MEMORY.has(workload.name);
    return {
      case: {
        workload: workload.name,
        engine,
        ops_per_s: middle(speeds),
        p50_ns: p50,
        p99_ns: p99,
        p999_ns: p999,
        bytes_per_order: isMeasured ? bytesPerOrder(child, task) : null,
        checksum: rounds[0]!.prefixChecksum,
      },
      range: [Math.min(...speeds), Math.max(...speeds)],
      max_ns: max,
      collections,
    };
  });
}

/** Throws when two engines do not agree on the trades. */
export function runCore(plan: Plan): Measured[] {
  const directory = mkdtempSync(path.join(tmpdir(), "solebook-bench-"));
  const measured: Measured[] = [];
  const stripped = stripEngines();
  try {
    for (const workload of plan.workloads) {
      plan.progress(`${workload.name}: making ${workload.resting + workload.commands} commands`);
      const file = path.join(directory, `${workload.name}.bin`);
      const stream = makeStream(workload, plan.seed);
      writeFileSync(file, stream.bytes);
      const { load, mix, end, places } = stream;
      // The bytes themselves are the file's now.
      const kept = { load, mix, end, places } as Stream;
      measured.push(...measure(plan, workload, kept, file, stripped.script("child")));
      rmSync(file);
    }
  } finally {
    stripped.remove();
    rmSync(directory, { recursive: true, force: true });
  }
  return measured;
}

export const ALL_ENGINES = ENGINES;
