/**
 * What an account does to its own open orders: CANCEL, REDUCE, AMEND, CANCEL_ALL.
 */
import { MatchResult } from "./book-api.ts";
import type { Check } from "./check.ts";
import {
  CancelReason,
  EventType,
  InstrumentState,
  OrderStatus,
  Reject,
  Side,
  TimeInForce,
} from "./codes.ts";
import { ofAccountAt } from "./collected.ts";
import { CommandF64, CommandI32, CommandU8 } from "./command.ts";
import { EventFlag } from "./event.ts";
import { INSTRUMENT_SHIFT } from "./instruments.ts";
import { siblingsOf } from "./groups.ts";
import type { Life } from "./life.ts";
import { BEHAVIOUR_SESSIONS, MASS_CANCEL_COUNTED_MAX } from "./limits.ts";
import { ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, OrderBits } from "./orders.ts";
import type { Pending } from "./pending.ts";
import { UncrossI32, UncrossPhase } from "./pending-uncross.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";

const TIF = TimeInForce;
const C8 = CommandU8;
const ORDER64 = OrderF64;
const SIDE = Side;
const E_FLAG = EventFlag;
const N_ROW = INSTRUMENT_SHIFT;
const { sideOf, stpOf, statusOf, withTif } = OrderBits;

export interface Change {
  /** The open order that the change in hand names, or a Reject, negative. */
  find(): number;
  cancel(): void;
  reduce(): void;
  amend(): void;
  cancelAll(): void;
}

const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const ORDER = OrderI32;
const OPEN = OrderStatus.OPEN;
const EVENT = EventType;
const REASON = CancelReason;
const REJECT = Reject;
const C = CommandI32;
const STAMP = Counter.stampUs;
const SEQUENCE = Counter.sequence;
const BEHAVIOUR = Counter.behaviour;
const SESSIONS = BEHAVIOUR_SESSIONS;
const TOTAL = Counter.ordersTotal;
const DEADLINE = CommandF64.deadlineUs;
const ORDER_ID = CommandF64.orderId;
const COST = MatchResult.cost;
const EXPIRES = CommandF64.expiresAtUs;
const UNCROSSING = InstrumentState.UNCROSSING;
const PHASE = UncrossI32.phase;
const NO_UNCROSS = UncrossPhase.NONE;

export function makeChange(state: State, check: Check, life: Life, pending: Pending): Change {
  const { turn, orders, ids, accounts, expiry, massCancels, book, emit, groups, collected } = state;
  const u32 = state.uncross.i32;
  const { i32: n32, mask: nMask } = state.instruments;
  const { counters } = turn;
  const { i32: o32, mask: oMask } = orders;
  const { room, result } = book.matches;

  /** Whether the change in hand says that it is not to happen any more; 0 says nothing. */
  function isLate(): boolean {
    const deadlineUs = turn.f64[DEADLINE]!;
    if (deadlineUs === 0 || counters[BEHAVIOUR]! < SESSIONS) return false;
    return !(counters[STAMP]! <= deadlineUs);
  }

  /**
   * The open order a command names, if it is this account's. One that has lapsed is ended on the
   * way, so that nobody changes an order that is already gone.
   */
  function named(account: number): number {
    let slot = 0;
    if (turn.f64[ORDER_ID] !== 0) slot = orders.find(turn.f64, ORDER_ID);
    else {
      slot = ids.find(account, turn.i32, C.clientOrderId);
      if (slot !== 0 && statusOf(o32[((slot & oMask) << ROW) + ORDER.bits]!) !== OPEN) return 0;
    }
    if (slot === 0 || o32[((slot & oMask) << ROW) + ORDER.account] !== account) return 0;
    if (!state.isLapsed(slot)) return slot;
    life.lapse(slot);
    return 0;
  }

  /** Whether an uncross is under way where this order rests, or a leg of its group. */
  function isUncrossing(slot: number): boolean {
    if (u32[PHASE] === NO_UNCROSS) return false;
    let leg = slot;
    do {
      const instrument = o32[((leg & oMask) << ROW) + ORDER.instrument]!;
      if (n32[(instrument & nMask) << N_ROW] === UNCROSSING) return true;
      leg = groups.has(leg) ? o32[((leg & oMask) << ROW) + ORDER.groupNext]! : slot;
    } while (leg !== slot);
    return false;
  }

  function find(): number {
    const account = turn.i32[C.account]!;
    if (!accounts.isKnown(account)) return -REJECT.UNKNOWN_ACCOUNT;
    if (isLate()) return -REJECT.DEADLINE_PASSED;
    const slot = named(account);
    if (slot === 0) return -REJECT.UNKNOWN_ORDER;
    return isUncrossing(slot) ? -REJECT.UNCROSSING : slot;
  }

  /** `find`, with the refusal told and 0 for an answer when there is none. */
  function namedOrRejected(): number {
    const found = find();
    if (found > 0) return found;
    emit.rejected(-found, 0, false);
    return 0;
  }

  function cancel(): void {
    const slot = namedOrRejected();
    if (slot !== 0) life.end(slot, EVENT.CANCELLED, REASON.REQUESTED, true);
  }

  function setTotal(slot: number, total: number): void {
    o32[((slot & oMask) << ROW) + ORDER.total] = total;
  }

  function totalOf(slot: number): number {
    return o32[((slot & oMask) << ROW) + ORDER.total]!;
  }

  function shrink(slot: number, by: number): void {
    book.shrink(slot, by);
    life.shrunk(slot, by);
    emit.amended(slot, o32[((slot & oMask) << ROW) + ORDER.priceTicks]!, by, false);
    life.recount(slot, by);
  }

  function reduce(): void {
    const slot = namedOrRejected();
    if (slot === 0) return;
    const by = turn.i32[C.quantity]!;
    if (by < 1) return emit.rejected(REJECT.QUANTITY_TOO_SMALL, 0, false);
    if (by >= o32[((slot & oMask) << ROW) + ORDER.open]!) {
      return life.end(slot, EVENT.CANCELLED, REASON.REDUCED_TO_NOTHING, true);
    }
    setTotal(slot, totalOf(slot) - by);
    shrink(slot, by);
  }

  function setExpiry(slot: number): void {
    const expiresAtUs = turn.f64[EXPIRES]!;
    if (expiresAtUs === 0) return;
    const bitsAt = ((slot & oMask) << ROW) + ORDER.bits;
    o32[bitsAt] = withTif(o32[bitsAt]!, TIF.GTD);
    expiry.remove(slot);
    orders.f64[((slot & oMask) << ROW64) + ORDER64.expiresAtUs] = expiresAtUs;
    expiry.add(slot);
  }

  /** Out of its level, and back like a taker with what it shall have open. */
  function requeue(slot: number, priceTicks: number, open: number): void {
    const row = (slot & oMask) << ROW;
    const bits = o32[row + ORDER.bits]!;
    const stoodTicks = o32[row + ORDER.priceTicks]!;
    const stood = o32[row + ORDER.open]!;
    const siblings = groups.has(slot) ? siblingsOf(o32, slot) : 0;
    book.remove(slot);
    if (collected.has(slot)) collected.add(slot, -1, -stood);
    if (siblings === 0) life.addBidValue(slot, 0 - stood);
    else groups.uncount(slot, 0);
    o32[row + ORDER.priceTicks] = priceTicks;
    o32[row + ORDER.open] = open;
    emit.amended(slot, stoodTicks, stood, true);
    const instrument = o32[row + ORDER.instrument]!;
    const side = sideOf(bits);
    if (siblings !== 0) room[0] = room[0]! - siblings;
    book.match(instrument, side, priceTicks, open, o32[row + ORDER.account]!, stpOf(bits));
    if (siblings !== 0) {
      room[0] = room[0]! + siblings;
      result[COST] = result[COST]! + siblings;
    }
    const left = life.settleMakers(slot, open);
    o32[row + ORDER.open] = left;
    orders.f64[((slot & oMask) << ROW64) + ORDER64.priority] = counters[SEQUENCE]!;
    const rests = life.settle(slot, priceTicks, left, true);
    if (siblings !== 0) return requeueLeg(slot, rests);
    if (rests) life.rest(slot);
    else life.release(slot);
  }

  /** A leg that has come back like a taker: what it took is taken from its group, which counts again. */
  function requeueLeg(slot: number, rests: boolean): void {
    const units = life.traded[0]!;
    if (rests) life.rest(slot);
    if (units !== 0) life.takeFromSiblings(slot, units);
    if (rests) return groups.count(slot);
    if (groups.has(slot)) groups.count(groups.leave(slot));
    life.release(slot);
  }

  function amend(): void {
    const slot = namedOrRejected();
    if (slot === 0) return;
    const reject = check.amend(slot);
    if (reject !== REJECT.NONE) return emit.rejected(reject, 0, false);
    const row = (slot & oMask) << ROW;
    const quantity = turn.i32[C.quantity]!;
    const asked = turn.i32[C.priceTicks]!;
    const open = o32[row + ORDER.open]!;
    const total = totalOf(slot);
    // What is no longer open was filled or prevented; an amended total includes it.
    const openAfter = quantity === 0 ? open : quantity - (total - open);
    if (openAfter <= 0) {
      return life.end(slot, EVENT.CANCELLED, REASON.AMENDED_TO_FILLED, true);
    }
    if (quantity !== 0) setTotal(slot, quantity);
    setExpiry(slot);
    const priceTicks = asked === 0 ? o32[row + ORDER.priceTicks]! : asked;
    const isRequeued = priceTicks !== o32[row + ORDER.priceTicks]! || openAfter > open;
    if (isRequeued) requeue(slot, priceTicks, openAfter);
    else shrink(slot, open - openAfter);
  }

  /** Whether an uncross under way may trade orders that a mass cancel would promise to end. */
  function mayUncross(account: number, instrument: number): boolean {
    if (u32[PHASE] === NO_UNCROSS) return false;
    if (instrument === 0) {
      const { ofAccount } = collected;
      const bids = ofAccount[ofAccountAt(account, SIDE.BID)]!;
      return bids + ofAccount[ofAccountAt(account, SIDE.ASK)] !== 0;
    }
    return n32[(instrument & nMask) << N_ROW] === UNCROSSING;
  }

  function cancelAllReject(account: number, instrument: number, side: number): number {
    if (!accounts.isKnown(account)) return REJECT.UNKNOWN_ACCOUNT;
    if (isLate()) return REJECT.DEADLINE_PASSED;
    if (instrument !== 0 && !state.instruments.isListed(instrument))
      return REJECT.UNKNOWN_INSTRUMENT;
    if (side > SIDE.ASK) return REJECT.MALFORMED;
    if (mayUncross(account, instrument)) return REJECT.UNCROSSING;
    return massCancels.isFull() ? REJECT.MASS_CANCEL_TABLE_FULL : REJECT.NONE;
  }

  function cancelAll(): void {
    const account = turn.i32[C.account]!;
    const instrument = turn.i32[C.instrument]!;
    const side = turn.u8[C8.side]!;
    const reject = cancelAllReject(account, instrument, side);
    if (reject !== REJECT.NONE) return emit.rejected(reject, 0, false);
    const tag = counters[BEHAVIOUR]! < SESSIONS ? 0 : turn.i32[C.tag]!;
    const max = MASS_CANCEL_COUNTED_MAX;
    const count = massCancels.count(account, instrument, side, tag, counters, TOTAL, max);
    massCancels.add(account, instrument, side, tag, REASON.MASS_CANCEL, counters, TOTAL);
    const event = emit.admin.massCancelAccepted(tag);
    pending.carryOn();
    const more = massCancels.isEmpty() ? 0 : E_FLAG.MORE_PENDING;
    if (count >= 0) emit.admin.massCancelCounted(event, count, more);
    else emit.admin.massCancelCounted(event, -count - 1, more | E_FLAG.AT_LEAST);
  }

  return { find, cancel, reduce, amend, cancelAll };
}
