/**
 * The fields that several kinds of event share; `emit.ts` composes events from them. Each of these
 * sets all of its words, so that a record needs no zeroing. The two sequences in which readers
 * look for gaps grow here and in `trade`, nowhere else: the market sequence per public event, the
 * account sequence per event an account hears.
 */
import { ACCOUNT_SHIFT64, AccountF64 } from "./accounts.ts";
import { MATCH_MASK, MATCH_SHIFT, MatchI32 } from "./book-api.ts";
import type { EmitTables } from "./emit-api.ts";
import { EventB64, EventF64, EventI32 } from "./event.ts";
import { INSTRUMENT_SHIFT64, InstrumentF64 } from "./instruments.ts";
import { COLLECTED, ORDER_SHIFT, ORDER_SHIFT64, OrderB64, OrderI32 } from "./orders.ts";

const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const M_ROW = MATCH_SHIFT;
const M_MASK = MATCH_MASK;
const { levelOrders: M_ORDERS } = MatchI32;
const { instrument: INSTRUMENT, account: ACCOUNT, bits: BITS } = OrderI32;
const COLLECTED_BIT = COLLECTED;
const { filled: FILLED } = OrderI32;
const {
  instrumentPrice: O_PRICE,
  accountOpen: O_OPEN,
  orderId: O_ORDER,
  expiresAtUs: O_EXPIRES,
  clientOrderId: O_KEY,
  firstSequence: O_FIRST,
} = OrderB64;
const {
  instrumentPrice: B_PRICE,
  orderId: B_ORDER,
  accountOpen: B_OPEN,
  clientOrderId: B_KEY,
  expiresAtUs: B_EXPIRES,
  firstSequence: B_FIRST,
  takerOrderId: B_TAKER_ORDER,
  takerClientOrderId: B_TAKER_KEY,
} = EventB64;
const A_ROW = ACCOUNT_SHIFT64;
const A_SEQUENCE = AccountF64.sequence;
const N_ROW = INSTRUMENT_SHIFT64;
const N_MARKET = InstrumentF64.marketSeq;
const {
  levelOrders: E_LEVEL_ORDERS,
  filled: E_FILLED,
  takerAccount: E_TAKER_ACCOUNT,
  takerOpen: E_TAKER_OPEN,
  takerFilled: E_TAKER_FILLED,
} = EventI32;
const {
  levelQuantity: D_LEVEL_QUANTITY,
  marketSeq: D_MARKET,
  tradeId: D_TRADE,
  takerAccountSeq: D_TAKER_SEQ,
} = EventF64;

/** `at` is a record's first word, `at64` a double of the buffer. */
export interface EventFields {
  /** Whose order it is: from `instrument` to `clientOrderId` what the row knows, as it knows it. */
  owner(at: number, slot: number): void;
  /** When the order expires, and the sequence that first carried its id. */
  terms(at64: number, slot: number): void;
  /** Nobody sees a level change: zeroes from `levelOrders` to `tradeId`. */
  unseen(at: number): void;
  /** The public sees the level a book change left behind. */
  seen(at: number, instrument: number): void;
  /** The public hears it: the instrument's next market sequence. */
  heard(at64: number, instrument: number): void;
  /** As `seen`; nobody sees a level of an order that is collected. */
  shown(at: number, slot: number): void;
  /** No taker: zeroes from `takerAccount` to the end; the two doubles before are the caller's. */
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
  const { i32: e32, f64: e64, b64: eb } = tables.events;
  const { i32: o32, b64: ob, mask: oMask } = orders;
  const { f64: a64, mask: aMask } = tables.accounts;
  const { f64: n64, mask: nMask } = tables.instruments;
  const m32 = matches.i32;
  const matchedQuantity = matches.levelQuantity;
  const { orders: touchedOrders, quantity: touchedQuantity } = touched;

  function owner(at: number, slot: number): void {
    const row = (slot & oMask) << ROW;
    const from = row >> 1;
    const to = at >> 1;
    eb[to + B_PRICE] = ob[from + O_PRICE]!;
    eb[to + B_ORDER] = ob[from + O_ORDER]!;
    eb[to + B_OPEN] = ob[from + O_OPEN]!;
    e32[at + E_FILLED] = o32[row + FILLED]!;
    e32[at + E_FILLED + 1] = 0;
    eb[to + B_KEY] = ob[from + O_KEY]!;
    eb[to + B_KEY + 1] = ob[from + O_KEY + 1]!;
  }

  function terms(at64: number, slot: number): void {
    const from = (slot & oMask) << ROW64;
    eb[at64 + B_EXPIRES] = ob[from + O_EXPIRES]!;
    eb[at64 + B_FIRST] = ob[from + O_FIRST]!;
  }

  function unseen(at: number): void {
    const at64 = at >> 1;
    e32[at + E_LEVEL_ORDERS] = 0;
    e64[at64 + D_LEVEL_QUANTITY] = 0;
    e64[at64 + D_MARKET] = 0;
    e64[at64 + D_TRADE] = 0;
  }

  function heard(at64: number, instrument: number): void {
    const sequenceAt = ((instrument & nMask) << N_ROW) + N_MARKET;
    const sequence = n64[sequenceAt]! + 1;
    n64[sequenceAt] = sequence;
    e64[at64 + D_MARKET] = sequence;
  }

  function seen(at: number, instrument: number): void {
    const at64 = at >> 1;
    e32[at + E_LEVEL_ORDERS] = touchedOrders[0]!;
    e64[at64 + D_LEVEL_QUANTITY] = touchedQuantity[0]!;
    heard(at64, instrument);
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
    const sequenceAt = ((account & aMask) << A_ROW) + A_SEQUENCE;
    const sequence = a64[sequenceAt]! + 1;
    a64[sequenceAt] = sequence;
    e64[at64] = sequence;
  }

  function matched(at: number, n: number): void {
    e32[at + E_LEVEL_ORDERS] = m32[((n & M_MASK) << M_ROW) + M_ORDERS]!;
    e64[(at >> 1) + D_LEVEL_QUANTITY] = matchedQuantity[n]!;
  }

  function taker(at: number, slot: number, openNow: number): void {
    const row = (slot & oMask) << ROW;
    const from = row >> 1;
    const to = at >> 1;
    const account = o32[row + ACCOUNT]!;
    eb[to + B_TAKER_ORDER] = ob[from + O_ORDER]!;
    e32[at + E_TAKER_ACCOUNT] = account;
    e32[at + E_TAKER_OPEN] = openNow;
    e32[at + E_TAKER_FILLED] = o32[row + FILLED]!;
    e32[at + E_TAKER_FILLED + 1] = 0;
    eb[to + B_TAKER_KEY] = ob[from + O_KEY]!;
    eb[to + B_TAKER_KEY + 1] = ob[from + O_KEY + 1]!;
    hears(to + D_TAKER_SEQ, account);
  }

  return { owner, terms, unseen, heard, seen, shown, alone, hears, matched, taker };
}
