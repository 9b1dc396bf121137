/** The sources of a thread: all of ours that it runs, with nothing left in them that Node must strip. */
import { expect, test } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { sourcesOf } from "./thread.ts";

const WORKER = new URL("./worker.ts", import.meta.url).href;

test("what a shard's thread runs is among them, and no more", () => {
  const sources = sourcesOf(WORKER);
  const files = [...sources.keys()].map((url) => url.slice(url.indexOf("/engine/")));
  expect(files).toEqual(
    expect.arrayContaining([
      "/engine/shell/worker.ts",
      "/engine/shell/primary.ts",
      "/engine/core/shard.ts",
      "/engine/core/book.ts",
      "/engine/ring/ring.ts",
    ]),
  );
  for (const url of sources.keys()) expect(existsSync(new URL(url))).toBe(true);
  expect(files.filter((file) => file.includes("test"))).toEqual([]);
});

test("so is what it imports only when it is wanted", () => {
  const sources = sourcesOf(new URL("./snapshot/taker-process.ts", import.meta.url).href);
  expect([...sources.keys()].join()).toContain("/engine/shell/snapshot/postgres.ts");
});

test("each has its types blanked out, and its lines where they were", () => {
  for (const [url, source] of sourcesOf(WORKER)) {
    expect(source).not.toMatch(/^(import type|export type|export interface|interface) /m);
    const written = readFileSync(new URL(url), "utf8");
    expect(source.split("\n")).toHaveLength(written.split("\n").length);
  }
});
