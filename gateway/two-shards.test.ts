/**
 * Two shards behind one gateway: every size of a product trades on its product's shard, an account
 * is known to both and hears each in that shard's own sequence.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { connect as connectClient, type ExchangeError, makeSigner } from "./client/index.ts";
import { Tap, until } from "./client/testing/tapped-socket.ts";
import { type GatewayHandle, startGateway } from "./main.ts";
import { openLocalRegistry } from "./registry/local.ts";
import { JORDAN, makeTestKey, TOKEN } from "./testing/exchange.ts";
import { ShardDouble } from "./testing/shard-double.ts";
import { connect, type Trader } from "./testing/trader.ts";

const DUNK = { ...JORDAN, style: "DD1391-100", sizes: ["US-8"] };
const dir = mkdtempSync(join(tmpdir(), "solebook-two-"));
const shards = [new ShardDouble(0), new ShardDouble(1)];
let gateway: GatewayHandle;
let alice: Trader;

beforeAll(async () => {
  const sizes = { shards: 2, accountsMax: 64, instrumentsMax: 512 };
  gateway = await startGateway({
    host: "127.0.0.1",
    port: 0,
    clients: shards,
    registry: openLocalRegistry({ dataDir: dir, seed: [JORDAN, DUNK], ...sizes }),
    adminToken: TOKEN,
    logger: pino({ level: "silent" }),
    version: "test",
    limits: { shutdownSpreadMs: 10 },
  });
  alice = await connect(gateway, await makeTestKey(gateway.url, "alice"));
});
afterAll(async () => {
  await gateway.close();
  for (const shard of shards) shard.close();
  rmSync(dir, { recursive: true, force: true });
});

const place = (id: string, symbol: string) =>
  alice.request("add_order", {
    client_order_id: id,
    symbol,
    side: "buy",
    type: "limit",
    qty: 1,
    price: "100.00",
  });

test("orders go to their product's shard and carry its number", async () => {
  await alice.request("subscribe", { channel: "executions" });
  expect((await place("a", "DZ5485-612:US-9")).result).toMatchObject({ order_id: "1-1" });
  expect((await place("b", "DD1391-100:US-8")).result).toMatchObject({ order_id: "0-1" });
  expect(shards.map((shard) => shard.core.ordersOpen())).toEqual([1, 1]);
  const reports = [await alice.push("executions", 2), await alice.push("executions", 3)];
  expect(reports).toMatchObject([
    { shard: 1, seq: 1, prev_seq: 0 },
    { shard: 0, seq: 1, prev_seq: 0 },
  ]);
  const stats = await (await fetch(`${gateway.url}/v1/stats`)).json();
  expect(stats).toMatchObject({
    orders_total: 2,
    orders_open: 2,
    shards: [{ shard: 0 }, { shard: 1 }],
  });
});

test("a client order id alone does not say the shard; its symbol or the order's id does", async () => {
  const alone = await alice.request("order_status", { client_order_id: "a" });
  expect(alone.error).toMatchObject({ code: "VALIDATION", param: "symbol" });
  const named = { client_order_id: "a", symbol: "DZ5485-612:US-9" };
  expect((await alice.request("order_status", named)).result).toMatchObject({ order_id: "1-1" });
  const amend = { order_id: "1-1", price: "101.00" };
  expect((await alice.request("amend_order", amend)).result).toMatchObject({ order_id: "1-1" });
});

test("our client finds out on the right shard what became of an order whose answer was lost", async () => {
  const { key, privateKey } = await makeTestKey(gateway.url, "carol");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  const tap = new Tap();
  const client = connectClient({
    url: gateway.url,
    credentials: { kind: "key", signer: await makeSigner(key, pem) },
    makeSocket: tap.makeSocket,
    random: () => 0,
  });
  await until(() => client.connection.phase === "online");
  const order = { symbol: "DZ5485-612:US-9", side: "buy", qty: 1, price: "90.00" } as const;
  tap.losesIn = (text) => text.includes(`"add_order"`);
  const before = shards[1]!.core.ordersOpen();
  const lost = client.orders.place({ ...order, client_order_id: "lost" });
  await until(() => shards[1]!.core.ordersOpen() > before);
  tap.cut();
  expect(await lost).toMatchObject({ status: "open", client_order_id: "lost" });
  const name = { client_order_id: "lost", symbol: order.symbol };
  expect(await client.orders.cancel(name)).toMatchObject({ cancelled_qty: 1 });

  tap.losesOut = (text) => text.includes("add_order");
  const deadline = new Date(Date.now() + 200).toISOString();
  const never = client.orders.place({ ...order, deadline }).catch((error: ExchangeError) => error);
  tap.cut();
  expect(await never).toMatchObject({ code: "CLIENT_NOT_PLACED", execution: "none" });
  client.close();
});

test("one shard stops: the other trades on, and cancel_all says that it could not reach all", async () => {
  expect((await alice.request("cancel_all")).result).toMatchObject({ count: 2 });
  await place("c", "DD1391-100:US-8");
  shards[1]!.stop("gone");
  expect((await place("d", "DZ5485-612:US-9")).error).toMatchObject({ code: "ENGINE_STOPPED" });
  expect((await place("e", "DD1391-100:US-8")).success).toBe(true);
  expect((await alice.request("cancel_all")).error).toMatchObject({
    code: "ENGINE_STOPPED",
    execution: "none",
  });
  const own = await alice.request("cancel_all", { symbol: "DD1391-100:US-8" });
  expect(own.result).toMatchObject({ count: 2 });
});
