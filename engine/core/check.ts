/**
 * Whether a place or an amend may happen: reads only, and answers the first refusal in the order the
 * behaviour suite lists them. What the client order id decides stands in `place.ts`, before this.
 */
import {
  ACCOUNT_DOUBLES,
  ACCOUNT_WORDS,
  AccountF64,
  AccountI32,
  AccountState,
} from "./accounts.ts";
import {
  InstrumentState,
  OrderType,
  Reject,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "./codes.ts";
import { CommandF64, CommandFlag, CommandI32, CommandU8 } from "./command.ts";
import { ID_WORDS, IdI32 } from "./ids.ts";
import { INSTRUMENT_WORDS, InstrumentI32 } from "./instruments.ts";
import { PRICE_TICKS_MAX, QUANTITY_MAX } from "./limits.ts";
import { isPostOnly, ORDER_WORDS, OrderI32, sideOf } from "./orders.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";

export interface Check {
  /** A place whose account and client order id are in order. */
  place(): number;
  /** An amend of an open order of this account. */
  amend(slot: number): number;
  /** The limit a place matches at: its own, or for a market order the band's far end. */
  limitTicks(): number;
}

/** Whether the expiry `f64[at]` is a time at all; by index, so that no double is boxed. */
function isWholeUs(f64: Float64Array, at: number): boolean {
  const us = f64[at]!;
  return us >= 0 && us <= 2 ** 53 - 1 && Math.floor(us) === us;
}

function isTifWellFormed(orderType: number, tif: number, isPost: boolean): boolean {
  if (tif < TimeInForce.GTC || tif > TimeInForce.FOK) return false;
  const isImmediate = tif === TimeInForce.IOC || tif === TimeInForce.FOK;
  if (orderType === OrderType.MARKET) return isImmediate && !isPost;
  return orderType === OrderType.LIMIT && !(isPost && isImmediate);
}

export function makeCheck(state: State): Check {
  const { turn, orders, ids, accounts, instruments, book } = state;
  const o32 = orders.i32;
  const n32 = instruments.i32;
  const { counters } = turn;

  function words(): number {
    const c8 = turn.u8;
    const side = c8[CommandU8.side]!;
    if (side !== Side.BID && side !== Side.ASK) return Reject.MALFORMED;
    const flags = c8[CommandU8.flags]!;
    if ((flags & ~CommandFlag.POST_ONLY) !== 0) return Reject.MALFORMED;
    if (c8[CommandU8.stp]! > SelfTradePrevention.DECREMENT) return Reject.MALFORMED;
    const orderType = c8[CommandU8.orderType]!;
    const tif = c8[CommandU8.tif]!;
    if (!isTifWellFormed(orderType, tif, flags !== 0)) return Reject.MALFORMED;
    const priceTicks = turn.i32[CommandI32.priceTicks]!;
    if (orderType === OrderType.MARKET && priceTicks !== 0) return Reject.MALFORMED;
    if (!isWholeUs(turn.f64, CommandF64.expiresAtUs)) return Reject.MALFORMED;
    const expiresAtUs = turn.f64[CommandF64.expiresAtUs]!;
    return (tif === TimeInForce.GTD) === (expiresAtUs !== 0) ? Reject.NONE : Reject.MALFORMED;
  }

  function instrumentState(instrument: number): number {
    if (!instruments.isListed(instrument)) return Reject.UNKNOWN_INSTRUMENT;
    const now = n32[instrument * INSTRUMENT_WORDS + InstrumentI32.state];
    if (now === InstrumentState.CONTINUOUS) return Reject.NONE;
    return now === InstrumentState.HALTED ? Reject.INSTRUMENT_HALTED : Reject.INSTRUMENT_CLOSED;
  }

  function quantityBound(instrument: number, quantity: number): number {
    const max = n32[instrument * INSTRUMENT_WORDS + InstrumentI32.quantityMax]!;
    if (quantity < 1) return Reject.QUANTITY_TOO_SMALL;
    return quantity > (max === 0 ? QUANTITY_MAX : max) ? Reject.QUANTITY_TOO_LARGE : Reject.NONE;
  }

  function priceBound(instrument: number, priceTicks: number): number {
    if (priceTicks < 1) return Reject.PRICE_OUT_OF_RANGE;
    const high = n32[instrument * INSTRUMENT_WORDS + InstrumentI32.bandHighTicks]!;
    if (high === 0) return Reject.NONE;
    const low = n32[instrument * INSTRUMENT_WORDS + InstrumentI32.bandLowTicks]!;
    return priceTicks < low || priceTicks > high ? Reject.PRICE_OUTSIDE_BAND : Reject.NONE;
  }

  /**
   * Whether the account may bid so much, instead of `insteadOf` units it already bids for (or 0).
   */
  function bidValue(
    account: number,
    instrument: number,
    priceTicks: number,
    quantity: number,
    insteadTicks: number,
    insteadOf: number,
  ): number {
    const at = account * ACCOUNT_DOUBLES;
    const max = accounts.f64[at + AccountF64.openBidValueMaxMinor]!;
    if (max === 0) return Reject.NONE;
    const tickMinor = n32[instrument * INSTRUMENT_WORDS + InstrumentI32.tickMinor]!;
    const more = priceTicks * tickMinor * quantity - insteadTicks * tickMinor * insteadOf;
    if (more <= 0) return Reject.NONE; // never refused, although a bound was lowered meanwhile
    const value = accounts.f64[at + AccountF64.openBidValueMinor]! + more;
    return value > max ? Reject.BID_VALUE_LIMIT : Reject.NONE;
  }

  /** Bounds of account and shard; a market bid counts at the band's high end, without one not. */
  function room(account: number, instrument: number, mayRest: boolean): number {
    const c32 = turn.i32;
    const openOrdersMax = accounts.i32[account * ACCOUNT_WORDS + AccountI32.openOrdersMax]!;
    const openOrders = accounts.i32[account * ACCOUNT_WORDS + AccountI32.openOrders]!;
    if (mayRest && openOrdersMax !== 0 && openOrders >= openOrdersMax) {
      return Reject.TOO_MANY_OPEN_ORDERS;
    }
    if (turn.u8[CommandU8.side] === Side.BID) {
      const row = instrument * INSTRUMENT_WORDS;
      const isLimit = turn.u8[CommandU8.orderType] === OrderType.LIMIT;
      const priceTicks = isLimit
        ? c32[CommandI32.priceTicks]!
        : n32[row + InstrumentI32.bandHighTicks]!;
      const quantity = c32[CommandI32.quantity]!;
      const reject = bidValue(account, instrument, priceTicks, quantity, 0, 0);
      if (reject !== Reject.NONE) return reject;
    }
    return mayRest && orders.isFull() ? Reject.ORDER_TABLE_FULL : Reject.NONE;
  }

  function limitTicks(): number {
    const own = turn.i32[CommandI32.priceTicks]!;
    if (own !== 0) return own;
    const row = turn.i32[CommandI32.instrument]! * INSTRUMENT_WORDS;
    const high = n32[row + InstrumentI32.bandHighTicks]!;
    if (turn.u8[CommandU8.side] === Side.ASK) {
      return high === 0 ? 1 : n32[row + InstrumentI32.bandLowTicks]!;
    }
    return high === 0 ? PRICE_TICKS_MAX : high;
  }

  /** What only the book can say: a post-only order in the way of others, an FOK short of makers. */
  function againstBook(account: number, instrument: number, tif: number): number {
    const side = turn.u8[CommandU8.side]!;
    const limit = limitTicks();
    if ((turn.u8[CommandU8.flags]! & CommandFlag.POST_ONLY) !== 0) {
      return book.wouldCross(instrument, side, limit) ? Reject.ORDER_WOULD_CROSS : Reject.NONE;
    }
    if (tif !== TimeInForce.FOK) return Reject.NONE;
    const quantity = turn.i32[CommandI32.quantity]!;
    const stp = turn.u8[CommandU8.stp]!;
    const fills = book.canFill(instrument, side, limit, quantity, account, stp);
    return fills ? Reject.NONE : Reject.FOK_NOT_FILLABLE;
  }

  function isAllowed(account: number): boolean {
    return accounts.i32[account * ACCOUNT_WORDS + AccountI32.state] === AccountState.ALLOWED;
  }

  function place(): number {
    const account = turn.i32[CommandI32.account]!;
    const instrument = turn.i32[CommandI32.instrument]!;
    if (!isAllowed(account)) return Reject.ACCOUNT_SUSPENDED;
    let reject = instrumentState(instrument);
    if (reject === Reject.NONE) reject = words();
    if (reject !== Reject.NONE) return reject;
    reject = quantityBound(instrument, turn.i32[CommandI32.quantity]!);
    if (reject !== Reject.NONE) return reject;
    if (turn.u8[CommandU8.orderType] === OrderType.LIMIT) {
      reject = priceBound(instrument, turn.i32[CommandI32.priceTicks]!);
      if (reject !== Reject.NONE) return reject;
    }
    const tif = turn.u8[CommandU8.tif]!;
    if (tif === TimeInForce.GTD) {
      const expiresAtUs = turn.f64[CommandF64.expiresAtUs]!;
      if (counters[Counter.stampUs]! >= expiresAtUs) return Reject.ALREADY_EXPIRED;
    }
    reject = room(account, instrument, tif === TimeInForce.GTC || tif === TimeInForce.GTD);
    return reject === Reject.NONE ? againstBook(account, instrument, tif) : reject;
  }

  /** What an amend asks for, before it is compared with the book. */
  function amendWords(instrument: number, quantity: number, priceTicks: number): number {
    if (!isWholeUs(turn.f64, CommandF64.expiresAtUs)) return Reject.MALFORMED;
    if (quantity !== 0) {
      const reject = quantityBound(instrument, quantity);
      if (reject !== Reject.NONE) return reject;
    }
    if (priceTicks < 0) return Reject.PRICE_OUT_OF_RANGE;
    return Reject.NONE;
  }

  function amend(slot: number): number {
    const row = slot * ORDER_WORDS;
    const account = o32[row + OrderI32.account]!;
    const instrument = o32[row + OrderI32.instrument]!;
    if (!isAllowed(account)) return Reject.ACCOUNT_SUSPENDED;
    let reject = instrumentState(instrument);
    if (reject !== Reject.NONE) return reject;
    const quantity = turn.i32[CommandI32.quantity]!;
    const asked = turn.i32[CommandI32.priceTicks]!;
    reject = amendWords(instrument, quantity, asked);
    if (reject !== Reject.NONE) return reject;
    const open = o32[row + OrderI32.open]!;
    const total = ids.i32[o32[row + OrderI32.idEntry]! * ID_WORDS + IdI32.total]!;
    const openAfter = quantity === 0 ? open : quantity - (total - open);
    if (openAfter <= 0) return Reject.NONE; // cancels the rest, whatever else it says
    const before = o32[row + OrderI32.priceTicks]!;
    const priceTicks = asked === 0 ? before : asked;
    const isRequeued = priceTicks !== before || openAfter > open;
    if (isRequeued) {
      reject = priceBound(instrument, priceTicks);
      if (reject !== Reject.NONE) return reject;
    }
    const expiresAtUs = turn.f64[CommandF64.expiresAtUs]!;
    if (expiresAtUs !== 0 && counters[Counter.stampUs]! >= expiresAtUs)
      return Reject.ALREADY_EXPIRED;
    const side = sideOf(o32[row + OrderI32.bits]!);
    if (side === Side.BID) {
      reject = bidValue(account, instrument, priceTicks, openAfter, before, open);
      if (reject !== Reject.NONE) return reject;
    }
    const mustRest = isRequeued && isPostOnly(o32[row + OrderI32.bits]!);
    if (mustRest && book.wouldCross(instrument, side, priceTicks)) return Reject.ORDER_WOULD_CROSS;
    return Reject.NONE;
  }

  return { place, amend, limitTicks };
}
