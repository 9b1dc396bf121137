/**
 * The life of an order from its first place in a book to its end, and of a taker against the book:
 * the one place where rows, ids, accounts, expiries and events are kept in step.
 */
import { ACCOUNT_DOUBLES, AccountF64 } from "./accounts.ts";
import { assert } from "./assert.ts";
import { MATCH_WORDS, MatchI32, MatchKind, MatchResult, MatchStop } from "./book-api.ts";
import { CancelReason, EventType, OrderStatus, Side } from "./codes.ts";
import { ID_WORDS, IdI32, packIdBits } from "./ids.ts";
import { INSTRUMENT_WORDS, InstrumentI32 } from "./instruments.ts";
import { ORDER_DOUBLES, ORDER_WORDS, OrderF64, OrderI32, sideOf } from "./orders.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";

export interface Life {
  /** Puts a filled row into its book, told as RESTED. */
  rest(slot: number): void;
  /** Takes a resting order out of the book for good. */
  end(slot: number, type: number, reason: number, isResponse: boolean): void;
  /** Ends an order that has lapsed, by its expiry if that is due, else by its mass cancel. */
  lapse(slot: number): void;
  /** Forgets the row of an order that is out of the book; all has been said about it. */
  release(slot: number): void;
  /** Adds `units` (or takes them off, negative) to the open bid value, if the order is a bid. */
  addBidValue(slot: number, units: number): void;
  setStatus(entry: number, status: number, reason: number, side: number): void;
  /**
   * Meets makers with the order of `entry`, tells what happened, and answers what is left of it.
   */
  take(
    entry: number,
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    stp: number,
  ): number;
  /**
   * Whether what the last `take` left is to rest. If not, the order of `entry` has ended: filled, or
   * what was left of it was cancelled, which has been told.
   */
  settle(entry: number, side: number, priceTicks: number, left: number, mayRest: boolean): boolean;
}

export function makeLife(state: State): Life {
  const { turn, orders, ids, accounts, instruments, expiry, massCancels, book, emit } = state;
  const o32 = orders.i32;
  const o64 = orders.f64;
  const d32 = ids.i32;
  const a64 = accounts.f64;
  const n32 = instruments.i32;
  const m32 = book.matches.i32;
  const { result } = book.matches;
  const { counters } = turn;

  function setStatus(entry: number, status: number, reason: number, side: number): void {
    ids.setBits(entry, packIdBits(status, reason, side));
  }

  function addBidValue(slot: number, units: number): void {
    const row = slot * ORDER_WORDS;
    if (sideOf(o32[row + OrderI32.bits]!) !== Side.BID) return;
    const tickMinor =
      n32[o32[row + OrderI32.instrument]! * INSTRUMENT_WORDS + InstrumentI32.tickMinor]!;
    const account = o32[row + OrderI32.account]! * ACCOUNT_DOUBLES;
    if (a64[account + AccountF64.openBidValueMaxMinor] === 0) return; // nobody asks for the sum
    const at = account + AccountF64.openBidValueMinor;
    const value = a64[at]! + o32[row + OrderI32.priceTicks]! * tickMinor * units;
    assert(value >= 0, "open bids are worth no less than nothing");
    a64[at] = value;
  }

  function rest(slot: number): void {
    book.rest(slot);
    addBidValue(slot, o32[slot * ORDER_WORDS + OrderI32.open]!);
    emit.rested(slot);
  }

  function release(slot: number): void {
    const entry = o32[slot * ORDER_WORDS + OrderI32.idEntry]!;
    if (!massCancels.isEmpty()) massCancels.leaving(slot);
    accounts.unlink(slot);
    expiry.remove(slot);
    orders.release(slot);
    ids.ended(entry);
  }

  function setEnded(slot: number, type: number, reason: number): void {
    const row = slot * ORDER_WORDS;
    const status = type === EventType.EXPIRED ? OrderStatus.EXPIRED : OrderStatus.CANCELLED;
    setStatus(o32[row + OrderI32.idEntry]!, status, reason, sideOf(o32[row + OrderI32.bits]!));
  }

  function end(slot: number, type: number, reason: number, isResponse: boolean): void {
    book.remove(slot);
    setEnded(slot, type, reason);
    emit.left(slot, type, reason, isResponse);
    addBidValue(slot, -o32[slot * ORDER_WORDS + OrderI32.open]!);
    release(slot);
  }

  function lapsedType(slot: number): number {
    const expiresAtUs = o64[slot * ORDER_DOUBLES + OrderF64.expiresAtUs]!;
    const isDue = expiresAtUs !== 0 && expiresAtUs <= counters[Counter.stampUs]!;
    return isDue ? EventType.EXPIRED : EventType.CANCELLED;
  }

  function lapse(slot: number): void {
    const type = lapsedType(slot);
    const reason = type === EventType.EXPIRED ? CancelReason.NONE : CancelReason.MASS_CANCEL;
    end(slot, type, reason, false);
  }

  /** A maker that a match removed from the book with all it had open. */
  function settleRemoved(n: number, slot: number, kind: number): void {
    const type = kind === MatchKind.LAPSED ? lapsedType(slot) : EventType.CANCELLED;
    let reason: number = CancelReason.SELF_TRADE;
    if (kind === MatchKind.LAPSED) {
      reason = type === EventType.EXPIRED ? CancelReason.NONE : CancelReason.MASS_CANCEL;
    }
    setEnded(slot, type, reason);
    emit.removed(n, type, reason);
    addBidValue(slot, -o32[slot * ORDER_WORDS + OrderI32.open]!);
    release(slot);
  }

  /** A maker that lost `units` to the taker, by a trade or by self-trade prevention. */
  function settleUnits(
    n: number,
    slot: number,
    units: number,
    isTrade: boolean,
    entry: number,
    left: number,
  ): void {
    const row = slot * ORDER_WORDS;
    const makerEntry = o32[row + OrderI32.idEntry]!;
    const isUsedUp = o32[row + OrderI32.open] === 0;
    const side = sideOf(o32[row + OrderI32.bits]!);
    if (isTrade) {
      d32[makerEntry * ID_WORDS + IdI32.filled] =
        d32[makerEntry * ID_WORDS + IdI32.filled]! + units;
      d32[entry * ID_WORDS + IdI32.filled] = d32[entry * ID_WORDS + IdI32.filled]! + units;
      counters[Counter.tradesTotal] = counters[Counter.tradesTotal]! + 1;
      if (isUsedUp) setStatus(makerEntry, OrderStatus.FILLED, CancelReason.NONE, side);
      emit.trade(n, entry, left);
    } else {
      if (isUsedUp) setStatus(makerEntry, OrderStatus.CANCELLED, CancelReason.SELF_TRADE, side);
      emit.prevented(n, entry, left);
    }
    addBidValue(slot, -units);
    if (isUsedUp) release(slot);
  }

  function take(
    entry: number,
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    stp: number,
  ): number {
    const account = d32[entry * ID_WORDS + IdI32.account]!;
    book.match(instrument, side, limitTicks, quantity, account, stp);
    const count = result[MatchResult.count]!;
    let left = quantity;
    for (let n = 0; n < count; n++) {
      const at = n * MATCH_WORDS;
      const slot = m32[at + MatchI32.slot]!;
      const kind = m32[at + MatchI32.kind]!;
      if (kind === MatchKind.TRADE || kind === MatchKind.SELF_DECREMENTED) {
        const units = m32[at + MatchI32.quantity]!;
        left -= units;
        settleUnits(n, slot, units, kind === MatchKind.TRADE, entry, left);
      } else {
        settleRemoved(n, slot, kind);
      }
    }
    assert(left === result[MatchResult.remaining], "what was matched is what was settled");
    return left;
  }

  function settle(
    entry: number,
    side: number,
    priceTicks: number,
    left: number,
    mayRest: boolean,
  ): boolean {
    if (left === 0) {
      const lastKind = m32[(result[MatchResult.count]! - 1) * MATCH_WORDS + MatchI32.kind]!;
      if (lastKind === MatchKind.TRADE)
        setStatus(entry, OrderStatus.FILLED, CancelReason.NONE, side);
      else setStatus(entry, OrderStatus.CANCELLED, CancelReason.SELF_TRADE, side);
      return false;
    }
    const stop = result[MatchResult.stop]!;
    if (stop === MatchStop.NONE && mayRest) return true;
    let reason: number = CancelReason.IMMEDIATE_REMAINDER;
    if (stop === MatchStop.SELF_TRADE) reason = CancelReason.SELF_TRADE;
    if (stop === MatchStop.WORK_BOUND) reason = CancelReason.WORK_BOUND;
    setStatus(entry, OrderStatus.CANCELLED, reason, side);
    emit.dropped(entry, priceTicks, left, reason);
    return false;
  }

  return { rest, end, lapse, release, addBidValue, setStatus, take, settle };
}
