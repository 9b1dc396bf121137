// The chart's axes: a first sale does not fill the width, and marks stand at round times and prices.
import { expect, test } from "@jest/globals";
import { type Datum, scaleOf } from "./chart-scale.ts";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 21, 4, 9, 27);
const FRAME = { width: 800, plotHeight: 200, volumeHeight: 40, gutter: 60 };

function sale(ms: number, minor: number): Datum {
  const price = { openMinor: minor, highMinor: minor, lowMinor: minor, closeMinor: minor };
  return { ms, ...price, pairs: 1 };
}

test("after a single sale the axis still spans two minutes, and the sale is where it happened", () => {
  const { x, end } = scaleOf([sale(NOW - 10_000, 24_000)], NOW, FRAME);
  expect(x(NOW)).toBeCloseTo(end, 6);
  expect(x(NOW - 10_000)).toBeGreaterThan(end * 0.8);
});

test.each([
  [4 * MINUTE, MINUTE],
  [50 * MINUTE, 10 * MINUTE],
  [9 * 60 * MINUTE, 120 * MINUTE],
])("marks over %i ms stand %i ms apart, at round times", (spanMs, stepMs) => {
  const { times } = scaleOf([sale(NOW - spanMs, 24_000), sale(NOW, 25_000)], NOW, FRAME);
  expect(times.length).toBeGreaterThan(2);
  for (const [at, ms] of times.entries()) {
    const zoneMs = new Date(ms).getTimezoneOffset() * MINUTE;
    expect((ms - zoneMs) % stepMs).toBe(0);
    expect(ms).toBe(times[0]! + at * stepMs);
  }
});
