/**
 * The event record being written: opens one after another at the end of the caller's buffer, zeroed,
 * and sets fields by their offsets of `event.ts`.
 */
import { assert } from "./assert.ts";
import { CommandF64, CommandU8 } from "./command.ts";
import { EVENT_BYTES, EVENT_F64, EVENT_I32, type Events, makeEvents } from "./event.ts";
import { EventF64, EventFlag, EventI32, EventU8 } from "./event.ts";
import { EVENTS_PER_COMMAND_MAX } from "./limits.ts";
import type { Turn } from "./turn.ts";

export interface EventRecord {
  begin(events: Events): void;
  /** Flags the command's last event, if it made any. */
  end(): void;
  /** Starts a record, with its command's type, sequence and stamp. */
  open(type: number): void;
  /** Marks the record as the command's response. */
  respond(): void;
  byte(at: number, value: number): void;
  word(at: number, value: number): void;
  /** Copies `count` words. */
  words(at: number, from: Int32Array, fromAt: number, count: number): void;
  /** Copies a double, so that none is passed by value. */
  double(at: number, from: Float64Array, fromAt: number): void;
  flag(bit: number): void;
  /** Where the record lies. */
  index(): number;
  /** Fills in a record written before, when how many it covers is known. */
  count(index: number, quantity: number, flags: number): void;
}

export function makeEventRecord(turn: Turn): EventRecord {
  let events = makeEvents(1);
  let e8 = events.u8;
  let e32 = events.i32;
  let e64 = events.f64;
  let firstCount = 0;
  let at8 = 0;
  let at32 = 0;
  let at64 = 0;

  function begin(into: Events): void {
    const room = into.capacity - into.count;
    assert(room >= EVENTS_PER_COMMAND_MAX, "there is room for a command's events");
    events = into;
    e8 = into.u8;
    e32 = into.i32;
    e64 = into.f64;
    firstCount = into.count;
  }

  function end(): void {
    if (events.count !== firstCount) flag(EventFlag.LAST);
  }

  function open(type: number): void {
    const which = events.count++;
    assert(
      which - firstCount < EVENTS_PER_COMMAND_MAX,
      "a command makes a bounded number of events",
    );
    at8 = which * EVENT_BYTES;
    at32 = which * EVENT_I32;
    at64 = which * EVENT_F64;
    for (let word = 0; word < EVENT_F64; word++) e64[at64 + word] = 0;
    e8[at8 + EventU8.type] = type;
    e8[at8 + EventU8.commandType] = turn.u8[turn.at8 + CommandU8.type]!;
    e64[at64 + EventF64.sequence] = turn.f64[turn.at64 + CommandF64.sequence]!;
    e64[at64 + EventF64.stampUs] = turn.f64[turn.at64 + CommandF64.stampUs]!;
  }

  function respond(): void {
    e64[at64 + EventF64.correlation] = turn.f64[turn.at64 + CommandF64.correlation]!;
  }

  function byte(at: number, value: number): void {
    e8[at8 + at] = value;
  }

  function word(at: number, value: number): void {
    e32[at32 + at] = value;
  }

  function words(at: number, from: Int32Array, fromAt: number, count: number): void {
    for (let n = 0; n < count; n++) e32[at32 + at + n] = from[fromAt + n]!;
  }

  function double(at: number, from: Float64Array, fromAt: number): void {
    e64[at64 + at] = from[fromAt]!;
  }

  function flag(bit: number): void {
    e8[at8 + EventU8.flags] = e8[at8 + EventU8.flags]! | bit;
  }

  function index(): number {
    return events.count - 1;
  }

  function count(which: number, quantity: number, flags: number): void {
    e32[which * EVENT_I32 + EventI32.quantity] = quantity;
    e8[which * EVENT_BYTES + EventU8.flags] = flags;
  }

  return { begin, end, open, respond, byte, word, words, double, flag, index, count };
}
