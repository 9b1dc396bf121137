/**
 * The command being applied, and the shard's own counters. One object per shard, made
 * once. Doubles travel in typed arrays and by index, never as arguments, so that none is boxed.
 */
import { COMMAND_F64, type Commands, makeCommands } from "./command.ts";
import { COMMANDS_VIEW_MAX } from "./limits.ts";
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

const DOUBLES = COMMAND_F64;
const INDEX_MASK = COMMANDS_VIEW_MAX - 1;

export interface Turn {
  /** A copy of the command: views that never change are what the compiler likes best. */
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly b64: BigInt64Array;
  readonly counters: Float64Array;
  /** Takes a command in hand. */
  begin(commands: Commands, index: number): void;
}

export function makeTurn(): Turn {
  const { u8, i32, f64, b64: to } = makeCommands(1);

  /** By 64 bits where a double would do: what may be an id's bytes is not to be taken for a NaN. */
  function begin({ b64: from }: Commands, index: number): void {
    const at = (index & INDEX_MASK) * DOUBLES;
    to[0] = from[at]!;
    to[1] = from[at + 1]!;
    to[2] = from[at + 2]!;
    to[3] = from[at + 3]!;
    to[4] = from[at + 4]!;
    to[5] = from[at + 5]!;
    to[6] = from[at + 6]!;
    to[7] = from[at + 7]!;
    to[8] = from[at + 8]!;
    to[9] = from[at + 9]!;
    to[10] = from[at + 10]!;
    to[11] = from[at + 11]!;
  }

  return { u8, i32, f64, b64: to, counters: makeDoubles(COUNTERS), begin };
}
