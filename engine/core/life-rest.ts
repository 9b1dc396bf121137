/**
 * How an order comes to stand in a book: one that shows it, or unseen in one of its side alone while
 * its instrument collects for an auction.
 */
import { InstrumentState } from "./codes.ts";
import { INSTRUMENT_SHIFT } from "./instruments.ts";
import { COLLECTED, GROUPED, ORDER_SHIFT, OrderI32 } from "./orders.ts";
import type { State } from "./state.ts";

const ROW = ORDER_SHIFT;
const { bits: BITS, open: OPEN, instrument: INSTRUMENT } = OrderI32;
const N_ROW = INSTRUMENT_SHIFT;
const PRE_OPEN = InstrumentState.PRE_OPEN;
const COLLECTED_BIT = COLLECTED;
const GROUPED_BIT = GROUPED;

export interface Rest {
  /** Puts a filled row into its book, told as RESTED; unseen while its instrument collects. */
  rest(slot: number): void;
  /** As `rest`, right before another order of its level (0: at the back), told as RESTORED. */
  restBefore(slot: number, before: number): void;
  /** `units` have left an order that keeps its place: what is collected is told anew. */
  recount(slot: number, units: number): void;
  /** An order that is out of the book is no longer collected, with all its row has open. */
  uncollect(slot: number): void;
}

/** `addBidValue` as in `life.ts`. A leg of a group is counted with its group, by others. */
export function makeRest(state: State, addBidValue: (slot: number, units: number) => void): Rest {
  const { orders, instruments, book, collected, emit } = state;
  const { i32: o32, mask: oMask } = orders;
  const { i32: n32, mask: nMask } = instruments;

  function join(slot: number, before: number): boolean {
    const row = (slot & oMask) << ROW;
    const isSeen = n32[(o32[row + INSTRUMENT]! & nMask) << N_ROW] !== PRE_OPEN;
    if (!isSeen) o32[row + BITS] = o32[row + BITS]! | COLLECTED_BIT;
    if (before === 0) book.rest(slot);
    else book.restBefore(slot, before);
    if ((o32[row + BITS]! & GROUPED_BIT) === 0) addBidValue(slot, o32[row + OPEN]!);
    if (!isSeen) recount(slot, -o32[row + OPEN]!, 1);
    return isSeen;
  }

  function rest(slot: number): void {
    if (join(slot, 0)) emit.rested(slot);
  }

  function restBefore(slot: number, before: number): void {
    if (join(slot, before)) emit.restored(slot);
  }

  function recount(slot: number, units: number, more = 0): void {
    if ((o32[((slot & oMask) << ROW) + BITS]! & COLLECTED_BIT) === 0) return;
    collected.add(slot, more, -units);
    emit.auction.counted(o32[((slot & oMask) << ROW) + INSTRUMENT]!);
  }

  function uncollect(slot: number): void {
    if ((o32[((slot & oMask) << ROW) + BITS]! & COLLECTED_BIT) === 0) return;
    collected.leave(slot);
    emit.auction.counted(o32[((slot & oMask) << ROW) + INSTRUMENT]!);
  }

  return { rest, restBefore, recount: (slot, units) => recount(slot, units), uncollect };
}
