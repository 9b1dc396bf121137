/**
 * Many seeds, a few hundred in a thread of their own at a time: a simulated process that was killed never
 * unwinds, and what it listened to keeps it in memory for as long as its thread lives.
 */
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { FAULTS } from "./faults.ts";
import { runSeeds, type SeedResult, type Summary } from "./run.ts";

const SEEDS_AT_ONCE = 100;

interface Part {
  readonly from: number;
  readonly count: number;
}

type Message =
  | { readonly kind: "failed"; readonly result: SeedResult }
  | { readonly kind: "done"; readonly summary: Summary };

export async function runMany(
  from: number,
  count: number,
  failed: (result: SeedResult) => void,
): Promise<Summary> {
  const total: Summary = await runSeeds(from, 0, failed);
  for (let done = 0; done < count; done += SEEDS_AT_ONCE) {
    const part = { from: from + done, count: Math.min(SEEDS_AT_ONCE, count - done) };
    addTo(total, await inThread(part, failed));
  }
  return total;
}

async function inThread(part: Part, failed: (result: SeedResult) => void): Promise<Summary> {
  const worker = new Worker(new URL(import.meta.url), { workerData: part });
  let summary: Summary | null = null;
  worker.on("message", (message: Message) => {
    if (message.kind === "failed") failed(message.result);
    else ({ summary } = message);
  });
  await once(worker, "exit"); // rejects with what the thread threw
  if (summary === null) throw new Error(`the thread of seed ${part.from} and on ended early`);
  return summary;
}

function addTo(total: Summary, part: Summary): void {
  for (const what of ["seeds", "failed", "commands", "acked", "cut", "refused"] as const) {
    total[what] += part[what];
  }
  total.first_failed ??= part.first_failed;
  for (const fault of FAULTS) total.faults[fault] += part.faults[fault];
}

if (!isMainThread && parentPort !== null && isPart(workerData)) {
  const port = parentPort;
  const { from, count } = workerData;
  const summary = await runSeeds(from, count, (result) => {
    port.postMessage({ kind: "failed", result } satisfies Message);
  });
  port.postMessage({ kind: "done", summary } satisfies Message);
}

function isPart(data: unknown): data is Part {
  return typeof data === "object" && data !== null && "from" in data && "count" in data;
}
