// The same book by every channel that shows it: levels, single orders, the best ten, and its checksum.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { crc32 } from "node:zlib";
import { JORDAN, startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { connect } from "../testing/trader.ts";
import { TRADES_KEPT } from "./view.ts";

const SYMBOL = `${JORDAN.style}:US-10`;
const symbols = [SYMBOL];
let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange();
});
afterAll(() => exchange.stop());

test("levels, orders, best ten and checksum are one book", async () => {
  const trader = await connect(exchange, await exchange.makeKey("alice"));
  const reader = await connect(exchange);
  await reader.request("subscribe", { channel: "book", symbols, crc32: true });
  await reader.request("subscribe", { channel: "candles", symbols, interval: "5m" });
  await reader.request("subscribe", { channel: "book@100ms", symbols, depth: 10 });
  for (let at = 0; at < 24; at++) {
    const isBid = at % 2 === 0;
    const price = `${isBid ? 190 - (at >> 1) : 200 + (at >> 1)}.00`;
    const order = { client_order_id: `c-${at}`, symbol: SYMBOL, type: "limit", qty: 1 + at };
    await trader.request("add_order", { ...order, side: isBid ? "buy" : "sell", price });
  }
  const hit = { client_order_id: "hit", symbol: SYMBOL, side: "buy", type: "limit", qty: 1 };
  await trader.request("add_order", { ...hit, price: "200.00", stp: "none" });
  const fresh = await connect(exchange);
  await fresh.request("subscribe", { channel: "level3", symbols });
  await fresh.request("subscribe", { channel: "book", symbols });
  type Level = [string, number, number];
  const { bids, asks } = (await fresh.push("book", 0)).data as unknown as Record<string, Level[]>;
  const orders = (await fresh.push("level3", 0)).data as unknown as Record<
    string,
    { price: string; qty: number }[]
  >;
  expect(orders.bids!.map(({ price, qty }) => [price, qty, 1])).toEqual(bids);
  expect(orders.asks!.map(({ price, qty }) => [price, qty, 1])).toEqual(asks);
  const best = { bids: bids!.slice(0, 10), asks: asks!.slice(0, 10) };
  const told = await reader.until(
    ({ channel, data }) =>
      channel === "book@100ms" && JSON.stringify(data) === JSON.stringify(best),
  );
  expect(told.type).toBe("update");
  const text = (side: Level[]): string => side.map((level) => level.join(",")).join(";");
  const last = reader.pushes.findLast(({ channel }) => channel === "book")!;
  expect(last.data.crc32).toBe(crc32(`${text(best.bids)}|${text(best.asks)}`));
  const bar = await reader.until(({ channel, type }) => channel === "candles" && type === "update");
  expect(bar.data).toMatchObject([{ open: "200.00", close: "200.00", volume: 1, trades: 1 }]);
  for (const each of [trader, reader, fresh]) each.close();
});

test("more trades at once than are kept are each told as they were", async () => {
  const trader = await connect(exchange, await exchange.makeKey("bob"));
  const reader = await connect(exchange);
  await reader.request("subscribe", { channel: "trades", symbols });
  await reader.push("trades", 0);
  const order = { symbol: SYMBOL, type: "limit", stp: "none" };
  const prices = Array.from({ length: TRADES_KEPT + 10 }, (_, at) => `${300 + at}.00`);
  for (const [at, price] of prices.entries()) {
    const ask = { ...order, client_order_id: `many-${at}`, side: "sell", qty: 1, price };
    await trader.request("add_order", ask);
  }
  const hit = { ...order, client_order_id: "hit-all", side: "buy", price: "400.00" };
  const before = reader.pushes.length;
  await trader.request("add_order", { ...hit, qty: 300 });
  await reader.until(({ channel, type }) => channel === "trades" && type === "update");
  const told = reader.pushes.slice(before).filter(({ channel }) => channel === "trades");
  const rows = told.flatMap(({ data }) => data as unknown as { price: string; qty: number }[]);
  const ofThese = rows.filter(({ price }) => Number(price) >= 300).map(({ price }) => price);
  expect(ofThese).toEqual(prices);
  for (const each of [trader, reader]) each.close();
});
