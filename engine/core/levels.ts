/**
 * The levels of all books of a shard, as rows of one typed array, and the prices each book holds.
 *
 * ```
 * level: word 0 head  1 tail   2 orders     oldest and newest order, how many
 *             3 priceTicks
 *             4 lower 5 higher             neighbours in price, over both sides (lower: free list)
 *             6 f64 quantity               units open on it
 * book:  word 0 root  1 bestBid 2 bestAsk   price tree and the two levels where the sides meet
 * ```
 *
 * In a book that is not crossed every level below a bid is a bid, so one sorted list serves both
 * sides: the level under the best ask is the best bid.
 */
import { assert } from "./assert.ts";
import { Side } from "./codes.ts";
import { makePriceTree } from "./price-tree.ts";

export const LEVEL_WORDS = 8;
export const LEVEL_DOUBLES = 4;
export const LevelI32 = {
  head: 0,
  tail: 1,
  orders: 2,
  priceTicks: 3,
  lower: 4,
  higher: 5,
} as const;
export const LevelF64 = { quantity: 3 } as const;

const { head: HEAD, tail: TAIL, orders: ORDERS, priceTicks: PRICE } = LevelI32;
const { lower: LOWER, higher: HIGHER } = LevelI32;
const { quantity: QUANTITY } = LevelF64;

const BOOK_WORDS = 4;
const ROOT = 0;
const BEST_BID = 1;
const BEST_ASK = 2;

export interface Levels {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  /** The best level of a side, or 0. */
  best(instrument: number, side: number): number;
  /** The level of this price, made when it is not there yet. */
  at(instrument: number, side: number, priceTicks: number): number;
  /** Takes an empty level out of its book. */
  drop(instrument: number, level: number): void;
}

export function makeLevels(instrumentsMax: number, levelsMax: number): Levels {
  const buffer = new ArrayBuffer((levelsMax + 1) * LEVEL_WORDS * 4);
  const i32 = new Int32Array(buffer);
  const f64 = new Float64Array(buffer);
  const books = new Int32Array(instrumentsMax * BOOK_WORDS);
  const tree = makePriceTree(levelsMax, i32, LEVEL_WORDS, PRICE);
  let free = 0;
  let highest = 0;

  function take(priceTicks: number): number {
    let level = free;
    if (level === 0) level = ++highest;
    else free = i32[level * LEVEL_WORDS + LOWER]!;
    assert(level <= levelsMax, "there are no more levels than orders");
    const at = level * LEVEL_WORDS;
    i32[at + HEAD] = 0;
    i32[at + TAIL] = 0;
    i32[at + ORDERS] = 0;
    i32[at + PRICE] = priceTicks;
    f64[level * LEVEL_DOUBLES + QUANTITY] = 0;
    return level;
  }

  function best(instrument: number, side: number): number {
    return books[instrument * BOOK_WORDS + (side === Side.BID ? BEST_BID : BEST_ASK)]!;
  }

  function at(instrument: number, side: number, priceTicks: number): number {
    const book = instrument * BOOK_WORDS;
    const bestAt = book + (side === Side.BID ? BEST_BID : BEST_ASK);
    const now = books[bestAt]!;
    if (now !== 0 && i32[now * LEVEL_WORDS + PRICE] === priceTicks) return now;
    const root = books[book + ROOT]!;
    const found = tree.find(root, priceTicks);
    if (found !== 0) return found;
    const lower = tree.lower(root, priceTicks);
    const higher = lower === 0 ? tree.lowest(root) : i32[lower * LEVEL_WORDS + HIGHER]!;
    const level = take(priceTicks);
    i32[level * LEVEL_WORDS + LOWER] = lower;
    i32[level * LEVEL_WORDS + HIGHER] = higher;
    if (lower !== 0) i32[lower * LEVEL_WORDS + HIGHER] = level;
    if (higher !== 0) i32[higher * LEVEL_WORDS + LOWER] = level;
    books[book + ROOT] = tree.add(root, level);
    if (now === (side === Side.BID ? lower : higher)) books[bestAt] = level;
    return level;
  }

  function drop(instrument: number, level: number): void {
    const book = instrument * BOOK_WORDS;
    const lower = i32[level * LEVEL_WORDS + LOWER]!;
    const higher = i32[level * LEVEL_WORDS + HIGHER]!;
    if (lower !== 0) i32[lower * LEVEL_WORDS + HIGHER] = higher;
    if (higher !== 0) i32[higher * LEVEL_WORDS + LOWER] = lower;
    if (books[book + BEST_BID] === level) books[book + BEST_BID] = lower;
    else if (books[book + BEST_ASK] === level) books[book + BEST_ASK] = higher;
    books[book + ROOT] = tree.remove(books[book + ROOT]!, level);
    i32[level * LEVEL_WORDS + LOWER] = free;
    free = level;
  }

  return { i32, f64, best, at, drop };
}
