/**
 * The life of an order from its first place in a book to its end, and of a taker against the book:
 * the one place where rows, ids, accounts, expiries and events are kept in step.
 */
import { ACCOUNT_DOUBLES, AccountF64 } from "./accounts.ts";
import { assert } from "./assert.ts";
import { MATCH_WORDS, MatchI32, MatchKind, MatchResult, MatchStop } from "./book-api.ts";
import { CancelReason, EventType, InstrumentState, OrderStatus, Side } from "./codes.ts";
import { INSTRUMENT_WORDS, InstrumentI32 } from "./instruments.ts";
import {
  COLLECTED,
  ORDER_DOUBLES,
  ORDER_WORDS,
  OrderF64,
  OrderI32,
  sideOf,
  withStatus,
} from "./orders.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";

export interface Life {
  /** Puts a filled row into its book, told as RESTED; unseen while its instrument collects. */
  rest(slot: number): void;
  /** `by` units have left a resting order that keeps its place, and its event has been told. */
  shrunk(slot: number, by: number): void;
  /** Takes a resting order out of the book for good. */
  end(slot: number, type: number, reason: number, isResponse: boolean): void;
  /** Ends an order that has lapsed, by its expiry if that is due, else by its mass cancel. */
  lapse(slot: number): void;
  /** Takes an order that is out of the book out of all else; all has been said about it. */
  release(slot: number): void;
  /** Adds `units` (or takes them off, negative) to the open bid value, if the order is a bid. */
  addBidValue(slot: number, units: number): void;
  setStatus(slot: number, status: number, reason: number): void;
  /**
   * Settles and tells what the last `book.match` did with the taker in `slot`, of `quantity` units;
   * answers what is left of it.
   */
  settleMakers(slot: number, quantity: number): number;
  /**
   * Whether what the last match left is to rest. If not, the order of `slot` has ended: filled, or
   * what was left of it was cancelled, which has been told.
   */
  settle(slot: number, priceTicks: number, left: number, mayRest: boolean): boolean;
}

const WORDS = ORDER_WORDS;
const DOUBLES = ORDER_DOUBLES;
const { bits: BITS, open: OPEN, account: ACCOUNT, filled: FILLED } = OrderI32;
const { instrument: INSTRUMENT, priceTicks: PRICE } = OrderI32;
const EXPIRES = OrderF64.expiresAtUs;
const A_DOUBLES = ACCOUNT_DOUBLES;
const { openBidValueMinor: A_VALUE, openBidValueMaxMinor: A_VALUE_MAX } = AccountF64;
const N_WORDS = INSTRUMENT_WORDS;
const { tickMinor: N_TICK, state: N_STATE } = InstrumentI32;
const PRE_OPEN = InstrumentState.PRE_OPEN;
const COLLECTED_BIT = COLLECTED;
const M_WORDS = MATCH_WORDS;
const { slot: M_SLOT, kind: M_KIND, quantity: M_QUANTITY } = MatchI32;
const { count: R_COUNT, remaining: R_REMAINING, stop: R_STOP } = MatchResult;
const { TRADE, SELF_DECREMENTED, LAPSED } = MatchKind;
const BID = Side.BID;
const { FILLED: STATUS_FILLED, CANCELLED: STATUS_CANCELLED, EXPIRED: STATUS_EXPIRED } = OrderStatus;
const { EXPIRED: EVENT_EXPIRED, CANCELLED: EVENT_CANCELLED } = EventType;
const { NONE, SELF_TRADE, MASS_CANCEL, IMMEDIATE_REMAINDER, WORK_BOUND } = CancelReason;
const { NONE: STOP_NONE, SELF_TRADE: STOP_SELF_TRADE, WORK_BOUND: STOP_WORK_BOUND } = MatchStop;
const STAMP = Counter.stampUs;
const TRADES_TOTAL = Counter.tradesTotal;

export function makeLife(state: State): Life {
  const { turn, orders, ids, accounts, instruments, expiry, massCancels, book, emit } = state;
  const { collected } = state;
  const o32 = orders.i32;
  const o64 = orders.f64;
  const a64 = accounts.f64;
  const n32 = instruments.i32;
  const m32 = book.matches.i32;
  const { result } = book.matches;
  const { counters } = turn;

  function setStatus(slot: number, status: number, reason: number): void {
    o32[slot * WORDS + BITS] = withStatus(o32[slot * WORDS + BITS]!, status, reason);
  }

  function addBidValue(slot: number, units: number): void {
    const row = slot * WORDS;
    if (sideOf(o32[row + BITS]!) !== BID) return;
    const account = o32[row + ACCOUNT]! * A_DOUBLES;
    if (a64[account + A_VALUE_MAX] === 0) return; // nobody asks for the sum
    const tickMinor = n32[o32[row + INSTRUMENT]! * N_WORDS + N_TICK]!;
    const value = a64[account + A_VALUE]! + o32[row + PRICE]! * tickMinor * units;
    assert(value >= 0, "open bids are worth no less than nothing");
    a64[account + A_VALUE] = value;
  }

  function rest(slot: number): void {
    const row = slot * WORDS;
    if (n32[o32[row + INSTRUMENT]! * N_WORDS + N_STATE] === PRE_OPEN) return collect(slot);
    book.rest(slot);
    addBidValue(slot, o32[row + OPEN]!);
    emit.rested(slot);
  }

  function collect(slot: number): void {
    const row = slot * WORDS;
    o32[row + BITS] = o32[row + BITS]! | COLLECTED_BIT;
    book.rest(slot);
    addBidValue(slot, o32[row + OPEN]!);
    collected.add(slot, 1, o32[row + OPEN]!);
    emit.auction.counted(o32[row + INSTRUMENT]!);
  }

  /** A collected order is gone, with all that its row has open. */
  function uncollect(slot: number): void {
    const row = slot * WORDS;
    o32[row + BITS] = o32[row + BITS]! & ~COLLECTED_BIT;
    collected.add(slot, -1, -o32[row + OPEN]!);
    emit.auction.counted(o32[row + INSTRUMENT]!);
  }

  function shrunk(slot: number, by: number): void {
    if ((o32[slot * WORDS + BITS]! & COLLECTED_BIT) === 0) return;
    collected.add(slot, 0, -by);
    emit.auction.counted(o32[slot * WORDS + INSTRUMENT]!);
  }

  function release(slot: number): void {
    if (!massCancels.isEmpty()) massCancels.leaving(slot);
    accounts.unlink(slot);
    expiry.remove(slot);
    orders.unindex(slot);
    ids.ended(slot);
  }

  function setEnded(slot: number, type: number, reason: number): void {
    setStatus(slot, type === EVENT_EXPIRED ? STATUS_EXPIRED : STATUS_CANCELLED, reason);
  }

  function end(slot: number, type: number, reason: number, isResponse: boolean): void {
    book.remove(slot);
    setEnded(slot, type, reason);
    emit.left(slot, type, reason, isResponse);
    addBidValue(slot, -o32[slot * WORDS + OPEN]!);
    if ((o32[slot * WORDS + BITS]! & COLLECTED_BIT) !== 0) uncollect(slot);
    release(slot);
  }

  function lapsedType(slot: number): number {
    const expiresAtUs = o64[slot * DOUBLES + EXPIRES]!;
    const isDue = expiresAtUs !== 0 && expiresAtUs <= counters[STAMP]!;
    return isDue ? EVENT_EXPIRED : EVENT_CANCELLED;
  }

  function lapse(slot: number): void {
    const type = lapsedType(slot);
    end(slot, type, type === EVENT_EXPIRED ? NONE : MASS_CANCEL, false);
  }

  /** A maker that a match removed from the book with all it had open. */
  function settleRemoved(n: number, slot: number, kind: number): void {
    const type = kind === LAPSED ? lapsedType(slot) : EVENT_CANCELLED;
    let reason: number = SELF_TRADE;
    if (kind === LAPSED) reason = type === EVENT_EXPIRED ? NONE : MASS_CANCEL;
    setEnded(slot, type, reason);
    emit.removed(n, type, reason);
    addBidValue(slot, -o32[slot * WORDS + OPEN]!);
    release(slot);
  }

  /** A maker that lost `units` to the taker, by a trade or by self-trade prevention. */
  function settleUnits(n: number, slot: number, taker: number, left: number): void {
    const row = slot * WORDS;
    const units = m32[n * M_WORDS + M_QUANTITY]!;
    const isUsedUp = o32[row + OPEN] === 0;
    if (m32[n * M_WORDS + M_KIND] === TRADE) {
      o32[row + FILLED] = o32[row + FILLED]! + units;
      o32[taker * WORDS + FILLED] = o32[taker * WORDS + FILLED]! + units;
      counters[TRADES_TOTAL] = counters[TRADES_TOTAL]! + 1;
      if (isUsedUp) setStatus(slot, STATUS_FILLED, NONE);
      emit.trade(n, taker, left);
    } else {
      if (isUsedUp) setStatus(slot, STATUS_CANCELLED, SELF_TRADE);
      emit.prevented(n, taker, left);
    }
    addBidValue(slot, -units);
    if (isUsedUp) release(slot);
  }

  function settleMakers(taker: number, quantity: number): number {
    const count = result[R_COUNT]!;
    let left = quantity;
    for (let n = 0; n < count; n++) {
      const slot = m32[n * M_WORDS + M_SLOT]!;
      const kind = m32[n * M_WORDS + M_KIND]!;
      if (kind === TRADE || kind === SELF_DECREMENTED) {
        left -= m32[n * M_WORDS + M_QUANTITY]!;
        settleUnits(n, slot, taker, left);
      } else {
        settleRemoved(n, slot, kind);
      }
    }
    assert(left === result[R_REMAINING], "what was matched is what was settled");
    return left;
  }

  function settle(slot: number, priceTicks: number, left: number, mayRest: boolean): boolean {
    if (left === 0) {
      const lastKind = m32[(result[R_COUNT]! - 1) * M_WORDS + M_KIND]!;
      if (lastKind === TRADE) setStatus(slot, STATUS_FILLED, NONE);
      else setStatus(slot, STATUS_CANCELLED, SELF_TRADE);
      return false;
    }
    const stop = result[R_STOP]!;
    if (stop === STOP_NONE && mayRest) return true;
    let reason: number = IMMEDIATE_REMAINDER;
    if (stop === STOP_SELF_TRADE) reason = SELF_TRADE;
    if (stop === STOP_WORK_BOUND) reason = WORK_BOUND;
    setStatus(slot, STATUS_CANCELLED, reason);
    emit.dropped(slot, priceTicks, left, reason);
    return false;
  }

  return { rest, shrunk, end, lapse, release, addBidValue, setStatus, settleMakers, settle };
}
