/**
 * The stream's own ids and the core's orders, and how the events of a step are read back into them.
 *
 * An id belongs to an order as long as it rests. An order is found by its id, and by its mark: an
 * index that travels through the core in the client order id, so that a maker costs no lookup.
 */
import {
  CancelReason,
  EventF64,
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventFlag,
  EventI32,
  type Events,
  EventType,
  EventU8,
  Reject,
} from "../../engine/core/index.ts";
import { makeSum } from "./sums.ts";

export interface Order {
  readonly id: string;
  /** The id as JSON, for answers. */
  readonly quoted: string;
  /** Where it stands among `marked`; never 0. */
  readonly mark: number;
  readonly account: number;
  readonly instrument: number;
  readonly side: number;
  readonly stp: number;
  px: number;
  /** What rests of it, 0 when nothing does. */
  open: number;
  /** What the core's order has filled; that one may be younger than ours (see `place.ts`). */
  filled: number;
  orderId: number;
  /** Sequence at which it joined the back of its level. */
  priority: number;
}

/** What became of a step so far, over all commands it took. */
export interface Outcome {
  /** Inside of the answer's arrays. */
  trades: string;
  stpCanceled: string;
  canceled: number;
  reject: number;
  /** What the bound on one command's work left over; to be placed again. */
  unfinished: number;
}

export interface Totals {
  trades: number;
  readonly qty: ReturnType<typeof makeSum>;
  readonly qtyPx: ReturnType<typeof makeSum>;
}

export interface Orders {
  readonly outcome: Outcome;
  find(id: string): Order | undefined;
  all(): Iterable<Order>;
  /** A new order; it has no id of its own until it rests. */
  make(words: Omit<Order, "mark" | "quoted" | "open" | "filled" | "orderId" | "priority">): Order;
  /** Clears the outcome for the next step. */
  begin(): void;
  /** Reads what the core said about a command of `order`, or about none. */
  read(events: Events, order: Order | null): void;
  /** After the step's last command: the id is the order's while it rests, and free otherwise. */
  settle(order: Order): void;
}

export function makeOrders(totals: Totals): Orders {
  const byId = new Map<string, Order>();
  const marked: (Order | undefined)[] = [undefined];
  const freeMarks: number[] = [];
  const outcome = { trades: "", stpCanceled: "", canceled: 0, reject: 0, unfinished: 0 };

  function make(words: Parameters<Orders["make"]>[0]): Order {
    const mark = freeMarks.pop() ?? marked.length;
    const quoted = JSON.stringify(words.id);
    const order = { ...words, quoted, mark, open: 0, filled: 0, orderId: 0, priority: 0 };
    marked[mark] = order;
    return order;
  }

  function forget(order: Order): void {
    if (byId.get(order.id) === order) byId.delete(order.id);
    marked[order.mark] = undefined;
    freeMarks.push(order.mark);
  }

  function trade(maker: Order, taker: Order, qty: number, at32: number, events: Events): void {
    const px = events.i32[at32 + EventI32.priceTicks]!;
    const comma = outcome.trades === "" ? "" : ",";
    outcome.trades += `${comma}[${maker.quoted},${px},${qty}]`;
    totals.trades++;
    totals.qty.addProduct(qty, 1);
    totals.qtyPx.addProduct(qty, px);
    taker.filled = events.i32[at32 + EventI32.takerFilled]!;
    maker.filled = events.i32[at32 + EventI32.filled]!;
    maker.open = events.i32[at32 + EventI32.open]!;
    if (maker.open === 0) forget(maker);
  }

  function cancelled(subject: Order, order: Order | null, qty: number, reason: number): void {
    if (subject !== order) {
      outcome.stpCanceled += `${outcome.stpCanceled === "" ? "" : ","}${subject.quoted}`;
      forget(subject);
      return;
    }
    if (reason === CancelReason.WORK_BOUND) outcome.unfinished = qty;
    else outcome.canceled += qty;
    order.open = 0;
  }

  function read(events: Events, order: Order | null): void {
    const { u8, i32, f64 } = events;
    for (let index = 0; index < events.count; index++) {
      const at8 = index * EVENT_BYTES;
      const at32 = index * EVENT_I32;
      const at64 = index * EVENT_F64;
      const type = u8[at8 + EventU8.type]!;
      const qty = i32[at32 + EventI32.quantity]!;
      const subject = marked[i32[at32 + EventI32.clientOrderId]!];
      if (type === EventType.REJECTED) {
        outcome.reject = u8[at8 + EventU8.reason]!;
      } else if (subject === undefined || order === null) {
        continue; // about an account or an instrument
      } else if (type === EventType.TRADE) {
        trade(subject, order, qty, at32, events);
      } else if (type === EventType.CANCELLED) {
        cancelled(subject, order, qty, u8[at8 + EventU8.reason]!);
      } else if (type === EventType.ACCEPTED) {
        order.orderId = f64[at64 + EventF64.orderId]!;
        order.filled = 0;
      } else if (type === EventType.RESTED) {
        order.open = qty;
        order.priority = f64[at64 + EventF64.sequence]!;
      } else if (type === EventType.AMENDED) {
        const isRequeued = (u8[at8 + EventU8.flags]! & EventFlag.REQUEUED) !== 0;
        order.px = i32[at32 + EventI32.newPriceTicks]!;
        order.open = isRequeued ? 0 : i32[at32 + EventI32.open]!;
      }
    }
  }

  return {
    outcome,
    find: (id) => byId.get(id),
    all: () => byId.values(),
    make,
    read,
    begin() {
      outcome.trades = outcome.stpCanceled = "";
      outcome.canceled = outcome.unfinished = 0;
      outcome.reject = Reject.NONE;
    },
    settle(order) {
      if (order.open === 0) forget(order);
      else byId.set(order.id, order);
    },
  };
}
