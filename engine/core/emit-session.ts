/**
 * The events about session timers: that one was set, that one fired.
 */
import { EventType } from "./codes.ts";
import { CommandF64, CommandI32 } from "./command.ts";
import { EventF64, EventI32 } from "./event.ts";
import type { EventRecord } from "./event-record.ts";
import { TIMER_DOUBLES, TIMER_WORDS, TimerF64, TimerI32, type Timers } from "./timers.ts";
import type { Turn } from "./turn.ts";

export interface EmitSession {
  /** Response to ARM_TIMER. */
  timerSet(): void;
  /** The timer in `row` has fired and covered so many orders. */
  timerFired(row: number, quantity: number, flags: number): void;
}

/** `hears` gives the double `at64` the account's next sequence. */
export function makeEmitSession(
  record: EventRecord,
  hears: (at64: number, account: number) => void,
  turn: Turn,
  timers: Timers,
): EmitSession {
  const { blank, word, double } = record;

  function timerSet(): void {
    blank(EventType.TIMER_SET);
    record.respond();
    word(EventI32.account, turn.i32[CommandI32.account]!);
    word(EventI32.tag, turn.i32[CommandI32.tag]!);
    double(EventF64.expiresAtUs, turn.f64, CommandF64.expiresAtUs);
  }

  function timerFired(row: number, quantity: number, flags: number): void {
    const account = timers.i32[row * TIMER_WORDS + TimerI32.account]!;
    const at = blank(EventType.TIMER_FIRED);
    record.flag(flags);
    word(EventI32.account, account);
    word(EventI32.tag, timers.i32[row * TIMER_WORDS + TimerI32.tag]!);
    word(EventI32.quantity, quantity);
    double(EventF64.expiresAtUs, timers.f64, row * TIMER_DOUBLES + TimerF64.firesAtUs);
    hears((at >> 1) + EventF64.accountSeq, account);
  }

  return { timerSet, timerFired };
}
