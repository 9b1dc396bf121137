/**
 * Many seeds: two processes of Node at a time take some after the other. Each collects its garbage by
 * itself: threads that help with as little as a seed leaves cost more than they spare.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { FAULTS } from "./faults.ts";
import { runSeeds, type SeedResult, type Summary } from "./run.ts";

const AT_A_TIME = 2;
const SEEDS_MAX = 100; // by one process
const FLAGS = [
  "--disable-warning=ExperimentalWarning",
  "--experimental-async-context-frame", // promises remember whose they are without a call for each
  "--single-threaded-gc",
  "--max-semi-space-size=32",
];

interface Part {
  readonly from: number;
  readonly count: number;
}

/** What such a process says. */
export type Message =
  | { readonly kind: "failed"; readonly result: SeedResult }
  | { readonly kind: "done"; readonly summary: Summary };

export async function runMany(
  from: number,
  count: number,
  failed: (result: SeedResult) => void,
): Promise<Summary> {
  const total: Summary = await runSeeds(from, 0, failed);
  const size = Math.min(SEEDS_MAX, Math.ceil(count / AT_A_TIME));
  let next = from;

  async function takeParts(): Promise<void> {
    while (next < from + count) {
      const part = { from: next, count: Math.min(size, from + count - next) };
      next += size;
      addTo(total, await inProcess(part, failed));
    }
  }

  await Promise.all(Array.from({ length: AT_A_TIME }, takeParts));
  return total;
}

async function inProcess(part: Part, failed: (result: SeedResult) => void): Promise<Summary> {
  const child = fork(new URL("many-main.ts", import.meta.url), [`${part.from}`, `${part.count}`], {
    execArgv: FLAGS,
    serialization: "advanced", // errors as they are
  });
  let summary: Summary | null = null;
  child.on("message", (message: Message) => {
    if (message.kind === "failed") failed(message.result);
    else ({ summary } = message);
  });
  await once(child, "exit");
  if (summary === null) throw new Error(`the process of seed ${part.from} and on ended early`);
  return summary;
}

function addTo(total: Summary, part: Summary): void {
  for (const what of ["seeds", "failed", "commands", "acked", "cut", "refused"] as const) {
    total[what] += part[what];
  }
  if (part.first_failed !== null) {
    total.first_failed = Math.min(part.first_failed, total.first_failed ?? Infinity);
  }
  for (const fault of FAULTS) total.faults[fault] += part.faults[fault];
}
