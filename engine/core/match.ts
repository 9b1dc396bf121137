/**
 * The price-time loop of the fast book: one loop for both sides.
 *
 * Best price first, within a price the oldest first; the trade is the maker's price's, so a price
 * need not be recorded: the maker's row says it. Each turn of the loop meets one maker and either
 * uses it up, removes it, or ends the match, so it makes at most MAKERS_PER_COMMAND_MAX turns.
 */
import {
  MATCH_WORDS,
  type Matches,
  MatchI32,
  MatchKind,
  MatchResult,
  MatchStop,
} from "./book-api.ts";
import { SelfTradePrevention, Side } from "./codes.ts";
import { LEVEL_DOUBLES, LEVEL_WORDS, LevelF64, LevelI32, type Levels } from "./levels.ts";
import { MAKERS_PER_COMMAND_MAX } from "./limits.ts";
import { ORDER_WORDS, OrderI32, type Orders } from "./orders.ts";
import type { Queue } from "./queue.ts";

const { head: HEAD, orders: ORDERS, priceTicks: PRICE, lower: LOWER, higher: HIGHER } = LevelI32;
const { quantity: QUANTITY } = LevelF64;
const { next: NEXT, open: OPEN, account: ACCOUNT } = OrderI32;
const { slot: M_SLOT, kind: M_KIND, quantity: M_QUANTITY, levelOrders: M_ORDERS } = MatchI32;

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
  if (isLapsed) return MatchKind.LAPSED;
  if (!isSelf || stp === SelfTradePrevention.NONE) return MatchKind.TRADE;
  if (stp === SelfTradePrevention.CANCEL_TAKER) return 0;
  if (stp === SelfTradePrevention.DECREMENT) return MatchKind.SELF_DECREMENTED;
  return MatchKind.SELF_CANCELLED;
}

export function makeMatcher(
  orders: Orders,
  levels: Levels,
  queue: Queue,
  matches: Matches,
  isLapsed: (slot: number) => boolean,
): Matcher {
  const o32 = orders.i32;
  const l32 = levels.i32;
  const l64 = levels.f64;
  const m32 = matches.i32;
  const { levelQuantity, result } = matches;

  function record(met: number, slot: number, kind: number, quantity: number, level: number): void {
    const at = met * MATCH_WORDS;
    m32[at + M_SLOT] = slot;
    m32[at + M_KIND] = kind;
    m32[at + M_QUANTITY] = quantity;
    m32[at + M_ORDERS] = l32[level * LEVEL_WORDS + ORDERS]!;
    levelQuantity[met] = l64[level * LEVEL_DOUBLES + QUANTITY]!;
  }

  function match(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): void {
    const sign = side === Side.BID ? 1 : -1;
    const makerSide = side === Side.BID ? Side.ASK : Side.BID;
    let remaining = quantity;
    let met = 0;
    let stop: number = MatchStop.NONE;
    while (remaining > 0) {
      const level = levels.best(instrument, makerSide);
      if (level === 0 || sign * (limitTicks - l32[level * LEVEL_WORDS + PRICE]!) < 0) break;
      if (met === MAKERS_PER_COMMAND_MAX) {
        stop = MatchStop.WORK_BOUND;
        break;
      }
      const slot = l32[level * LEVEL_WORDS + HEAD]!;
      const open = o32[slot * ORDER_WORDS + OPEN]!;
      const isSelf = account !== 0 && o32[slot * ORDER_WORDS + ACCOUNT] === account;
      const kind = meet(isLapsed(slot), isSelf, stp);
      if (kind === 0) {
        stop = MatchStop.SELF_TRADE;
        break;
      }
      const takesOff = kind === MatchKind.TRADE || kind === MatchKind.SELF_DECREMENTED;
      const units = takesOff && remaining < open ? remaining : open;
      if (takesOff) {
        queue.shrink(level, slot, units);
        remaining -= units;
      }
      if (!takesOff || units === open) queue.unlink(level, slot);
      record(met++, slot, kind, units, level);
      if (l32[level * LEVEL_WORDS + ORDERS] === 0) levels.drop(instrument, level);
      if (kind === MatchKind.SELF_CANCELLED && stp === SelfTradePrevention.CANCEL_BOTH) {
        stop = MatchStop.SELF_TRADE;
        break;
      }
    }
    result[MatchResult.count] = met;
    result[MatchResult.remaining] = remaining;
    result[MatchResult.stop] = stop;
  }

  function canFill(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): boolean {
    const sign = side === Side.BID ? 1 : -1;
    const worse = side === Side.BID ? HIGHER : LOWER;
    let remaining = quantity;
    let met = 0;
    let level = levels.best(instrument, side === Side.BID ? Side.ASK : Side.BID);
    while (level !== 0 && sign * (limitTicks - l32[level * LEVEL_WORDS + PRICE]!) >= 0) {
      let slot = l32[level * LEVEL_WORDS + HEAD]!;
      while (slot !== 0) {
        if (++met > MAKERS_PER_COMMAND_MAX) return false;
        const isSelf = account !== 0 && o32[slot * ORDER_WORDS + ACCOUNT] === account;
        const kind = meet(isLapsed(slot), isSelf, stp);
        if (kind === MatchKind.TRADE) remaining -= o32[slot * ORDER_WORDS + OPEN]!;
        if (remaining <= 0) return true;
        // These take the taker, or units of it, without a trade: never all of it, then.
        if (kind === 0 || kind === MatchKind.SELF_DECREMENTED) return false;
        if (kind === MatchKind.SELF_CANCELLED && stp === SelfTradePrevention.CANCEL_BOTH)
          return false;
        slot = o32[slot * ORDER_WORDS + NEXT]!;
      }
      level = l32[level * LEVEL_WORDS + worse]!;
    }
    return false;
  }

  function wouldCross(instrument: number, side: number, limitTicks: number): boolean {
    const sign = side === Side.BID ? 1 : -1;
    const worse = side === Side.BID ? HIGHER : LOWER;
    let met = 0;
    let level = levels.best(instrument, side === Side.BID ? Side.ASK : Side.BID);
    while (level !== 0 && sign * (limitTicks - l32[level * LEVEL_WORDS + PRICE]!) >= 0) {
      let slot = l32[level * LEVEL_WORDS + HEAD]!;
      while (slot !== 0) {
        if (++met > MAKERS_PER_COMMAND_MAX) return false;
        if (!isLapsed(slot)) return true;
        slot = o32[slot * ORDER_WORDS + NEXT]!;
      }
      level = l32[level * LEVEL_WORDS + worse]!;
    }
    return false;
  }

  return { match, canFill, wouldCross };
}
