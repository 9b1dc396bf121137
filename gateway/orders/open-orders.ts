/**
 * Every open order of one shard, folded from its events: what an owner is shown when it subscribes
 * to its executions, and where a report finds what an event does not repeat (type, limit, total).
 *
 * An order enters with ACCEPTED and leaves the table when nothing of it is open; whoever holds the
 * record during that command may still read it.
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

export interface OpenOrder {
  readonly orderId: number;
  readonly account: number;
  readonly instrument: number;
  readonly side: number;
  readonly orderType: number;
  tif: number;
  priceTicks: number;
  /** The total, filled included. */
  quantity: number;
  filled: number;
  open: number;
  status: number;
  expiresAtUs: number;
  /** The four words of the client order id: plain numbers, for a typed array each costs too much. */
  readonly id0: number;
  readonly id1: number;
  readonly id2: number;
  readonly id3: number;
  /** The account's order that joined just before it, and just after: no set to keep. */
  before: OpenOrder | undefined;
  after: OpenOrder | undefined;
}

/** The ends of an account's chain of open orders. */
interface Chain {
  oldest: OpenOrder | undefined;
  newest: OpenOrder | undefined;
}

const words = new Int32Array(4);

export function clientOrderIdOf(order: OpenOrder): string {
  words[0] = order.id0;
  words[1] = order.id1;
  words[2] = order.id2;
  words[3] = order.id3;
  return decodeClientOrderId(words, 0);
}

export class OpenOrders {
  readonly #byId = new Map<number, OpenOrder>();
  /** By account. */
  readonly #chains: (Chain | undefined)[] = [];

  get(orderId: number): OpenOrder | undefined {
    return this.#byId.get(orderId);
  }

  /** By the client's id: walks the account's open orders, so not for every message. */
  find(account: number, clientOrderId: string): OpenOrder | undefined {
    if (!encodeClientOrderId(clientOrderId, words, 0)) return undefined;
    for (let order = this.#chains[account]?.oldest; order !== undefined; order = order.after) {
      const { id0, id1, id2, id3 } = order;
      const isFirst = id0 === words[0] && id1 === words[1];
      if (isFirst && id2 === words[2] && id3 === words[3]) return order;
    }
    return undefined;
  }

  has(account: number): boolean {
    return this.#chains[account]?.oldest !== undefined;
  }

  /** Oldest first. */
  ofAccount(account: number): readonly OpenOrder[] {
    const orders: OpenOrder[] = [];
    for (let order = this.#chains[account]?.oldest; order !== undefined; order = order.after) {
      orders.push(order);
    }
    return orders;
  }

  /**
   * Folds one event. Orders that end stay readable until `forget`, so that the same event can be
   * reported afterwards.
   */
  onEvent(events: Events, index: number): void {
    const u8 = index * EVENT_BYTES;
    const f64 = index * EVENT_F64;
    const i32 = index * EVENT_I32;
    const type = events.u8[u8 + EventU8.type]!;
    if (type === EventType.ACCEPTED) {
      if ((events.u8[u8 + EventU8.flags]! & EventFlag.DUPLICATE) === 0) this.#add(events, index);
      return;
    }
    const order = this.#byId.get(events.f64[f64 + EventF64.orderId]!);
    if (order === undefined) return;
    switch (type) {
      case EventType.TRADE:
      case EventType.PREVENTED: {
        moveTo(order, events.i32[i32 + EventI32.open]!, events.i32[i32 + EventI32.filled]!);
        const taker = this.#byId.get(events.f64[f64 + EventF64.takerOrderId]!);
        const takerOpen = events.i32[i32 + EventI32.takerOpen]!;
        if (taker !== undefined) moveTo(taker, takerOpen, events.i32[i32 + EventI32.takerFilled]!);
        if (type === EventType.PREVENTED) {
          order.status = events.u8[u8 + EventU8.status]!;
          // No CANCELLED follows for a taker that a prevention used up.
          if (taker !== undefined && takerOpen === 0) taker.status = OrderStatus.CANCELLED;
        }
        return;
      }
      case EventType.GROUP_REDUCED:
        order.open = events.i32[i32 + EventI32.open]!;
        return;
      case EventType.CANCELLED:
      case EventType.EXPIRED:
        order.open = 0;
        order.filled = events.i32[i32 + EventI32.filled]!;
        order.status = type === EventType.CANCELLED ? OrderStatus.CANCELLED : OrderStatus.EXPIRED;
        return;
      case EventType.AMENDED: {
        order.priceTicks = events.i32[i32 + EventI32.newPriceTicks]!;
        order.quantity = events.i32[i32 + EventI32.newTotal]!;
        order.open = events.i32[i32 + EventI32.open]!;
        order.expiresAtUs = events.f64[f64 + EventF64.expiresAtUs]!;
        order.tif = events.u8[u8 + EventU8.tif]!;
        return;
      }
      default:
    }
  }

  /** Lets an order go that this event ended; call when the event was reported. */
  forget(events: Events, index: number): void {
    const type = events.u8[index * EVENT_BYTES + EventU8.type]!;
    if (type === EventType.ACCEPTED) return;
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
    const id = i32 + EventI32.clientOrderId;
    const quantity = events.i32[i32 + EventI32.quantity]!;
    const order: OpenOrder = {
      orderId: events.f64[f64 + EventF64.orderId]!,
      account: events.i32[i32 + EventI32.account]!,
      instrument: events.i32[i32 + EventI32.instrument]!,
      side: events.u8[u8 + EventU8.side]!,
      orderType: events.u8[u8 + EventU8.orderType]!,
      tif: events.u8[u8 + EventU8.tif]!,
      priceTicks: events.i32[i32 + EventI32.priceTicks]!,
      quantity,
      filled: 0,
      open: quantity,
      status: OrderStatus.OPEN,
      expiresAtUs: events.f64[f64 + EventF64.expiresAtUs]!,
      id0: events.i32[id]!,
      id1: events.i32[id + 1]!,
      id2: events.i32[id + 2]!,
      id3: events.i32[id + 3]!,
      before: undefined,
      after: undefined,
    };
    this.#byId.set(order.orderId, order);
    const chain = (this.#chains[order.account] ??= { oldest: undefined, newest: undefined });
    order.before = chain.newest;
    if (chain.newest === undefined) chain.oldest = order;
    else chain.newest.after = order;
    chain.newest = order;
  }

  #drop(orderId: number): void {
    const order = this.#byId.get(orderId);
    if (order === undefined || order.open > 0) return;
    this.#byId.delete(orderId);
    const { before, after } = order;
    const chain = this.#chains[order.account]!;
    if (before === undefined) chain.oldest = after;
    else before.after = after;
    if (after === undefined) chain.newest = before;
    else after.before = before;
    order.before = undefined;
    order.after = undefined;
  }
}

function moveTo(order: OpenOrder, open: number, filled: number): void {
  order.open = open;
  order.filled = filled;
  if (open === 0) order.status = OrderStatus.FILLED;
}
