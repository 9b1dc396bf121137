/**
 * A browser on this machine gets an account with a cookie and trades with it; nobody else gets one,
 * whatever they send. Over real sockets, with headers as browsers and attackers write them.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalRegistry } from "../registry/local.ts";
import { JORDAN, type Json, startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { connect } from "../testing/trader.ts";
import { type Answer, askOnce, askSession, page, pageAt } from "../testing/visitor.ts";

const SYMBOL = `${JORDAN.style}:US-10`;

let exchange: TestExchange;
let host: string;
beforeAll(async () => {
  exchange = await startTestExchange();
  host = `127.0.0.1:${exchange.gateway.port}`;
});
afterAll(() => exchange.stop());

const post = (headers: Record<string, string>): Promise<Answer> => askSession(exchange, headers);
const ours = (cookie?: string): Record<string, string> => page(exchange, cookie);
const trades = (headers: Record<string, string>): Promise<Json> =>
  askOnce(exchange, headers, "account_trades");

describe("a page of our own, on this machine", () => {
  test("gets an account, keeps it, and another browser gets another", async () => {
    const first = await post(ours());
    expect(first).toMatchObject({
      status: 201,
      body: { account: "demo-1", scopes: ["md:read", "orders:read", "orders:write"] },
      attributes: expect.stringMatching(/^Path=\/v1; HttpOnly; SameSite=Strict; Max-Age=\d+$/),
    });
    const again = await post({ ...ours(), cookie: `a=b; ${first.cookie}; c=d` });
    expect(again).toMatchObject({ status: 200, body: { account: "demo-1" } });
    expect((await post(ours())).body.account).toBe("demo-2");
  });

  test("trades by its cookie alone, and sees what it traded", async () => {
    const { cookie, body } = await post(ours());
    const sam = await connect(exchange, await exchange.makeKey("sam"));
    const order = { symbol: SYMBOL, type: "limit", qty: 1, price: "200.00" };
    await sam.request("add_order", { ...order, client_order_id: "s1", side: "sell" });
    const params = { ...order, client_order_id: "d1", side: "buy", tif: "ioc" };
    const filled = await askOnce(exchange, { ...ours(), cookie }, "add_order", params);
    expect(filled).toMatchObject({ success: true, result: { status: "filled" } });
    const bought = { symbol: SYMBOL, side: "buy", price: "200.00", qty: 1, liquidity: "taker" };
    expect(await trades({ ...ours(), cookie })).toMatchObject({ result: { trades: [bought] } });
    const sold = { ...bought, side: "sell", liquidity: "maker" };
    expect(await sam.request("account_trades", {})).toMatchObject({ result: { trades: [sold] } });
    expect(await sam.request("account_trades", { limit: 0 })).toMatchObject({
      error: { code: "VALIDATION", param: "limit" },
    });
    sam.close();
    expect(body.account).toMatch(/^demo-/);
  });

  test("is the same one after a restart, and nobody under another admin token", async () => {
    const { cookie, body } = await post(ours());
    const more = { dir: exchange.dir, journal: exchange.shard.journal };
    for (const [adminToken, status] of [
      ["test-token", 200],
      ["another", 201],
    ] as const) {
      const later = await startTestExchange({ ...more, adminToken });
      // On another port, as no browser would: what the cookie says is what counts.
      const answer = await askSession(later, page(later, cookie));
      expect(answer.status).toBe(status);
      expect(answer.body.account === body.account).toBe(status === 200);
      await later.stop();
    }
  });
});

describe("nobody else", () => {
  // Who | headers
  const ROWS: [string, () => Record<string, string>][] = [
    ["a program without an origin", () => ({ host })],
    ["a page of another site", () => ({ host, origin: "https://evil.example" })],
    ["a page of another port here", () => ({ host, origin: "http://127.0.0.1:1" })],
    ["a sandboxed page", () => ({ host, origin: "null" })],
    ["a name pointed at this machine", () => ({ host: "evil.me", origin: "http://evil.me" })],
    ["whoever came through a proxy", () => ({ ...ours(), "x-forwarded-for": "203.0.113.9" })],
    ["whoever came through a newer proxy", () => ({ ...ours(), forwarded: "for=203.0.113.9" })],
    ["whoever came through a cache", () => ({ ...ours(), via: "1.1 cache" })],
    ["whoever came through nginx", () => ({ ...ours(), "x-real-ip": "203.0.113.9" })],
    ["whoever asked for another host", () => ({ ...ours(), "x-forwarded-host": "sole.example" })],
    ["whoever spoke TLS to a proxy", () => ({ ...ours(), "x-forwarded-proto": "https" })],
    ["whoever came through another port", () => pageAt("127.0.0.1:1")],
    ["whoever came through the usual port", () => pageAt("localhost")],
  ];
  test.each(ROWS)("%s", async (_who, headers) => {
    const { cookie } = await post(ours());
    const refused = { status: 403, body: { code: "SESSION_NOT_OFFERED" }, cookie: "" };
    expect(await post({ ...headers(), cookie })).toMatchObject(refused);
  });

  test("a cookie without our seal, of another account, or without a page says nothing", async () => {
    const { cookie } = await post(ours());
    const [name, value] = cookie.split("=") as [string, string];
    const [id, untilS, seal] = value.split(".") as [string, string, string];
    const forged = [
      `${name}=${Number(id) - 1}.${untilS}.${seal}`,
      `${name}=${id}.${Number(untilS) + 1}.${seal}`,
      `${name}=${id}.${untilS}.${"A".repeat(43)}`,
      `${name}=${id}.${untilS}`,
      name,
      "",
    ];
    for (const each of forged) {
      const answer = await trades({ ...ours(), cookie: each });
      expect(answer).toMatchObject({ success: false, error: { code: "NOT_LOGGED_ON" } });
    }
    expect(await trades({ host, cookie })).toMatchObject({ error: { code: "NOT_LOGGED_ON" } });
    expect(await trades({ ...ours(), cookie })).toMatchObject({ success: true });
  });

  test("while the engine is down: no account is made that it never hears of", async () => {
    const broken = await startTestExchange();
    const headers = page(broken);
    const known = await askSession(broken, headers);
    broken.shard.stop("a test");
    expect(await askSession(broken, headers)).toMatchObject({
      status: 503,
      body: { code: "ENGINE_STOPPED" },
    });
    const again = await askSession(broken, { ...headers, cookie: known.cookie });
    expect(again).toMatchObject({ status: 200, body: { account: "demo-1" } });
    expect(broken.registry.accounts().map(({ name }) => name)).toEqual(["demo-1"]);
    await broken.stop();
  });

  test("one more than accounts can be kept", async () => {
    const registry = openLocalRegistry({
      dataDir: mkdtempSync(join(tmpdir(), "solebook-full-")),
      shards: 1,
      seed: [JORDAN],
      accountsMax: 2,
      instrumentsMax: 512,
    });
    const full = await startTestExchange({ registry });
    const headers = page(full);
    expect((await askSession(full, headers)).status).toBe(201);
    expect(await askSession(full, headers)).toMatchObject({
      status: 409,
      body: { code: "DEMONSTRATION_FULL" },
    });
    await full.stop();
  });

  test("faster than people come", async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(ours())));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.body).toMatchObject({ code: "RATE_LIMITED", retryable: true });
  });
});
