/**
 * Where a command's events are written: one record after another into a buffer that stays the same for
 * the shard's whole life, which is what the compiler likes best.
 * Every writer sets each word of its record, so a record is never zeroed first; those of rare kinds
 * start from `blank`, which zeroes it, and set their fields by the offsets of `event.ts`.
 */
import { assert, broken } from "./assert.ts";
import { CommandB64, CommandU8 } from "./command.ts";
import { EVENT_BYTES, EVENT_F64, EVENT_I32, type Events } from "./event.ts";
import { EventB64, EventFlag, EventI32, EventU8 } from "./event.ts";
import { EVENTS_PER_COMMAND_MAX } from "./limits.ts";
import type { Turn } from "./turn.ts";
import { makeWords } from "./words.ts";

const E = EventI32;

// Of `cursor`: the record a command begins with, and the next one to write.
const FIRST = 0;
const NEXT = 1;

const BYTES = EVENT_BYTES;
const DOUBLES = EVENT_F64;
const WORDS = EVENT_I32;
const LAST = EventFlag.LAST;
const PER_COMMAND_MAX = EVENTS_PER_COMMAND_MAX;
/** So that the compiler knows the range of a record's words. */
const INDEX_MASK = 2 ** 25 - 1;
const COMMAND_TYPE = CommandU8.type;
const { sequence: C_SEQUENCE, stampUs: C_STAMP, correlation: C_CORRELATION } = CommandB64;
const { sequence: SEQUENCE, stampUs: STAMP, correlation: CORRELATION } = EventB64;

export interface EventRecord {
  readonly events: Events;
  /** From here on events go behind what the buffer holds. */
  begin(): void;
  /** Flags the last event and counts all of them in. */
  end(): void;
  /**
   * Starts a record with its first two words, its command's type, sequence and stamp, and answers its
   * first word's index in `events.i32`; all else is the caller's to write.
   */
  open(type: number, side: number, reason: number, shape: number): number;
  /** Starts a record of zeroes, whose fields are set by what follows; answers as `open`. */
  blank(type: number): number;
  /** Marks a record of zeroes as the command's response. */
  respond(): void;
  byte(at: number, value: number): void;
  word(at: number, value: number): void;
  /** Copies a double, so that none is passed by value. */
  double(at: number, from: Float64Array, fromAt: number): void;
  flag(bit: number): void;
  /** Where the record lies among its command's. */
  index(): number;
  /** Fills in a record written before, when how many it covers is known. */
  cover(index: number, quantity: number, flags: number): void;
}

/** The bytes 4 to 6 of a record: order type, time in force, status. */
export const shapeOf = (orderType: number, tif: number, status: number): number =>
  orderType | (tif << 8) | (status << 16);

export function makeEventRecord(turn: Turn, events: Events): EventRecord {
  const { i32: e32, f64: e64, b64: eb } = events;
  const c8 = turn.u8;
  const cb = turn.b64;
  const cursor = makeWords(2);

  function begin(): void {
    cursor[FIRST] = events.count;
    cursor[NEXT] = events.count;
  }

  /** The first word of the record written last, or to be written. */
  const wordsAt = (index: number): number => (index & INDEX_MASK) * WORDS;

  function end(): void {
    const next = cursor[NEXT]!;
    const made = next - cursor[FIRST]!;
    if (made === 0) return;
    if (made > PER_COMMAND_MAX) broken("a command makes a bounded number of events");
    const at = wordsAt(next - 1);
    e32[at] = e32[at]! | (LAST << 8);
    events.count = next;
  }

  function open(type: number, side: number, reason: number, shape: number): number {
    const next = cursor[NEXT]!;
    cursor[NEXT] = next + 1;
    const at = wordsAt(next);
    const at64 = at >> 1;
    e32[at] = type | (side << 16) | (reason << 24);
    e32[at + 1] = shape | (c8[COMMAND_TYPE]! << 24);
    eb[at64 + SEQUENCE] = cb[C_SEQUENCE]!;
    eb[at64 + STAMP] = cb[C_STAMP]!;
    return at;
  }

  function blank(type: number): number {
    const at = open(type, 0, 0, 0);
    for (let n = CORRELATION; n < DOUBLES; n++) e64[(at >> 1) + n] = 0;
    return at;
  }

  function respond(): void {
    eb[(wordsAt(cursor[NEXT]! - 1) >> 1) + CORRELATION] = cb[C_CORRELATION]!;
  }

  /** Byte `at` of a word of four, little end first, as everywhere in this process. */
  function byte(at: number, value: number): void {
    const word = wordsAt(cursor[NEXT]! - 1) + (at >> 2);
    const shift = (at & 3) * 8;
    e32[word] = (e32[word]! & ~(255 << shift)) | (value << shift);
  }

  function word(at: number, value: number): void {
    e32[wordsAt(cursor[NEXT]! - 1) + at] = value;
  }

  function double(at: number, from: Float64Array, fromAt: number): void {
    e64[(wordsAt(cursor[NEXT]! - 1) >> 1) + at] = from[fromAt]!;
  }

  function flag(bit: number): void {
    const at = wordsAt(cursor[NEXT]! - 1);
    e32[at] = e32[at]! | (bit << 8);
  }

  function cover(which: number, quantity: number, flags: number): void {
    const at = wordsAt(cursor[FIRST]! + which);
    e32[at + E.quantity] = quantity;
    e32[at] = (e32[at]! & ~0xff00) | (flags << 8);
  }

  assert(new Uint8Array(Int32Array.of(1).buffer)[0] === 1, "words are stored little end first");
  assert(EventU8.commandType === 7 && BYTES === WORDS * 4, "a record is laid out as it is written");
  return {
    events,
    begin,
    end,
    open,
    blank,
    respond,
    byte,
    word,
    double,
    flag,
    index: () => cursor[NEXT]! - cursor[FIRST]! - 1,
    cover,
  };
}
