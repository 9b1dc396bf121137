/**
 * The fields that several kinds of event share; `emit.ts` composes events from them. Each of these
 * sets all of its words, so that a record needs no zeroing. The two sequences in which readers look
 * for gaps grow here and in `trade`, nowhere else: the market sequence per public event, the account
 * sequence per event an account hears.
 */
import { ACCOUNT_SHIFT64, AccountF64 } from "./accounts.ts";
import { MATCH_MASK, MATCH_SHIFT, MatchI32 } from "./book-api.ts";
import type { EmitTables } from "./emit-api.ts";
import { EventF64, EventI32 } from "./event.ts";
import { INSTRUMENT_SHIFT64, InstrumentF64 } from "./instruments.ts";
import { COLLECTED, ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32 } from "./orders.ts";

const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const M_ROW = MATCH_SHIFT;
const M_MASK = MATCH_MASK;
const { levelOrders: M_ORDERS } = MatchI32;
const { instrument: INSTRUMENT, account: ACCOUNT, bits: BITS } = OrderI32;
const COLLECTED_BIT = COLLECTED;
const { filled: FILLED, clientOrderId: KEY } = OrderI32;
const { orderId: ORDER_ID } = OrderF64;
const E = EventI32;
const D = EventF64;
const A_ROW = ACCOUNT_SHIFT64;
const A_SEQUENCE = AccountF64.sequence;
const N_ROW = INSTRUMENT_SHIFT64;
const N_MARKET = InstrumentF64.marketSeq;
const {
  instrument: E_INSTRUMENT,
  levelOrders: E_LEVEL_ORDERS,
  account: E_ACCOUNT,
  open: E_OPEN,
  filled: E_FILLED,
  clientOrderId: E_KEY,
  takerAccount: E_TAKER_ACCOUNT,
  takerOpen: E_TAKER_OPEN,
  takerFilled: E_TAKER_FILLED,
  takerClientOrderId: E_TAKER_KEY,
} = E;
const {
  levelQuantity: D_LEVEL_QUANTITY,
  marketSeq: D_MARKET,
  tradeId: D_TRADE,
  orderId: D_ORDER,
  takerOrderId: D_TAKER_ORDER,
  takerAccountSeq: D_TAKER_SEQ,
} = D;

/** `at` is a record's first word, `at64` a double of the buffer. */
export interface EventFields {
  /** Whose order it is: the fields from `instrument` to `clientOrderId` that the row knows. */
  owner(at: number, slot: number, openNow: number): void;
  /** Nobody sees a level change: zeroes from `levelOrders` to `tradeId`. */
  unseen(at: number): void;
  /** The public sees the level a book change left behind. */
  seen(at: number, instrument: number): void;
  /** As `seen`; nobody sees a level of an order that is collected. */
  shown(at: number, slot: number): void;
  /** No taker: zeroes from `takerAccount` to the end; the two doubles before it are the caller's. */
  alone(at: number): void;
  /** The account hears it: its next sequence goes to the double `at64`. */
  hears(at64: number, account: number): void;
  /** The level row `n` of the matches left behind. */
  matched(at: number, n: number): void;
  /** The taker of a trade or prevention. */
  taker(at: number, slot: number, openNow: number): void;
}

export function makeEventFields(tables: EmitTables): EventFields {
  const { orders, matches, touched } = tables;
  const { i32: e32, f64: e64 } = tables.events;
  const { i32: o32, f64: o64, mask: oMask } = orders;
  const { f64: a64, mask: aMask } = tables.accounts;
  const { f64: n64, mask: nMask } = tables.instruments;
  const m32 = matches.i32;
  const matchedQuantity = matches.levelQuantity;
  const { orders: touchedOrders, quantity: touchedQuantity } = touched;

  function owner(at: number, slot: number, openNow: number): void {
    const row = (slot & oMask) << ROW;
    e32[at + E_INSTRUMENT] = o32[row + INSTRUMENT]!;
    e32[at + E_ACCOUNT] = o32[row + ACCOUNT]!;
    e32[at + E_OPEN] = openNow;
    e32[at + E_FILLED] = o32[row + FILLED]!;
    e32[at + E_FILLED + 1] = 0;
    e32[at + E_KEY] = o32[row + KEY]!;
    e32[at + E_KEY + 1] = o32[row + KEY + 1]!;
    e32[at + E_KEY + 2] = o32[row + KEY + 2]!;
    e32[at + E_KEY + 3] = o32[row + KEY + 3]!;
    e64[(at >> 1) + D_ORDER] = o64[((slot & oMask) << ROW64) + ORDER_ID]!;
  }

  function unseen(at: number): void {
    const at64 = at >> 1;
    e32[at + E_LEVEL_ORDERS] = 0;
    e64[at64 + D_LEVEL_QUANTITY] = 0;
    e64[at64 + D_MARKET] = 0;
    e64[at64 + D_TRADE] = 0;
  }

  function seen(at: number, instrument: number): void {
    const at64 = at >> 1;
    const sequence = n64[((instrument & nMask) << N_ROW) + N_MARKET]! + 1;
    n64[((instrument & nMask) << N_ROW) + N_MARKET] = sequence;
    e32[at + E_LEVEL_ORDERS] = touchedOrders[0]!;
    e64[at64 + D_LEVEL_QUANTITY] = touchedQuantity[0]!;
    e64[at64 + D_MARKET] = sequence;
    e64[at64 + D_TRADE] = 0;
  }

  function shown(at: number, slot: number): void {
    const row = (slot & oMask) << ROW;
    if ((o32[row + BITS]! & COLLECTED_BIT) === 0) seen(at, o32[row + INSTRUMENT]!);
    else unseen(at);
  }

  function alone(at: number): void {
    const at64 = at >> 1;
    e64[at64 + 17] = 0;
    e64[at64 + 18] = 0;
    e64[at64 + 19] = 0;
    e64[at64 + 20] = 0;
  }

  function hears(at64: number, account: number): void {
    const sequence = a64[((account & aMask) << A_ROW) + A_SEQUENCE]! + 1;
    a64[((account & aMask) << A_ROW) + A_SEQUENCE] = sequence;
    e64[at64] = sequence;
  }

  function matched(at: number, n: number): void {
    e32[at + E_LEVEL_ORDERS] = m32[((n & M_MASK) << M_ROW) + M_ORDERS]!;
    e64[(at >> 1) + D_LEVEL_QUANTITY] = matchedQuantity[n]!;
  }

  function taker(at: number, slot: number, openNow: number): void {
    const row = (slot & oMask) << ROW;
    const account = o32[row + ACCOUNT]!;
    e32[at + E_TAKER_ACCOUNT] = account;
    e32[at + E_TAKER_OPEN] = openNow;
    e32[at + E_TAKER_FILLED] = o32[row + FILLED]!;
    e32[at + E_TAKER_FILLED + 1] = 0;
    e32[at + E_TAKER_KEY] = o32[row + KEY]!;
    e32[at + E_TAKER_KEY + 1] = o32[row + KEY + 1]!;
    e32[at + E_TAKER_KEY + 2] = o32[row + KEY + 2]!;
    e32[at + E_TAKER_KEY + 3] = o32[row + KEY + 3]!;
    e64[(at >> 1) + D_TAKER_ORDER] = o64[((slot & oMask) << ROW64) + ORDER_ID]!;
    hears((at >> 1) + D_TAKER_SEQ, account);
  }

  return { owner, unseen, seen, shown, alone, hears, matched, taker };
}
