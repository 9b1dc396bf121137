/**
 * The fast book: all books of a shard in typed arrays. Levels lie in pages by price (`pages.ts`), orders
 * in a ring per level (`queue.ts`); the loop is `match.ts`. What it must do is said in `book-api.ts`
 * and, readably, by `book-plain.ts`.
 */
import { assert as assertion, broken } from "./assert.ts";
import {
  type Book,
  type BookOptions,
  BOOKS_PER_INSTRUMENT,
  collectedBook,
  makeMatches,
  type Touched,
} from "./book-api.ts";
import { Side } from "./codes.ts";
import { RESTORE_WALK_MAX } from "./limits.ts";
import { makeMatcher } from "./match.ts";
import { COLLECTED, ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, OrderBits } from "./orders.ts";
import { LEVEL_SHIFT, LEVEL_SHIFT64, LevelF64, LevelI32, makePages } from "./pages.ts";
import { makeQueue } from "./queue.ts";
import type { DepthLevel } from "./shard-api.ts";
import { makeDoubles, makeWords } from "./words.ts";

const { sideOf } = OrderBits;
const assert: typeof assertion = assertion;
const ROW = ORDER_SHIFT;
const L_ROW = LEVEL_SHIFT;
const L_ROW64 = LEVEL_SHIFT64;
const { head: HEAD, orders: ORDERS } = LevelI32;
const { quantity: QUANTITY } = LevelF64;
const { next: NEXT, prev: PREV, level: LEVEL, instrument: INSTRUMENT } = OrderI32;
const COLLECTED_BIT = COLLECTED;
const { bits: ORDER_BITS, open: OPEN, priceTicks: PRICE } = OrderI32;
const ROW64 = ORDER_SHIFT64;
const PRIORITY = OrderF64.priority;
const WALK_MAX = RESTORE_WALK_MAX;
const BID = Side.BID;
const OTHER = Side.BID + Side.ASK;

export function makeBook(options: BookOptions): Book {
  const { orders, instrumentsMax, isLapsed = () => false } = options;
  const pages = makePages(instrumentsMax * BOOKS_PER_INSTRUMENT, orders.openMax);
  const queue = makeQueue(orders, pages);
  const matches = makeMatches();
  const { match, canFill, wouldCross } = makeMatcher(orders, pages, queue, matches, isLapsed);
  const touched: Touched = { orders: makeWords(1), quantity: makeDoubles(1) };
  const { orders: touchedOrders, quantity: touchedQuantity } = touched;
  const { i32: o32, f64: o64, mask: oMask } = orders;
  const { i32: l32, f64: l64, mask: lMask } = pages;

  function touch(level: number): void {
    const at = (level & lMask) << L_ROW;
    touchedOrders[0] = l32[at + ORDERS]!;
    touchedQuantity[0] = l64[(at >> 1) + QUANTITY]!;
  }

  function bookOf(instrument: number, bits: number): number {
    if ((bits & COLLECTED_BIT) === 0) return instrument;
    return collectedBook(instrument, sideOf(bits), instrumentsMax);
  }

  function rest(slot: number): void {
    const row = (slot & oMask) << ROW;
    const bits = o32[row + ORDER_BITS]!;
    const book = bookOf(o32[row + INSTRUMENT]!, bits);
    const side = sideOf(bits);
    const priceTicks = o32[row + PRICE]!;
    const other = pages.best(book, OTHER - side);
    if (other !== 0) {
      const gap = pages.priceOf(other) - priceTicks;
      if (side === BID ? gap <= 0 : gap >= 0) broken("an order that rests does not cross");
    }
    const level = pages.at(book, side, priceTicks);
    if (queue.append(level, slot)) pages.use(book, side, level);
    touch(level);
  }

  function restBefore(slot: number, before: number): void {
    if (before === 0) return rest(slot);
    const level = o32[((before & oMask) << ROW) + LEVEL]!;
    const isThere =
      o32[((before & oMask) << ROW) + PRICE] === o32[((slot & oMask) << ROW) + PRICE] &&
      level !== 0;
    assert(isThere, "an order stands before one of its own level");
    queue.insert(level, slot, before);
    touch(level);
  }

  function standsBefore(
    instrument: number,
    side: number,
    priceTicks: number,
    priority: Float64Array,
    at: number,
  ): number {
    const head = l32[(pages.near(instrument, side, priceTicks) << L_ROW) + HEAD]!;
    if (head === 0 || sideOf(o32[((head & oMask) << ROW) + ORDER_BITS]!) !== side) return 0;
    const tail = o32[((head & oMask) << ROW) + PREV]!;
    if (o64[((tail & oMask) << ROW64) + PRIORITY]! <= priority[at]!) return 0;
    let slot = head;
    for (let n = 0; n < WALK_MAX; n++) {
      if (o64[((slot & oMask) << ROW64) + PRIORITY]! > priority[at]!) return slot;
      slot = o32[((slot & oMask) << ROW) + NEXT]!;
    }
    slot = tail;
    for (let n = 0; n < WALK_MAX; n++) {
      const older = o32[((slot & oMask) << ROW) + PREV]!;
      if (o64[((older & oMask) << ROW64) + PRIORITY]! <= priority[at]!) return slot;
      slot = older;
    }
    return -1;
  }

  function remove(slot: number): void {
    const row = (slot & oMask) << ROW;
    const level = o32[row + LEVEL]!;
    const isEmpty = queue.unlink(level, slot);
    touch(level);
    if (!isEmpty) return;
    const bits = o32[row + ORDER_BITS]!;
    pages.drop(bookOf(o32[row + INSTRUMENT]!, bits), sideOf(bits), level);
  }

  function shrink(slot: number, by: number): void {
    assert(by < o32[((slot & oMask) << ROW) + OPEN]!, "an order that keeps its place keeps units");
    const level = o32[((slot & oMask) << ROW) + LEVEL]!;
    queue.shrink(level, slot, by);
    touch(level);
  }

  function first(book: number, side: number): number {
    return l32[(pages.best(book, side) << L_ROW) + HEAD]!; // level 0 has no head
  }

  function nextLevel(book: number, side: number, afterTicks: number): number {
    let level = pages.best(book, side);
    if (afterTicks !== 0) {
      level = pages.near(book, side, afterTicks);
      assert(l32[((level & lMask) << L_ROW) + ORDERS] !== 0, "a level is there to go on from");
      level = pages.worse(level, side);
    }
    if (level === 0) return 0;
    touch(level);
    return pages.priceOf(level);
  }

  function depth(book: number, side: number, levelsMax: number): DepthLevel[] {
    const found: DepthLevel[] = [];
    let level = pages.best(book, side);
    for (; level !== 0 && found.length < levelsMax; level = pages.worse(level, side)) {
      found.push({
        priceTicks: pages.priceOf(level),
        quantity: l64[((level & lMask) << L_ROW64) + QUANTITY]!,
        orders: l32[((level & lMask) << L_ROW) + ORDERS]!,
      });
    }
    return found;
  }

  function walk(book: number, side: number, visit: (slot: number) => void): void {
    let level = pages.best(book, side);
    for (; level !== 0; level = pages.worse(level, side)) {
      const head = l32[((level & lMask) << L_ROW) + HEAD]!;
      let slot = head;
      do {
        visit(slot);
        slot = o32[((slot & oMask) << ROW) + NEXT]!;
      } while (slot !== head);
    }
  }

  function touchPrice(instrument: number, side: number, priceTicks: number): number {
    const head = l32[(pages.near(instrument, side, priceTicks) << L_ROW) + HEAD]!;
    return o32[((head & oMask) << ROW) + PREV]!;
  }

  function touchOrder(slot: number): number {
    const row = (slot & oMask) << ROW;
    return (
      l32[(o32[row + LEVEL]! & lMask) << L_ROW]! ^
      o32[(o32[row + NEXT]! & oMask) << ROW]! ^
      o32[(o32[row + PREV]! & oMask) << ROW]!
    );
  }

  return {
    orders,
    matches,
    touched,
    rest,
    standsBefore,
    restBefore,
    remove,
    shrink,
    match,
    canFill,
    wouldCross,
    touchPrice,
    touchOrder,
    first,
    nextLevel,
    depth,
    walk,
  };
}
