// Mornings of releases as the public sees them: nothing of what waits, the trades of each auction, then
// a book that is the shard's own, level by level.
import { expect, test } from "@jest/globals";
import { EVENT_BYTES, EventFlag, EventType, EventU8 } from "../../engine/client/layouts.ts";
import { type Driver, makeDriver } from "../../engine/core/testing/driver.ts";
import { makeRelease } from "../../engine/core/testing/random-release.ts";
import type { Catalog, Instrument, ProductSpec } from "../registry/catalog.ts";
import { Market } from "./market.ts";
import type { Levels } from "./depth.ts";

const INSTRUMENTS = 5;
const COMMANDS = 600;

const instruments = Array.from({ length: INSTRUMENTS }, (_, n): Instrument => {
  const product = { product_id: 1, shard: 0, spec: { style: "A" } as ProductSpec };
  return { instrument_id: n + 1, symbol: `A:US-${n + 1}`, size: `US-${n + 1}`, product };
});
const catalog = {
  instrumentById: (id: number) => instruments.find((of) => of.instrument_id === id),
} as Catalog;

/** One side as the shard tells depth: best first. */
function told({ priceTicks, quantity, orders }: Levels): object[] {
  const levels = priceTicks.map((ticks, n) => {
    return { priceTicks: ticks, quantity: quantity[n]!, orders: orders[n]! };
  });
  return levels.toReversed();
}

function hear(market: Market, { events }: Driver): { trades: number; counts: number } {
  const heard = { trades: 0, counts: 0 };
  for (let n = 0; n < events.count; n++) {
    const type = events.u8[n * EVENT_BYTES + EventU8.type]!;
    const flags = events.u8[n * EVENT_BYTES + EventU8.flags]!;
    if (type === EventType.TRADE && (flags & EventFlag.AUCTION) !== 0) heard.trades++;
    if (type === EventType.AUCTION_COUNTED) heard.counts++;
    market.onEvent(events, n);
  }
  market.onCommandEnd();
  market.onBatchEnd();
  return heard;
}

test.each([1, 2, 3, 4])("release %s opens with the shard's own books", (seed) => {
  const market = new Market(catalog);
  const sizes = { accountsMax: 16, instrumentsMax: 16, ordersMax: 2_000, idsMax: 4_000 };
  const driver = makeDriver("fast", { ...sizes, behaviour: 2 });
  const traffic = makeRelease(seed);
  const all = { trades: 0, counts: 0 };
  for (let n = 0; n < COMMANDS; n++) {
    const { type, words, stampUs } = traffic.next();
    driver.setStampUs(stampUs);
    driver.apply(type, words);
    const heard = hear(market, driver);
    all.trades += heard.trades;
    all.counts += heard.counts;
    for (const { instrument_id: id } of instruments) {
      const view = market.feedById(id)?.view;
      if (view === undefined) continue;
      expect(told(view.bids)).toEqual(driver.shard.depth(id, 1, 10_000));
      expect(told(view.asks)).toEqual(driver.shard.depth(id, 2, 10_000));
    }
  }
  expect(all.trades).toBeGreaterThan(5);
  expect(all.counts).toBeGreaterThan(50);
  const listed = instruments.map(({ instrument_id: id }) => market.feedById(id)!.view.volume);
  expect(listed.filter((units) => units > 0).length).toBeGreaterThan(1);
});
