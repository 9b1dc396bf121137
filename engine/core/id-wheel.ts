/**
 * The wheel of deadlines: which remembered ids may be forgotten next. A ring of buckets of 2^14 us,
 * longer than any deadline is ahead; each row on it hangs in the bucket of its deadline and is due once
 * that bucket has passed.
 */
import { assert } from "./assert.ts";
import { IDS_FORGOTTEN_PER_COMMAND_MAX } from "./limits.ts";
import {
  ON_WHEEL as ON_WHEEL_BIT,
  ORDER_SHIFT,
  OrderF64,
  OrderI32,
  type Orders,
} from "./orders.ts";
import { makeDoubles, makeWords } from "./words.ts";

/** How long a bucket is. */
export const WHEEL_BUCKET_US = 2 ** 14;

const ROW = ORDER_SHIFT;
const BITS = OrderI32.bits;
const HASH = OrderI32.keyHash;
const DEADLINE = OrderF64.deadlineUs;
const ON_WHEEL = ON_WHEEL_BIT;
const BUCKET_US = WHEEL_BUCKET_US;
const BUCKETS = 2 ** 18;
const EMPTY_BUCKETS_MAX = 256; // passed by one command
const HANDS = IDS_FORGOTTEN_PER_COMMAND_MAX;
assert(HANDS === 2, "each hand is written out");

/** What becomes of a row that is due. */
export interface IdWheelOwner {
  /** Reads what `due` will need of it; any number. */
  readAhead(slot: number): number;
  /** The row is off the wheel. */
  due(slot: number): void;
}

export interface IdWheel {
  /** Hangs a row at its deadline. */
  put(slot: number): void;
  /** Goes on with what is due, a few rows; to be called once per command. */
  sweep(): void;
  /** Goes on although no command does; false: nothing is due. */
  turn(): boolean;
}

// Of `now`.
const SWEEPING = 0; // what is left of the bucket being swept
const IN_HANDS = 1; // 0: none

export function makeIdWheel(
  orders: Orders,
  nowUs: Float64Array,
  nowAt: number,
  owner: IdWheelOwner,
): IdWheel {
  const { i32, f64, mask: oMask } = orders;
  const buckets = new Int32Array(BUCKETS);
  const next = new Int32Array(oMask + 1); // rows that share a bucket
  const swept = makeDoubles(2).fill(-1, 0, 1); // bucket number reached, from time 0; when the next has passed
  const second = makeWords(HANDS);
  const third = makeWords(HANDS);
  const seen = makeWords(1); // what was read ahead, so that reading it is not left out
  const now = makeWords(2);

  function put(slot: number): void {
    const row = (slot & oMask) << ROW;
    const bucket = (f64[(row >> 1) + DEADLINE]! / BUCKET_US) & (BUCKETS - 1);
    next[slot & oMask] = buckets[bucket]!;
    buckets[bucket] = slot;
    i32[row + BITS] = i32[row + BITS]! | ON_WHEEL;
  }

  /** Begins with the next bucket that has passed; false: none has. */
  function begin(): boolean {
    const reachable = Math.floor(nowUs[nowAt]! / BUCKET_US);
    // Nothing was put on it before its first turn.
    const at = swept[0]! < 0 ? reachable : Math.max(swept[0]!, reachable - BUCKETS);
    swept[0] = at;
    swept[1] = (at + 1) * BUCKET_US;
    if (at >= reachable) return false;
    now[SWEEPING] = buckets[at & (BUCKETS - 1)]!;
    buckets[at & (BUCKETS - 1)] = 0;
    swept[0] = at + 1;
    swept[1] = (at + 2) * BUCKET_US;
    return true;
  }

  function take(slot: number): void {
    const bitsAt = ((slot & oMask) << ROW) + BITS;
    i32[bitsAt] = i32[bitsAt]! & ~ON_WHEEL;
    owner.due(slot);
  }

  /**
   * The rows that are due go through three hands, a command apart: the first reads the row, the second
   * what its owner needs, the third hands it over. So none waits for memory that was not touched for as
   * long as a deadline is ahead.
   */
  function handOn(): void {
    const due = now[SWEEPING]!;
    const after = next[due & oMask]!; // behind nobody is nobody
    now[SWEEPING] = next[after & oMask]!;
    if (third[0] !== 0) take(third[0]!);
    if (third[1] !== 0) take(third[1]!);
    const one = second[0]!;
    const other = second[1]!;
    third[0] = one;
    third[1] = other;
    second[0] = due;
    second[1] = after;
    now[IN_HANDS] = one | other | due;
    const dueRow = (due & oMask) << ROW;
    const afterRow = (after & oMask) << ROW;
    const rows =
      i32[dueRow + BITS]! ^ i32[dueRow + HASH]! ^ i32[afterRow + BITS]! ^ i32[afterRow + HASH]!;
    seen[0] = one === 0 ? rows : rows ^ owner.readAhead(one) ^ owner.readAhead(other);
  }

  function sweep(): void {
    if (now[SWEEPING] === 0 && now[IN_HANDS] === 0) {
      if (nowUs[nowAt]! < swept[1]!) return;
      for (let n = 0; n < EMPTY_BUCKETS_MAX && now[SWEEPING] === 0; n++) if (!begin()) return;
    }
    handOn();
  }

  function turn(): boolean {
    if (now[SWEEPING] === 0 && now[IN_HANDS] === 0) return begin();
    handOn();
    return true;
  }

  return { put, sweep, turn };
}
