/**
 * ARM_TIMER, and what happens when a session's timer fires.
 *
 * ```
 * armed ──again──► armed        armed ──0──► gone
 *   │ its time comes: it covers its orders at once (`timers.ts`)
 *   ▼
 * due ──a slice, or a command that names it──► TIMER_FIRED, gone; a mass cancel takes the orders out
 * ```
 *
 * A timer whose time has come cannot be armed again or disarmed: it fires first. While as many mass
 * cancels wait as there may be, it stays due and is tried again.
 */
import { CancelReason, Reject } from "./codes.ts";
import { CommandF64, CommandI32 } from "./command.ts";
import { EventFlag } from "./event.ts";
import { SLICE_EXAMINED_MAX, TIMER_AHEAD_MAX_US, TIMERS_PER_ACCOUNT_MAX } from "./limits.ts";
import { UncrossF64, UncrossI32, UncrossPhase } from "./pending-uncross.ts";
import type { State } from "./state.ts";
import { TIMER_DOUBLES, TIMER_WORDS, TimerF64, TimerI32 } from "./timers.ts";
import { Counter } from "./turn.ts";

const STAMP = Counter.stampUs;
const SEQUENCE = Counter.sequence;
const ORDERS_TOTAL = Counter.ordersTotal;
const EXPIRES = CommandF64.expiresAtUs;
const C = CommandI32;
const { stampUs: UNCROSS_STAMP, fence: FENCE } = UncrossF64;

export interface Sessions {
  arm(): void;
  /** Fires what is due at `nowUs[at]`, at most `most` timers; answers how many. */
  fireDue(most: number, nowUs: Float64Array, at: number): number;
}

export function makeSessions(state: State): Sessions {
  const { turn, accounts, timers, massCancels, emit, waiting } = state;
  const { counters } = turn;
  const { i32: u32, f64: u64 } = state.uncross;

  function timeReject(): number {
    const firesAtUs = turn.f64[EXPIRES]!;
    if (firesAtUs === 0) return Reject.NONE;
    const stampUs = counters[STAMP]!;
    if (!(firesAtUs > 0 && Math.floor(firesAtUs) === firesAtUs)) return Reject.MALFORMED;
    if (firesAtUs <= stampUs) return Reject.TIMER_NOT_AHEAD;
    return firesAtUs > stampUs + TIMER_AHEAD_MAX_US ? Reject.TIMER_TOO_FAR : Reject.NONE;
  }

  /** Whether there is room for a new one, or for the mass cancel of one that is due. */
  function roomReject(account: number, row: number): number {
    if (row !== 0) {
      const mustWait = timers.isDue(row) && massCancels.isFull();
      return mustWait ? Reject.MASS_CANCEL_TABLE_FULL : Reject.NONE;
    }
    if (turn.f64[EXPIRES] === 0) return Reject.NONE;
    if (timers.countOf(account) >= TIMERS_PER_ACCOUNT_MAX) return Reject.TOO_MANY_TIMERS;
    return timers.isFull() ? Reject.TIMER_TABLE_FULL : Reject.NONE;
  }

  function arm(): void {
    const account = turn.i32[C.account]!;
    if (!accounts.isKnown(account)) return emit.rejected(Reject.UNKNOWN_ACCOUNT, 0, false);
    let reject = timeReject();
    if (reject !== Reject.NONE) return emit.rejected(reject, 0, false);
    const tag = turn.i32[C.tag]!;
    const row = timers.find(account, tag);
    reject = roomReject(account, row);
    if (reject !== Reject.NONE) return emit.rejected(reject, 0, false);
    if (row !== 0 && timers.isDue(row)) fire(row);
    else if (row !== 0) timers.remove(row);
    if (turn.f64[EXPIRES] !== 0) timers.add(account, tag, turn.f64, EXPIRES, counters, SEQUENCE);
    emit.session.timerSet();
  }

  /** Whether an uncross under way must not find its price before what this timer covers has ended. */
  function isBeforeUncross(row: number): boolean {
    if (u32[UncrossI32.phase] !== UncrossPhase.CLEARING) return false;
    return timers.f64[row * TIMER_DOUBLES + TimerF64.firesAtUs]! <= u64[UNCROSS_STAMP]!;
  }

  function fire(row: number): void {
    const account = timers.i32[row * TIMER_WORDS + TimerI32.account]!;
    const tag = timers.i32[row * TIMER_WORDS + TimerI32.tag]!;
    const lines = timers.f64;
    const line = row * TIMER_DOUBLES + TimerF64.lastOrderId;
    if (lines[line]! > counters[ORDERS_TOTAL]!) lines[line] = counters[ORDERS_TOTAL]!;
    const count = massCancels.count(account, 0, 0, tag, lines, line, SLICE_EXAMINED_MAX);
    if (count >= 0) emit.session.timerFired(row, count, 0);
    else emit.session.timerFired(row, -count - 1, EventFlag.AT_LEAST);
    if (count !== 0) {
      massCancels.add(account, 0, 0, tag, CancelReason.TIMER, lines, line);
      waiting[0] = 1;
      if (isBeforeUncross(row)) u64[FENCE] = massCancels.done() + massCancels.pending();
    }
    timers.remove(row);
  }

  function fireDue(most: number, nowUs: Float64Array, at: number): number {
    let examined = 0;
    let fired = 0;
    while (fired < most && examined < SLICE_EXAMINED_MAX) {
      if (!(timers.firstUs[0]! <= nowUs[at]!) || massCancels.isFull()) break;
      fire(timers.first());
      examined += massCancels.examined();
      fired++;
    }
    return fired;
  }

  return { arm, fireDue };
}
