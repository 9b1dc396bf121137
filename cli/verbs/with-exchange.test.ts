// The verbs before a real exchange: keys come and go, sales are traded and counted, the exchange is
// killed in the middle of them and the same run goes on, and the journal holds every order once.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { solebook } from "../testing/command.ts";
import { admin, makeKey, type RunningExchange, startExchange, stats } from "../testing/exchange.ts";
import { connectTrader } from "../testing/trader.ts";

const ROWS = 400;
const dir = mkdtempSync(join(tmpdir(), "solebook-verbs-"));
const data = ["--data", join(dir, "data")];
let exchange: RunningExchange;

beforeAll(async () => {
  exchange = await startExchange(join(dir, "data"));
});
afterAll(async () => {
  await exchange?.kill();
  rmSync(dir, { recursive: true, force: true });
});

const HEADER =
  "order_date,brand,sneaker_name,sale_price_cents,retail_price_cents,release_date,shoe_size,note";

/** A sale of the n-th row: a few models, a few sizes, an odd price now and then. */
function sale(n: number): string {
  const cents = 20_000 + (n % 90) * 100 + (n % 50 === 0 ? 50 : 0);
  return `2017-09-01,Yeezy,Model ${n % 3},${cents},22000,2016-09-24,${7 + (n % 8) / 2},row ${n}`;
}

/** What a row comes to, rounded as it will be. */
const notional = (rows: number): number =>
  Array.from(
    { length: rows },
    (_, n) => Math.floor((Number(sale(n).split(",")[3]) + 50) / 100) * 100,
  ).reduce((sum, minor) => sum + minor, 0);

function salesFile(name: string, rows: number, more: readonly string[] = []): string {
  const file = join(dir, name);
  const lines = [HEADER, ...Array.from({ length: rows }, (_, n) => sale(n)), ...more];
  const text = `${lines.join("\n")}\n`;
  writeFileSync(file, name.endsWith(".gz") ? gzipSync(text) : text);
  return file;
}

test("the metrics of an exchange that has just started count its journal's syncs", async () => {
  const text = await (await fetch(`${exchange.url}/metrics`)).text();
  const value = (name: string): number =>
    Number(new RegExp(`^solebook_journal_${name} (\\S+)$`, "m").exec(text)?.[1]);
  expect(value('append_seconds_count{shard="0"}')).toBeGreaterThan(0); // its catalog is in the journal
  expect(value('append_seconds_sum{shard="0"}')).toBeGreaterThan(0);
  expect(value('bytes{shard="0"}')).toBeGreaterThan(0);
});

test("an exchange that has just started has releases to come, the next one first", async () => {
  const overview = await (await fetch(`${exchange.url}/v1/market/overview`)).json();
  const { releases } = overview as { releases: { style: string; release_date: string }[] };
  const today = new Date().toISOString().slice(0, 10);
  const coming = releases.filter(({ release_date: date }) => date > today);
  expect(coming.map(({ style }) => style)).toEqual([1, 2, 3, 4].map((n) => `SAMPLE-0${n}`));
  expect(releases.slice(0, coming.length)).toEqual(coming);
});

test("a key is made, listed and revoked", async () => {
  const made = await solebook([
    "key",
    "create",
    "--account",
    "ann",
    "--label",
    "desk",
    "--json",
    ...data,
  ]);
  expect(made).toMatchObject({ status: 0, stderr: "" });
  const key = JSON.parse(made.stdout) as Record<string, unknown>;
  expect(key).toEqual({
    key: expect.stringMatching(/^k_/),
    account: "ann",
    scopes: ["md:read", "orders:read", "orders:write"],
    private_key: expect.stringMatching(/^MC4CAQAwBQYDK2VwBCIEI[A-Za-z0-9+/=]+$/),
  });
  const listed = await solebook(["key", "list", ...data]);
  expect(listed.stdout).toMatch(new RegExp(`^${key.key as string} +ann +md:read.* desk$`, "m"));
  expect(listed.stdout).not.toContain("revoked");
  const revoked = await solebook(["key", "revoke", key.key as string, ...data]);
  expect(revoked).toMatchObject({ status: 0, stdout: `revoked ${key.key as string}\n` });
  expect((await solebook(["key", "list", ...data])).stdout).toContain("  revoked 20");
  const unknown = await solebook(["key", "revoke", "k_nobody", ...data]);
  expect(unknown).toMatchObject({ status: 1, stdout: "" });
  expect(unknown.stderr).toContain("the exchange refused: There is no such key");
});

test("a secret is made, shown once, and what its key may is changed", async () => {
  const words = ["--account", "ann", "--hmac", "--trading", "off", "--expires", "90d"];
  const made = await solebook(["key", "create", ...words, "--json", ...data]);
  const { key, secret } = JSON.parse(made.stdout) as Record<string, string>;
  expect(secret).toMatch(/^[\w-]{43}$/);
  const listed = await solebook(["key", "list", ...data]);
  expect(listed.stdout).toMatch(new RegExp(`^${key} .* hmac, trading off, until 20`, "m"));
  expect(listed.stdout).not.toContain(secret);
  const more = ["--trading", "on", "--expires", "never", "--addresses", "203.0.113.0/24,::1"];
  const changed = await solebook(["key", "set", key!, ...more, "--json", ...data]);
  expect(JSON.parse(changed.stdout)).toMatchObject({
    key,
    trading: true,
    expires_at: null,
    addresses: ["203.0.113.0/24", "::1"],
  });
});

test("a bad row stops a strict run before anything is traded", async () => {
  const file = salesFile("strict.csv", 3, ["2017-09-01,Yeezy,Model,free,22000,2016-09-24,9,x"]);
  const { status, stdout, stderr } = await solebook([
    "import-sales",
    file,
    "--strict",
    "--json",
    ...data,
  ]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain(
    `line 5: sale_price_cents "free" is no price in whole cents; nothing was traded`,
  );
  expect(await stats(exchange)).toMatchObject({ orders_total: 0 });
});

test.each([
  ["a header alone", [], 0],
  ["bad rows alone", ["2017-09-01,Yeezy,Model,free,22000,2016-09-24,9,x", "?"], 2],
])("a file of %s is done at once, in words and in JSON", async (_, bad, skipped) => {
  const file = salesFile("nothing.csv", 0, bad);
  const { status, stdout } = await solebook(["import-sales", file, "--json", ...data]);
  expect({ status, figures: JSON.parse(stdout) as unknown }).toEqual({
    status: 0,
    figures: {
      rows: 0,
      skipped,
      rounded: 0,
      trades: 0,
      lost: 0,
      notional_minor: 0,
      seconds: 0,
      orders_per_s: 0,
    },
  });
  const said = await solebook(["import-sales", file, ...data]);
  expect(said).toMatchObject({ status: 0 });
  expect(said.stdout).toBe(`no row to trade; ${skipped} skipped\n`);
  const { keys } = (await admin(exchange, "GET", "keys")) as { keys: readonly object[] };
  expect(keys).not.toContainEqual(expect.objectContaining({ account: "sales-seller" }));
});

test("every good row becomes one trade; bad rows are named and counted", async () => {
  const file = salesFile("sales.csv.gz", ROWS, [
    "2017-09-01,Yeezy,Model,free,22000,2016-09-24,9,x",
  ]);
  const { status, stdout, stderr } = await solebook(["import-sales", file, "--json", ...data]);
  expect(stderr).toContain(`line ${ROWS + 2} skipped: sale_price_cents "free" is no price`);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\{"rows":.*\}\n$/);
  expect(JSON.parse(stdout)).toEqual({
    rows: ROWS,
    skipped: 1,
    rounded: ROWS / 50,
    trades: ROWS,
    lost: 0,
    notional_minor: notional(ROWS),
    seconds: expect.any(Number),
    orders_per_s: expect.any(Number),
  });
  const { keys } = (await admin(exchange, "GET", "keys")) as {
    keys: readonly { account: string; revoked_at: string | null }[];
  };
  const ours = keys.filter(({ account }) => account.startsWith("sales-"));
  expect(ours).toHaveLength(2);
  expect(ours.filter(({ revoked_at: at }) => at === null)).toEqual([]);
  expect(await stats(exchange)).toMatchObject({
    trades_total: ROWS,
    orders_total: ROWS * 2,
    orders_open: 0,
  });
});

test("a run sent again under its id trades nothing twice", async () => {
  const before = await stats(exchange);
  const file = salesFile("again.csv", 50);
  const first = await solebook(["import-sales", file, ...data]);
  expect(first).toMatchObject({ status: 0 });
  expect(first.stdout).toContain("50 rows became 50 trades over");
  const runId = /^run (\w{7}): 50 rows/.exec(first.stderr)![1]!;
  const second = await solebook(["import-sales", file, "--run-id", runId, "--json", ...data]);
  expect(second.status).toBe(0);
  expect(JSON.parse(second.stdout)).toMatchObject({
    rows: 50,
    trades: 50,
    lost: 0,
    notional_minor: notional(50),
  });
  expect((await stats(exchange)).trades_total).toBe(before.trades_total + 50);
});

test("orders another run left behind are taken out; only this run's own rows trade", async () => {
  const seller = await connectTrader(exchange.url, await makeKey(exchange, "sales-seller"));
  const left = { client_order_id: "left", symbol: "SALE-MODEL-0:US-7", side: "sell", qty: 1 };
  const placed = await seller.request("add_order", { ...left, type: "limit", price: "5.00" });
  expect(placed).toMatchObject({ success: true, result: { status: "open" } });
  seller.close();
  const file = salesFile("one.csv", 1); // at 200.00, on that very instrument
  const { status, stdout, stderr } = await solebook(["import-sales", file, "--json", ...data]);
  expect(stderr).toContain("orders of these accounts taken out of the books first: 1");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 1, trades: 1, lost: 0, notional_minor: 20_100 });
});

test("a row that trades at another price than its own is lost, and the run fails", async () => {
  const stranger = await connectTrader(exchange.url, await makeKey(exchange, "stranger"));
  const ask = { client_order_id: "theirs", symbol: "SALE-MODEL-0:US-7", side: "sell", qty: 1 };
  await stranger.request("add_order", { ...ask, type: "limit", price: "150.00" });
  const file = salesFile("one.csv", 1);
  const { status, stdout, stderr } = await solebook(["import-sales", file, "--json", ...data]);
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 1, trades: 0, lost: 1, notional_minor: 0 });
  expect(stderr).toContain("lost: line 2: traded 1 at 150.00 instead");
  expect(stderr).toContain("Model 0: rows 1 over 201.00 USD, trades 0 over 0.00 USD");
  expect(await stats(exchange)).toMatchObject({ orders_open: 0 });
  stranger.close();
});

test("a name that was a product of another name before gets a product of its own", async () => {
  const product = {
    style: "SALE-MODEL-9",
    brand: "Nobody",
    model: "Something else",
    colourway: "",
    retail_price: "1.00",
    release_date: "2020-01-01",
    sizes: ["US-9"],
    tick: "1.00",
    band: null,
    currency: "USD",
  };
  await admin(exchange, "POST", "products", product);
  const file = salesFile("clash.csv", 0, ["2017-09-01,Yeezy,Model 9,20000,22000,2016-09-24,9,x"]);
  const { status, stdout } = await solebook(["import-sales", file, "--json", ...data]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 1, trades: 1, lost: 0 });
});

test("killed in the middle it says so; the same run then trades what was missing", async () => {
  const { cut, before, target, rows, file } = await cutOff(6_000);
  expect(cut).toMatchObject({ status: 1, stdout: "" });
  expect(cut.stderr).toMatch(
    /lost the connection to the exchange .* go on with: solebook import-sales/,
  );

  exchange = await startExchange(join(dir, "data"));
  const after = await stats(exchange);
  expect(after.trades_total).toBeGreaterThanOrEqual(target);
  expect(after.trades_total).toBeLessThan(before.trades_total + rows);
  const runId = /--run-id (\w{7})$/m.exec(cut.stderr)![1]!;
  const again = await solebook(["import-sales", file, "--run-id", runId, "--json", ...data]);
  expect([again.status, again.stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(again.stdout)).toMatchObject({
    rows,
    trades: rows,
    lost: 0,
    notional_minor: notional(rows),
  });
  expect(await stats(exchange)).toMatchObject({
    trades_total: before.trades_total + rows,
    orders_total: before.orders_total + rows * 2,
    orders_open: 0,
  });
});

/** A run whose exchange was killed in the middle of it; of more rows where that came too late. */
async function cutOff(rows: number) {
  const file = salesFile("killed.csv", rows);
  const before = await stats(exchange);
  const running = solebook(["import-sales", file, "--json", ...data]);
  const target = before.trades_total + 500;
  while ((await stats(exchange)).trades_total < target) await new Promise((r) => setTimeout(r, 5));
  await exchange.kill();
  const cut = await running;
  if (cut.status !== 0) return { cut, before, target, rows, file };
  exchange = await startExchange(join(dir, "data"));
  return cutOff(2 * rows);
}

test("the journal is whole, and shows what was asked", async () => {
  const { sequence } = (await stats(exchange)).shards[0]!;
  const verified = await solebook(["journal", "verify", "--json", ...data]);
  expect(verified.status).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({
    shard: 0,
    commands: sequence,
    unfinished: null,
  });
  const said = await solebook(["journal", "verify", ...data]);
  expect(said.stdout).toMatch(/is whole\n\d+ commands in \d+ frames/);
  const shown = await solebook(["journal", "inspect", "--from", "1", "--to", "3", ...data]);
  expect(shown.stdout.split("\n")).toHaveLength(4);
  expect(shown.stdout).toMatch(
    /^1 {2}20\S+Z {2}SET_BEHAVIOUR .*\n2 {2}20\S+Z {2}LIST_INSTRUMENT {2}instrument 1, product 1, tickMinor 100/,
  );
  const all = await solebook(["journal", "inspect", "--json", ...data]);
  const commands = all.stdout.trimEnd().split("\n");
  expect(commands).toHaveLength(sequence);
  expect(JSON.parse(commands.at(-1)!)).toMatchObject({ sequence });
});
