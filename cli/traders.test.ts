// The simulated traders as a first start brings them: a market that moves within seconds, that keeps
// off imported products, that ends with its exchange, and that is its old self at the next start.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { admin, type RunningExchange, startExchange, stats } from "./testing/exchange.ts";
import { connectTrader } from "./testing/trader.ts";

const dir = mkdtempSync(join(tmpdir(), "solebook-traders-"));
let exchange: RunningExchange;
beforeAll(async () => {
  exchange = await startExchange(dir, ["--traders-rate", "20"]);
  await admin(exchange, "POST", "products", {
    style: "SALE-OURS-NOT",
    brand: "Nike",
    model: "Of a file",
    colourway: "",
    retail_price: "100.00",
    release_date: "2020-01-01",
    sizes: ["US-9"],
    tick: "1.00",
    band: null,
    currency: "USD",
  });
}, 60_000);
afterAll(async () => {
  await exchange?.kill();
  rmSync(dir, { recursive: true, force: true });
});

interface GridRow {
  readonly bid: string | null;
  readonly ask: string | null;
  readonly last: string | null;
}

async function grid(style: string): Promise<readonly GridRow[]> {
  const eyes = await connectTrader(exchange.url);
  await eyes.request("subscribe", { channel: "size_grid", symbols: [style] });
  await until(() => eyes.pushes.length > 0);
  eyes.close();
  return eyes.pushes[0]!.data as readonly GridRow[];
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

function tradersOf({ child }: RunningExchange): number {
  const file = `/proc/${child.pid}/task/${child.pid}/children`;
  const [pid] = readFileSync(file, "utf8").trim().split(" ");
  return Number(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a first start has books on both sides and a past, and trades on", async () => {
  await until(async () => (await stats(exchange)).trades_total > 300);
  let middle: readonly GridRow[] = [];
  await until(async () => {
    middle = (await grid("DD1391-100")).slice(6, 14);
    return middle.every(({ bid, ask }) => bid !== null && ask !== null);
  });
  for (const { bid, ask } of middle) expect(Number(ask)).toBeGreaterThan(Number(bid));
  expect(middle.some(({ last }) => last !== null)).toBe(true);
  expect((await stats(exchange)).orders_open).toBeLessThan(15_000);
}, 60_000);

test("what a file of sales brought is left alone", async () => {
  expect(await grid("SALE-OURS-NOT")).toMatchObject([{ bid: null, ask: null, last: null }]);
});

test("they go with the exchange, killed or stopped, and come back to the orders they left", async () => {
  const killed = tradersOf(exchange);
  await exchange.kill();
  await until(() => !isAlive(killed));

  exchange = await startExchange(dir, ["--traders-rate", "20"]);
  const before = await stats(exchange);
  expect(before.orders_open).toBeGreaterThan(1_000);
  await until(async () => (await stats(exchange)).trades_total > before.trades_total + 20);
  expect((await stats(exchange)).orders_open).toBeLessThan(before.orders_open * 2);

  const stopped = tradersOf(exchange);
  expect(await exchange.stop()).toBe(0);
  expect(exchange.output()).toContain("everything is in the journal");
  expect(exchange.output()).not.toContain("traders ended");
  expect(isAlive(stopped)).toBe(false);
}, 60_000);
