// Books from pushes, and prices without floats.
import { describe, expect, test } from "@jest/globals";
import { Book, readMinor, writeMinor } from "./book.ts";

test("levels are absolute: sorted best first, changed, and gone at zero", () => {
  const book = new Book();
  book.replace({
    bids: [["99.00", 1, 1]],
    asks: [
      ["102.00", 1, 1],
      ["101.00", 2, 1],
    ],
  });
  const before = book.view();
  const change = { bids: [["100.00", 3, 2] as const], asks: [["101.00", 0, 0] as const] };
  book.apply(change);
  book.apply(change);
  expect(book.view().bids.map(({ price, quantity }) => [price, quantity])).toEqual([
    ["100.00", 3],
    ["99.00", 1],
  ]);
  expect(book.view().asks.map(({ price }) => price)).toEqual(["102.00"]);
  expect(before.asks).toHaveLength(2);
  expect(book.view()).toBe(book.view());
});

// Text | minor units
const PRICES: [string, number][] = [
  ["0.00", 0],
  ["0.07", 7],
  ["241.00", 24_100],
  ["241.5", 24_150],
  ["68000", 6_800_000],
  ["-3.50", -350],
  ["2147483647.99", 214_748_364_799],
];

describe("prices", () => {
  test.each(PRICES)("%s is %i in minor units", (text, minor) => {
    expect(readMinor(text)).toBe(minor);
    expect(readMinor(writeMinor(minor))).toBe(minor);
  });

  test.each(["", "1.234", "1e3", " 1", "1,000", "--1", "NaN"])("%p is no price", (text) => {
    expect(readMinor(text)).toBeNaN();
  });
});
