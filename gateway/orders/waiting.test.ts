/** Who waits is found by its correlation, however far apart answers come. */
import { expect, test } from "@jest/globals";
import type { Pending } from "./report.ts";
import { Waiting } from "./waiting.ts";

const nobody = (): Pending => ({ settle: () => {}, abandon: () => {} });

test("answers in any order, some of them late: each finds its own once, and no other", () => {
  const waiting = new Waiting<Pending>();
  const model = new Map<number, Pending>();
  const wrong: number[] = [];
  const check = (correlation: number): void => {
    if (waiting.take(correlation) !== model.get(correlation)) wrong.push(correlation);
    model.delete(correlation);
  };
  for (let correlation = 1; correlation <= 50_000; correlation++) {
    const pending = nobody();
    waiting.add(correlation, pending);
    model.set(correlation, pending);
    if (correlation % 7 === 0) continue; // answered never, or late
    check(correlation);
    if (correlation % 5 === 0) check(correlation - 3);
    if (correlation > 20_000) check(correlation - 20_000);
  }
  expect(wrong).toEqual([]);
  expect(waiting.count).toBe(model.size);
  expect(model.size).toBeGreaterThan(0);
  expect(waiting.takeAll()).toEqual([...model.values()]);
  expect(waiting.count).toBe(0);
  expect(waiting.take(1)).toBeUndefined();
});

test("a correlation of an earlier life, or none, finds nobody", () => {
  const waiting = new Waiting<Pending>();
  waiting.add(3, nobody());
  for (const other of [0, 3 + 16_384, 3 + 16_384 * 9, 5e12])
    expect(waiting.take(other)).toBeUndefined();
  expect(waiting.count).toBe(1);
});
