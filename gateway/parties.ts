/**
 * Whose account an event is told to: its owner, its taker, or both. Read by what tells them and by what
 * keeps the event to tell it again, so that both mean the same.
 */
import {
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventI32,
  type Events,
  EventType,
  EventU8,
} from "../engine/client/layouts.ts";

/** Events in whose overlay the account's field means something else speak of nobody. */
const TOLD = [
  EventType.ACCEPTED,
  EventType.REJECTED,
  EventType.TRADE,
  EventType.CANCELLED,
  EventType.EXPIRED,
  EventType.AMENDED,
  EventType.PREVENTED,
  EventType.GROUP_REDUCED,
  EventType.TIMER_FIRED,
] as const;
export type ToldType = (typeof TOLD)[number];

/** By type: to look a number up among an object's names costs more than all else that is done here. */
const isTold = new Uint8Array(256);
for (const type of TOLD) isTold[type] = 1;

/** The owner's sequence of the event; 0: it is not told to him. */
export function ownerSeqOf(events: Events, index: number): number {
  if (isTold[events.u8[index * EVENT_BYTES + EventU8.type]!] === 0) return 0;
  return events.f64[index * EVENT_F64 + EventF64.accountSeq]!;
}

/** The taker's sequence of the event; 0: it has none. */
export function takerSeqOf(events: Events, index: number): number {
  const type = events.u8[index * EVENT_BYTES + EventU8.type]!;
  if (type !== EventType.TRADE && type !== EventType.PREVENTED) return 0;
  return events.f64[index * EVENT_F64 + EventF64.takerAccountSeq]!;
}

export function ownerOf(events: Events, index: number): number {
  return events.i32[index * EVENT_I32 + EventI32.account]!;
}

/** Of an event with a taker's sequence. */
export function takerOf(events: Events, index: number): number {
  return events.i32[index * EVENT_I32 + EventI32.takerAccount]!;
}

/** Whether the taker's sequence comes before the owner's: they are one account, and its order met itself. */
export function isTakerFirst(events: Events, index: number): boolean {
  if (takerOf(events, index) !== ownerOf(events, index)) return false;
  return takerSeqOf(events, index) < ownerSeqOf(events, index);
}
