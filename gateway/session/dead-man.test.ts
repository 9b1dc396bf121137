/** The dead man's switch over real sockets: what fires when nobody is there any more, and what does not. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { startTestExchange, type TestExchange, type TestKey } from "../testing/exchange.ts";
import { connect, type Trader } from "../testing/trader.ts";

const SYMBOL = "DZ5485-612:US-10";
const WAIT_MS = 10_000;
let exchange: TestExchange;
let key: TestKey;
let alice: Trader;
let watch: Trader;

beforeEach(async () => {
  exchange = await startTestExchange({ limits: { shutdownSpreadMs: 10, pingEveryMs: 80 } });
  key = await exchange.makeKey("alice");
  alice = await connect(exchange, key);
  watch = await connect(exchange, key);
});
afterEach(() => exchange.stop());

const bid = (id: string, more: object = {}) => {
  const order = { symbol: SYMBOL, side: "buy", type: "limit", qty: 1, price: "100.00" };
  return alice.request("add_order", { ...order, client_order_id: id, ...more });
};
const status = async (id: string): Promise<unknown[]> => {
  const { result } = await watch.request("order_status", { client_order_id: id });
  return [result.status, result.reason];
};
async function ends(id: string): Promise<unknown[]> {
  const untilMs = Date.now() + WAIT_MS;
  for (;;) {
    const now = await status(id);
    if (now[0] !== "open" || Date.now() > untilMs) return now;
    await sleep(10);
  }
}

test("cancel_after fires once its time is over", async () => {
  await bid("a");
  const { result } = await alice.request("cancel_after", { timeout_s: 0.2 });
  expect(Date.parse(result.fires_at as unknown as string)).toBeGreaterThan(Date.now() - 1_000);
  expect(await ends("a")).toEqual(["cancelled", "TIMER"]);
  expect((await bid("b")).result.status).toBe("open");
});

test("asked again it waits longer, and 0 turns it off", async () => {
  await bid("a");
  await alice.request("cancel_after", { timeout_s: 2 });
  await alice.request("cancel_after", { timeout_s: 3_540 });
  await bid("b", { tags: [7] });
  await alice.request("cancel_after", { timeout_s: 2.2, tag: 7 });
  expect(await ends("b")).toEqual(["cancelled", "TIMER"]);
  expect(await status("a")).toEqual(["open", undefined]);
  const off = await alice.request("cancel_after", { timeout_s: 0 });
  expect(off.result.fires_at).toBe(null);
  expect(exchange.shard.core.nextDueUs()).toBe(Infinity);
});

test("a socket that closes takes its account's orders with it, and leaves no timer", async () => {
  await bid("a");
  const { result } = await alice.request("cancel_on_disconnect", { scope: "account" });
  expect(result).toMatchObject({ scope: "account", within_s: 10 });
  expect(exchange.shard.core.nextDueUs()).toBeGreaterThan(Date.now() * 1000);
  alice.close();
  expect(await ends("a")).toEqual(["cancelled", "MASS_CANCEL"]);
  expect(exchange.shard.core.nextDueUs()).toBe(Infinity);
});

test("of a tag: the others stay", async () => {
  await bid("a");
  await bid("b", { tags: [7] });
  await alice.request("cancel_on_disconnect", { scope: "tag", tag: 7 });
  alice.socket.terminate();
  expect(await ends("b")).toEqual(["cancelled", "MASS_CANCEL"]);
  expect(await status("a")).toEqual(["open", undefined]);
});

test("turned off, nothing ends with the socket", async () => {
  await bid("a");
  await alice.request("cancel_on_disconnect", { scope: "account" });
  await alice.request("cancel_on_disconnect", { scope: "none" });
  expect(exchange.shard.core.nextDueUs()).toBe(Infinity);
  alice.close();
  await alice.closed;
  expect(await status("a")).toEqual(["open", undefined]);
});

test("both on one tag: the earlier one fires, though the socket lives", async () => {
  await bid("a");
  await alice.request("cancel_on_disconnect", { scope: "account" });
  await alice.request("cancel_after", { timeout_s: 0.2 });
  expect(await ends("a")).toEqual(["cancelled", "TIMER"]);
});

test("a living socket's timer is armed again with its pongs", async () => {
  await alice.request("cancel_on_disconnect", { scope: "account" });
  const first = exchange.shard.core.nextDueUs();
  const untilMs = Date.now() + WAIT_MS;
  while (exchange.shard.core.nextDueUs() === first && Date.now() < untilMs) await sleep(50);
  expect(exchange.shard.core.nextDueUs()).toBeGreaterThan(first);
});

test("a timer that cannot be armed is said, and the socket is on no leash", async () => {
  for (let tag = 1; tag <= 64; tag++) await alice.request("cancel_after", { timeout_s: 99, tag });
  const refused = await alice.request("cancel_on_disconnect", { scope: "account" });
  expect(refused.error.code).toBe("TOO_MANY_TIMERS");
  await bid("a");
  alice.close();
  await alice.closed;
  expect(await status("a")).toEqual(["open", undefined]);
});
