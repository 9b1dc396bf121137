/**
 * The events that answer a command about an order without changing a book: accepted, rejected, status.
 */
import { CommandType, EventType, OrderStatus, OrderType } from "./codes.ts";
import { CommandF64, CommandFlag, CommandI32, CommandU8 } from "./command.ts";
import type { Emit, EmitTables } from "./emit-api.ts";
import { EventF64, EventFlag, EventI32 } from "./event.ts";
import type { EventFields } from "./emit-fields.ts";
import { type EventRecord, shapeOf } from "./event-record.ts";
import { BEHAVIOUR_SESSIONS } from "./limits.ts";
import { ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, OrderBits } from "./orders.ts";
import { Counter } from "./turn.ts";

const EVENT = EventType;
const STATUS_OF = OrderStatus;
const COUNTER = Counter;
const C8 = CommandU8;
const C = CommandI32;
const C64 = CommandF64;
const C_FLAG = CommandFlag;
const TYPE = CommandType;
const E_FLAG = EventFlag;
const SESSIONS = BEHAVIOUR_SESSIONS;
const { sideOf, tifOf, statusOf, reasonOf } = OrderBits;
const shapeWith = shapeOf;
const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const { priceTicks: PRICE, open: OPEN, account: ACCOUNT } = OrderI32;
const { bits: BITS, total: TOTAL } = OrderI32;
const { expiresAtUs: EXPIRES, firstSequence: FIRST } = OrderF64;
const E = EventI32;
const D = EventF64;
const LIMIT = OrderType.LIMIT;
const STATUS_OPEN = OrderStatus.OPEN;
const C_CORRELATION = CommandF64.correlation;
const DUPLICATE = EventFlag.DUPLICATE << 8;
const POST_ONLY = EventFlag.POST_ONLY << 8;
const { priceTicks: E_PRICE, quantity: E_QUANTITY, open: E_OPEN } = E;
const {
  correlation: D_CORRELATION,
  accountSeq: D_ACCOUNT_SEQ,
  expiresAtUs: D_EXPIRES,
  firstSequence: D_FIRST,
} = D;

/** Types whose record has its own overlay where others have account and client order id. */
function hasOverlay(type: number, behaviour: number): boolean {
  const isSession = type === TYPE.ARM_TIMER || type === TYPE.RESTORE;
  if (isSession && behaviour >= SESSIONS) return false;
  return type >= TYPE.LIST_INSTRUMENT && type !== TYPE.SET_ACCOUNT;
}

export type EmitResponses = Pick<Emit, "accepted" | "rejected" | "status" | "plain">;

export function makeEmitResponses(
  record: EventRecord,
  fields: EventFields,
  tables: EmitTables,
): EmitResponses {
  const { turn, orders } = tables;
  const { owner, unseen, alone, hears } = fields;
  const { open } = record;
  const { i32: e32, f64: e64 } = tables.events;
  const { i32: o32, f64: o64, mask: oMask } = orders;
  const { u8: c8, i32: c32, f64: c64, counters } = turn;

  /** What a place asked for, and zeroes for what it does not know. */
  function asked(at: number): void {
    const isPost = (c8[C8.flags]! & C_FLAG.POST_ONLY) !== 0;
    if (isPost) e32[at] = e32[at]! | POST_ONLY;
    e32[at + E_PRICE] = c32[C.priceTicks]!;
    e32[at + E_QUANTITY] = c32[C.quantity]!;
    e64[(at >> 1) + D_CORRELATION] = c64[C_CORRELATION]!;
    e64[(at >> 1) + D_EXPIRES] = c64[C64.expiresAtUs]!;
    unseen(at);
    alone(at);
  }

  const placeShape = (status: number): number => shapeWith(c8[C8.orderType]!, c8[C8.tif]!, status);

  function accepted(slot: number, isDuplicate: boolean): void {
    const row = (slot & oMask) << ROW;
    const status = statusOf(o32[row + BITS]!);
    const at = open(EVENT.ACCEPTED, c8[C8.side]!, 0, placeShape(status));
    const at64 = at >> 1;
    owner(at, slot);
    asked(at);
    e64[at64 + D_FIRST] = o64[((slot & oMask) << ROW64) + FIRST]!;
    if (isDuplicate) {
      e32[at + E_OPEN] = status === STATUS_OPEN ? o32[row + OPEN]! : 0;
      e32[at] = e32[at]! | DUPLICATE;
      e32[at + E_QUANTITY] = o32[row + TOTAL]!;
      e64[at64 + D_ACCOUNT_SEQ] = 0;
    } else {
      e32[at + E_OPEN] = o32[row + TOTAL]!;
      hears(at64 + D_ACCOUNT_SEQ, o32[row + ACCOUNT]!);
    }
  }

  function isPlace(type: number): boolean {
    if (type !== TYPE.RESTORE) return type === TYPE.PLACE;
    return counters[COUNTER.behaviour]! >= SESSIONS;
  }

  /** Who and what a command named, for refusals that know no more. */
  function named(): void {
    const type = c8[C8.type]!;
    if (type === TYPE.CHECKPOINT || type === TYPE.SET_BEHAVIOUR) return;
    record.word(E.instrument, c32[C.instrument]!);
    if (hasOverlay(type, counters[COUNTER.behaviour]!)) return;
    record.word(E.account, c32[C.account]!);
    if (type === TYPE.SET_ACCOUNT) return;
    for (let n = 0; n < 4; n++) {
      record.word(E.clientOrderId + n, c32[C.clientOrderId + n]!);
    }
    if (isPlace(type)) return;
    record.byte(2, c8[C8.side]!);
    record.word(E.priceTicks, c32[C.priceTicks]!);
    record.word(E.quantity, c32[C.quantity]!);
    record.double(D.orderId, c64, C64.orderId);
  }

  function rejectedPlace(reason: number, slot: number, isDuplicate: boolean): void {
    const at = open(EVENT.REJECTED, c8[C8.side]!, reason, placeShape(STATUS_OF.REJECTED));
    const at64 = at >> 1;
    owner(at, slot);
    asked(at);
    e32[at + E_OPEN] = 0;
    e64[at64 + D_FIRST] = o64[((slot & oMask) << ROW64) + FIRST]!;
    if (isDuplicate) {
      e32[at] = e32[at]! | DUPLICATE;
      e64[at64 + D_ACCOUNT_SEQ] = 0;
    } else hears(at64 + D_ACCOUNT_SEQ, o32[((slot & oMask) << ROW) + ACCOUNT]!);
  }

  function rejected(reason: number, slot: number, isDuplicate: boolean): void {
    if (slot !== 0) return rejectedPlace(reason, slot, isDuplicate);
    record.blank(EVENT.REJECTED);
    record.respond();
    named();
    record.byte(3, reason);
    record.byte(6, STATUS_OF.REJECTED);
    if (!isPlace(c8[C8.type]!)) return;
    record.byte(2, c8[C8.side]!);
    record.byte(4, c8[C8.orderType]!);
    record.byte(5, c8[C8.tif]!);
    const isPost = (c8[C8.flags]! & C_FLAG.POST_ONLY) !== 0;
    if (isPost) record.flag(E_FLAG.POST_ONLY);
    record.word(E.priceTicks, c32[C.priceTicks]!);
    record.word(E.quantity, c32[C.quantity]!);
    record.double(D.expiresAtUs, c64, C64.expiresAtUs);
  }

  function status(slot: number): void {
    const row = (slot & oMask) << ROW;
    const bits = o32[row + BITS]!;
    const isOpen = statusOf(bits) === STATUS_OPEN;
    const shape = isOpen
      ? shapeWith(LIMIT, tifOf(bits), STATUS_OPEN)
      : shapeWith(0, 0, statusOf(bits));
    const at = open(EVENT.STATUS, sideOf(bits), reasonOf(bits), shape);
    const at64 = at >> 1;
    owner(at, slot);
    e32[at + E_OPEN] = isOpen ? o32[row + OPEN]! : 0;
    unseen(at);
    alone(at);
    e32[at + E_PRICE] = isOpen ? o32[row + PRICE]! : 0;
    e32[at + E_QUANTITY] = o32[row + TOTAL]!;
    e64[at64 + D_CORRELATION] = c64[C_CORRELATION]!;
    e64[at64 + D_ACCOUNT_SEQ] = 0;
    e64[at64 + D_EXPIRES] = isOpen ? o64[((slot & oMask) << ROW64) + EXPIRES]! : 0;
    e64[at64 + D_FIRST] = o64[((slot & oMask) << ROW64) + FIRST]!;
  }

  function plain(type: number): void {
    record.blank(type);
    record.respond();
  }

  return { accepted, rejected, status, plain };
}
