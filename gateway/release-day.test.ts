/** A release day as its operator runs it: collecting unseen, one clearing price, then trading as ever. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestExchange, type TestExchange } from "./testing/exchange.ts";
import { connect, type Trader } from "./testing/trader.ts";

const STYLE = "DZ5485-612";
const SYMBOL = `${STYLE}:US-10`;
let exchange: TestExchange;
let alice: Trader;
let bob: Trader;

beforeAll(async () => {
  exchange = await startTestExchange();
  alice = await connect(exchange, await exchange.makeKey("alice"));
  bob = await connect(exchange, await exchange.makeKey("bob"));
});
afterAll(() => exchange.stop());

const order = (id: string, side: string, qty: number, price: string, more: object = {}) => {
  return { client_order_id: id, symbol: SYMBOL, side, type: "limit", qty, price, ...more };
};
const status = async (trader: Trader, id: string) =>
  (await trader.request("order_status", { client_order_id: id })).result;

test("the morning: all sizes collect, and nothing of it is seen", async () => {
  const { status: code, body } = await exchange.admin("POST", `products/${STYLE}/state`, {
    state: "pre_open",
  });
  expect([code, body.symbols]).toMatchObject([200, { length: 3 }]);
  await alice.request("add_order", order("a1", "sell", 2, "200.00"));
  const bid = await bob.request("add_order", order("b1", "buy", 3, "260.00"));
  expect(bid.result).toMatchObject({ status: "open", filled_qty: 0, open_qty: 3 });
  const seen = await connect(exchange);
  await seen.request("subscribe", { channel: "book", symbols: [SYMBOL] });
  expect((await seen.push("book", 0)).data).toEqual({ bids: [], asks: [] });
  await seen.request("subscribe", { channel: "instrument", symbols: [SYMBOL] });
  expect((await seen.push("instrument", 0)).data.state).toBe("pre_open");
});

// What is not collected | what it adds | why
const NOT_COLLECTED: [string, object, string][] = [
  ["ioc", { tif: "ioc" }, "NOT_IN_AUCTION"],
  ["post_only", { post_only: true }, "NOT_IN_AUCTION"],
  ["what its owner's other order could meet", { side: "buy" }, "SELF_CROSS"],
];
test.each(NOT_COLLECTED)("%s is refused", async (_what, more, code) => {
  const asked = { ...order(`n-${code}`, "sell", 1, "250.00"), client_order_id: `n${++rows}` };
  expect((await alice.request("add_order", { ...asked, ...more })).error.code).toBe(code);
});
let rows = 0;

test("a dry run knows that, too", async () => {
  const dry = order("d", "buy", 1, "250.00", { tif: "fok", validate: true });
  expect((await bob.request("add_order", dry)).error.code).toBe("NOT_IN_AUCTION");
});

test("collected orders trade by an uncross only", async () => {
  const path = `instruments/${SYMBOL}/state`;
  const { status: code, body } = await exchange.admin("POST", path, { state: "continuous" });
  expect([code, body.code]).toEqual([409, "UNCROSS_NEEDED"]);
});

test("the opening: all at one price, then continuous trading with what is left", async () => {
  const { status: code, body } = await exchange.admin("POST", `products/${STYLE}/uncross`);
  expect([code, body.instruments]).toEqual([200, 3]);
  expect(await status(alice, "a1")).toMatchObject({ status: "filled", filled_qty: 2 });
  expect(await status(bob, "b1")).toMatchObject({ status: "open", filled_qty: 2, open_qty: 1 });
  const sold = await alice.request("add_order", order("a2", "sell", 1, "240.00"));
  expect(sold.result).toMatchObject({ status: "filled" });
});

test("there is nothing more to conclude", async () => {
  const one = await exchange.admin("POST", `instruments/${SYMBOL}/uncross`);
  expect([one.status, one.body.code]).toEqual([409, "NOT_COLLECTING"]);
  const none = await exchange.admin("POST", "products/NOPE/uncross");
  expect([none.status, none.body.code]).toEqual([404, "UNKNOWN_PRODUCT"]);
});
