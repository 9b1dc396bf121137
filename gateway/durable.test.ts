/**
 * The gateway before the real thing: a shard in its own thread, rings between, a journal on disk.
 * What was acknowledged is there after a clean restart, and the market is what it was.
 */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { openRingClient } from "../engine/client/index.ts";
import { type ShardHandle, startShard } from "../engine/shell/main.ts";
import { openPast, type Past } from "../engine/shell/past/main.ts";
import { type GatewayHandle, startGateway } from "./main.ts";
import { openLocalRegistry } from "./registry/local.ts";
import { JORDAN, makeTestKey, TOKEN } from "./testing/exchange.ts";
import { connect } from "./testing/trader.ts";

const SYMBOL = `${JORDAN.style}:US-9`;
const SIZES = { accountsMax: 64, instrumentsMax: 512, ordersMax: 4_096, idsMax: 16_384 };
const SEGMENT_BYTES = 1024 * 1024;
let dir: string;
const logger = pino({ level: "silent" });
let shard: ShardHandle;
let gateway: GatewayHandle;

let past: Past;

async function start(): Promise<void> {
  const registry = openLocalRegistry({ dataDir: dir, shards: 1, seed: [JORDAN], ...SIZES });
  const directory = join(dir, "journal");
  shard = startShard({
    shard: 0,
    directory,
    log: logger,
    segmentBytes: SEGMENT_BYTES,
    options: SIZES,
  });
  past = openPast({ shard: 0, directory, status: shard.status, options: SIZES });
  gateway = await startGateway({
    host: "127.0.0.1",
    port: 0,
    clients: [openRingClient(shard)],
    stored: [past],
    recentEvents: 16,
    registry,
    adminToken: TOKEN,
    logger,
    version: "test",
    limits: { shutdownSpreadMs: 10 },
  });
}

async function stop(): Promise<void> {
  await gateway.close();
  await past.stop();
  await shard.stop();
}

const STREAMS = ["book", "level3", "executions", "orders"];

test("what is older than memory is told again from the journal, push by push", async () => {
  await start();
  const key = await makeTestKey(gateway.url, "alice");
  const old = await connect(gateway, key);
  const symbols = [SYMBOL];
  for (const channel of STREAMS) await old.request("subscribe", { channel, symbols });
  for (const channel of STREAMS) await old.push(channel, 0);
  const order = { symbol: SYMBOL, side: "sell", type: "limit", qty: 1, price: "241.00" };
  for (let at = 0; at < 60; at++) {
    const side = at % 3 === 0 ? "buy" : "sell";
    const id = { client_order_id: `p-${at}`, stp: "none" };
    await old.request("add_order", { ...order, ...id, side });
  }
  const late = await connect(gateway, key);
  for (const channel of STREAMS) {
    const heard = old.pushes.filter((push) => push.channel === channel);
    const from = heard[2]!.seq;
    const names = channel === "book" || channel === "level3" ? { symbols } : {};
    const resume = { channel, ...names, resume_from_seq: from };
    const { result } = await late.request("subscribe", resume);
    const row = ((result.symbols as unknown as object[])[0] ??
      (result.shards as unknown as object[])[0]) as { mode: string };
    expect(row.mode).toBe("resumed");
    await late.push(channel, heard.length - 4);
    expect(late.pushes.filter((push) => push.channel === channel)).toEqual(heard.slice(3));
  }
});

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "solebook-durable-"));
});
afterEach(async () => {
  await stop();
  rmSync(dir, { recursive: true, force: true });
});

test("what was acknowledged is there after a restart, and answers again", async () => {
  await start();
  const key = await makeTestKey(gateway.url, "alice");
  const before = await connect(gateway, key);
  const order = { symbol: SYMBOL, side: "sell", type: "limit", qty: 1, price: "241.00" };
  const places = Array.from({ length: 500 }, (_, at) =>
    before.request("add_order", { ...order, client_order_id: `o-${at}` }),
  );
  const first = await Promise.all(places);
  const bid = { ...order, side: "buy", qty: 3, client_order_id: "b-1", stp: "none" };
  expect((await before.request("add_order", bid)).result).toMatchObject({ status: "filled" });
  await stop();

  await start();
  const after = await connect(gateway, key);
  await after.request("subscribe", { channel: "book", symbols: [SYMBOL] });
  expect((await after.push("book", 0)).data).toEqual({ bids: [], asks: [["241.00", 497, 497]] });
  await after.request("subscribe", { channel: "executions" });
  expect((await after.push("executions", 0)).data).toHaveLength(497);
  const again = await Promise.all(
    first.map((_, at) => after.request("add_order", { ...order, client_order_id: `o-${at}` })),
  );
  const numbers = (answers: typeof first): unknown[] =>
    answers.map(({ result }) => [result.order_id, result.engine_seq]);
  expect(numbers(again)).toEqual(numbers(first));
  expect(again.every(({ result }) => Boolean(result.duplicate))).toBe(true);
  expect(again.filter(({ result }) => (result.status as unknown) === "filled")).toHaveLength(3);
  const stats = await (await fetch(`${gateway.url}/v1/stats`)).json();
  expect(stats).toMatchObject({ trades_total: 3, orders_total: 501, orders_open: 497 });
});
