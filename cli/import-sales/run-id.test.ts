// A run id says when its run began; the same id gives the same deadline, until that has passed.
import { expect, test } from "@jest/globals";
import { Failure, UsageError } from "../errors.ts";
import { newRunId, readRunId } from "./run-id.ts";
import { clientOrderId } from "./trading.ts";

const MINUTE_MS = 60_000;
const START_MS = Date.parse("2026-11-21T10:00:00.789Z");

test("a new id is told again as the same run, with the deadline it had", () => {
  const first = newRunId(START_MS);
  expect(first).toEqual({
    text: expect.stringMatching(/^[0-9a-z]{7}$/),
    startMs: Date.parse("2026-11-21T10:00:00.760Z"),
    deadline: "2026-11-21T10:55:00.760Z",
  });
  for (const minutes of [0, 1, 30, 54.9]) {
    expect(readRunId(first.text, START_MS + minutes * MINUTE_MS)).toEqual(first);
  }
});

test("runs that begin one after the other have different ids", () => {
  const ids = Array.from({ length: 100 }, (_, n) => newRunId(START_MS + n * 40).text);
  expect(new Set(ids).size).toBe(100);
});

test("after its deadline it is refused in words, and one from the future, too", () => {
  const { text } = newRunId(START_MS);
  const late = START_MS + 56 * MINUTE_MS;
  expect(() => readRunId(text, late)).toThrow(Failure);
  expect(() => readRunId(text, late)).toThrow(/could be sent again until 2026-11-21T10:55:00.760Z/);
  expect(() => readRunId(text, START_MS - 10 * MINUTE_MS)).toThrow("in the future");
});

test.each(["", "abc", "ABCDEFG", "tou0k7!", "tou0k711"])("%j is no run id", (text) => {
  expect(() => readRunId(text, START_MS)).toThrow(UsageError);
});

test("the id of a row fits the 15 characters of a client order id", () => {
  expect(clientOrderId(newRunId(START_MS), 9_999_999)).toMatch(/^[A-Za-z0-9._:-]{15}$/);
});
