// Logs that were written by earlier versions make the same events and the same states, for ever.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { BOTH_BOOKS } from "./testing/driver.ts";
import { type Golden, GOLDEN_FOLDER, readLog, replay } from "./testing/golden.ts";

const NAMES = readdirSync(GOLDEN_FOLDER)
  .filter((name) => name.endsWith(".bin"))
  .map((name) => name.slice(0, -".bin".length));

test("there are logs of every behaviour", () => {
  expect(NAMES.some((name) => name.startsWith("behaviour-1"))).toBe(true);
  expect(NAMES.some((name) => name.startsWith("behaviour-2"))).toBe(true);
});

describe.each(NAMES)("the log %s", (name) => {
  const told = JSON.parse(readFileSync(new URL(`${name}.json`, GOLDEN_FOLDER), "utf8")) as Golden;

  test.each(BOTH_BOOKS)("tells what it told, %s book", (book) => {
    expect(replay(told.day, readLog(name), book)).toEqual(told);
    expect(told.trades).toBeGreaterThan(10);
  });
});
