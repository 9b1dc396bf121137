/**
 * HTTP as a person meets it: what is listed, how an order stands, what an operator may do, how
 * errors look, and that the page runs nothing but itself.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { generateKeyPairSync, sign } from "node:crypto";
import { rmSync, symlinkSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { openLocalRegistry } from "../registry/local.ts";
import {
  JORDAN,
  type Json,
  startTestExchange,
  type TestExchange,
  type TestKey,
  TOKEN,
} from "../testing/exchange.ts";
import { connect } from "../testing/trader.ts";

const SYMBOL = `${JORDAN.style}:US-10`;
const DUNK = { ...JORDAN, style: "DD1391-100", brand: "Nike", model: "Dunk Low", sizes: ["US-8"] };

let exchange: TestExchange;
let key: TestKey;
beforeAll(async () => {
  exchange = await startTestExchange({ seed: [JORDAN, DUNK] });
  key = await exchange.makeKey("alice");
});
afterAll(() => exchange.stop());

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${exchange.url}${path}`, { headers });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Json,
  };
}

describe("what anyone may ask", () => {
  test("instruments, in pages and by product", async () => {
    const seen: unknown[] = [];
    let cursor = "";
    for (let page = 0; page < 4 && cursor !== null; page++) {
      const query = cursor === "" ? "" : `&cursor=${cursor}`;
      const { body } = await get(`/v1/instruments?limit=2${query}`);
      const rows = body.instruments as unknown as { symbol: string }[];
      expect(rows.length).toBeLessThanOrEqual(2);
      seen.push(...rows.map((row) => row.symbol));
      cursor = body.next_cursor as unknown as string;
    }
    expect(seen).toEqual([
      ...JORDAN.sizes.map((size) => `${JORDAN.style}:${size}`),
      "DD1391-100:US-8",
    ]);
    expect((await get("/v1/instruments?product=DD1391-100")).body).toMatchObject({
      instruments: [{ symbol: "DD1391-100:US-8", product: "DD1391-100", brand: "Nike" }],
      next_cursor: null,
    });
  });

  test("one instrument, one product, with what they are", async () => {
    expect((await get(`/v1/instruments/${SYMBOL}`)).body).toMatchObject({
      instrument_id: 2,
      tick: "1.00",
      band: { low: "50.00", high: "5000.00" },
      state: "continuous",
    });
    expect((await get(`/v1/instruments/${encodeURIComponent(SYMBOL)}`)).status).toBe(200);
    expect((await get("/v1/products/DD1391-100")).body).toMatchObject({
      style: "DD1391-100",
      sizes: ["US-8"],
      symbols: ["DD1391-100:US-8"],
    });
    expect((await get("/v1/products?limit=1")).body).toMatchObject({
      products: [{ product_id: 1 }],
    });
  });

  test("stats are exactly what is promised, from the core's own count", async () => {
    const response = await fetch(`${exchange.url}/v1/stats`);
    expect(response.headers.get("content-type")).toBe("application/json");
    const { sequence } = exchange.shard.stats();
    expect(await response.text()).toBe(
      `{"trades_total":0,"orders_total":0,"orders_open":0,"shards":[{"shard":0,"trades_total":0,` +
        `"orders_total":0,"orders_open":0,"sequence":${sequence}}]}`,
    );
  });

  test("health, status and metrics", async () => {
    expect((await get("/livez")).body).toMatchObject({ status: "live", version: "test" });
    expect((await get("/readyz")).body).toMatchObject({ status: "ready" });
    expect((await get("/v1/status")).body).toMatchObject({
      state: "online",
      shards: [{ shard: 0, state: "online" }],
    });
    const metrics = await (await fetch(`${exchange.url}/metrics`)).text();
    expect(metrics).toMatch(/^solebook_sequence\{shard="0"\} \d+$/m);
    expect(metrics).toMatch(/^solebook_sockets \d+$/m);
  });

  test("the page and all its files, under a policy that runs nothing else", async () => {
    const asked = { headers: { "accept-encoding": "identity" } };
    const page = await fetch(`${exchange.url}/`, asked);
    const html = await page.text();
    const policy = page.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style="|\son\w+="/);
    const files = [...html.matchAll(/(?:src|href)="(\/[\w./-]+)"/g)].map(([, file]) => file!);
    expect(new Set(files.map((file) => file.split(".").pop()))).toEqual(
      new Set(["css", "js", "svg"]),
    );
    for (const file of files) {
      const found = await fetch(`${exchange.url}${file}`);
      expect({ file, status: found.status }).toEqual({ file, status: 200 });
      expect(found.headers.get("x-content-type-options")).toBe("nosniff");
      expect(found.headers.get("content-encoding")).toMatch(/^(br|gzip)$/);
    }
    const head = await fetch(`${exchange.url}/`, { method: "HEAD", ...asked });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      String(Buffer.byteLength(html)),
      "",
    ]);
  });

  test.each(["/foo", "/my-market/orders", "/product/"])(
    "a browser at %s, where nothing is",
    async (path) => {
      const asked = { headers: { accept: "text/html,*/*;q=0.8", "accept-encoding": "identity" } };
      const answer = await fetch(`${exchange.url}${path}`, asked);
      expect([answer.status, answer.headers.get("etag")]).toEqual([404, null]);
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(answer.headers.get("content-security-policy")).toContain("script-src 'self'");
      expect(await answer.text()).toBe(await (await fetch(`${exchange.url}/`, asked)).text());
    },
  );

  test("a product with colours keeps them, and one without does without", async () => {
    const colours = ["#c8102e", "#ffffff", "#161616"];
    const painted = { ...DUNK, style: "PAINTED", colours };
    expect((await exchange.admin("POST", "products", painted)).status).toBe(201);
    const more = { ...DUNK, style: "PAINTED", sizes: [...DUNK.sizes, "US-15"] };
    expect((await exchange.admin("POST", "products", more)).status).toBe(200);
    expect((await get("/v1/products/PAINTED")).body).toMatchObject({ colours, sizes: more.sizes });
    expect((await get("/v1/products/DD1391-100")).body).not.toHaveProperty("colours");
    for (const wrong of [["#c8102e"], "#c8102e", ["red", "#ffffff", "#161616"], [1, 2, 3]]) {
      const body = { ...DUNK, style: "WRONG", colours: wrong };
      expect((await exchange.admin("POST", "products", body)).body).toMatchObject({
        code: "VALIDATION",
        param: "colours",
      });
    }
  });
});

describe("errors are problem+json", () => {
  // Method | path | status | code
  const ROWS: [string, string, number, string][] = [
    ["GET", "/nothing/here", 404, "NOT_FOUND"],
    ["GET", "/v1/instruments/", 404, "NOT_FOUND"],
    ["GET", "/assets/index-old.js", 404, "NOT_FOUND"],
    ["GET", "/v1/instruments/%E0%A4%A", 404, "UNKNOWN_SYMBOL"],
    ["GET", "/v1/instruments/NOPE", 404, "UNKNOWN_SYMBOL"],
    ["GET", "/v1/products/__proto__", 404, "UNKNOWN_PRODUCT"],
    ["GET", "/v1/instruments?product=NOPE", 404, "UNKNOWN_PRODUCT"],
    ["GET", "/v1/instruments?limit=0", 400, "VALIDATION"],
    ["GET", "/v1/instruments?limit=1001", 400, "VALIDATION"],
    ["GET", "/v1/products?limit=ten", 400, "VALIDATION"],
    ["GET", "/v1/products?cursor=bm9uZQ", 400, "VALIDATION"],
    ["POST", "/v1/stats", 405, "METHOD_NOT_ALLOWED"],
    ["DELETE", "/v1/admin/keys", 405, "METHOD_NOT_ALLOWED"],
    ["PATCH", "/", 405, "METHOD_NOT_ALLOWED"],
    ["GET", "/v1/admin/keys", 401, "ADMIN_TOKEN_INVALID"],
    ["GET", "/v1/orders/x", 401, "NOT_LOGGED_ON"],
  ];
  test.each(ROWS)("%s %s: %i %s", async (method, path, status, code) => {
    const response = await fetch(`${exchange.url}${path}`, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      type: "about:blank",
      title: code,
      status,
      detail: expect.any(String),
      code,
      request_id: expect.any(String),
      retryable: false,
    });
  });

  // Method | path | what is accepted
  const MACHINES: [string, string, string][] = [
    ["GET", "/foo", "application/json"],
    ["GET", "/foo", "text/html;q=0, */*"],
    ["POST", "/foo", "text/html"],
    ["GET", "/v1/foo", "text/html"], // the API speaks to machines, whoever looks
  ];
  test.each(MACHINES)("also for %s %s by who accepts %s", async (method, path, accept) => {
    const response = await fetch(`${exchange.url}${path}`, { method, headers: { accept } });
    expect(await response.json()).toMatchObject({ code: "NOT_FOUND" });
  });

  test("a method that is not allowed names those that are", async () => {
    const response = await fetch(`${exchange.url}/v1/admin/keys`, { method: "PUT", body: "{}" });
    expect(response.headers.get("allow")).toBe("POST, GET, HEAD");
  });
});

describe("an order's state, signed", () => {
  const signed = (path: string, atMs = Date.now(), by: TestKey = key): Record<string, string> => {
    const timestamp = new Date(atMs).toISOString();
    const text = Buffer.from(`${timestamp}\nGET\n${path}\n`);
    return {
      "solebook-key": by.key,
      "solebook-timestamp": timestamp,
      "solebook-signature": sign(null, text, by.privateKey).toString("base64url"),
    };
  };

  test("its owner sees it, once per signature, nobody else does", async () => {
    const trader = await connect(exchange, key);
    const order = { client_order_id: "r1", symbol: SYMBOL, side: "buy", type: "limit", qty: 2 };
    await trader.request("add_order", { ...order, price: "99.00" });
    const path = "/v1/orders/r1";
    const headers = signed(path);
    expect(await get(path, headers)).toMatchObject({
      status: 200,
      body: { client_order_id: "r1", status: "open", qty: 2, filled_qty: 0, open_qty: 2 },
    });
    expect((await get(path, headers)).body).toMatchObject({ code: "REPLAYED_SIGNATURE" });
    const bob = await exchange.makeKey("bob");
    expect(await get(path, signed(path, Date.now(), bob))).toMatchObject({
      status: 404,
      body: { code: "UNKNOWN_CLIENT_ORDER_ID", execution: "unknown" },
    });
    trader.close();
  });

  test("another path, another time, no signature", async () => {
    const codes = [
      await get("/v1/orders/r1", signed("/v1/orders/r2")),
      await get("/v1/orders/r1?symbol=x", signed("/v1/orders/r1", Date.now() + 1)),
      await get("/v1/orders/r1", signed("/v1/orders/r1", Date.now() - 6_000)),
      await get("/v1/orders/r1", { "solebook-key": key.key }),
    ].map(({ status, body }) => [status, body.code]);
    expect(codes).toEqual([
      [401, "SIGNATURE_INVALID"],
      [401, "SIGNATURE_INVALID"],
      [401, "TIMESTAMP_OUTSIDE_WINDOW"],
      [400, "VALIDATION"],
    ]);
  });
});

describe("the operator", () => {
  const publicKey = (): string =>
    generateKeyPairSync("ed25519")
      .publicKey.export({ format: "der", type: "spki" })
      .subarray(-32)
      .toString("base64url");

  test("makes a key once, lists it, revokes it", async () => {
    const body = { account: "carol", label: "desk", public_key: publicKey() };
    const made = await exchange.admin("POST", "keys", body);
    expect(made).toMatchObject({ status: 201, body: { account: "carol", revoked_at: null } });
    expect(await exchange.admin("POST", "keys", body)).toEqual({ status: 200, body: made.body });
    const listed = (await exchange.admin("GET", "keys")).body.keys as unknown as Json[];
    expect(listed.filter((row) => (row.account as unknown) === "carol")).toEqual([made.body]);
    const revoked = await exchange.admin("DELETE", `keys/${made.body.key as unknown as string}`);
    expect(revoked).toMatchObject({ status: 200, body: { revoked_at: expect.any(String) } });
    expect((await exchange.admin("DELETE", "keys/k_nobody")).body).toMatchObject({
      code: "UNKNOWN_KEY",
    });
  });

  test("is told when the registry could not be written, and may ask again", async () => {
    const beside = join(exchange.dir, "registry.json.new");
    symlinkSync("/dev/full", beside); // where every write finds no room
    const body = { account: "dora", public_key: publicKey() };
    const yeezy = { ...JORDAN, style: "FZ5808" };
    for (const [path, asked] of [
      ["keys", body],
      ["products", yeezy],
    ] as const) {
      expect(await exchange.admin("POST", path, asked)).toMatchObject({
        status: 507,
        body: {
          code: "REGISTRY_WRITE_FAILED",
          class: "SYSTEM",
          retryable: true,
          execution: "none",
          detail: expect.stringContaining("ENOSPC"),
        },
      });
    }
    const isTold = (line: Record<string, unknown>): boolean =>
      line.code === "REGISTRY_WRITE_FAILED";
    expect(exchange.logs.filter(isTold)).toHaveLength(2);
    rmSync(beside);
    expect((await exchange.admin("POST", "keys", body)).status).toBe(201);
    expect((await exchange.admin("POST", "products", yeezy)).status).toBe(201);
  });

  test("adds a product, its missing sizes, and is told of a conflict", async () => {
    const yeezy = { ...JORDAN, style: "CP9654", brand: "adidas", sizes: ["US-9"], band: null };
    const answers = await Promise.all([
      exchange.admin("POST", "products", yeezy),
      exchange.admin("POST", "products", yeezy),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 201]);
    const more = await exchange.admin("POST", "products", { ...yeezy, sizes: ["US-9.5", "US-9"] });
    expect(more).toMatchObject({ status: 200, body: { sizes: ["US-9", "US-9.5"] } });
    expect((await get("/v1/instruments/CP9654:US-9.5")).body).toMatchObject({ band: null });
    // Written another way it is the same; with another price it is not.
    const same = await exchange.admin("POST", "products", {
      ...yeezy,
      tick: "1",
      retail_price: "180",
    });
    expect(same.status).toBe(200);
    const other = await exchange.admin("POST", "products", { ...yeezy, retail_price: "220.00" });
    expect(other).toMatchObject({
      status: 409,
      body: { code: "PRODUCT_EXISTS", param: "retail_price" },
    });
    // What was answered is on disk.
    const sizes = { shards: 1, accountsMax: 64, instrumentsMax: 512 };
    const onDisk = openLocalRegistry({ dataDir: exchange.dir, seed: [], ...sizes });
    expect(onDisk.product("CP9654")).toEqual(exchange.registry.product("CP9654"));
  });

  // What is wrong | path | body | code | param
  const WRONG: [string, string, unknown, string, string][] = [
    [
      "an account with a space",
      "keys",
      { account: "a b", public_key: publicKey() },
      "VALIDATION",
      "account",
    ],
    [
      "a short public key",
      "keys",
      { account: "a", public_key: "AAAA" },
      "VALIDATION",
      "public_key",
    ],
    [
      "an unknown scope",
      "keys",
      { account: "a", public_key: publicKey(), scopes: ["root"] },
      "VALIDATION",
      "scopes",
    ],
    ["a body that is a list", "keys", [], "VALIDATION", "body"],
    ["a style with a slash", "products", { ...DUNK, style: "a/b" }, "VALIDATION", "style"],
    ["no sizes", "products", { ...DUNK, style: "N1", sizes: [] }, "VALIDATION", "sizes"],
    [
      "a size twice",
      "products",
      { ...DUNK, style: "N1", sizes: ["US-9", "US-9"] },
      "VALIDATION",
      "sizes",
    ],
    [
      "a size that breaks JSON",
      "products",
      { ...DUNK, style: "N1", sizes: ['US-9"'] },
      "VALIDATION",
      "sizes",
    ],
    ["a tick of nothing", "products", { ...DUNK, style: "N1", tick: "0" }, "VALIDATION", "tick"],
    [
      "a price as number",
      "products",
      { ...DUNK, style: "N1", retail_price: 110 },
      "VALIDATION",
      "retail_price",
    ],
    [
      "a date that is none",
      "products",
      { ...DUNK, style: "N1", release_date: "2021-02-30" },
      "VALIDATION",
      "release_date",
    ],
    [
      "a band upside down",
      "products",
      { ...DUNK, style: "N1", band: { low: "9.00", high: "8.00" } },
      "VALIDATION",
      "band",
    ],
    [
      "a band off the tick",
      "products",
      { ...DUNK, style: "N1", band: { low: "9.50", high: "10.00" } },
      "PRICE_NOT_ON_TICK",
      "band",
    ],
    [
      "another currency",
      "products",
      { ...DUNK, style: "N1", currency: "EUR" },
      "VALIDATION",
      "currency",
    ],
    [
      "a state that is none",
      `instruments/${SYMBOL}/state`,
      { state: "open" },
      "VALIDATION",
      "state",
    ],
    ["a band of nothing", `instruments/${SYMBOL}/band`, {}, "VALIDATION", "band.low"],
    [
      "a symbol that is not there",
      "instruments/NOPE/state",
      { state: "halted" },
      "UNKNOWN_SYMBOL",
      "symbol",
    ],
  ];
  test.each(WRONG)("is told of %s", async (_what, path, body, code, param) => {
    const before = exchange.shard.core.sequence();
    expect((await exchange.admin("POST", path, body)).body).toMatchObject({ code, param });
    expect(exchange.shard.core.sequence()).toBe(before);
  });

  test("without the token, or with another, may nothing", async () => {
    for (const authorization of ["", "Bearer", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
      const response = await fetch(`${exchange.url}/v1/admin/keys`, { headers: { authorization } });
      expect(response.status).toBe(401);
    }
  });

  test("a body too large is refused before it is read", async () => {
    const large = await exchange.admin("POST", "keys", {
      account: "a",
      pad: "x".repeat(16 * 1024),
    });
    expect(large).toMatchObject({ status: 413, body: { code: "BODY_TOO_LARGE" } });
    const sizes = { ...DUNK, style: "N2", pad: "x".repeat(60 * 1024) };
    expect((await exchange.admin("POST", "products", sizes)).status).toBe(201);
  });
});

test("a request given up in the middle harms nobody", async () => {
  exchange.shard.hold();
  const head = `POST /v1/admin/instruments/${SYMBOL}/state HTTP/1.1\r\nHost: x\r\n`;
  const body = JSON.stringify({ state: "continuous" });
  const socket = connectTcp(exchange.gateway.port, "127.0.0.1");
  socket.write(
    `${head}Authorization: Bearer ${TOKEN}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  while (exchange.shard.queued().commands === 0) await new Promise((r) => setTimeout(r, 5));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 30));
  exchange.shard.release();
  expect((await get("/readyz")).status).toBe(200);
});
