/**
 * Start, trouble and end: a port in use, recovery, a shard that stops, a full disk, overload, a
 * registry that does not belong to the journal, and a planned shutdown.
 */
import { afterEach, expect, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../.ci/servers/ports.ts";
import { CommandF64, DEADLINE_DEFAULT_US } from "../engine/client/layouts.ts";
import { openLocalRegistry } from "./registry/local.ts";
import { JORDAN, startTestExchange, type TestExchange } from "./testing/exchange.ts";
import { connect, type Trader } from "./testing/trader.ts";
import { readTime } from "./written-forms.ts";

const SYMBOL = `${JORDAN.style}:US-10`;
const running: TestExchange[] = [];
const dirs: string[] = [];

afterEach(async () => {
  for (const exchange of running.splice(0)) await exchange.stop();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

async function start(options: Parameters<typeof startTestExchange>[0] = {}) {
  const exchange = await startTestExchange(options);
  running.push(exchange);
  return exchange;
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "solebook-lifecycle-"));
  dirs.push(dir);
  return dir;
}

async function withTrader(exchange: TestExchange): Promise<Trader> {
  const trader = await connect(exchange, await exchange.makeKey("alice"));
  await trader.request("subscribe", { channel: "status" });
  return trader;
}

const bid = (id: string): object => ({
  client_order_id: id,
  symbol: SYMBOL,
  side: "buy",
  type: "limit",
  qty: 1,
  price: "100.00",
});

const readyz = async (exchange: TestExchange): Promise<[number, unknown]> => {
  const response = await fetch(`${exchange.url}/readyz`);
  return [response.status, await response.json()];
};

test("a port in use is said, and leaves the other exchange alone", async () => {
  const first = await start();
  const second = start({ port: first.gateway.port });
  await expect(second).rejects.toMatchObject({
    code: "PORT_IN_USE",
    message: expect.stringContaining(`port ${first.gateway.port} on 127.0.0.1 is in use`),
  });
  expect((await readyz(first))[0]).toBe(200);
});

test("an address this machine does not have is not called a port in use", async () => {
  for (const host of ["300.1.1.1", "192.0.2.1"]) {
    await expect(start({ host })).rejects.toMatchObject({
      code: "ADDRESS_UNUSABLE",
      message: expect.stringContaining(`${host} is not an address of this machine`),
    });
  }
});

test("an exchange that goes on knows its keys, its orders and their answers", async () => {
  const dir = folder();
  const first = await start({ dir });
  const key = await first.makeKey("alice");
  const before = await connect(first, key);
  const placed = await before.request("add_order", bid("b1"));
  await first.gateway.close();
  const next = await start({ dir, journal: first.shard.journal });
  const after = await connect(next, key);
  const again = await after.request("add_order", bid("b1"));
  expect(again.result).toMatchObject({
    duplicate: true,
    order_id: placed.result.order_id,
    engine_seq: placed.result.engine_seq,
    status: "open",
  });
  await after.request("subscribe", { channel: "executions" });
  expect((await after.push("executions", 0)).data).toMatchObject([{ client_order_id: "b1" }]);
  // Nothing was listed or allowed a second time.
  expect(next.shard.core.sequence()).toBe(first.shard.core.sequence() + 1);
});

test("what the registry had and the engine had not is listed at the next start", async () => {
  const dir = folder();
  const sizes = { shards: 1, accountsMax: 64, instrumentsMax: 512 };
  const registry = openLocalRegistry({ dataDir: dir, seed: [JORDAN], ...sizes });
  await registry.openAccount("alice");
  const exchange = await start({ dir });
  expect(exchange.shard.core.sequence()).toBe(1 + JORDAN.sizes.length + 1); // the rules first
  const listed = await (await fetch(`${exchange.url}/v1/instruments`)).json();
  expect(listed).toMatchObject({ instruments: [{ size: "US-9" }, { size: "US-10" }, {}] });
});

test("a journal that knows more than the registry refuses to start, in words", async () => {
  const first = await start();
  const journal = [...first.shard.journal];
  const other = start({ journal, seed: [] });
  await expect(other).rejects.toMatchObject({
    code: "ENGINE_STOPPED",
    message: expect.stringContaining("put back the registry.json that belongs to this journal"),
  });
});

// What stands in registry.json | what is said about it
const DAMAGE: [string, string][] = [
  ['{"format": 1,', "it is not whole JSON"],
  ["[]", "its format is undefined"],
  ['{"format": 2}', "its format is 2, this version reads 1"],
  ['{"format": 1, "accounts": 3}', "accounts is not a list"],
];
test.each(DAMAGE)("registry.json of %s refuses to start", async (text, words) => {
  const dir = folder();
  writeFileSync(join(dir, "registry.json"), text);
  await expect(start({ dir })).rejects.toThrow(words);
  expect(readFileSync(join(dir, "registry.json"), "utf8")).toBe(text);
});

test("registry.json is its owner's alone", async () => {
  const exchange = await start();
  await exchange.makeKey("alice");
  expect(statSync(join(exchange.dir, "registry.json")).mode & 0o777).toBe(0o600);
});

test("a shard that stops: the asked do not know, the next are refused, the book stays readable", async () => {
  const exchange = await start();
  const trader = await withTrader(exchange);
  await trader.request("add_order", bid("b1"));
  exchange.shard.hold();
  const pending = trader.request("add_order", bid("b2"));
  await trader.request("ping");
  exchange.shard.stop("the disk said EIO");
  expect((await pending).error).toMatchObject({
    code: "ENGINE_STOPPED",
    class: "SYSTEM",
    execution: "unknown",
  });
  const shards = [{ shard: 0, state: "engine_stopped", reason: "the disk said EIO" }];
  expect((await trader.push("status", 1)).data).toMatchObject({ state: "engine_stopped", shards });
  const refused = await trader.request("add_order", bid("b3"));
  expect(refused.error).toMatchObject({ code: "ENGINE_STOPPED", execution: "none" });
  expect(await readyz(exchange)).toEqual([503, { status: "not_ready", reason: "engine_stopped" }]);
  expect((await fetch(`${exchange.url}/livez`)).status).toBe(200);
  await trader.request("subscribe", { channel: "book", symbols: [SYMBOL] });
  expect(await trader.push("book", 0)).toMatchObject({
    stale: true,
    data: { bids: [["100.00", 1, 1]] },
  });
  const instrument = await (await fetch(`${exchange.url}/v1/instruments/${SYMBOL}`)).json();
  expect(instrument).toMatchObject({ symbol: SYMBOL, stale: true });
});

test("a full disk: places and cancels are refused by name until there is room again", async () => {
  const exchange = await start();
  const trader = await withTrader(exchange);
  await trader.request("add_order", bid("b1"));
  exchange.shard.setDiskFull(true);
  for (const [method, params] of [
    ["add_order", bid("b2")],
    ["cancel_order", { client_order_id: "b1" }],
    ["cancel_all", {}],
  ] as const) {
    const refused = await trader.request(method, params);
    expect(refused.error).toMatchObject({ code: "DISK_FULL", execution: "none" });
  }
  expect((await trader.push("status", 1)).data).toMatchObject({ state: "disk_full" });
  expect(await readyz(exchange)).toEqual([503, { status: "not_ready", reason: "disk_full" }]);
  exchange.shard.setDiskFull(false);
  expect((await trader.push("status", 2)).data).toMatchObject({ state: "online" });
  expect((await trader.request("add_order", bid("b2"))).success).toBe(true);
});

test("what was on its way when the disk got full is answered unknown, and done later at most", async () => {
  const exchange = await start();
  const trader = await withTrader(exchange);
  exchange.shard.hold();
  const asked = [
    trader.request("add_order", bid("b1")),
    trader.request("add_order", { ...bid("b2"), deadline: new Date().toISOString() }),
    trader.request("cancel_all"),
  ];
  await trader.request("ping");
  exchange.shard.setDiskFull(true);
  for (const { error } of await Promise.all(asked)) {
    expect(error).toMatchObject({ code: "DISK_FULL", execution: "unknown", retryable: false });
  }
  exchange.shard.setDiskFull(false);
  exchange.shard.release();
  const again = await trader.request("add_order", bid("b1"));
  expect(again.result).toMatchObject({ duplicate: true, status: "cancelled" });
  const late = await trader.request("order_status", { client_order_id: "b2" });
  expect(late.error).toMatchObject({ code: "UNKNOWN_CLIENT_ORDER_ID" });
  // Each was answered once: what the shard said later is nobody's.
  expect(trader.messages.filter((message) => message.method === "cancel_all")).toHaveLength(1);
});

test("an order without a deadline gets that of a minute after it came in", async () => {
  const exchange = await start();
  const trader = await withTrader(exchange);
  exchange.shard.hold();
  const before = Date.now() * 1_000;
  const placed = trader.request("add_order", bid("b1"));
  await trader.request("ping");
  const deadlineUs = exchange.shard.commands.f64[CommandF64.deadlineUs]!;
  exchange.shard.release();
  const { time_in: timeIn } = await placed;
  expect(deadlineUs).toBe(readTime(timeIn) + DEADLINE_DEFAULT_US);
  expect(deadlineUs).toBeGreaterThan(before);
});

test("a full ring refuses by name and loses nothing it took", async () => {
  const exchange = await start();
  const trader = await withTrader(exchange);
  exchange.shard.hold();
  const room = exchange.shard.commands.capacity;
  const asked = Array.from({ length: room + 3 }, () =>
    trader.request("order_status", { client_order_id: "nobody" }),
  );
  const overloaded = await trader.until((message) => message.error?.code === "OVERLOADED");
  expect(overloaded.error).toMatchObject({ class: "RATE", retryable: true, execution: "none" });
  exchange.shard.release();
  const codes = (await Promise.all(asked)).map((answer) => answer.error.code);
  expect(codes.filter((code) => code === "OVERLOADED")).toHaveLength(3);
  expect(codes.filter((code) => code === "UNKNOWN_CLIENT_ORDER_ID")).toHaveLength(room);
});

test("a rate limit, where one is set, counts places and never cancels", async () => {
  const limits = { ordersPerSecond: 1, ordersBurst: 2, shutdownSpreadMs: 20 };
  const exchange = await start({ limits });
  const trader = await withTrader(exchange);
  expect((await trader.request("add_order", bid("b1"))).success).toBe(true);
  expect((await trader.request("add_order", bid("b2"))).success).toBe(true);
  const refused = await trader.request("add_order", bid("b3"));
  expect(refused.error).toMatchObject({ code: "RATE_LIMITED", execution: "none" });
  expect(refused.error.retry_after_ms).toBeGreaterThan(0);
  for (const id of ["b1", "b2"]) {
    expect((await trader.request("cancel_order", { client_order_id: id })).success).toBe(true);
  }
});

test("a planned shutdown says so, answers what it took, and closes everyone with 1012", async () => {
  const [port = 0] = await freePorts(1);
  const exchange = await start({ port });
  const trader = await withTrader(exchange);
  exchange.shard.hold();
  const pending = trader.request("add_order", bid("b1"));
  await trader.request("ping");
  const closing = exchange.gateway.close();
  expect((await trader.push("status", 1)).data).toMatchObject({ state: "shutting_down" });
  const late = await trader.request("add_order", bid("b2"));
  expect(late.error).toMatchObject({ code: "SHUTTING_DOWN", execution: "none" });
  exchange.shard.release();
  expect(await pending).toMatchObject({ success: true, result: { status: "open" } });
  expect(await trader.closed).toEqual({ code: 1012, reason: "SHUTTING_DOWN" });
  await closing;
  await expect(fetch(`${exchange.url}/livez`)).rejects.toThrow("fetch failed");
  // At once on the same port, though the system still remembers the connections of a moment ago.
  const next = await start({ port });
  expect((await readyz(next))[0]).toBe(200);
});
