// Who is sent next: one row of an instrument at a time, and the longest queue never waits.
import { expect, test } from "@jest/globals";
import { makeSchedule } from "./schedule.ts";

/** Runs to the end, always finishing the row that was sent first; answers the order of sending. */
function runAll(rowCounts: readonly number[], inFlightMax: number): number[] {
  const schedule = makeSchedule(rowCounts, inFlightMax);
  const flying: number[] = [];
  const sent: number[] = [];
  for (;;) {
    for (let at = schedule.next(); at !== -1; at = schedule.next()) {
      expect(flying).not.toContain(at);
      flying.push(at);
      sent.push(at);
    }
    expect(schedule.inFlight()).toBe(flying.length);
    expect(flying.length).toBeLessThanOrEqual(inFlightMax);
    if (flying.length === 0) return sent;
    schedule.done(flying.shift()!);
  }
}

test.each([
  [[3], 9, [0, 0, 0]],
  [[1, 1, 1], 9, [0, 1, 2]],
  [[1, 2, 3], 2, [2, 1, 2, 0, 1, 2]],
  [[0, 2, 0], 1, [1, 1]],
  [[], 4, []],
])("rows %j, at most %d in flight: %j", (rowCounts, inFlightMax, order) => {
  expect(runAll(rowCounts, inFlightMax)).toEqual(order);
});

test("every row of every instrument is sent, and the longest is in flight from first to last", () => {
  const rowCounts = Array.from({ length: 200 }, (_, index) => 1 + ((index * 7_919) % 40));
  rowCounts[77] = 300;
  const sent = runAll(rowCounts, 16);
  rowCounts.forEach((count, instrument) => {
    expect(sent.filter((at) => at === instrument)).toHaveLength(count);
  });
  const turns = sent.flatMap((at, turn) => (at === 77 ? [turn] : []));
  const gaps = turns.slice(1).map((turn, index) => turn - turns[index]!);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(16);
});
