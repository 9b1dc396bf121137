/**
 * A browser on this machine gets an account with a cookie and trades with it; nobody else gets one,
 * whatever they send. Over real sockets, with headers as browsers and attackers write them.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtempSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { openLocalRegistry } from "../registry/local.ts";
import { JORDAN, type Json, startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { connect } from "../testing/trader.ts";

const SYMBOL = `${JORDAN.style}:US-10`;

let exchange: TestExchange;
let host: string;
beforeAll(async () => {
  exchange = await startTestExchange();
  host = `127.0.0.1:${exchange.gateway.port}`;
});
afterAll(() => exchange.stop());

interface Answer {
  readonly status: number;
  readonly body: Json;
  /** Name and value, as a browser sends them back. */
  readonly cookie: string;
  readonly attributes: string;
}

/** fetch may set neither Host nor Origin. */
function post(headers: Record<string, string>, port = exchange.gateway.port): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, method: "POST", path: "/v1/session", headers }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => {
        const [cookie = "", ...attributes] = (answer.headers["set-cookie"]?.[0] ?? "").split("; ");
        const body = JSON.parse(text) as Json;
        resolve({ status: answer.statusCode!, body, cookie, attributes: attributes.join("; ") });
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}

const at = (name: string): Record<string, string> => ({ host: name, origin: `http://${name}` });
const ours = (): Record<string, string> => at(host);

/** What a socket opened with these headers is told when it asks for its trades. */
async function trades(headers: Record<string, string>): Promise<Json> {
  const socket = new WebSocket(`ws://${host}/v1/ws`, { headers });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const answered = new Promise<Json>((resolve) => {
    socket.once("message", (data) => resolve(JSON.parse((data as Buffer).toString()) as Json));
  });
  socket.send(JSON.stringify({ method: "account_trades", req_id: 1 }));
  const answer = await answered;
  socket.close();
  return answer;
}

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
    const socket = new WebSocket(`ws://${host}/v1/ws`, { headers: { ...ours(), cookie } });
    await new Promise((resolve) => socket.once("open", resolve));
    const filled = new Promise<Json>((resolve) => {
      socket.on("message", (data) => {
        const message = JSON.parse((data as Buffer).toString()) as Json;
        if ((message.method as unknown) === "add_order") resolve(message);
      });
    });
    const params = { ...order, client_order_id: "d1", side: "buy", tif: "ioc" };
    socket.send(JSON.stringify({ method: "add_order", req_id: 1, params }));
    expect(await filled).toMatchObject({ success: true, result: { status: "filled" } });
    socket.close();
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
      // Moved to another port, as no browser would: what the cookie says is what counts.
      const { port } = later.gateway;
      const moved = cookie.replace(/-\d+=/, `-${port}=`);
      const headers = { ...at(`127.0.0.1:${port}`), cookie: moved };
      const answer = await post(headers, port);
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
    ["whoever came through another port", () => at("127.0.0.1:1")],
    ["whoever came through the usual port", () => at("localhost")],
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
    const headers = at(`127.0.0.1:${broken.gateway.port}`);
    const known = await post(headers, broken.gateway.port);
    broken.shard.stop("a test");
    expect(await post(headers, broken.gateway.port)).toMatchObject({
      status: 503,
      body: { code: "ENGINE_STOPPED" },
    });
    const again = await post({ ...headers, cookie: known.cookie }, broken.gateway.port);
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
    const headers = at(`127.0.0.1:${full.gateway.port}`);
    expect((await post(headers, full.gateway.port)).status).toBe(201);
    expect(await post(headers, full.gateway.port)).toMatchObject({
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
