// Every kind of case of the bench, tiny: the engines make the same trades, and the line a program reads is as
// promised. Nothing is timed here.
import { describe, expect, test } from "@jest/globals";
import { runCapacity } from "./core/capacity.ts";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isLong } from "../engine/shell/testing/size.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

function bench(...args: string[]): { status: number | null; out: string; err: string } {
  const flags = ["--disable-warning=ExperimentalWarning", MAIN, ...args];
  const run = spawnSync(process.execPath, flags, { encoding: "utf8" });
  return { status: run.status, out: run.stdout, err: run.stderr };
}

/** One of each kind with every change, the other rows of the same tables in the long size. */
const RIVALS = isLong ? ["hot", "deep", "swing", "sneaker"] : ["hot", "sneaker"];
const GROWTH = (isLong ? ["10k", "100k", "1m", "10m"] : ["10m"]).map((size) => `growth-${size}`);

interface Case {
  readonly workload: string;
  readonly engine: string;
  readonly ops_per_s: number;
  readonly p50_ns: number;
  readonly p999_ns: number;
  readonly bytes_per_order: number | null;
  readonly checksum: string;
}

describe("npm run bench -- core", () => {
  test("ends with one line of JSON, a case for every engine that takes part", () => {
    const workloads = ["--workloads", [...RIVALS, ...GROWTH].join(",")];
    const { status, out, err } = bench("core", "--tiny", "--json", ...workloads);
    expect(err).toContain("growth-10m: making");
    expect(status).toBe(0);
    const { cases } = JSON.parse(out.trimEnd().split("\n").at(-1)!) as { cases: Case[] };
    const all = ["shard", "book", "plain", "nodejs-order-book"];
    const expected = RIVALS.flatMap((workload) =>
      all.map((engine) => `${workload} ${engine}`),
    ).concat(GROWTH.flatMap((workload) => ["shard", "book"].map((own) => `${workload} ${own}`)));
    expect(cases.map(({ workload, engine }) => `${workload} ${engine}`)).toEqual(expected);
    for (const one of cases) {
      const same = cases.filter((other) => other.workload === one.workload);
      expect(new Set(same.map((other) => other.checksum)).size).toBe(1);
      expect(one.checksum).toMatch(/^[0-9a-f]{16}$/);
      expect(one.ops_per_s).toBeGreaterThan(0);
      expect(one.p999_ns).toBeGreaterThanOrEqual(one.p50_ns);
      const hasMemory =
        one.engine === "shard" && ["sneaker", "growth-1m", "growth-10m"].includes(one.workload);
      expect(one.bytes_per_order === null).toBe(!hasMemory);
    }
    // Other markets make other trades.
    expect(new Set(cases.map((one) => one.checksum)).size).toBeGreaterThan(2);
  }, 300_000);

  test("the same seed gives the same trades, another one others", () => {
    const checksum = (seed: string): string => {
      const { out } = bench(
        "core",
        "--tiny",
        "--json",
        "--workloads",
        "hot",
        "--engines",
        "book",
        "--seed",
        seed,
      );
      return (JSON.parse(out.trimEnd().split("\n").at(-1)!) as { cases: Case[] }).cases[0]!
        .checksum;
    };
    expect(checksum("4")).toBe(checksum("4"));
    expect(checksum("5")).not.toBe(checksum("4"));
  }, 120_000);

  test("small pieces", () => {
    const { status, out } = bench("core", "--pieces", "--tiny");
    expect(status).toBe(0);
    expect(out).toContain("place and cancel");
  });

  test.each([
    [[], 0, "npm run bench -- core"],
    [["cora"], 2, "npm run bench -- core"],
    [["core", "--workloads", "hott"], 1, "there is no hott; there are hot, deep"],
  ])("%j says what there is", (args, status, text) => {
    const run = bench(...args);
    expect(run.status).toBe(status);
    expect(run.out + run.err).toContain(text);
  });
});

test("a mass cancel, an expiry and an auction of very many hold up nobody: slices are bounded", () => {
  const { phases, open } = runCapacity({ orders: 3_000, books: 20, slice: 1_000 });
  const heaviest = Object.fromEntries(phases.map((one) => [one.phase, one.eventsMax]));
  const told = Object.fromEntries(phases.map((one) => [one.phase, one.events]));
  // A slice of 64, and what a stranger's order that carries it on has to tell.
  expect(heaviest["a mass cancel"]).toBeLessThanOrEqual(64 + 3);
  expect(heaviest["an expiry"]).toBeLessThanOrEqual(64 + 3);
  expect(heaviest["an auction ends"]).toBeLessThanOrEqual(64 + 3);
  // All of it did happen: an event for each order that ended, and many trades.
  expect(told["a mass cancel"]).toBeGreaterThan(1_000);
  expect(told["an expiry"]).toBeGreaterThan(1_000);
  expect(told["an auction ends"]).toBeGreaterThan(500);
  expect(open).toBeGreaterThan(1_000);
});
