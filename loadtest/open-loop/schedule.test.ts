/** When orders are due is decided before, whatever happens. */
import { expect, test } from "@jest/globals";
import { type Phase, Schedule } from "./schedule.ts";

function dueOf(phases: readonly Phase[]): [number, number][] {
  const schedule = new Schedule(phases);
  const due: [number, number][] = [];
  while (schedule.dueMs < Infinity) {
    due.push([schedule.phase, schedule.dueMs]);
    schedule.take();
  }
  return due;
}

test("orders of a phase are due at even distances, the next phase's after it", () => {
  const phases = [
    { name: "calm", seconds: 1, perS: 2 },
    { name: "nobody", seconds: 1, perS: 0 },
    { name: "rush", seconds: 0.5, perS: 8 },
  ];
  expect(dueOf(phases)).toEqual([
    [0, 0],
    [0, 500],
    [2, 2000],
    [2, 2125],
    [2, 2250],
    [2, 2375],
  ]);
  const schedule = new Schedule(phases);
  expect(schedule.lengthMs).toBe(2_500);
  expect([0, 999, 1000, 2499, 2500].map((ms) => schedule.phaseAt(ms))).toEqual([0, 0, 1, 2, 3]);
});
