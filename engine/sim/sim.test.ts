/**
 * Many seeds of bad luck: whatever happens to disk, network, clocks and processes, every promise is kept.
 * A failing seed says how to see it again.
 */
import { expect, test } from "@jest/globals";
import { report, sized } from "../shell/testing/size.ts";
import { FAULTS } from "./faults.ts";
import { runMany } from "./many.ts";
import { runSeed } from "./run.ts";

const SEEDS = sized(200, 50_000);

test(
  "every promise is kept, whatever goes wrong, and everything does",
  async () => {
    const failed: string[] = [];
    const summary = await runMany(1, SEEDS, ({ seed, error }) => {
      const words = error instanceof Error ? error.stack : JSON.stringify(error);
      failed.push(`npm run sim -- ${seed}: ${words}`);
    });
    report("simulated", summary);
    expect(failed).toEqual([]);
    expect(FAULTS.filter((fault) => summary.faults[fault] === 0)).toEqual([]);
    expect(summary.acked).toBeGreaterThan(SEEDS * 100);
  },
  sized(600_000, 100 * 3_600_000),
);

test("a seed is a whole run: told twice, it is the same story", async () => {
  const stories = [];
  for (let run = 0; run < 2; run++) {
    const story: string[] = [];
    const { tally, error } = await runSeed(4213, (words) => void story.push(words));
    expect(error).toBeNull();
    stories.push({ story, tally });
  }
  expect(stories[0]!.story.length).toBeGreaterThan(50);
  expect(stories[1]).toEqual(stories[0]);
});
