/**
 * A bare book driven by commands: what a shard does without accounts, ids, checks and events. The
 * generator of streams uses it to know what rests, the bench to measure it.
 */
import * as core from "../../engine/core/index.ts";
import type { Trades } from "./trades.ts";

const ROW = core.ORDER_SHIFT;
const { PLACE, CANCEL, AMEND } = core.CommandType;
const { instrument: C_INSTRUMENT, priceTicks: C_PRICE, quantity: C_QUANTITY } = core.CommandI32;
const C_ORDER = core.CommandF64.orderId;
const C_SIDE = core.CommandU8.side;
const BYTES = core.COMMAND_BYTES;
const C_WORDS = core.COMMAND_I32;
const C_DOUBLES = core.COMMAND_F64;
const { instrument: INSTRUMENT, priceTicks: PRICE, open: OPEN, bits: BITS } = core.OrderI32;
const NUMBER = core.OrderI32.tag; // the order id, in a word the book does not use
const M_ROW = core.MATCH_SHIFT;
const { slot: M_SLOT, quantity: M_QUANTITY } = core.MatchI32;
const { count: R_COUNT, remaining: R_REMAINING } = core.MatchResult;

export interface Bare {
  /** Applies the commands [from, to): places, cancels and amends of the price; others do nothing. */
  run(commands: core.Commands, from: number, to: number): void;
  /** Open units of an order, 0 when it has ended. */
  openOf(orderId: number): number;
}

export interface BareSizes {
  readonly books: number;
  readonly ordersMax: number;
  readonly placesMax: number;
}

const AHEAD = 32;

export function makeBare(makeBook: core.MakeBook, sizes: BareSizes, trades: Trades): Bare {
  const orders = core.makeOrders(sizes.ordersMax);
  const book = makeBook({ instrumentsMax: sizes.books + 1, orders });
  const slots = new Int32Array(sizes.placesMax + 1); // by order id
  const o32 = orders.i32;
  const { result, i32: m32 } = book.matches;
  const seen = new Int32Array(1);
  let placed = 0;

  function end(slot: number): void {
    slots[o32[(slot << ROW) + NUMBER]!] = 0;
    orders.free(slot);
  }

  /** The order of a row that is in no book meets the makers; what is left of it rests. */
  function take(slot: number, priceTicks: number, quantity: number): void {
    const row = slot << ROW;
    const instrument = o32[row + INSTRUMENT]!;
    book.match(instrument, o32[row + BITS]! & 3, priceTicks, quantity, 0, 0);
    const count = result[R_COUNT]!;
    for (let n = 0; n < count; n++) {
      const maker = m32[(n << M_ROW) + M_SLOT]!;
      const makerRow = maker << ROW;
      const makerId = o32[makerRow + NUMBER]!;
      trades.add(
        makerId,
        o32[row + NUMBER]!,
        o32[makerRow + PRICE]!,
        m32[(n << M_ROW) + M_QUANTITY]!,
      );
      if (o32[makerRow + OPEN] === 0) end(maker);
    }
    const left = result[R_REMAINING]!;
    if (left === 0) return end(slot);
    o32[row + PRICE] = priceTicks;
    o32[row + OPEN] = left;
    book.rest(slot);
  }

  function place(i32: Int32Array, at: number, side: number): void {
    const slot = orders.take();
    const row = slot << ROW;
    slots[++placed] = slot;
    o32[row + NUMBER] = placed;
    o32[row + INSTRUMENT] = i32[at + C_INSTRUMENT]!;
    o32[row + BITS] = side;
    take(slot, i32[at + C_PRICE]!, i32[at + C_QUANTITY]!);
  }

  /** Reads what the next commands need, for all of them together. */
  function readAhead({ u8, i32, f64 }: core.Commands, from: number, to: number): void {
    let read = 0;
    for (let n = from; n < to; n++) {
      if (u8[n * BYTES] === PLACE) continue;
      read ^= o32[slots[f64[n * C_DOUBLES + C_ORDER]!]! << ROW]!;
    }
    for (let n = from; n < to; n++) {
      const type = u8[n * BYTES];
      const at = n * C_WORDS;
      if (type === PLACE) {
        read ^= book.touchPrice(
          i32[at + C_INSTRUMENT]!,
          u8[n * BYTES + C_SIDE]!,
          i32[at + C_PRICE]!,
        );
        continue;
      }
      const slot = slots[f64[n * C_DOUBLES + C_ORDER]!]!;
      const bits = o32[(slot << ROW) + BITS]!;
      read ^= book.touchOrder(slot);
      if (type === AMEND) {
        read ^= book.touchPrice(o32[(slot << ROW) + INSTRUMENT]!, bits & 3, i32[at + C_PRICE]!);
      }
    }
    seen[0] = read;
  }

  function run(commands: core.Commands, from: number, to: number): void {
    const { u8, i32, f64 } = commands;
    for (let n = from; n < to; n++) {
      if (sizes.ordersMax > 16_384 && (n - from) % AHEAD === 0) {
        readAhead(commands, n, Math.min(n + AHEAD, to));
      }
      const type = u8[n * BYTES];
      const at = n * C_WORDS;
      if (type === PLACE) place(i32, at, u8[n * BYTES + C_SIDE]!);
      else if (type === AMEND) {
        const slot = slots[f64[n * C_DOUBLES + C_ORDER]!]!;
        const quantity = o32[(slot << ROW) + OPEN]!;
        book.remove(slot);
        take(slot, i32[at + C_PRICE]!, quantity);
      } else if (type === CANCEL) {
        const slot = slots[f64[n * C_DOUBLES + C_ORDER]!]!;
        book.remove(slot);
        end(slot);
      }
    }
  }

  return {
    run,
    openOf: (orderId) => {
      const slot = slots[orderId]!;
      return slot === 0 ? 0 : o32[(slot << ROW) + OPEN]!;
    },
  };
}
