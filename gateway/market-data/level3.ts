/**
 * Every resting order of one instrument: add, modify, delete and fill as `level3` tells them, and the
 * whole as a snapshot. The table (`resting.ts`) is in no order but that of joining until a snapshot
 * sorts it.
 */
import {
  EventF64,
  EventFlag,
  EventI32,
  type Events,
  EventType,
} from "../../engine/client/layouts.ts";
import { EventU8, OrderStatus, Side } from "../../engine/client/layouts.ts";
import { writeMinor, writeOrderId } from "../written-forms.ts";
import { f64Of, i32Of, u8Of } from "./recent.ts";
import type { RestingOrders } from "./resting.ts";
import type { InstrumentView } from "./view.ts";

/** Whether the public event moves a level: it is of a resting order that is seen. */
export function movesLevel(events: Events, index: number): boolean {
  switch (u8Of(events, index, EventU8.type)) {
    case EventType.RESTED:
    case EventType.CANCELLED:
    case EventType.EXPIRED:
    case EventType.AMENDED:
    case EventType.PREVENTED:
    case EventType.GROUP_REDUCED:
      return true;
    case EventType.TRADE:
      return (u8Of(events, index, EventU8.flags) & EventFlag.AUCTION) === 0;
    default:
      return false;
  }
}

/** What is left of the event's resting order where it stood; 0: it is gone from there. */
function leftOf(type: number, flags: number, events: Events, index: number): number {
  if (type === EventType.CANCELLED || type === EventType.EXPIRED) return 0;
  if (type === EventType.AMENDED && (flags & EventFlag.REQUEUED) !== 0) return 0;
  if (type === EventType.PREVENTED && u8Of(events, index, EventU8.status) !== OrderStatus.OPEN) {
    return 0;
  }
  return i32Of(events, index, EventI32.open);
}

function priorityOf(flags: number, events: Events, index: number): number {
  const isRestored = (flags & EventFlag.RESTORED) !== 0;
  return f64Of(events, index, isRestored ? EventF64.priority : EventF64.sequence);
}

/** Folds one public event that moves a level of `view`. */
export function foldLevel3(
  resting: RestingOrders,
  { restingChain }: InstrumentView,
  events: Events,
  index: number,
): void {
  const type = u8Of(events, index, EventU8.type);
  const flags = u8Of(events, index, EventU8.flags);
  const orderId = f64Of(events, index, EventF64.orderId);
  if (type !== EventType.RESTED) {
    return resting.leave(restingChain, orderId, leftOf(type, flags, events, index));
  }
  const side = u8Of(events, index, EventU8.side);
  const priceTicks = i32Of(events, index, EventI32.priceTicks);
  const open = i32Of(events, index, EventI32.open);
  const priority = priorityOf(flags, events, index);
  resting.join(restingChain, orderId, side, priceTicks, open, priority);
}

/** One event as `level3` tells it, but for its end: the step's last one is marked. */
export function writeLevel3Event(view: InstrumentView, events: Events, index: number): string {
  const type = u8Of(events, index, EventU8.type);
  const flags = u8Of(events, index, EventU8.flags);
  const orderId = f64Of(events, index, EventF64.orderId);
  const left = leftOf(type, flags, events, index);
  const priceTicks = i32Of(events, index, EventI32.priceTicks);
  const side = u8Of(events, index, EventU8.side) === Side.BID ? "buy" : "sell";
  const head =
    `"order_id":"${writeOrderId(view.shard, orderId)}","side":"${side}"` +
    `,"price":"${writeMinor(priceTicks * view.tickMinor)}","qty":${left}`;
  if (type === EventType.RESTED) {
    return `{"event":"add",${head},"priority":${priorityOf(flags, events, index)}`;
  }
  if (type === EventType.TRADE) {
    const tradeId = f64Of(events, index, EventF64.tradeId);
    const quantity = i32Of(events, index, EventI32.quantity);
    return `{"event":"fill",${head},"fill_qty":${quantity},"trade_id":${tradeId}`;
  }
  return `{"event":"${left === 0 ? "delete" : "modify"}",${head}`;
}

/** The events of one atomic step. */
export function writeLevel3Step(opened: readonly string[]): string {
  const last = opened.length - 1;
  const texts = opened.map((text, at) => `${text}${at === last ? ',"last":true}' : "}"}`);
  return `[${texts.join(",")}]`;
}

/** All resting orders, by priority: better price first, then lower priority number. */
export function writeLevel3(view: InstrumentView, resting: RestingOrders): string {
  const rows = resting.of(view.restingChain);
  const side = (which: number, sign: number): string =>
    rows
      .filter((order) => order.side === which)
      .toSorted(
        // The sort is stable and the table in the order of joining: equals stand as they joined.
        (a, b) => sign * (b.priceTicks - a.priceTicks) || a.priority - b.priority,
      )
      .map(
        ({ orderId, priceTicks, open, priority }) =>
          `{"order_id":"${writeOrderId(view.shard, orderId)}"` +
          `,"price":"${writeMinor(priceTicks * view.tickMinor)}","qty":${open}` +
          `,"priority":${priority}}`,
      )
      .join(",");
  return `{"bids":[${side(Side.BID, 1)}],"asks":[${side(Side.ASK, -1)}]}`;
}
