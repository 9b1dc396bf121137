/**
 * Every open order of one shard, folded from its events: what an owner is shown when it subscribes
 * to its executions, and where a report finds what an event does not repeat (type, limit, total).
 *
 * An order enters with ACCEPTED and leaves the table when nothing of it is open; its row may be read
 * until the next command's first event. One row of 64 bytes each, of no objects:
 *
 * ```
 * words   0 … 7       8        9           10      11     12 … 15
 *         its terms   account  instrument  before  after  client order id
 * ```
 *
 * `before` and `after` are the account's order that joined just before it, and just after.
 */
import {
  decodeClientOrderId,
  encodeClientOrderId,
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventFlag,
  EventI32,
  type Events,
  EventType,
  EventU8,
  OrderStatus,
} from "../../engine/client/layouts.ts";
import {
  growRows,
  makeRows,
  type OrderTerms,
  type Rows,
  TermF64,
  TermI32,
  termsAt,
  TermU8,
} from "../order-terms.ts";
import { NOBODY, RowTable } from "../row-table.ts";

export { NOBODY };

export interface OpenOrder extends OrderTerms {
  readonly orderId: number;
  readonly account: number;
  readonly instrument: number;
  readonly clientOrderId: string;
}

/** How an order stands, to be read again and again. */
export interface Standing {
  quantity: number;
  filled: number;
  open: number;
  status: number;
}

const ROW_I32 = 16;
const ROW_F64 = 8;
const ROW_BYTES = 64;
const [ACCOUNT, INSTRUMENT, BEFORE, AFTER, CLIENT_ORDER_ID] = [8, 9, 10, 11, 12];
const { priceTicks: PRICE, quantity: QUANTITY, filled: FILLED, open: OPEN } = TermI32;
const { orderType: TYPE, tif: TIF, side: SIDE, status: STATUS } = TermU8;

const words = new Int32Array(4);

export class OpenOrders {
  readonly #table = new RowTable();
  #rows = makeRows(this.#table.capacity, ROW_I32);
  /** By account, the ends of its chain. */
  readonly #oldest: number[] = [];
  readonly #newest: number[] = [];
  /** The command whose events come in. */
  #sequence = 0;

  /** Its row as long as something of it is open, or NOBODY. */
  row(orderId: number): number {
    return this.#table.find(orderId);
  }

  get(orderId: number): OpenOrder | undefined {
    const row = this.#table.find(orderId);
    return row === NOBODY ? undefined : this.#orderAt(row);
  }

  /** Rows as they are now: another table when an order more comes in. Its terms stand at `termsOf`. */
  get rows(): Rows {
    return this.#rows;
  }

  /** The word at which a row's terms begin. */
  termsOf(row: number): number {
    return row * ROW_I32;
  }

  readStanding(row: number, into: Standing): Standing {
    const { i32, u8 } = this.#rows;
    const at = row * ROW_I32;
    into.quantity = i32[at + QUANTITY]!;
    into.filled = i32[at + FILLED]!;
    into.open = i32[at + OPEN]!;
    into.status = u8[row * ROW_BYTES + STATUS]!;
    return into;
  }

  /** By the client's id: walks the account's open orders, so not for every message. */
  find(account: number, clientOrderId: string): OpenOrder | undefined {
    if (!encodeClientOrderId(clientOrderId, words, 0)) return undefined;
    const { i32 } = this.#rows;
    for (let row = this.#oldest[account] ?? NOBODY; row !== NOBODY; row = this.#after(row)) {
      const id = row * ROW_I32 + CLIENT_ORDER_ID;
      const isFirst = i32[id] === words[0] && i32[id + 1] === words[1];
      if (isFirst && i32[id + 2] === words[2] && i32[id + 3] === words[3])
        return this.#orderAt(row);
    }
    return undefined;
  }

  has(account: number): boolean {
    return (this.#oldest[account] ?? NOBODY) !== NOBODY;
  }

  /** Oldest first. */
  ofAccount(account: number): readonly OpenOrder[] {
    const orders: OpenOrder[] = [];
    for (let row = this.#oldest[account] ?? NOBODY; row !== NOBODY; row = this.#after(row)) {
      orders.push(this.#orderAt(row));
    }
    return orders;
  }

  /**
   * Folds one event. Orders that end are found until `forget`, so that the same event can be
   * reported afterwards.
   */
  onEvent(events: Events, index: number): void {
    const u8 = index * EVENT_BYTES;
    const f64 = index * EVENT_F64;
    const sequence = events.f64[f64 + EventF64.sequence]!;
    if (sequence !== this.#sequence) {
      this.#sequence = sequence;
      this.#table.reuse();
    }
    const type = events.u8[u8 + EventU8.type]!;
    if (type === EventType.ACCEPTED) {
      if ((events.u8[u8 + EventU8.flags]! & EventFlag.DUPLICATE) === 0) this.#add(events, index);
      return;
    }
    if (type === EventType.RESTED) return;
    const row = this.#table.find(events.f64[f64 + EventF64.orderId]!);
    if (row !== NOBODY) this.#fold(row, type, events, index);
  }

  #fold(row: number, type: number, events: Events, index: number): void {
    const i32 = index * EVENT_I32;
    const at = row * ROW_I32;
    const rows = this.#rows;
    switch (type) {
      case EventType.TRADE:
      case EventType.PREVENTED:
        return this.#foldPair(row, type, events, index);
      case EventType.GROUP_REDUCED:
        rows.i32[at + OPEN] = events.i32[i32 + EventI32.open]!;
        return;
      case EventType.CANCELLED:
      case EventType.EXPIRED:
        rows.i32[at + OPEN] = 0;
        rows.i32[at + FILLED] = events.i32[i32 + EventI32.filled]!;
        rows.u8[row * ROW_BYTES + STATUS] =
          type === EventType.CANCELLED ? OrderStatus.CANCELLED : OrderStatus.EXPIRED;
        return;
      case EventType.AMENDED:
        rows.i32[at + PRICE] = events.i32[i32 + EventI32.newPriceTicks]!;
        rows.i32[at + QUANTITY] = events.i32[i32 + EventI32.newTotal]!;
        rows.i32[at + OPEN] = events.i32[i32 + EventI32.open]!;
        rows.f64[row * ROW_F64 + TermF64.expiresAtUs] =
          events.f64[index * EVENT_F64 + EventF64.expiresAtUs]!;
        rows.u8[row * ROW_BYTES + TIF] = events.u8[index * EVENT_BYTES + EventU8.tif]!;
        return;
      default:
    }
  }

  #foldPair(row: number, type: number, events: Events, index: number): void {
    const i32 = index * EVENT_I32;
    this.#moveTo(row, events.i32[i32 + EventI32.open]!, events.i32[i32 + EventI32.filled]!);
    const taker = this.#table.find(events.f64[index * EVENT_F64 + EventF64.takerOrderId]!);
    const takerOpen = events.i32[i32 + EventI32.takerOpen]!;
    if (taker !== NOBODY) {
      this.#moveTo(taker, takerOpen, events.i32[i32 + EventI32.takerFilled]!);
    }
    if (type !== EventType.PREVENTED) return;
    const { u8 } = this.#rows;
    u8[row * ROW_BYTES + STATUS] = events.u8[index * EVENT_BYTES + EventU8.status]!;
    // No CANCELLED follows for a taker that a prevention used up.
    if (taker !== NOBODY && takerOpen === 0) u8[taker * ROW_BYTES + STATUS] = OrderStatus.CANCELLED;
  }

  /** Lets an order go that this event ended; call when the event was reported. */
  forget(events: Events, index: number): void {
    const type = events.u8[index * EVENT_BYTES + EventU8.type]!;
    if (type === EventType.ACCEPTED || type === EventType.RESTED) return;
    const f64 = index * EVENT_F64;
    this.#drop(events.f64[f64 + EventF64.orderId]!);
    if (type === EventType.TRADE || type === EventType.PREVENTED) {
      this.#drop(events.f64[f64 + EventF64.takerOrderId]!);
    }
  }

  #add(events: Events, index: number): void {
    const u8 = index * EVENT_BYTES;
    const f64 = index * EVENT_F64;
    const i32 = index * EVENT_I32;
    const account = events.i32[i32 + EventI32.account]!;
    const quantity = events.i32[i32 + EventI32.quantity]!;
    const row = this.#table.add(events.f64[f64 + EventF64.orderId]!);
    const { capacity } = this.#table;
    if (this.#rows.u8.length < capacity * ROW_BYTES) {
      this.#rows = growRows(this.#rows, capacity, ROW_I32);
    }
    const rows = this.#rows;
    const bytes = row * ROW_BYTES;
    rows.u8[bytes + TYPE] = events.u8[u8 + EventU8.orderType]!;
    rows.u8[bytes + TIF] = events.u8[u8 + EventU8.tif]!;
    rows.u8[bytes + SIDE] = events.u8[u8 + EventU8.side]!;
    rows.u8[bytes + STATUS] = OrderStatus.OPEN;
    const at = row * ROW_I32;
    rows.i32[at + PRICE] = events.i32[i32 + EventI32.priceTicks]!;
    rows.i32[at + QUANTITY] = quantity;
    rows.i32[at + FILLED] = 0;
    rows.i32[at + OPEN] = quantity;
    rows.f64[row * ROW_F64 + TermF64.expiresAtUs] = events.f64[f64 + EventF64.expiresAtUs]!;
    rows.i32[at + ACCOUNT] = account;
    rows.i32[at + INSTRUMENT] = events.i32[i32 + EventI32.instrument]!;
    const id = i32 + EventI32.clientOrderId;
    rows.i32[at + CLIENT_ORDER_ID] = events.i32[id]!;
    rows.i32[at + CLIENT_ORDER_ID + 1] = events.i32[id + 1]!;
    rows.i32[at + CLIENT_ORDER_ID + 2] = events.i32[id + 2]!;
    rows.i32[at + CLIENT_ORDER_ID + 3] = events.i32[id + 3]!;
    const newest = this.#newest[account] ?? NOBODY;
    rows.i32[at + BEFORE] = newest;
    rows.i32[at + AFTER] = NOBODY;
    if (newest === NOBODY) this.#oldest[account] = row;
    else rows.i32[newest * ROW_I32 + AFTER] = row;
    this.#newest[account] = row;
  }

  #drop(orderId: number): void {
    const row = this.#table.find(orderId);
    if (row === NOBODY) return;
    const { i32 } = this.#rows;
    const at = row * ROW_I32;
    if (i32[at + OPEN]! > 0) return;
    this.#table.remove(row);
    const account = i32[at + ACCOUNT]!;
    const before = i32[at + BEFORE]!;
    const after = i32[at + AFTER]!;
    if (before === NOBODY) this.#oldest[account] = after;
    else i32[before * ROW_I32 + AFTER] = after;
    if (after === NOBODY) this.#newest[account] = before;
    else i32[after * ROW_I32 + BEFORE] = before;
  }

  #after(row: number): number {
    return this.#rows.i32[row * ROW_I32 + AFTER]!;
  }

  #moveTo(row: number, open: number, filled: number): void {
    const { i32, u8 } = this.#rows;
    i32[row * ROW_I32 + OPEN] = open;
    i32[row * ROW_I32 + FILLED] = filled;
    if (open === 0) u8[row * ROW_BYTES + STATUS] = OrderStatus.FILLED;
  }

  #orderAt(row: number): OpenOrder {
    const { i32 } = this.#rows;
    const at = row * ROW_I32;
    return {
      ...termsAt(this.#rows, at),
      orderId: this.#table.idOf(row),
      account: i32[at + ACCOUNT]!,
      instrument: i32[at + INSTRUMENT]!,
      clientOrderId: decodeClientOrderId(i32, at + CLIENT_ORDER_ID),
    };
  }
}
