/**
 * The command being applied, and the shard's own counters. One object per shard, made
 * once. Doubles travel in typed arrays and by index, never as arguments, so that none is boxed.
 */
import { COMMAND_I32, type Commands, makeCommands } from "./command.ts";

/** Indexes into `Turn.counters`. */
export const Counter = {
  sequence: 0,
  stampUs: 1,
  behaviour: 2,
  ordersTotal: 3, // accepted places; the newest order id
  tradesTotal: 4,
  deadlineUs: 5, // of the place in hand; not state
} as const;
export const COUNTERS = 6;
/** Those before this one are state. */
export const COUNTERS_HASHED = 5;

const WORDS = COMMAND_I32;

export interface Turn {
  /** A copy of the command: views that never change are what the compiler likes best. */
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly counters: Float64Array;
}

export function makeTurn(): Turn {
  const { u8, i32, f64 } = makeCommands(1);
  return { u8, i32, f64, counters: new Float64Array(COUNTERS) };
}

/** Copies word by word: a double made of other fields may be a NaN, whose bits are not kept. */
export function beginTurn(turn: Turn, commands: Commands, index: number): void {
  const from = commands.i32;
  const at = index * WORDS;
  const to = turn.i32;
  for (let word = 0; word < WORDS; word += 4) {
    to[word] = from[at + word]!;
    to[word + 1] = from[at + word + 1]!;
    to[word + 2] = from[at + word + 2]!;
    to[word + 3] = from[at + word + 3]!;
  }
}
