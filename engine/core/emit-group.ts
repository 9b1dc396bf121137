/**
 * The event about a leg of a group: that a fill of another one took units from it.
 */
import { EventType } from "./codes.ts";
import type { Emit, EmitTables } from "./emit-api.ts";
import { EventI32 } from "./event.ts";
import { ORDER_SHIFT, OrderI32 } from "./orders.ts";

type EmitGroup = Pick<Emit, "groupReduced" | "groupReducedUnseen">;

/** `gone` writes of an order that rested, `unrested` of one that does not; both answer where. */
export function makeEmitGroup(
  tables: EmitTables,
  gone: (slot: number, type: number, reason: number) => number,
  unrested: (
    type: number,
    slot: number,
    priceTicks: number,
    quantity: number,
    reason: number,
  ) => number,
): EmitGroup {
  const e32 = tables.events.i32;
  const o32 = tables.orders.i32;

  function groupReduced(slot: number, quantity: number): void {
    const at = gone(slot, EventType.GROUP_REDUCED, 0);
    e32[at + EventI32.open] = o32[(slot << ORDER_SHIFT) + OrderI32.open]!;
    e32[at + EventI32.quantity] = quantity;
  }

  function groupReducedUnseen(
    slot: number,
    priceTicks: number,
    quantity: number,
    openNow: number,
  ): void {
    const at = unrested(EventType.GROUP_REDUCED, slot, priceTicks, quantity, 0);
    e32[at + EventI32.open] = openNow;
  }

  return { groupReduced, groupReducedUnseen };
}
