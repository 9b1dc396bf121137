/**
 * The command being applied: where it lies, and the shard's own counters. One object per shard, made
 * once. Doubles travel in typed arrays and by index, never as arguments, so that none is boxed.
 */
import { COMMAND_BYTES, COMMAND_F64, COMMAND_I32, type Commands, makeCommands } from "./command.ts";

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

export interface Turn {
  u8: Uint8Array;
  i32: Int32Array;
  f64: Float64Array;
  /** The record's first byte, word and double in the three views. */
  at8: number;
  at32: number;
  at64: number;
  readonly counters: Float64Array;
}

export function makeTurn(): Turn {
  const { u8, i32, f64 } = makeCommands(1);
  return { u8, i32, f64, at8: 0, at32: 0, at64: 0, counters: new Float64Array(COUNTERS) };
}

export function beginTurn(turn: Turn, commands: Commands, index: number): void {
  turn.u8 = commands.u8;
  turn.i32 = commands.i32;
  turn.f64 = commands.f64;
  turn.at8 = index * COMMAND_BYTES;
  turn.at32 = index * COMMAND_I32;
  turn.at64 = index * COMMAND_F64;
}
