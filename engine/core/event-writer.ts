/**
 * The fields that several kinds of event share; `emit.ts` composes events from them. The two
 * sequences in which readers look for gaps grow here and nowhere else: the market sequence per
 * public event, the account sequence per event an account hears.
 */
import { ACCOUNT_DOUBLES, AccountF64, type Accounts } from "./accounts.ts";
import { MATCH_WORDS, type Matches, MatchI32, type Touched } from "./book-api.ts";
import { CommandType } from "./codes.ts";
import { CommandF64, CommandFlag, CommandI32, CommandU8 } from "./command.ts";
import { EventF64, EventFlag, EventI32, EventU8 } from "./event.ts";
import { type EventRecord, makeEventRecord } from "./event-record.ts";
import { ID_DOUBLES, ID_WORDS, IdF64, IdI32, type Ids, idSideOf, statusOf } from "./ids.ts";
import { INSTRUMENT_DOUBLES, InstrumentF64, type Instruments } from "./instruments.ts";
import type { Turn } from "./turn.ts";

export interface WriterTables {
  readonly turn: Turn;
  readonly ids: Ids;
  readonly accounts: Accounts;
  readonly instruments: Instruments;
  readonly matches: Matches;
  readonly touched: Touched;
}

export interface EventWriter {
  readonly record: EventRecord;
  /** Who it is about: the order behind a remembered id, with `openNow` units left. */
  owner(entry: number, openNow: number): void;
  /** The taker of a trade or prevention. */
  taker(entry: number, openNow: number): void;
  /** The account hears it: its next sequence goes to the double `at`. */
  hears(account: number, at: number): void;
  isPublic(instrument: number): void;
  /** The instrument's next trade id. */
  isTrade(instrument: number): void;
  limit(priceTicks: number, quantity: number): void;
  /** The level a book change left behind. */
  touchedLevel(): void;
  /** The level row `n` of the matches left behind. */
  matchedLevel(n: number): void;
  /** What a place asked for. */
  placeWords(): void;
  /** Who and what a command named, for refusals that know no more. */
  askedWords(): void;
}

/** Types whose record has its own overlay where others have account and client order id. */
function hasOverlay(type: number): boolean {
  return type >= CommandType.LIST_INSTRUMENT && type !== CommandType.SET_ACCOUNT;
}

export function makeEventWriter(tables: WriterTables): EventWriter {
  const { turn, ids, accounts, instruments, matches, touched } = tables;
  const d32 = ids.i32;
  const d64 = ids.f64;
  const i64 = instruments.f64;
  const record = makeEventRecord(turn);
  const { byte, word, words, double } = record;

  function owner(entry: number, openNow: number): void {
    const row = entry * ID_WORDS;
    const bits = d32[row + IdI32.bits]!;
    byte(EventU8.side, idSideOf(bits));
    byte(EventU8.status, statusOf(bits));
    word(EventI32.instrument, d32[row + IdI32.instrument]!);
    word(EventI32.account, d32[row + IdI32.account]!);
    word(EventI32.open, openNow);
    word(EventI32.filled, d32[row + IdI32.filled]!);
    words(EventI32.clientOrderId, d32, row, 4);
    double(EventF64.orderId, d64, entry * ID_DOUBLES + IdF64.orderId);
  }

  function taker(entry: number, openNow: number): void {
    const row = entry * ID_WORDS;
    const account = d32[row + IdI32.account]!;
    word(EventI32.takerAccount, account);
    word(EventI32.takerOpen, openNow);
    word(EventI32.takerFilled, d32[row + IdI32.filled]!);
    words(EventI32.takerClientOrderId, d32, row, 4);
    double(EventF64.takerOrderId, d64, entry * ID_DOUBLES + IdF64.orderId);
    hears(account, EventF64.takerAccountSeq);
  }

  function hears(account: number, at: number): void {
    const sequenceAt = account * ACCOUNT_DOUBLES + AccountF64.sequence;
    accounts.f64[sequenceAt] = accounts.f64[sequenceAt]! + 1;
    double(at, accounts.f64, sequenceAt);
  }

  function isPublic(instrument: number): void {
    const sequenceAt = instrument * INSTRUMENT_DOUBLES + InstrumentF64.marketSeq;
    i64[sequenceAt] = i64[sequenceAt]! + 1;
    double(EventF64.marketSeq, i64, sequenceAt);
  }

  function isTrade(instrument: number): void {
    const idAt = instrument * INSTRUMENT_DOUBLES + InstrumentF64.tradeId;
    i64[idAt] = i64[idAt]! + 1;
    double(EventF64.tradeId, i64, idAt);
  }

  function limit(priceTicks: number, quantity: number): void {
    word(EventI32.priceTicks, priceTicks);
    word(EventI32.quantity, quantity);
  }

  function touchedLevel(): void {
    word(EventI32.levelOrders, touched.orders[0]!);
    double(EventF64.levelQuantity, touched.quantity, 0);
  }

  function matchedLevel(n: number): void {
    word(EventI32.levelOrders, matches.i32[n * MATCH_WORDS + MatchI32.levelOrders]!);
    double(EventF64.levelQuantity, matches.levelQuantity, n);
  }

  function placeWords(): void {
    byte(EventU8.side, turn.u8[CommandU8.side]!);
    byte(EventU8.orderType, turn.u8[CommandU8.orderType]!);
    byte(EventU8.tif, turn.u8[CommandU8.tif]!);
    const isPost = (turn.u8[CommandU8.flags]! & CommandFlag.POST_ONLY) !== 0;
    record.flag(isPost ? EventFlag.POST_ONLY : 0);
    limit(turn.i32[CommandI32.priceTicks]!, turn.i32[CommandI32.quantity]!);
    double(EventF64.expiresAtUs, turn.f64, CommandF64.expiresAtUs);
  }

  function askedWords(): void {
    const type = turn.u8[CommandU8.type]!;
    if (type === CommandType.CHECKPOINT || type === CommandType.SET_BEHAVIOUR) return;
    word(EventI32.instrument, turn.i32[CommandI32.instrument]!);
    if (hasOverlay(type)) return;
    word(EventI32.account, turn.i32[CommandI32.account]!);
    if (type === CommandType.SET_ACCOUNT) return;
    words(EventI32.clientOrderId, turn.i32, CommandI32.clientOrderId, 4);
    if (type === CommandType.PLACE) return;
    byte(EventU8.side, turn.u8[CommandU8.side]!);
    limit(turn.i32[CommandI32.priceTicks]!, turn.i32[CommandI32.quantity]!);
    double(EventF64.orderId, turn.f64, CommandF64.orderId);
  }

  return {
    record,
    owner,
    taker,
    hears,
    isPublic,
    isTrade,
    limit,
    touchedLevel,
    matchedLevel,
    placeWords,
    askedWords,
  };
}
