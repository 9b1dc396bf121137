/**
 * The life of an order from its first place in a book to its end, and of a taker against the book:
 * the one place where rows, ids, accounts, expiries and events are kept in step.
 */
import { ACCOUNT_SHIFT64, AccountF64 } from "./accounts.ts";
import { broken } from "./assert.ts";
import {
  MATCH_MASK,
  MATCH_SHIFT,
  MatchI32,
  MatchKind,
  MatchResult,
  MatchStop,
} from "./book-api.ts";
import { CancelReason, EventType, OrderStatus, Side } from "./codes.ts";
import { INSTRUMENT_SHIFT, InstrumentI32 } from "./instruments.ts";
import { GROUPED, ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, OrderBits } from "./orders.ts";
import { type Legs, makeLegs } from "./life-legs.ts";
import { makeRest, type Rest } from "./life-rest.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";
import { makeWords } from "./words.ts";

const { sideOf, withStatus } = OrderBits;

export interface Life extends Rest, Pick<Legs, "shrunk" | "takeFromSiblings"> {
  /** Takes a resting order out of the book for good. */
  end(slot: number, type: number, reason: number, isResponse: boolean): void;
  /** Ends an order that has lapsed, by its expiry if that is due, else by what covers it. */
  lapse(slot: number): void;
  /** Takes an order that is out of the book out of all else; all has been said about it. */
  release(slot: number): void;
  /**
   * Adds `units` (or takes them off, negative) to the open bid value, if the order is a bid. Not of a
   * leg of a group: see `groups.ts`.
   */
  addBidValue(slot: number, units: number): void;
  setStatus(slot: number, status: number, reason: number): void;
  /**
   * A resting order has just lost `units`, by a trade or a prevention, which has been told: what that
   * takes from its account's bid value, and from its group.
   */
  lost(slot: number, units: number, isTrade: boolean): void;
  /**
   * Settles and tells what the last `book.match` did with the taker in `slot`, of `quantity` units;
   * answers what is left of it. What of it was traded is in `traded[0]`.
   */
  settleMakers(slot: number, quantity: number): number;
  readonly traded: Int32Array;
  /**
   * Whether what the last match left is to rest. If not, the order of `slot` has ended: filled, or
   * what was left of it was cancelled, which has been told.
   */
  settle(slot: number, priceTicks: number, left: number, mayRest: boolean): boolean;
}

const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const { bits: BITS, open: OPEN, account: ACCOUNT, filled: FILLED } = OrderI32;
const { instrument: INSTRUMENT, priceTicks: PRICE } = OrderI32;
const EXPIRES = OrderF64.expiresAtUs;
const A_ROW64 = ACCOUNT_SHIFT64;
const { openBidValueMinor: A_VALUE, openBidValueMaxMinor: A_VALUE_MAX } = AccountF64;
const N_ROW = INSTRUMENT_SHIFT;
const N_TICK = InstrumentI32.tickMinor;
const M_ROW = MATCH_SHIFT;
const M_MASK = MATCH_MASK;
const { slot: M_SLOT, kind: M_KIND, quantity: M_QUANTITY } = MatchI32;
const { count: R_COUNT, remaining: R_REMAINING, stop: R_STOP } = MatchResult;
const { TRADE, SELF_DECREMENTED, LAPSED } = MatchKind;
const BID = Side.BID;
const { FILLED: STATUS_FILLED, CANCELLED: STATUS_CANCELLED, EXPIRED: STATUS_EXPIRED } = OrderStatus;
const { EXPIRED: EVENT_EXPIRED, CANCELLED: EVENT_CANCELLED } = EventType;
const { NONE, SELF_TRADE, TIMER, IMMEDIATE_REMAINDER, WORK_BOUND } = CancelReason;
const GROUPED_BIT = GROUPED;
const { NONE: STOP_NONE, SELF_TRADE: STOP_SELF_TRADE, WORK_BOUND: STOP_WORK_BOUND } = MatchStop;
const STAMP = Counter.stampUs;
const TRADES_TOTAL = Counter.tradesTotal;

export function makeLife(state: State): Life {
  const { turn, orders, ids, accounts, instruments, expiry, massCancels, book, emit } = state;
  const { i32: o32, f64: o64, mask: oMask } = orders;
  const { f64: a64, mask: aMask } = accounts;
  const { i32: n32, mask: nMask } = instruments;
  const m32 = book.matches.i32;
  const { result } = book.matches;
  const { counters } = turn;
  const traded = makeWords(1);

  function setStatus(slot: number, status: number, reason: number): void {
    const bitsAt = ((slot & oMask) << ROW) + BITS;
    o32[bitsAt] = withStatus(o32[bitsAt]!, status, reason);
  }

  function addBidValue(slot: number, units: number): void {
    const row = (slot & oMask) << ROW;
    const account = (o32[row + ACCOUNT]! & aMask) << A_ROW64;
    if (a64[account + A_VALUE_MAX] === 0) return; // nobody asks for the sum
    if (sideOf(o32[row + BITS]!) !== BID) return;
    const tickMinor = n32[((o32[row + INSTRUMENT]! & nMask) << N_ROW) + N_TICK]!;
    const value = a64[account + A_VALUE]! + o32[row + PRICE]! * tickMinor * units;
    if (!(value >= 0)) broken("open bids are worth no less than nothing");
    a64[account + A_VALUE] = value;
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

  const resting = makeRest(state, addBidValue);
  const legs = makeLegs(state, { addBidValue, setEnded, release });

  function end(slot: number, type: number, reason: number, isResponse: boolean): void {
    book.remove(slot);
    setEnded(slot, type, reason);
    emit.left(slot, type, reason, isResponse);
    resting.uncollect(slot);
    legs.uncount(slot);
    release(slot);
  }

  function lapsedType(slot: number): number {
    const expiresAtUs = o64[((slot & oMask) << ROW64) + EXPIRES]!;
    const isDue = expiresAtUs !== 0 && expiresAtUs <= counters[STAMP]!;
    return isDue ? EVENT_EXPIRED : EVENT_CANCELLED;
  }

  /** What is covered by no mass cancel is by a timer that has not become one yet. */
  function lapsedReason(slot: number, type: number): number {
    if (type === EVENT_EXPIRED) return NONE;
    const reason = massCancels.coveredBy(slot);
    return reason === NONE ? TIMER : reason;
  }

  function lapse(slot: number): void {
    const type = lapsedType(slot);
    end(slot, type, lapsedReason(slot, type), false);
  }

  /** A maker that a match removed from the book with all it had open. */
  function settleRemoved(n: number, slot: number, kind: number): void {
    const type = kind === LAPSED ? lapsedType(slot) : EVENT_CANCELLED;
    const reason = kind === LAPSED ? lapsedReason(slot, type) : SELF_TRADE;
    setEnded(slot, type, reason);
    emit.removed(n, type, reason);
    legs.uncount(slot);
    release(slot);
  }

  /** A maker that lost `units` to the taker, by a trade or by self-trade prevention. */
  function settleUnits(n: number, slot: number, taker: number, left: number): void {
    const row = (slot & oMask) << ROW;
    const units = m32[((n & M_MASK) << M_ROW) + M_QUANTITY]!;
    const isUsedUp = o32[row + OPEN] === 0;
    const isTrade = m32[((n & M_MASK) << M_ROW) + M_KIND] === TRADE;
    if (isTrade) {
      traded[0] = traded[0]! + units;
      o32[row + FILLED] = o32[row + FILLED]! + units;
      const filledAt = ((taker & oMask) << ROW) + FILLED;
      o32[filledAt] = o32[filledAt]! + units;
      counters[TRADES_TOTAL] = counters[TRADES_TOTAL]! + 1;
      if (isUsedUp) setStatus(slot, STATUS_FILLED, NONE);
      emit.trade(n, taker, left);
    } else {
      if (isUsedUp) setStatus(slot, STATUS_CANCELLED, SELF_TRADE);
      emit.prevented(n, taker, left);
    }
    lost(slot, units, isTrade);
    if (isUsedUp) release(slot);
  }

  function lost(slot: number, units: number, isTrade: boolean): void {
    const row = (slot & oMask) << ROW;
    if ((o32[row + BITS]! & GROUPED_BIT) === 0) addBidValue(slot, -units);
    else legs.settle(slot, units, isTrade, o32[row + OPEN] === 0);
  }

  function settleMakers(taker: number, quantity: number): number {
    const count = result[R_COUNT]!;
    traded[0] = 0;
    if (count === 0) return quantity; // as of most places and amends
    const matches = m32;
    let left = quantity;
    for (let n = 0; n < count; n++) {
      const slot = matches[((n & M_MASK) << M_ROW) + M_SLOT]!;
      const kind = matches[((n & M_MASK) << M_ROW) + M_KIND]!;
      if (kind === TRADE || kind === SELF_DECREMENTED) {
        left -= matches[((n & M_MASK) << M_ROW) + M_QUANTITY]!;
        settleUnits(n, slot, taker, left);
      } else {
        settleRemoved(n, slot, kind);
      }
    }
    if (left !== result[R_REMAINING]) broken("what was matched is what was settled");
    return left;
  }

  function settle(slot: number, priceTicks: number, left: number, mayRest: boolean): boolean {
    if (left === 0) {
      const lastKind = m32[(((result[R_COUNT]! - 1) & M_MASK) << M_ROW) + M_KIND]!;
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

  return {
    ...resting,
    end,
    shrunk: legs.shrunk,
    takeFromSiblings: legs.takeFromSiblings,
    lapse,
    release,
    addBidValue,
    setStatus,
    lost,
    settleMakers,
    traded,
    settle,
  };
}
