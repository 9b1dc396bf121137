/** The rival from npm behind the face of all engines: one book of it per instrument, asked as its README says. */
import { OrderBook, Side as RivalSide } from "nodejs-order-book";
import * as core from "../../engine/core/index.ts";
import type { Engine, EngineSizes } from "./engine-api.ts";
import type { Trades } from "./trades.ts";

/** nodejs-order-book, one per instrument, asked as its README says: limit, modify, cancel. */
export function makeRivalEngine(sizes: EngineSizes, trades: Trades): Engine {
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
