/**
 * What a ticket says and sends: where a price begins, where it would stand, what moved since somebody
 * looked, and that the order never asks for worse than what was agreed to.
 */
import { describe, expect, test } from "@jest/globals";
import type { BookView, Level, OrderData } from "../../client/index.ts";
import {
  besideOf,
  firstPrice,
  hintOf,
  movedSince,
  orderOf,
  priceProblem,
  readTyped,
  type Side,
  type Terms,
} from "./ticket-model.ts";

const show = (minor: number): string => `$${minor / 100}`;

/** `2@240` as a level. */
const level = (text: string): Level => {
  const [quantity, dollars] = text.split("@").map(Number) as [number, number];
  return { price: `${dollars}.00`, priceMinor: dollars * 100, quantity, orders: quantity };
};
const bookOf = (bids: string[], asks: string[]): BookView => {
  return { bids: bids.map(level), asks: asks.map(level) };
};
const BOOK = bookOf(["2@235", "1@230"], ["1@245", "3@250"]);

const own = (side: Side, dollars: number): OrderData =>
  ({ side, price: `${dollars}.00`, symbol: "A:US-9" }) as OrderData;

describe("where a new price begins", () => {
  const TERMS = { tickMinor: 100, lastMinor: 24_000, retailMinor: 18_000 };
  // What is there | bids | asks | side | own best | proposal
  const ROWS: [string, string[], string[], Side, number | null, number][] = [
    ["both sides", ["2@235"], ["1@245"], "buy", null, 236],
    ["both sides", ["2@235"], ["1@245"], "sell", null, 244],
    ["one step between: no step without a trade", ["1@244"], ["1@245"], "buy", null, 244],
    ["one step between", ["1@244"], ["1@245"], "sell", null, 245],
    ["the best is one's own: not against oneself", ["1@235"], ["1@245"], "sell", 245, 245],
    ["the best is one's own", ["1@235"], ["1@245"], "buy", 235, 235],
    ["nobody: the last sale", [], [], "buy", null, 240],
    ["asks below the last sale: not across them", [], ["1@220"], "buy", null, 219],
    ["bids above the last sale", ["1@260"], [], "sell", null, 261],
  ];
  test.each(ROWS)("%s (%j, %j), %s: %j", (_what, bids, asks, side, ownBest, expected) => {
    const beside = besideOf(bookOf(bids, asks), side, []);
    const ownMinor = ownBest === null ? null : ownBest * 100;
    expect(firstPrice(side, beside, TERMS, ownMinor)).toBe(expected * 100);
  });

  test("never traded: retail, on the step", () => {
    const terms = { tickMinor: 500, lastMinor: null, retailMinor: 18_299 };
    expect(firstPrice("buy", besideOf(bookOf([], []), "buy", []), terms, null)).toBe(18_500);
  });
});

describe("where it would stand", () => {
  // Side | price | hint
  const ROWS: [Side, number, string][] = [
    ["buy", 246, "Meets the lowest ask: buys at once, at $245 or better."],
    ["buy", 245, "Meets the lowest ask: buys at once, at $245 or better."],
    ["buy", 238, "$3 above the highest bid: first in line."],
    ["buy", 235, "Equal to the highest bid: behind 2 pairs."],
    ["buy", 232, "$3 below the highest bid: behind 2 pairs."],
    ["buy", 230, "$5 below the highest bid: behind 3 pairs."],
    ["sell", 235, "Meets the highest bid: sells at once, at $235 or better."],
    ["sell", 244, "$1 below the lowest ask: first in line."],
    ["sell", 245, "Equal to the lowest ask: behind 1 pair."],
    ["sell", 260, "$15 above the lowest ask: behind 4 pairs."],
  ];
  test.each(ROWS)("%s at %i", (side, dollars, text) => {
    expect(hintOf(BOOK, side, dollars * 100, show).text).toBe(text);
  });

  test("alone", () => {
    expect(hintOf(bookOf([], []), "buy", 100, show).text).toBe("The only bid: first in line.");
  });
});

describe("a typed price", () => {
  const terms = { tick: "1.00", band: { low: "25.00", high: "3600.00" } };
  // Typed | minor units | what is wrong
  const ROWS: [string, number, string | null][] = [
    ["241", 24_100, null],
    [" $1,241.00 ", 124_100, null],
    ["241.", 24_100, null],
    ["241.50", 24_150, "Prices are whole dollars here."],
    ["24", 2_400, "This pair trades between $25 and $3600."],
    ["3601", 360_100, "This pair trades between $25 and $3600."],
    ["", Number.NaN, "Give a price in dollars, such as 241."],
    ["-5", Number.NaN, "Give a price in dollars, such as 241."],
    ["2e3", Number.NaN, "Give a price in dollars, such as 241."],
    ["241.005", Number.NaN, "Give a price in dollars, such as 241."],
    ["0", Number.NaN, "Give a price in dollars, such as 241."],
  ];
  test.each(ROWS)("%j", (text, minor, problem) => {
    expect(readTyped(text)).toBe(minor);
    expect(priceProblem(minor, terms, show)).toBe(problem);
  });

  test("steps other than a dollar are named", () => {
    expect(priceProblem(24_100, { tick: "5.00", band: null }, show)).toBe(
      "Prices go in steps of $5 here.",
    );
  });
});

describe("the market moved during the review", () => {
  const terms: Terms = {
    intent: "buy",
    symbol: "A:US-9",
    priceMinor: 24_500,
    pairs: 1,
    days: 30,
    clientOrderId: "c1",
    crossed: true,
  };
  const moved = (agreed: Terms, bids: string[], asks: string[]) => {
    const side = agreed.intent === "buy" || agreed.intent === "bid" ? "buy" : "sell";
    return movedSince(agreed, besideOf(bookOf(bids, asks), side, []), show);
  };

  test("not at all: go on", () => {
    expect(moved(terms, ["9@240"], ["1@245"])).toBeNull();
    expect(moved({ ...terms, intent: "bid", crossed: false }, [], ["1@246"])).toBeNull();
  });

  test("worse or better, it is said and has to be accepted", () => {
    expect(moved(terms, [], ["1@249"])).toMatchObject({
      text: "The lowest ask moved from $245 to $249.",
      terms: { priceMinor: 24_900, clientOrderId: "c1" },
    });
    expect(moved(terms, [], ["1@241"])?.terms?.priceMinor).toBe(24_100);
    expect(moved({ ...terms, intent: "sell" }, ["1@230"], [])?.text).toBe(
      "The highest bid moved from $245 to $230.",
    );
  });

  test("gone: nothing to accept", () => {
    expect(moved(terms, ["1@240"], [])).toEqual({
      text: "The lowest ask is gone: nothing stands there now.",
      terms: null,
    });
  });

  test("fewer pairs than were asked for", () => {
    expect(moved({ ...terms, pairs: 3 }, [], ["1@245"])).toMatchObject({
      text: "Only 1 pair is left at $245.",
      terms: { pairs: 1, priceMinor: 24_500 },
    });
  });

  test("a bid that would trade now, and one that would not any more", () => {
    const bid: Terms = { ...terms, intent: "bid", crossed: false };
    expect(moved(bid, [], ["1@244"])).toMatchObject({
      text: "The lowest ask is now $244: your order buys at once.",
      terms: { priceMinor: 24_500, crossed: true },
    });
    expect(moved({ ...bid, crossed: true }, [], ["1@300"])?.terms?.crossed).toBe(false);
  });

  test("the order keeps to what was agreed, whatever the market does", () => {
    expect(orderOf(terms, 0)).toEqual({
      client_order_id: "c1",
      symbol: "A:US-9",
      side: "buy",
      type: "limit",
      qty: 1,
      price: "245.00",
      tif: "ioc",
    });
    expect(orderOf({ ...terms, intent: "ask", days: 7 }, 0)).toMatchObject({
      side: "sell",
      tif: "gtd",
      expire_time: "1970-01-08T00:00:00.000Z",
    });
  });
});

test("the best price is one's own when an order of one's own stands there", () => {
  expect(besideOf(BOOK, "buy", [own("sell", 245)]).isOwn).toBe(true);
  expect(besideOf(BOOK, "buy", [own("sell", 250), own("buy", 245)]).isOwn).toBe(false);
  expect(besideOf(BOOK, "sell", [own("buy", 235)])).toMatchObject({ isOwn: true, pairs: 2 });
});
