/**
 * The price-time loop of the fast book: one loop for both sides.
 *
 * Best price first, within a price the oldest first; the trade is the maker's price's, so a price
 * need not be recorded: the maker's row says it. Each turn of the loop meets one maker and either
 * uses it up, removes it, or ends the match; it costs what `matches.room` has room for, at most.
 */
import {
  MATCH_MASK,
  MATCH_SHIFT,
  type Matches,
  MatchI32,
  MatchKind,
  MatchResult,
  MatchStop,
} from "./book-api.ts";
import { SelfTradePrevention, Side } from "./codes.ts";
import { siblingsOf } from "./groups.ts";
import { GROUPED, ORDER_SHIFT, OrderI32, type Orders } from "./orders.ts";
import { LEVEL_SHIFT, LevelF64, LevelI32, type Pages } from "./pages.ts";
import type { Queue } from "./queue.ts";

const ROW = ORDER_SHIFT;
const L_ROW = LEVEL_SHIFT;
const M_ROW = MATCH_SHIFT;
const M_MASK = MATCH_MASK;
const GROUPED_BIT = GROUPED;
const { head: HEAD, orders: ORDERS } = LevelI32;
const { quantity: QUANTITY } = LevelF64;
const { next: NEXT, open: OPEN, account: ACCOUNT, bits: BITS } = OrderI32;
const { slot: M_SLOT, kind: M_KIND, quantity: M_QUANTITY, levelOrders: M_ORDERS } = MatchI32;
const { count: R_COUNT, remaining: R_REMAINING, stop: R_STOP, cost: R_COST } = MatchResult;
const { TRADE, LAPSED, SELF_CANCELLED, SELF_DECREMENTED } = MatchKind;
const { NONE: STOP_NONE, SELF_TRADE: STOP_SELF_TRADE, WORK_BOUND: STOP_WORK_BOUND } = MatchStop;
const STP = SelfTradePrevention;
const BID = Side.BID;
const OTHER = Side.BID + Side.ASK;

export interface Matcher {
  match(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): void;
  canFill(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): boolean;
  wouldCross(instrument: number, side: number, limitTicks: number): boolean;
}

/** The kind of a meeting between a taker and one maker; 0: it ends the match. */
function meet(isLapsed: boolean, isSelf: boolean, stp: number): number {
  if (isLapsed) return LAPSED;
  if (!isSelf || stp === STP.NONE) return TRADE;
  if (stp === STP.CANCEL_TAKER) return 0;
  if (stp === STP.DECREMENT) return SELF_DECREMENTED;
  return SELF_CANCELLED;
}

export function makeMatcher(
  orders: Orders,
  pages: Pages,
  queue: Queue,
  matches: Matches,
  isLapsed: (slot: number) => boolean,
): Matcher {
  const { i32: o32, mask: oMask } = orders;
  const { i32: l32, f64: l64, mask: lMask } = pages;
  const m32 = matches.i32;
  const { levelQuantity, result, room } = matches;

  /** What meeting this maker takes of the room. */
  function costOf(slot: number): number {
    return (o32[((slot & oMask) << ROW) + BITS]! & GROUPED_BIT) === 0
      ? 1
      : 1 + siblingsOf(o32, slot);
  }

  function record(met: number, slot: number, kind: number, quantity: number, level: number): void {
    const at = (met & M_MASK) << M_ROW;
    m32[at + M_SLOT] = slot;
    m32[at + M_KIND] = kind;
    m32[at + M_QUANTITY] = quantity;
    const levelAt = (level & lMask) << L_ROW;
    m32[at + M_ORDERS] = l32[levelAt + ORDERS]!;
    levelQuantity[met & M_MASK] = l64[(levelAt >> 1) + QUANTITY]!;
  }

  /** Whether a taker of `side` with this limit may trade at a level. */
  function reaches(side: number, limitTicks: number, level: number): boolean {
    if (level === 0) return false;
    const gap = limitTicks - pages.priceOf(level);
    return side === BID ? gap >= 0 : gap <= 0;
  }

  function match(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): void {
    result[R_COUNT] = 0;
    result[R_REMAINING] = quantity;
    result[R_STOP] = STOP_NONE;
    result[R_COST] = 0;
    const level = pages.best(instrument, OTHER - side);
    if (reaches(side, limitTicks, level)) {
      meetAll(instrument, side, limitTicks, quantity, account, stp);
    }
  }

  function meetAll(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): void {
    const rows = o32; // bound outside of the loop, or the compiler looks them up in it
    const levels = l32;
    let remaining = quantity;
    let met = 0;
    let left = room[0]!;
    let stop: number = STOP_NONE;
    while (remaining > 0) {
      const level = pages.best(instrument, OTHER - side);
      if (!reaches(side, limitTicks, level)) break;
      const slot = levels[((level & lMask) << L_ROW) + HEAD]!;
      const cost = costOf(slot);
      if (cost > left) {
        stop = STOP_WORK_BOUND;
        break;
      }
      left -= cost;
      const row = (slot & oMask) << ROW;
      const open = rows[row + OPEN]!;
      const isSelf = account !== 0 && rows[row + ACCOUNT] === account;
      const kind = meet(isLapsed(slot), isSelf, stp);
      if (kind === 0) {
        stop = STOP_SELF_TRADE;
        break;
      }
      const takesOff = kind === TRADE || kind === SELF_DECREMENTED;
      const units = takesOff && remaining < open ? remaining : open;
      if (takesOff) {
        queue.shrink(level, slot, units);
        remaining -= units;
      }
      const isEmpty = (!takesOff || units === open) && queue.unlink(level, slot);
      record(met++, slot, kind, units, level);
      if (isEmpty) pages.drop(instrument, OTHER - side, level);
      if (kind === SELF_CANCELLED && stp === STP.CANCEL_BOTH) {
        stop = STOP_SELF_TRADE;
        break;
      }
    }
    result[R_COUNT] = met;
    result[R_REMAINING] = remaining;
    result[R_STOP] = stop;
    result[R_COST] = room[0]! - left;
  }

  function canFill(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): boolean {
    let remaining = quantity;
    let left = room[0]!;
    let level = pages.best(instrument, OTHER - side);
    for (; reaches(side, limitTicks, level); level = pages.worse(level, OTHER - side)) {
      const head = l32[((level & lMask) << L_ROW) + HEAD]!;
      let slot = head;
      do {
        left -= costOf(slot);
        if (left < 0) return false;
        const isSelf = account !== 0 && o32[((slot & oMask) << ROW) + ACCOUNT] === account;
        const kind = meet(isLapsed(slot), isSelf, stp);
        if (kind === TRADE) remaining -= o32[((slot & oMask) << ROW) + OPEN]!;
        if (remaining <= 0) return true;
        // These take the taker, or units of it, without a trade: never all of it, then.
        if (kind === 0 || kind === SELF_DECREMENTED) return false;
        if (kind === SELF_CANCELLED && stp === STP.CANCEL_BOTH) return false;
        slot = o32[((slot & oMask) << ROW) + NEXT]!;
      } while (slot !== head);
    }
    return false;
  }

  function wouldCross(instrument: number, side: number, limitTicks: number): boolean {
    let left = room[0]!;
    let level = pages.best(instrument, OTHER - side);
    for (; reaches(side, limitTicks, level); level = pages.worse(level, OTHER - side)) {
      const head = l32[((level & lMask) << L_ROW) + HEAD]!;
      let slot = head;
      do {
        left -= costOf(slot);
        if (left < 0) return false;
        if (!isLapsed(slot)) return true;
        slot = o32[((slot & oMask) << ROW) + NEXT]!;
      } while (slot !== head);
    }
    return false;
  }

  return { match, canFill, wouldCross };
}
