/** Keys as their owners and the operator meet them: signed REST, what each key may, and how it ends. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { readNetworks } from "./addresses.ts";
import { JORDAN, startTestExchange, type TestExchange } from "./testing/exchange.ts";
import {
  type Headers,
  makeSecretKey,
  type SecretKey,
  send,
  type SignedRequest,
  signRequest,
} from "./testing/signed.ts";
import { connect } from "./testing/trader.ts";

const SYMBOL = `${JORDAN.style}:US-10`;
const BID = { symbol: SYMBOL, side: "buy", type: "limit", qty: 1, price: "100.00" };

let exchange: TestExchange;
let key: SecretKey;
beforeAll(async () => {
  exchange = await startTestExchange({ proxies: readNetworks(["127.0.0.1"])! });
  key = await makeSecretKey(exchange, "alice");
});
afterAll(() => exchange.stop());

const placing = (id: string): SignedRequest => ({
  method: "POST",
  target: "/v1/orders",
  body: JSON.stringify({ ...BID, client_order_id: id }),
});
const ask = (request: SignedRequest, by: SecretKey = key, more: Headers = {}) =>
  send(exchange.url, request, { ...signRequest(by, request), ...more });
const ordersTotal = (): number => exchange.shard.core.ordersTotal();

test("an order is placed, looked at and cancelled, each request signed by itself", async () => {
  const placed = await ask(placing("rest-1"));
  expect(placed).toMatchObject({
    status: 200,
    body: { status: "open", client_order_id: "rest-1", time_out: expect.any(String) },
  });
  expect(placed.body.time_in < placed.body.time_out).toBe(true);
  expect(placed.body.ignored).toBe(undefined);
  const body = JSON.stringify({
    ...BID,
    client_order_id: "rest-0",
    postOnly: true,
    validate: true,
  });
  expect(await ask({ ...placing(""), body })).toMatchObject({
    body: { validated: true, ignored: ["postOnly"] },
  });
  const target = `/v1/orders/rest-1?symbol=${SYMBOL}`;
  expect(await ask({ method: "GET", target })).toMatchObject({ body: { status: "open" } });
  expect(await ask({ method: "DELETE", target })).toMatchObject({ body: { cancelled_qty: 1 } });
  expect(await ask({ method: "GET", target })).toMatchObject({ body: { status: "cancelled" } });
  expect(await ask(placing("rest-1"))).toMatchObject({ status: 200, body: { duplicate: true } });
});

test("an Ed25519 key signs the same requests, and a secret logs a socket on", async () => {
  const pair = await exchange.makeKey("alice");
  const request = placing("rest-2");
  const placed = await send(exchange.url, request, signRequest(pair, request));
  expect(placed).toMatchObject({ status: 200, body: { status: "open" } });
  const headers = signRequest(key, { method: "LOGON", target: "/v1/ws" });
  const trader = await connect(exchange);
  const answer = await trader.request("session.logon", {
    key: key.key,
    timestamp: headers["solebook-timestamp"],
    signature: headers["solebook-signature"],
  });
  expect(answer).toMatchObject({ success: true, result: { account: "alice" } });
  trader.close();
});

describe("what is not as it was signed is refused, and nothing happens", () => {
  const other = (text: string): string => (text.startsWith("A") ? "B" : "A") + text.slice(1);
  const without = (headers: Headers, name: string): Headers =>
    Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));
  type Tamper = (request: SignedRequest, headers: Headers) => [SignedRequest, Headers];
  const set =
    (name: string, change: (was: string) => string): Tamper =>
    (request, headers) => [request, { ...headers, [name]: change(headers[name] ?? "") }];
  const SIGNATURE = "solebook-signature";

  // What is done | to what was signed | what signs it | the code
  const ROWS: [string, Tamper, Partial<SignedRequest>, string][] = [
    [
      "no key",
      (request, headers) => [request, without(headers, "solebook-key")],
      {},
      "NOT_LOGGED_ON",
    ],
    ["another's key", set("solebook-key", () => "k_nobody"), {}, "KEY_INVALID"],
    ["no time", set("solebook-timestamp", () => "yesterday"), {}, "VALIDATION"],
    ["a window of an hour", (...it) => it, { window: "3600000" }, "VALIDATION"],
    ["a window of nothing", (...it) => it, { window: "0" }, "VALIDATION"],
    ["stale", (...it) => it, { offMs: -5_500 }, "TIMESTAMP_OUTSIDE_WINDOW"],
    [
      "stale in a shorter window",
      (...it) => it,
      { offMs: -900, window: "500" },
      "TIMESTAMP_OUTSIDE_WINDOW",
    ],
    [
      "stale in the longest",
      (...it) => it,
      { offMs: -61_000, window: "60000" },
      "TIMESTAMP_OUTSIDE_WINDOW",
    ],
    ["of the future", (...it) => it, { offMs: 8_000 }, "TIMESTAMP_AHEAD"],
    [
      "of the future, however long the window",
      (...it) => it,
      { offMs: 8_000, window: "60000" },
      "TIMESTAMP_AHEAD",
    ],
    [
      "another time",
      set("solebook-timestamp", () => new Date().toISOString().replace("Z", "1Z")),
      {},
      "SIGNATURE_INVALID",
    ],
    [
      "a window that was not signed",
      set("solebook-window", () => "60000"),
      { offMs: -100 },
      "SIGNATURE_INVALID",
    ],
    [
      "another window",
      set("solebook-window", () => "60000"),
      { window: "500" },
      "SIGNATURE_INVALID",
    ],
    [
      "another body",
      ({ body, ...request }, headers) => [{ ...request, body: `${String(body)} ` }, headers],
      {},
      "SIGNATURE_INVALID",
    ],
    [
      "another path",
      (request, headers) => [{ ...request, target: "/v1/orders?x=1" }, headers],
      {},
      "SIGNATURE_INVALID",
    ],
    [
      "another method",
      (request, headers) => [request, headers],
      { method: "DELETE" },
      "SIGNATURE_INVALID",
    ],
    ["another signature", set(SIGNATURE, other), {}, "SIGNATURE_INVALID"],
    ["a short signature", set(SIGNATURE, (was) => was.slice(0, 20)), {}, "SIGNATURE_INVALID"],
    ["no signature", set(SIGNATURE, () => ""), {}, "SIGNATURE_INVALID"],
  ];
  test.each(ROWS)("%s", async (what, tamper, signedAs, code) => {
    const before = ordersTotal();
    const request = placing(`tampered`);
    const [sent, headers] = tamper(request, signRequest(key, { ...request, ...signedAs }));
    const { body } = await send(exchange.url, sent, headers);
    expect({ what, code: body.code, execution: body.execution }).toEqual({
      what,
      code,
      execution: "none",
    });
    expect(ordersTotal()).toBe(before);
  });

  test("bytes that are no text count as they were sent", async () => {
    const [sent, signed] = [Uint8Array.of(0x22, 0xff, 0x22), Uint8Array.of(0x22, 0xfe, 0x22)];
    const request = { method: "POST", target: "/v1/orders" };
    const headers = signRequest(key, { ...request, body: signed });
    const refused = await send(exchange.url, { ...request, body: sent }, headers);
    expect(refused.body).toMatchObject({ code: "SIGNATURE_INVALID" });
  });

  test("replayed, also in another spelling, and late in a long window", async () => {
    const request = { ...placing("once"), offMs: -20_000, window: "60000" };
    const headers = signRequest(key, request);
    expect((await send(exchange.url, request, headers)).status).toBe(200);
    const padded = { ...headers, [SIGNATURE]: `${headers[SIGNATURE]!}=` };
    for (const again of [headers, padded]) {
      const refused = await send(exchange.url, request, again);
      expect(refused).toMatchObject({ status: 401, body: { code: "REPLAYED_SIGNATURE" } });
    }
  });
});

test("a hundred copies of one signed order at once: one order", async () => {
  const before = ordersTotal();
  const request = placing("copies");
  const headers = signRequest(key, request);
  const copies = Array.from({ length: 100 }, () => send(exchange.url, request, headers));
  const answers = await Promise.all(copies);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(
    answers.filter(({ body }) => body.code === ("REPLAYED_SIGNATURE" as unknown)),
  ).toHaveLength(99);
  expect(ordersTotal()).toBe(before + 1);
});

describe("what a key may", () => {
  // The key's settings | where the request comes from | its method | the code
  const ROWS: [object, string, "GET" | "POST" | "DELETE", string | undefined][] = [
    [{}, "", "POST", undefined],
    [{ trading: false }, "", "POST", "TRADING_OFF"],
    [{ trading: undefined }, "", "POST", "TRADING_OFF"],
    [{ trading: false }, "", "DELETE", "UNKNOWN_ORDER"], // what makes less is never off
    [{ scopes: ["orders:read"] }, "", "POST", "SCOPE_MISSING"],
    [{ scopes: ["orders:write"] }, "", "GET", "SCOPE_MISSING"],
    [{ expires_at: "2020-01-01T00:00:00Z" }, "", "POST", "KEY_EXPIRED"],
    [{ expires_at: "2199-01-01T00:00:00Z" }, "", "POST", undefined],
    [{ addresses: ["127.0.0.0/8"] }, "", "POST", undefined],
    [{ addresses: ["203.0.113.0/24"] }, "", "POST", "ADDRESS_NOT_ALLOWED"],
    [{ addresses: ["203.0.113.0/24"] }, "203.0.113.9", "POST", undefined],
    [{ addresses: ["203.0.113.0/24"] }, "203.0.113.9, 198.51.100.1", "POST", "ADDRESS_NOT_ALLOWED"],
    [{ addresses: ["203.0.113.0/24"] }, "198.51.100.1, 203.0.113.9, 127.0.0.1", "POST", undefined],
    [{ addresses: ["203.0.113.0/24"] }, "203.0.113.9, nonsense", "POST", "ADDRESS_NOT_ALLOWED"],
    [{ addresses: ["2001:db8::/32"] }, "2001:db8:0:7::1", "POST", undefined],
    [{ addresses: ["2001:db8::/32"] }, "2001:db9::1", "POST", "ADDRESS_NOT_ALLOWED"],
  ];
  test.each(ROWS)("%j from '%s': %s %s", async (settings, from, method, code) => {
    const own = await makeSecretKey(exchange, "settings", settings);
    const id = `s-${Math.random().toString(36).slice(2, 10)}`;
    const one = { method, target: `/v1/orders/${id}?symbol=${SYMBOL}` };
    const forwarded: Headers = from === "" ? {} : { "x-forwarded-for": from };
    const { body } = await ask(method === "POST" ? placing(id) : one, own, forwarded);
    expect(body.code).toBe(code);
  });

  test("an address in a header counts from a proxy the operator named, and from nobody else", async () => {
    const direct = await startTestExchange();
    const own = await makeSecretKey(direct, "alice", { addresses: ["203.0.113.0/24"] });
    const request = placing("spoofed");
    const headers = { ...signRequest(own, request), "x-forwarded-for": "203.0.113.9" };
    expect((await send(direct.url, request, headers)).body).toMatchObject({
      code: "ADDRESS_NOT_ALLOWED",
    });
    await direct.stop();
  });

  test("a line that the client sent before the proxy's own is not believed", async () => {
    const own = await makeSecretKey(exchange, "alice", { addresses: ["203.0.113.0/24"] });
    const code = (lines: string[]): Promise<unknown> => {
      const target = "/v1/orders/none";
      const signed = signRequest(own, { method: "GET", target });
      return new Promise((resolve, reject) => {
        const headers = { ...signed, "x-forwarded-for": lines };
        get(`${exchange.url}${target}`, { headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => void chunks.push(chunk));
          response.on("end", () => {
            resolve((JSON.parse(Buffer.concat(chunks).toString()) as { code: unknown }).code);
          });
        }).on("error", reject);
      });
    };
    expect(await code(["203.0.113.9", "198.51.100.1"])).toBe("ADDRESS_NOT_ALLOWED");
    expect(await code(["198.51.100.1", "203.0.113.9"])).toBe("UNKNOWN_CLIENT_ORDER_ID");
  });

  test("who comes through a named proxy is not at home here: no administration", async () => {
    const headers = { authorization: "Bearer test-token", "x-forwarded-for": "127.0.0.1" };
    const answer = await fetch(`${exchange.url}/v1/admin/keys`, { headers });
    expect((await answer.json()) as object).toMatchObject({ code: "ADMIN_LOOPBACK_ONLY" });
  });

  // What is asked for | the parameter that is wrong
  const WRONG: [object, string][] = [
    [{ kind: "rsa" }, "kind"],
    [{ kind: "ed25519" }, "public_key"],
    [{ trading: "yes" }, "trading"],
    [{ expires_at: "soon" }, "expires_at"],
    [{ addresses: "10.0.0.1" }, "addresses"],
    [{ addresses: ["10.0.0.0/33"] }, "addresses"],
    [{ addresses: ["0.0.0.0/0"] }, "addresses"],
    [{ addresses: ["fe80::1%eth0"] }, "addresses"],
    [{ scopes: ["everything"] }, "scopes"],
  ];
  test.each(WRONG)("no key is made of %j", async (settings, param) => {
    const body = { account: "alice", kind: "hmac", ...settings };
    expect(await exchange.admin("POST", "keys", body)).toMatchObject({
      status: 400,
      body: { code: "VALIDATION", param },
    });
  });
});

describe("how a socket's key changes and ends", () => {
  const settings = { scopes: ["orders:read", "orders:write"], trading: true };
  async function logOn(encoding: "json" | "proto" = "json") {
    const pair = await exchange.makeKey("sockets");
    return { id: pair.key, trader: await connect(exchange, pair, encoding) };
  }
  const change = (id: string, body: object) => exchange.admin("POST", `keys/${id}`, body);

  test.each(["json", "proto"] as const)(
    "trading off refuses orders on the open socket, cancels go on; then on again (%s)",
    async (encoding) => {
      const { id, trader } = await logOn(encoding);
      const order = { ...BID, client_order_id: `off-1-${encoding}` };
      expect(await trader.request("add_order", order)).toMatchObject({ success: true });
      expect(await change(id, { trading: false })).toMatchObject({
        status: 200,
        body: { trading: false, scopes: ["md:read", ...settings.scopes] },
      });
      for (const [method, params] of [
        ["add_order", { ...BID, client_order_id: `off-2-${encoding}` }],
        ["amend_order", { client_order_id: order.client_order_id, price: "101.00" }],
        ["batch", { mode: "atomic", ops: [{ method: "add_order", params: order }] }],
      ] as const) {
        expect(await trader.request(method, params)).toMatchObject({
          error: { code: "TRADING_OFF" },
        });
      }
      const { client_order_id } = order;
      expect(await trader.request("cancel_order", { client_order_id })).toMatchObject({
        success: true,
      });
      await change(id, { trading: true });
      const again = { ...BID, client_order_id: `off-2-${encoding}` };
      expect(await trader.request("add_order", again)).toMatchObject({ success: true });
      trader.close();
    },
  );

  // What happens to the key | the reason of the close
  const ENDS: [string, (id: string) => Promise<unknown>, string][] = [
    ["revoked", (id) => exchange.admin("DELETE", `keys/${id}`), "KEY_REVOKED"],
    [
      "expired",
      (id) => change(id, { expires_at: new Date(Date.now() + 200).toISOString() }),
      "KEY_EXPIRED",
    ],
    ["moved", (id) => change(id, { addresses: ["203.0.113.1"] }), "ADDRESS_NOT_ALLOWED"],
  ];
  test.each(ENDS)("%s: its sockets are closed", async (_what, end, reason) => {
    const { id, trader } = await logOn();
    await end(id);
    expect(await trader.closed).toEqual({ code: 1008, reason });
  });

  test("a revoked key is not changed any more, and proves nothing", async () => {
    const own = await makeSecretKey(exchange, "alice");
    await exchange.admin("DELETE", `keys/${own.key}`);
    expect(await change(own.key, { trading: true })).toMatchObject({
      body: { code: "UNKNOWN_KEY" },
    });
    expect((await ask(placing("revoked"), own)).body).toMatchObject({ code: "KEY_INVALID" });
  });
});

test("a secret is told once: in no list, no file and no log", async () => {
  const { body } = await exchange.admin("GET", "keys");
  const kept = readFileSync(join(exchange.dir, "registry.json"), "utf8");
  for (const text of [JSON.stringify(body), kept, JSON.stringify(exchange.logs)]) {
    expect(text).not.toContain(key.secret);
  }
  expect(JSON.stringify(body)).not.toContain("sealed");
  expect(kept).toContain(`"sealed_secret": "v1.`);
});

test("without a key to seal them there are no secrets, and everything else goes on", async () => {
  const none = await startTestExchange({ sealer: null });
  const refused = await none.admin("POST", "keys", { account: "alice", kind: "hmac" });
  expect(refused).toMatchObject({ status: 409, body: { code: "HMAC_KEYS_OFF" } });
  expect((await connect(none, await none.makeKey("alice"))).socket.readyState).toBe(1);
  await none.stop();
});
