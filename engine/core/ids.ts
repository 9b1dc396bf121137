/**
 * The client order ids a shard remembers: what makes sending a place again safe.
 *
 * A remembered id *is* its order's row (`orders.ts`). It is remembered while its order is open and
 * until the latest deadline any copy carried. From an id to its row leads a table of lines, one
 * cache line each:
 *
 * ```
 * line   1 word:  displaced << 4 | count   ids that belong here or before and stand in a later line
 *       15 words: tag << 24 | slot         in use from the front; tag: eight bits of the key's hash
 * ```
 *
 * so that almost always one line tells whether an id is known, without looking at any row.
 *
 * Forgetting is exact although the work is lazy: a row that is over is treated as forgotten wherever
 * it is met, and the wheel (a ring of buckets of 2^14 us, longer than any deadline is ahead) gives
 * back its room once its bucket has passed: a few rows per command, and as many as it takes when there
 * is no other room. So how far the sweep has come is never seen from outside, and is not state. Rows
 * whose order is still open leave the wheel and are forgotten when the order ends.
 */
import { assert as assertion } from "./assert.ts";
import { OrderStatus } from "./codes.ts";
import { makeIdWheel, WHEEL_BUCKET_US } from "./id-wheel.ts";
import {
  CACHE_ALIGN_BYTES,
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
const assert: typeof assertion = assertion;
const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const ON_WHEEL = ON_WHEEL_BIT;
const BUCKET_US = WHEEL_BUCKET_US;
const { account: ACCOUNT, bits: BITS, keyHash: HASH, clientOrderId: KEY } = OrderI32;
const { deadlineUs: DEADLINE } = OrderF64;
const KEY_PAIRS = OrderB64.clientOrderId;
const OPEN = OrderStatus.OPEN;

const LINE_WORDS = 16;
const LINE_SHIFT = 4;

/** Of a line's first word: how many of its words are in use, all of them when it is full. */
const COUNT_MASK = LINE_WORDS - 1;
const DISPLACED = LINE_WORDS;
const LINE_BYTES = 64;

/** Of the 15 there is room for: how full lines are when the table is. */
const KEYS_PER_LINE = 11;
const ALIGN_BYTES = CACHE_ALIGN_BYTES;

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
  const lineCount = Math.ceil(Math.max(capacity / KEYS_PER_LINE, 1));
  const buffer = new ArrayBuffer((lineCount + 1) * LINE_BYTES);
  const lines = new Int32Array(buffer, ALIGN_BYTES, lineCount * LINE_WORDS);
  const now = makeWords(1);

  /** The line of a hash: its upper 28 bits, scaled to how many there are. */
  const lineAt = (h: number): number => ((((h >>> 4) / 2 ** 28) * lineCount) | 0) << LINE_SHIFT;

  const after = (line: number): number =>
    line + LINE_WORDS === lines.length ? 0 : (line + LINE_WORDS) | 0;

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

  /** Five words at a time: how many a line has differs from line to line, how many fives hardly does. */
  function find(account: number, key: Int32Array, at: number): number {
    const table = lines; // bound outside of the loop, or the compiler looks it up in it
    const h = hashKey(seed, account, key, at);
    now[HASHED] = h;
    const tag = h << 24;
    let line = lineAt(h);
    for (;;) {
      const head = table[line]!;
      const last = line + (head & COUNT_MASK);
      for (let n = line + 1; n <= last; n += 5) {
        // A word of the same tag is without it its slot. What is behind the last is of the past.
        const a = table[n]! ^ tag;
        const b = table[n + 1]! ^ tag;
        const c = table[n + 2]! ^ tag;
        const d = table[n + 3]! ^ tag;
        const e = table[n + 4]! ^ tag;
        if (a >>> 24 === 0 && isKeyOf(a, account, key, at)) return a;
        if (b >>> 24 === 0 && n + 1 <= last && isKeyOf(b, account, key, at)) return b;
        if (c >>> 24 === 0 && n + 2 <= last && isKeyOf(c, account, key, at)) return c;
        if (d >>> 24 === 0 && n + 3 <= last && isKeyOf(d, account, key, at)) return d;
        if (e >>> 24 === 0 && n + 4 <= last && isKeyOf(e, account, key, at)) return e;
      }
      if (head <= COUNT_MASK) return 0;
      line = after(line);
    }
  }

  function insert(slot: number, h: number): void {
    const table = lines;
    let line = lineAt(h);
    let head = table[line]!;
    while ((head & COUNT_MASK) === COUNT_MASK) {
      table[line] = head + DISPLACED;
      line = after(line);
      head = table[line]!;
    }
    table[line] = head + 1;
    table[line + (head & COUNT_MASK) + 1] = (h << 24) | slot;
  }

  function remove(slot: number): void {
    const table = lines;
    const h = i32[((slot & oMask) << ROW) + HASH]!;
    let line = lineAt(h);
    const word = (h << 24) | slot;
    for (;;) {
      const head = table[line]!;
      const last = line + (head & COUNT_MASK);
      let at = line + 1;
      while (at <= last && table[at] !== word) at++;
      if (at <= last) {
        table[at] = table[last]!;
        table[line] = head - 1;
        return;
      }
      assert(head > COUNT_MASK, "a remembered id stands in its line or a later one");
      table[line] = head - DISPLACED;
      line = after(line);
    }
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
    remove(slot);
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
    readAhead: (slot) => lines[lineAt(i32[((slot & oMask) << ROW) + HASH]!)]!,
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
    lines,
    lineOfHash: lineAt,
    lineOf: (account, key, at) => lineAt(hashKey(seed, account, key, at)),
  };
}
