/**
 * What an account does to its own open orders: CANCEL, REDUCE, AMEND, CANCEL_ALL; and the pending
 * work that every command carries on before its own turn.
 */
import { ACCOUNT_WORDS, AccountI32 } from "./accounts.ts";
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
import { CommandF64, CommandI32, CommandU8 } from "./command.ts";
import { EventFlag } from "./event.ts";
import { INSTRUMENT_WORDS } from "./instruments.ts";
import type { Life } from "./life.ts";
import { MASS_CANCEL_COUNTED_MAX, SLICE_EXAMINED_MAX, SLICE_ORDERS_MAX } from "./limits.ts";
import { isSelected } from "./mass-cancel.ts";
import {
  ORDER_DOUBLES,
  ORDER_WORDS,
  OrderF64,
  OrderI32,
  sideOf,
  statusOf,
  stpOf,
  withTif,
} from "./orders.ts";
import { UncrossF64, UncrossI32, UncrossPhase } from "./pending-uncross.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";
import type { Uncross } from "./uncross.ts";

export interface Change {
  cancel(): void;
  reduce(): void;
  amend(): void;
  cancelAll(): void;
  /** Ends what is due or covered, at most SLICE_ORDERS_MAX orders. */
  carryOn(): void;
}

const WORDS = ORDER_WORDS;
const DOUBLES = ORDER_DOUBLES;
const ORDER = OrderI32;
const OPEN = OrderStatus.OPEN;
const EVENT = EventType;
const REASON = CancelReason;
const REJECT = Reject;
const C = CommandI32;
const STAMP = Counter.stampUs;
const SEQUENCE = Counter.sequence;
const ORDER_ID = CommandF64.orderId;
const EXPIRES = CommandF64.expiresAtUs;
const UNCROSSING = InstrumentState.UNCROSSING;
const PHASE = UncrossI32.phase;
const { NONE: NO_UNCROSS, CLEARING } = UncrossPhase;
const SLICE_MAX = SLICE_ORDERS_MAX;
const EXAMINED_MAX = SLICE_EXAMINED_MAX;

export function makeChange(state: State, check: Check, life: Life, uncross: Uncross): Change {
  const { turn, orders, ids, accounts, expiry, massCancels, book, emit, collected } = state;
  const { i32: u32, f64: u64 } = state.uncross;
  const n32 = state.instruments.i32;
  const { counters } = turn;
  const o32 = orders.i32;

  /**
   * The open order a command names, if it is this account's. One that has lapsed is ended on the
   * way, so that nobody changes an order that is already gone.
   */
  function named(account: number): number {
    let slot = 0;
    if (turn.f64[ORDER_ID] !== 0) slot = orders.find(turn.f64, ORDER_ID);
    else {
      slot = ids.find(account, turn.i32, C.clientOrderId);
      if (slot !== 0 && statusOf(o32[slot * WORDS + ORDER.bits]!) !== OPEN) return 0;
    }
    if (slot === 0 || o32[slot * WORDS + ORDER.account] !== account) return 0;
    if (!state.isLapsed(slot)) return slot;
    life.lapse(slot);
    return 0;
  }

  /** Whether an uncross is under way where this order rests: nothing of it may change. */
  function isUncrossing(slot: number): boolean {
    if (u32[PHASE] === NO_UNCROSS) return false;
    return n32[o32[slot * WORDS + ORDER.instrument]! * INSTRUMENT_WORDS] === UNCROSSING;
  }

  /** `named`, with the refusal told when there is none. */
  function namedOrRejected(): number {
    const account = turn.i32[C.account]!;
    if (!accounts.isKnown(account)) {
      emit.rejected(REJECT.UNKNOWN_ACCOUNT, 0, false);
      return 0;
    }
    const slot = named(account);
    if (slot === 0) emit.rejected(REJECT.UNKNOWN_ORDER, 0, false);
    else if (isUncrossing(slot)) {
      emit.rejected(REJECT.UNCROSSING, 0, false);
      return 0;
    }
    return slot;
  }

  function cancel(): void {
    const slot = namedOrRejected();
    if (slot !== 0) life.end(slot, EVENT.CANCELLED, REASON.REQUESTED, true);
  }

  function setTotal(slot: number, total: number): void {
    o32[slot * WORDS + ORDER.total] = total;
  }

  function totalOf(slot: number): number {
    return o32[slot * WORDS + ORDER.total]!;
  }

  function shrink(slot: number, by: number): void {
    book.shrink(slot, by);
    life.addBidValue(slot, -by);
    emit.amended(slot, o32[slot * WORDS + ORDER.priceTicks]!, by, false);
    life.shrunk(slot, by);
  }

  function reduce(): void {
    const slot = namedOrRejected();
    if (slot === 0) return;
    const by = turn.i32[C.quantity]!;
    if (by < 1) return emit.rejected(REJECT.QUANTITY_TOO_SMALL, 0, false);
    if (by >= o32[slot * WORDS + ORDER.open]!) {
      return life.end(slot, EVENT.CANCELLED, REASON.REDUCED_TO_NOTHING, true);
    }
    setTotal(slot, totalOf(slot) - by);
    shrink(slot, by);
  }

  function setExpiry(slot: number): void {
    const expiresAtUs = turn.f64[EXPIRES]!;
    if (expiresAtUs === 0) return;
    const bitsAt = slot * WORDS + ORDER.bits;
    o32[bitsAt] = withTif(o32[bitsAt]!, TimeInForce.GTD);
    expiry.remove(slot);
    orders.f64[slot * DOUBLES + OrderF64.expiresAtUs] = expiresAtUs;
    expiry.add(slot);
  }

  /** Out of its level, and back like a taker with what it shall have open. */
  function requeue(slot: number, priceTicks: number, open: number): void {
    const row = slot * WORDS;
    const bits = o32[row + ORDER.bits]!;
    const stoodTicks = o32[row + ORDER.priceTicks]!;
    const stood = o32[row + ORDER.open]!;
    book.remove(slot);
    if (collected.has(slot)) collected.add(slot, -1, -stood);
    life.addBidValue(slot, -stood);
    o32[row + ORDER.priceTicks] = priceTicks;
    o32[row + ORDER.open] = open;
    emit.amended(slot, stoodTicks, stood, true);
    const instrument = o32[row + ORDER.instrument]!;
    const side = sideOf(bits);
    book.match(instrument, side, priceTicks, open, o32[row + ORDER.account]!, stpOf(bits));
    const left = life.settleMakers(slot, open);
    o32[row + ORDER.open] = left;
    orders.f64[slot * DOUBLES + OrderF64.priority] = counters[SEQUENCE]!;
    if (life.settle(slot, priceTicks, left, true)) life.rest(slot);
    else life.release(slot);
  }

  function amend(): void {
    const slot = namedOrRejected();
    if (slot === 0) return;
    const reject = check.amend(slot);
    if (reject !== REJECT.NONE) return emit.rejected(reject, 0, false);
    const row = slot * WORDS;
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

  /** Counts what a mass cancel covers, looking at so many orders; negative when there are more. */
  function countCovered(account: number, instrument: number, side: number): number {
    const row = account * ACCOUNT_WORDS;
    if (instrument === 0 && side === 0) return accounts.i32[row + AccountI32.openOrders]!;
    let slot = accounts.i32[row + AccountI32.head]!;
    let count = 0;
    for (let looked = 0; slot !== 0; looked++) {
      if (looked === MASS_CANCEL_COUNTED_MAX) return -count - 1;
      if (isSelected(o32, slot, instrument, side)) count++;
      slot = o32[slot * WORDS + ORDER.accountNext]!;
    }
    return count;
  }

  /** Whether an uncross under way may trade orders that a mass cancel would promise to end. */
  function mayUncross(account: number, instrument: number): boolean {
    if (u32[PHASE] === NO_UNCROSS) return false;
    if (instrument === 0) return collected.ofAccount[account] !== 0;
    return n32[instrument * INSTRUMENT_WORDS] === UNCROSSING;
  }

  function cancelAllReject(account: number, instrument: number, side: number): number {
    if (!accounts.isKnown(account)) return REJECT.UNKNOWN_ACCOUNT;
    if (instrument !== 0 && !state.instruments.isListed(instrument))
      return REJECT.UNKNOWN_INSTRUMENT;
    if (side > Side.ASK) return REJECT.MALFORMED;
    if (mayUncross(account, instrument)) return REJECT.UNCROSSING;
    return massCancels.isFull() ? REJECT.MASS_CANCEL_TABLE_FULL : REJECT.NONE;
  }

  function cancelAll(): void {
    const account = turn.i32[C.account]!;
    const instrument = turn.i32[C.instrument]!;
    const side = turn.u8[CommandU8.side]!;
    const reject = cancelAllReject(account, instrument, side);
    if (reject !== REJECT.NONE) return emit.rejected(reject, 0, false);
    const count = countCovered(account, instrument, side);
    massCancels.add(account, instrument, side, counters, Counter.ordersTotal);
    const event = emit.admin.massCancelAccepted();
    carryOn();
    const isPending = massCancels.isEmpty() ? 0 : EventFlag.MORE_PENDING;
    if (count >= 0) emit.admin.massCancelCounted(event, count, isPending);
    else emit.admin.massCancelCounted(event, -count - 1, isPending | EventFlag.AT_LEAST);
  }

  function isPending(): boolean {
    return expiry.isDue(counters, STAMP) || !massCancels.isEmpty();
  }

  function carryOn(): void {
    if (u32[PHASE] !== NO_UNCROSS) carryOnUncross();
    else if (isPending()) slice(counters, STAMP);
    else state.waiting[0] = 0;
  }

  /** Once an uncross has what lapsed before it out of its way, what lapses later waits for it. */
  function carryOnUncross(): void {
    const isClearing = u32[PHASE] === CLEARING;
    if (isClearing && !isCleared()) return slice(u64, UncrossF64.stampUs);
    if (isClearing) uncross.cleared();
    uncross.carryOn();
    state.waiting[0] = isPending() ? 1 : 0;
  }

  function isCleared(): boolean {
    const isDue = expiry.isDue(u64, UncrossF64.stampUs);
    return !isDue && massCancels.done() >= u64[UncrossF64.fence]!;
  }

  /** What one ending order costs of a slice: it is told, and so is what is still collected. */
  function costOf(slot: number): number {
    return collected.has(slot) ? 2 : 1;
  }

  /** Ends what is due at `nowUs[at]` or covered. */
  function slice(nowUs: Float64Array, at: number): void {
    let room = SLICE_MAX;
    while (room > 0 && expiry.isDue(nowUs, at)) {
      const slot = expiry.first();
      room -= costOf(slot);
      life.end(slot, EVENT.EXPIRED, REASON.NONE, false);
    }
    let looks = EXAMINED_MAX;
    while (room > 0 && looks > 0 && !massCancels.isEmpty()) {
      const slot = massCancels.next(looks);
      looks -= massCancels.examined();
      if (slot === 0) break;
      room -= costOf(slot);
      life.end(slot, EVENT.CANCELLED, REASON.MASS_CANCEL, false);
    }
    state.waiting[0] = isPending() ? 1 : 0;
  }

  return { cancel, reduce, amend, cancelAll, carryOn };
}
