// Silence is said once, its end too; an end comes of it later, but not of our own sleep.
import { expect, test } from "@jest/globals";
import { makeSilence, PATIENCE } from "./silence.ts";

const SAID = "the exchange has answered nothing for 10 s; waiting until 60 s";
const AGAIN = "the exchange answers again";
const STOP = "stop: the exchange has answered nothing for 60 s";

test.each([
  [
    "answers keep coming",
    [
      [0, 0],
      [9.5, 1],
      [19, 2],
    ],
    [],
  ],
  [
    "silence, and then an answer",
    [
      [0, 5],
      [10.5, 5],
      [30, 5],
      [31, 6],
      [40, 6],
    ],
    [SAID, AGAIN],
  ],
  [
    "silence twice",
    [
      [0, 5],
      [11, 5],
      [12, 6],
      [23, 6],
    ],
    [SAID, AGAIN, SAID],
  ],
  [
    "silence for good",
    [
      [0, 5],
      [60.5, 5],
    ],
    [SAID, STOP],
  ],
] as const)("%s", (_, rows, expected) => {
  const told: string[] = [];
  const silence = makeSilence(
    PATIENCE,
    (words) => told.push(words),
    (why) => told.push(`stop: ${why}`),
  );
  let heard = 0;
  let at = 0;
  for (const [seconds, heardThen] of rows) {
    for (; at < seconds * 1_000 && !told.includes(STOP); at += 200) silence.look(heard, at);
    heard = heardThen;
  }
  expect(told).toEqual(expected);
});

test("a night in which this machine slept is no silence of the exchange", () => {
  const told: string[] = [];
  const silence = makeSilence(
    PATIENCE,
    (words) => told.push(words),
    (why) => told.push(why),
  );
  silence.look(1, 0);
  silence.look(1, 8 * 3_600_000);
  expect(told).toEqual([]);
});
