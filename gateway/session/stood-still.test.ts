/**
 * A gateway that stood still: its process was stopped for longer than a pong may take, and goes on. What its
 * clients said meanwhile lies unread in its sockets, and nobody's orders end because we did not look.
 */
import { spawn } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import type { TestKey } from "../testing/exchange.ts";
import { connect } from "../testing/trader.ts";

const LIMITS = { pingEveryMs: 200, pongWithinMs: 2_000, leashMs: 60_000, shutdownSpreadMs: 10 };
const STILL_MS = 3_000;
const PROGRAM = fileURLToPath(new URL("../testing/exchange-process.ts", import.meta.url));
const SYMBOL = "DZ5485-612:US-10";
const ORDER = { symbol: SYMBOL, side: "buy", type: "limit", qty: 1, price: "100.00" };

async function startProcess() {
  const flags = ["--disable-warning=ExperimentalWarning", PROGRAM, JSON.stringify(LIMITS)];
  const child = spawn(process.execPath, flags, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const line = await new Promise<string>((resolve) => {
    child.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString()));
  });
  const { url, key, pem } = JSON.parse(line) as { url: string; key: string; pem: string };
  const stop = async (): Promise<void> => {
    child.kill("SIGCONT");
    child.stdin.end();
    await ended;
  };
  const testKey: TestKey = { key, privateKey: createPrivateKey(pem) };
  return { url, key: testKey, stop, signal: (name: NodeJS.Signals) => child.kill(name) };
}

test("who spoke while we stood still keeps his socket and his orders; who left then does not", async () => {
  const exchange = await startProcess();
  try {
    const { url, key } = exchange;
    const [quiet, speaking, leaving] = [
      await connect({ url }, key), // says nothing but pongs, the last one while we stand still
      await connect({ url }, key),
      await connect({ url }, key),
    ];
    const all = [quiet, speaking, leaving];
    for (const [at, trader] of all.entries()) {
      const order = { ...ORDER, client_order_id: `o-${at}`, tags: [at + 1] };
      await trader.request("add_order", order);
      await trader.request("cancel_on_disconnect", { scope: "tag", tag: at + 1 });
    }
    quiet.socket.pause();
    await sleep(LIMITS.pingEveryMs * 2); // a ping has gone out to it
    exchange.signal("SIGSTOP");
    quiet.socket.resume();
    const said = speaking.request("ping");
    leaving.socket.terminate();
    await sleep(STILL_MS);
    exchange.signal("SIGCONT");
    expect((await said).success).toBe(true);
    const status = async (at: number): Promise<unknown> => {
      const asked = { client_order_id: `o-${at}`, symbol: SYMBOL };
      return (await speaking.request("order_status", asked)).result.status;
    };
    expect([await status(0), await status(1), await status(2)]).toEqual([
      "open",
      "open",
      "cancelled",
    ]);
    expect((await quiet.request("ping")).success).toBe(true);
  } finally {
    await exchange.stop();
  }
});
