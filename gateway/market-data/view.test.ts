/** The trades an instrument keeps: the newest, in order, in rows that are written again in turns. */
import { expect, test } from "@jest/globals";
import type { Instrument } from "../registry/catalog.ts";
import {
  addTrade,
  type InstrumentView,
  lastTrade,
  makeView,
  newestTrades,
  rowOfNextTrade,
  TRADES_KEPT,
} from "./view.ts";

const SIZE = { instrument_id: 1, symbol: "A:9", product: { shard: 0 } } as Instrument;

function trade(view: InstrumentView, tradeId: number, priceTicks: number): void {
  const row = rowOfNextTrade(view);
  Object.assign(row, { tradeId, priceTicks, quantity: 1, stampUs: tradeId, marketSeq: tradeId });
  addTrade(view, row);
}

const idsOf = (view: InstrumentView): number[] => newestTrades(view).map(({ tradeId }) => tradeId);

test("none, fewer than are kept, as many, and more", () => {
  const view = makeView(SIZE);
  expect(lastTrade(view)).toBeUndefined();
  expect(newestTrades(view)).toEqual([]);
  for (let id = 1; id <= 3 * TRADES_KEPT + 7; id++) {
    trade(view, id, 100 + (id % 5));
    const first = Math.max(1, id - TRADES_KEPT + 1);
    expect(idsOf(view)).toEqual(Array.from({ length: id - first + 1 }, (_, at) => first + at));
    expect(lastTrade(view)).toMatchObject({ tradeId: id, priceTicks: 100 + (id % 5) });
  }
  expect(view.volume).toBe(3 * TRADES_KEPT + 7);
  expect(view.changeTicks).toBe(1); // from 101 to 102
});
