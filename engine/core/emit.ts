/**
 * Each kind of event about an order, written word by word. Nothing is decided here: callers say what
 * happened and have already changed the state its numbers are read from. The two sequences in which
 * readers look for gaps grow here and nowhere else: the market sequence per public event, the account
 * sequence per event an account hears.
 */
import { MATCH_MASK, MATCH_SHIFT, MatchI32 } from "./book-api.ts";
import { EventType, OrderType } from "./codes.ts";
import { CommandF64 } from "./command.ts";
import { makeEmitAdmin } from "./emit-admin.ts";
import type { Emit, EmitTables } from "./emit-api.ts";
import { makeEmitGroup } from "./emit-group.ts";
import { makeEmitSession } from "./emit-session.ts";
import { makeEmitAuction } from "./emit-auction.ts";
import { EventF64, EventFlag, EventI32 } from "./event.ts";
import { makeEmitResponses } from "./emit-response.ts";
import { makeEventFields } from "./emit-fields.ts";
import { makeEventRecord, shapeOf } from "./event-record.ts";
import {
  INSTRUMENT_SHIFT,
  INSTRUMENT_SHIFT64,
  InstrumentF64,
  InstrumentI32,
} from "./instruments.ts";
import { ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, OrderBits } from "./orders.ts";

const EVENT = EventType;
const { sideOf, tifOf, statusOf } = OrderBits;
const shapeWith = shapeOf;
const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const M_ROW = MATCH_SHIFT;
const M_MASK = MATCH_MASK;
const { slot: M_SLOT, quantity: M_QUANTITY } = MatchI32;
const { instrument: INSTRUMENT, priceTicks: PRICE, open: OPEN, account: ACCOUNT } = OrderI32;
const { bits: BITS, total: TOTAL } = OrderI32;
const { priority: PRIORITY } = OrderF64;
const E = EventI32;
const D = EventF64;
const LIMIT = OrderType.LIMIT;
const N_ROW = INSTRUMENT_SHIFT64;
const N_MARKET = InstrumentF64.marketSeq;
const N_TRADE = InstrumentF64.tradeId;
const I_ROW = INSTRUMENT_SHIFT;
const I_LAST = InstrumentI32.lastTicks;
const C_CORRELATION = CommandF64.correlation;
const REQUEUED = EventFlag.REQUEUED << 8;
const RESTORED = EventFlag.RESTORED << 8;
const {
  instrument: E_INSTRUMENT,
  priceTicks: E_PRICE,
  quantity: E_QUANTITY,
  open: E_OPEN,
  newPriceTicks: E_NEW_PRICE,
  newTotal: E_NEW_TOTAL,
} = E;
const {
  correlation: D_CORRELATION,
  marketSeq: D_MARKET,
  tradeId: D_TRADE,
  accountSeq: D_ACCOUNT_SEQ,
  expiresAtUs: D_EXPIRES,
  firstSequence: D_FIRST,
  priority: D_PRIORITY,
} = D;

export function makeEmit(tables: EmitTables): Emit {
  const { turn, orders, matches } = tables;
  const record = makeEventRecord(turn, tables.events);
  const fields = makeEventFields(tables);
  const { owner, terms, unseen, heard, seen, shown, alone, hears, matched, taker } = fields;
  const { open } = record;
  const { i32: e32, f64: e64 } = tables.events;
  const { i32: o32, f64: o64, mask: oMask } = orders;
  const { f64: c64 } = turn;
  const { i32: n32, f64: n64, mask: nMask } = tables.instruments;
  const m32 = matches.i32;

  /** The first two words and the limit of an event about a resting order, which is a limit order. */
  function resting(type: number, reason: number, slot: number): number {
    const bits = o32[((slot & oMask) << ROW) + BITS]!;
    const shape = LIMIT | (tifOf(bits) << 8) | (statusOf(bits) << 16);
    return open(type, sideOf(bits), reason, shape);
  }

  /** What a trade and a prevention have in common, all but the trade's id: the maker as owner, then the taker. */
  function met(n: number, type: number, takerSlot: number, takerOpen: number): number {
    const slot = m32[((n & M_MASK) << M_ROW) + M_SLOT]!;
    const row = (slot & oMask) << ROW;
    const at = resting(type, 0, slot);
    owner(at, slot);
    heard(at >> 1, o32[row + INSTRUMENT]!);
    matched(at, n);
    e32[at + E_QUANTITY] = m32[((n & M_MASK) << M_ROW) + M_QUANTITY]!;
    e64[(at >> 1) + D_CORRELATION] = 0;
    hears((at >> 1) + D_ACCOUNT_SEQ, o32[row + ACCOUNT]!);
    taker(at, takerSlot, takerOpen);
    return at;
  }

  function trade(n: number, takerSlot: number, takerOpen: number): void {
    const at = met(n, EVENT.TRADE, takerSlot, takerOpen);
    const idAt = ((e32[at + E_INSTRUMENT]! & nMask) << N_ROW) + N_TRADE;
    const id = n64[idAt]! + 1;
    n64[idAt] = id;
    n32[((e32[at + E_INSTRUMENT]! & nMask) << I_ROW) + I_LAST] = e32[at + E_PRICE]!;
    e64[(at >> 1) + D_TRADE] = id;
  }

  function prevented(n: number, takerSlot: number, takerOpen: number): void {
    const at = met(n, EVENT.PREVENTED, takerSlot, takerOpen);
    e64[(at >> 1) + D_TRADE] = 0;
  }

  /** An order that is out of the book, with what it had open. */
  function gone(slot: number, type: number, reason: number): number {
    const row = (slot & oMask) << ROW;
    const at = resting(type, reason, slot);
    const at64 = at >> 1;
    owner(at, slot);
    e32[at + E_OPEN] = 0;
    shown(at, slot);
    alone(at);
    e32[at + E_QUANTITY] = o32[row + OPEN]!;
    e64[at64 + D_CORRELATION] = 0;
    e64[at64 + D_EXPIRES] = 0;
    e64[at64 + D_FIRST] = 0;
    hears(at64 + D_ACCOUNT_SEQ, o32[row + ACCOUNT]!);
    return at;
  }

  function removed(n: number, type: number, reason: number): void {
    matched(gone(m32[((n & M_MASK) << M_ROW) + M_SLOT]!, type, reason), n);
  }

  function left(slot: number, type: number, reason: number, isResponse: boolean): void {
    const at = gone(slot, type, reason);
    if (isResponse) e64[(at >> 1) + D_CORRELATION] = c64[C_CORRELATION]!;
  }

  /** Units that left an order which does not rest. */
  function unrested(
    type: number,
    slot: number,
    priceTicks: number,
    quantity: number,
    reason: number,
  ): number {
    const bits = o32[((slot & oMask) << ROW) + BITS]!;
    const shape = shapeWith(0, 0, statusOf(bits));
    const at = open(type, sideOf(bits), reason, shape);
    const at64 = at >> 1;
    owner(at, slot);
    e32[at + E_OPEN] = 0;
    unseen(at);
    alone(at);
    e32[at + E_PRICE] = priceTicks;
    e32[at + E_QUANTITY] = quantity;
    e64[at64 + D_CORRELATION] = 0;
    e64[at64 + D_EXPIRES] = 0;
    e64[at64 + D_FIRST] = 0;
    hears(at64 + D_ACCOUNT_SEQ, o32[((slot & oMask) << ROW) + ACCOUNT]!);
    return at;
  }

  function dropped(slot: number, priceTicks: number, quantity: number, reason: number): void {
    unrested(EVENT.CANCELLED, slot, priceTicks, quantity, reason);
  }

  function restedAt(slot: number): number {
    const row = (slot & oMask) << ROW;
    const at = resting(EVENT.RESTED, 0, slot);
    const at64 = at >> 1;
    owner(at, slot);
    seen(at, o32[row + INSTRUMENT]!);
    alone(at);
    e32[at + E_QUANTITY] = o32[row + OPEN]!;
    e64[at64 + D_CORRELATION] = 0;
    e64[at64 + D_ACCOUNT_SEQ] = 0;
    terms(at64, slot);
    return at;
  }

  function rested(slot: number): void {
    restedAt(slot);
  }

  function restored(slot: number): void {
    const at = restedAt(slot);
    e32[at] = e32[at]! | RESTORED;
    e64[(at >> 1) + D_PRIORITY] = o64[((slot & oMask) << ROW64) + PRIORITY]!;
  }

  function amended(slot: number, priceTicks: number, quantity: number, isRequeued: boolean): void {
    const row = (slot & oMask) << ROW;
    const at = resting(EVENT.AMENDED | (isRequeued ? REQUEUED : 0), 0, slot);
    const at64 = at >> 1;
    owner(at, slot);
    shown(at, slot);
    alone(at);
    e32[at + E_PRICE] = priceTicks;
    e32[at + E_QUANTITY] = quantity;
    e32[at + E_NEW_PRICE] = o32[row + PRICE]!;
    e32[at + E_NEW_TOTAL] = o32[row + TOTAL]!;
    e64[at64 + D_CORRELATION] = c64[C_CORRELATION]!;
    terms(at64, slot);
    hears(at64 + D_ACCOUNT_SEQ, o32[row + ACCOUNT]!);
  }

  return {
    begin: record.begin,
    end: record.end,
    ...makeEmitResponses(record, fields, tables),
    trade,
    prevented,
    removed,
    left,
    dropped,
    rested,
    restored,
    amended,
    ...makeEmitGroup(tables, gone, unrested),
    session: makeEmitSession(record, hears, turn, tables.timers),
    auction: makeEmitAuction(record, fields, tables),
    admin: makeEmitAdmin(record, tables, (instrument) => {
      const at = ((instrument & nMask) << N_ROW) + N_MARKET;
      n64[at] = n64[at]! + 1;
      record.double(D_MARKET, n64, at);
    }),
  };
}
