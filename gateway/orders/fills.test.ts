/** What an owner is shown of yesterday: its own trades, newest first, within the bound. */
import { expect, test } from "@jest/globals";
import {
  EventF64,
  EventI32,
  EventType,
  EventU8,
  makeEvents,
  Side,
} from "../../engine/client/layouts.ts";
import { Fills } from "./fills.ts";

const events = makeEvents(1);

function trade(fills: Fills, tradeId: number, maker: number, taker: number): void {
  events.u8[EventU8.type] = EventType.TRADE;
  events.u8[EventU8.side] = Side.ASK;
  events.i32[EventI32.account] = maker;
  events.i32[EventI32.takerAccount] = taker;
  events.i32[EventI32.quantity] = 1;
  events.f64[EventF64.tradeId] = tradeId;
  events.f64[EventF64.stampUs] = tradeId;
  fills.onEvent(events, 0);
}

const told = (fills: Fills, account: number, limit = 10): string[] =>
  fills.ofAccount(account, limit).map(({ text }) => {
    const trade = JSON.parse(text) as Record<string, string>;
    return `${trade.trade_id} ${trade.side} ${trade.liquidity}`;
  });

test("each party's own side of it; both, for who traded with itself", () => {
  const fills = new Fills(0, () => undefined);
  trade(fills, 1, 7, 8);
  trade(fills, 2, 8, 7);
  trade(fills, 3, 9, 9);
  expect(told(fills, 7)).toEqual(["2 buy taker", "1 sell maker"]);
  expect(told(fills, 8)).toEqual(["2 sell maker", "1 buy taker"]);
  expect(told(fills, 9)).toEqual(["3 buy taker", "3 sell maker"]);
  expect(told(fills, 7, 1)).toEqual(["2 buy taker"]);
  expect(told(fills, 1)).toEqual([]);
});

test("what the bound has overwritten is not told, nor anybody else's in its place", () => {
  const fills = new Fills(0, () => undefined, 8);
  trade(fills, 1, 7, 8);
  for (let at = 2; at <= 4; at++) trade(fills, at, 5, 6);
  trade(fills, 5, 7, 6);
  expect(told(fills, 7)).toEqual(["5 sell maker"]);
  expect(told(fills, 8)).toEqual([]);
  expect(told(fills, 6)).toEqual(["5 buy taker", "4 buy taker", "3 buy taker", "2 buy taker"]);
});
