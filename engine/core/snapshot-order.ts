/**
 * Orders in an order that no table decides, for a snapshot: the ended ones as they were placed, and each
 * account's open ones as they came. See `snapshot.ts`.
 */
import { OrderStatus } from "./codes.ts";
import { ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, statusOf } from "./orders.ts";
import { perRow, type Rest, sortedInSlices } from "./rest.ts";
import type { State } from "./state.ts";

/** The rows of ended orders that are still remembered, by the sequence of their place. */
export function endedRows({ orders, ids }: State, rest: Rest): Int32Array {
  const row = perRow(rest);
  const sequences = new Float64Array(orders.used());
  let count = 0;
  const isEnded = (slot: number): boolean =>
    statusOf(orders.i32[(slot << ORDER_SHIFT) + OrderI32.bits]!) !== OrderStatus.OPEN &&
    ids.isRemembered(slot);
  const sequenceOf = (slot: number): number =>
    orders.f64[(slot << ORDER_SHIFT64) + OrderF64.firstSequence]!;
  for (let slot = 1; slot <= orders.highest(); slot++) {
    row();
    if (isEnded(slot)) sequences[count++] = sequenceOf(slot);
  }
  const sorted = sortedInSlices(sequences.subarray(0, count), rest);
  const slots = new Int32Array(count);
  for (let slot = 1; slot <= orders.highest(); slot++) {
    row();
    if (isEnded(slot)) slots[rankOf(sorted, sequenceOf(slot))] = slot;
  }
  return slots;
}

function rankOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each account's orders, oldest first, which is by order id. */
export function linkAccounts({ orders, accounts }: State, rest: Rest): void {
  const row = perRow(rest);
  const ids = new Float64Array(orders.count());
  let count = 0;
  for (let slot = 1; slot <= orders.highest(); slot++) {
    row();
    const isOpen =
      statusOf(orders.i32[(slot << ORDER_SHIFT) + OrderI32.bits]!) === OrderStatus.OPEN;
    if (isOpen) ids[count++] = orders.f64[(slot << ORDER_SHIFT64) + OrderF64.orderId]!;
  }
  const sorted = sortedInSlices(ids.subarray(0, count), rest);
  for (let n = 0; n < count; n++) {
    row();
    accounts.append(orders.find(sorted, n));
  }
}
