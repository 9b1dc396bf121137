/**
 * What the operations of a batch will take of the bounds of their account and shard, and give back, so
 * that all of them are checked together before the first happens.
 *
 * Never less than they will take: an order that two operations name gives nothing back, nor does a leg,
 * whose group may count as much without it.
 */
import { Planned } from "./check.ts";
import { CommandType, OrderType, Side, TimeInForce } from "./codes.ts";
import { CommandI32, CommandU8 } from "./command.ts";
import { INSTRUMENT_SHIFT, InstrumentI32 } from "./instruments.ts";
import { ORDER_SHIFT, OrderI32, sideOf } from "./orders.ts";
import type { State } from "./state.ts";

const { AMEND, REDUCE } = CommandType;
const C = CommandI32;
const C8 = CommandU8;

export interface Plan {
  /** The place in hand. */
  place(): void;
  /** The change in hand, which is the operation `n` of `count`. */
  change(type: number, n: number, count: number): void;
}

/** `planned` as in `check.ts`; `slots[n]` is the order that operation n names, or 0. */
export function makePlan(state: State, planned: Float64Array, slots: Int32Array): Plan {
  const { turn, instruments, groups } = state;
  const { i32: c32, u8: c8 } = turn;
  const o32 = state.orders.i32;

  /** Whether no other record names the order of this one. */
  function isNamedOnce(n: number, count: number): boolean {
    for (let other = 0; other < count; other++) {
      if (other !== n && slots[other] === slots[n]) return false;
    }
    return true;
  }

  function add(rows: number, valueMinor: number): void {
    planned[Planned.orders] = planned[Planned.orders]! + rows;
    planned[Planned.rows] = planned[Planned.rows]! + rows;
    planned[Planned.valueMinor] = planned[Planned.valueMinor]! + valueMinor;
  }

  const tickMinor = (instrument: number): number =>
    instruments.i32[(instrument << INSTRUMENT_SHIFT) + InstrumentI32.tickMinor]!;

  function place(): void {
    const tif = c8[C8.tif]!;
    if (c8[C8.orderType] !== OrderType.LIMIT) return;
    if (tif !== TimeInForce.GTC && tif !== TimeInForce.GTD) return;
    const isBid = c8[C8.side] === Side.BID;
    add(1, isBid ? c32[C.priceTicks]! * tickMinor(c32[C.instrument]!) * c32[C.quantity]! : 0);
  }

  function change(type: number, n: number, count: number): void {
    const slot = slots[n]!;
    const row = slot << ORDER_SHIFT;
    const open = o32[row + OrderI32.open]!;
    const ticks = o32[row + OrderI32.priceTicks]!;
    const isBid = sideOf(o32[row + OrderI32.bits]!) === Side.BID;
    const tick = isBid ? tickMinor(o32[row + OrderI32.instrument]!) : 0;
    let left = 0;
    let leftTicks = ticks;
    if (type === REDUCE) left = Math.max(open - c32[C.quantity]!, 0);
    if (type === AMEND) {
      const asked = c32[C.quantity]!;
      left = asked === 0 ? open : Math.max(asked - (o32[row + OrderI32.total]! - open), 0);
      leftTicks = c32[C.priceTicks] === 0 ? ticks : c32[C.priceTicks]!;
    }
    const more = left * leftTicks * tick - open * ticks * tick;
    const givesBack = isNamedOnce(n, count) && !groups.has(slot);
    if (givesBack) add(left === 0 ? -1 : 0, more);
    else if (more > 0) add(0, more);
  }

  return { place, change };
}
