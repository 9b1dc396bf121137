/**
 * The events of call auctions: counts of what is collected, an uncross taken in, its price, and its
 * trades, which show no level, because nothing is shown before an instrument opens.
 */
import { ClearingF64, type PriceSearch } from "./auction-price.ts";
import { type Collected, collectedAt } from "./collected.ts";
import { EventType, OrderType, Side } from "./codes.ts";
import { CommandFlag } from "./command.ts";
import { EventF64, EventFlag, EventI32 } from "./event.ts";
import type { EventRecord } from "./event-record.ts";
import {
  INSTRUMENT_SHIFT,
  INSTRUMENT_SHIFT64,
  InstrumentF64,
  InstrumentI32,
  type Instruments,
} from "./instruments.ts";
import { INDICATIVE_LEVELS_MAX } from "./limits.ts";
import { ORDER_SHIFT, OrderI32, type Orders, sideOf, statusOf, tifOf } from "./orders.ts";

const ROW = ORDER_SHIFT;
const { bits: BITS, open: OPEN, account: ACCOUNT, instrument: INSTRUMENT } = OrderI32;
const E = EventI32;
const D = EventF64;
const { BID, ASK } = Side;

export interface EmitAuction {
  /** What an instrument has collected changed; with the indicative price if it tells one. */
  counted(instrument: number): void;
  /** Response to UNCROSS; answers where the event lies: whether it has finished is not known yet. */
  uncrossAccepted(instrument: number, product: number): number;
  uncrossCovers(event: number, instruments: number, flags: number): void;
  /** An instrument's price is found: `clearing`. */
  uncrossed(instrument: number, clearing: Float64Array): void;
  /** Two collected orders traded; `maker` is the one that came first. */
  trade(maker: number, taker: number, units: number, priceTicks: number): void;
}

/** Of `emit-fields.ts`. */
interface Fields {
  owner(at: number, slot: number): void;
  unseen(at: number): void;
  hears(at64: number, account: number): void;
  taker(at: number, slot: number, openNow: number): void;
}

export interface EmitAuctionTables {
  readonly orders: Orders;
  readonly instruments: Instruments;
  readonly collected: Collected;
  /** To find indicative prices with. */
  readonly indicative: PriceSearch;
}

export function makeEmitAuction(
  record: EventRecord,
  fields: Fields,
  tables: EmitAuctionTables,
): EmitAuction {
  const { orders, instruments, collected, indicative } = tables;
  const { blank, word, double } = record;
  const { i32: o32 } = orders;
  const { i32: n32, f64: n64 } = instruments;
  const { i32: e32, f64: e64 } = record.events;

  /** The public hears the record in hand. */
  function isPublic(instrument: number): void {
    const at = (instrument << INSTRUMENT_SHIFT64) + InstrumentF64.marketSeq;
    n64[at] = n64[at]! + 1;
    double(D.marketSeq, n64, at);
  }

  function tellIndicative(instrument: number): void {
    const flags = n32[(instrument << INSTRUMENT_SHIFT) + InstrumentI32.flags]!;
    if ((flags & CommandFlag.INDICATIVE) === 0) return;
    indicative.begin();
    if (indicative.step(instrument, INDICATIVE_LEVELS_MAX) < 0) return;
    word(E.priceTicks, indicative.clearing[ClearingF64.priceTicks]!);
    double(D.auctionUnits, indicative.clearing, ClearingF64.units);
  }

  function counted(instrument: number): void {
    const bids = collectedAt(instrument, BID);
    const asks = collectedAt(instrument, ASK);
    blank(EventType.AUCTION_COUNTED);
    word(E.instrument, instrument);
    word(E.bidOrders, collected.orders[bids]!);
    word(E.askOrders, collected.orders[asks]!);
    double(D.bidUnits, collected.units, bids);
    double(D.askUnits, collected.units, asks);
    tellIndicative(instrument);
    isPublic(instrument);
  }

  function uncrossAccepted(instrument: number, product: number): number {
    blank(EventType.UNCROSS_ACCEPTED);
    record.respond();
    word(E.instrument, instrument);
    word(E.product, product);
    return record.index();
  }

  function uncrossed(instrument: number, clearing: Float64Array): void {
    blank(EventType.UNCROSSED);
    word(E.instrument, instrument);
    word(E.priceTicks, clearing[ClearingF64.priceTicks]!);
    double(D.auctionUnits, clearing, ClearingF64.units);
    double(D.bidUnits, clearing, ClearingF64.bidUnits);
    double(D.askUnits, clearing, ClearingF64.askUnits);
    isPublic(instrument);
  }

  function trade(maker: number, taker: number, units: number, priceTicks: number): void {
    const row = maker << ROW;
    const bits = o32[row + BITS]!;
    const instrument = o32[row + INSTRUMENT]!;
    const shape = OrderType.LIMIT | (tifOf(bits) << 8) | (statusOf(bits) << 16);
    const at = record.open(EventType.TRADE, sideOf(bits), 0, shape);
    const at64 = at >> 1;
    e32[at] = e32[at]! | (EventFlag.AUCTION << 8);
    fields.owner(at, maker);
    fields.unseen(at);
    e32[at + E.priceTicks] = priceTicks;
    e32[at + E.quantity] = units;
    e64[at64 + D.correlation] = 0;
    isPublic(instrument);
    const idAt = (instrument << INSTRUMENT_SHIFT64) + InstrumentF64.tradeId;
    n64[idAt] = n64[idAt]! + 1;
    double(D.tradeId, n64, idAt);
    n32[(instrument << INSTRUMENT_SHIFT) + InstrumentI32.lastTicks] = priceTicks;
    fields.hears(at64 + D.accountSeq, o32[row + ACCOUNT]!);
    fields.taker(at, taker, o32[(taker << ROW) + OPEN]!);
  }

  return {
    counted,
    uncrossAccepted,
    uncrossCovers: record.cover,
    uncrossed,
    trade,
  };
}
