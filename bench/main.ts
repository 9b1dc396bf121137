/**
 * `npm run bench -- core`: measurements anyone can repeat. Wiring only.
 */
import { parseArgs } from "node:util";
import { runCapacity, tellCapacity } from "./core/capacity.ts";
import { ENGINES, type EngineName } from "./core/engines.ts";
import { runPieces } from "./core/pieces.ts";
import { report } from "./core/report.ts";
import { runCore } from "./core/run.ts";
import { tiny, WORKLOADS } from "./core/workloads.ts";

const USAGE = `npm run capacity [-- --tiny]
npm run bench -- core [--json] [--tiny] [--pieces] [--rounds N] [--seed N]
                      [--workloads hot,deep,…] [--engines shard,book,…]

  capacity  ten million orders, then a million of them end or trade at once
  core      the matching core against its plain twin and nodejs-order-book (npm)
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
    },
  });
  if (positionals[0] === "capacity") {
    const sizes = values.tiny
      ? { orders: 6_000, books: 50, slice: 2_000 }
      : { orders: 10_000_000, books: 100_000, slice: 1_000_000 };
    return void process.stdout.write(tellCapacity(runCapacity(sizes)));
  }
  if (positionals[0] !== "core") {
    process.stdout.write(USAGE);
    process.exitCode = positionals.length === 0 ? 0 : 2;
    return;
  }
  if (values.pieces) return void process.stdout.write(await runPieces(values.tiny));
  const names = chosen(
    WORKLOADS.map((workload) => workload.name),
    values.workloads,
  );
  const workloads = WORKLOADS.filter((workload) => names.includes(workload.name));
  const measured = runCore({
    workloads: values.tiny ? workloads.map(tiny) : workloads,
    engines: chosen<EngineName>(ENGINES, values.engines),
    rounds: values.tiny ? 1 : Number(values.rounds),
    seed: Number(values.seed),
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(report(measured));
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ cases: measured.map((one) => one.case) })}\n`);
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
