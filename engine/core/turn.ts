/**
 * The command being applied, and the shard's own counters. One object per shard, made
 * once. Doubles travel in typed arrays and by index, never as arguments, so that none is boxed.
 */
import { COMMAND_F64, COMMAND_I32, type Commands, makeCommands } from "./command.ts";
import { makeDoubles } from "./words.ts";

/** Indexes into `Turn.counters`. */
export const Counter = {
  sequence: 0,
  stampUs: 1,
  behaviour: 2,
  ordersTotal: 3, // accepted places; the newest order id
  tradesTotal: 4,
  deadlineUs: 5, // of the place in hand; not state
  ownSequence: 6, // of the record in hand, which may be of a compound; not state
} as const;
export const COUNTERS = 7;
/** Those before this one are state. */
export const COUNTERS_HASHED = 5;

const WORDS = COMMAND_I32;
const DOUBLES = COMMAND_F64;

export interface Turn {
  /** A copy of the command: views that never change are what the compiler likes best. */
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly counters: Float64Array;
}

export function makeTurn(): Turn {
  const { u8, i32, f64 } = makeCommands(1);
  return { u8, i32, f64, counters: makeDoubles(COUNTERS) };
}

/**
 * Copies the record, each field as wide as it is read: a processor waits when it reads as one what has
 * just been written in two. What may be an id's bytes goes by words, for a copied NaN may change.
 */
export function beginTurn(turn: Turn, commands: Commands, index: number): void {
  const { i32: from, f64: fromDoubles } = commands;
  const { i32: to, f64: toDoubles } = turn;
  const at = index * WORDS;
  const at64 = index * DOUBLES;
  to[0] = from[at]!;
  to[1] = from[at + 1]!;
  toDoubles[1] = fromDoubles[at64 + 1]!;
  toDoubles[2] = fromDoubles[at64 + 2]!;
  to[6] = from[at + 6]!;
  to[7] = from[at + 7]!;
  to[8] = from[at + 8]!;
  to[9] = from[at + 9]!;
  toDoubles[5] = fromDoubles[at64 + 5]!;
  toDoubles[6] = fromDoubles[at64 + 6]!;
  toDoubles[7] = fromDoubles[at64 + 7]!;
  to[16] = from[at + 16]!;
  to[17] = from[at + 17]!;
  to[18] = from[at + 18]!;
  to[19] = from[at + 19]!;
  to[20] = from[at + 20]!;
  to[21] = from[at + 21]!;
  toDoubles[11] = fromDoubles[at64 + 11]!;
}
