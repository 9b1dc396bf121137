// The simulated traders as a first start brings them: a market that moves within seconds, that keeps
// off imported products, stays within its bounds, comes back when it fails, ends with its exchange, and
// is its old self at the next start.
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../gateway/client/index.ts";
import { openAccount } from "../loadtest/traders/accounts.ts";
import { admin, type RunningExchange, startExchange, stats } from "./testing/exchange.ts";
import { connectTrader } from "./testing/trader.ts";
import { pauseAfter } from "./traders.ts";

const dir = mkdtempSync(join(tmpdir(), "solebook-traders-"));
let exchange: RunningExchange;
/** They have what others leave over, which on a busy machine is little. */
jest.setTimeout(300_000);
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
});
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
  const pids = readFileSync(file, "utf8").trim().split(" ");
  const isTraders = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("traders");
    } catch {
      return false; // another one, that has ended meanwhile
    }
  };
  return Number(pids.find(isTraders));
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
    const isBoth = middle.every(({ bid, ask }) => bid !== null && ask !== null);
    return isBoth && middle.some(({ last }) => last !== null);
  });
  for (const { bid, ask } of middle) expect(Number(ask)).toBeGreaterThan(Number(bid));
  expect((await stats(exchange)).orders_open).toBeLessThan(15_000);
});

test("what a file of sales brought is left alone", async () => {
  expect(await grid("SALE-OURS-NOT")).toMatchObject([{ bid: null, ask: null, last: null }]);
});

// Role | how many | orders that one may have open: a maker's part of 5,838 levels, a queuer's list
const BOUNDS: [string, number, number][] = [
  ["maker", 4, 1_500],
  ["reseller", 6, 120],
  ["bidder", 4, 120],
  ["taker", 8, 0],
];
test.each(BOUNDS)("no %s of %i has more than %i orders open", async (role, traders, most) => {
  for (let number = 1; number <= traders; number++) {
    expect(await openOrdersOf(`sim-${role}-${number}`)).toBeLessThanOrEqual(most);
  }
});

async function openOrdersOf(account: string): Promise<number> {
  const adminToken = readFileSync(join(dir, "admin.token"), "utf8").trim();
  const signer = await openAccount({ url: exchange.url, adminToken }, account);
  const line = connect({ url: exchange.url, credentials: { kind: "key", signer } });
  const count = await new Promise<number>((resolve, reject) => {
    const push = ({ data }: { readonly data: unknown }): void => resolve((data as []).length);
    line.subscribe("executions", "", { push, refused: reject });
  });
  line.close();
  return count;
}

test("killed by whatever, they come back, and it is said loudly", async () => {
  const killed = tradersOf(exchange);
  process.kill(killed, "SIGKILL");
  await until(() => exchange.output().includes("the simulated traders ended"));
  await until(() => tradersOf(exchange) > 0 && tradersOf(exchange) !== killed);
  const { trades_total: before } = await stats(exchange);
  await until(async () => (await stats(exchange)).trades_total > before + 20);
  const line = exchange.output().match(/^.*the simulated traders ended.*$/m)![0];
  expect(JSON.parse(line)).toMatchObject({ level: 50, signal: "SIGKILL", againInMs: 1_000 });
});

// Pause before | how long they then ran | pause now
const PAUSES: [number, number, number][] = [
  [0, 5, 1_000],
  [1_000, 5, 2_000],
  [32_000, 59_999, 60_000],
  [60_000, 5, 60_000],
  [60_000, 60_000, 1_000], // they had come to life: it is another trouble
];
test.each(PAUSES)("after %i ms, and %i ms alive: %i ms", (before, ranMs, now) => {
  expect(pauseAfter(before, ranMs)).toBe(now);
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
});
