/**
 * UNCROSS: the end of a call auction. Instruments that collect get their price, trade at it and open,
 * one after the other in the order of their ids, a slice with every command.
 *
 * ```
 * CLEARING ──► SEARCHING ──► TRADING ──► OPENING ──► the next instrument, or none
 * what had     the price     price-time  what is left
 * lapsed ends  is found      both sides  joins the visible book
 *                  ▲            │
 *                  └────────────┘ what is left still crosses
 * ```
 *
 * What is left crosses only when a fill of another leg, elsewhere, took an order out between two slices:
 * those that it would have met then get a price of their own.
 *
 * An uncross happens at its own sequence; its slices only tell it. So from then on its instruments take
 * no command, and what lapses later waits: an order that was good when the uncross came takes part.
 *
 * State: `pending-uncross.ts`, and the price search while there is one.
 */
import { ClearingF64 } from "./auction-price.ts";
import { collectedBook } from "./book-api.ts";
import { CommandType, InstrumentState, OrderStatus, Reject, Side } from "./codes.ts";
import { CommandI32, CommandU8 } from "./command.ts";
import { EventFlag } from "./event.ts";
import { INSTRUMENT_SHIFT, InstrumentI32 } from "./instruments.ts";
import type { Life } from "./life.ts";
import {
  SLICE_ORDERS_MAX,
  UNCROSS_IDLE_EVENTS_MAX,
  UNCROSS_INSTRUMENTS_MAX,
  UNCROSS_LEVELS_MAX,
} from "./limits.ts";
import { siblingsOf } from "./groups.ts";
import { COLLECTED, ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32 } from "./orders.ts";
import { UncrossF64, UncrossI32, UncrossPhase } from "./pending-uncross.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";

export interface Uncross {
  /** The command; `carryOn` gives it its first slice. */
  begin(carryOn: () => void): void;
  /** What had lapsed when it came is out: prices may be found. */
  cleared(): void;
  /** Goes on by one slice; not while it is clearing. */
  carryOn(): void;
}

const ROW = ORDER_SHIFT;
const { open: OPEN, bits: BITS, priceTicks: PRICE, filled: FILLED } = OrderI32;
const { priority: PRIORITY, orderId: ORDER_ID } = OrderF64;
const { NONE, CLEARING, SEARCHING, TRADING, OPENING } = UncrossPhase;
const { phase: PHASE, turn: TURN, left: LEFT, priceTicks: TICKS } = UncrossI32;
const { BID, ASK } = Side;
const { PRE_OPEN, UNCROSSING, CONTINUOUS } = InstrumentState;
const N_ROW = INSTRUMENT_SHIFT;
const { state: N_STATE, product: N_PRODUCT } = InstrumentI32;

export function makeUncross(state: State, life: Life): Uncross {
  const { turn, orders, instruments, massCancels, book, emit, collected } = state;
  const { counters } = turn;
  const { i32: o32, f64: o64 } = orders;
  const n32 = instruments.i32;
  const { i32: u32, f64: u64 } = state.uncross;
  const search = state.priceSearch;
  let bid = 0; // the orders that trade next
  let ask = 0;
  const bookOf = (side: number): number => collectedBook(u32[TURN]!, side, instruments.capacity);

  function reject(instrument: number, product: number): number {
    if (product < 0 || (instrument !== 0 && product !== 0)) return Reject.MALFORMED;
    if (instrument !== 0 && !instruments.isListed(instrument)) return Reject.UNKNOWN_INSTRUMENT;
    return u32[PHASE] === NONE ? Reject.NONE : Reject.UNCROSS_PENDING;
  }

  /** Closes what is named to commands, if it collects; answers how many. */
  function take(instrument: number, product: number): number {
    let count = 0;
    const first = instrument === 0 ? 1 : instrument;
    const last = instrument === 0 ? instruments.highest() : instrument;
    for (let n = first; n <= last; n++) {
      const row = n << N_ROW;
      if (n32[row + N_STATE] !== PRE_OPEN) continue;
      if (product !== 0 && n32[row + N_PRODUCT] !== product) continue;
      n32[row + N_STATE] = UNCROSSING;
      count++;
    }
    return count;
  }

  function begin(carryOnFirst: () => void): void {
    const instrument = turn.i32[CommandI32.instrument]!;
    const product = turn.i32[CommandI32.product]!;
    const why = reject(instrument, product);
    if (why !== Reject.NONE) return emit.rejected(why, 0, false);
    const count = take(instrument, product);
    if (count === 0) return emit.rejected(Reject.NOT_COLLECTING, 0, false);
    u32[PHASE] = CLEARING;
    u32[TURN] = 0;
    u32[LEFT] = count;
    u64[UncrossF64.stampUs] = counters[Counter.stampUs]!;
    u64[UncrossF64.fence] = massCancels.done() + massCancels.pending();
    const event = emit.auction.uncrossAccepted(instrument, product);
    carryOnFirst();
    emit.auction.uncrossCovers(event, count, u32[PHASE] === NONE ? 0 : EventFlag.MORE_PENDING);
  }

  /** The turn goes to the next instrument, when one is found among so many. */
  function passOn(): void {
    u32[PHASE] = u32[LEFT] === 0 ? NONE : SEARCHING;
    if (u32[LEFT] === 0) return;
    search.begin();
    u32[TURN] = u32[TURN]! + 1;
  }

  /** Whether it is the turn of an instrument that uncrosses; else looks for one, not too far. */
  function hasTurn(): boolean {
    for (let looked = 0; looked < UNCROSS_INSTRUMENTS_MAX; looked++) {
      if (n32[(u32[TURN]! << N_ROW) + N_STATE] === UNCROSSING) return true;
      u32[TURN] = u32[TURN]! + 1;
    }
    return false;
  }

  function isLater(a: number, b: number): boolean {
    const atA = a << ORDER_SHIFT64;
    const atB = b << ORDER_SHIFT64;
    if (o64[atA + PRIORITY] !== o64[atB + PRIORITY]) {
      return o64[atA + PRIORITY]! > o64[atB + PRIORITY]!;
    }
    return o64[atA + ORDER_ID]! > o64[atB + ORDER_ID]!;
  }

  /** Takes units off a collected order; used up, it is out of its book. */
  function fill(slot: number, units: number): void {
    const row = slot << ROW;
    const isUsedUp = units === o32[row + OPEN];
    if (isUsedUp) {
      book.remove(slot);
      o32[row + OPEN] = 0;
      life.setStatus(slot, OrderStatus.FILLED, 0);
    } else book.shrink(slot, units);
    o32[row + FILLED] = o32[row + FILLED]! + units;
    collected.add(slot, isUsedUp ? -1 : 0, -units);
  }

  /** What a trade that has been told means for the order, its account and its group. */
  function settle(slot: number, units: number): void {
    life.lost(slot, units, true);
    if (o32[(slot << ROW) + OPEN] !== 0) return;
    o32[(slot << ROW) + BITS] = o32[(slot << ROW) + BITS]! & ~COLLECTED;
    life.release(slot);
  }

  /** How many events the next trade makes, of the two orders that come first; 0: there is none. */
  function costOfTrade(): number {
    bid = book.first(bookOf(BID), BID);
    ask = book.first(bookOf(ASK), ASK);
    const ticks = u32[TICKS]!;
    if (bid === 0 || ask === 0 || ticks === 0) return 0;
    if (o32[(bid << ROW) + PRICE]! < ticks || o32[(ask << ROW) + PRICE]! > ticks) return 0;
    return 1 + siblingsOf(o32, bid) + siblingsOf(o32, ask);
  }

  /** No more trades at this price: another one is needed where the orders that come first cross. */
  function conclude(): void {
    const crosses =
      bid !== 0 && ask !== 0 && o32[(bid << ROW) + PRICE]! >= o32[(ask << ROW) + PRICE]!;
    u32[PHASE] = crosses ? SEARCHING : OPENING;
    if (crosses) search.begin();
  }

  function trade(): void {
    const ticks = u32[TICKS]!;
    const bids = o32[(bid << ROW) + OPEN]!;
    const asks = o32[(ask << ROW) + OPEN]!;
    const units = bids < asks ? bids : asks;
    fill(bid, units);
    fill(ask, units);
    counters[Counter.tradesTotal] = counters[Counter.tradesTotal]! + 1;
    if (isLater(bid, ask)) emit.auction.trade(ask, bid, units, ticks);
    else emit.auction.trade(bid, ask, units, ticks);
    settle(bid, units);
    settle(ask, units);
  }

  /** The next collected order joins the visible book, in its old place; answers whether there was one. */
  function openOne(): boolean {
    const bid = book.first(bookOf(BID), BID);
    const slot = bid === 0 ? book.first(bookOf(ASK), ASK) : bid;
    if (slot === 0) return false;
    book.remove(slot);
    collected.leave(slot);
    book.rest(slot);
    emit.rested(slot);
    return true;
  }

  function announce(): void {
    const { clearing } = search;
    u32[TICKS] = clearing[ClearingF64.priceTicks]!;
    u32[PHASE] = TRADING;
    emit.auction.uncrossed(u32[TURN]!, clearing);
  }

  function opened(): void {
    n32[(u32[TURN]! << N_ROW) + N_STATE] = CONTINUOUS;
    u32[LEFT] = u32[LEFT]! - 1;
    emit.admin.opened(u32[TURN]!);
    passOn();
  }

  function carryOn(): void {
    const isIdle = turn.u8[CommandU8.type] === CommandType.CLOCK;
    let room = isIdle ? UNCROSS_IDLE_EVENTS_MAX : SLICE_ORDERS_MAX;
    let levels = UNCROSS_LEVELS_MAX;
    while (room > 0 && u32[PHASE] !== NONE) {
      let cost = 1;
      if (u32[PHASE] === SEARCHING) {
        if (levels === 0 || !hasTurn()) return;
        levels = search.step(u32[TURN]!, levels);
        if (levels < 0) return;
        announce();
      } else if (u32[PHASE] === TRADING) {
        cost = costOfTrade();
        if (cost > room) return;
        if (cost === 0) conclude();
        else trade();
      } else if (!openOne()) opened();
      room -= cost;
    }
  }

  return { begin, cleared: passOn, carryOn };
}
