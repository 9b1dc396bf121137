// After start-up the hot path creates nothing: a million commands of every kind, and the collector
// sleeps. Run in a process of its own, because jest's own garbage would be counted too.
import { expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

test("a million commands without a collection, on a flat heap", () => {
  const script = fileURLToPath(new URL("./testing/steady.ts", import.meta.url));
  const flags = ["--trace-gc", "--expose-gc", "--disable-warning=ExperimentalWarning"];
  const run = spawnSync(process.execPath, [...flags, script], { encoding: "utf8" });
  expect(run.stderr).toBe("");
  expect(run.status).toBe(0);
  const lines = run.stdout.split("\n");
  const steady = lines.indexOf("steady");
  const done = lines.indexOf("done");
  // The tracing works at all: the collection asked for before the steady part is seen.
  expect(lines.slice(0, steady).join("\n")).toMatch(/Mark-Compact/);
  expect(lines.slice(steady + 1, done)).toEqual([]);
  const { grown, trades } = JSON.parse(lines[done + 1]!) as { grown: number; trades: number };
  expect(trades).toBeGreaterThan(10_000);
  // Less than a byte a command: what the compiler and the measuring itself need.
  expect(grown).toBeLessThan(1_000_000);
});
