/**
 * Everything a stranger may send by mistake or on purpose: each gets its code, nothing crashes, and
 * the socket stays open unless it says why not.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { connect as connectTcp } from "node:net";
import { WebSocket } from "ws";
import {
  signLogon,
  startTestExchange,
  type TestExchange,
  type TestKey,
} from "./testing/exchange.ts";
import { isSayable } from "./testing/binary.ts";
import { connect, type Trader } from "./testing/trader.ts";

const SYMBOL = "DZ5485-612:US-10";
let exchange: TestExchange;
let key: TestKey;
let trader: Trader;
let binary: Trader;

beforeAll(async () => {
  exchange = await startTestExchange();
  key = await exchange.makeKey("trader");
  trader = await connect(exchange, key);
  binary = await connect(exchange, key, "proto");
});
afterAll(() => exchange.stop());

const ORDER = {
  client_order_id: "x1",
  symbol: SYMBOL,
  side: "buy",
  type: "limit",
  qty: 1,
  price: "100.00",
};
/** The core remembers what it refused: every row has an id of its own. */
let rows = 0;
const fresh = (): object => ({ ...ORDER, client_order_id: `row-${++rows}` });
/** Whoever can say it: a schema has no word for some mistakes. */
const speakersOf = (method: string, params: object): readonly Trader[] =>
  isSayable({ method, params }) ? [trader, binary] : [trader];
const far = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

// What is wrong | what is sent | its code | the parameter it names
const ORDERS: [string, object, string, string | undefined][] = [
  [
    "no client order id",
    { client_order_id: undefined },
    "CLIENT_ORDER_ID_MISSING",
    "client_order_id",
  ],
  ["an id that is a number", { client_order_id: 7 }, "VALIDATION", "client_order_id"],
  ["an id of 16 characters", { client_order_id: "a".repeat(16) }, "VALIDATION", "client_order_id"],
  ["an id with a space", { client_order_id: "a b" }, "VALIDATION", "client_order_id"],
  ["an empty id", { client_order_id: "" }, "VALIDATION", "client_order_id"],
  ["no symbol", { symbol: undefined }, "VALIDATION", "symbol"],
  ["an unknown symbol", { symbol: "NOPE:US-1" }, "UNKNOWN_SYMBOL", "symbol"],
  ["a symbol of the prototype", { symbol: "__proto__" }, "UNKNOWN_SYMBOL", "symbol"],
  ["a side that is none", { side: "long" }, "VALIDATION", "side"],
  ["a type that is none", { type: "stop" }, "VALIDATION", "type"],
  ["a quantity as text", { qty: "1" }, "VALIDATION", "qty"],
  ["half a pair", { qty: 1.5 }, "VALIDATION", "qty"],
  ["no pairs", { qty: 0 }, "QUANTITY_TOO_SMALL", "qty"],
  ["negative pairs", { qty: -1 }, "QUANTITY_TOO_SMALL", "qty"],
  ["2^31 pairs", { qty: 2 ** 31 }, "QUANTITY_TOO_LARGE", "qty"],
  ["more than the instrument's bound", { qty: 2_000_000 }, "QUANTITY_TOO_LARGE", "qty"],
  ["a price as number", { price: 100 }, "VALIDATION", "price"],
  ["a price with an exponent", { price: "1e2" }, "VALIDATION", "price"],
  ["a negative price", { price: "-100.00" }, "VALIDATION", "price"],
  ["a price with a comma", { price: "100,00" }, "VALIDATION", "price"],
  ["a price off the tick", { price: "100.50" }, "PRICE_NOT_ON_TICK", "price"],
  ["a price finer than a cent", { price: "100.001" }, "PRICE_NOT_ON_TICK", "price"],
  ["a price of zero", { price: "0.00" }, "PRICE_OUT_OF_RANGE", "price"],
  ["a price beyond 2^31 ticks", { price: "2147483648.00" }, "PRICE_OUT_OF_RANGE", "price"],
  ["a price below the band", { price: "49.00" }, "PRICE_OUTSIDE_BAND", "price"],
  ["a limit order without price", { price: undefined }, "VALIDATION", "price"],
  ["a market order with price", { type: "market" }, "VALIDATION", "price"],
  [
    "a market order that rests",
    { type: "market", price: undefined, tif: "gtc" },
    "VALIDATION",
    "tif",
  ],
  ["a time in force that is none", { tif: "day" }, "VALIDATION", "tif"],
  ["gtd without a time", { tif: "gtd" }, "VALIDATION", "expire_time"],
  ["a time without gtd", { expire_time: far(1) }, "VALIDATION", "expire_time"],
  ["a time that is none", { tif: "gtd", expire_time: "tomorrow" }, "VALIDATION", "expire_time"],
  [
    "the 30th of February",
    { tif: "gtd", expire_time: "2027-02-30T00:00:00Z" },
    "VALIDATION",
    "expire_time",
  ],
  [
    "a time that has passed",
    { tif: "gtd", expire_time: "2020-01-01T00:00:00Z" },
    "ALREADY_EXPIRED",
    "expire_time",
  ],
  ["post-only that never rests", { post_only: true, tif: "ioc" }, "VALIDATION", "post_only"],
  ["post-only as text", { post_only: "yes" }, "VALIDATION", "post_only"],
  ["a self-trade mode that is none", { stp: "both" }, "VALIDATION", "stp"],
  ["a deadline that is none", { deadline: 5 }, "VALIDATION", "deadline"],
  ["a deadline two hours ahead", { deadline: far(2) }, "DEADLINE_TOO_FAR", "deadline"],
  ["validate as text", { validate: "true" }, "VALIDATION", "validate"],
  ["a group that is no list", { group: "g1" }, "VALIDATION", "group"],
  ["two tags", { tags: [1, 2] }, "VALIDATION", "tags"],
  ["a tag that is a text", { tags: ["7"] }, "VALIDATION", "tags"],
];

test.each(ORDERS)("add_order with %s", async (_what, wrong, code, param) => {
  for (const each of speakersOf("add_order", { ...ORDER, ...wrong })) {
    const answer = await each.request("add_order", { ...fresh(), ...wrong });
    expect(answer).toMatchObject({ success: false, error: { code, execution: "none" } });
    expect(answer.error.param).toBe(param);
    expect(answer.error.request_id).toEqual(expect.stringMatching(/^[\w-]{8}-\d+$/));
  }
});

test("a deadline that has passed leaves it open whether an earlier copy traded", async () => {
  const late = { ...ORDER, client_order_id: "late", deadline: far(-1) };
  const answer = await trader.request("add_order", late);
  const passed = { code: "DEADLINE_PASSED", execution: "unknown", param: "deadline" };
  expect(answer.error).toMatchObject(passed);
});

test("unknown fields are ignored, and told", async () => {
  const answer = await trader.request("add_order", { ...fresh(), colour: "red", postOnly: true });
  expect(answer).toMatchObject({ success: true, ignored: ["colour", "postOnly"] });
  const tried = await trader.request("add_order", { ...fresh(), validate: true, postOnly: true });
  expect(tried).toMatchObject({ result: { validated: true }, ignored: ["postOnly"] });
  const refused = await trader.request("add_order", { ...fresh(), qty: 0, Side: "buy" });
  expect(refused).toMatchObject({ error: { param: "qty" }, ignored: ["Side"] });
  expect((await trader.request("add_order", fresh())).ignored).toBe(undefined);
  await trader.request("cancel_all");
});

// What is wrong | method | params | code | param
const REQUESTS: [string, string, unknown, string, string | undefined][] = [
  ["an unknown method", "buy_everything", {}, "UNKNOWN_METHOD", "method"],
  ["a timer without a time", "cancel_after", {}, "VALIDATION", "timeout_s"],
  ["a timer of two hours", "cancel_after", { timeout_s: 7200 }, "VALIDATION", "timeout_s"],
  ["a timer of a tag that is none", "cancel_after", { timeout_s: 1, tag: -1 }, "VALIDATION", "tag"],
  ["a disconnect of nobody", "cancel_on_disconnect", { scope: "all" }, "VALIDATION", "scope"],
  ["a disconnect of no tag", "cancel_on_disconnect", { scope: "tag" }, "VALIDATION", "tag"],
  ["a cancel by tag", "cancel_all", { tag: "t" }, "VALIDATION", "tag"],
  ["a channel that is not built", "subscribe", { channel: "balances" }, "NOT_SUPPORTED", "channel"],
  ["a method of the prototype", "constructor", {}, "UNKNOWN_METHOD", "method"],
  ["params that are a list", "add_order", [], "VALIDATION", "params"],
  ["params that are null", "add_order", null, "VALIDATION", "params"],
  ["a cancel of nothing", "cancel_order", {}, "VALIDATION", "order_id"],
  [
    "a cancel by two names",
    "cancel_order",
    { order_id: "0-1", client_order_id: "a" },
    "VALIDATION",
    "order_id",
  ],
  ["an order id that is a number", "cancel_order", { order_id: 1 }, "VALIDATION", "order_id"],
  ["an order id of another form", "cancel_order", { order_id: "1" }, "VALIDATION", "order_id"],
  ["a shard that is not there", "cancel_order", { order_id: "7-1" }, "UNKNOWN_ORDER", "order_id"],
  ["an order that is not there", "cancel_order", { order_id: "0-999" }, "UNKNOWN_ORDER", undefined],
  ["an amend of nothing", "amend_order", { order_id: "0-1" }, "VALIDATION", "qty"],
  ["an amend to nothing", "amend_order", { order_id: "0-1", qty: 0 }, "QUANTITY_TOO_SMALL", "qty"],
  [
    "an amend to 2^31",
    "amend_order",
    { order_id: "0-1", qty: 2 ** 31 },
    "QUANTITY_TOO_LARGE",
    "qty",
  ],
  [
    "a new price of no order",
    "amend_order",
    { order_id: "0-999", price: "1.00" },
    "UNKNOWN_ORDER",
    undefined,
  ],
  ["cancel_all of an unknown symbol", "cancel_all", { symbol: "NOPE" }, "UNKNOWN_SYMBOL", "symbol"],
  ["cancel_all of a strange side", "cancel_all", { side: "both" }, "VALIDATION", "side"],
  ["a status of nothing", "order_status", {}, "VALIDATION", "order_id"],
  ["a channel that is none", "subscribe", { channel: "gossip" }, "UNKNOWN_CHANNEL", "channel"],
  ["no symbols", "subscribe", { channel: "book" }, "VALIDATION", "symbols"],
  [
    "symbols that are numbers",
    "subscribe",
    { channel: "book", symbols: [1] },
    "VALIDATION",
    "symbols",
  ],
  [
    "one unknown symbol of two",
    "subscribe",
    { channel: "book", symbols: [SYMBOL, "NOPE"] },
    "UNKNOWN_SYMBOL",
    "symbols",
  ],
  [
    "an unknown style",
    "subscribe",
    { channel: "size_grid", symbols: [SYMBOL] },
    "UNKNOWN_SYMBOL",
    "symbols",
  ],
  [
    "too many symbols",
    "subscribe",
    { channel: "book", symbols: Array(1001).fill(SYMBOL) },
    "TOO_MANY_SYMBOLS",
    "symbols",
  ],
  [
    "a depth of the whole book",
    "subscribe",
    { channel: "book", symbols: [SYMBOL], depth: 5 },
    "VALIDATION",
    "depth",
  ],
  [
    "a sequence as text",
    "subscribe",
    { channel: "book", symbols: [SYMBOL], resume_from_seq: "1" },
    "VALIDATION",
    "resume_from_seq",
  ],
  ["a second logon", "session.logon", {}, "ALREADY_LOGGED_ON", undefined],
];

test.each(REQUESTS)("%s", async (_what, method, params, code, param) => {
  for (const each of speakersOf(method, params as object)) {
    const answer = await each.request(method, params as object);
    expect(answer).toMatchObject({ success: false, error: { code } });
    expect(answer.error.param).toBe(param);
  }
});

// What is named wrongly | method | params | what the message names
const NAMING: [string, string, object, string][] = [
  [
    "a method",
    "buy",
    {},
    "add_order, amend_order, cancel_order, cancel_all, batch, cancel_after, cancel_on_disconnect, order_status",
  ],
  ["a channel", "subscribe", { channel: "x" }, "instrument, ticker, book, book@100ms"],
  ["a symbol", "subscribe", { channel: "book", symbols: ["NOPE", "AND:SO"] }, '"NOPE"'],
];
test.each(NAMING)(
  "%s that is not there: the message helps",
  async (_what, method, params, words) => {
    expect((await trader.request(method, params)).error.message).toContain(words);
  },
);

test("a refused subscription subscribes to nothing", async () => {
  const before = trader.pushes.length;
  await trader.request("subscribe", { channel: "book", symbols: [SYMBOL, "NOPE"] });
  await trader.request("add_order", { ...ORDER, client_order_id: "n1" });
  await trader.request("cancel_all");
  expect(trader.pushes.length).toBe(before);
});

// Frames that are no requests | code
const FRAMES: [string, string | Buffer, string][] = [
  ["half an object", '{"method":', "MALFORMED_FRAME"],
  ["nothing", "", "MALFORMED_FRAME"],
  ["a list", "[]", "MALFORMED_FRAME"],
  ["a number", "7", "MALFORMED_FRAME"],
  ["null", "null", "MALFORMED_FRAME"],
  ["bytes", Buffer.from([1, 2, 3]), "UNSUPPORTED_ENCODING"],
];

test.each(FRAMES)(
  "a frame of %s is answered and the socket stays open",
  async (_what, frame, code) => {
    const stranger = await connect(exchange);
    stranger.socket.send(frame);
    const answer = await stranger.until(({ error }) => error !== undefined);
    expect(answer).toMatchObject({ req_id: null, error: { code, class: "VALIDATION" } });
    expect(await stranger.request("ping")).toMatchObject({ success: true, result: {} });
    stranger.close();
  },
);

test("ten frames that are no requests close the socket with a reason", async () => {
  const stranger = await connect(exchange);
  for (let frame = 0; frame < 10; frame++) stranger.socket.send("{");
  const closed = await stranger.closed;
  expect(closed).toMatchObject({ code: 1008, reason: expect.stringContaining("MALFORMED_FRAME") });
  expect(stranger.messages).toHaveLength(10);
});

test("a frame of more than 64 KiB closes the socket with 1009, the limit itself does not", async () => {
  const stranger = await connect(exchange);
  const ping = (bytes: number): string => {
    const frame = JSON.stringify({ method: "ping", req_id: 1, params: { pad: "" } });
    return frame.replace('""', `"${"x".repeat(bytes - frame.length)}"`);
  };
  stranger.socket.send(ping(64 * 1024));
  await stranger.until((message) => message.success);
  stranger.socket.send(ping(64 * 1024 + 1));
  expect(await stranger.closed).toEqual({ code: 1009, reason: "FRAME_TOO_LARGE" });
  expect(exchange.logs).toContainEqual(expect.objectContaining({ code: "FRAME_TOO_LARGE" }));
});

test("a frame of more than 1 MiB never reaches us: the line is cut, and counted", async () => {
  const counted = async (): Promise<number> => {
    const metrics = await (await fetch(`${exchange.url}/metrics`)).text();
    return Number(/^solebook_frames_too_large_total (\d+)$/m.exec(metrics)![1]);
  };
  const before = await counted();
  const stranger = await connect(exchange);
  stranger.socket.send("x".repeat(1024 * 1024 + 1));
  expect(await stranger.closed).toMatchObject({ code: 1006 });
  expect(await counted()).toBe(before + 1);
});

test("a request id is a whole number or a text, and comes back as it was", async () => {
  const stranger = await connect(exchange);
  for (const id of ["a", 'with "quotes"', 12, -1]) {
    stranger.socket.send(JSON.stringify({ method: "ping", req_id: id }));
    await stranger.until((message) => message.req_id === id);
  }
  stranger.socket.send(JSON.stringify({ method: "ping", req_id: { no: 1 } }));
  const refused = await stranger.until(({ error }) => error !== undefined);
  expect(refused.error).toMatchObject({ code: "VALIDATION", param: "req_id" });
  stranger.close();
});

const PRIVATE = ["add_order", "amend_order", "cancel_order", "cancel_all", "order_status"];
test.each(PRIVATE)("%s before logon is refused", async (method) => {
  const stranger = await connect(exchange);
  const answer = await stranger.request(method, ORDER);
  expect(answer.error).toMatchObject({ code: "NOT_LOGGED_ON", class: "AUTH", execution: "none" });
  stranger.close();
});

test("executions are the account's own", async () => {
  const stranger = await connect(exchange);
  const answer = await stranger.request("subscribe", { channel: "executions" });
  expect(answer.error.code).toBe("NOT_LOGGED_ON");
  stranger.close();
});

test("a key without orders:write may ask but not trade", async () => {
  const reader = await connect(exchange, await exchange.makeKey("trader", ["orders:read"]));
  const place = await reader.request("add_order", ORDER);
  expect(place.error).toMatchObject({ code: "SCOPE_MISSING", class: "PERM" });
  const status = await reader.request("order_status", { client_order_id: "row-1" });
  expect(status.error.code).toBe("UNKNOWN_CLIENT_ORDER_ID");
  reader.close();
});

test("an account sees and touches its own orders only", async () => {
  const mine = await trader.request("add_order", { ...ORDER, client_order_id: "mine" });
  const other = await connect(exchange, await exchange.makeKey("other"));
  const target = { order_id: mine.result.order_id };
  for (const [method, params] of [
    ["cancel_order", target],
    ["amend_order", { ...target, qty: 2 }],
    ["amend_order", { ...target, price: "100.50" }],
  ] as const) {
    expect((await other.request(method, params)).error.code).toBe("UNKNOWN_ORDER");
  }
  const status = await other.request("order_status", { client_order_id: "mine" });
  expect(status.error.code).toBe("UNKNOWN_CLIENT_ORDER_ID");
  expect((await other.request("cancel_all")).result).toMatchObject({ count: 0 });
  expect((await trader.request("cancel_all")).result).toMatchObject({ count: 1 });
  other.close();
});

// What is wrong with a logon | how it is made so | code
const LOGONS: [string, (params: ReturnType<typeof signLogon>) => object, string][] = [
  ["no such key", (params) => ({ ...params, key: "k_nobody" }), "KEY_INVALID"],
  ["a key that is a number", (params) => ({ ...params, key: 1 }), "VALIDATION"],
  ["no signature", ({ signature: _none, ...params }) => params, "VALIDATION"],
  ["a signature of nothing", (params) => ({ ...params, signature: "AAAA" }), "SIGNATURE_INVALID"],
  [
    "another time than signed",
    (params) => ({ ...params, timestamp: new Date(Date.now() + 1).toISOString() }),
    "SIGNATURE_INVALID",
  ],
  ["a time that is none", (params) => ({ ...params, timestamp: "now" }), "VALIDATION"],
  ["a time 6 s ago", () => signLogon(key, Date.now() - 6_000), "TIMESTAMP_OUTSIDE_WINDOW"],
  ["a time 6 s ahead", () => signLogon(key, Date.now() + 6_000), "TIMESTAMP_AHEAD"],
  ["another key's signature", (params) => ({ ...params, key: otherKey.key }), "SIGNATURE_INVALID"],
];
let otherKey: TestKey;
beforeAll(async () => {
  otherKey = await exchange.makeKey("another");
});

test.each(LOGONS)("logon with %s", async (_what, change, code) => {
  const stranger = await connect(exchange);
  const answer = await stranger.request("session.logon", change(signLogon(key)));
  expect(answer.error).toMatchObject({ code });
  expect((await stranger.request("cancel_all")).error.code).toBe("NOT_LOGGED_ON");
  stranger.close();
});

test("one signature logs on once, however it is spelt", async () => {
  const params = signLogon(key, Date.now() + 17);
  const [first, second] = [await connect(exchange), await connect(exchange)];
  expect((await first.request("session.logon", params)).success).toBe(true);
  for (const signature of [params.signature, `${params.signature}==`]) {
    const again = await second.request("session.logon", { ...params, signature });
    expect(again.error.code).toBe("REPLAYED_SIGNATURE");
  }
  first.close();
  second.close();
});

test("a revoked key is closed at once and comes in no more", async () => {
  const revoked = await exchange.makeKey("leaver");
  const leaver = await connect(exchange, revoked);
  expect((await exchange.admin("DELETE", `keys/${revoked.key}`)).status).toBe(200);
  expect(await leaver.closed).toEqual({ code: 1008, reason: "KEY_REVOKED" });
  const again = await connect(exchange);
  const answer = await again.request("session.logon", signLogon(revoked));
  expect(answer.error.code).toBe("KEY_INVALID");
  again.close();
});

// Origin | does it get in?
const ORIGINS: [string, boolean][] = [
  ["http://evil.example", false],
  ["null", false],
  ["http://127.0.0.1:1", false],
  ["SELF", true],
];
test.each(ORIGINS)("a page of %s: %s", async (origin, isIn) => {
  const from = origin === "SELF" ? exchange.url : origin;
  const socket = new WebSocket(`${exchange.url.replace("http", "ws")}/v1/ws`, { origin: from });
  const opened = await new Promise<boolean>((resolve) => {
    socket.once("open", () => resolve(true));
    socket.once("unexpected-response", (_request, response) =>
      resolve(response.statusCode !== 403),
    );
    socket.once("error", () => {});
  });
  expect(opened).toBe(isIn);
  socket.terminate();
});

test("garbage instead of HTTP, and half a request, harm nobody", async () => {
  const port = exchange.gateway.port;
  for (const bytes of [
    "\0\0\0garbage\r\n\r\n",
    "GET /v1/stats HTTP/1.1\r\n",
    "POST /v1/admin/keys HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
  ]) {
    const socket = connectTcp(port, "127.0.0.1");
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
  }
  expect(await trader.request("ping")).toMatchObject({ success: true });
});

test("2,000 frames that were once sound, with a few bytes changed, are each answered", async () => {
  const book = { channel: "book", symbols: [SYMBOL], snapshot: true };
  const sound = [
    { method: "add_order", req_id: 1, params: ORDER },
    { method: "subscribe", req_id: 2, params: book },
    { method: "cancel_all", req_id: 3, params: { side: "buy" } },
    { method: "session.logon", req_id: 4, params: signLogon(key) },
  ].map((frame) => JSON.stringify(frame));
  let state = 7;
  const pick = (count: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % count;
  };
  for (let sent = 0; sent < 2_000; sent += 8) {
    const stranger = await connect(exchange); // a fresh one: ten malformed frames would close it
    for (let frame = 0; frame < 8; frame++) {
      const text = sound[pick(sound.length)]!.split("");
      for (let change = 0; change <= pick(3); change++) {
        text.splice(pick(text.length), pick(3), String.fromCharCode(32 + pick(95)));
      }
      stranger.socket.send(text.join(""));
    }
    const answers = () => stranger.messages.filter((each) => each.channel === undefined);
    await stranger.until(() => answers().length === 8);
    stranger.close();
  }
  expect(exchange.logs.filter((line) => line.level === 50)).toEqual([]);
});

test("more subscriptions than one socket may have are refused together", async () => {
  const small = await startTestExchange({ limits: { subscriptionsMax: 4, shutdownSpreadMs: 10 } });
  const greedy = await connect(small);
  const symbols = ["US-9", "US-10", "US-10.5"].map((size) => `DZ5485-612:${size}`);
  expect((await greedy.request("subscribe", { channel: "book", symbols })).success).toBe(true);
  const refused = await greedy.request("subscribe", { channel: "trades", symbols });
  expect(refused.error).toMatchObject({ code: "TOO_MANY_SUBSCRIPTIONS" });
  expect((await greedy.request("unsubscribe", { channel: "book", symbols })).success).toBe(true);
  expect((await greedy.request("subscribe", { channel: "trades", symbols })).success).toBe(true);
  await small.stop();
});
