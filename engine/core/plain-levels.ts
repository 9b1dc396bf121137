/**
 * The levels of the plain book: for each book two lists, best first, of queues, oldest first.
 */
import { assert } from "./assert.ts";
import { type BookOptions, collectedBook, type Touched } from "./book-api.ts";
import { Side } from "./codes.ts";
import { COLLECTED, ORDER_SHIFT, OrderI32, sideOf } from "./orders.ts";

export interface PlainLevel {
  readonly priceTicks: number;
  /** Slots, oldest first. */
  readonly queue: number[];
}

/** Each side's levels, best first. */
interface PlainSides {
  readonly bids: PlainLevel[];
  readonly asks: PlainLevel[];
}

/** Whether a taker of `side` with this limit may trade at `priceTicks`. */
function reaches(side: number, limitTicks: number, priceTicks: number): boolean {
  return side === Side.BID ? priceTicks <= limitTicks : priceTicks >= limitTicks;
}

export interface PlainLevels {
  /** One field of an order. */
  field(slot: number, word: number): number;
  openOf(slot: number): number;
  unitsOf(level: PlainLevel): number;
  /** The book an order stands in: its instrument's, or its side's while an auction collects it. */
  bookOf(slot: number): number;
  sideLevels(book: number, side: number): PlainLevel[];
  /** The side an order stands on. */
  levelsOf(slot: number): PlainLevel[];
  levelOf(slot: number): PlainLevel;
  /** Makers a taker would meet, best first, then oldest first. */
  makersFor(book: number, side: number, limitTicks: number): number[];
  touch(level: PlainLevel): void;
}

export function makePlainLevels(
  { orders, instrumentsMax }: BookOptions,
  touched: Touched,
): PlainLevels {
  const books = new Map<number, PlainSides>();
  const field = (slot: number, word: number): number => orders.i32[(slot << ORDER_SHIFT) + word]!;
  const openOf = (slot: number): number => field(slot, OrderI32.open);
  const unitsOf = (level: PlainLevel): number =>
    level.queue.reduce((units, slot) => units + openOf(slot), 0);

  function bookOf(slot: number): number {
    const instrument = field(slot, OrderI32.instrument);
    const bits = field(slot, OrderI32.bits);
    if ((bits & COLLECTED) === 0) return instrument;
    return collectedBook(instrument, sideOf(bits), instrumentsMax);
  }

  function sideLevels(book: number, side: number): PlainLevel[] {
    let sides = books.get(book);
    if (sides === undefined) {
      sides = { bids: [], asks: [] };
      books.set(book, sides);
    }
    return side === Side.BID ? sides.bids : sides.asks;
  }

  function levelsOf(slot: number): PlainLevel[] {
    return sideLevels(bookOf(slot), sideOf(field(slot, OrderI32.bits)));
  }

  function makersFor(instrument: number, side: number, limitTicks: number): number[] {
    return sideLevels(instrument, side === Side.BID ? Side.ASK : Side.BID)
      .filter((level) => reaches(side, limitTicks, level.priceTicks))
      .flatMap((level) => level.queue);
  }

  function touch(level: PlainLevel): void {
    touched.orders[0] = level.queue.length;
    touched.quantity[0] = unitsOf(level);
  }

  function levelOf(slot: number): PlainLevel {
    const level = levelsOf(slot).find((candidate) => candidate.queue.includes(slot));
    assert(level !== undefined, "a resting order is on a level");
    return level;
  }

  return {
    field,
    openOf,
    unitsOf,
    bookOf,
    sideLevels,
    levelsOf,
    levelOf,
    makersFor,
    touch,
  };
}
