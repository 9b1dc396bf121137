/**
 * The queue of one level: orders of one price, oldest first, linked through their rows in a ring, so
 * that the newest is the one before the oldest.
 *
 * ```
 * level.head ──► order ⇄ order ⇄ order ⇄ (the first again)
 * ```
 */
import { broken } from "./assert.ts";
import { ORDER_SHIFT, OrderI32, type Orders } from "./orders.ts";
import { LEVEL_SHIFT, LEVEL_SHIFT64, LevelF64, LevelI32, type Pages } from "./pages.ts";

const ROW = ORDER_SHIFT;
const L_ROW = LEVEL_SHIFT;
const L_ROW64 = LEVEL_SHIFT64;
const { head: HEAD, orders: ORDERS } = LevelI32;
const { quantity: QUANTITY } = LevelF64;
const { next: NEXT, prev: PREV, level: LEVEL, open: OPEN } = OrderI32;

export interface Queue {
  /** Puts an order with all it has open at the back of a level; true: the level was not in use. */
  append(level: number, slot: number): boolean;
  /** Puts an order with all it has open right before another one of a level. */
  insert(level: number, slot: number, before: number): void;
  /** Takes an order with all it has open out of its level; true: the level is empty now. */
  unlink(level: number, slot: number): boolean;
  /** Takes units off an order that stays. */
  shrink(level: number, slot: number, by: number): void;
}

export function makeQueue(orders: Orders, pages: Pages): Queue {
  const { i32: o32, mask: oMask } = orders;
  const { i32: l32, f64: l64, mask: lMask } = pages;

  function append(level: number, slot: number): boolean {
    const row = (slot & oMask) << ROW;
    const at = (level & lMask) << L_ROW;
    const head = l32[at + HEAD]!;
    o32[row + LEVEL] = level;
    if (head === 0) {
      o32[row + NEXT] = slot;
      o32[row + PREV] = slot;
      l32[at + HEAD] = slot;
      l32[at + ORDERS] = 1;
      l64[(at >> 1) + QUANTITY] = o32[row + OPEN]!;
      return true;
    }
    const tail = o32[((head & oMask) << ROW) + PREV]!;
    o32[row + NEXT] = head;
    o32[row + PREV] = tail;
    o32[((tail & oMask) << ROW) + NEXT] = slot;
    o32[((head & oMask) << ROW) + PREV] = slot;
    l32[at + ORDERS] = l32[at + ORDERS]! + 1;
    l64[(at >> 1) + QUANTITY] = l64[(at >> 1) + QUANTITY]! + o32[row + OPEN]!;
    return false;
  }

  /** In a ring the back is right before the oldest; only who is oldest is another matter. */
  function insert(level: number, slot: number, before: number): void {
    const at = (level & lMask) << L_ROW;
    const prev = o32[((before & oMask) << ROW) + PREV]!;
    o32[((slot & oMask) << ROW) + LEVEL] = level;
    o32[((slot & oMask) << ROW) + NEXT] = before;
    o32[((slot & oMask) << ROW) + PREV] = prev;
    o32[((prev & oMask) << ROW) + NEXT] = slot;
    o32[((before & oMask) << ROW) + PREV] = slot;
    if (l32[at + HEAD] === before) l32[at + HEAD] = slot;
    l32[at + ORDERS] = l32[at + ORDERS]! + 1;
    const quantity = l64[((level & lMask) << L_ROW64) + QUANTITY]!;
    l64[((level & lMask) << L_ROW64) + QUANTITY] = quantity + o32[((slot & oMask) << ROW) + OPEN]!;
  }

  function unlink(level: number, slot: number): boolean {
    const row = (slot & oMask) << ROW;
    const at = (level & lMask) << L_ROW;
    const next = o32[row + NEXT]!;
    const left = l64[(at >> 1) + QUANTITY]! - o32[row + OPEN]!;
    o32[row + LEVEL] = 0;
    if (!(left >= 0)) broken("a level gave no more than it held");
    l64[(at >> 1) + QUANTITY] = left;
    if (next === slot) {
      l32[at + HEAD] = 0;
      l32[at + ORDERS] = 0;
      return true;
    }
    const prev = o32[row + PREV]!;
    o32[((prev & oMask) << ROW) + NEXT] = next;
    o32[((next & oMask) << ROW) + PREV] = prev;
    if (l32[at + HEAD] === slot) l32[at + HEAD] = next;
    l32[at + ORDERS] = l32[at + ORDERS]! - 1;
    return false;
  }

  function shrink(level: number, slot: number, by: number): void {
    const openAt = ((slot & oMask) << ROW) + OPEN;
    const quantityAt = ((level & lMask) << L_ROW64) + QUANTITY;
    o32[openAt] = o32[openAt]! - by;
    l64[quantityAt] = l64[quantityAt]! - by;
  }

  return { append, insert, unlink, shrink };
}
