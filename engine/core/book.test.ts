// A bare book, driven without a shard.
import { describe, expect, test } from "@jest/globals";
import { Side, TimeInForce } from "./codes.ts";
import {
  type Book,
  makeBook,
  makeOrders,
  makePlainBook,
  MATCH_WORDS,
  MatchI32,
  MatchKind,
  MatchResult,
  MatchStop,
  ORDER_WORDS,
  OrderI32,
  packBits,
} from "./index.ts";

function put(book: Book, side: number, priceTicks: number, open: number, account = 0): number {
  const slot = book.orders.take();
  const row = slot * ORDER_WORDS;
  book.orders.i32[row + OrderI32.instrument] = 1;
  book.orders.i32[row + OrderI32.priceTicks] = priceTicks;
  book.orders.i32[row + OrderI32.open] = open;
  book.orders.i32[row + OrderI32.account] = account;
  book.orders.i32[row + OrderI32.bits] = packBits(side, TimeInForce.GTC, 0, false);
  book.rest(slot);
  return slot;
}

describe.each([
  ["fast", makeBook],
  ["plain", makePlainBook],
])("a bare %s book", (_, make) => {
  test("matches, remembers what it did, and says what is left", () => {
    const book = make({ instrumentsMax: 2, orders: makeOrders(10) });
    const [first, second] = [put(book, Side.ASK, 250, 3), put(book, Side.ASK, 251, 3)];
    book.match(1, Side.BID, 251, 4, 0, 0);
    const { result, i32, levelQuantity } = book.matches;
    expect(result[MatchResult.count]).toBe(2);
    expect(result[MatchResult.remaining]).toBe(0);
    expect(result[MatchResult.stop]).toBe(MatchStop.NONE);
    expect(i32[MatchI32.slot]).toBe(first);
    expect(i32[MATCH_WORDS + MatchI32.slot]).toBe(second);
    expect(i32[MATCH_WORDS + MatchI32.kind]).toBe(MatchKind.TRADE);
    expect(i32[MATCH_WORDS + MatchI32.quantity]).toBe(1);
    expect(levelQuantity[1]).toBe(2);
    expect(book.depth(1, Side.ASK, 9)).toEqual([{ priceTicks: 251, quantity: 2, orders: 1 }]);
  });

  test("does not take an order that crosses: its caller matches first", () => {
    const book = make({ instrumentsMax: 2, orders: makeOrders(10) });
    put(book, Side.ASK, 250, 3);
    expect(book.wouldCross(1, Side.BID, 250)).toBe(true);
    expect(book.wouldCross(1, Side.BID, 249)).toBe(false);
    expect(() => put(book, Side.BID, 250, 1)).toThrow("does not cross");
  });

  test("visits priority order and forgets what is removed", () => {
    const book = make({ instrumentsMax: 2, orders: makeOrders(10) });
    const slots = [250, 252, 251, 252].map((price) => put(book, Side.BID, price, 1));
    const seen: number[] = [];
    book.walk(1, Side.BID, (slot) => seen.push(slot));
    expect(seen).toEqual([slots[1], slots[3], slots[2], slots[0]]);
    book.remove(slots[1]!);
    expect([book.touched.orders[0], book.touched.quantity[0]]).toEqual([1, 1]);
    book.remove(slots[3]!);
    expect(book.depth(1, Side.BID, 1)).toEqual([{ priceTicks: 251, quantity: 1, orders: 1 }]);
  });
});
