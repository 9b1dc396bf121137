// The journal's bench, tiny: the pipeline makes the shard's own trades, a replay makes them again, and the
// line a program reads is as promised. Its figures mean nothing here.
import { expect, test } from "@jest/globals";
import { JOURNAL_BENCH_TINY, type JournalPlan, runJournal } from "./run.ts";
import { reportJournal } from "./report.ts";

const PLAN: JournalPlan = {
  parts: ["file", "recovery", "snapshot"],
  size: JOURNAL_BENCH_TINY,
  rounds: 1,
  seed: 1,
  progress: () => {},
};

test("on files and back again", async () => {
  const { lines, file, kafka, recovery, snapshot } = await runJournal(PLAN);
  expect(kafka).toBeNull(); // has a test of its own, with a broker
  expect(Object.keys(file!)).toEqual(["ack_over_sync", "throughput_share", "pipeline_per_s"]);
  expect(Object.keys(recovery!)).toEqual(["share_of_core", "snapshot_1m_s"]);
  for (const figure of [
    ...Object.values(file!),
    ...Object.values(recovery!),
    ...Object.values(snapshot!).flat(),
  ]) {
    expect(figure).toBeGreaterThan(0);
  }
  expect(reportJournal({ lines, file, kafka, recovery, snapshot }).split("\n")).toHaveLength(15);
}, 180_000);
