/**
 * Listens to a shard's commands and events like a suspicious outsider: rebuilds every book from
 * the public events alone and complains when a promise is broken. It shares no code with the core
 * but the layouts.
 */
import { CommandType, EventType, OrderStatus, Side } from "../codes.ts";
import { type Commands, CommandU8 } from "../command.ts";
import {
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventFlag,
  EventI32,
  EventU8,
} from "../event.ts";
import type { Events } from "../event.ts";
import type { DepthLevel, Shard } from "../shard-api.ts";
import { makeAuctionAuditor } from "./auction-auditor.ts";
import { makeCoveredAuditor } from "./covered-auditor.ts";
import { makeGroupAuditor } from "./group-auditor.ts";
import { makePriorityAuditor } from "./priority-auditor.ts";

export interface Auditor {
  /** To be told of every command and what it made. */
  hear(commands: Commands, index: number, events: Events): void;
  /** Compares the books as heard with the books as they are. */
  compareBooks(): void;
  /** A remembered order as told by events: units asked for, filled, open and gone otherwise. */
  orders(): ReadonlyMap<number, HeardOrder>;
  trades(): number;
}

export interface HeardOrder {
  total: number;
  filled: number;
  open: number;
  gone: number;
}

interface Level {
  quantity: number;
  orders: number;
}

function insist(condition: boolean, message: string): void {
  if (!condition) throw new Error(`audit: ${message}`);
}

export function makeAuditor(shard: Shard): Auditor {
  const marketSeqs = new Map<number, number>();
  const accountSeqs = new Map<number, number>();
  const tradeIds = new Map<number, number>();
  const books = new Map<string, Map<number, Level>>();
  const orders = new Map<number, HeardOrder>();
  const covered = makeCoveredAuditor();
  const groups = makeGroupAuditor();
  const auctions = makeAuctionAuditor();
  const priorities = makePriorityAuditor();
  const staged = new Set<number>(); // correlations of records that wait for their compound
  let trades = 0;
  let accepted = 0;

  const grow = (seqs: Map<number, number>, key: number, told: number, what: string): void => {
    insist(told === (seqs.get(key) ?? 0) + 1, `${what} of ${key} has no gap`);
    seqs.set(key, told);
  };

  function levelOf(instrument: number, side: number): Map<number, Level> {
    const key = `${instrument}/${side}`;
    const levels = books.get(key) ?? new Map<number, Level>();
    books.set(key, levels);
    return levels;
  }

  /** What the public learns: the level's new sum must follow from the old one. */
  function hearLevel(type: number, i32: Int32Array, f64: Float64Array, side: number): void {
    const levels = levelOf(i32[EventI32.instrument]!, side);
    const priceTicks = i32[EventI32.priceTicks]!;
    const before = levels.get(priceTicks) ?? { quantity: 0, orders: 0 };
    const quantity = f64[EventF64.levelQuantity]!;
    const count = i32[EventI32.levelOrders]!;
    const units = i32[EventI32.quantity]! * (type === EventType.RESTED ? 1 : -1);
    insist(quantity === before.quantity + units, `the level at ${priceTicks} adds up`);
    insist((quantity === 0) === (count === 0), "a level without units has no orders");
    if (count === 0) levels.delete(priceTicks);
    else levels.set(priceTicks, { quantity, orders: count });
  }

  function heard(orderId: number): HeardOrder {
    const order = orders.get(orderId);
    insist(order !== undefined, `order ${orderId} was accepted before it is spoken of`);
    return order as HeardOrder;
  }

  function hearOrder(type: number, i32: Int32Array, f64: Float64Array, status: number): void {
    const order = heard(f64[EventF64.orderId]!);
    const quantity = i32[EventI32.quantity]!;
    if (type === EventType.TRADE || type === EventType.PREVENTED) {
      const taker = heard(f64[EventF64.takerOrderId]!);
      for (const party of [order, taker]) {
        party.open -= quantity;
        if (type === EventType.TRADE) party.filled += quantity;
        else party.gone += quantity;
      }
      insist(taker.open === i32[EventI32.takerOpen]!, "the taker's open units follow");
      insist(taker.filled === i32[EventI32.takerFilled]!, "the taker's filled units follow");
    } else if (type === EventType.CANCELLED || type === EventType.EXPIRED) {
      insist(quantity === order.open, "all that was open is gone");
      order.gone += quantity;
      order.open = 0;
      insist(status !== OrderStatus.OPEN, "what is gone is not open");
    } else if (type === EventType.GROUP_REDUCED) {
      order.gone += quantity;
      order.open -= quantity;
    } else if (type === EventType.AMENDED) {
      order.total = i32[EventI32.newTotal]!;
      order.open = order.total - order.filled - order.gone;
    }
    insist(order.open === i32[EventI32.open]!, "the owner's open units follow");
    insist(order.filled === i32[EventI32.filled]!, "the owner's filled units follow");
    insist(
      order.open >= 0 && order.filled + order.open + order.gone === order.total,
      "units conserve",
    );
  }

  function hearAccount(type: number, i32: Int32Array, f64: Float64Array): void {
    const told = f64[EventF64.accountSeq]!;
    if (told !== 0 && type !== EventType.ACCOUNT_SET) {
      grow(accountSeqs, i32[EventI32.account]!, told, "the account sequence");
    }
    if (type !== EventType.TRADE && type !== EventType.PREVENTED) return;
    const taker = i32[EventI32.takerAccount]!;
    grow(accountSeqs, taker, f64[EventF64.takerAccountSeq]!, "the account sequence");
  }

  function hearOne(u8: Uint8Array, i32: Int32Array, f64: Float64Array): void {
    const type = u8[EventU8.type]!;
    const instrument = i32[EventI32.instrument]!;
    const isPublic = f64[EventF64.marketSeq] !== 0;
    if (isPublic) grow(marketSeqs, instrument, f64[EventF64.marketSeq]!, "the market sequence");
    hearAccount(type, i32, f64);
    if (type === EventType.TRADE) {
      grow(tradeIds, instrument, f64[EventF64.tradeId]!, "the trade id");
      trades++;
    }
    const isDuplicate = (u8[EventU8.flags]! & EventFlag.DUPLICATE) !== 0;
    if (type === EventType.ACCEPTED && !isDuplicate) {
      insist(f64[EventF64.orderId] === ++accepted, "order ids have no gap");
      const total = i32[EventI32.quantity]!;
      orders.set(accepted, { total, filled: 0, open: total, gone: 0 });
    }
    const isBook =
      (type >= EventType.TRADE && type <= EventType.PREVENTED) || type === EventType.GROUP_REDUCED;
    if (!isBook) return;
    hearOrder(type, i32, f64, u8[EventU8.status]!);
    const isAuction = (u8[EventU8.flags]! & EventFlag.AUCTION) !== 0;
    if (isPublic && !isAuction) hearLevel(type, i32, f64, u8[EventU8.side]!);
  }

  function hear(commands: Commands, index: number, events: Events): void {
    const correlation = commands.f64[index * 12 + 11]!;
    let responses = 0;
    const isRestore = commands.u8[index * 96] === CommandType.RESTORE;
    groups.begin(commands, index);
    const isPart = commands.u8[index * 96 + CommandU8.compoundCount]! > 1;
    for (let n = 0; n < events.count; n++) {
      const u8 = events.u8.subarray(n * EVENT_BYTES, (n + 1) * EVENT_BYTES);
      const i32 = events.i32.subarray(n * EVENT_I32, (n + 1) * EVENT_I32);
      const f64 = events.f64.subarray(n * EVENT_F64, (n + 1) * EVENT_F64);
      const isLast = (u8[EventU8.flags]! & EventFlag.LAST) !== 0;
      insist(isLast === (n === events.count - 1), "the last event, and no other, is flagged");
      insist(
        f64[EventF64.sequence] === commands.f64[index * 12 + 1],
        "the sequence is the command's",
      );
      insist(f64[EventF64.stampUs] === commands.f64[index * 12 + 2], "the stamp is the command's");
      groups.hear(u8, i32, f64);
      const answers = f64[EventF64.correlation]!;
      if (answers === correlation) {
        insist(u8[EventU8.commandType] === commands.u8[index * 96], "the type is the command's");
        responses++;
      } else if (answers !== 0) {
        insist(staged.delete(answers), "what is answered was asked, and was not answered yet");
      }
      hearOne(u8, i32, f64);
      const priority = isRestore ? commands.f64[index * 12 + 7]! : 0;
      auctions.hear(u8, i32, f64, priority);
      priorities.hear(u8, i32, f64, priority);
    }
    const isClock = commands.u8[index * 96] === CommandType.CLOCK;
    // A record of a compound may be answered with a later one; each is answered once.
    if (isPart && responses === 0) staged.add(correlation);
    else if (correlation !== 0) {
      insist(responses === (isClock ? 0 : 1), "a command has one response");
    }
    groups.check();
    covered.hear(commands, index, events);
    insist(trades === shard.tradesTotal(), "trades are counted");
    insist(accepted === shard.ordersTotal(), "orders are counted");
  }

  function sorted(instrument: number, side: number): DepthLevel[] {
    const sign = side === Side.BID ? -1 : 1;
    return [...levelOf(instrument, side)]
      .map(([priceTicks, level]) => ({ priceTicks, ...level }))
      .toSorted((a, b) => sign * (a.priceTicks - b.priceTicks));
  }

  function compareBooks(): void {
    let open = 0;
    for (const key of books.keys()) {
      const [instrument, side] = key.split("/").map(Number) as [number, number];
      const told = sorted(instrument, side);
      const is = shard.depth(instrument, side, 1_000_000);
      insist(JSON.stringify(told) === JSON.stringify(is), `book ${key} is as it was told`);
      open += is.reduce((sum, level) => sum + level.orders, 0);
      const bid = shard.depth(instrument, Side.BID, 1)[0];
      const ask = shard.depth(instrument, Side.ASK, 1)[0];
      if (bid && ask) insist(bid.priceTicks < ask.priceTicks, `book ${key} is not crossed`);
    }
    insist(open + auctions.collected() === shard.ordersOpen(), "open orders are counted");
    if (shard.nextDueUs() !== 0) covered.compareNothingPending();
  }

  return { hear, compareBooks, orders: () => orders, trades: () => trades };
}
