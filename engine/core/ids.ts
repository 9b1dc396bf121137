/**
 * The client order ids a shard remembers: what makes sending a place again safe.
 *
 * A remembered id *is* its order's row (`orders.ts`). It is remembered while its order is open and
 * until the latest deadline any copy carried. From an id to its row lead the lines of `id-lines.ts`.
 *
 * Forgetting is exact although the work is lazy: a row that is over is treated as forgotten wherever
 * it is met, and the wheel (a ring of buckets of 2^14 us, longer than any deadline is ahead) gives
 * back its room once its bucket has passed: a few rows per command, and as many as it takes when there
 * is no other room. So how far the sweep has come is never seen from outside, and is not state. Rows
 * whose order is still open leave the wheel and are forgotten when the order ends.
 */
import { OrderStatus } from "./codes.ts";
import { makeIdLines } from "./id-lines.ts";
import { makeIdWheel, WHEEL_BUCKET_US } from "./id-wheel.ts";
import {
  ON_WHEEL as ON_WHEEL_BIT,
  ORDER_SHIFT,
  ORDER_SHIFT64,
  OrderB64,
  OrderF64,
  OrderI32,
  type Orders,
  OrderBits,
} from "./orders.ts";
import { makeWords } from "./words.ts";

const STATUS = OrderStatus;
const { statusOf } = OrderBits;
const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const ON_WHEEL = ON_WHEEL_BIT;
const BUCKET_US = WHEEL_BUCKET_US;
const { account: ACCOUNT, bits: BITS, keyHash: HASH, clientOrderId: KEY } = OrderI32;
const { deadlineUs: DEADLINE } = OrderF64;
const KEY_PAIRS = OrderB64.clientOrderId;
const OPEN = OrderStatus.OPEN;

export interface Ids {
  /** Whether so many more ids can be remembered; looks for room that is to be given back first. */
  hasRoom(rows: number): boolean;
  /** Whether a row is state: its order is open, or its room is not to be given back yet. */
  isRemembered(slot: number): boolean;
  /** The row of this account and the four words at `words[at]`, perhaps one that is over; or 0. */
  find(account: number, words: Int32Array, at: number): number;
  /** Whether a row has been forgotten although its room has not been given back yet. */
  isOver(slot: number): boolean;
  /**
   * A row for the key that `find` was last asked for, in two halves at `key[at]`, with the deadline
   * `us[usAt]`; `over` is what it answered, when that is over. All else in it is the caller's to write, but the bit ON_WHEEL.
   */
  add(
    account: number,
    key: BigInt64Array,
    at: number,
    over: number,
    us: Float64Array,
    usAt: number,
  ): number;
  /** Remembers a filled row, as it was saved. */
  adopt(slot: number): void;
  /** A later deadline, `us[usAt]`, counts from now on. */
  extend(slot: number, us: Float64Array, usAt: number): void;
  /** To be called when an order has ended, after all has been said about it. */
  ended(slot: number): void;
  /** Gives back some of what is over; to be called once per command. */
  sweep(): void;
  /** The lines, and where a key's begins: to be read ahead. */
  readonly lines: Int32Array;
  lineOf(account: number, words: Int32Array, at: number): number;
  /** The same, of a row that knows its hash. */
  lineOfHash(h: number): number;
}

// Of `now`.
const HASHED = 0; // the hash of the key `find` was last asked for

const hashKey = (seed: number, account: number, key: Int32Array, at: number): number => {
  let h = Math.imul(account ^ seed, 0x9e3779b1) ^ key[at]!;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ key[at + 1]!;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ key[at + 2]!;
  h = Math.imul(h ^ (h >>> 15), 0x27d4eb2f) ^ key[at + 3]!;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

/**
 * `nowUs[nowAt]` is the stamp of the command being applied. `seed` spreads ids differently in every
 * process, so that nobody can choose ids that share a line; it is not state and decides nothing.
 */
export function makeIds(orders: Orders, nowUs: Float64Array, nowAt: number, seed: number): Ids {
  const { i32, f64, b64, capacity, mask: oMask } = orders;
  const lines = makeIdLines(capacity);
  const { words: table, lineAt, after, goesOn, tagged, slotIn, insert } = lines;
  const now = makeWords(1);

  function isKeyOf(slot: number, account: number, key: Int32Array, at: number): boolean {
    const row = (slot & oMask) << ROW;
    return (
      i32[row + KEY] === key[at] &&
      i32[row + KEY + 1] === key[at + 1] &&
      i32[row + KEY + 2] === key[at + 2] &&
      i32[row + KEY + 3] === key[at + 3] &&
      i32[row + ACCOUNT] === account
    );
  }

  function findIn(line: number, h: number, account: number, key: Int32Array, at: number): number {
    for (let found = tagged(line, h & 255); found !== 0; found &= found - 1) {
      const slot = slotIn(line, found);
      if (slot !== 0 && isKeyOf(slot, account, key, at)) return slot;
    }
    return 0;
  }

  function find(account: number, key: Int32Array, at: number): number {
    const h = hashKey(seed, account, key, at);
    now[HASHED] = h;
    const line = lineAt(h);
    const slot = findIn(line, h, account, key, at);
    return slot !== 0 || !goesOn(line) ? slot : findLater(line, h, account, key, at);
  }

  function findLater(
    first: number,
    h: number,
    account: number,
    key: Int32Array,
    at: number,
  ): number {
    let line = first;
    let slot = 0;
    while (slot === 0 && goesOn(line)) {
      line = after(line);
      slot = findIn(line, h, account, key, at);
    }
    return slot;
  }

  function adopt(slot: number): void {
    const row = (slot & oMask) << ROW;
    const h = hashKey(seed, i32[row + ACCOUNT]!, i32, row + KEY);
    i32[row + HASH] = h;
    insert(slot, h);
    const bucket = Math.floor(f64[((slot & oMask) << ROW64) + DEADLINE]! / BUCKET_US);
    if (bucket >= Math.floor(nowUs[nowAt]! / BUCKET_US)) wheel.put(slot);
  }

  function isOver(slot: number): boolean {
    const row = (slot & oMask) << ROW;
    return statusOf(i32[row + BITS]!) !== OPEN && f64[(row >> 1) + DEADLINE]! < nowUs[nowAt]!;
  }

  function add(
    account: number,
    key: BigInt64Array,
    at: number,
    over: number,
    us: Float64Array,
    usAt: number,
  ): number {
    if (over !== 0) {
      f64[((over & oMask) << ROW64) + DEADLINE] = us[usAt]!;
      return over; // still in its line and on the wheel
    }
    const slot = orders.take();
    const row = (slot & oMask) << ROW;
    b64[(row >> 1) + KEY_PAIRS] = key[at]!;
    b64[(row >> 1) + KEY_PAIRS + 1] = key[at + 1]!;
    i32[row + ACCOUNT] = account;
    i32[row + BITS] = 0;
    i32[row + HASH] = now[HASHED]!;
    f64[(row >> 1) + DEADLINE] = us[usAt]!;
    insert(slot, now[HASHED]!);
    wheel.put(slot);
    return slot;
  }

  function forget(slot: number): void {
    lines.remove(slot, i32[((slot & oMask) << ROW) + HASH]!);
    i32[((slot & oMask) << ROW) + BITS] = STATUS.NONE;
    orders.free(slot);
  }

  function extend(slot: number, us: Float64Array, usAt: number): void {
    if (!(us[usAt]! > f64[((slot & oMask) << ROW64) + DEADLINE]!)) return;
    f64[((slot & oMask) << ROW64) + DEADLINE] = us[usAt]!;
    if ((i32[((slot & oMask) << ROW) + BITS]! & ON_WHEEL) === 0) wheel.put(slot);
  }

  function ended(slot: number): void {
    if ((i32[((slot & oMask) << ROW) + BITS]! & ON_WHEEL) === 0) forget(slot);
  }

  /** A row off the wheel: forgotten, left to its order, or back on for its later deadline. */
  function isDue(slot: number): void {
    const row = (slot & oMask) << ROW;
    if (f64[(row >> 1) + DEADLINE]! >= nowUs[nowAt]!) wheel.put(slot);
    else if (statusOf(i32[row + BITS]!) !== OPEN) forget(slot);
  }

  function hasRoom(rows: number): boolean {
    while (orders.used() + rows > capacity) if (!wheel.turn()) return false;
    return true;
  }

  function isRemembered(slot: number): boolean {
    const status = statusOf(i32[((slot & oMask) << ROW) + BITS]!);
    if (status === OPEN || status === STATUS.NONE) return status === OPEN;
    const bucket = Math.floor(f64[((slot & oMask) << ROW64) + DEADLINE]! / BUCKET_US);
    return bucket >= Math.floor(nowUs[nowAt]! / BUCKET_US);
  }

  const wheel = makeIdWheel(orders, nowUs, nowAt, {
    readAhead: (slot) => table[lineAt(i32[((slot & oMask) << ROW) + HASH]!)]!,
    due: isDue,
  });

  return {
    hasRoom,
    isRemembered,
    find,
    isOver,
    add,
    adopt,
    extend,
    ended,
    sweep: wheel.sweep,
    lines: table,
    lineOfHash: lineAt,
    lineOf: (account, key, at) => lineAt(hashKey(seed, account, key, at)),
  };
}
