/** A day of trades becomes bars: of every length, bounded, and the same however it is asked. */
import { describe, expect, test } from "@jest/globals";
import { Side } from "../../engine/client/layouts.ts";
import type { Instrument } from "../registry/catalog.ts";
import { type BarBudget, History, type PricedTrade, RESOLUTIONS, sumOf, Tape } from "./history.ts";

const [FIVE_MINUTES, HOUR, DAY, WEEK] = RESOLUTIONS;
const MINUTE = 60_000_000;
/** A Saturday's midnight. */
const MIDNIGHT = Date.UTC(2026, 10, 21) * 1000;
const instrument = { symbol: "A:US-9" } as Instrument;

const trade = (atMinute: number, priceMinor: number, quantity = 1): PricedTrade => ({
  instrument,
  tradeId: 1,
  priceMinor,
  quantity,
  takerSide: Side.BID,
  stampUs: MIDNIGHT + atMinute * MINUTE,
});

function historyOf(trades: readonly PricedTrade[], budget: BarBudget = { used: 0, max: 1_000 }) {
  const history = new History(budget);
  for (const each of trades) history.add(each);
  return history;
}

const told = (history: History, resolution: (typeof RESOLUTIONS)[number], sinceUs = 0): string[] =>
  history.bars(resolution, sinceUs).map((bar) => {
    const minute = (bar.startUs - MIDNIGHT) / MINUTE;
    const { openMinor, highMinor, lowMinor, closeMinor, volume, trades } = bar;
    return `${minute}: ${openMinor} ${highMinor} ${lowMinor} ${closeMinor} x${volume} in ${trades}`;
  });

describe("bars", () => {
  const history = historyOf([
    trade(1, 200),
    trade(2, 230, 2),
    trade(4, 190),
    trade(4, 210),
    trade(11, 220),
    trade(61, 250),
    trade(1_441, 240),
  ]);
  const everything = ["0: 200 230 190 210 x5 in 4"];

  test("open, high, low, close and pairs of each time with trades", () => {
    expect(told(history, FIVE_MINUTES!)).toEqual([
      ...everything,
      "10: 220 220 220 220 x1 in 1",
      "60: 250 250 250 250 x1 in 1",
      "1440: 240 240 240 240 x1 in 1",
    ]);
    expect(told(history, HOUR!)).toEqual([
      "0: 200 230 190 220 x6 in 5",
      "60: 250 250 250 250 x1 in 1",
      "1440: 240 240 240 240 x1 in 1",
    ]);
    expect(told(history, DAY!)).toEqual([
      "0: 200 250 190 250 x7 in 6",
      "1440: 240 240 240 240 x1 in 1",
    ]);
    expect(history.bars(WEEK!, 0)).toHaveLength(1);
    expect([history.volume, history.trades, history.last?.priceMinor]).toEqual([8, 7, 240]);
  });

  test("since a time: the bar that was under way then is in", () => {
    const since = (minute: number): string[] => told(history, HOUR!, MIDNIGHT + minute * MINUTE);
    expect(since(59)).toHaveLength(3);
    expect(since(60)).toHaveLength(2);
    expect(since(2_000)).toHaveLength(0);
  });

  test("their sum", () => {
    expect(sumOf(history.bars(HOUR!, 0))).toEqual({ volume: 8, trades: 7, changeMinor: 40 });
    expect(sumOf([])).toEqual({ volume: 0, trades: 0, changeMinor: 0 });
  });
});

describe("bounds", () => {
  test("a series keeps its newest bars", () => {
    const minutes = Array.from({ length: 300 }, (_, at) => trade(at * 5, 100 + at));
    const bars = historyOf(minutes, { used: 0, max: 10_000 }).bars(FIVE_MINUTES!, 0);
    expect([bars.length, bars[0]!.openMinor]).toEqual([288, 112]);
  });

  test("all series together: each goes on with what it has", () => {
    const budget = { used: 0, max: 6 };
    const first = historyOf([trade(0, 1), trade(5, 2)], budget);
    expect(told(first, FIVE_MINUTES!)).toHaveLength(2);
    expect(budget.used).toBe(5); // what was not read yet is in no bar
    const second = historyOf([trade(0, 7), trade(5, 8), trade(60, 9)], budget);
    expect(told(first, FIVE_MINUTES!)).toHaveLength(2);
    expect(told(second, FIVE_MINUTES!)).toEqual(["60: 9 9 9 9 x1 in 1"]);
    expect(told(second, DAY!)).toEqual(["0: 7 9 7 9 x3 in 3"]);
    expect(budget.used).toBe(9);
  });

  test("the tape keeps the last fifty", () => {
    const tape = new Tape();
    for (let at = 0; at < 60; at++) tape.add(trade(0, at));
    const prices = tape.trades().map(({ priceMinor }) => priceMinor);
    expect([prices.length, prices[0], prices.at(-1)]).toEqual([50, 10, 59]);
  });
});
