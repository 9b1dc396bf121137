/**
 * PLACE and ORDER_STATUS: what the client order id decides, then the checks, then the order.
 *
 * ```
 * account known? id said? ──► id remembered? ──yes──► same parameters? first answer again
 *                                  │ no
 *                    deadline right? room for the id? ──► remembered from here on
 *                                  │
 *                              check.ts ──► ACCEPTED, makers met, rest or drop
 * ```
 */
import { CancelReason, OrderStatus, Reject, TimeInForce } from "./codes.ts";
import type { Check } from "./check.ts";
import { CommandF64, CommandFlag, CommandI32, CommandU8 } from "./command.ts";
import { ID_DOUBLES, ID_WORDS, IdF64, IdI32, packIdBits, reasonOf, statusOf } from "./ids.ts";
import type { Life } from "./life.ts";
import { DEADLINE_AHEAD_MAX_US, DEADLINE_DEFAULT_US } from "./limits.ts";
import { ORDER_DOUBLES, ORDER_WORDS, OrderF64, OrderI32, packBits } from "./orders.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";

export interface Place {
  place(): void;
  status(): void;
}

/** The parameters of a place that must be the same in every copy, as words from the record's first. */
const PARAMETER_WORDS = Int32Array.of(
  0, // type, side, orderType, tif
  1, // stp, flags
  CommandI32.instrument,
  CommandI32.priceTicks,
  CommandI32.quantity,
  CommandF64.expiresAtUs * 2,
  CommandF64.expiresAtUs * 2 + 1,
  CommandI32.tag,
);

export function makePlace(state: State, check: Check, life: Life): Place {
  const { turn, orders, ids, accounts, emit } = state;
  const { counters } = turn;
  const d32 = ids.i32;
  const d64 = ids.f64;
  const o32 = orders.i32;
  const print = new Int32Array(2); // fingerprint of the place in hand

  function takeFingerprint(): void {
    let high = 0x2545f491;
    let low = 0x4f6cdd1d;
    for (let n = 0; n < PARAMETER_WORDS.length; n++) {
      const word = turn.i32[PARAMETER_WORDS[n]!]!;
      high = Math.imul(high ^ word, 0x85ebca6b);
      high ^= high >>> 15;
      low = Math.imul(low + word, 0xc2b2ae35);
      low ^= low >>> 13;
    }
    print[0] = high;
    print[1] = low;
  }

  /** The deadline of the place in hand, to `counters`; a missing one is the default. */
  function takeDeadline(): void {
    const asked = turn.f64[CommandF64.deadlineUs]!;
    const missing = counters[Counter.stampUs]! + DEADLINE_DEFAULT_US;
    counters[Counter.deadlineUs] = asked === 0 ? missing : asked;
  }

  function deadlineReject(): number {
    const deadlineUs = counters[Counter.deadlineUs]!;
    const stampUs = counters[Counter.stampUs]!;
    if (!(deadlineUs <= stampUs + DEADLINE_AHEAD_MAX_US)) return Reject.DEADLINE_TOO_FAR;
    return stampUs > deadlineUs ? Reject.DEADLINE_PASSED : Reject.NONE;
  }

  function hasClientOrderId(): boolean {
    const at = CommandI32.clientOrderId;
    const c32 = turn.i32;
    return (c32[at]! | c32[at + 1]! | c32[at + 2]! | c32[at + 3]!) !== 0;
  }

  /** What came before the order in hand: an order that has lapsed is no longer open. */
  function lapseOf(entry: number): void {
    const slot = d32[entry * ID_WORDS + IdI32.slot]!;
    if (slot !== 0 && state.isLapsed(slot)) life.lapse(slot);
  }

  /** A remembered id: its first answer again, unless it now stands for something else. */
  function answerAgain(entry: number): void {
    const row = entry * ID_WORDS;
    const isSame =
      d32[row + IdI32.fingerprintHigh] === print[0] && d32[row + IdI32.fingerprintLow] === print[1];
    if (!isSame) {
      emit.rejected(Reject.CLIENT_ORDER_ID_REUSED, 0, false);
      return;
    }
    if (deadlineReject() === Reject.NONE) ids.extend(entry, counters, Counter.deadlineUs);
    const bits = d32[row + IdI32.bits]!;
    if (statusOf(bits) === OrderStatus.REJECTED) emit.rejected(reasonOf(bits), entry, true);
    else emit.accepted(entry, true);
  }

  /** Remembers the place in hand, as it was decided. */
  function remember(over: number, status: number, reject: number): number {
    const c32 = turn.i32;
    const idAt = CommandI32.clientOrderId;
    const account = c32[CommandI32.account]!;
    const entry = ids.add(account, c32, idAt, over, counters, Counter.deadlineUs);
    const row = entry * ID_WORDS;
    ids.setBits(entry, packIdBits(status, reject, turn.u8[CommandU8.side]! & 3));
    d32[row + IdI32.filled] = 0;
    d32[row + IdI32.total] = c32[CommandI32.quantity]!;
    d32[row + IdI32.slot] = 0;
    d32[row + IdI32.instrument] = c32[CommandI32.instrument]!;
    d32[row + IdI32.fingerprintHigh] = print[0]!;
    d32[row + IdI32.fingerprintLow] = print[1]!;
    d64[entry * ID_DOUBLES + IdF64.firstSequence] = counters[Counter.sequence]!;
    if (status !== OrderStatus.REJECTED)
      counters[Counter.ordersTotal] = counters[Counter.ordersTotal]! + 1;
    d64[entry * ID_DOUBLES + IdF64.orderId] =
      status === OrderStatus.REJECTED ? 0 : counters[Counter.ordersTotal]!;
    return entry;
  }

  function restNew(entry: number, left: number): void {
    const c32 = turn.i32;
    const c8 = turn.u8;
    const slot = orders.take();
    const row = slot * ORDER_WORDS;
    const isPost = (c8[CommandU8.flags]! & CommandFlag.POST_ONLY) !== 0;
    o32[row + OrderI32.instrument] = c32[CommandI32.instrument]!;
    o32[row + OrderI32.priceTicks] = c32[CommandI32.priceTicks]!;
    o32[row + OrderI32.open] = left;
    o32[row + OrderI32.account] = c32[CommandI32.account]!;
    o32[row + OrderI32.bits] = packBits(
      c8[CommandU8.side]!,
      c8[CommandU8.tif]!,
      c8[CommandU8.stp]!,
      isPost,
    );
    o32[row + OrderI32.idEntry] = entry;
    o32[row + OrderI32.heapAt] = 0;
    o32[row + OrderI32.tag] = c32[CommandI32.tag]!;
    const double = slot * ORDER_DOUBLES;
    orders.f64[double + OrderF64.orderId] = d64[entry * ID_DOUBLES + IdF64.orderId]!;
    const expiresAtUs = turn.f64[CommandF64.expiresAtUs]!;
    orders.f64[double + OrderF64.expiresAtUs] = expiresAtUs;
    d32[entry * ID_WORDS + IdI32.slot] = slot;
    orders.index(slot);
    accounts.append(slot);
    if (expiresAtUs !== 0) state.expiry.add(slot);
    life.rest(slot);
  }

  function execute(entry: number): void {
    const c32 = turn.i32;
    const side = turn.u8[CommandU8.side]!;
    const tif = turn.u8[CommandU8.tif]!;
    const mayRest = tif === TimeInForce.GTC || tif === TimeInForce.GTD;
    emit.accepted(entry, false);
    const left = life.take(
      entry,
      c32[CommandI32.instrument]!,
      side,
      check.limitTicks(),
      c32[CommandI32.quantity]!,
      turn.u8[CommandU8.stp]!,
    );
    const priceTicks = c32[CommandI32.priceTicks]!;
    if (life.settle(entry, side, priceTicks, left, mayRest)) restNew(entry, left);
  }

  function place(): void {
    const account = turn.i32[CommandI32.account]!;
    if (!accounts.isKnown(account)) return emit.rejected(Reject.UNKNOWN_ACCOUNT, 0, false);
    if (!hasClientOrderId()) return emit.rejected(Reject.CLIENT_ORDER_ID_MISSING, 0, false);
    takeFingerprint();
    takeDeadline();
    let over = ids.find(account, turn.i32, CommandI32.clientOrderId);
    if (over !== 0) {
      lapseOf(over);
      over = ids.find(account, turn.i32, CommandI32.clientOrderId);
    }
    if (over !== 0 && !ids.isOver(over)) return answerAgain(over);
    let reject = deadlineReject();
    if (reject === Reject.NONE && over === 0 && ids.isFull()) reject = Reject.ID_TABLE_FULL;
    if (reject !== Reject.NONE) return emit.rejected(reject, 0, false);
    reject = check.place();
    if (reject !== Reject.NONE) {
      emit.rejected(reject, remember(over, OrderStatus.REJECTED, reject), false);
    } else {
      execute(remember(over, OrderStatus.OPEN, CancelReason.NONE));
    }
  }

  function status(): void {
    const account = turn.i32[CommandI32.account]!;
    if (!accounts.isKnown(account)) return emit.rejected(Reject.UNKNOWN_ACCOUNT, 0, false);
    if (!hasClientOrderId()) return emit.rejected(Reject.CLIENT_ORDER_ID_MISSING, 0, false);
    let entry = ids.find(account, turn.i32, CommandI32.clientOrderId);
    if (entry !== 0) {
      lapseOf(entry);
      entry = ids.find(account, turn.i32, CommandI32.clientOrderId);
    }
    if (entry === 0 || ids.isOver(entry)) emit.rejected(Reject.UNKNOWN_CLIENT_ORDER_ID, 0, false);
    else emit.status(entry);
  }

  return { place, status };
}
