/**
 * Every open order of a shard, as rows of one typed array, and the way from an order id to its row.
 *
 * A *slot* is a row number; slot 0 is nobody. A row is 72 bytes, written by whoever is named:
 *
 * ```
 * word  0 next     1 prev      2 level        the book: place in its level (next is also the free list)
 *       3 instrument  4 priceTicks  5 open    6 account   7 bits (side, tif, stp, post-only)
 *       8 accountNext 9 accountPrev           accounts.ts: the account's orders, oldest first
 *      10 idEntry    11 heapAt                ids.ts, expiry.ts: the way back (0: none)
 *      12 chainNext                           here: orders whose ids share a bucket
 *      13 tag
 *      14 f64 orderId          16 f64 expiresAtUs (0: never)
 * ```
 *
 * Order ids are given out in order, so their low bits spread over the buckets by themselves.
 */
import { assert } from "./assert.ts";

export const ORDER_WORDS = 18;
export const ORDER_DOUBLES = 9;

export const OrderI32 = {
  next: 0,
  prev: 1,
  level: 2,
  instrument: 3,
  priceTicks: 4,
  open: 5,
  account: 6,
  bits: 7,
  accountNext: 8,
  accountPrev: 9,
  idEntry: 10,
  heapAt: 11,
  chainNext: 12,
  tag: 13,
} as const;

export const OrderF64 = { orderId: 7, expiresAtUs: 8 } as const;

const { next: NEXT, chainNext: CHAIN } = OrderI32;
const { orderId: ORDER_ID } = OrderF64;

const POST_ONLY_BIT = 1 << 8;

/** What an order was placed with and never changes but by an amend, in one word. */
export function packBits(side: number, tif: number, stp: number, postOnly: boolean): number {
  return side | (tif << 2) | (stp << 5) | (postOnly ? POST_ONLY_BIT : 0);
}
export const sideOf = (bits: number): number => bits & 3;
export const tifOf = (bits: number): number => (bits >> 2) & 7;
export const stpOf = (bits: number): number => (bits >> 5) & 7;
export const isPostOnly = (bits: number): boolean => (bits & POST_ONLY_BIT) !== 0;
export const withTif = (bits: number, tif: number): number => (bits & ~(7 << 2)) | (tif << 2);

export interface Orders {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly capacity: number;
  count(): number;
  isFull(): boolean;
  /** A row to fill; what it held before is still in it. */
  take(): number;
  /** Makes the row findable by the order id written in it. */
  index(slot: number): void;
  /** Forgets the row's order id and gives the row back. */
  release(slot: number): void;
  /** The slot of an open order, or 0. */
  find(orderId: number): number;
}

/** Room for `capacity` orders at once. */
export function makeOrders(capacity: number): Orders {
  const buffer = new ArrayBuffer((capacity + 1) * ORDER_WORDS * 4);
  const i32 = new Int32Array(buffer);
  const f64 = new Float64Array(buffer);
  const bucketMask = 2 ** Math.ceil(Math.log2(Math.max(capacity, 2))) - 1;
  const buckets = new Int32Array(bucketMask + 1);
  let free = 0;
  let highest = 0;
  let open = 0;

  function take(): number {
    assert(open < capacity, "the order table is not full when a row is taken");
    open++;
    if (free === 0) return ++highest;
    const slot = free;
    free = i32[slot * ORDER_WORDS + NEXT]!;
    return slot;
  }

  function index(slot: number): void {
    const bucket = f64[slot * ORDER_DOUBLES + ORDER_ID]! & bucketMask;
    i32[slot * ORDER_WORDS + CHAIN] = buckets[bucket]!;
    buckets[bucket] = slot;
  }

  function unindex(slot: number): void {
    const bucket = f64[slot * ORDER_DOUBLES + ORDER_ID]! & bucketMask;
    const after = i32[slot * ORDER_WORDS + CHAIN]!;
    let at = buckets[bucket]!;
    if (at === slot) {
      buckets[bucket] = after;
      return;
    }
    while (i32[at * ORDER_WORDS + CHAIN] !== slot) {
      assert(at !== 0, "an indexed order is in its chain");
      at = i32[at * ORDER_WORDS + CHAIN]!;
    }
    i32[at * ORDER_WORDS + CHAIN] = after;
  }

  function release(slot: number): void {
    unindex(slot);
    open--;
    i32[slot * ORDER_WORDS + NEXT] = free;
    free = slot;
  }

  function find(orderId: number): number {
    let slot = buckets[orderId & bucketMask]!;
    while (slot !== 0 && f64[slot * ORDER_DOUBLES + ORDER_ID] !== orderId) {
      slot = i32[slot * ORDER_WORDS + CHAIN]!;
    }
    return slot;
  }

  return {
    i32,
    f64,
    capacity,
    count: () => open,
    isFull: () => open === capacity,
    take,
    index,
    release,
    find,
  };
}
