/**
 * The dead man's switch when it is the exchange itself that dies: killed with the sockets it looked
 * after, started again, it ends their orders when their time is over, and no others.
 */
import { afterEach, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeKey, type RunningExchange, startExchange } from "./testing/exchange.ts";
import { connectTrader } from "./testing/trader.ts";

const LOOKS = 400;
const LOOK_MS = 100;
const dir = mkdtempSync(join(tmpdir(), "solebook-dead-man-"));
let exchange: RunningExchange;
afterEach(async () => {
  await exchange.kill();
  rmSync(dir, { recursive: true, force: true });
});

test("killed with its sockets, it ends the orders they answered for", async () => {
  exchange = await startExchange(dir);
  const { instruments } = (await (
    await fetch(`${exchange.url}/v1/instruments?limit=1`)
  ).json()) as {
    instruments: { symbol: string; band: { low: string } }[];
  };
  const { symbol, band } = instruments[0]!;
  // Its id is remembered until then, also when it has ended and this machine takes its time.
  const deadline = new Date(Date.now() + 30 * 60_000).toISOString();
  const order = { symbol, side: "buy", type: "limit", qty: 1, price: band.low, deadline };
  const leashed = { timer: await makeKey(exchange, "a"), socket: await makeKey(exchange, "b") };
  const free = await makeKey(exchange, "c");
  for (const key of [leashed.timer, leashed.socket, free]) {
    const trader = await connectTrader(exchange.url, key);
    await trader.request("add_order", { ...order, client_order_id: "o" });
    if (key === leashed.timer) await trader.request("cancel_after", { timeout_s: 12 });
    if (key === leashed.socket) {
      await trader.request("cancel_on_disconnect", { scope: "account" });
    }
  }
  await exchange.kill();
  exchange = await startExchange(dir);

  for (const key of [leashed.timer, leashed.socket]) {
    const trader = await connectTrader(exchange.url, key);
    const ask = async () =>
      (await trader.request("order_status", { client_order_id: "o" }))?.result;
    for (let left = LOOKS; left > 0 && (await ask())?.status === "open"; left--) {
      await sleep(LOOK_MS);
    }
    expect(await ask()).toMatchObject({ status: "cancelled", reason: "TIMER" });
  }
  const other = await connectTrader(exchange.url, free);
  const stands = await other.request("order_status", { client_order_id: "o" });
  expect(stands?.result).toMatchObject({ status: "open" });
}, 120_000);
