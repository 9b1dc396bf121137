/**
 * The promises again with real processes, a real file system and real brokers: killed at random instants
 * and at named points, under load, and sent again what may have been lost on the way.
 */
import { expect, test } from "@jest/globals";
import { isLong, report, sized } from "../shell/testing/size.ts";
import { runFileCycles } from "./testing/file-cycles.ts";
import { runKafkaCycles } from "./testing/kafka-cycles.ts";

const CYCLES = sized(50, 1_000);

test(
  "on files nothing acknowledged is lost or doubled, however often it is killed",
  async () => {
    const { findings, ...found } = await runFileCycles(CYCLES, 1, () => {});
    report("killed on files", found);
    expect(findings).toEqual([]);
    expect(found).toMatchObject({ lost: 0, doubled: 0 });
    expect(found.acked).toBeGreaterThan(CYCLES * 40);
    expect(found.resent).toBeGreaterThan(CYCLES);
    expect(Object.keys(found.deaths).length).toBeGreaterThan(4); // at several points, and at an instant
  },
  sized(240_000, 12 * 3_600_000),
);

// With every change the faults of the journal at brokers show the same four blows, with the same
// processes and the same audit; here they come again and again in one history.
if (isLong) {
  test(
    "nor at brokers, whoever is killed or paused, the writer or the broker that leads",
    async () => {
      const { findings, ...found } = await runKafkaCycles(100, () => {});
      report("killed at brokers", found);
      expect(findings).toEqual([]);
      expect(found).toMatchObject({ lost: 0, doubled: 0 });
      expect(found.acked).toBeGreaterThan(80);
      expect(found.again).toBeGreaterThan(0);
    },
    3 * 3_600_000,
  );
}
