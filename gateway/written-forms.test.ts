/** Numbers at the border: what is read is what was written, to the last digit. */
import { expect, test } from "@jest/globals";
import {
  NOT_A_DECIMAL,
  nowUs,
  readMinor,
  readOrderId,
  readTime,
  TOO_FINE,
  writeMinor,
  writeTime,
} from "./written-forms.ts";

// Text | minor units
const PRICES: [string, number][] = [
  ["241", 24_100],
  ["241.5", 24_150],
  ["241.05", 24_105],
  ["241.500", 24_150],
  ["0.01", 1],
  ["0", 0],
  ["007.00", 700],
  ["99999999999.99", 9_999_999_999_999],
  ["100000000000", NOT_A_DECIMAL],
  ["241.001", TOO_FINE],
  ["", NOT_A_DECIMAL],
  [".5", NOT_A_DECIMAL],
  ["5.", NOT_A_DECIMAL],
  ["1.2.3", NOT_A_DECIMAL],
  ["+1", NOT_A_DECIMAL],
  ["-1", NOT_A_DECIMAL],
  [" 1", NOT_A_DECIMAL],
  ["1e3", NOT_A_DECIMAL],
  ["0x10", NOT_A_DECIMAL],
  ["１", NOT_A_DECIMAL],
  ["Infinity", NOT_A_DECIMAL],
];
test.each(PRICES)("%j is %i minor units", (text, minor) => {
  expect(readMinor(text)).toBe(minor);
});

test("what is written is read back", () => {
  for (const minor of [0, 1, 9, 10, 99, 100, 101, 24_105, 9_999_999_999_999]) {
    expect(writeMinor(minor)).toMatch(/^\d+\.\d\d$/);
    expect(readMinor(writeMinor(minor))).toBe(minor);
  }
  expect(writeMinor((2 ** 31 - 1) * 1_000_000)).toBe("21474836470000.00");
});

// Text | microseconds, NaN when it is no time
const TIMES: [string, number][] = [
  ["1970-01-01T00:00:00Z", 0],
  ["2026-11-21T02:10:00.123456Z", 1_795_227_000_123_456],
  ["2026-11-21T02:10:00.1Z", 1_795_227_000_100_000],
  ["2026-11-21T02:10:00.123456789Z", 1_795_227_000_123_456],
  ["2026-11-21T04:10:00+02:00", 1_795_227_000_000_000],
  ["2026-11-20T23:40:00-02:30", 1_795_227_000_000_000],
  ["2024-02-29T00:00:00Z", 1_709_164_800_000_000],
  ["2023-02-29T00:00:00Z", Number.NaN],
  ["2026-13-01T00:00:00Z", Number.NaN],
  ["2026-11-21T24:00:00Z", Number.NaN],
  ["2026-11-21T02:60:00Z", Number.NaN],
  ["2026-11-21T02:10:00", Number.NaN],
  ["2026-11-21", Number.NaN],
  ["2026-11-21T02:10:00+25:00", Number.NaN],
  ["now", Number.NaN],
];
test.each(TIMES)("%s is %d", (text, us) => {
  expect(readTime(text)).toBe(us);
});

test("times are written with six digits, and read back", () => {
  for (const us of [0, 1, 1_795_227_000_000_000, 1_795_227_000_000_001, 1_795_227_000_999_999]) {
    expect(writeTime(us)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(readTime(writeTime(us))).toBe(us);
  }
  expect(Math.abs(nowUs() / 1000 - Date.now())).toBeLessThan(1_000);
});

test("order ids", () => {
  expect(readOrderId("0-17")).toEqual({ shard: 0, orderId: 17 });
  for (const text of ["17", "0-0", "0-017", "-1-1", "0-1 ", "0-9007199254740993", "0-1.5", ""]) {
    expect(readOrderId(text)).toBeNull();
  }
});
