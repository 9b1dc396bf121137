/**
 * The pending work that every command carries on before its own turn, a slice of it: orders that are due
 * or covered end, session timers fire, an uncross goes on.
 *
 * An uncross has only what had lapsed before it to wait for; once that is out of its way, what lapses
 * later waits for it. Meanwhile nothing is traded that has lapsed: whoever meets it ends it.
 */
import { CancelReason, EventType } from "./codes.ts";
import type { Life } from "./life.ts";
import { SLICE_EXAMINED_MAX, SLICE_ORDERS_MAX } from "./limits.ts";
import { UncrossF64, UncrossI32, UncrossPhase } from "./pending-uncross.ts";
import type { Sessions } from "./sessions.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";
import type { Uncross } from "./uncross.ts";

const REASON = CancelReason;
const STAMP = Counter.stampUs;
const PHASE = UncrossI32.phase;
const { NONE: NO_UNCROSS, CLEARING } = UncrossPhase;
const { stampUs: UNCROSS_STAMP, fence: FENCE } = UncrossF64;
const SLICE_MAX = SLICE_ORDERS_MAX;
const EXAMINED_MAX = SLICE_EXAMINED_MAX;
const { EXPIRED, CANCELLED } = EventType;

export interface Pending {
  /** One slice; SLICE_ORDERS_MAX events at most, more of an uncross when its command is a CLOCK. */
  carryOn(): void;
}

export function makePending(
  state: State,
  life: Life,
  sessions: Sessions,
  uncross: Uncross,
): Pending {
  const { turn, expiry, massCancels, timers, collected, waiting } = state;
  const { counters } = turn;
  const { i32: u32, f64: u64 } = state.uncross;

  /** Whether something is to be carried on; nearly always nothing. */
  function isPending(): boolean {
    if (timers.firstUs[0]! <= counters[STAMP]!) return true;
    return expiry.isDue(counters, STAMP) || !massCancels.isEmpty();
  }

  function carryOn(): void {
    if (u32[PHASE] !== NO_UNCROSS) carryOnUncross();
    else if (isPending()) slice(counters, STAMP, Number.POSITIVE_INFINITY);
    else waiting[0] = 0;
  }

  function carryOnUncross(): void {
    if (u32[PHASE] === CLEARING) {
      if (!isCleared()) return clear();
      uncross.cleared();
    }
    uncross.carryOn();
    waiting[0] = isPending() ? 1 : 0;
  }

  function isCleared(): boolean {
    if (timers.firstUs[0]! <= u64[UNCROSS_STAMP]!) return false;
    return !expiry.isDue(u64, UNCROSS_STAMP) && massCancels.done() >= u64[FENCE]!;
  }

  /** What had lapsed when the uncross came. Timers that have no room to fire wait for all that wait. */
  function clear(): void {
    slice(u64, UNCROSS_STAMP, u64[FENCE]!);
    if (timers.firstUs[0]! > u64[UNCROSS_STAMP]!) return;
    u64[FENCE] = massCancels.done() + massCancels.pending();
  }

  /** What one ending order costs of a slice: it is told, and so is what is still collected. */
  function costOf(slot: number): number {
    return collected.has(slot) ? 2 : 1;
  }

  /** Ends what is due at `nowUs[at]`, fires timers that are, and carries out `untilDone` mass cancels. */
  function slice(nowUs: Float64Array, at: number, untilDone: number): void {
    let room = SLICE_MAX;
    while (room > 0 && expiry.isDue(nowUs, at)) {
      const slot = expiry.first();
      if (costOf(slot) > room) break;
      room -= costOf(slot);
      life.end(slot, EXPIRED, REASON.NONE, false);
    }
    room -= sessions.fireDue(room, nowUs, at);
    let looks = EXAMINED_MAX;
    while (room > 0 && looks > 0 && !massCancels.isEmpty() && massCancels.done() < untilDone) {
      const slot = massCancels.next(looks);
      looks -= massCancels.examined();
      if (slot === 0 || costOf(slot) > room) break;
      room -= costOf(slot);
      life.end(slot, CANCELLED, massCancels.reason(), false);
    }
    waiting[0] = isPending() ? 1 : 0;
  }

  return { carryOn };
}
