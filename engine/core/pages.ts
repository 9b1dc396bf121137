/**
 * The levels of all books of a shard, in pages of sixteen neighbouring prices.
 *
 * ```
 * book:  word 0 root  1 bestBid  2 bestAsk    tree of its pages, and the levels where the sides meet
 * page:  word 0 number 1 bits                 price >> 4, and which of its sixteen levels are in use
 *             2 lower  3 higher               neighbours in price, over both sides (lower: free list)
 * level: word 0 head   1 orders               oldest order, how many; 0, 0 when not in use
 *             2 f64 quantity                  units open on it
 * ```
 *
 * Level `page * 16 + (price & 15)` is the level of that price and never moves, so an order may keep its
 * number. In a book that is not crossed every level below a bid is a bid: one list of pages serves both
 * sides, and the level below the best ask is the best bid. A page in use has an order, so there are no
 * more pages than orders, wherever their prices lie; neighbouring prices lie side by side in memory.
 */
import { assert as assertion } from "./assert.ts";
import { Side } from "./codes.ts";
import { CACHE_ALIGN_BYTES } from "./orders.ts";
import { makeWords, powerOfTwo } from "./words.ts";
import { makePriceTree } from "./price-tree.ts";

const assert: typeof assertion = assertion;

export const LEVEL_WORDS = 4;
export const LEVEL_DOUBLES = 2;
export const LEVEL_SHIFT = 2;
export const LEVEL_SHIFT64 = 1;
export const LevelI32 = { head: 0, orders: 1 } as const;
export const LevelF64 = { quantity: 1 } as const;

const PAGE_WORDS = 4;
const PAGE_SHIFT = 2;
const NUMBER = 0;
const BITS = 1;
const LOWER = 2;
const HIGHER = 3;

const BOOK_WORDS = 4;
const BOOK_SHIFT = 2;
const ROOT = 0;
// The words of the best levels are the numbers of the sides.
const BID = Side.BID;

export interface Pages {
  /** The levels. */
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  /** Of a level: its row is in range. */
  readonly mask: number;
  /** The best level of a side, or 0. */
  best(book: number, side: number): number;
  /** The next level of a side after this one, from better to worse, or 0. */
  worse(level: number, side: number): number;
  priceOf(level: number): number;
  /** The level of this price, in a page that is there; it may not be in use. */
  at(book: number, side: number, priceTicks: number): number;
  /** The level of this price, or 0 when its page is not there: to be read ahead. */
  near(book: number, side: number, priceTicks: number): number;
  /** An order has come to a level that was not in use. */
  use(book: number, side: number, level: number): void;
  /** The last order has left a level. */
  drop(book: number, side: number, level: number): void;
}

// Of `now`.
const FREE = 0; // the first page of the free list
const HIGHEST = 1;

export function makePages(booksMax: number, pagesMax: number): Pages {
  const pageCount = powerOfTwo(pagesMax + 1);
  const bookCount = powerOfTwo(booksMax);
  const lMask = pageCount * 16 - 1;
  const pageMask = pageCount - 1;
  const bookMask = bookCount - 1;
  const buffer = new ArrayBuffer(pageCount * 16 * LEVEL_WORDS * 4 + CACHE_ALIGN_BYTES);
  const i32 = new Int32Array(buffer, CACHE_ALIGN_BYTES);
  const f64 = new Float64Array(buffer, CACHE_ALIGN_BYTES);
  const pages = new Int32Array(pageCount * PAGE_WORDS);
  const books = new Int32Array(bookCount * BOOK_WORDS);
  const tree = makePriceTree(pagesMax, pages, PAGE_WORDS, NUMBER);
  const now = makeWords(2);

  function best(book: number, side: number): number {
    return books[((book & bookMask) << BOOK_SHIFT) + side]!;
  }

  function priceOf(level: number): number {
    return (pages[(((level >> 4) & pageMask) << PAGE_SHIFT) + NUMBER]! << 4) | (level & 15);
  }

  function worse(level: number, side: number): number {
    const page = level >> 4;
    const at = (page & pageMask) << PAGE_SHIFT;
    if (side === BID) {
      const below = pages[at + BITS]! & ((1 << (level & 15)) - 1);
      if (below !== 0) return (page << 4) | (31 - Math.clz32(below));
      const lower = pages[at + LOWER]!;
      if (lower === 0) return 0;
      return (lower << 4) | (31 - Math.clz32(pages[((lower & pageMask) << PAGE_SHIFT) + BITS]!));
    }
    const above = pages[at + BITS]! & (-2 << (level & 15));
    if (above !== 0) return (page << 4) | (31 - Math.clz32(above & -above));
    const higher = pages[at + HIGHER]!;
    if (higher === 0) return 0;
    const bits = pages[((higher & pageMask) << PAGE_SHIFT) + BITS]!;
    return (higher << 4) | (31 - Math.clz32(bits & -bits));
  }

  /** A page for a number that has none yet. */
  function add(book: number, number: number): number {
    const rootAt = ((book & bookMask) << BOOK_SHIFT) + ROOT;
    const root = books[rootAt]!;
    const lower = tree.lower(root, number);
    const higher =
      lower === 0 ? tree.lowest(root) : pages[((lower & pageMask) << PAGE_SHIFT) + HIGHER]!;
    let page = now[FREE]!;
    if (page === 0) page = now[HIGHEST] = now[HIGHEST]! + 1;
    else now[FREE] = pages[((page & pageMask) << PAGE_SHIFT) + LOWER]!;
    assert(page <= pagesMax, "there are no more pages than orders");
    const at = (page & pageMask) << PAGE_SHIFT;
    pages[at + NUMBER] = number;
    pages[at + BITS] = 0;
    pages[at + LOWER] = lower;
    pages[at + HIGHER] = higher;
    if (lower !== 0) pages[((lower & pageMask) << PAGE_SHIFT) + HIGHER] = page;
    if (higher !== 0) pages[((higher & pageMask) << PAGE_SHIFT) + LOWER] = page;
    books[rootAt] = tree.add(root, page);
    return page;
  }

  function remove(book: number, page: number): void {
    const rootAt = ((book & bookMask) << BOOK_SHIFT) + ROOT;
    const lower = pages[((page & pageMask) << PAGE_SHIFT) + LOWER]!;
    const higher = pages[((page & pageMask) << PAGE_SHIFT) + HIGHER]!;
    if (lower !== 0) pages[((lower & pageMask) << PAGE_SHIFT) + HIGHER] = higher;
    if (higher !== 0) pages[((higher & pageMask) << PAGE_SHIFT) + LOWER] = lower;
    books[rootAt] = tree.remove(books[rootAt]!, page);
    pages[((page & pageMask) << PAGE_SHIFT) + LOWER] = now[FREE]!;
    now[FREE] = page;
  }

  /** The page with this number, or 0. */
  function find(book: number, side: number, number: number): number {
    const bookAt = (book & bookMask) << BOOK_SHIFT;
    const page = books[bookAt + side]! >> 4;
    if (page !== 0 && pages[((page & pageMask) << PAGE_SHIFT) + NUMBER] === number) return page;
    return tree.find(books[bookAt + ROOT]!, number);
  }

  function at(book: number, side: number, priceTicks: number): number {
    const number = priceTicks >> 4;
    const page = find(book, side, number);
    return ((page === 0 ? add(book, number) : page) << 4) | (priceTicks & 15);
  }

  function near(book: number, side: number, priceTicks: number): number {
    const page = find(book, side, priceTicks >> 4);
    return page === 0 ? 0 : (page << 4) | (priceTicks & 15);
  }

  function use(book: number, side: number, level: number): void {
    const bitsAt = (((level >> 4) & pageMask) << PAGE_SHIFT) + BITS;
    pages[bitsAt] = pages[bitsAt]! | (1 << (level & 15));
    const bestAt = ((book & bookMask) << BOOK_SHIFT) + side;
    const now = books[bestAt]!;
    if (now === 0) {
      books[bestAt] = level;
      return;
    }
    const difference = priceOf(level) - priceOf(now);
    if (side === BID ? difference > 0 : difference < 0) books[bestAt] = level;
  }

  function drop(book: number, side: number, level: number): void {
    const page = level >> 4;
    const bitsAt = ((page & pageMask) << PAGE_SHIFT) + BITS;
    const bestAt = ((book & bookMask) << BOOK_SHIFT) + side;
    if (books[bestAt] === level) books[bestAt] = worse(level, side);
    const bits = pages[bitsAt]! & ~(1 << (level & 15));
    pages[bitsAt] = bits;
    if (bits === 0) remove(book, page);
  }

  return { i32, f64, mask: lMask, best, worse, priceOf, at, near, use, drop };
}
