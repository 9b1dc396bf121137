/** What a shard says of itself: always from one moment, and never a wait for a thread that is gone. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "@jest/globals";
import { APPEND_BUCKETS_MS, makeStatusMemory, openStatus, ShardState } from "./status.ts";

test("totals read while another thread writes are all from one moment", async () => {
  const memory = makeStatusMemory();
  const status = openStatus(memory);
  const worker = await startWriter(memory);
  let torn = 0;
  let last = 0;
  const seen = new Set<number>();
  for (let i = 0; i < 200_000 || (seen.size < 100 && i < 1e8); i++) {
    const now = status.read();
    const n = now.sequence;
    const whole =
      now.tradesTotal === 2 * n && now.ordersOpen === 4 * n && now.recoveredCommands === 8 * n;
    if (!whole || n < last) torn++;
    last = n;
    seen.add(n);
  }
  status.askToStop();
  await once(worker, "exit");

  expect(torn).toBe(0);
  expect(seen.size).toBeGreaterThanOrEqual(100); // they were written meanwhile
});

test("totals can be read when their writer was terminated at any instant", async () => {
  for (let round = 0; round < 3; round++) {
    const memory = makeStatusMemory();
    const worker = await startWriter(memory);
    await worker.terminate();
    const { sequence, journalMs } = openStatus(memory).read();
    expect(journalMs).toBe(7 * sequence);
  }
});

test("state and the wish to stop are seen by every end", () => {
  const memory = makeStatusMemory();
  const [one, other] = [openStatus(memory), openStatus(memory)];
  expect([other.state(), other.isStopAsked()]).toEqual([ShardState.RECOVERING, false]);
  one.setState(ShardState.DISK_FULL);
  one.askToStop();
  expect([other.state(), other.isStopAsked()]).toEqual([ShardState.DISK_FULL, true]);
});

test("appends are counted by how long they took, the bounds included", () => {
  const status = openStatus(makeStatusMemory());
  const [first, second] = APPEND_BUCKETS_MS;
  for (const tookMs of [0, first, first + 0.001, second, 1e9]) status.countAppend(tookMs);
  const counts = status.appends();
  expect(counts).toHaveLength(APPEND_BUCKETS_MS.length + 1);
  expect([counts[0], counts[1], counts.at(-1)]).toEqual([2, 2, 1]);
});

async function startWriter(memory: SharedArrayBuffer): Promise<Worker> {
  const url = new URL("./testing/figures-writer.ts", import.meta.url);
  const worker = new Worker(url, { workerData: memory });
  await once(worker, "message");
  return worker;
}
