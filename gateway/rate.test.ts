/** How much one may ask for: per key, account and address, said in every answer; and one thing many times over. */
import { afterEach, expect, test } from "@jest/globals";
import {
  signLogon,
  startTestExchange,
  type TestExchange,
  type TestOptions,
} from "./testing/exchange.ts";
import { makeSecretKey, signRequest } from "./testing/signed.ts";
import { connect, type Trader } from "./testing/trader.ts";

const SYMBOL = "DZ5485-612:US-10";
let exchange: TestExchange;
afterEach(() => exchange.stop());

const start = async (limits: TestOptions["limits"] = {}): Promise<void> => {
  exchange = await startTestExchange({ limits: { shutdownSpreadMs: 10, ...limits } });
};
const order = (id: string) => {
  const bid = { symbol: SYMBOL, side: "buy", type: "limit", qty: 1, price: "100.00" };
  return { ...bid, client_order_id: id };
};
/** The code of the refusal, "" when it was taken. */
const place = async (trader: Trader, id: string): Promise<string> => {
  const answer = await trader.request("add_order", order(id));
  return answer.success ? "" : answer.error.code;
};

// Limited per | the limit | whether a second key of the account shares it | and another account here
const LIMITS: [string, TestOptions["limits"], boolean, boolean][] = [
  ["key", { ordersPerSecond: 0.001, ordersBurst: 1 }, false, false],
  ["account", { accountOrdersPerSecond: 0.001 }, true, false],
  ["address", { addressOrdersPerSecond: 0.001 }, true, true],
];
test.each(LIMITS)("orders per %s", async (_what, limits, isKeyBound, isAccountBound) => {
  await start(limits);
  const first = await connect(exchange, await exchange.makeKey("alice"));
  const second = await connect(exchange, await exchange.makeKey("alice"));
  const other = await connect(exchange, await exchange.makeKey("bob"));
  expect(await place(first, "a")).toBe("");
  expect(await place(first, "b")).toBe("RATE_LIMITED");
  expect(await place(second, "c")).toBe(isKeyBound ? "RATE_LIMITED" : "");
  expect(await place(other, "d")).toBe(isAccountBound ? "RATE_LIMITED" : "");
  expect((await first.request("cancel_all")).success).toBe(true);
});

test("every answer about orders says what is left; a batch counts its orders, not its cancels", async () => {
  await start({ ordersPerSecond: 0.001, ordersBurst: 4 });
  const trader = await connect(exchange, await exchange.makeKey("alice"));
  const left = async (method: string, params: object): Promise<unknown> =>
    (await trader.request(method, params)).limits?.orders_left;
  expect(await left("order_status", { client_order_id: "a" })).toBe(4);
  expect(await left("add_order", order("a"))).toBe(3);
  const add = (id: string) => ({ method: "add_order", params: order(id) });
  const cancel = { method: "cancel_order", params: { client_order_id: "a" } };
  expect(await left("batch", { mode: "atomic", ops: [add("b"), add("c"), cancel] })).toBe(1);
  const ops = [add("d"), add("e")];
  expect((await trader.request("batch", { mode: "independent", ops })).error.code).toBe(
    "RATE_LIMITED",
  );
  expect((await trader.request("batch", { mode: "atomic", ops: [cancel] })).success).toBe(true);
  expect(await left("add_order", order("f"))).toBe(0);
});

test("REST says in headers what is left, and when to come again", async () => {
  await start({ requestsPerSecond: 1, requestsBurst: 2 });
  const ask = () => fetch(`${exchange.url}/v1/status`);
  const first = await ask();
  expect(first.headers.get("ratelimit-policy")).toBe('"address";q=2;w=2');
  expect(first.headers.get("ratelimit")).toBe('"address";r=1;t=1');
  const answers = await Promise.all([ask(), ask(), ask(), ask(), ask()]);
  const refused = answers.find(({ status }) => status === 429)!;
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({ code: "RATE_LIMITED", execution: "none" });
  expect((await fetch(`${exchange.url}/livez`)).status).toBe(200);
  expect((await exchange.admin("GET", "keys")).status).toBe(200);
});

test("an order over REST says what is left of orders, too, and when to come again", async () => {
  await start({ ordersPerSecond: 0.01, ordersBurst: 2 });
  const key = await makeSecretKey(exchange, "alice");
  const ask = async (method: string, id: string): Promise<Response> => {
    const isPlace = method === "POST";
    const target = isPlace ? "/v1/orders" : `/v1/orders/${id}`;
    const body = isPlace ? JSON.stringify(order(id)) : "";
    const headers = signRequest(key, { method, target, body });
    return fetch(`${exchange.url}${target}`, {
      method,
      headers,
      ...(isPlace ? { body: Buffer.from(body) } : {}),
    });
  };
  const left = (response: Response) => response.headers.get("ratelimit")!.split(", ")[1];
  const placed = await ask("POST", "r1");
  expect(placed.headers.get("ratelimit-policy")).toMatch(/^"address";.*, "orders";q=2;w=200$/);
  expect(left(placed)).toBe('"orders";r=1;t=100');
  expect(left(await ask("POST", "r2"))).toBe('"orders";r=0;t=200');
  const refused = await ask("POST", "r3");
  expect(refused.status).toBe(429);
  expect(left(refused)).toBe('"orders";r=0;t=200');
  const { retry_after_ms: afterMs } = (await refused.json()) as { retry_after_ms: number };
  expect(refused.headers.get("retry-after")).toBe(String(Math.ceil(afterMs / 1000)));
  const ended = await ask("DELETE", "r1");
  expect(ended.status).toBe(200);
  expect(left(ended)).toBe('"orders";r=0;t=200');
  const unknown = await ask("DELETE", "r1");
  expect([unknown.status, left(unknown)]).toEqual([404, '"orders";r=0;t=200']);
});

test("a hundred copies of one order at once, over ten sockets: one order", async () => {
  await start();
  const traders: Trader[] = [];
  for (let n = 0; n < 10; n++) {
    traders.push(await connect(exchange, await exchange.makeKey("alice")));
  }
  const deadline = new Date(Date.now() + 60_000).toISOString();
  const copies = traders.flatMap((trader) =>
    Array.from({ length: 10 }, () => trader.request("add_order", { ...order("one"), deadline })),
  );
  const answers = await Promise.all(copies);
  expect(answers.every(({ success }) => success)).toBe(true);
  expect(new Set(answers.map(({ result }) => result.order_id)).size).toBe(1);
  expect(answers.filter(({ result }) => result.duplicate === undefined)).toHaveLength(1);
  expect(exchange.shard.core.ordersTotal()).toBe(1);
});

test("a hundred copies of one signature at once: one socket is logged on", async () => {
  await start();
  const proof = signLogon(await exchange.makeKey("alice"));
  const sockets = await Promise.all(Array.from({ length: 100 }, () => connect(exchange)));
  const answers = await Promise.all(
    sockets.map((socket) => socket.request("session.logon", proof)),
  );
  expect(answers.filter(({ success }) => success)).toHaveLength(1);
  const codes = answers.filter(({ success }) => !success).map(({ error }) => error.code);
  expect(new Set(codes)).toEqual(new Set(["REPLAYED_SIGNATURE"]));
});
