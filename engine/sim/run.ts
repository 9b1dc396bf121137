/** Runs seeds, one after the other, and counts. */
import { runCluster } from "./cluster-world.ts";
import { type FaultCounts, FAULTS, makeTally, noFaults, type Say, type Tally } from "./faults.ts";
import { runFiles } from "./file-world.ts";

export interface SeedResult {
  readonly seed: number;
  readonly tally: Tally;
  /** What went wrong; null when nothing did. */
  readonly error: unknown;
}

export async function runSeed(seed: number, say: Say = () => {}): Promise<SeedResult> {
  const tally = makeTally();
  try {
    say(`seed ${seed}, on files`);
    await runFiles(seed, tally, say);
    say(`seed ${seed}, on a broker`);
    await runCluster(seed, tally, say);
    return { seed, tally, error: null };
  } catch (error) {
    return { seed, tally, error };
  }
}

export interface Summary {
  seeds: number;
  failed: number;
  first_failed: number | null;
  commands: number;
  acked: number;
  cut: number;
  refused: number;
  readonly faults: FaultCounts;
}

export async function runSeeds(
  from: number,
  count: number,
  failed: (result: SeedResult) => void,
): Promise<Summary> {
  const summary: Summary = {
    seeds: 0,
    failed: 0,
    first_failed: null,
    commands: 0,
    acked: 0,
    cut: 0,
    refused: 0,
    faults: noFaults(),
  };
  for (let seed = from; seed < from + count; seed++) {
    const result = await runSeed(seed);
    summary.seeds++;
    for (const what of ["commands", "acked", "cut", "refused"] as const) {
      summary[what] += result.tally[what];
    }
    for (const fault of FAULTS) summary.faults[fault] += result.tally.faults[fault];
    if (result.error === null) continue;
    summary.failed++;
    summary.first_failed ??= seed;
    failed(result);
  }
  return summary;
}
