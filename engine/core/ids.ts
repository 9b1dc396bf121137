/**
 * The client order ids a shard remembers: what makes sending a place again safe.
 *
 * A remembered id *is* its order's row (`orders.ts`). It is remembered while its order is open and
 * until the latest deadline any copy carried. From an id to its row leads a table of lines, one
 * cache line each:
 *
 * ```
 * line   1 word:  displaced << 4 | count   ids that belong here or before and stand in a later line
 *        3 words: twelve tags, a byte each: eight bits of a key's hash
 *       12 words: their slots              in use from the front, the others 0
 * ```
 *
 * so that almost always one line tells whether an id is known, without looking at any row. All tags of
 * a line are compared at once: there is no loop whose end would be guessed wrong.
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

/** Of a line's first word: how many slots are in use; above it how many ids stand in a later line. */
const COUNT_MASK = LINE_WORDS - 1;
const DISPLACED = LINE_WORDS;
const TAGS = 1;
const TAG_BYTES = 4 * TAGS;
const SLOTS = 4;
const SLOTS_PER_LINE = LINE_WORDS - SLOTS;
const LINE_BYTES = 64;

/** Of the twelve there is room for: how full lines are when the table is. */
const KEYS_PER_LINE = 9;
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

const EACH_BYTE = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;

/**
 * Which bytes of three words are zero: bit 8b + w for byte b of word w. A byte of one above a zero may
 * be told as zero, too: whoever asks looks at the slot.
 */
function zeroBytes(a: number, b: number, c: number): number {
  const inA = (a - EACH_BYTE) & ~a & HIGH_BITS;
  const inB = (b - EACH_BYTE) & ~b & HIGH_BITS;
  const inC = (c - EACH_BYTE) & ~c & HIGH_BITS;
  return (inA >>> 7) | (inB >>> 6) | (inC >>> 5);
}

/** The first of what `zeroBytes` found, as the number of a byte. */
function firstOf(found: number): number {
  const bit = 31 - Math.clz32(found & -found);
  return ((bit & 3) << 2) | (bit >> 3);
}

/**
 * `nowUs[nowAt]` is the stamp of the command being applied. `seed` spreads ids differently in every
 * process, so that nobody can choose ids that share a line; it is not state and decides nothing.
 */
export function makeIds(orders: Orders, nowUs: Float64Array, nowAt: number, seed: number): Ids {
  const { i32, f64, b64, capacity, mask: oMask } = orders;
  const lineCount = Math.ceil(Math.max(capacity / KEYS_PER_LINE, 1));
  const buffer = new ArrayBuffer((lineCount + 1) * LINE_BYTES);
  const lines = new Int32Array(buffer, ALIGN_BYTES, lineCount * LINE_WORDS);
  const tags = new Uint8Array(buffer, ALIGN_BYTES, lineCount * LINE_BYTES);
  const now = makeWords(1);
  const share = lineCount / 2 ** 28;

  /** The line of a hash: its upper 28 bits, scaled to how many there are. */
  const lineAt = (h: number): number => (((h >>> 4) * share) | 0) << LINE_SHIFT;

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

  /** Which entries of a line have this tag; an entry that is not in use may be among them. */
  function tagged(line: number, tag: number): number {
    const table = lines;
    const all = Math.imul(tag, EACH_BYTE);
    return zeroBytes(
      table[line + TAGS]! ^ all,
      table[line + TAGS + 1]! ^ all,
      table[line + TAGS + 2]! ^ all,
    );
  }

  function find(account: number, key: Int32Array, at: number): number {
    const h = hashKey(seed, account, key, at);
    now[HASHED] = h;
    let line = lineAt(h);
    for (;;) {
      // The row of nobody has no account, so what is not in use has no key either.
      for (let found = tagged(line, h & 255); found !== 0; found &= found - 1) {
        const slot = lines[line + SLOTS + firstOf(found)]!;
        if (isKeyOf(slot, account, key, at)) return slot;
      }
      if (lines[line]! <= COUNT_MASK) return 0;
      line = after(line);
    }
  }

  function insert(slot: number, h: number): void {
    const table = lines;
    let line = lineAt(h);
    let head = table[line]!;
    while ((head & COUNT_MASK) === SLOTS_PER_LINE) {
      table[line] = head + DISPLACED;
      line = after(line);
      head = table[line]!;
    }
    const entry = head & COUNT_MASK;
    table[line] = head + 1;
    table[line + SLOTS + entry] = slot;
    tags[line * 4 + TAG_BYTES + entry] = h;
  }

  /** Where in a line a slot is, or -1. */
  function entryOf(line: number, slot: number, tag: number): number {
    for (let found = tagged(line, tag); found !== 0; found &= found - 1) {
      const entry = firstOf(found);
      if (lines[line + SLOTS + entry] === slot) return entry;
    }
    return -1;
  }

  function remove(slot: number): void {
    const table = lines;
    const h = i32[((slot & oMask) << ROW) + HASH]!;
    let line = lineAt(h);
    for (;;) {
      const head = table[line]!;
      const entry = entryOf(line, slot, h & 255);
      if (entry >= 0) {
        const last = (head & COUNT_MASK) - 1;
        table[line + SLOTS + entry] = table[line + SLOTS + last]!;
        tags[line * 4 + TAG_BYTES + entry] = tags[line * 4 + TAG_BYTES + last]!;
        table[line + SLOTS + last] = 0;
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
