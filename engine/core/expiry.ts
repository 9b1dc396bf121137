/**
 * Which resting order expires next: a heap of slots by expiry, then by order id, so that what is due
 * goes in the same order on any machine. Each row knows its place in the heap, so leaving is cheap.
 */
import { ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, type Orders } from "./orders.ts";
import { makeWords } from "./words.ts";

const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const { heapAt: HEAP_AT } = OrderI32;
const { orderId: ORDER_ID, expiresAtUs: EXPIRES } = OrderF64;

export interface Expiry {
  /** Adds an order that has an expiry. */
  add(slot: number): void;
  /** Takes an order out, if it is in. */
  remove(slot: number): void;
  /** The slot that expires first, or 0. */
  first(): number;
  /** Whether the first is due at `nowUs[at]`. */
  isDue(nowUs: Float64Array, at: number): boolean;
}

// Of `now`.
const COUNT = 0; // orders in the heap

export function makeExpiry(orders: Orders): Expiry {
  const o32 = orders.i32;
  const o64 = orders.f64;
  const oMask = orders.mask;
  const heap = new Int32Array(orders.capacity + 1); // from 1; children of n are 2n and 2n + 1
  const now = makeWords(1);

  function isBefore(a: number, b: number): boolean {
    const expiresA = o64[((a & oMask) << ROW64) + EXPIRES]!;
    const expiresB = o64[((b & oMask) << ROW64) + EXPIRES]!;
    if (expiresA !== expiresB) return expiresA < expiresB;
    return o64[((a & oMask) << ROW64) + ORDER_ID]! < o64[((b & oMask) << ROW64) + ORDER_ID]!;
  }

  function put(at: number, slot: number): void {
    heap[at] = slot;
    o32[((slot & oMask) << ROW) + HEAP_AT] = at;
  }

  function rise(from: number, slot: number): number {
    let at = from;
    for (; at > 1 && isBefore(slot, heap[at >> 1]!); at >>= 1) put(at, heap[at >> 1]!);
    return at;
  }

  function sink(from: number, slot: number): number {
    let at = from;
    for (let child = at * 2; child <= now[COUNT]!; child = at * 2) {
      if (child < now[COUNT]! && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, slot)) break;
      put(at, heap[child]!);
      at = child;
    }
    return at;
  }

  function add(slot: number): void {
    now[COUNT] = now[COUNT]! + 1;
    put(rise(now[COUNT]!, slot), slot);
  }

  function remove(slot: number): void {
    const at = o32[((slot & oMask) << ROW) + HEAP_AT]!;
    if (at === 0) return;
    o32[((slot & oMask) << ROW) + HEAP_AT] = 0;
    const last = heap[now[COUNT]!]!;
    heap[now[COUNT]!] = 0;
    now[COUNT] = now[COUNT]! - 1;
    if (last === slot) return;
    put(rise(sink(at, last), last), last);
  }

  return {
    add,
    remove,
    first: () => (now[COUNT] === 0 ? 0 : heap[1]!),
    isDue: (nowUs, at) =>
      now[COUNT] !== 0 && o64[((heap[1]! & oMask) << ROW64) + EXPIRES]! <= nowUs[at]!,
  };
}
