/**
 * The engines under measurement, behind one face: they take the same commands and answer with the same
 * trades. Each is made in a process of its own.
 */
import { OrderBook, Side as RivalSide } from "nodejs-order-book";
import * as core from "../../engine/core/index.ts";
import { makeBare } from "./bare.ts";
import type { Trades } from "./trades.ts";
import type { Workload } from "./workloads.ts";

export const ENGINES = ["shard", "book", "plain", "nodejs-order-book"] as const;
export type EngineName = (typeof ENGINES)[number];

export interface Engine {
  run(commands: core.Commands, from: number, to: number): void;
}

export interface EngineSizes {
  readonly books: number;
  readonly accounts: number;
  readonly resting: number;
  readonly places: number;
  /** Orders that may rest, and ids that may be remembered: a little more than ever are. */
  readonly ordersMax: number;
  readonly idsMax: number;
  /** Of them had before anything is measured. */
  readonly readyRows?: number;
}

export function sizesOf(workload: Workload, places: number): EngineSizes {
  const { books, accounts, resting, stepUs } = workload;
  const ordersMax = Math.ceil(resting * 1.02) + 2_048;
  const remembered = Math.ceil((0.4 * 1_000_000) / stepUs);
  return { books, accounts, resting, places, ordersMax, idsMax: ordersMax + remembered };
}

const { priceTicks: E_PRICE, quantity: E_QUANTITY } = core.EventI32;
const { orderId: D_ORDER, takerOrderId: D_TAKER_ORDER } = core.EventF64;
const { TRADE, REJECTED } = core.EventType;
const E_WORDS = core.EVENT_I32;
const EVENTS = 32 * 64;
const AHEAD = core.READ_AHEAD_COMMANDS;

/** The whole shard: ids, accounts, checks, books, events; the events are read for their trades. */
function makeShardEngine(sizes: EngineSizes, trades: Trades): Engine {
  const events = core.makeEvents(EVENTS + core.EVENTS_PER_COMMAND_MAX);
  const shard = core.makeShard({
    accountsMax: sizes.accounts + 1,
    instrumentsMax: sizes.books + 1,
    ordersMax: sizes.ordersMax,
    idsMax: sizes.idsMax,
    readyRows: sizes.readyRows ?? 0,
    events,
  });
  const { u8: e8, i32: e32, f64: e64 } = events;

  /** What the bare book does at each trade, done for the trades of all events together. */
  function read(): void {
    const types = e32;
    const words = events.count * E_WORDS;
    for (let at = 0; at < words; at += E_WORDS) {
      const type = types[at]! & 255;
      if (type === REJECTED) throw new Error(`the shard refused: code ${e8[at * 4 + 3]}`);
      if (type !== TRADE) continue;
      const maker = e64[(at >> 1) + D_ORDER]!;
      const taker = e64[(at >> 1) + D_TAKER_ORDER]!;
      trades.add(maker, taker, e32[at + E_PRICE]!, e32[at + E_QUANTITY]!);
    }
    events.count = 0;
  }

  return {
    run(commands, from, to) {
      for (let n = from; n < to; ) {
        const end = Math.min(n + AHEAD, to);
        shard.readAhead(commands, n, end - n);
        for (; n < end; n++) shard.apply(commands, n, events);
        read();
      }
    },
  };
}

/** nodejs-order-book, one per instrument, asked as its README says: limit, modify, cancel. */
function makeRivalEngine(sizes: EngineSizes, trades: Trades): Engine {
  const books: OrderBook[] = Array.from({ length: sizes.books + 1 }, () => new OrderBook());
  // Its ids are strings; made before anything is measured.
  const names = Array.from({ length: sizes.places + 1 }, (_, id) => String(id));
  const left = new Int32Array(sizes.places + 1);
  const bookOf = new Int32Array(sizes.places + 1);
  let placed = 0;

  function hear(taker: number, answer: ReturnType<OrderBook["limit"]>): void {
    if (answer.err !== null) throw answer.err;
    const { done, partial } = answer;
    for (const order of done) {
      const maker = Number(order.id);
      if (maker === taker) continue;
      const price = (order as { price: number }).price;
      trades.add(maker, taker, price, left[maker]!);
      left[taker]! -= left[maker]!;
      left[maker] = 0;
    }
    if (partial === null) return;
    const maker = Number(partial.id);
    if (maker === taker) return;
    trades.add(maker, taker, partial.price, answer.partialQuantityProcessed);
    left[maker]! -= answer.partialQuantityProcessed;
    left[taker]! -= answer.partialQuantityProcessed;
  }

  function one({ u8, i32, f64 }: core.Commands, n: number): void {
    const type = u8[n * core.COMMAND_BYTES];
    const at = n * core.COMMAND_I32;
    if (type === core.CommandType.PLACE) {
      const id = ++placed;
      const isBid = u8[n * core.COMMAND_BYTES + core.CommandU8.side] === core.Side.BID;
      const size = i32[at + core.CommandI32.quantity]!;
      const price = i32[at + core.CommandI32.priceTicks]!;
      const book = i32[at + core.CommandI32.instrument]!;
      left[id] = size;
      bookOf[id] = book;
      const side = isBid ? RivalSide.BUY : RivalSide.SELL;
      hear(id, books[book]!.limit({ id: names[id]!, side, size, price }));
    } else if (type === core.CommandType.AMEND) {
      const id = f64[n * core.COMMAND_F64 + core.CommandF64.orderId]!;
      const price = i32[at + core.CommandI32.priceTicks]!;
      hear(id, books[bookOf[id]!]!.modify(names[id]!, { price, size: left[id]! }));
    } else if (type === core.CommandType.CANCEL) {
      const id = f64[n * core.COMMAND_F64 + core.CommandF64.orderId]!;
      books[bookOf[id]!]!.cancel(names[id]!);
    }
  }

  return {
    run(commands, from, to) {
      for (let n = from; n < to; n++) one(commands, n);
    },
  };
}

export function makeEngine(name: EngineName, sizes: EngineSizes, trades: Trades): Engine {
  if (name === "shard") return makeShardEngine(sizes, trades);
  if (name === "nodejs-order-book") return makeRivalEngine(sizes, trades);
  const makeBook = name === "book" ? core.makeBook : core.makePlainBook;
  const { books, ordersMax, places } = sizes;
  return makeBare(makeBook, { books, ordersMax, placesMax: places }, trades);
}
