/**
 * Listens for what groups promise: of all legs together one quantity is filled, and what a leg could
 * still trade is never more than what is left of it. It knows groups from the commands (records of one
 * compound, each flagged LEG) and from the answers to them, and shares no code with the core.
 */
import { EventType, OrderStatus } from "../codes.ts";
import { COMMAND_BYTES, COMMAND_F64, COMMAND_I32, CommandF64, CommandFlag } from "../command.ts";
import { CommandI32, type Commands, CommandU8 } from "../command.ts";
import { EventF64, EventFlag, EventI32, EventU8 } from "../event.ts";

/** Events that say how an order is now; others may carry an id that somebody named in vain. */
const CHANGES: readonly number[] = [
  EventType.RESTED,
  EventType.CANCELLED,
  EventType.EXPIRED,
  EventType.AMENDED,
  EventType.GROUP_REDUCED,
];

interface Group {
  readonly quantity: number;
  readonly legs: Set<number>;
  filled: number;
}

export interface GroupAuditor {
  /** A command, before its events. */
  begin(commands: Commands, index: number): void;
  /** One event. */
  hear(u8: Uint8Array, i32: Int32Array, f64: Float64Array): void;
  /** The end of a command. */
  check(): void;
}

function insist(condition: boolean, message: string): void {
  if (!condition) throw new Error(`audit: ${message}`);
}

export function makeGroupAuditor(): GroupAuditor {
  const groups = new Map<number, Group>(); // by order id
  const open = new Map<number, number>(); // of legs
  const legsBegun = new Map<number, { quantity: number; first: number }>(); // by correlation
  const ofFirst = new Map<number, Group>(); // by the correlation of a compound's first record
  const touched = new Set<Group>();
  let first = 0;

  function fill(orderId: number, units: number, openNow: number): void {
    const group = groups.get(orderId);
    if (group === undefined) return;
    group.filled += units;
    open.set(orderId, openNow);
    touched.add(group);
    insist(group.filled <= group.quantity, "a group is filled once");
  }

  function accepted(orderId: number, correlation: number): void {
    const leg = legsBegun.get(correlation);
    if (leg === undefined) return;
    const group = ofFirst.get(leg.first) ?? { quantity: leg.quantity, legs: new Set(), filled: 0 };
    ofFirst.set(leg.first, group);
    group.legs.add(orderId);
    groups.set(orderId, group);
    open.set(orderId, leg.quantity);
    touched.add(group);
  }

  function hear(u8: Uint8Array, i32: Int32Array, f64: Float64Array): void {
    const type = u8[EventU8.type]!;
    const orderId = f64[EventF64.orderId]!;
    const isAgain = (u8[EventU8.flags]! & EventFlag.DUPLICATE) !== 0;
    if (type === EventType.ACCEPTED && !isAgain) accepted(orderId, f64[EventF64.correlation]!);
    if (type === EventType.TRADE || type === EventType.PREVENTED) {
      const units = type === EventType.TRADE ? i32[EventI32.quantity]! : 0;
      fill(orderId, units, i32[EventI32.open]!);
      fill(f64[EventF64.takerOrderId]!, units, i32[EventI32.takerOpen]!);
    } else if (groups.has(orderId) && CHANGES.includes(type)) {
      const isOver = u8[EventU8.status] !== OrderStatus.OPEN;
      open.set(orderId, isOver ? 0 : i32[EventI32.open]!);
      touched.add(groups.get(orderId)!);
    }
  }

  /**
   * Between commands no leg has more open than its group has left. One that is left alone is an order
   * like any other from then on, which its owner may make larger.
   */
  function check(): void {
    for (const group of touched) {
      for (const leg of group.legs) {
        insist(open.get(leg)! <= group.quantity - group.filled, "no leg has more than is left");
        if (open.get(leg) === 0) group.legs.delete(leg);
      }
      if (group.legs.size === 1) for (const leg of group.legs) groups.delete(leg);
    }
    touched.clear();
  }

  function begin(commands: Commands, index: number): void {
    const at = index * COMMAND_BYTES;
    const count = commands.u8[at + CommandU8.compoundCount]!;
    const isLeg = (commands.u8[at + CommandU8.flags]! & CommandFlag.LEG) !== 0;
    if (count < 2 || !isLeg) return;
    const correlation = commands.f64[index * COMMAND_F64 + CommandF64.correlation]!;
    if (commands.u8[at + CommandU8.compoundIndex] === 0) first = correlation;
    const quantity = commands.i32[index * COMMAND_I32 + CommandI32.quantity]!;
    legsBegun.set(correlation, { quantity, first });
  }

  return { begin, hear, check };
}
