/** What a trade costs: known sums, lines that add up at every price, and rounding that has a name. */
import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import {
  QUOTE_PRICE_MINOR_MAX,
  QUOTE_QUANTITY_MAX,
  quote,
  SCHEDULES,
  scheduleOn,
  shareHalfUp,
} from "./schedule.ts";

const V1 = SCHEDULES[0]!;

const amounts = (side: "buy" | "sell", priceMinor: number, quantity = 1, level = 1) => {
  const { lines, sumMinor } = quote(V1, { side, priceMinor, quantity, level });
  const rows = lines.map(({ code, amountMinor, applied }) => {
    return `${code} ${amountMinor}${applied === undefined ? "" : ` by ${applied}`}`;
  });
  return [...rows, `sum ${sumMinor}`];
};

describe("schedule 1", () => {
  // side | price | pairs | level | lines and sum
  const ROWS: ["buy" | "sell", number, number, number, string[]][] = [
    ["buy", 24_100, 1, 1, ["price 24100", "processing 964", "shipping 1495", "tax 0", "sum 26559"]],
    [
      "buy",
      24_100,
      2,
      1,
      ["price 48200", "processing 1928", "shipping 2990", "tax 0", "sum 53118"],
    ],
    // The least fee of a cheap pair.
    [
      "buy",
      2_400,
      1,
      1,
      ["price 2400", "processing 100 by minimum", "shipping 1495", "tax 0", "sum 3995"],
    ],
    ["buy", 2_500, 1, 1, ["price 2500", "processing 100", "shipping 1495", "tax 0", "sum 4095"]],
    ["sell", 24_100, 1, 1, ["price 24100", "transaction -2169", "processing -723", "sum 21208"]],
    ["sell", 24_100, 1, 5, ["price 24100", "transaction -1687", "processing -723", "sum 21690"]],
    ["sell", 24_100, 3, 2, ["price 72300", "transaction -6147", "processing -2169", "sum 63984"]],
    [
      "sell",
      2_500,
      1,
      1,
      ["price 2500", "transaction -500 by minimum", "processing -75", "sum 1925"],
    ],
    // Fees never exceed the price.
    ["sell", 300, 1, 1, ["price 300", "transaction -291 by cap", "processing -9", "sum 0"]],
  ];
  test.each(ROWS)("%s at %i, %i pairs, level %i", (side, price, pairs, level, expected) => {
    expect(amounts(side, price, pairs, level)).toEqual(expected);
  });

  test("a half goes up, less does not", () => {
    expect([shareHalfUp(12, 400), shareHalfUp(13, 400), shareHalfUp(50, 300)]).toEqual([0, 1, 2]);
  });
});

test("at any price, in any number: whole units, and the parts are the whole", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("buy" as const, "sell" as const),
      fc.integer({ min: 1, max: QUOTE_PRICE_MINOR_MAX }),
      fc.integer({ min: 1, max: QUOTE_QUANTITY_MAX }),
      fc.integer({ min: 1, max: 5 }),
      (side, priceMinor, quantity, level) => {
        const { lines, sumMinor } = quote(V1, { side, priceMinor, quantity, level });
        const whole = lines.reduce((total, { amountMinor }) => total + BigInt(amountMinor), 0n);
        expect(BigInt(sumMinor)).toBe(whole);
        expect(lines.every(({ amountMinor }) => Number.isSafeInteger(amountMinor))).toBe(true);
        expect(lines[0]!.amountMinor).toBe(priceMinor * quantity);
        expect(sumMinor).toBeGreaterThanOrEqual(side === "buy" ? priceMinor * quantity : 0);
      },
    ),
  );
});

test("a rate of any price is what exact arithmetic says", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: QUOTE_PRICE_MINOR_MAX }),
      fc.integer({ min: 0, max: 10_000 }),
      (minor, rateBp) => {
        const exact = (BigInt(minor) * BigInt(rateBp) * 2n + 10_000n) / 20_000n;
        expect(BigInt(shareHalfUp(minor, rateBp))).toBe(exact);
      },
    ),
  );
});

test("the day decides which schedule prices a trade", () => {
  const later = { ...V1, version: 2, from: "2027-01-01" };
  const both = [V1, later];
  const on = (day: string): number => scheduleOn(day, both).version;
  expect([on("2026-10-01"), on("2026-12-31"), on("2027-01-01"), on("2030-01-01")]).toEqual([
    1, 1, 2, 2,
  ]);
});
