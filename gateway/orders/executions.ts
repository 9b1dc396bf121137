/**
 * Execution reports: what happened to an account's orders, told to its own sockets in the account's
 * own gap-free sequence. Private, never conflated: a reader that falls behind is disconnected.
 */
import {
  decodeClientOrderId,
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventI32,
  type Events,
  EventType,
  EventU8,
  OrderStatus,
  OrderType,
  Side,
  TimeInForce,
} from "../../engine/client/layouts.ts";
import { codeOfReject, nameOfCancelReason } from "../errors.ts";
import type { InstrumentView } from "../market-data/view.ts";
import { Channel, isHeard, makeTopic, publish, type Topic } from "../market-data/topics.ts";
import {
  accountTrail,
  type Missed,
  reaches,
  RecentMissed,
  type Teller,
} from "../market-data/missed.ts";
import type { Past, Said } from "../market-data/past.ts";
import type { Recent } from "../market-data/recent.ts";
import type { OrderTerms } from "../order-terms.ts";
import {
  isTakerFirst,
  ownerOf,
  ownerSeqOf,
  takerOf,
  takerSeqOf,
  type ToldType,
} from "../parties.ts";
import { writeMinor, writeOrderId, writeTime } from "../written-forms.ts";
import { NOBODY, type OpenOrder, type OpenOrders } from "./open-orders.ts";

export const STATUS_WORDS: Record<number, string> = {
  [OrderStatus.NONE]: "unknown",
  [OrderStatus.OPEN]: "open",
  [OrderStatus.FILLED]: "filled",
  [OrderStatus.CANCELLED]: "cancelled",
  [OrderStatus.EXPIRED]: "expired",
  [OrderStatus.REJECTED]: "rejected",
};

const TIF_WORDS: Record<number, string> = {
  [TimeInForce.GTC]: "gtc",
  [TimeInForce.GTD]: "gtd",
  [TimeInForce.IOC]: "ioc",
  [TimeInForce.FOK]: "fok",
};

const EXEC_WORDS: Record<ToldType, string> = {
  [EventType.ACCEPTED]: "new",
  [EventType.REJECTED]: "rejected",
  [EventType.TRADE]: "trade",
  [EventType.CANCELLED]: "canceled",
  [EventType.EXPIRED]: "expired",
  [EventType.AMENDED]: "amended",
  [EventType.PREVENTED]: "prevented",
  [EventType.GROUP_REDUCED]: "group_reduced",
  [EventType.TIMER_FIRED]: "timer_fired",
};
const EXEC_TYPES: Record<number, string> = EXEC_WORDS;

/** How executions name an instrument; undefined for one the market never listed. */
export type FindView = (instrumentId: number) => InstrumentView | undefined;

interface AccountFeed {
  seq: number;
  executions: Topic | undefined;
  orders: Topic | undefined;
}

type PrivateChannel = "orders" | "executions";

export class Executions {
  readonly #shard: number;
  readonly #orders: OpenOrders;
  readonly #view: FindView;
  readonly #accounts: (AccountFeed | undefined)[] = [];
  #stampUs = 0;
  stale = false;

  readonly #recent: Recent | undefined;
  readonly #past: Past | undefined;

  /** `said`: what happened before, to tell it again; the event was added to it before it comes here. */
  constructor(shard: number, orders: OpenOrders, view: FindView, said?: Said) {
    this.#shard = shard;
    this.#orders = orders;
    this.#view = view;
    this.#recent = said?.recent;
    this.#past = said?.past;
  }

  topic(channel: PrivateChannel, account: number, name: string): Topic {
    const feed = this.#feed(account);
    return (feed[channel] ??= makeTopic(channel, name, {
      shard: this.#shard,
      seq: () => feed.seq,
      snapshot: () => {
        const rows = this.#orders.ofAccount(account).map((order) => `{${this.#order(order)}}`);
        return this.#push(channel, "snapshot", feed.seq, 0, this.#stampUs, `[${rows.join(",")}]`);
      },
      since: (seq) => this.#since(channel, account, seq),
      stored: this.#stored(channel, account),
    }));
  }

  #since(channel: PrivateChannel, account: number, fromSeq: number): Missed | null {
    const feed = this.#feed(account);
    if (this.#recent === undefined || fromSeq > feed.seq) return null;
    const trail = accountTrail(this.#recent, account);
    if (!reaches(trail, fromSeq)) return null;
    const teller = this.teller(channel, fromSeq);
    return new RecentMissed(this.#recent, trail, fromSeq, () => feed.seq, teller);
  }

  #stored(channel: PrivateChannel, account: number): Topic["stored"] {
    const past = this.#past;
    if (past === undefined) return undefined;
    return (fromSeq) => {
      const teller = this.teller(channel, fromSeq);
      const toSeq = this.#feed(account).seq;
      return past.ask({ kind: "account", id: account, fromSeq, toSeq, teller });
    };
  }

  /** Makes the pushes of one account again, each from its event and its order as it was after it. */
  teller(channel: PrivateChannel, fromSeq: number): Teller {
    const texts: string[] = [];
    let seq = fromSeq;
    return {
      texts,
      get seq() {
        return seq;
      },
      add: (events, index, isTaker, terms) => {
        const field = isTaker ? EventF64.takerAccountSeq : EventF64.accountSeq;
        const next = events.f64[index * EVENT_F64 + field]!;
        const data = this.#data(channel, events, index, isTaker, next, terms);
        const stampUs = events.f64[index * EVENT_F64 + EventF64.stampUs]!;
        texts.push(this.#push(channel, "update", next, seq, stampUs, data));
        seq = next;
      },
      endCommand: () => {},
      end: () => {},
    };
  }

  /** After the open orders folded the event, before they forget. Throws on a gap. */
  onEvent(events: Events, index: number): void {
    this.#stampUs = events.f64[index * EVENT_F64 + EventF64.stampUs]!;
    const seq = ownerSeqOf(events, index);
    const takerSeq = takerSeqOf(events, index);
    const isTurned = takerSeq > 0 && isTakerFirst(events, index);
    if (seq > 0 && !isTurned) this.#tell(ownerOf(events, index), seq, events, index, false);
    if (takerSeq > 0) this.#tell(takerOf(events, index), takerSeq, events, index, true);
    if (seq > 0 && isTurned) this.#tell(ownerOf(events, index), seq, events, index, false);
  }

  #tell(account: number, seq: number, events: Events, index: number, isTaker: boolean): void {
    const feed = this.#feed(account);
    const before = feed.seq;
    if (seq !== before + 1) throw new Error(`account ${account}: ${seq} follows ${before}`);
    feed.seq = seq;
    const field = isTaker ? EventF64.takerOrderId : EventF64.orderId;
    const orderId = events.f64[index * EVENT_F64 + field]!;
    this.#remember(isTaker, orderId);
    const { executions, orders } = feed;
    if (!isHeard(executions) && !isHeard(orders)) return;
    const order = this.#orders.get(orderId);
    this.#publish(executions, events, index, isTaker, seq, order);
    this.#publish(orders, events, index, isTaker, seq, order);
  }

  #remember(isTaker: boolean, orderId: number): void {
    const row = this.#orders.row(orderId);
    if (row === NOBODY) this.#recent?.noTerms(isTaker);
    else this.#recent?.keepTerms(isTaker, this.#orders.rows, this.#orders.termsOf(row));
  }

  #publish(
    topic: Topic | undefined,
    events: Events,
    index: number,
    isTaker: boolean,
    seq: number,
    order: OrderTerms | undefined,
  ): void {
    if (!isHeard(topic)) return;
    const channel = topic.channel as PrivateChannel;
    const data = this.#data(channel, events, index, isTaker, seq, order);
    publish(topic, this.#push(channel, "update", seq, seq - 1, this.#stampUs, data));
  }

  #push(
    channel: PrivateChannel,
    type: "snapshot" | "update",
    seq: number,
    prevSeq: number,
    stampUs: number,
    data: string,
  ): string {
    return (
      `{"channel":"${channel}","type":"${type}","shard":${this.#shard},"seq":${seq}` +
      `,"prev_seq":${prevSeq},"ts":"${writeTime(stampUs)}"` +
      `${this.stale ? ',"stale":true' : ""},"data":${data}}`
    );
  }

  /** A report, or for `orders` the row of the order it is about. */
  #data(
    channel: PrivateChannel,
    events: Events,
    index: number,
    isTaker: boolean,
    seq: number,
    terms: OrderTerms | undefined,
  ): string {
    const type = events.u8[index * EVENT_BYTES + EventU8.type]!;
    if (type === EventType.TIMER_FIRED) {
      return channel === Channel.orders ? "[]" : timerReport(events, index, seq);
    }
    const described =
      terms === undefined
        ? this.#refused(events, index)
        : this.#ofEvent(events, index, isTaker, terms);
    if (channel === Channel.orders) return `[{${described}}]`;
    return (
      `{"exec_type":"${EXEC_TYPES[type] ?? "restated"}",${described}` +
      this.#fill(events, index, isTaker) +
      reasonOf(type, events.u8[index * EVENT_BYTES + EventU8.reason]!) +
      `,"engine_seq":${events.f64[index * EVENT_F64 + EventF64.sequence]!},"account_seq":${seq}}`
    );
  }

  #ofEvent(events: Events, index: number, isTaker: boolean, terms: OrderTerms): string {
    const i32 = index * EVENT_I32;
    const id = i32 + (isTaker ? EventI32.takerClientOrderId : EventI32.clientOrderId);
    const orderId = isTaker ? EventF64.takerOrderId : EventF64.orderId;
    return this.#describe(
      { ...terms, orderId: events.f64[index * EVENT_F64 + orderId]! },
      events.i32[i32 + EventI32.instrument]!,
      terms.priceTicks,
      terms.expiresAtUs,
      decodeClientOrderId(events.i32, id),
    );
  }

  #fill(events: Events, index: number, isTaker: boolean): string {
    const type = events.u8[index * EVENT_BYTES + EventU8.type]!;
    const i32 = index * EVENT_I32;
    const quantity = events.i32[i32 + EventI32.quantity]!;
    if (type === EventType.PREVENTED) return `,"prevented_qty":${quantity}`;
    if (type === EventType.GROUP_REDUCED) return `,"taken_qty":${quantity}`;
    if (type === EventType.CANCELLED || type === EventType.EXPIRED) {
      return `,"cancelled_qty":${quantity}`;
    }
    if (type !== EventType.TRADE) return "";
    const view = this.#view(events.i32[i32 + EventI32.instrument]!);
    const minor = events.i32[i32 + EventI32.priceTicks]! * (view?.tickMinor ?? 0);
    return (
      `,"last_price":"${writeMinor(minor)}","last_qty":${quantity}` +
      `,"liquidity":"${isTaker ? "taker" : "maker"}"` +
      `,"trade_id":${events.f64[index * EVENT_F64 + EventF64.tradeId]!}`
    );
  }

  #order(order: OpenOrder): string {
    const { orderId, side, orderType, tif, quantity, status, filled, open } = order;
    return this.#describe(
      { orderId, side, orderType, tif, quantity, status, filled, open },
      order.instrument,
      order.priceTicks,
      order.expiresAtUs,
      order.clientOrderId,
    );
  }

  /** A refused order is in no table: all there is to say stands in its event. */
  #refused(events: Events, index: number): string {
    const u8 = index * EVENT_BYTES;
    const i32 = index * EVENT_I32;
    return this.#describe(
      {
        orderId: events.f64[index * EVENT_F64 + EventF64.orderId]!,
        side: events.u8[u8 + EventU8.side]!,
        orderType: events.u8[u8 + EventU8.orderType]!,
        tif: events.u8[u8 + EventU8.tif]!,
        quantity: events.i32[i32 + EventI32.quantity]!,
        status: events.u8[u8 + EventU8.status]! || OrderStatus.REJECTED,
        filled: events.i32[i32 + EventI32.filled]!,
        open: events.i32[i32 + EventI32.open]!,
      },
      events.i32[i32 + EventI32.instrument]!,
      events.i32[i32 + EventI32.priceTicks]!,
      0,
      decodeClientOrderId(events.i32, i32 + EventI32.clientOrderId),
    );
  }

  #describe(
    order: Pick<
      OpenOrder,
      "orderId" | "side" | "orderType" | "tif" | "quantity" | "status" | "filled" | "open"
    >,
    instrument: number,
    priceTicks: number,
    expiresAtUs: number,
    clientOrderId: string,
  ): string {
    const view = this.#view(instrument);
    const isMarket = order.orderType === OrderType.MARKET;
    const minor = priceTicks * (view?.tickMinor ?? 0);
    const id = order.orderId === 0 ? "null" : `"${writeOrderId(this.#shard, order.orderId)}"`;
    return (
      `"order_id":${id},"client_order_id":"${clientOrderId}"` +
      `,"symbol":${view === undefined ? "null" : `"${view.instrument.symbol}"`}` +
      `,"side":"${order.side === Side.BID ? "buy" : "sell"}"` +
      `,"type":"${isMarket ? "market" : "limit"}","tif":"${TIF_WORDS[order.tif] ?? "gtc"}"` +
      `,"price":${isMarket ? "null" : `"${writeMinor(minor)}"`},"qty":${order.quantity}` +
      (expiresAtUs > 0 ? `,"expire_time":"${writeTime(expiresAtUs)}"` : "") +
      `,"status":"${STATUS_WORDS[order.status] ?? "unknown"}"` +
      `,"filled_qty":${order.filled},"open_qty":${order.open}`
    );
  }

  #feed(account: number): AccountFeed {
    return (this.#accounts[account] ??= { seq: 0, executions: undefined, orders: undefined });
  }
}

/** Of no order: the orders it ends are reported one by one. */
function timerReport(events: Events, index: number, seq: number): string {
  return (
    `{"exec_type":"${EXEC_TYPES[EventType.TIMER_FIRED]!}","order_id":null` +
    `,"count":${events.i32[index * EVENT_I32 + EventI32.quantity]!}` +
    `,"engine_seq":${events.f64[index * EVENT_F64 + EventF64.sequence]!},"account_seq":${seq}}`
  );
}

function reasonOf(type: number, reason: number): string {
  if (type === EventType.PREVENTED) return ',"reason":"SELF_TRADE"';
  if (reason === 0) return "";
  if (type === EventType.REJECTED) return `,"reason":"${codeOfReject(reason)}"`;
  return type === EventType.CANCELLED ? `,"reason":"${nameOfCancelReason(reason)}"` : "";
}
