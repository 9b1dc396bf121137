/**
 * The rows of a shard: one for every order it knows, resting or only remembered by its client order
 * id, in one typed array; and the way from an order id to its row.
 *
 * A *slot* is a row number; slot 0 is nobody. A row is 128 bytes, two cache lines: what matching
 * reads lies in the first, what only the order's own command reads in the second.
 *
 * ```
 * word  0 next     1 prev      2 level        the book: place in its level
 *       3 bits: side, tif, stp, post-only, status, reason, whether it is on the wheel, whether collected
 *       4 instrument  5 priceTicks  6 account  7 open      pairs as an event has them
 *       8 f64 orderId (0: refused)         10 f64 expiresAtUs (0: never)
 *      12 filled  13 total                    total: filled and prevented units included
 *      14 accountNext 15 accountPrev          accounts.ts: the account's open orders, oldest first
 *      16..19 clientOrderId                   ids.ts, as are deadline, fingerprint and keyHash
 *      20 f64 deadlineUs      22 f64 firstSequence   24 f64 priority
 *      26 fingerprint         27 keyHash
 *      28 heapAt                              expiry.ts: the way back (0: none)
 *      29 chainNext                           here: orders whose ids share a bucket
 *      30 tag                 31 groupNext    groups.ts: the next leg of its group, in a ring (0: none)
 * ```
 *
 * `priority` is the sequence at which the order joined the back of its level. A row belongs to the
 * client order id it was placed with, from the place until the id is forgotten; while its status is
 * OPEN it also stands in the tables of open orders. Order ids are given out in order, so their low
 * bits spread over the buckets by themselves.
 */
import { assert as assertion, broken } from "./assert.ts";
import { makeWords, powerOfTwo } from "./words.ts";

const assert: typeof assertion = assertion;

export const ORDER_WORDS = 32;
export const ORDER_DOUBLES = 16;
/**
 * Where a row begins: word `slot << ORDER_SHIFT`, double `slot << ORDER_SHIFT64`. The compiler guards
 * a product against overflow and minus zero, and a shift against nothing: a tenth of a command's time.
 */
export const ORDER_SHIFT = 5;
export const ORDER_SHIFT64 = 4;

/**
 * Where large tables begin in their buffers, so that rows of 64 bytes do not straddle cache lines:
 * the C library's large blocks begin 16 bytes into a page. Elsewhere it costs a little speed.
 */
export const CACHE_ALIGN_BYTES = 48;

/** Slots fit 24 bits, so that a word can hold one beside eight bits of something else. */
export const SLOTS_MAX = 2 ** 24 - 1;

export const OrderI32 = {
  next: 0,
  prev: 1,
  level: 2,
  bits: 3,
  instrument: 4,
  priceTicks: 5,
  account: 6,
  open: 7,
  filled: 12,
  total: 13,
  accountNext: 14,
  accountPrev: 15,
  clientOrderId: 16, // four words
  fingerprint: 26,
  keyHash: 27,
  heapAt: 28,
  chainNext: 29,
  tag: 30,
  groupNext: 31,
} as const;

/** Offsets into the 64-bit view, for copying: what a row and an event hold side by side in both. */
export const OrderB64 = {
  instrumentPrice: 2,
  accountOpen: 3,
  orderId: 4,
  expiresAtUs: 5,
  clientOrderId: 8, // two
  firstSequence: 11,
} as const;

export const OrderF64 = {
  orderId: 4,
  expiresAtUs: 5,
  deadlineUs: 10,
  firstSequence: 11,
  priority: 12,
} as const;

const POST_ONLY_BIT = 1 << 8;
const STATUS_SHIFT = 9;
const REASON_SHIFT = 12;

/** Set while a row hangs on the wheel of deadlines (`ids.ts`). */
export const ON_WHEEL = 1 << 20;

/** Set while an order is collected for an auction: unseen, and in the book of its side alone. */
export const COLLECTED = 1 << 21;
/** Set while an order is a leg of a group with others that are open (`groups.ts`). */
export const GROUPED = 1 << 22;

/** What an order was placed with and never changes but by an amend; its status is none yet. */
export function packBits(side: number, tif: number, stp: number, postOnly: boolean): number {
  return side | (tif << 2) | (stp << 5) | (postOnly ? POST_ONLY_BIT : 0);
}
export const sideOf = (bits: number): number => bits & 3;
export const tifOf = (bits: number): number => (bits >> 2) & 7;
export const stpOf = (bits: number): number => (bits >> 5) & 7;
export const isPostOnly = (bits: number): boolean => (bits & POST_ONLY_BIT) !== 0;
export const statusOf = (bits: number): number => (bits >> STATUS_SHIFT) & 7;
export const reasonOf = (bits: number): number => (bits >> REASON_SHIFT) & 255;
export const withTif = (bits: number, tif: number): number => (bits & ~(7 << 2)) | (tif << 2);
export const withStatus = (bits: number, status: number, reason: number): number =>
  (bits & ~((7 << STATUS_SHIFT) | (255 << REASON_SHIFT))) |
  (status << STATUS_SHIFT) |
  (reason << REASON_SHIFT);

/** The functions above as one object: a hot file takes them to constants of its own from here. */
export const OrderBits = {
  packBits,
  sideOf,
  tifOf,
  stpOf,
  isPostOnly,
  statusOf,
  reasonOf,
  withTif,
  withStatus,
} as const;

const WORDS = ORDER_WORDS;
const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const { chainNext: CHAIN } = OrderI32;
const { orderId: ORDER_ID } = OrderF64;

export interface Orders {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly b64: BigInt64Array;
  /** Rows there may be. */
  readonly capacity: number;
  /** Of a slot: the row at `(slot & mask) << ORDER_SHIFT` is in range, which the compiler then knows. */
  readonly mask: number;
  /** Orders that may be open at the same time. */
  readonly openMax: number;
  /** Slots 1 .. highest may be in use. */
  highest(): number;
  /** How many rows are in use. */
  used(): number;
  /** Orders that are findable by their order id. */
  count(): number;
  isFull(): boolean;
  /** A row to fill; what it held before is still in it. */
  take(): number;
  /** Gives a row back. */
  free(slot: number): void;
  /** Makes the row findable by the order id written in it. */
  index(slot: number): void;
  /** Forgets the row's order id. */
  unindex(slot: number): void;
  /** The slot of the open order with the id `ids[at]`, or 0. */
  find(ids: Float64Array, at: number): number;
  /** The buckets, and which of them `find` looks at first: to be read ahead. */
  readonly buckets: Int32Array;
  bucketOf(ids: Float64Array, at: number): number;
}

// Of `now`, a cell each: a number that closures share and change is looked up and checked at each use.
const FREED = 0; // rows given back that wait in `freed`
const HIGHEST = 1;
const USED = 2;
const COUNTED = 3;

/** Room for `capacity` rows, of which `openMax` may be open orders and `readyRows` are touched at once. */
export function makeOrders(capacity: number, openMax: number = capacity, readyRows = 0): Orders {
  assert(capacity <= SLOTS_MAX, "a slot fits its bits");
  const rowCount = powerOfTwo(capacity + 1);
  const oMask = rowCount - 1;
  const buffer = new ArrayBuffer(rowCount * WORDS * 4 + CACHE_ALIGN_BYTES);
  const i32 = new Int32Array(buffer, CACHE_ALIGN_BYTES);
  const f64 = new Float64Array(buffer, CACHE_ALIGN_BYTES);
  i32.fill(0, 0, Math.min(readyRows, rowCount) * WORDS);
  const b64 = new BigInt64Array(buffer, CACHE_ALIGN_BYTES);
  const bucketMask = powerOfTwo(openMax) - 1;
  const buckets = new Int32Array(bucketMask + 1);
  const freed = new Int32Array(capacity); // rows given back: the last one is taken first
  const now = makeWords(4);

  function take(): number {
    if (now[USED]! >= capacity) broken("the order table is not full when a row is taken");
    now[USED] = now[USED]! + 1;
    if (now[FREED] === 0) {
      const slot = now[HIGHEST]! + 1;
      now[HIGHEST] = slot;
      return slot;
    }
    const left = now[FREED]! - 1;
    now[FREED] = left;
    return freed[left]!;
  }

  function free(slot: number): void {
    now[USED] = now[USED]! - 1;
    freed[now[FREED]!] = slot;
    now[FREED] = now[FREED]! + 1;
  }

  function index(slot: number): void {
    const row = (slot & oMask) << ROW;
    const bucket = f64[(row >> 1) + ORDER_ID]! & bucketMask;
    i32[row + CHAIN] = buckets[bucket]!;
    buckets[bucket] = slot;
    now[COUNTED] = now[COUNTED]! + 1;
  }

  function unindex(slot: number): void {
    now[COUNTED] = now[COUNTED]! - 1;
    const row = (slot & oMask) << ROW;
    const bucket = f64[(row >> 1) + ORDER_ID]! & bucketMask;
    const after = i32[row + CHAIN]!;
    let at = buckets[bucket]!;
    if (at === slot) {
      buckets[bucket] = after;
      return;
    }
    while (i32[((at & oMask) << ROW) + CHAIN] !== slot) {
      assert(at !== 0, "an indexed order is in its chain");
      at = i32[((at & oMask) << ROW) + CHAIN]!;
    }
    i32[((at & oMask) << ROW) + CHAIN] = after;
  }

  function find(ids: Float64Array, at: number): number {
    const orderId = ids[at]!;
    let slot = buckets[orderId & bucketMask]!;
    while (slot !== 0 && f64[((slot & oMask) << ROW64) + ORDER_ID] !== orderId) {
      slot = i32[((slot & oMask) << ROW) + CHAIN]!;
    }
    return slot;
  }

  return {
    i32,
    f64,
    b64,
    capacity,
    mask: oMask,
    openMax,
    highest: () => now[HIGHEST]!,
    used: () => now[USED]!,
    count: () => now[COUNTED]!,
    isFull: () => now[COUNTED] === openMax,
    take,
    free,
    index,
    unindex,
    find,
    buckets,
    bucketOf: (ids, at) => ids[at]! & bucketMask,
  };
}
