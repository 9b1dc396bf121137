/**
 * The queue of one level: orders of one price, oldest first, linked through their rows.
 *
 * ```
 * level.head ──► order ⇄ order ⇄ order ◄── level.tail
 * ```
 */
import { assert } from "./assert.ts";
import { LEVEL_DOUBLES, LEVEL_WORDS, LevelF64, LevelI32, type Levels } from "./levels.ts";
import { ORDER_WORDS, OrderI32, type Orders } from "./orders.ts";

const { head: HEAD, tail: TAIL, orders: ORDERS } = LevelI32;
const { quantity: QUANTITY } = LevelF64;
const { next: NEXT, prev: PREV, level: LEVEL, open: OPEN } = OrderI32;

export interface Queue {
  /** Puts an order with all it has open at the back of a level. */
  append(level: number, slot: number): void;
  /** Takes an order with all it has open out of its level; the level may be empty afterwards. */
  unlink(level: number, slot: number): void;
  /** Takes units off an order that stays. */
  shrink(level: number, slot: number, by: number): void;
}

export function makeQueue(orders: Orders, levels: Levels): Queue {
  const o32 = orders.i32;
  const l32 = levels.i32;
  const l64 = levels.f64;

  function append(level: number, slot: number): void {
    const row = slot * ORDER_WORDS;
    const at = level * LEVEL_WORDS;
    const tail = l32[at + TAIL]!;
    o32[row + NEXT] = 0;
    o32[row + PREV] = tail;
    o32[row + LEVEL] = level;
    if (tail === 0) l32[at + HEAD] = slot;
    else o32[tail * ORDER_WORDS + NEXT] = slot;
    l32[at + TAIL] = slot;
    l32[at + ORDERS] = l32[at + ORDERS]! + 1;
    const quantityAt = level * LEVEL_DOUBLES + QUANTITY;
    l64[quantityAt] = l64[quantityAt]! + o32[row + OPEN]!;
  }

  function unlink(level: number, slot: number): void {
    const row = slot * ORDER_WORDS;
    const at = level * LEVEL_WORDS;
    const prev = o32[row + PREV]!;
    const next = o32[row + NEXT]!;
    if (prev === 0) l32[at + HEAD] = next;
    else o32[prev * ORDER_WORDS + NEXT] = next;
    if (next === 0) l32[at + TAIL] = prev;
    else o32[next * ORDER_WORDS + PREV] = prev;
    o32[row + LEVEL] = 0;
    l32[at + ORDERS] = l32[at + ORDERS]! - 1;
    const quantityAt = level * LEVEL_DOUBLES + QUANTITY;
    const left = l64[quantityAt]! - o32[row + OPEN]!;
    assert(left >= 0, "a level gave no more than it held");
    l64[quantityAt] = left;
  }

  function shrink(level: number, slot: number, by: number): void {
    const row = slot * ORDER_WORDS;
    o32[row + OPEN] = o32[row + OPEN]! - by;
    const quantityAt = level * LEVEL_DOUBLES + QUANTITY;
    l64[quantityAt] = l64[quantityAt]! - by;
  }

  return { append, unlink, shrink };
}
