/** The heartbeat in both encodings: how far everything is that a socket listens to, and nothing else. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Encoding } from "../frames/outbox.ts";
import { JORDAN, startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { connect, type Trader } from "../testing/trader.ts";

const SYMBOL = "DZ5485-612:US-10";
const OTHER = "DZ5485-612:US-9";
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startTestExchange();
});
afterAll(() => exchange.stop());

const order = (by: Trader, id: string, symbol: string, side: string) => {
  const price = id.startsWith("j") ? "100.00" : "110.00"; // meets its own encoding's
  const params = { client_order_id: id, symbol, side, type: "limit", qty: 1, price };
  return by.request("add_order", params);
};

/** How far a socket was told that each channel is, by the last push of each. */
function told({ pushes }: Trader, channel: string): Record<string, number> {
  const rows = pushes.filter((push) => push.channel === channel);
  return Object.fromEntries(rows.map(({ symbol, shard, seq }) => [symbol ?? shard, seq]));
}

// Encoding | letter of its orders
const ENCODINGS: [Encoding, string][] = [
  ["json", "j"],
  ["proto", "p"],
];
test.each(ENCODINGS)("%s: of every channel what the last push said", async (encoding, letter) => {
  const maker = await connect(exchange, await exchange.makeKey(`maker-${letter}`));
  const trader = await connect(exchange, await exchange.makeKey(`alice-${letter}`), encoding);
  const symbols = [SYMBOL, OTHER];
  for (const channel of ["book", "trades", "instrument", "auction", "ticker"]) {
    await trader.request("subscribe", { channel, symbols });
  }
  await trader.request("subscribe", { channel: "size_grid", symbols: [JORDAN.style] });
  await trader.request("subscribe", { channel: "orders" });
  await trader.request("subscribe", { channel: "executions" });
  await order(trader, `${letter}1`, SYMBOL, "buy");
  await order(maker, `${letter}2`, SYMBOL, "sell");
  await order(trader, `${letter}3`, OTHER, "buy");
  await order(trader, `${letter}4`, SYMBOL, "buy");
  await trader.until(
    ({ channel, data }) => channel === "executions" && data.exec_type === ("trade" as never),
  );
  await trader.request("subscribe", { channel: "heartbeat" });
  const { data } = await trader.push("heartbeat", 0);
  const { symbols: books, shards, ...channels } = data;
  expect(books).toEqual(told(trader, "book"));
  expect(shards).toEqual(told(trader, "executions"));
  expect(shards).toEqual(told(trader, "orders"));
  const names = ["trades", "instrument", "auction", "ticker", "size_grid"];
  expect(channels).toEqual(Object.fromEntries(names.map((name) => [name, told(trader, name)])));
  expect(channels.trades![SYMBOL]).not.toBe(books![SYMBOL]);
});

test("of nothing that it does not listen to", async () => {
  const trader = await connect(exchange);
  await trader.request("subscribe", { channel: "heartbeat" });
  expect((await trader.push("heartbeat", 0)).data).toEqual({ symbols: {} });
  await trader.request("subscribe", { channel: "candles", symbols: [SYMBOL] });
  const { data } = await trader.push("heartbeat", trader.pushes.length);
  expect(data).toEqual({ symbols: { [SYMBOL]: expect.any(Number) } });
});
