/**
 * The README's first trade, as it stands there: its script is taken out of the page and run against a
 * real exchange with two keys made by the command it names.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type RunningExchange, startExchange, stats } from "./testing/exchange.ts";

const run = promisify(execFile);
const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const LAUNCHER = fileURLToPath(new URL("./solebook.mjs", import.meta.url));

const dir = mkdtempSync(join(tmpdir(), "solebook-readme-"));
let exchange: RunningExchange;
beforeAll(async () => {
  exchange = await startExchange(join(dir, "data"));
});
afterAll(async () => {
  await exchange?.kill();
  rmSync(dir, { recursive: true, force: true });
});

interface Trader {
  readonly key: string;
  readonly private_key: string;
}

async function createKey(account: string): Promise<Trader> {
  const words = ["key", "create", "--account", account, "--data", exchange.dir, "--json"];
  const { stdout } = await run(process.execPath, [LAUNCHER, ...words]);
  return JSON.parse(stdout) as Trader;
}

async function trade({ key, private_key }: Trader, side: string, price: string): Promise<string> {
  const url = `${exchange.url.replace("http", "ws")}/v1/ws`;
  const env = { ...process.env, KEY: key, PRIVATE_KEY: private_key, URL: url };
  const script = join(dir, "first-trade.mjs");
  return (await run(process.execPath, [script, side, price], { env })).stdout;
}

test("the README's few lines listen to a book, with nothing but this clone", async () => {
  expect(README).not.toContain("wscat");
  const script = /npx node -e '\n([^']*)'\n/.exec(README)![1]!;
  const url = `${exchange.url.replace("http", "ws")}/v1/ws`;
  const listener = spawn(process.execPath, [
    "-e",
    script.replace("ws://127.0.0.1:8787/v1/ws", url),
  ]);
  let heard = "";
  await new Promise<void>((resolve) => {
    listener.stdout.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes('"type":"snapshot"')) resolve();
    });
    listener.once("close", () => resolve());
  });
  listener.kill();
  expect(heard).toContain('"channel":"book","type":"snapshot","symbol":"DZ5485-612:US-10"');
});

test("the README's script makes the first trade", async () => {
  const scripts = [...README.matchAll(/```js\n([\s\S]*?)```/g)].map((found) => found[1]!);
  expect(scripts).toHaveLength(1);
  writeFileSync(join(dir, "first-trade.mjs"), scripts[0]!);
  expect(README).toContain("npx solebook key create --account alice");
  const alice = await createKey("alice");
  const bob = await createKey("bob");

  expect(await trade(alice, "sell", "240.00")).toContain('"status":"open"');
  expect(await trade(bob, "buy", "240.00")).toContain('"status":"filled"');
  expect(await stats(exchange)).toMatchObject({ trades_total: 1, orders_total: 2 });
});
