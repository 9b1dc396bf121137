/** The dead man's switch while others ask for more than a ring takes: who lives is spared, who is dead is not. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { startTestExchange, type TestExchange, type TestKey } from "../testing/exchange.ts";
import { connect, type Trader } from "../testing/trader.ts";

const SYMBOL = "DZ5485-612:US-10";
const WAIT_MS = 20_000;
/** No pings but the test's own word: a pong would be heard, too. */
const NO_PINGS_MS = 600_000;
const LEASH_MS = 5_000;
const AFTER_ITS_LOOK_MS = 1_000;

let exchange: TestExchange;
let key: TestKey;
let alice: Trader;
let flood: Trader;

beforeEach(async () => {
  const limits = { shutdownSpreadMs: 10, pingEveryMs: NO_PINGS_MS, leashMs: LEASH_MS };
  exchange = await startTestExchange({ limits });
  key = await exchange.makeKey("alice");
  alice = await connect(exchange, key);
  flood = await connect(exchange, await exchange.makeKey("bob"));
});
afterEach(() => exchange.stop());

const order = { symbol: SYMBOL, side: "buy", type: "limit", qty: 1, price: "100.00" };
let count = 0;
const place = (trader: Trader): void => {
  const params = { ...order, tif: "ioc", client_order_id: `f-${count++}` };
  trader.socket.send(JSON.stringify({ method: "add_order", req_id: 1e6 + count, params }));
};
const dueUs = (): number => exchange.shard.core.nextDueUs();

/** Others have filled the ring, and nothing is taken from it. */
async function fillRing(): Promise<void> {
  exchange.shard.hold();
  for (let room = exchange.shard.room(); room >= 0; room--) place(flood);
  await flood.until(({ error }) => error?.code === "OVERLOADED");
}

/** When the timer fires as soon as it is another time than `us`; Infinity: it is off, or has fired. */
async function afterwards(us: number): Promise<number> {
  const untilMs = Date.now() + WAIT_MS;
  while (dueUs() === us && Date.now() < untilMs) await sleep(5);
  return dueUs();
}

/** What became of the timer that was to fire at `us`. */
async function fateOf(us: number): Promise<string> {
  const next = await afterwards(us);
  if (next === Infinity) return "fired";
  return next > us ? "armed again" : "left alone";
}

/** Says something again and again, until the answer is called. */
function talk(trader: Trader): () => void {
  const ping = JSON.stringify({ method: "ping" });
  const timer = setInterval(() => trader.socket.send(ping), 20);
  return () => clearInterval(timer);
}

test("whatever comes from a socket keeps its timer from firing, not pongs alone", async () => {
  await alice.request("cancel_on_disconnect", { scope: "account" });
  const first = dueUs();
  const hush = talk(alice);
  expect(await fateOf(first)).toBe("armed again");
  hush();
});

test("a timer that a full ring does not take is armed once there is room, without another word", async () => {
  await alice.request("cancel_on_disconnect", { scope: "account" });
  const first = dueUs();
  await fillRing();
  await sleep(AFTER_ITS_LOOK_MS);
  await alice.request("ping");
  expect(dueUs()).toBe(first);
  exchange.shard.release();
  expect(await fateOf(first)).toBe("armed again");
});

test("who goes away while there is no room: his orders end as soon as there is, then the timer", async () => {
  await alice.request("add_order", { ...order, client_order_id: "a" });
  await alice.request("cancel_on_disconnect", { scope: "account" });
  const armed = dueUs();
  await fillRing();
  alice.socket.terminate();
  await sleep(50);
  exchange.shard.release();
  expect(await afterwards(armed)).toBe(Infinity);
  const watch = await connect(exchange, key);
  const { result } = await watch.request("order_status", { client_order_id: "a" });
  expect([result.status, result.reason]).toEqual(["cancelled", "MASS_CANCEL"]);
});

test("a flood of orders does not keep a timer from being armed again", async () => {
  await alice.request("cancel_on_disconnect", { scope: "account" });
  const first = dueUs();
  const flooding = setInterval(() => {
    for (let at = 0; at < 500; at++) place(flood);
  }, 5);
  const hush = talk(alice);
  expect(await fateOf(first)).toBe("armed again");
  hush();
  clearInterval(flooding);
});
