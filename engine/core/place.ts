/**
 * PLACE, RESTORE and ORDER_STATUS: what the client order id decides, then the checks, then the order.
 *
 * ```
 * account known? id said? ──► id remembered? ──yes──► same parameters? first answer again
 *                                  │ no
 *                    deadline right? room for the id? ──► remembered from here on
 *                                  │
 *                              check.ts ──► ACCEPTED, makers met, rest or drop
 * ```
 */
import { CancelReason, CommandType, OrderStatus, Reject, TimeInForce } from "./codes.ts";
import type { Check } from "./check.ts";
import { CommandF64, CommandFlag, CommandI32, CommandU8 } from "./command.ts";
import type { Life } from "./life.ts";
import { DEADLINE_AHEAD_MAX_US, DEADLINE_DEFAULT_US } from "./limits.ts";
import { makeRestore } from "./restore.ts";
import { ON_WHEEL as ON_WHEEL_BIT, ORDER_SHIFT, OrderF64, OrderI32, OrderBits } from "./orders.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";
import { makeWords } from "./words.ts";

const REASON = CancelReason;
const C8 = CommandU8;
const ORDER = OrderI32;
const ORDER64 = OrderF64;
const REJECT = Reject;
const C_FLAG = CommandFlag;
const { packBits, statusOf, reasonOf, withStatus } = OrderBits;

export interface Place {
  place(): void;
  restore(): void;
  status(): void;
  /**
   * What the client order id of the place in hand decides: KNOWN when it is remembered, else 0 or the
   * Reject that leaves nothing to be remembered. `newIds`: how many more are to be remembered with it;
   * `isLeg`: it is of a group. The calls below are about the place that was last identified.
   */
  identify(newIds: number, isLeg: boolean): number;
  /** Whether the remembered place has the parameters of the one in hand. */
  isSame(): boolean;
  /** A remembered id: its first answer again, unless it now stands for something else. */
  answerAgain(): void;
  /** Refuses the place for good: its id is remembered with the answer. */
  refuse(reject: number): void;
  /** Remembers the place as an order that is open, and tells that it was accepted; its row. */
  accept(): number;
  /** Puts what an accepted order has left into its book. */
  restNew(slot: number, left: number): void;
}

/** Of `identify`: neither a Reject nor none. */
export const KNOWN = -1;

const ROW = ORDER_SHIFT;
const ON_WHEEL = ON_WHEEL_BIT;
const { bits: BITS, instrument: INSTRUMENT } = OrderI32;
const { fingerprint: FINGERPRINT, filled: FILLED, total: TOTAL } = OrderI32;
const { orderId: ORDER_ID, firstSequence: FIRST, priority: PRIORITY } = OrderF64;
const { OPEN, REJECTED } = OrderStatus;
const { GTC, GTD } = TimeInForce;
const C = CommandI32;
const C_KEY = CommandI32.clientOrderId;
const C_ACCOUNT = CommandI32.account;
const { deadlineUs: C_DEADLINE, expiresAtUs: C_EXPIRES } = CommandF64;
const { sequence: SEQUENCE, stampUs: STAMP, deadlineUs: DEADLINE } = Counter;
const ORDERS_TOTAL = Counter.ordersTotal;
const OWN = Counter.ownSequence;
const DEFAULT_US = DEADLINE_DEFAULT_US;
const AHEAD_MAX_US = DEADLINE_AHEAD_MAX_US;
const NONE = Reject.NONE;
const KNOWN_ID = KNOWN;
const RESTORE = CommandType.RESTORE;
const C_TYPE = CommandU8.type;

// Of `hand`.
const OVER = 0; // the row of the id in hand, remembered or over
const PRINT = 1; // the fingerprint of the place in hand

export function makePlace(state: State, check: Check, life: Life): Place {
  const returning = makeRestore(state, life);
  const { turn, orders, ids, accounts, emit, book } = state;
  const { counters } = turn;
  const { u8: c8, i32: c32, f64: c64, b64: cb } = turn;
  const { i32: o32, f64: o64, mask: oMask } = orders;
  const hand = makeWords(2);

  /** The parameters that must be the same in every copy of a place, in one word. */
  function fingerprint(): number {
    let h = c32[0]! ^ 0x2545f491; // type, side, order type, time in force
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ c32[1]!; // self-trade prevention, flags
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ c32[C.instrument]!;
    h = Math.imul(h ^ (h >>> 15), 0x27d4eb2f) ^ c32[C.priceTicks]!;
    h = Math.imul(h ^ (h >>> 13), 0x85ebca6b) ^ c32[C.quantity]!;
    h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35) ^ c32[C_EXPIRES * 2]!;
    h = Math.imul(h ^ (h >>> 13), 0x27d4eb2f) ^ c32[C_EXPIRES * 2 + 1]!;
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ c32[C.tag]!;
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  }

  /** The deadline of the place in hand, to `counters`; a missing one is the default. */
  function takeDeadline(): void {
    const asked = c64[C_DEADLINE]!;
    counters[DEADLINE] = asked === 0 ? counters[STAMP]! + DEFAULT_US : asked;
  }

  function deadlineReject(): number {
    const deadlineUs = counters[DEADLINE]!;
    const stampUs = counters[STAMP]!;
    if (!(deadlineUs <= stampUs + AHEAD_MAX_US)) return REJECT.DEADLINE_TOO_FAR;
    return stampUs > deadlineUs ? REJECT.DEADLINE_PASSED : NONE;
  }

  function hasClientOrderId(): boolean {
    return (c32[C_KEY]! | c32[C_KEY + 1]! | c32[C_KEY + 2]! | c32[C_KEY + 3]!) !== 0;
  }

  /**
   * The remembered row of the id in hand, or 0. What came before it in time is told first: an order
   * that has lapsed is no longer open.
   */
  function remembered(account: number): number {
    const slot = ids.find(account, c32, C_KEY);
    if (slot === 0 || statusOf(o32[((slot & oMask) << ROW) + BITS]!) !== OPEN) return slot;
    if (!state.isLapsed(slot)) return slot;
    life.lapse(slot);
    return ids.find(account, c32, C_KEY);
  }

  const isSame = (): boolean => o32[((hand[OVER]! & oMask) << ROW) + FINGERPRINT] === hand[PRINT]!;
  function answerAgain(): void {
    if (!isSame()) return emit.rejected(REJECT.CLIENT_ORDER_ID_REUSED, 0, false);
    const slot = hand[OVER]!;
    if (deadlineReject() === NONE) ids.extend(slot, counters, DEADLINE);
    const bits = o32[((slot & oMask) << ROW) + BITS]!;
    if (statusOf(bits) === REJECTED) emit.rejected(reasonOf(bits), slot, true);
    else emit.accepted(slot, true);
  }

  /** Remembers the place in hand, as it was decided. */
  function remember(status: number, reject: number): number {
    const account = c32[C_ACCOUNT]!;
    const slot = ids.add(account, cb, C_KEY >> 1, hand[OVER]!, counters, DEADLINE);
    const row = (slot & oMask) << ROW;
    const isPost = (c8[C8.flags]! & C_FLAG.POST_ONLY) !== 0;
    const words = packBits(c8[C8.side]! & 3, c8[C8.tif]! & 7, c8[C8.stp]! & 7, isPost);
    o32[row + BITS] = (o32[row + BITS]! & ON_WHEEL) | withStatus(words, status, reject);
    o32[row + INSTRUMENT] = c32[C.instrument]!;
    o32[row + FILLED] = 0;
    o32[row + TOTAL] = c32[C.quantity]!;
    o32[row + FINGERPRINT] = hand[PRINT]!;
    o64[(row >> 1) + FIRST] = counters[OWN]!;
    if (status === REJECTED) {
      o64[(row >> 1) + ORDER_ID] = 0;
      return slot;
    }
    if (state.waiting[0] !== 0) state.timers.drawLine(account, counters, ORDERS_TOTAL);
    const orderId = counters[ORDERS_TOTAL]! + 1;
    counters[ORDERS_TOTAL] = orderId;
    o64[(row >> 1) + ORDER_ID] = orderId;
    return slot;
  }

  function restNew(slot: number, left: number): void {
    const row = (slot & oMask) << ROW;
    o32[row + ORDER.priceTicks] = c32[C.priceTicks]!;
    o32[row + ORDER.open] = left;
    o32[row + ORDER.heapAt] = 0;
    o32[row + ORDER.tag] = c32[C.tag]!;
    o32[row + ORDER.groupNext] = 0;
    const expiresAtUs = c64[C_EXPIRES]!;
    o64[(row >> 1) + ORDER64.expiresAtUs] = expiresAtUs;
    o64[(row >> 1) + PRIORITY] = counters[SEQUENCE]!;
    orders.index(slot);
    accounts.append(slot);
    if (expiresAtUs !== 0) state.expiry.add(slot);
    if (c8[C_TYPE] === RESTORE) returning.rest(slot);
    else life.rest(slot);
  }

  function accept(): number {
    const slot = remember(OPEN, REASON.NONE);
    emit.accepted(slot, false);
    return slot;
  }

  function execute(): void {
    const slot = accept();
    const side = c8[C8.side]!;
    const tif = c8[C8.tif]!;
    const quantity = c32[C.quantity]!;
    book.match(
      c32[C.instrument]!,
      side,
      check.limitTicks(),
      quantity,
      c32[C_ACCOUNT]!,
      c8[C8.stp]!,
    );
    const left = life.settleMakers(slot, quantity);
    const mayRest = tif === GTC || tif === GTD;
    if (life.settle(slot, c32[C.priceTicks]!, left, mayRest)) restNew(slot, left);
  }

  /** A leg and a restore are other orders than a place of the same words. */
  function fingerprintOf(isLeg: boolean): number {
    const words = fingerprint();
    if (isLeg) return Math.imul(words ^ (words >>> 15), 0x2c1b3c6d);
    return c8[C_TYPE] === RESTORE ? returning.fingerprint(words) : words;
  }

  function identify(newIds: number, isLeg: boolean): number {
    const account = c32[C_ACCOUNT]!;
    if (!accounts.isKnown(account)) return REJECT.UNKNOWN_ACCOUNT;
    if (!hasClientOrderId()) return REJECT.CLIENT_ORDER_ID_MISSING;
    takeDeadline();
    hand[PRINT] = fingerprintOf(isLeg);
    hand[OVER] = remembered(account);
    if (hand[OVER] !== 0 && !ids.isOver(hand[OVER]!)) return KNOWN_ID;
    const reject = deadlineReject();
    if (reject !== NONE) return reject;
    const needed = hand[OVER] === 0 ? newIds + 1 : newIds;
    return needed !== 0 && !ids.hasRoom(needed) ? REJECT.ID_TABLE_FULL : NONE;
  }

  function refuse(reject: number): void {
    emit.rejected(reject, remember(REJECTED, reject), false);
  }

  function place(): void {
    const known = identify(0, false);
    if (known === KNOWN_ID) return answerAgain();
    if (known !== NONE) return emit.rejected(known, 0, false);
    let reject = check.place();
    if (reject === NONE && c8[C_TYPE] === RESTORE) reject = returning.check();
    if (reject === NONE) execute();
    else refuse(reject);
  }

  function status(): void {
    const account = c32[C_ACCOUNT]!;
    if (!accounts.isKnown(account)) return emit.rejected(REJECT.UNKNOWN_ACCOUNT, 0, false);
    if (!hasClientOrderId()) return emit.rejected(REJECT.CLIENT_ORDER_ID_MISSING, 0, false);
    const slot = remembered(account);
    if (slot === 0 || ids.isOver(slot)) emit.rejected(REJECT.UNKNOWN_CLIENT_ORDER_ID, 0, false);
    else emit.status(slot);
  }

  return {
    place,
    restore: place,
    status,
    identify,
    isSame,
    answerAgain,
    refuse,
    accept,
    restNew,
  };
}
