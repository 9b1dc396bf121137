/**
 * The events about instruments, accounts and mass cancels: those that are about no single order.
 */
import {
  ACCOUNT_SHIFT,
  ACCOUNT_SHIFT64,
  AccountF64,
  AccountI32,
  AccountState,
} from "./accounts.ts";
import { EventType } from "./codes.ts";
import type { Accounts } from "./accounts.ts";
import { CommandI32, CommandU8 } from "./command.ts";
import { EventF64, EventFlag, EventI32, EventU8 } from "./event.ts";
import type { EventRecord } from "./event-record.ts";
import { INSTRUMENT_SHIFT, InstrumentI32, type Instruments } from "./instruments.ts";
import type { Turn } from "./turn.ts";

export interface EmitAdmin {
  /** Answers where the event lies: its count is not known yet. */
  massCancelAccepted(tag: number): number;
  massCancelCounted(event: number, quantity: number, flags: number): void;
  instrument(type: number, instrument: number, isDuplicate: boolean): void;
  /** An auction has ended and its instrument is open: a change of state, but no response. */
  opened(instrument: number): void;
  accountSet(account: number): void;
}

export interface EmitAdminTables {
  readonly turn: Turn;
  readonly accounts: Accounts;
  readonly instruments: Instruments;
}

/** `isPublic` gives the record the instrument's next market sequence. */
export function makeEmitAdmin(
  record: EventRecord,
  tables: EmitAdminTables,
  isPublic: (instrument: number) => void,
): EmitAdmin {
  const { turn, accounts, instruments } = tables;
  const { blank, respond, byte, word, double } = record;

  function massCancelAccepted(tag: number): number {
    blank(EventType.MASS_CANCEL_ACCEPTED);
    respond();
    word(EventI32.account, turn.i32[CommandI32.account]!);
    word(EventI32.instrument, turn.i32[CommandI32.instrument]!);
    byte(EventU8.side, turn.u8[CommandU8.side]!);
    word(EventI32.tag, tag);
    return record.index();
  }

  function instrument(type: number, which: number, isDuplicate: boolean): void {
    blank(type);
    respond();
    parameters(which);
    if (isDuplicate) record.flag(EventFlag.DUPLICATE);
    else isPublic(which);
  }

  function opened(which: number): void {
    blank(EventType.INSTRUMENT_STATE_SET);
    parameters(which);
    isPublic(which);
  }

  function parameters(which: number): void {
    const row = which << INSTRUMENT_SHIFT;
    const i32 = instruments.i32;
    word(EventI32.instrument, which);
    word(EventI32.product, i32[row + InstrumentI32.product]!);
    word(EventI32.bandLowTicks, i32[row + InstrumentI32.bandLowTicks]!);
    word(EventI32.bandHighTicks, i32[row + InstrumentI32.bandHighTicks]!);
    word(EventI32.quantityMax, i32[row + InstrumentI32.quantityMax]!);
    word(EventI32.tickMinor, i32[row + InstrumentI32.tickMinor]!);
    word(EventI32.state, i32[row + InstrumentI32.state]!);
    word(EventI32.referenceTicks, i32[row + InstrumentI32.referenceTicks]!);
    word(EventI32.instrumentFlags, i32[row + InstrumentI32.flags]!);
  }

  function accountSet(account: number): void {
    const row = account << ACCOUNT_SHIFT;
    blank(EventType.ACCOUNT_SET);
    respond();
    word(EventI32.account, account);
    word(EventI32.openOrdersMax, accounts.i32[row + AccountI32.openOrdersMax]!);
    word(EventI32.allowed, accounts.i32[row + AccountI32.state] === AccountState.ALLOWED ? 1 : 0);
    const boundAt = (account << ACCOUNT_SHIFT64) + AccountF64.openBidValueMaxMinor;
    double(EventF64.openBidValueMaxMinor, accounts.f64, boundAt);
  }

  return { massCancelAccepted, massCancelCounted: record.cover, instrument, opened, accountSet };
}
