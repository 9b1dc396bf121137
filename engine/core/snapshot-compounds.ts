/**
 * What a snapshot says of groups and of a compound that is not complete yet; see `snapshot.ts`.
 */
import { insist } from "./assert.ts";
import { COMMAND_I32 } from "./command.ts";
import { COMPOUND_RECORDS_MAX } from "./limits.ts";
import { GROUPED, ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32 } from "./orders.ts";
import type { State } from "./state.ts";

/** The snapshot's records, written or read. */
interface Words {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

/** `record` begins a record of zeroes and answers its first word. */
export function saveGroups({ orders, groups }: State, record: () => number, { f64 }: Words): void {
  const idOf = (slot: number): number => orders.f64[(slot << ORDER_SHIFT64) + OrderF64.orderId]!;
  const nextOf = (slot: number): number => orders.i32[(slot << ORDER_SHIFT) + OrderI32.groupNext]!;
  // By order id, so that no table's order shows.
  const firsts: number[] = [];
  for (let slot = 1; slot <= orders.highest(); slot++) {
    if (groups.has(slot) && isOldestLeg(slot, idOf, nextOf)) firsts.push(slot);
  }
  for (const first of firsts.toSorted((a, b) => idOf(a) - idOf(b))) {
    for (let leg = first; nextOf(leg) !== first; leg = nextOf(leg)) {
      const at = record() >> 1;
      f64[at + 8] = idOf(leg);
      f64[at + 9] = idOf(nextOf(leg));
    }
  }
}

function isOldestLeg(
  slot: number,
  idOf: (slot: number) => number,
  nextOf: (slot: number) => number,
): boolean {
  for (let leg = nextOf(slot); leg !== slot; leg = nextOf(leg)) {
    if (idOf(leg) < idOf(slot)) return false;
  }
  return true;
}

export function saveStaged({ staged }: State, record: () => number, { i32 }: Words): void {
  for (let n = 0; n < staged.count[0]!; n++) {
    const at = record() + 4;
    const from = staged.records.i32;
    for (let word = 0; word < COMMAND_I32; word++) {
      i32[at + word] = from[n * COMMAND_I32 + word]!;
    }
  }
}

export function loadGroup({ orders, groups }: State, { f64 }: Words): void {
  const leg = orders.find(f64, 8);
  const next = orders.find(f64, 9);
  insist(leg !== 0 && next !== 0, "the snapshot is damaged: a group of an order that is not open");
  // Marked already, by its row: it is to be a leg only from here on.
  const bits = OrderI32.bits;
  for (const slot of [leg, next]) {
    const at = (slot << ORDER_SHIFT) + bits;
    if (orders.i32[(slot << ORDER_SHIFT) + OrderI32.groupNext] === 0) {
      orders.i32[at] = orders.i32[at]! & ~GROUPED;
    }
  }
  groups.join(leg, next);
}

export function loadStaged({ staged }: State, { i32 }: Words): void {
  insist(staged.count[0]! < COMPOUND_RECORDS_MAX, "the snapshot is damaged: too many are staged");
  const at = staged.count[0]! * COMMAND_I32;
  for (let word = 0; word < COMMAND_I32; word++) staged.records.i32[at + word] = i32[4 + word]!;
  staged.count[0] = staged.count[0]! + 1;
}
