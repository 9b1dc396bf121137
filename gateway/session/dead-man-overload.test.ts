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
const AFTER_ITS_LOOK_MS = 1_600;

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

/** It was armed again, and has not fired. */
function expectRenewed(us: number, before: number): void {
  expect(us).toBeGreaterThan(before);
  expect(us).toBeLessThan(Infinity);
}

/** Says something again and again. */
function talk(trader: Trader): { end(): Promise<void> } {
  let isOver = false;
  const talking = (async (): Promise<void> => {
    for (; !isOver; await sleep(20)) await trader.request("ping");
  })();
  return {
    end: () => {
      isOver = true;
      return talking;
    },
  };
}

test("whatever comes from a socket keeps its timer from firing, not pongs alone", async () => {
  await alice.request("cancel_on_disconnect", { scope: "account" });
  const first = dueUs();
  const talking = talk(alice);
  expectRenewed(await afterwards(first), first);
  await talking.end();
});

test("a timer that a full ring does not take is armed once there is room, without another word", async () => {
  await alice.request("cancel_on_disconnect", { scope: "account" });
  const first = dueUs();
  await fillRing();
  await sleep(AFTER_ITS_LOOK_MS);
  await alice.request("ping");
  expect(dueUs()).toBe(first);
  exchange.shard.release();
  expectRenewed(await afterwards(first), first);
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
  let isOver = false;
  const flooding = (async (): Promise<void> => {
    while (!isOver) {
      for (let at = 0; at < 500; at++) place(flood);
      await sleep(5);
    }
  })();
  const talking = talk(alice);
  expectRenewed(await afterwards(first), first);
  isOver = true;
  await Promise.all([flooding, talking.end()]);
});
