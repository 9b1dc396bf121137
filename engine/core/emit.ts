/**
 * Each kind of event the shard tells, composed. Nothing is decided here: callers say what happened
 * and have already changed the state its numbers are read from.
 */
import { MATCH_WORDS, MatchI32 } from "./book-api.ts";
import { CommandType, EventType, OrderStatus, OrderType } from "./codes.ts";
import { CommandU8 } from "./command.ts";
import { EventF64, EventFlag, EventI32, EventU8 } from "./event.ts";
import { type EmitAdmin, makeEmitAdmin } from "./emit-admin.ts";
import type { Events } from "./event.ts";
import { makeEventWriter, type WriterTables } from "./event-writer.ts";
import { ID_DOUBLES, ID_WORDS, IdF64, IdI32, reasonOf } from "./ids.ts";
import { ORDER_DOUBLES, ORDER_WORDS, OrderF64, OrderI32, type Orders, tifOf } from "./orders.ts";

export interface Emit {
  begin(): void;
  /** Flags the command's last event, if it made any, and appends all of them to `into`. */
  end(into: Events): void;
  /** Response to PLACE; a duplicate says how the order stands now and nobody hears it twice. */
  accepted(entry: number, isDuplicate: boolean): void;
  /** Response. `entry` is the remembered id of a place refused now (or again), else 0. */
  rejected(reason: number, entry: number, isDuplicate: boolean): void;
  /** Row `n` of the matches was a trade with the order of `takerEntry`, which has `takerOpen` left. */
  trade(n: number, takerEntry: number, takerOpen: number): void;
  prevented(n: number, takerEntry: number, takerOpen: number): void;
  /** A maker met and removed: row `n` of the matches. */
  removed(n: number, type: number, reason: number): void;
  /** An order that rested has left the book with what its row has open. */
  left(slot: number, type: number, reason: number, isResponse: boolean): void;
  /** What an order that does not rest had left was cancelled. */
  dropped(entry: number, priceTicks: number, quantity: number, reason: number): void;
  rested(slot: number): void;
  /** Response to AMEND and REDUCE; `quantity` left the level of `priceTicks`, where the order stood. */
  amended(slot: number, priceTicks: number, quantity: number, isRequeued: boolean): void;
  status(entry: number): void;
  /** A response with nothing but its type. */
  plain(type: number): void;
  readonly admin: EmitAdmin;
}

export interface EmitTables extends WriterTables {
  readonly orders: Orders;
}

export function makeEmit(tables: EmitTables): Emit {
  const { turn, orders, ids, matches } = tables;
  const o32 = orders.i32;
  const o64 = orders.f64;
  const d32 = ids.i32;
  const d64 = ids.f64;
  const writer = makeEventWriter(tables);
  const { record, owner, hears, limit } = writer;
  const { open, respond, byte, word, double } = record;

  const order = (slot: number, field: number): number => o32[slot * ORDER_WORDS + field]!;
  const id = (entry: number, field: number): number => d32[entry * ID_WORDS + field]!;

  /** The words of a resting order, which is always a limit order, and who owns it. */
  function resting(slot: number, openNow: number): void {
    owner(order(slot, OrderI32.idEntry), openNow);
    byte(EventU8.orderType, OrderType.LIMIT);
    byte(EventU8.tif, tifOf(order(slot, OrderI32.bits)));
  }

  function accepted(entry: number, isDuplicate: boolean): void {
    const slot = id(entry, IdI32.slot);
    open(EventType.ACCEPTED);
    respond();
    owner(entry, slot === 0 ? 0 : order(slot, OrderI32.open));
    writer.placeWords();
    double(EventF64.firstSequence, d64, entry * ID_DOUBLES + IdF64.firstSequence);
    if (isDuplicate) {
      record.flag(EventFlag.DUPLICATE);
      word(EventI32.quantity, id(entry, IdI32.total));
      return;
    }
    word(EventI32.open, id(entry, IdI32.total));
    hears(id(entry, IdI32.account), EventF64.accountSeq);
  }

  function rejected(reason: number, entry: number, isDuplicate: boolean): void {
    open(EventType.REJECTED);
    respond();
    if (entry === 0) writer.askedWords();
    else owner(entry, 0);
    if (turn.u8[CommandU8.type] === CommandType.PLACE) writer.placeWords();
    byte(EventU8.reason, reason);
    byte(EventU8.status, OrderStatus.REJECTED);
    if (entry === 0) return;
    double(EventF64.firstSequence, d64, entry * ID_DOUBLES + IdF64.firstSequence);
    if (isDuplicate) record.flag(EventFlag.DUPLICATE);
    else hears(id(entry, IdI32.account), EventF64.accountSeq);
  }

  /** What a trade and a prevention have in common: the maker as owner, then the taker. */
  function met(n: number, type: number, takerEntry: number, takerOpen: number): void {
    const slot = matches.i32[n * MATCH_WORDS + MatchI32.slot]!;
    open(type);
    resting(slot, order(slot, OrderI32.open));
    limit(order(slot, OrderI32.priceTicks), matches.i32[n * MATCH_WORDS + MatchI32.quantity]!);
    writer.matchedLevel(n);
    writer.isPublic(order(slot, OrderI32.instrument));
    hears(order(slot, OrderI32.account), EventF64.accountSeq);
    writer.taker(takerEntry, takerOpen);
  }

  function trade(n: number, takerEntry: number, takerOpen: number): void {
    met(n, EventType.TRADE, takerEntry, takerOpen);
    const slot = matches.i32[n * MATCH_WORDS + MatchI32.slot]!;
    writer.isTrade(order(slot, OrderI32.instrument));
  }

  function prevented(n: number, takerEntry: number, takerOpen: number): void {
    met(n, EventType.PREVENTED, takerEntry, takerOpen);
  }

  function gone(slot: number, type: number, reason: number): void {
    open(type);
    resting(slot, 0);
    byte(EventU8.reason, reason);
    limit(order(slot, OrderI32.priceTicks), order(slot, OrderI32.open));
    writer.isPublic(order(slot, OrderI32.instrument));
    hears(order(slot, OrderI32.account), EventF64.accountSeq);
  }

  function removed(n: number, type: number, reason: number): void {
    gone(matches.i32[n * MATCH_WORDS + MatchI32.slot]!, type, reason);
    writer.matchedLevel(n);
  }

  function left(slot: number, type: number, reason: number, isResponse: boolean): void {
    gone(slot, type, reason);
    writer.touchedLevel();
    if (isResponse) respond();
  }

  function dropped(entry: number, priceTicks: number, quantity: number, reason: number): void {
    open(EventType.CANCELLED);
    owner(entry, 0);
    byte(EventU8.reason, reason);
    limit(priceTicks, quantity);
    hears(id(entry, IdI32.account), EventF64.accountSeq);
  }

  function rested(slot: number): void {
    const entry = order(slot, OrderI32.idEntry);
    const openNow = order(slot, OrderI32.open);
    open(EventType.RESTED);
    resting(slot, openNow);
    limit(order(slot, OrderI32.priceTicks), openNow);
    writer.touchedLevel();
    writer.isPublic(order(slot, OrderI32.instrument));
    double(EventF64.expiresAtUs, o64, slot * ORDER_DOUBLES + OrderF64.expiresAtUs);
    double(EventF64.firstSequence, d64, entry * ID_DOUBLES + IdF64.firstSequence);
  }

  function amended(slot: number, priceTicks: number, quantity: number, isRequeued: boolean): void {
    const entry = order(slot, OrderI32.idEntry);
    open(EventType.AMENDED);
    respond();
    resting(slot, order(slot, OrderI32.open));
    limit(priceTicks, quantity);
    writer.touchedLevel();
    if (isRequeued) record.flag(EventFlag.REQUEUED);
    writer.isPublic(order(slot, OrderI32.instrument));
    hears(order(slot, OrderI32.account), EventF64.accountSeq);
    word(EventI32.newPriceTicks, order(slot, OrderI32.priceTicks));
    word(EventI32.newTotal, id(entry, IdI32.total));
    double(EventF64.expiresAtUs, o64, slot * ORDER_DOUBLES + OrderF64.expiresAtUs);
    double(EventF64.firstSequence, d64, entry * ID_DOUBLES + IdF64.firstSequence);
  }

  function status(entry: number): void {
    const slot = id(entry, IdI32.slot);
    open(EventType.STATUS);
    respond();
    owner(entry, slot === 0 ? 0 : order(slot, OrderI32.open));
    byte(EventU8.reason, reasonOf(id(entry, IdI32.bits)));
    word(EventI32.quantity, id(entry, IdI32.total));
    double(EventF64.firstSequence, d64, entry * ID_DOUBLES + IdF64.firstSequence);
    if (slot === 0) return;
    byte(EventU8.orderType, OrderType.LIMIT);
    byte(EventU8.tif, tifOf(order(slot, OrderI32.bits)));
    word(EventI32.priceTicks, order(slot, OrderI32.priceTicks));
    double(EventF64.expiresAtUs, o64, slot * ORDER_DOUBLES + OrderF64.expiresAtUs);
  }

  function plain(type: number): void {
    open(type);
    respond();
  }

  return {
    begin: record.begin,
    end: record.end,
    accepted,
    rejected,
    trade,
    prevented,
    removed,
    left,
    dropped,
    rested,
    amended,
    status,
    plain,
    admin: makeEmitAdmin(writer, tables),
  };
}
