/**
 * Not one of the tests: a file that fails while all it began still runs, for `leftovers.test.ts`. Its
 * threads and processes would never end by themselves.
 */
import { expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";

const FOR_EVER = "setInterval(() => {}, 1_000)";

test("fails", async () => {
  const alone = spawn(process.execPath, ["-e", FOR_EVER], { stdio: "pipe" });
  const held = spawn(
    "sh",
    ["-c", 'node=$1; "$node" -e "$2" & echo $!; wait', "sh", process.execPath, FOR_EVER],
    {
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    },
  );
  const inside = await new Promise((resolve) => held.stdout.once("data", resolve));
  const thread = new Worker("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", {
    eval: true,
  });
  createServer().listen(0);
  await new Promise((resolve) => thread.once("online", resolve));
  process.stdout.write(`pids ${alone.pid} ${held.pid} ${String(inside).trim()}\n`);
  expect(1).toBe(2);
});
