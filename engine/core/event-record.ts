/**
 * The event record being written: opened one after another, zeroed, its fields set by their offsets
 * of `event.ts`. A command's events are made in a buffer of our own, which the compiler knows by
 * address, and handed over together at the end.
 */
import { assert } from "./assert.ts";
import { CommandF64, CommandU8 } from "./command.ts";
import { EVENT_BYTES, EVENT_F64, EVENT_I32, type Events, makeEvents } from "./event.ts";
import { EventF64, EventFlag, EventI32, EventU8 } from "./event.ts";
import { EVENTS_PER_COMMAND_MAX } from "./limits.ts";
import type { Turn } from "./turn.ts";

export interface EventRecord {
  begin(): void;
  /** Flags the last event and hands all of them over, behind what `into` holds. */
  end(into: Events): void;
  /** Starts a record, with its command's type, sequence and stamp. */
  open(type: number): void;
  /** Marks the record as the command's response. */
  respond(): void;
  byte(at: number, value: number): void;
  word(at: number, value: number): void;
  /** Copies `howMany` words. */
  words(at: number, from: Int32Array, fromAt: number, howMany: number): void;
  /** Copies a double, so that none is passed by value. */
  double(at: number, from: Float64Array, fromAt: number): void;
  flag(bit: number): void;
  /** Where the record lies. */
  index(): number;
  /** Fills in a record written before, when how many it covers is known. */
  cover(index: number, quantity: number, flags: number): void;
}

export function makeEventRecord(turn: Turn): EventRecord {
  const { u8: e8, i32: e32, f64: e64 } = makeEvents(EVENTS_PER_COMMAND_MAX);
  let count = 0;
  let at8 = 0;
  let at32 = 0;
  let at64 = 0;

  function begin(): void {
    count = 0;
  }

  function end(into: Events): void {
    if (count === 0) return;
    flag(EventFlag.LAST);
    assert(into.capacity - into.count >= count, "there is room for a command's events");
    const to = into.i32;
    const at = into.count * EVENT_I32;
    const words = count * EVENT_I32;
    for (let word = 0; word < words; word++) to[at + word] = e32[word]!;
    into.count += count;
  }

  function open(type: number): void {
    const which = count++;
    assert(which < EVENTS_PER_COMMAND_MAX, "a command makes a bounded number of events");
    at8 = which * EVENT_BYTES;
    at32 = which * EVENT_I32;
    at64 = which * EVENT_F64;
    for (let word = 0; word < EVENT_F64; word++) e64[at64 + word] = 0;
    e8[at8 + EventU8.type] = type;
    e8[at8 + EventU8.commandType] = turn.u8[CommandU8.type]!;
    e64[at64 + EventF64.sequence] = turn.f64[CommandF64.sequence]!;
    e64[at64 + EventF64.stampUs] = turn.f64[CommandF64.stampUs]!;
  }

  function respond(): void {
    e64[at64 + EventF64.correlation] = turn.f64[CommandF64.correlation]!;
  }

  function byte(at: number, value: number): void {
    e8[at8 + at] = value;
  }

  function word(at: number, value: number): void {
    e32[at32 + at] = value;
  }

  function words(at: number, from: Int32Array, fromAt: number, howMany: number): void {
    for (let n = 0; n < howMany; n++) e32[at32 + at + n] = from[fromAt + n]!;
  }

  function double(at: number, from: Float64Array, fromAt: number): void {
    e64[at64 + at] = from[fromAt]!;
  }

  function flag(bit: number): void {
    e8[at8 + EventU8.flags] = e8[at8 + EventU8.flags]! | bit;
  }

  function index(): number {
    return count - 1;
  }

  function cover(which: number, quantity: number, flags: number): void {
    e32[which * EVENT_I32 + EventI32.quantity] = quantity;
    e8[which * EVENT_BYTES + EventU8.flags] = flags;
  }

  return { begin, end, open, respond, byte, word, words, double, flag, index, cover };
}
