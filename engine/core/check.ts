/**
 * Whether a place or an amend may happen: reads only, and answers the first refusal in the order the
 * behaviour suite lists them. What the client order id decides stands in `place.ts`, before this.
 */
import {
  ACCOUNT_SHIFT,
  ACCOUNT_SHIFT64,
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
import { INSTRUMENT_SHIFT, InstrumentI32 } from "./instruments.ts";
import { PRICE_TICKS_MAX, QUANTITY_MAX } from "./limits.ts";
import { ORDER_SHIFT, OrderI32, OrderBits } from "./orders.ts";
import { isCollectable, makeCheckAuction } from "./check-auction.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";
import { makeDoubles } from "./words.ts";

const { floor } = Math;
const { sideOf, isPostOnly } = OrderBits;
const ROW = ORDER_SHIFT;
const ORDER = OrderI32;
const N_ROW = INSTRUMENT_SHIFT;
const N = InstrumentI32;
const A_ROW = ACCOUNT_SHIFT;
const A_ROW64 = ACCOUNT_SHIFT64;
const A = AccountI32;
const A64 = AccountF64;
const ALLOWED = AccountState.ALLOWED;
const STATE = InstrumentState;
const TYPE = OrderType;
const REJECT = Reject;
const STP_MAX = SelfTradePrevention.DECREMENT;
const { BID, ASK } = Side;
const TIF = TimeInForce;
const C = CommandI32;
const C8 = CommandU8;
const EXPIRES = CommandF64.expiresAtUs;
const POST_ONLY = CommandFlag.POST_ONLY;
const STAMP = Counter.stampUs;
const PRICE_MAX = PRICE_TICKS_MAX;
const UNITS_MAX = QUANTITY_MAX;

/** No refusal: the instrument takes orders for an auction. */
const COLLECTS = -1;

export interface Check {
  /** A place whose account and client order id are in order. */
  place(): number;
  /** As `place`, but for what only the book can say. */
  placeAlone(): number;
  /** An amend of an open order of this account. */
  amend(slot: number): number;
  /** As `amend`, but for what only the book can say. */
  amendAlone(slot: number): number;
  /**
   * What operations before the one in hand, of the same compound, will take of the bounds: at
   * `Planned`. All zeros outside of one.
   */
  readonly planned: Float64Array;
  /** The limit a place matches at: its own, or for a market order the band's far end. */
  limitTicks(): number;
}

/** Open orders as they count, rows of open orders, and the value of bids in minor currency. */
export const Planned = { orders: 0, rows: 1, valueMinor: 2 } as const;

const { orders: PLANNED_ORDERS, rows: PLANNED_ROWS, valueMinor: PLANNED_VALUE } = Planned;

/** Whether the expiry `f64[at]` is a time at all; by index, so that no double is boxed. */
const isWholeUs = (f64: Float64Array, at: number): boolean => {
  const us = f64[at]!;
  return us === 0 || (us > 0 && us <= 2 ** 53 - 1 && floor(us) === us);
};

const isTifWellFormed = (orderType: number, tif: number, isPost: boolean): boolean => {
  if (tif < TIF.GTC || tif > TIF.FOK) return false;
  const isImmediate = tif === TIF.IOC || tif === TIF.FOK;
  if (orderType === TYPE.MARKET) return isImmediate && !isPost;
  return orderType === TYPE.LIMIT && !(isPost && isImmediate);
};

export function makeCheck(state: State): Check {
  const { turn, orders, accounts, instruments, book, groups } = state;
  const { i32: o32, mask: oMask } = orders;
  const { i32: n32, mask: nMask } = instruments;
  const aMask = accounts.mask;
  const { counters } = turn;
  const planned = makeDoubles(3);
  const { selfCross } = makeCheckAuction(state);

  function words(): number {
    const c8 = turn.u8;
    const side = c8[C8.side]!;
    if ((side - BID) >>> 0 > ASK - BID) return REJECT.MALFORMED; // not asked which of the two
    const flags = c8[C8.flags]!;
    if ((flags & ~POST_ONLY) !== 0) return REJECT.MALFORMED;
    if (c8[C8.stp]! > STP_MAX) return REJECT.MALFORMED;
    const orderType = c8[C8.orderType]!;
    const tif = c8[C8.tif]!;
    if (!isTifWellFormed(orderType, tif, flags !== 0)) return REJECT.MALFORMED;
    const priceTicks = turn.i32[C.priceTicks]!;
    if (orderType === TYPE.MARKET && priceTicks !== 0) return REJECT.MALFORMED;
    if (!isWholeUs(turn.f64, EXPIRES)) return REJECT.MALFORMED;
    const expiresAtUs = turn.f64[EXPIRES]!;
    return (tif === TIF.GTD) === (expiresAtUs !== 0) ? REJECT.NONE : REJECT.MALFORMED;
  }

  function instrumentState(instrument: number): number {
    if (!instruments.isListed(instrument)) return REJECT.UNKNOWN_INSTRUMENT;
    const now = n32[((instrument & nMask) << N_ROW) + N.state];
    if (now === STATE.CONTINUOUS) return REJECT.NONE;
    if (now === STATE.PRE_OPEN) return COLLECTS;
    if (now === STATE.UNCROSSING) return REJECT.UNCROSSING;
    return now === STATE.HALTED ? REJECT.INSTRUMENT_HALTED : REJECT.INSTRUMENT_CLOSED;
  }

  function quantityBound(instrument: number, quantity: number): number {
    const max = n32[((instrument & nMask) << N_ROW) + N.quantityMax]!;
    if (quantity < 1) return REJECT.QUANTITY_TOO_SMALL;
    return quantity > (max === 0 ? UNITS_MAX : max) ? REJECT.QUANTITY_TOO_LARGE : REJECT.NONE;
  }

  function priceBound(instrument: number, priceTicks: number): number {
    if (priceTicks < 1) return REJECT.PRICE_OUT_OF_RANGE;
    const high = n32[((instrument & nMask) << N_ROW) + N.bandHighTicks]!;
    if (high === 0) return REJECT.NONE;
    const low = n32[((instrument & nMask) << N_ROW) + N.bandLowTicks]!;
    return priceTicks < low || priceTicks > high ? REJECT.PRICE_OUTSIDE_BAND : REJECT.NONE;
  }

  /** Asked before the side, which nobody can guess; few accounts have such a bound. */
  function isValueBounded(account: number): boolean {
    return accounts.f64[((account & aMask) << A_ROW64) + A64.openBidValueMaxMinor] !== 0;
  }

  /**
   * Whether an account with a bound may bid so much, instead of `insteadOf` units it bids for.
   */
  function bidValue(
    account: number,
    instrument: number,
    priceTicks: number,
    quantity: number,
    insteadTicks: number,
    insteadOf: number,
  ): number {
    const at = (account & aMask) << A_ROW64;
    const max = accounts.f64[at + A64.openBidValueMaxMinor]!;
    const tickMinor = n32[((instrument & nMask) << N_ROW) + N.tickMinor]!;
    const more = priceTicks * tickMinor * quantity - insteadTicks * tickMinor * insteadOf;
    if (more <= 0) return REJECT.NONE; // never refused, although a bound was lowered meanwhile
    const value = accounts.f64[at + A64.openBidValueMinor]! + planned[PLANNED_VALUE]! + more;
    return value > max ? REJECT.BID_VALUE_LIMIT : REJECT.NONE;
  }

  /** Bounds of account and shard; a market bid counts at the band's high end, without one not. */
  function room(account: number, instrument: number, mayRest: boolean): number {
    const c32 = turn.i32;
    const openOrdersMax = accounts.i32[((account & aMask) << A_ROW) + A.openOrdersMax]!;
    const rows = accounts.i32[((account & aMask) << A_ROW) + A.openOrders]!;
    const extraLegs = accounts.i32[((account & aMask) << A_ROW) + A.extraLegs]!;
    const openOrders = rows - extraLegs + planned[PLANNED_ORDERS]!;
    if (mayRest && openOrdersMax !== 0 && openOrders >= openOrdersMax) {
      return REJECT.TOO_MANY_OPEN_ORDERS;
    }
    if (isValueBounded(account) && turn.u8[C8.side] === BID) {
      const row = (instrument & nMask) << N_ROW;
      const isLimit = turn.u8[C8.orderType] === TYPE.LIMIT;
      const priceTicks = isLimit ? c32[C.priceTicks]! : n32[row + N.bandHighTicks]!;
      const quantity = c32[C.quantity]!;
      const reject = bidValue(account, instrument, priceTicks, quantity, 0, 0);
      if (reject !== REJECT.NONE) return reject;
    }
    const isFull = orders.count() + planned[PLANNED_ROWS]! >= orders.openMax;
    return mayRest && isFull ? REJECT.ORDER_TABLE_FULL : REJECT.NONE;
  }

  function limitTicks(): number {
    const own = turn.i32[C.priceTicks]!;
    if (own !== 0) return own;
    const row = (turn.i32[C.instrument]! & nMask) << N_ROW;
    const high = n32[row + N.bandHighTicks]!;
    if (turn.u8[C8.side] === ASK) {
      return high === 0 ? 1 : n32[row + N.bandLowTicks]!;
    }
    return high === 0 ? PRICE_MAX : high;
  }

  /** What only the book can say: a post-only order in the way of others, an FOK short of makers. */
  function againstBook(account: number, instrument: number, tif: number): number {
    const side = turn.u8[C8.side]!;
    const limit = limitTicks();
    if ((turn.u8[C8.flags]! & POST_ONLY) !== 0) {
      return book.wouldCross(instrument, side, limit) ? REJECT.ORDER_WOULD_CROSS : REJECT.NONE;
    }
    if (tif !== TIF.FOK) return REJECT.NONE;
    const quantity = turn.i32[C.quantity]!;
    const stp = turn.u8[C8.stp]!;
    const fills = book.canFill(instrument, side, limit, quantity, account, stp);
    return fills ? REJECT.NONE : REJECT.FOK_NOT_FILLABLE;
  }

  function isAllowed(account: number): boolean {
    return accounts.i32[((account & aMask) << A_ROW) + A.state] === ALLOWED;
  }

  function placeAlone(): number {
    const account = turn.i32[C.account]!;
    const instrument = turn.i32[C.instrument]!;
    if (!isAllowed(account)) return REJECT.ACCOUNT_SUSPENDED;
    let reject = instrumentState(instrument);
    if (reject === COLLECTS) return placeCollected(account, instrument);
    if (reject === REJECT.NONE) reject = words();
    if (reject !== REJECT.NONE) return reject;
    return bounds(account, instrument);
  }

  /** A place in an instrument that collects. */
  function placeCollected(account: number, instrument: number): number {
    let reject = words();
    if (reject !== REJECT.NONE) return reject;
    const c8 = turn.u8;
    if (!isCollectable(c8[C8.orderType]!, c8[C8.tif]!, c8[C8.flags]!)) return REJECT.NOT_IN_AUCTION;
    reject = bounds(account, instrument);
    if (reject !== REJECT.NONE) return reject;
    return selfCross(account, instrument, c8[C8.side]!, turn.i32[C.priceTicks]!);
  }

  /** The bounds of quantity, price and expiry, and the account's. */
  function bounds(account: number, instrument: number): number {
    let reject = quantityBound(instrument, turn.i32[C.quantity]!);
    if (reject !== REJECT.NONE) return reject;
    if (turn.u8[C8.orderType] === TYPE.LIMIT) {
      reject = priceBound(instrument, turn.i32[C.priceTicks]!);
      if (reject !== REJECT.NONE) return reject;
    }
    const tif = turn.u8[C8.tif]!;
    if (tif === TIF.GTD) {
      const expiresAtUs = turn.f64[EXPIRES]!;
      if (counters[STAMP]! >= expiresAtUs) return REJECT.ALREADY_EXPIRED;
    }
    return room(account, instrument, tif === TIF.GTC || tif === TIF.GTD);
  }

  function place(): number {
    const reject = placeAlone();
    if (reject !== REJECT.NONE) return reject;
    return againstBook(turn.i32[C.account]!, turn.i32[C.instrument]!, turn.u8[C8.tif]!);
  }

  /** What an amend asks for, before it is compared with the book. */
  function amendWords(instrument: number, quantity: number, priceTicks: number): number {
    if (!isWholeUs(turn.f64, EXPIRES)) return REJECT.MALFORMED;
    if (quantity !== 0) {
      const reject = quantityBound(instrument, quantity);
      if (reject !== REJECT.NONE) return reject;
    }
    if (priceTicks < 0) return REJECT.PRICE_OUT_OF_RANGE;
    return REJECT.NONE;
  }

  /** Whether the account may bid for a leg as amended: its group counts at the dearest leg. */
  function legValue(slot: number, priceTicks: number, open: number): number {
    const row = (slot & oMask) << ROW;
    const at = (o32[row + ORDER.account]! & aMask) << A_ROW64;
    const max = accounts.f64[at + A64.openBidValueMaxMinor]!;
    groups.worthWith(slot, o32[row + ORDER.priceTicks]!, o32[row + ORDER.open]!);
    const before = groups.worth[0]!;
    groups.worthWith(slot, priceTicks, open);
    const more = groups.worth[0]! - before;
    if (more <= 0) return REJECT.NONE;
    const value = accounts.f64[at + A64.openBidValueMinor]! + planned[PLANNED_VALUE]! + more;
    return value > max ? REJECT.BID_VALUE_LIMIT : REJECT.NONE;
  }

  function amendAlone(slot: number): number {
    const row = (slot & oMask) << ROW;
    const account = o32[row + ORDER.account]!;
    const instrument = o32[row + ORDER.instrument]!;
    if (!isAllowed(account)) return REJECT.ACCOUNT_SUSPENDED;
    let reject = instrumentState(instrument);
    const collects = reject === COLLECTS;
    if (reject !== REJECT.NONE && !collects) return reject;
    const quantity = turn.i32[C.quantity]!;
    const asked = turn.i32[C.priceTicks]!;
    reject = amendWords(instrument, quantity, asked);
    if (reject !== REJECT.NONE) return reject;
    const open = o32[row + ORDER.open]!;
    const total = o32[row + ORDER.total]!;
    const openAfter = quantity === 0 ? open : quantity - (total - open);
    if (openAfter <= 0) return REJECT.NONE; // cancels the rest, whatever else it says
    const before = o32[row + ORDER.priceTicks]!;
    const priceTicks = asked === 0 ? before : asked;
    const isRequeued = priceTicks !== before || openAfter > open;
    const isLeg = groups.has(slot);
    if (isLeg && openAfter > open) return REJECT.GROUP_QUANTITY;
    if (isRequeued) {
      reject = priceBound(instrument, priceTicks);
      if (reject !== REJECT.NONE) return reject;
    }
    const expiresAtUs = turn.f64[EXPIRES]!;
    if (expiresAtUs !== 0 && counters[STAMP]! >= expiresAtUs) return REJECT.ALREADY_EXPIRED;
    const side = sideOf(o32[row + ORDER.bits]!);
    if (isValueBounded(account) && side === BID) {
      if (isLeg) reject = legValue(slot, priceTicks, openAfter);
      else reject = bidValue(account, instrument, priceTicks, openAfter, before, open);
      if (reject !== REJECT.NONE) return reject;
    }
    const mayCross = collects && priceTicks !== before;
    return mayCross ? selfCross(account, instrument, side, priceTicks) : REJECT.NONE;
  }

  /** Whether a post-only order, amended so, would stand in the way of others. */
  function mustNotRest(slot: number): boolean {
    const row = (slot & oMask) << ROW;
    const bits = o32[row + ORDER.bits]!;
    if (!isPostOnly(bits)) return false;
    const quantity = turn.i32[C.quantity]!;
    const asked = turn.i32[C.priceTicks]!;
    const open = o32[row + ORDER.open]!;
    const openAfter = quantity === 0 ? open : quantity - (o32[row + ORDER.total]! - open);
    if (openAfter <= 0) return false;
    const before = o32[row + ORDER.priceTicks]!;
    const priceTicks = asked === 0 ? before : asked;
    if (priceTicks === before && openAfter <= open) return false;
    return book.wouldCross(o32[row + ORDER.instrument]!, sideOf(bits), priceTicks);
  }

  function amend(slot: number): number {
    const reject = amendAlone(slot);
    if (reject !== REJECT.NONE) return reject;
    return mustNotRest(slot) ? REJECT.ORDER_WOULD_CROSS : REJECT.NONE;
  }

  return { place, placeAlone, amend, amendAlone, planned, limitTicks };
}
