/**
 * The journal's figures, each a ratio to what was measured beside it in the same run: every measurement
 * in a process of its own, in turns, medians of all rounds.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { frameBytes } from "../../engine/shell/journal/frame.ts";
import { sizesOf } from "../core/engines.ts";
import { makeStream } from "../core/stream.ts";
import { WORKLOADS, type Workload } from "../core/workloads.ts";
import type { BesideFigures } from "./beside.ts";
import type { Result, Task } from "./child.ts";
import { benchKafka, KAFKA_BENCH, KAFKA_BENCH_TINY, type KafkaBenchSize } from "./kafka.ts";

export const PARTS = ["file", "kafka", "recovery", "snapshot"] as const;
export type Part = (typeof PARTS)[number];

export interface JournalBenchSize {
  readonly commands: number;
  readonly acks: number;
  readonly syncs: number;
  /** Orders that rest in the snapshot. */
  readonly resting: number;
  /** Orders there are to send beside one. */
  readonly beside: number;
  readonly kafka: KafkaBenchSize;
}

export const JOURNAL_BENCH: JournalBenchSize = {
  commands: 4_000_000,
  acks: 2_000,
  syncs: 500,
  resting: 1_000_000,
  beside: 1_000_000,
  kafka: KAFKA_BENCH,
};
export const JOURNAL_BENCH_TINY: JournalBenchSize = {
  commands: 6_000,
  acks: 20,
  syncs: 20,
  resting: 2_000,
  beside: 40_000,
  kafka: KAFKA_BENCH_TINY,
};

export interface JournalPlan {
  readonly parts: readonly Part[];
  readonly size: JournalBenchSize;
  readonly rounds: number;
  readonly seed: number;
  /** Where the files are: on the disk that is meant. */
  readonly directory?: string | undefined;
  readonly progress: (line: string) => void;
}

/** Medians of the rounds. */
export interface FileFigures {
  readonly ack_over_sync: number;
  readonly throughput_share: number;
  readonly pipeline_per_s: number;
}

export interface RecoveryFigures {
  readonly share_of_core: number;
  readonly snapshot_1m_s: number;
}

export interface JournalMeasured {
  /** What the ratios are made of, a line each. */
  readonly lines: readonly string[];
  /** null: not asked for. */
  readonly file: FileFigures | null;
  readonly kafka: { readonly share_of_bare: number } | null;
  readonly recovery: RecoveryFigures | null;
  readonly snapshot: BesideFigures | null;
}

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const IN_FLIGHT = 1_000;
const WARM_UP = 0.4; // of the mix
const ONE_COMMAND = frameBytes(1);
/** Of the rounds of everything else, for one beside a snapshot: it takes four minutes. */
const BESIDE_ROUND = 3;

export async function runJournal(plan: JournalPlan): Promise<JournalMeasured> {
  const { parts, size } = plan;
  const folder = mkdtempSync(path.join(plan.directory ?? tmpdir(), "solebook-bench-"));
  const flows = parts.includes("file") || parts.includes("recovery");
  try {
    const measured = flows ? measureFiles(plan, folder) : { lines: [], file: null, recovery: null };
    const snapshot = parts.includes("snapshot") ? measureBeside(plan, folder) : null;
    const kafka = parts.includes("kafka")
      ? { share_of_bare: rounded((await benchKafka(size.kafka)).share_of_bare) }
      : null;
    return { ...measured, kafka, snapshot };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measureFiles(
  plan: JournalPlan,
  folder: string,
): Omit<JournalMeasured, "kafka" | "snapshot"> {
  const { parts, size, progress } = plan;
  const hot = { ...WORKLOADS.find(({ name }) => name === "hot")!, commands: size.commands };
  progress(`making ${hot.resting + hot.commands} commands`);
  const stream = writeStream(plan, folder, hot);
  const { lines, share_of_core, ...flows } = measureFlows(plan, folder, stream);
  const file = parts.includes("file") ? { ...measureAcks(plan, folder, stream), ...flows } : null;
  const recovery = parts.includes("recovery")
    ? { share_of_core, snapshot_1m_s: measureSnapshot(plan, folder) }
    : null;
  return { lines, file, recovery };
}

interface Flows extends Pick<FileFigures, "throughput_share" | "pipeline_per_s"> {
  readonly lines: readonly string[];
  readonly share_of_core: number;
}

interface StreamFile {
  readonly task: Omit<Task, "kind" | "directory">;
  /** Where the mix begins. */
  readonly mix: number;
}

/** One hot book: the shard alone, the disk alone, and the two as one pipeline. */
function measureFlows(plan: JournalPlan, folder: string, { task, mix }: StreamFile): Flows {
  const { size, rounds, progress } = plan;
  const timed = { ...task, timedFrom: Math.floor(mix + (task.end - mix) * WARM_UP) };
  const alone: number[] = [];
  const full: number[] = [];
  const some: number[] = [];
  const series: number[] = [];
  const recovered: number[] = [];
  const cold: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const shard = runChild(folder, { ...timed, kind: "alone" });
    const pipeline = runChild(folder, { ...timed, kind: "flow", count: 0 });
    const inFlight = runChild(folder, { ...timed, kind: "flow", count: IN_FLIGHT });
    const fromCold = runChild(folder, { ...timed, kind: "cold" });
    const bytes = Math.round(inFlight.batchBytes! / ONE_COMMAND) * ONE_COMMAND;
    const disk = runChild(folder, { ...timed, kind: "sync", count: size.syncs, bytes });
    for (const { checksum } of [pipeline, inFlight, fromCold]) {
      if (checksum !== shard.checksum)
        throw new Error("the pipeline made other trades than the shard");
    }
    alone.push(shard.perS);
    full.push(pipeline.perS);
    some.push(inFlight.perS);
    recovered.push(pipeline.recoveredPerS!);
    cold.push(fromCold.wholePerS!);
    series.push(1 / (1 / shard.perS + 1 / (disk.perS * inFlight.batchCommands!)));
    progress(
      `shard alone ${millions(shard.perS)}, full batches ${millions(pipeline.perS)} ` +
        `(${pipeline.batchCommands!.toFixed(0)} each), ${IN_FLIGHT} in flight ${millions(inFlight.perS)} ` +
        `(${inFlight.batchCommands!.toFixed(0)} each), a sync of ${bytes} bytes ` +
        `${(1_000 / disk.perS).toFixed(3)} ms, replay ${millions(pipeline.recoveredPerS!)}`,
    );
  }
  const shares = some.map((speed, round) => speed / series[round]!);
  const ofCore = recovered.map((speed, round) => speed / cold[round]!);
  return {
    lines: [
      `the whole shard alone       ${spread(alone)} M commands a second`,
      `pipeline, full batches      ${spread(full)}`,
      `pipeline, ${IN_FLIGHT} in flight    ${spread(some)}`,
      `shard, then bare sync       ${spread(series)}`,
      `shard alone, from cold      ${spread(cold)}`,
      `replay of a journal         ${spread(recovered)}`,
    ],
    throughput_share: rounded(middle(shares)),
    pipeline_per_s: Math.round(middle(full)),
    share_of_core: rounded(middle(ofCore)),
  };
}

function measureAcks(
  plan: JournalPlan,
  folder: string,
  { task, mix }: StreamFile,
): Pick<FileFigures, "ack_over_sync"> {
  const ratios: number[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    const { ackMs, syncMs } = runChild(folder, {
      ...task,
      kind: "ack",
      timedFrom: mix,
      count: plan.size.acks,
      bytes: ONE_COMMAND,
    });
    ratios.push(ackMs! / syncMs!);
    plan.progress(`an ack ${ackMs!.toFixed(3)} ms, a sync of its bytes ${syncMs!.toFixed(3)} ms`);
  }
  return { ack_over_sync: rounded(middle(ratios)) };
}

function measureSnapshot(plan: JournalPlan, folder: string): number {
  plan.progress(`a snapshot of ${plan.size.resting} orders`);
  const { task } = writeStream(plan, folder, market(plan.size, 0));
  return rounded(runChild(folder, { ...task, kind: "snapshot" }).seconds!);
}

function measureBeside(plan: JournalPlan, folder: string): BesideFigures {
  plan.progress(`orders beside a snapshot of ${plan.size.resting}`);
  const { task, mix } = writeStream(plan, folder, market(plan.size, plan.size.beside));
  const count = Math.ceil(plan.rounds / BESIDE_ROUND); // hundreds of moments of either kind in each
  return runChild(folder, { ...task, timedFrom: mix, count, kind: "beside" }).beside!;
}

/** Many books, a hundred orders in each. */
function market({ resting }: JournalBenchSize, commands: number): Workload {
  const sneaker = WORKLOADS.find(({ name }) => name === "sneaker")!;
  return { ...sneaker, books: Math.max(1, Math.floor(resting / 100)), resting, commands };
}

const NOTHING: Omit<Task, "kind" | "directory"> = {
  file: "",
  sizes: { books: 0, accounts: 0, resting: 0, places: 0, ordersMax: 0, idsMax: 0 },
  timedFrom: 0,
  end: 0,
  count: 0,
  bytes: 0,
};

function writeStream({ seed }: JournalPlan, folder: string, workload: Workload): StreamFile {
  const stream = makeStream(workload, seed);
  const file = path.join(folder, `${workload.name}.bin`);
  writeFileSync(file, stream.bytes);
  const { end, mix, places } = stream;
  return { task: { ...NOTHING, file, end, sizes: sizesOf(workload, places) }, mix };
}

function runChild(folder: string, task: Omit<Task, "directory">): Result {
  const directory = mkdtempSync(path.join(folder, "run-"));
  try {
    const whole: Task = { ...task, directory };
    const flags = ["--disable-warning=ExperimentalWarning", CHILD, JSON.stringify(whole)];
    return JSON.parse(execFileSync(process.execPath, flags, { encoding: "utf8" })) as Result;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const millions = (perS: number): string => (perS / 1e6).toFixed(2);
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
const spread = (values: readonly number[]): string =>
  `${millions(middle(values))} (${millions(Math.min(...values))} to ${millions(Math.max(...values))})`;
