/**
 * The face of the books of one shard. Two implementations: `book.ts` is the fast one, `book-plain.ts`
 * the one anyone can read in five minutes; one behaviour suite runs both, and they hash alike.
 *
 * A book knows price and time and nothing else: it links order rows (`orders.ts`) into levels and
 * matches them. It says what happened in typed arrays and calls nobody; accounts, ids, events and the
 * rows themselves are its caller's. It never holds a crossed book: a caller matches before it rests.
 *
 * What an instrument shows is the book of its own number. What an auction collects may cross, so the
 * bids and the asks of it stand in books of their own (`collectedBook`); an order's row says by its
 * bit COLLECTED where it stands.
 */
import { MAKERS_PER_COMMAND_MAX } from "./limits.ts";
import type { Orders } from "./orders.ts";
import type { DepthLevel } from "./shard-api.ts";
import { makeWords } from "./words.ts";

/** What became of one maker a taker met. */
export const MatchKind = {
  TRADE: 1,
  LAPSED: 2, // due or covered by a mass cancel: removed, its whole open quantity left the level
  SELF_CANCELLED: 3, // self-trade prevention removed it
  SELF_DECREMENTED: 4, // taken off both
} as const;

/** Why a match ended with something left although more could have been met. */
export const MatchStop = { NONE: 0, SELF_TRADE: 1, WORK_BOUND: 2 } as const;

export const MATCH_WORDS = 4;
export const MATCH_SHIFT = 2;
/** Of a row's number: it is in range. */
export const MATCH_MASK = MAKERS_PER_COMMAND_MAX - 1;
export const MatchI32 = { slot: 0, kind: 1, quantity: 2, levelOrders: 3 } as const;
export const MatchResult = { count: 0, remaining: 1, stop: 2, cost: 3 } as const;

/** The outcome of the last `match`: row n at `i32[n * MATCH_WORDS ..]`, level units after it beside it. */
export interface Matches {
  readonly i32: Int32Array;
  readonly levelQuantity: Float64Array;
  readonly result: Int32Array;
  /**
   * `room[0]`: how much a match may cost: 1 for each maker met and for each open sibling in its group.
   * The caller's to change for a while; MAKERS_PER_COMMAND_MAX at first.
   */
  readonly room: Int32Array;
}

export function makeMatches(): Matches {
  return {
    i32: new Int32Array(MAKERS_PER_COMMAND_MAX * MATCH_WORDS),
    levelQuantity: new Float64Array(MAKERS_PER_COMMAND_MAX),
    result: makeWords(4),
    room: makeWords(1).fill(MAKERS_PER_COMMAND_MAX),
  };
}

/** A level as the last `rest`, `remove` or `shrink` left it, or `nextLevel` found it. */
export interface Touched {
  readonly orders: Int32Array;
  readonly quantity: Float64Array;
}

/** Books per instrument: what it shows, the bids it collects, the asks it collects. */
export const BOOKS_PER_INSTRUMENT = 3;

/** The book in which a side's collected orders stand. */
export function collectedBook(instrument: number, side: number, instrumentsMax: number): number {
  return instrument + side * instrumentsMax;
}

export interface Book {
  readonly orders: Orders;
  readonly matches: Matches;
  readonly touched: Touched;
  /** Joins the back of its level; the row says book, side, price and open. Must not cross. */
  rest(slot: number): void;
  /**
   * The order before which one of the priority `priority[at]` would stand in its level, behind all
   * orders of the same or an earlier one; 0: it would be the last. -1: it would have
   * RESTORE_WALK_MAX orders or more before it and more than that behind it. Changes nothing.
   */
  standsBefore(
    instrument: number,
    side: number,
    priceTicks: number,
    priority: Float64Array,
    at: number,
  ): number;
  /** As `rest`, but right before another order of its level; 0: at the back. */
  restBefore(slot: number, before: number): void;
  /** Leaves its level with all it has open. */
  remove(slot: number): void;
  /** Takes `by` units, fewer than are open, off an order that keeps its place. */
  shrink(slot: number, by: number): void;
  /**
   * Meets makers, best price first and oldest first, while `limitTicks` allows and units remain; at
   * most `matches.room`. Makers used up or removed are out of the book, their rows still
   * theirs. `matches` holds the outcome. An account of 0 is never a self-trade.
   */
  match(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): void;
  /** Whether `match` with these words would trade the whole quantity. Changes nothing. */
  canFill(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): boolean;
  /** Whether an order that has not lapsed stands in the way. Changes nothing. */
  wouldCross(instrument: number, side: number, limitTicks: number): boolean;
  /** Reads what `match` and `rest` at this price will need, so that it is near; any number. */
  touchPrice(instrument: number, side: number, priceTicks: number): number;
  /** Reads what `remove` of this order will need, so that it is near; any number. */
  touchOrder(slot: number): number;
  /** The order with the highest priority of a side, or 0. */
  first(book: number, side: number): number;
  /**
   * The price of a side's best level (`afterTicks` 0), or of the next one behind the level that stands
   * at `afterTicks`; 0 when there is none. `touched` says what is on it.
   */
  nextLevel(book: number, side: number, afterTicks: number): number;
  /** Levels, best first; allocates. */
  depth(book: number, side: number, levelsMax: number): DepthLevel[];
  /** Visits one side in priority order; for hashes and checks. */
  walk(book: number, side: number, visit: (slot: number) => void): void;
}

export interface BookOptions {
  readonly instrumentsMax: number;
  readonly orders: Orders;
  /** Whether a resting order may trade no more although it still rests; by default none may not. */
  readonly isLapsed?: (slot: number) => boolean;
}
export type MakeBook = (options: BookOptions) => Book;
