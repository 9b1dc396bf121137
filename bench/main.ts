/**
 * `npm run bench -- core` and `-- journal`: measurements anyone can repeat. Wiring only.
 */
import { parseArgs } from "node:util";
import { runCapacity, tellCapacity } from "./core/capacity.ts";
import { ENGINES, type EngineName } from "./core/engines.ts";
import { runPieces } from "./core/pieces.ts";
import { report } from "./core/report.ts";
import { runCore } from "./core/run.ts";
import { tiny, WORKLOADS } from "./core/workloads.ts";
import { reportJournal } from "./journal/report.ts";
import { JOURNAL_BENCH, JOURNAL_BENCH_TINY, PARTS, runJournal } from "./journal/run.ts";

const USAGE = `npm run capacity [-- --tiny]
npm run bench -- core [--json] [--tiny] [--pieces] [--rounds N] [--seed N]
                      [--workloads hot,deep,…] [--engines shard,book,…]
npm run bench -- journal [--json] [--tiny] [--rounds N] [--seed N] [--parts file,kafka,…] [--directory DIR]

  capacity  ten million orders, then a million of them end or trade at once
  core      the matching core against its plain twin and nodejs-order-book (npm)
  journal   what durability costs, on files and at a Kafka broker, and the way back
  --json    ends with one line of JSON
  --tiny    every case at a size that proves it works and measures nothing
  --pieces  small pieces instead: an id, a place and its cancel, an event
`;

function chosen<T extends string>(all: readonly T[], asked: string | undefined): T[] {
  if (asked === undefined) return [...all];
  const names = asked.split(",");
  const unknown = names.find((name) => !(all as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}; there are ${all.join(", ")}`);
  return all.filter((name) => names.includes(name));
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      tiny: { type: "boolean", default: false },
      pieces: { type: "boolean", default: false },
      rounds: { type: "string", default: "5" },
      seed: { type: "string", default: "1" },
      workloads: { type: "string" },
      engines: { type: "string" },
      parts: { type: "string" },
      directory: { type: "string" },
    },
  });
  const rounds = values.tiny ? 1 : Number(values.rounds);
  const plan = { ...values, rounds, seed: Number(values.seed), progress };
  if (positionals[0] === "capacity") capacity(plan.tiny);
  else if (positionals[0] === "core") await core(plan);
  else if (positionals[0] === "journal") await journal(plan);
  else {
    process.stdout.write(USAGE);
    process.exitCode = positionals.length === 0 ? 0 : 2;
  }
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

interface Asked {
  readonly json: boolean;
  readonly tiny: boolean;
  readonly pieces: boolean;
  readonly rounds: number;
  readonly seed: number;
  readonly workloads?: string;
  readonly engines?: string;
  readonly parts?: string;
  readonly directory?: string;
  readonly progress: (line: string) => void;
}

function capacity(isTiny: boolean): void {
  const sizes = isTiny
    ? { orders: 6_000, books: 50, slice: 2_000 }
    : { orders: 10_000_000, books: 100_000, slice: 1_000_000 };
  process.stdout.write(tellCapacity(runCapacity(sizes)));
}

async function core(asked: Asked): Promise<void> {
  if (asked.pieces) return void process.stdout.write(await runPieces(asked.tiny));
  const names = chosen(
    WORKLOADS.map((workload) => workload.name),
    asked.workloads,
  );
  const workloads = WORKLOADS.filter((workload) => names.includes(workload.name));
  const measured = runCore({
    ...asked,
    workloads: asked.tiny ? workloads.map(tiny) : workloads,
    engines: chosen<EngineName>(ENGINES, asked.engines),
  });
  process.stdout.write(report(measured));
  if (asked.json) {
    process.stdout.write(`${JSON.stringify({ cases: measured.map((one) => one.case) })}\n`);
  }
}

async function journal(asked: Asked): Promise<void> {
  const measured = await runJournal({
    ...asked,
    parts: chosen(PARTS, asked.parts),
    size: asked.tiny ? JOURNAL_BENCH_TINY : JOURNAL_BENCH,
  });
  const { file, kafka, recovery } = measured;
  process.stdout.write(reportJournal(measured));
  if (asked.json) process.stdout.write(`${JSON.stringify({ file, kafka, recovery })}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
