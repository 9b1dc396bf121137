/**
 * Listens for what call auctions promise: counts that are true; one price, which is found again here by
 * trying every tick that could be better; trades at it by price and time; nothing left that crosses.
 * It knows orders from the events alone, and shares no code with the core.
 */
import { EventType, InstrumentState, Side } from "../codes.ts";
import { EventF64, EventFlag, EventI32, EventU8 } from "../event.ts";

interface Order {
  readonly instrument: number;
  readonly side: number;
  priceTicks: number;
  open: number;
  readonly orderId: number;
  /** The sequence at which it came to wait: of two at one price the lower goes first, then by order id. */
  since: number;
}

interface Price {
  readonly ticks: number;
  readonly units: number;
  readonly bids: number;
  readonly asks: number;
}

export interface AuctionAuditor {
  /** One event; `priority` is that of a RESTORE, else 0. */
  hear(u8: Uint8Array, i32: Int32Array, f64: Float64Array, priority: number): void;
  /** Orders that are open and have not been shown. */
  collected(): number;
}

function insist(condition: boolean, message: string): void {
  if (!condition) throw new Error(`audit: ${message}`);
}

const sum = (orders: readonly Order[]): number =>
  orders.reduce((units, order) => units + order.open, 0);

/** The best price for these orders: most units, least imbalance, nearest to `reference`, lowest. */
function findPrice(orders: readonly Order[], reference: number): Price {
  const bids = orders.filter((order) => order.side === Side.BID);
  const asks = orders.filter((order) => order.side === Side.ASK);
  const ticks = new Set([reference]);
  for (const { priceTicks } of orders) {
    for (const near of [priceTicks - 1, priceTicks, priceTicks + 1]) ticks.add(near);
  }
  const prices = [...ticks].map((at): Price => {
    const buying = sum(bids.filter((order) => order.priceTicks >= at));
    const selling = sum(asks.filter((order) => order.priceTicks <= at));
    return { ticks: at, units: Math.min(buying, selling), bids: buying, asks: selling };
  });
  const distance = (price: Price): number => Math.abs(price.ticks - reference);
  const imbalance = (price: Price): number => Math.abs(price.bids - price.asks);
  const [best] = prices.toSorted(
    (a, b) =>
      b.units - a.units ||
      imbalance(a) - imbalance(b) ||
      distance(a) - distance(b) ||
      a.ticks - b.ticks,
  );
  const nothing = { ticks: 0, units: 0, bids: 0, asks: 0 };
  return best === undefined || best.units === 0 ? nothing : best;
}

export function makeAuctionAuditor(): AuctionAuditor {
  const unseen = new Map<number, Order>(); // by order id
  const references = new Map<number, number>();
  const lastTicks = new Map<number, number>();
  const prices = new Map<number, { ticks: number; left: number; isDisturbed: boolean }>();

  const waitingIn = (instrument: number): Order[] =>
    [...unseen.values()].filter((order) => order.instrument === instrument && order.open > 0);

  function accepted(u8: Uint8Array, i32: Int32Array, f64: Float64Array, priority: number): void {
    if ((u8[EventU8.flags]! & EventFlag.DUPLICATE) !== 0) return;
    unseen.set(f64[EventF64.orderId]!, {
      instrument: i32[EventI32.instrument]!,
      side: u8[EventU8.side]!,
      priceTicks: i32[EventI32.priceTicks]!,
      open: i32[EventI32.open]!,
      orderId: f64[EventF64.orderId]!,
      since: priority === 0 ? f64[EventF64.sequence]! : priority,
    });
  }

  function counted(i32: Int32Array, f64: Float64Array): void {
    const orders = waitingIn(i32[EventI32.instrument]!);
    const bids = orders.filter((order) => order.side === Side.BID);
    const asks = orders.filter((order) => order.side === Side.ASK);
    insist(bids.length === i32[EventI32.bidOrders]!, "bids that wait are counted");
    insist(asks.length === i32[EventI32.askOrders]!, "asks that wait are counted");
    insist(sum(bids) === f64[EventF64.bidUnits]!, "units of bids that wait are counted");
    insist(sum(asks) === f64[EventF64.askUnits]!, "units of asks that wait are counted");
    if (f64[EventF64.auctionUnits] !== 0) comparePrice(i32, f64, false);
  }

  function comparePrice(i32: Int32Array, f64: Float64Array, isAll: boolean): Price {
    const instrument = i32[EventI32.instrument]!;
    const reference = lastTicks.get(instrument) ?? references.get(instrument)!;
    const price = findPrice(waitingIn(instrument), reference);
    insist(price.ticks === i32[EventI32.priceTicks]!, "the price of an auction is the best one");
    insist(price.units === f64[EventF64.auctionUnits]!, "it trades as much as it can");
    if (!isAll) return price;
    insist(price.bids === f64[EventF64.bidUnits]!, "what would buy is told");
    insist(price.asks === f64[EventF64.askUnits]!, "what would sell is told");
    return price;
  }

  /** Whether `order` goes first of its side. */
  function isFirst(order: Order): boolean {
    const sign = order.side === Side.BID ? -1 : 1;
    const better = (other: Order): boolean =>
      sign * (other.priceTicks - order.priceTicks) < 0 ||
      (other.priceTicks === order.priceTicks && isBefore(other, order));
    return !waitingIn(order.instrument).some((other) => other.side === order.side && better(other));
  }

  function auctionTrade(i32: Int32Array, f64: Float64Array): void {
    const price = prices.get(i32[EventI32.instrument]!)!;
    const maker = unseen.get(f64[EventF64.orderId]!)!;
    const taker = unseen.get(f64[EventF64.takerOrderId]!)!;
    const units = i32[EventI32.quantity]!;
    insist(i32[EventI32.priceTicks] === price.ticks, "all trades of an auction have its price");
    insist(isBefore(maker, taker), "the later one is the taker");
    for (const order of [maker, taker]) {
      const gap = order.priceTicks - price.ticks;
      insist(order.side === Side.BID ? gap >= 0 : gap <= 0, "nobody trades beyond his limit");
      insist(isFirst(order), "an auction trades by price, then time");
    }
    for (const order of [maker, taker]) order.open -= units;
    price.left -= units;
    insist(i32[EventI32.account] !== i32[EventI32.takerAccount], "nobody meets himself");
  }

  function opened(instrument: number): void {
    const price = prices.get(instrument);
    if (price === undefined) return;
    prices.delete(instrument);
    insist(price.left === 0 || price.isDisturbed, "an auction trades all that it can");
    insist(waitingIn(instrument).length === 0, "nothing waits when it is open");
  }

  function changed(u8: Uint8Array, i32: Int32Array, f64: Float64Array): void {
    const orderId = f64[EventF64.orderId]!;
    const order = unseen.get(orderId);
    if (order === undefined) return;
    const type = u8[EventU8.type]!;
    const price = prices.get(order.instrument);
    if (price !== undefined && type !== EventType.RESTED) price.isDisturbed = true;
    order.open = i32[EventI32.open]!;
    if (type === EventType.AMENDED) order.priceTicks = i32[EventI32.newPriceTicks]!;
    if ((u8[EventU8.flags]! & EventFlag.REQUEUED) !== 0 && type === EventType.AMENDED) {
      order.since = f64[EventF64.sequence]!;
    }
    if (type === EventType.RESTED || order.open === 0) unseen.delete(orderId);
  }

  function hear(u8: Uint8Array, i32: Int32Array, f64: Float64Array, priority: number): void {
    const type = u8[EventU8.type]!;
    const instrument = i32[EventI32.instrument]!;
    const isAuction = (u8[EventU8.flags]! & EventFlag.AUCTION) !== 0;
    if (type === EventType.ACCEPTED) accepted(u8, i32, f64, priority);
    else if (type === EventType.INSTRUMENT_LISTED) {
      references.set(instrument, i32[EventI32.referenceTicks]!);
    } else if (type === EventType.AUCTION_COUNTED) counted(i32, f64);
    else if (type === EventType.UNCROSSED) {
      const { ticks, units } = comparePrice(i32, f64, true);
      const before = prices.get(instrument);
      insist(before?.isDisturbed !== false, "an auction has one price while nobody disturbs it");
      prices.set(instrument, { ticks, left: units, isDisturbed: false });
    } else if (type === EventType.TRADE || type === EventType.PREVENTED) {
      if (isAuction) auctionTrade(i32, f64);
      if (type === EventType.TRADE) lastTicks.set(instrument, i32[EventI32.priceTicks]!);
      forgetTaker(i32, f64);
    } else if (type === EventType.INSTRUMENT_STATE_SET) {
      if (i32[EventI32.state] === InstrumentState.CONTINUOUS) opened(instrument);
    } else if (isOfOrder(type)) changed(u8, i32, f64);
  }

  /** Orders that are used up wait no more; a taker that is not says so by being RESTED or CANCELLED. */
  function forgetTaker(i32: Int32Array, f64: Float64Array): void {
    if (i32[EventI32.takerOpen] === 0) unseen.delete(f64[EventF64.takerOrderId]!);
    if (i32[EventI32.open] === 0) unseen.delete(f64[EventF64.orderId]!);
  }

  return { hear, collected: () => unseen.size };
}

/** Of two that came with one compound the one that was named first. */
function isBefore(a: Order, b: Order): boolean {
  return a.since < b.since || (a.since === b.since && a.orderId < b.orderId);
}

function isOfOrder(type: number): boolean {
  const kinds: readonly number[] = [
    EventType.RESTED,
    EventType.CANCELLED,
    EventType.EXPIRED,
    EventType.AMENDED,
    EventType.GROUP_REDUCED,
  ];
  return kinds.includes(type);
}
