/**
 * The price of a call auction: the tick that trades most, then leaves the least imbalance, then lies
 * nearest the reference (the last sale, before a first one the retail price), then the lower.
 *
 * Levels are met best against best, unit for unit, until the sides no longer cross. That gives the
 * most that can trade, `units`, and the worst prices among it, `lastBid` and `lastAsk`: every tick from
 * `lastAsk` to `lastBid` trades as much. What is left over stands at `bidTicks` and below, at `askTicks`
 * and above:
 *
 * ```
 *          lastAsk                                     lastBid
 *   ticks ────┼───────────┼───────────────────┼───────────┼────
 *                      bidTicks           askTicks
 *                  bids left │  no imbalance  │ asks left
 * ```
 *
 * Between the two there is no imbalance; without such a tick the least is that of a side's first level
 * left over. Either way the best ticks are neighbours, so one of them lies nearest the reference, and
 * "the lower" decides when there is none to lean on.
 *
 * A search may be carried on over many commands; the book must not change meanwhile. Where it has come
 * to (`f64`) is state.
 */
import { type Book, collectedBook } from "./book-api.ts";
import { Side } from "./codes.ts";
import { INSTRUMENT_SHIFT, InstrumentI32, type Instruments } from "./instruments.ts";
import { PRICE_TICKS_MAX } from "./limits.ts";

/** Where a search has come to: all zeros before it begins. `Left` is of the level at `Ticks`. */
export const SearchF64 = {
  bidTicks: 0,
  bidLeft: 1,
  askTicks: 2,
  askLeft: 3,
  lastBid: 4,
  lastAsk: 5,
  units: 6,
} as const;
export const SEARCH_DOUBLES = 7;

/** What it found; all zeros when nothing trades. `bidUnits`: what would buy at the price. */
export const ClearingF64 = { priceTicks: 0, units: 1, bidUnits: 2, askUnits: 3 } as const;
export const CLEARING_DOUBLES = 4;

const { bidTicks: BID_TICKS, bidLeft: BID_LEFT, lastBid: LAST_BID } = SearchF64;
const { askTicks: ASK_TICKS, askLeft: ASK_LEFT, lastAsk: LAST_ASK, units: UNITS } = SearchF64;
const { BID, ASK } = Side;
const { lastTicks: LAST_TICKS, referenceTicks: REFERENCE_TICKS } = InstrumentI32;
const BEYOND_TICKS = PRICE_TICKS_MAX + 1;

export interface PriceSearch {
  readonly f64: Float64Array;
  readonly clearing: Float64Array;
  begin(): void;
  /**
   * Goes on, looking at about `levelsMax` levels at most. Answers how many more it may look at, -1 when
   * it has not finished; finished, `clearing` is set.
   */
  step(instrument: number, levelsMax: number): number;
}

export function makePriceSearch(book: Book, instruments: Instruments): PriceSearch {
  const { capacity: instrumentsMax, i32: n32 } = instruments;
  const { quantity } = book.touched;
  const f64 = new Float64Array(SEARCH_DOUBLES);
  const clearing = new Float64Array(CLEARING_DOUBLES);
  const range = new Float64Array(2); // the best ticks, first and last

  /** The level behind the one a side stands at, with its units; nothing is left when there is none. */
  function advance(instrument: number, side: number, ticksAt: number, leftAt: number): void {
    const books = collectedBook(instrument, side, instrumentsMax);
    const ticks = book.nextLevel(books, side, f64[ticksAt]!);
    if (ticks === 0) return;
    f64[ticksAt] = ticks;
    f64[leftAt] = quantity[0]!;
  }

  function step(instrument: number, levelsMax: number): number {
    for (let levels = levelsMax; levels > 0; ) {
      if (f64[BID_LEFT] === 0) {
        advance(instrument, BID, BID_TICKS, BID_LEFT);
        levels--;
      }
      if (f64[ASK_LEFT] === 0) {
        advance(instrument, ASK, ASK_TICKS, ASK_LEFT);
        levels--;
      }
      const bids = f64[BID_LEFT]!;
      const asks = f64[ASK_LEFT]!;
      if (bids === 0 || asks === 0 || f64[BID_TICKS]! < f64[ASK_TICKS]!) {
        conclude(instrument);
        return levels < 0 ? 0 : levels;
      }
      const units = bids < asks ? bids : asks;
      f64[BID_LEFT] = bids - units;
      f64[ASK_LEFT] = asks - units;
      f64[LAST_BID] = f64[BID_TICKS]!;
      f64[LAST_ASK] = f64[ASK_TICKS]!;
      f64[UNITS] = f64[UNITS]! + units;
    }
    return -1;
  }

  /** The price of the first level left over on a side, beyond all prices when nothing is. */
  function leftBid(): number {
    return f64[BID_LEFT] === 0 ? 0 : f64[BID_TICKS]!;
  }

  function leftAsk(): number {
    return f64[ASK_LEFT] === 0 ? BEYOND_TICKS : f64[ASK_TICKS]!;
  }

  /** Where the imbalance of the first level left over changes again. */
  function bidBehind(instrument: number): number {
    if (f64[BID_LEFT] === 0) return 0;
    return book.nextLevel(collectedBook(instrument, BID, instrumentsMax), BID, f64[BID_TICKS]!);
  }

  function askBehind(instrument: number): number {
    if (f64[ASK_LEFT] === 0) return BEYOND_TICKS;
    const books = collectedBook(instrument, ASK, instrumentsMax);
    const ticks = book.nextLevel(books, ASK, f64[ASK_TICKS]!);
    return ticks === 0 ? BEYOND_TICKS : ticks;
  }

  /** The ticks that trade most and leave the least imbalance, to `range`. */
  function findRange(instrument: number): void {
    const lowest = f64[LAST_ASK]!;
    const highest = f64[LAST_BID]!;
    range[0] = Math.max(lowest, leftBid() + 1);
    range[1] = Math.min(highest, leftAsk() - 1);
    if (range[0] <= range[1]) return;
    const mayBid = leftBid() >= lowest; // the imbalance would be of bids, one level of them
    const mayAsk = leftAsk() <= highest;
    const bids = f64[BID_LEFT]!;
    const asks = f64[ASK_LEFT]!;
    const isBid = mayBid && (!mayAsk || bids <= asks);
    const isAsk = mayAsk && (!mayBid || asks <= bids);
    range[0] = isBid ? Math.max(lowest, bidBehind(instrument) + 1) : leftAsk();
    range[1] = isAsk ? Math.min(highest, askBehind(instrument) - 1) : leftBid();
  }

  function conclude(instrument: number): void {
    clearing.fill(0);
    const units = f64[UNITS]!;
    if (units === 0) return;
    findRange(instrument);
    const row = instrument << INSTRUMENT_SHIFT;
    const lastTicks = n32[row + LAST_TICKS]!;
    const reference = lastTicks === 0 ? n32[row + REFERENCE_TICKS]! : lastTicks;
    const ticks = Math.min(Math.max(reference, range[0]!), range[1]!);
    clearing[ClearingF64.priceTicks] = ticks;
    clearing[ClearingF64.units] = units;
    clearing[ClearingF64.bidUnits] = units + (ticks <= leftBid() ? f64[BID_LEFT]! : 0);
    clearing[ClearingF64.askUnits] = units + (ticks >= leftAsk() ? f64[ASK_LEFT]! : 0);
  }

  return { f64, clearing, begin: () => void f64.fill(0), step };
}
