/**
 * The fast book: all books of a shard in typed arrays. Levels hang in a price tree and in a list
 * sorted by price (`levels.ts`), orders in a queue per level (`queue.ts`); the loop is `match.ts`.
 * What it must do is said in `book-api.ts` and, readably, by `book-plain.ts`.
 */
import { assert } from "./assert.ts";
import { type Book, type BookOptions, makeMatches, type Touched } from "./book-api.ts";
import { Side } from "./codes.ts";
import { LEVEL_DOUBLES, LEVEL_WORDS, LevelF64, LevelI32, makeLevels } from "./levels.ts";
import { makeMatcher } from "./match.ts";
import { ORDER_WORDS, OrderI32, sideOf } from "./orders.ts";
import { makeQueue } from "./queue.ts";
import type { DepthLevel } from "./shard-api.ts";

const { head: HEAD, orders: ORDERS, priceTicks: PRICE, lower: LOWER, higher: HIGHER } = LevelI32;
const { quantity: QUANTITY } = LevelF64;
const { next: NEXT, level: LEVEL, instrument: INSTRUMENT, priceTicks: ORDER_PRICE } = OrderI32;
const { bits: ORDER_BITS, open: OPEN } = OrderI32;

export function makeBook(options: BookOptions): Book {
  const { orders, instrumentsMax, isLapsed = () => false } = options;
  const levels = makeLevels(instrumentsMax, orders.capacity);
  const queue = makeQueue(orders, levels);
  const matches = makeMatches();
  const matcher = makeMatcher(orders, levels, queue, matches, isLapsed);
  const touched: Touched = { orders: new Int32Array(1), quantity: new Float64Array(1) };
  const o32 = orders.i32;
  const l32 = levels.i32;
  const l64 = levels.f64;

  function touch(level: number): void {
    touched.orders[0] = l32[level * LEVEL_WORDS + ORDERS]!;
    touched.quantity[0] = l64[level * LEVEL_DOUBLES + QUANTITY]!;
  }

  function rest(slot: number): void {
    const row = slot * ORDER_WORDS;
    const instrument = o32[row + INSTRUMENT]!;
    const side = sideOf(o32[row + ORDER_BITS]!);
    const priceTicks = o32[row + ORDER_PRICE]!;
    const other = levels.best(instrument, side === Side.BID ? Side.ASK : Side.BID);
    const sign = side === Side.BID ? 1 : -1;
    assert(
      other === 0 || sign * (l32[other * LEVEL_WORDS + PRICE]! - priceTicks) > 0,
      "an order that rests does not cross",
    );
    const level = levels.at(instrument, side, priceTicks);
    queue.append(level, slot);
    touch(level);
  }

  function remove(slot: number): void {
    const level = o32[slot * ORDER_WORDS + LEVEL]!;
    queue.unlink(level, slot);
    touch(level);
    if (l32[level * LEVEL_WORDS + ORDERS] !== 0) return;
    levels.drop(o32[slot * ORDER_WORDS + INSTRUMENT]!, level);
  }

  function shrink(slot: number, by: number): void {
    assert(by < o32[slot * ORDER_WORDS + OPEN]!, "an order that keeps its place keeps units");
    const level = o32[slot * ORDER_WORDS + LEVEL]!;
    queue.shrink(level, slot, by);
    touch(level);
  }

  function depth(instrument: number, side: number, levelsMax: number): DepthLevel[] {
    const worse = side === Side.BID ? LOWER : HIGHER;
    const found: DepthLevel[] = [];
    let level = levels.best(instrument, side);
    for (; level !== 0 && found.length < levelsMax; level = l32[level * LEVEL_WORDS + worse]!) {
      found.push({
        priceTicks: l32[level * LEVEL_WORDS + PRICE]!,
        quantity: l64[level * LEVEL_DOUBLES + QUANTITY]!,
        orders: l32[level * LEVEL_WORDS + ORDERS]!,
      });
    }
    return found;
  }

  function walk(instrument: number, side: number, visit: (slot: number) => void): void {
    const worse = side === Side.BID ? LOWER : HIGHER;
    let level = levels.best(instrument, side);
    for (; level !== 0; level = l32[level * LEVEL_WORDS + worse]!) {
      let slot = l32[level * LEVEL_WORDS + HEAD]!;
      for (; slot !== 0; slot = o32[slot * ORDER_WORDS + NEXT]!) visit(slot);
    }
  }

  const { match, canFill, wouldCross } = matcher;
  return {
    orders,
    matches,
    touched,
    rest,
    remove,
    shrink,
    match,
    canFill,
    wouldCross,
    touchPrice: (instrument, side) => l32[levels.best(instrument, side) * LEVEL_WORDS]!,
    touchOrder: (slot) => l32[o32[slot * ORDER_WORDS + LEVEL]! * LEVEL_WORDS]!,
    depth,
    walk,
  };
}
