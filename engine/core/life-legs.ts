/**
 * What the legs of a group ask of the life of an order: that the group is counted as a whole, and that a
 * fill of one leg is taken from all others.
 */
import { CancelReason, EventType } from "./codes.ts";
import { GROUPED, ORDER_SHIFT, OrderI32 } from "./orders.ts";
import { UncrossI32, UncrossPhase } from "./pending-uncross.ts";
import type { State } from "./state.ts";

const ROW = ORDER_SHIFT;
const { bits: BITS, open: OPEN, groupNext: NEXT, instrument: INSTRUMENT } = OrderI32;
const GROUPED_BIT = GROUPED;

export interface Legs {
  /** The value of an order that leaves with all its row has open; a leg leaves its group. */
  uncount(slot: number): void;
  /** So many units of a resting order have just left its level, which is all that changed. */
  shrunk(slot: number, units: number): void;
  /** Takes `units` from every other leg of a group, which is not counted just now; told of each. */
  takeFromSiblings(slot: number, units: number): void;
  /** A leg that rested lost `units` to a taker, all it had when `isUsedUp`. */
  settle(slot: number, units: number, isTrade: boolean, isUsedUp: boolean): void;
}

/** Of `life.ts`. */
interface LifeParts {
  addBidValue(slot: number, units: number): void;
  setEnded(slot: number, type: number, reason: number): void;
  release(slot: number): void;
}

export function makeLegs(state: State, { addBidValue, setEnded, release }: LifeParts): Legs {
  const { book, emit, groups, collected, uncross } = state;
  const { i32: o32, mask: oMask } = state.orders;

  const isGrouped = (slot: number): boolean =>
    (o32[((slot & oMask) << ROW) + BITS]! & GROUPED_BIT) !== 0;

  function uncount(slot: number): void {
    if (!isGrouped(slot)) return addBidValue(slot, 0 - o32[((slot & oMask) << ROW) + OPEN]!);
    groups.uncount(slot, 0);
    groups.count(groups.leave(slot));
  }

  function shrunk(slot: number, units: number): void {
    if (!isGrouped(slot)) return addBidValue(slot, -units);
    groups.uncount(slot, units);
    groups.count(slot);
  }

  /**
   * A collected leg is about to change from outside of its auction: a search for the price, which may
   * have come past it, begins again. How much is collected is told with the auction's next change.
   */
  function disturb(leg: number): void {
    if (uncross.i32[UncrossI32.phase] !== UncrossPhase.SEARCHING || !collected.has(leg)) return;
    if (uncross.i32[UncrossI32.turn] === o32[(leg << ROW) + INSTRUMENT]) state.priceSearch.begin();
  }

  /** A leg of which another one's fill took all; its group is not counted just now. */
  function end(slot: number): void {
    disturb(slot);
    book.remove(slot);
    setEnded(slot, EventType.CANCELLED, CancelReason.GROUP_FILLED);
    emit.left(slot, EventType.CANCELLED, CancelReason.GROUP_FILLED, false);
    if (collected.has(slot)) collected.leave(slot);
    groups.leave(slot);
    release(slot);
  }

  function takeFromSiblings(slot: number, units: number): void {
    let leg = o32[(slot << ROW) + NEXT]!;
    while (leg !== slot && leg !== 0) {
      const after = o32[(leg << ROW) + NEXT]!;
      if (units < o32[(leg << ROW) + OPEN]!) {
        disturb(leg);
        book.shrink(leg, units);
        if (collected.has(leg)) collected.add(leg, 0, -units);
        emit.groupReduced(leg, units);
      } else end(leg);
      leg = after;
    }
  }

  function settle(slot: number, units: number, isTrade: boolean, isUsedUp: boolean): void {
    groups.uncount(slot, units);
    if (isTrade) takeFromSiblings(slot, units);
    if (!isUsedUp) return groups.count(slot);
    if (isGrouped(slot)) groups.count(groups.leave(slot));
  }

  return { uncount, shrunk, takeFromSiblings, settle };
}
