/**
 * The client order ids a shard remembers: what makes sending a place again safe.
 *
 * An entry is remembered while its order rests and until the latest deadline any copy carried. It is
 * 80 bytes; entry 0 is nobody:
 *
 * ```
 * word  0..3 clientOrderId    4 account
 *       5 chainNext           entries whose keys share a bucket (also the free list)
 *       6 wheelNext           entries whose deadlines share a bucket of the wheel
 *       7 bits                status, reason, side, and whether it is on the wheel
 *       8 filled   9 total   10 slot (0: not resting)   11 instrument
 *      12, 13 fingerprint     of every parameter of the place but its deadline
 *      14 f64 firstSequence   16 f64 orderId (0: refused)   18 f64 deadlineUs
 * ```
 *
 * Forgetting is exact although the work is lazy: an entry that is over is treated as forgotten
 * wherever it is met, and the wheel (a ring of buckets of 2^18 us, longer than any deadline is ahead)
 * gives back its room, a few entries per command. Entries whose order still rests leave the wheel and
 * are forgotten when the order ends.
 */
import { assert } from "./assert.ts";
import { OrderStatus } from "./codes.ts";
import { IDS_FORGOTTEN_PER_COMMAND_MAX } from "./limits.ts";

export const ID_WORDS = 20;
export const ID_DOUBLES = 10;

export const IdI32 = {
  clientOrderId: 0,
  account: 4,
  chainNext: 5,
  wheelNext: 6,
  bits: 7,
  filled: 8,
  total: 9,
  slot: 10,
  instrument: 11,
  fingerprintHigh: 12,
  fingerprintLow: 13,
} as const;
export const IdF64 = { firstSequence: 7, orderId: 8, deadlineUs: 9 } as const;

const { account: ACCOUNT, chainNext: CHAIN, wheelNext: WHEEL_NEXT, bits: BITS, slot: SLOT } = IdI32;
const { deadlineUs: DEADLINE } = IdF64;

const ON_WHEEL = 1 << 20;

/** status | reason << 8 | side << 16 */
export const packIdBits = (status: number, reason: number, side: number): number =>
  status | (reason << 8) | (side << 16);
export const statusOf = (bits: number): number => bits & 255;
export const reasonOf = (bits: number): number => (bits >> 8) & 255;
export const idSideOf = (bits: number): number => (bits >> 16) & 3;

const WHEEL_BUCKETS = 16_384;
const WHEEL_BUCKET_US = 2 ** 18;

export interface Ids {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly capacity: number;
  /** Entries 1 .. highest may be in use; those that are have a status. */
  highest(): number;
  isFull(): boolean;
  /** The entry of this account and the four words at `words[at]`, perhaps one that is over; or 0. */
  find(account: number, words: Int32Array, at: number): number;
  /** Whether an entry has been forgotten although its room has not been given back yet. */
  isOver(entry: number): boolean;
  /**
   * An entry for this key with the deadline `us[usAt]`; `over` is what `find` answered, when that is over.
   * All else in it is the caller's to write, `bits` through `setBits`.
   */
  add(
    account: number,
    words: Int32Array,
    at: number,
    over: number,
    us: Float64Array,
    usAt: number,
  ): number;
  setBits(entry: number, bits: number): void;
  /** A later deadline, `us[usAt]`, counts from now on. */
  extend(entry: number, us: Float64Array, usAt: number): void;
  /** To be called when an entry's order has ended, after all has been said about it. */
  ended(entry: number): void;
  /** Gives back some of what is over; to be called once per command. */
  sweep(): void;
}

function hashKey(account: number, words: Int32Array, at: number): number {
  let h = Math.imul(account, 0x9e3779b1) ^ words[at]!;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ words[at + 1]!;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ words[at + 2]!;
  h = Math.imul(h ^ (h >>> 15), 0x27d4eb2f) ^ words[at + 3]!;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** `nowUs[nowAt]` is the stamp of the command being applied. */
export function makeIds(capacity: number, nowUs: Float64Array, nowAt: number): Ids {
  const buffer = new ArrayBuffer((capacity + 1) * ID_WORDS * 4);
  const i32 = new Int32Array(buffer);
  const f64 = new Float64Array(buffer);
  const bucketMask = 2 ** Math.ceil(Math.log2(Math.max(capacity, 2))) - 1;
  const buckets = new Int32Array(bucketMask + 1);
  const wheel = new Int32Array(WHEEL_BUCKETS);
  const sweptTo = new Float64Array(1); // bucket number the sweep has reached, counted from time 0
  let sweeping = 0; // what is left of the bucket being swept
  let free = 0;
  let highestEntry = 0;
  let used = 0;

  function find(account: number, words: Int32Array, at: number): number {
    let entry = buckets[hashKey(account, words, at) & bucketMask]!;
    for (; entry !== 0; entry = i32[entry * ID_WORDS + CHAIN]!) {
      const row = entry * ID_WORDS;
      if (
        i32[row] === words[at] &&
        i32[row + 1] === words[at + 1] &&
        i32[row + 2] === words[at + 2] &&
        i32[row + 3] === words[at + 3] &&
        i32[row + ACCOUNT] === account
      ) {
        return entry;
      }
    }
    return 0;
  }

  function isOver(entry: number): boolean {
    return (
      i32[entry * ID_WORDS + SLOT] === 0 && f64[entry * ID_DOUBLES + DEADLINE]! < nowUs[nowAt]!
    );
  }

  function putOnWheel(entry: number): void {
    const bucket = (f64[entry * ID_DOUBLES + DEADLINE]! / WHEEL_BUCKET_US) & (WHEEL_BUCKETS - 1);
    i32[entry * ID_WORDS + WHEEL_NEXT] = wheel[bucket]!;
    wheel[bucket] = entry;
    i32[entry * ID_WORDS + BITS] = i32[entry * ID_WORDS + BITS]! | ON_WHEEL;
  }

  function add(
    account: number,
    words: Int32Array,
    at: number,
    over: number,
    us: Float64Array,
    usAt: number,
  ): number {
    if (over !== 0) {
      f64[over * ID_DOUBLES + DEADLINE] = us[usAt]!;
      return over; // still in its chain and on the wheel
    }
    assert(used < capacity, "the id table is not full when an entry is taken");
    used++;
    const entry = free === 0 ? ++highestEntry : free;
    const row = entry * ID_WORDS;
    if (entry === free) free = i32[row + CHAIN]!;
    for (let word = 0; word < 4; word++) i32[row + word] = words[at + word]!;
    i32[row + ACCOUNT] = account;
    i32[row + BITS] = 0;
    i32[row + SLOT] = 0;
    f64[entry * ID_DOUBLES + DEADLINE] = us[usAt]!;
    const bucket = hashKey(account, words, at) & bucketMask;
    i32[row + CHAIN] = buckets[bucket]!;
    buckets[bucket] = entry;
    putOnWheel(entry);
    return entry;
  }

  function forget(entry: number): void {
    const row = entry * ID_WORDS;
    const bucket = hashKey(i32[row + ACCOUNT]!, i32, row) & bucketMask;
    const after = i32[row + CHAIN]!;
    let at = buckets[bucket]!;
    if (at === entry) {
      buckets[bucket] = after;
    } else {
      while (i32[at * ID_WORDS + CHAIN] !== entry) {
        assert(at !== 0, "a remembered id is in its chain");
        at = i32[at * ID_WORDS + CHAIN]!;
      }
      i32[at * ID_WORDS + CHAIN] = after;
    }
    i32[row + BITS] = OrderStatus.NONE;
    i32[row + CHAIN] = free;
    free = entry;
    used--;
  }

  function setBits(entry: number, bits: number): void {
    const at = entry * ID_WORDS + BITS;
    i32[at] = (i32[at]! & ON_WHEEL) | bits;
  }

  function extend(entry: number, us: Float64Array, usAt: number): void {
    if (!(us[usAt]! > f64[entry * ID_DOUBLES + DEADLINE]!)) return;
    f64[entry * ID_DOUBLES + DEADLINE] = us[usAt]!;
    if ((i32[entry * ID_WORDS + BITS]! & ON_WHEEL) === 0) putOnWheel(entry);
  }

  function ended(entry: number): void {
    i32[entry * ID_WORDS + SLOT] = 0;
    if ((i32[entry * ID_WORDS + BITS]! & ON_WHEEL) === 0) forget(entry);
  }

  /** An entry off the wheel: forgotten, left to its order, or back on for its later deadline. */
  function sweepOne(entry: number): void {
    const row = entry * ID_WORDS;
    i32[row + BITS] = i32[row + BITS]! & ~ON_WHEEL;
    if (f64[entry * ID_DOUBLES + DEADLINE]! >= nowUs[nowAt]!) putOnWheel(entry);
    else if (i32[row + SLOT] === 0) forget(entry);
  }

  function sweep(): void {
    const reachable = Math.floor(nowUs[nowAt]! / WHEEL_BUCKET_US);
    let at = Math.max(sweptTo[0]!, reachable - WHEEL_BUCKETS);
    let budget = IDS_FORGOTTEN_PER_COMMAND_MAX;
    while (budget > 0) {
      if (sweeping !== 0) {
        const entry = sweeping;
        sweeping = i32[entry * ID_WORDS + WHEEL_NEXT]!;
        sweepOne(entry);
        budget--;
      } else if (at < reachable) {
        sweeping = wheel[at & (WHEEL_BUCKETS - 1)]!;
        wheel[at & (WHEEL_BUCKETS - 1)] = 0;
        at++;
      } else break;
    }
    sweptTo[0] = at;
  }

  return {
    i32,
    f64,
    capacity,
    highest: () => highestEntry,
    isFull: () => used === capacity,
    find,
    isOver,
    add,
    setBits,
    extend,
    ended,
    sweep,
  };
}
