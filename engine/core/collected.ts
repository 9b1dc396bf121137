/**
 * What auctions collect: how many orders and units wait on each side of an instrument, which is all
 * that the public is told while they wait, and how many orders each account has on each side.
 *
 * Not state of its own: it follows from the rows whose bit COLLECTED is set, so it is filled again by
 * adding each of them.
 */
import { COLLECTED, ORDER_SHIFT, OrderI32, type Orders, sideOf } from "./orders.ts";

const ROW = ORDER_SHIFT;
const { instrument: INSTRUMENT, account: ACCOUNT, bits: BITS, open: OPEN } = OrderI32;
const COLLECTED_BIT = COLLECTED;

export interface Collected {
  /** Per instrument and side, at `collectedAt`. */
  readonly orders: Int32Array;
  readonly units: Float64Array;
  /** Per account and side, at `ofAccountAt`, of all instruments together. */
  readonly ofAccount: Int32Array;
  /** Whether this resting order is one of them. */
  has(slot: number): boolean;
  /** Whether an instrument has none. */
  isEmpty(instrument: number): boolean;
  /** An order has come (1), stays (0) or leaves (-1), and with it so many units. */
  add(slot: number, orders: number, units: number): void;
  /** One leaves with all its row has open; it is marked no longer. */
  leave(slot: number): void;
}

export const collectedAt = (instrument: number, side: number): number => instrument * 2 + side - 1;

export const ofAccountAt = (account: number, side: number): number => account * 2 + side - 1;

export function makeCollected(
  orders: Orders,
  instrumentsMax: number,
  accountsMax: number,
): Collected {
  const { i32: o32, mask: oMask } = orders;
  const counts = new Int32Array(instrumentsMax * 2);
  const units = new Float64Array(instrumentsMax * 2);
  const ofAccount = new Int32Array(accountsMax * 2);

  function add(slot: number, more: number, moreUnits: number): void {
    const row = slot << ROW;
    const side = sideOf(o32[row + BITS]!);
    const at = collectedAt(o32[row + INSTRUMENT]!, side);
    const mine = ofAccountAt(o32[row + ACCOUNT]!, side);
    counts[at] = counts[at]! + more;
    units[at] = units[at]! + moreUnits;
    ofAccount[mine] = ofAccount[mine]! + more;
  }

  function leave(slot: number): void {
    const row = slot << ROW;
    add(slot, -1, -o32[row + OPEN]!);
    o32[row + BITS] = o32[row + BITS]! & ~COLLECTED_BIT;
  }

  return {
    orders: counts,
    units,
    ofAccount,
    has: (slot) => (o32[((slot & oMask) << ROW) + BITS]! & COLLECTED_BIT) !== 0,
    isEmpty: (instrument) => counts[instrument * 2] === 0 && counts[instrument * 2 + 1] === 0,
    add,
    leave,
  };
}
