/**
 * One side of one book as the public sees it: the sum per level, folded from events. Sorted arrays
 * with the best level last, so that what changes most often is cheapest to insert and remove.
 *
 * ```
 * bids   prices 238 239 241      asks   prices 260 251 245
 *                        best                           best
 * ```
 */
import { Side } from "../../engine/client/layouts.ts";

export interface Levels {
  readonly side: Side;
  readonly priceTicks: number[];
  readonly quantity: number[];
  readonly orders: number[];
  /** Orders on all levels together. */
  ordersTotal: number;
}

export function makeLevels(side: Side): Levels {
  return { side, priceTicks: [], quantity: [], orders: [], ordersTotal: 0 };
}

/** Sets what stands at a price; a quantity of 0 (then of no orders) removes the level. */
export function setLevel(levels: Levels, ticks: number, quantity: number, orders: number): void {
  const { priceTicks } = levels;
  const at = slot(levels, ticks);
  const found = priceTicks[at] === ticks;
  levels.ordersTotal += orders - (found ? levels.orders[at]! : 0);
  if (found && quantity > 0) {
    levels.quantity[at] = quantity;
    levels.orders[at] = orders;
  } else if (found && at === priceTicks.length - 1) {
    priceTicks.pop(); // the best one, as most: a splice makes an array of what it took
    levels.quantity.pop();
    levels.orders.pop();
  } else if (found) {
    priceTicks.splice(at, 1);
    levels.quantity.splice(at, 1);
    levels.orders.splice(at, 1);
  } else if (quantity > 0 && at === priceTicks.length) {
    priceTicks.push(ticks);
    levels.quantity.push(quantity);
    levels.orders.push(orders);
  } else if (quantity > 0) {
    priceTicks.splice(at, 0, ticks);
    levels.quantity.splice(at, 0, quantity);
    levels.orders.splice(at, 0, orders);
  }
}

/** Index of the best level, -1 when the side is empty. */
export function bestIndex(levels: Levels): number {
  return levels.priceTicks.length - 1;
}

/** Index of the level at `ticks`, -1 when there is none. */
export function indexOfLevel(levels: Levels, ticks: number): number {
  const at = slot(levels, ticks);
  return levels.priceTicks[at] === ticks ? at : -1;
}

/** Where `ticks` stands, or would: found from the best end, where most changes are. */
function slot({ side, priceTicks }: Levels, ticks: number): number {
  const sign = side === Side.BID ? 1 : -1;
  let low = 0;
  let high = priceTicks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sign * (priceTicks[middle]! - ticks) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
