// Price-time matching, told as trading days; every day is lived on both books.
import { describe, test } from "@jest/globals";
import { makeDay } from "./testing/day.ts";
import { BOTH_BOOKS } from "./testing/driver.ts";

const DAYS: Readonly<Record<string, string>> = {
  "an order alone rests": `
    place A1 ask 1 @ 250  -> accepted, rested 1
    place B1 bid 2 @ 240  -> accepted, rested 2
    book                  -> 2/1@240 | 1/1@250`,

  "a trade is at the maker's price, whoever came first": `
    place A1 ask 1 @ 250  -> accepted, rested 1
    place B1 bid 2 @ 260  -> accepted, trade A1 B1 1 @ 250, rested 1
    place A2 ask 1 @ 255  -> accepted, trade B1 A2 1 @ 260
    book                  -> - | -`,

  "equal quantities leave nothing": `
    place A1 ask 100 @ 101 -> accepted, rested 100
    place B1 bid 100 @ 101 -> accepted, trade A1 B1 100 @ 101
    place B2 bid 100 @ 101 -> accepted, rested 100
    place A2 ask 100 @ 101 -> accepted, trade B2 A2 100 @ 101
    book                   -> - | -`,

  "a maker is used up bite by bite, on either side": `
    place A1 ask 100 @ 101 -> accepted, rested 100
    place B1 bid 25 @ 101  -> accepted, trade A1 B1 25 @ 101
    place B2 bid 25 @ 101  -> accepted, trade A1 B2 25 @ 101
    place B3 bid 50 @ 101  -> accepted, trade A1 B3 50 @ 101
    place B4 bid 25 @ 101  -> accepted, rested 25
    place B5 bid 75 @ 101  -> accepted, rested 75
    place A2 ask 60 @ 101  -> accepted, trade B4 A2 25 @ 101, trade B5 A2 35 @ 101
    place A3 ask 60 @ 101  -> accepted, trade B5 A3 40 @ 101, rested 20`,

  "the older order at a price trades first": `
    place A1 bid 25 @ 101 -> accepted, rested 25
    place B1 bid 25 @ 101 -> accepted, rested 25
    place B2 ask 25 @ 101 -> accepted, trade A1 B2 25 @ 101
    place C1 ask 30 @ 101 -> accepted, trade B1 C1 25 @ 101, rested 5`,

  "the better price trades before the older order": `
    place A1 ask 10 @ 252 -> accepted, rested 10
    place A2 ask 10 @ 251 -> accepted, rested 10
    place A3 ask 10 @ 250 -> accepted, rested 10
    place B1 bid 25 @ 252 -> accepted, trade A3 B1 10 @ 250, trade A2 B1 10 @ 251, trade A1 B1 5 @ 252
    book                  -> - | 5/1@252`,

  "a sweep stops at its limit and what is left rests": `
    place A1 ask 2 @ 100  -> accepted, rested 2
    place A2 ask 2 @ 110  -> accepted, rested 2
    place A3 ask 2 @ 120  -> accepted, rested 2
    place B1 bid 10 @ 110 -> accepted, trade A1 B1 2 @ 100, trade A2 B1 2 @ 110, rested 6
    book                  -> 6/1@110 | 2/1@120
    place B2 bid 2 @ 50   -> accepted, rested 2
    place A4 ask 9 @ 40   -> accepted, trade B1 A4 6 @ 110, trade B2 A4 2 @ 50, rested 1`,

  "a partial fill keeps its place": `
    place A1 bid 10 @ 90  -> accepted, rested 10
    place B1 bid 10 @ 90  -> accepted, rested 10
    place C1 ask 4 @ 90   -> accepted, trade A1 C1 4 @ 90
    place C2 ask 8 @ 90   -> accepted, trade A1 C2 6 @ 90, trade B1 C2 2 @ 90
    book                  -> 8/1@90 | -`,

  "cancels anywhere in a queue leave the others in order": `
    place A1 bid 100 @ 101 -> accepted, rested 100
    place A2 bid 25 @ 101  -> accepted, rested 25
    place A3 bid 25 @ 101  -> accepted, rested 25
    place A4 bid 50 @ 101  -> accepted, rested 50
    cancel A1              -> cancelled 100
    cancel A4              -> cancelled 50
    cancel A3              -> cancelled 25
    place B1 ask 50 @ 101  -> accepted, trade A2 B1 25 @ 101, rested 25
    book                   -> - | 25/1@101`,

  "a cancelled order does not trade, and is not there twice": `
    place A1 bid 25 @ 101 -> accepted, rested 25
    cancel A1             -> cancelled 25
    cancel A1             -> rejected UNKNOWN_ORDER
    place B1 ask 25 @ 101 -> accepted, rested 25
    cancel B2             -> rejected UNKNOWN_ORDER`,

  "a filled order cannot be cancelled": `
    place A1 bid 25 @ 101 -> accepted, rested 25
    place B1 ask 25 @ 101 -> accepted, trade A1 B1 25 @ 101
    cancel A1             -> rejected UNKNOWN_ORDER
    cancel B1             -> rejected UNKNOWN_ORDER`,

  "the best price comes back after cancel and fill": `
    place A1 bid 1 @ 1250 -> accepted, rested 1
    place A2 bid 1 @ 1248 -> accepted, rested 1
    place B1 ask 1 @ 1251 -> accepted, rested 1
    place B2 ask 1 @ 1253 -> accepted, rested 1
    cancel A1             -> cancelled 1
    cancel B1             -> cancelled 1
    book                  -> 1/1@1248 | 1/1@1253
    place C1 bid 1 @ 1253 -> accepted, trade B2 C1 1 @ 1253
    place C2 ask 1 @ 1248 -> accepted, trade A2 C2 1 @ 1248
    book                  -> - | -`,

  "a market order takes any price and never rests": `
    place A1 ask 2 @ 100        -> accepted, rested 2
    place A2 ask 2 @ 2147483647 -> accepted, rested 2
    place B1 bid 3 market       -> accepted, trade A1 B1 2 @ 100, trade A2 B1 1 @ 2147483647
    place B2 bid 3 market       -> accepted, trade A2 B2 1 @ 2147483647, cancelled 2 IMMEDIATE_REMAINDER
    place B3 bid 1 @ 1          -> accepted, rested 1
    place A3 ask 5 market       -> accepted, trade B3 A3 1 @ 1, cancelled 4 IMMEDIATE_REMAINDER
    place A4 ask 5 market       -> accepted, cancelled 5 IMMEDIATE_REMAINDER`,

  "a market order stops at the band": `
    place A1 ask 1 @ 300      -> accepted, rested 1
    place A2 ask 1 @ 301      -> accepted, rested 1
    place C1 bid 1 @ 200      -> accepted, rested 1
    place C2 bid 1 @ 199      -> accepted, rested 1
    set-band 1 band 200..300  -> band 200..300
    place B1 bid 2 market     -> accepted, trade A1 B1 1 @ 300, cancelled 1 IMMEDIATE_REMAINDER
    place B2 ask 2 market     -> accepted, trade C1 B2 1 @ 200, cancelled 1 IMMEDIATE_REMAINDER
    place B3 bid 2 market fok -> rejected FOK_NOT_FILLABLE`,

  "books do not see each other": `
    list 2                    -> listed
    place A1 ask 1 @ 250      -> accepted, rested 1
    place B1 bid 1 @ 250 on 2 -> accepted, rested 1
    book 1                    -> - | 1/1@250
    book 2                    -> 1/1@250 | -`,

  "quantities and prices go to the very end, sums beyond": `
    place A1 ask 2147483647 @ 2147483647 -> accepted, rested 2147483647
    place A2 ask 2147483647 @ 2147483647 -> accepted, rested 2147483647
    book                                 -> - | 4294967294/2@2147483647
    place B1 bid 2147483647 @ 1          -> accepted, rested 2147483647
    book                                 -> 2147483647/1@1 | 4294967294/2@2147483647
    place C1 ask 2147483647 @ 1          -> accepted, trade B1 C1 2147483647 @ 1`,
};

describe.each(BOTH_BOOKS)("price and time, %s book", (book) => {
  test.each(Object.keys(DAYS))("%s", (name) => {
    makeDay(book).check(DAYS[name]!);
  });

  test("hundreds of levels fill from the best", () => {
    const day = makeDay(book);
    for (let n = 0; n < 200; n++) {
      const priceTicks = 1_000 + ((n * 7_919) % 200) * 1_000_003;
      day.check(`place A${n} ask 1 @ ${priceTicks} -> accepted, rested 1`);
    }
    day.check("place B1 bid 3 @ 1 -> accepted, rested 3");
    day.check(
      "place B2 bid 2 @ 1001003 -> accepted, trade A0 B2 1 @ 1000, trade A79 B2 1 @ 1001003",
    );
  });

  test("a taker meets 256 makers and no more", () => {
    const day = makeDay(book);
    for (let n = 0; n < 260; n++) day.check(`place A${n} ask 1 @ 250 -> accepted, rested 1`);
    const trades = Array.from({ length: 256 }, (_, n) => `trade A${n} B1 1 @ 250`).join(", ");
    day.check(`place B1 bid 258 @ 250 -> accepted, ${trades}, cancelled 2 WORK_BOUND
      book                            -> - | 4/4@250
      place B2 bid 5 @ 250            -> accepted, trade A256 B2 1 @ 250, trade A257 B2 1 @ 250,
        then trade A258 B2 1 @ 250, trade A259 B2 1 @ 250, rested 1`);
  });

  test("with nobody left to meet, the rest of a long match rests", () => {
    const day = makeDay(book);
    for (let n = 0; n < 256; n++) day.check(`place A${n} ask 1 @ 250 -> accepted, rested 1`);
    const trades = Array.from({ length: 256 }, (_, n) => `trade A${n} B1 1 @ 250`).join(", ");
    day.check(`place B1 bid 258 @ 250 -> accepted, ${trades}, rested 2`);
  });
});
