/**
 * Groups of orders of which one quantity is filled in all: legs on instruments of one product, linked
 * in a ring through their rows (`groupNext`, and the bit GROUPED). A ring has two legs or more; the last
 * one that is open is an order like any other.
 *
 * A group counts once: one open order of its account, and the value of its dearest leg. Before a leg
 * changes its group is taken out of the account's value (`uncount`), afterwards it comes back (`count`).
 * No leg ever has more open than the group may still fill, so whatever is taken from a leg alone
 * (an amend down, a prevention) keeps the promise.
 */
import {
  ACCOUNT_SHIFT,
  ACCOUNT_SHIFT64,
  AccountF64,
  AccountI32,
  type Accounts,
} from "./accounts.ts";
import { assert } from "./assert.ts";
import { Side } from "./codes.ts";
import { INSTRUMENT_SHIFT, InstrumentI32, type Instruments } from "./instruments.ts";
import { GROUPED, ORDER_SHIFT, OrderI32, type Orders, sideOf } from "./orders.ts";
import { makeDoubles } from "./words.ts";

const ROW = ORDER_SHIFT;
const { groupNext: NEXT, bits: BITS, account: ACCOUNT, open: OPEN } = OrderI32;
const { priceTicks: PRICE, instrument: INSTRUMENT } = OrderI32;
const GROUPED_BIT = GROUPED;
const A_ROW = ACCOUNT_SHIFT;
const A_ROW64 = ACCOUNT_SHIFT64;
const EXTRA = AccountI32.extraLegs;
const { openBidValueMinor: VALUE, openBidValueMaxMinor: VALUE_MAX } = AccountF64;

export interface Groups {
  has(slot: number): boolean;
  /** Makes `slot` the leg after `leg`, which may be alone so far. */
  join(leg: number, slot: number): void;
  /** Takes a leg out of its ring; answers another leg of it. */
  leave(slot: number): number;
  /**
   * What the group of `slot` counts in minor currency, to `worth[0]`, if that leg had so much open at
   * that price.
   */
  worthWith(slot: number, priceTicks: number, open: number): void;
  readonly worth: Float64Array;
  /** Takes the group of `slot` out of its account's open bid value; `slot` had `more` units then. */
  uncount(slot: number, more: number): void;
  /** Whether this leg stands for its group where each is to be visited once. */
  isFirst(slot: number): boolean;
  /** The group of `slot` counts again, as it is now; one leg that is left counts as an order. */
  count(slot: number): void;
}

/** How many other legs of its group are open; of an order that is not in one, none. */
export function siblingsOf(o32: Int32Array, slot: number): number {
  if ((o32[(slot << ROW) + BITS]! & GROUPED_BIT) === 0) return 0;
  let legs = 0;
  for (let leg = o32[(slot << ROW) + NEXT]!; leg !== slot; leg = o32[(leg << ROW) + NEXT]!) legs++;
  return legs;
}

export function makeGroups(orders: Orders, accounts: Accounts, instruments: Instruments): Groups {
  const { i32: o32, mask: oMask } = orders;
  const { i32: a32, f64: a64 } = accounts;
  const n32 = instruments.i32;
  const worth = makeDoubles(1);

  const has = (slot: number): boolean => (o32[((slot & oMask) << ROW) + BITS]! & GROUPED_BIT) !== 0;

  function mark(slot: number): void {
    o32[(slot << ROW) + BITS] = o32[(slot << ROW) + BITS]! | GROUPED_BIT;
  }

  function unmark(slot: number): void {
    o32[(slot << ROW) + BITS] = o32[(slot << ROW) + BITS]! & ~GROUPED_BIT;
    o32[(slot << ROW) + NEXT] = 0;
  }

  function addExtra(slot: number, legs: number): void {
    const at = (o32[(slot << ROW) + ACCOUNT]! << A_ROW) + EXTRA;
    a32[at] = a32[at]! + legs;
  }

  function join(leg: number, slot: number): void {
    const after = has(leg) ? o32[(leg << ROW) + NEXT]! : leg;
    o32[(slot << ROW) + NEXT] = after;
    o32[(leg << ROW) + NEXT] = slot;
    mark(leg);
    mark(slot);
    addExtra(slot, 1);
  }

  function leave(slot: number): number {
    const after = o32[(slot << ROW) + NEXT]!;
    let before = after;
    while (o32[(before << ROW) + NEXT] !== slot) before = o32[(before << ROW) + NEXT]!;
    o32[(before << ROW) + NEXT] = after;
    unmark(slot);
    if (before === after) unmark(after);
    addExtra(slot, -1);
    return after;
  }

  function worthWith(slot: number, priceTicks: number, open: number): void {
    const tick =
      n32[(o32[(slot << ROW) + INSTRUMENT]! << INSTRUMENT_SHIFT) + InstrumentI32.tickMinor]!;
    let most = priceTicks * tick * open;
    if (has(slot)) {
      for (let leg = o32[(slot << ROW) + NEXT]!; leg !== slot; leg = o32[(leg << ROW) + NEXT]!) {
        const row = leg << ROW;
        const tickMinor =
          n32[(o32[row + INSTRUMENT]! << INSTRUMENT_SHIFT) + InstrumentI32.tickMinor]!;
        const value = o32[row + PRICE]! * tickMinor * o32[row + OPEN]!;
        if (value > most) most = value;
      }
    }
    worth[0] = most;
  }

  /** Where the value of this bid's account is summed; 0: nobody asks for the sum, or it is an ask. */
  function summedAt(slot: number): number {
    if (sideOf(o32[(slot << ROW) + BITS]!) !== Side.BID) return 0;
    const at = o32[(slot << ROW) + ACCOUNT]! << A_ROW64;
    return a64[at + VALUE_MAX] === 0 ? 0 : at + VALUE;
  }

  function uncount(slot: number, more: number): void {
    const at = summedAt(slot);
    if (at === 0) return;
    worthWith(slot, o32[(slot << ROW) + PRICE]!, o32[(slot << ROW) + OPEN]! + more);
    a64[at] = a64[at]! - worth[0]!;
    assert(a64[at]! >= 0, "open bids are worth no less than nothing");
  }

  function count(slot: number): void {
    const at = summedAt(slot);
    if (at === 0) return;
    worthWith(slot, o32[(slot << ROW) + PRICE]!, o32[(slot << ROW) + OPEN]!);
    a64[at] = a64[at]! + worth[0]!;
  }

  function isFirst(slot: number): boolean {
    for (let leg = o32[(slot << ROW) + NEXT]!; leg !== slot; leg = o32[(leg << ROW) + NEXT]!) {
      if (leg < slot) return false;
    }
    return true;
  }

  return { has, isFirst, join, leave, worthWith, worth, uncount, count };
}
