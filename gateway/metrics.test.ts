// What a scrape reads of a shard's journal: a histogram whose buckets add up, in seconds.
import { afterEach, expect, test } from "@jest/globals";
import type { JournalFigures } from "../engine/client/shard-client.ts";
import { Metrics } from "./metrics.ts";
import { ShardDouble } from "./testing/shard-double.ts";

const IDLE = { load: () => ({ subscriptions: 0, behind: 0 }), isOnline: () => true };
let shard: ShardDouble;
let metrics: Metrics;
afterEach(() => {
  metrics.close();
  shard.close();
});

async function scrape(journalFigures?: () => JournalFigures): Promise<string[]> {
  shard = new ShardDouble(3);
  const client = journalFigures === undefined ? shard : Object.assign(shard, { journalFigures });
  metrics = new Metrics({ clients: [client], sockets: () => 0, pendingRequests: () => 0, ...IDLE });
  const text = await metrics.registry.metrics();
  return text.split("\n").filter((line) => line.includes("solebook_journal"));
}

test("appends by how long they took", async () => {
  const counts = [0, 7, 2, 1];
  const buckets = [0.1, 0.2, 10, Infinity].map((upToMs, at) => ({ upToMs, appends: counts[at]! }));
  expect(await scrape(() => ({ bytes: 40_960, appends: 10, appendMs: 62.5, buckets }))).toEqual([
    expect.stringContaining("# HELP solebook_journal_append_seconds "),
    "# TYPE solebook_journal_append_seconds histogram",
    'solebook_journal_append_seconds_bucket{shard="3",le="0.0001"} 0',
    'solebook_journal_append_seconds_bucket{shard="3",le="0.0002"} 7',
    'solebook_journal_append_seconds_bucket{shard="3",le="0.01"} 9',
    'solebook_journal_append_seconds_bucket{shard="3",le="+Inf"} 10',
    'solebook_journal_append_seconds_sum{shard="3"} 0.0625',
    'solebook_journal_append_seconds_count{shard="3"} 10',
    expect.stringContaining("# HELP solebook_journal_bytes "),
    "# TYPE solebook_journal_bytes gauge",
    'solebook_journal_bytes{shard="3"} 40960',
  ]);
});

test("a shard elsewhere has its journal elsewhere, and nothing is made up", async () => {
  const values = (await scrape()).filter((line) => !line.startsWith("#"));
  expect(values).toEqual([]);
});
