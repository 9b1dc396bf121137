// The ladder: one price axis on which nothing jumps, and no level looks better than it is.
import { describe, expect, test } from "@jest/globals";
import { Book } from "../../../client/index.ts";
import { type Axis, axisFor, ladderRows } from "./ladder.ts";

const TICK = 100;
const ROWS = 18;

/** Prices in whole dollars, one pair each. */
function bookOf(bids: readonly number[], asks: readonly number[]) {
  const book = new Book();
  const level = (dollars: number): [string, number, number] => [`${dollars}.00`, 1, 1];
  book.replace({ bids: bids.map(level), asks: asks.map(level) });
  return book.view();
}

// What | bids | asks | dollars from row to row
const STEPS: [string, number[], number[], number][] = [
  ["a tight book", [99, 98, 97], [101, 102, 103], 1],
  ["levels some dollars apart", [240, 230, 225], [250, 255, 265], 5],
  ["one level far off does not flatten the rest", [240, 20], [241, 242], 10],
  ["one side only", [], [300], 1],
];

describe("the step", () => {
  test.each(STEPS)("%s", (_what, bids, asks, dollars) => {
    const axis = axisFor(bookOf(bids, asks), TICK, ROWS, null)!;
    expect(axis.stepMinor / TICK).toBe(dollars);
  });

  test("an empty book has no axis, or keeps the one there was", () => {
    const empty = bookOf([], []);
    const axis: Axis = { topMinor: 11_000, stepMinor: TICK, rows: ROWS };
    expect(axisFor(empty, TICK, ROWS, null)).toBeNull();
    expect(axisFor(empty, TICK, ROWS, axis)).toBe(axis);
  });
});

describe("the window", () => {
  test("stays while the market wanders a little, and follows when it leaves", () => {
    const start = axisFor(bookOf([99], [101]), TICK, ROWS, null)!;
    expect(axisFor(bookOf([101], [103]), TICK, ROWS, start)).toBe(start);
    expect(axisFor(bookOf([97], [99]), TICK, ROWS, start)).toBe(start);
    const moved = axisFor(bookOf([119], [121]), TICK, ROWS, start)!;
    expect(moved).not.toBe(start);
    const prices = ladderRows(bookOf([119], [121]), moved).map((row) => row.priceMinor);
    expect(prices).toEqual(expect.arrayContaining([11_900, 12_100]));
  });

  test("never shows a price of zero or less", () => {
    const axis = axisFor(bookOf([2], [3]), TICK, ROWS, null)!;
    const prices = ladderRows(bookOf([2], [3]), axis).map((row) => row.priceMinor);
    expect(Math.min(...prices)).toBeGreaterThan(0);
  });
});

test("rows wider than a tick gather bids downward and asks upward, and lose no pair", () => {
  const view = bookOf([104, 103, 99], [106, 109]);
  const axis: Axis = { topMinor: 12_000, stepMinor: 500, rows: 8 };
  const filled = ladderRows(view, axis)
    .filter(({ bidQuantity, askQuantity }) => bidQuantity + askQuantity > 0)
    .map(({ priceMinor, bidQuantity, askQuantity }) => [
      priceMinor / 100,
      bidQuantity,
      askQuantity,
    ]);
  expect(filled).toEqual([
    [110, 0, 2],
    [100, 2, 0],
    [95, 1, 0],
  ]);
});
