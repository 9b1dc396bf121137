/**
 * Several operations in one request, through the real core: what happens together, what each is
 * answered, and what a second copy of the same request does.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestExchange, type Message, type TestExchange } from "../testing/exchange.ts";
import { connect, type Trader } from "../testing/trader.ts";

const SYMBOL = "DZ5485-612:US-10";
const NINE = "DZ5485-612:US-9";
const HALF = "DZ5485-612:US-10.5";
let exchange: TestExchange;
let alice: Trader;
let bob: Trader;

beforeAll(async () => {
  exchange = await startTestExchange();
  alice = await connect(exchange, await exchange.makeKey("alice"));
  bob = await connect(exchange, await exchange.makeKey("bob"));
});
afterAll(() => exchange.stop());

const add = (id: string, side: "buy" | "sell", price: string, more: object = {}) => ({
  method: "add_order",
  params: { client_order_id: id, symbol: SYMBOL, side, type: "limit", qty: 1, price, ...more },
});
const cancel = (id: string) => ({ method: "cancel_order", params: { client_order_id: id } });
const batch = (mode: string, ...ops: object[]) => alice.request("batch", { mode, ops });

/** Per operation: its status or cancelled quantity, or the code of its refusal. */
function told({ result }: Message): unknown[] {
  const results = result.results as unknown as Message[];
  return results.map((each) =>
    each.success ? (each.result.status ?? each.result.cancelled_qty) : each.error.code,
  );
}
const openOrders = (): number => exchange.shard.core.ordersOpen();

test("an atomic batch: all of it happens, and every operation is answered as it ended", async () => {
  const first = await batch("atomic", add("a1", "buy", "100.00"), add("a2", "buy", "101.00"));
  expect(told(first)).toEqual(["open", "open"]);
  const next = await batch(
    "atomic",
    cancel("a1"),
    { method: "amend_order", params: { client_order_id: "a2", price: "102.00" } },
    add("a3", "buy", "99.00"),
  );
  expect(told(next)).toEqual([1, "open", "open"]);
  expect(openOrders()).toBe(2);
});

test("sent again it happens once: places are answered from memory, changes had their turn", async () => {
  const again = await batch("atomic", add("a4", "buy", "98.00"), cancel("a3"));
  expect(told(again)).toEqual(["open", 1]);
  const twice = await batch("atomic", add("a4", "buy", "98.00"), cancel("a3"));
  expect(twice.result.results[0]).toMatchObject({ result: { duplicate: true, status: "open" } });
  expect(told(twice)[1]).toBe("COMPOUND_ANSWERED");
  expect(openOrders()).toBe(2);
});

test("engine_seq names the operation's own place, in the answer, in its repetition, in its status", async () => {
  const ops = [add("e1", "buy", "71.00"), add("e2", "buy", "72.00")];
  const seqs = ({ result }: Message): unknown[] =>
    (result.results as unknown as Message[]).map((each) => each.result.engine_seq);
  const first = seqs(await batch("atomic", ...ops));
  expect(seqs(await batch("atomic", ...ops))).toEqual(first);
  const leg = (id: string, symbol: string) => ({ client_order_id: id, symbol, price: "70.00" });
  const group = [leg("e3", NINE), leg("e4", HALF)];
  const placed = await alice.request("add_order", { side: "buy", type: "limit", qty: 1, group });
  const legs = (placed.result.legs as unknown as Message["result"][]).map(
    (each) => each.engine_seq,
  );
  const asked = ["e1", "e2", "e3", "e4"].map(async (id) => {
    const { result } = await alice.request("order_status", { client_order_id: id });
    return result.engine_seq;
  });
  expect([...first, ...legs]).toEqual(await Promise.all(asked));
  for (const id of ["e1", "e2", "e3"]) await alice.request("cancel_order", { client_order_id: id });
  await alice.request("cancel_order", { client_order_id: "e4" });
});

// What is wrong with the second of two | it | what both are told
const FAULTS: [string, object, string[]][] = [
  ["the core refuses it", cancel("nobody"), ["COMPOUND_REFUSED", "UNKNOWN_ORDER"]],
  [
    "a price outside the band",
    add("f2", "buy", "9000.00"),
    ["COMPOUND_REFUSED", "PRICE_OUTSIDE_BAND"],
  ],
  ["the gateway refuses it", add("f3", "buy", "1e2"), ["COMPOUND_REFUSED", "VALIDATION"]],
  [
    "a method that is not for batches",
    { method: "cancel_all", params: {} },
    ["COMPOUND_REFUSED", "VALIDATION"],
  ],
  ["a group within", add("f4", "buy", "90.00", { group: [] }), ["COMPOUND_REFUSED", "VALIDATION"]],
];
test.each(FAULTS)("nothing of an atomic batch happens: %s", async (_what, op, codes) => {
  const before = openOrders();
  expect(told(await batch("atomic", add(`n${++rows}`, "buy", "97.00"), op))).toEqual(codes);
  expect(openOrders()).toBe(before);
});
let rows = 0;

test("an independent batch: each operation for itself, in order", async () => {
  const answer = await batch(
    "independent",
    add("i1", "sell", "150.00"),
    add("i2", "sell", "1e2"),
    cancel("nobody"),
    cancel("i1"),
    add("i3", "sell", "151.00"),
  );
  expect(told(answer)).toEqual(["open", "VALIDATION", "UNKNOWN_ORDER", 1, "open"]);
});

test("within one batch an order that another one fills is answered as filled", async () => {
  const answer = await batch(
    "atomic",
    add("s1", "sell", "140.00"),
    add("s2", "buy", "140.00", { stp: "none" }),
  );
  expect(told(answer)).toEqual(["filled", "filled"]);
});

test("a hundred operations fit an independent batch, 32 an atomic one", async () => {
  const ops = Array.from({ length: 100 }, (_, n) => add(`h${n}`, "buy", "60.00"));
  expect(new Set(told(await batch("independent", ...ops)))).toEqual(new Set(["open"]));
  const ids = ops.map((_, n) => cancel(`h${n}`));
  expect(told(await batch("atomic", ...ids.slice(0, 32)))).toHaveLength(32);
  expect((await batch("atomic", ...ids.slice(32, 65))).error.code).toBe("BATCH_TOO_LARGE");
  expect((await batch("independent", ...ids, cancel("x"))).error.code).toBe("BATCH_TOO_LARGE");
});

// What is wrong | params | the parameter named
const BATCHES: [string, object, string][] = [
  ["no mode", { ops: [cancel("a")] }, "mode"],
  ["another mode", { mode: "maybe", ops: [cancel("a")] }, "mode"],
  ["no operations", { mode: "atomic", ops: [] }, "ops"],
  ["operations that are no list", { mode: "atomic", ops: {} }, "ops"],
  ["one that is no object", { mode: "atomic", ops: [7] }, "ops[0]"],
  ["one without params", { mode: "independent", ops: [{ method: "add_order" }] }, "ops[0]"],
];
test.each(BATCHES)("a batch with %s", async (_what, params, param) => {
  const { error } = await alice.request("batch", params);
  expect(error).toMatchObject({ code: "VALIDATION", param });
});

test("a batch that does not fit the ring is refused whole", async () => {
  exchange.shard.hold();
  const ops = Array.from({ length: 30 }, (_, n) => add(`o${n}`, "buy", "60.00"));
  const room = exchange.shard.commands.capacity - 10;
  const fill = Array.from({ length: Math.ceil(room / 100) }, (_, n) =>
    batch("independent", ...Array.from({ length: 100 }, (_, m) => cancel(`z${n}-${m}`))),
  );
  await alice.request("ping"); // by now they wait in the ring, as many as fit
  expect((await batch("atomic", ...ops)).error).toMatchObject({
    code: "OVERLOADED",
    execution: "none",
  });
  exchange.shard.release();
  await Promise.all(fill);
  expect(told(await batch("atomic", ...ops.slice(0, 2)))).toEqual(["open", "open"]);
});

const leg = (id: string, symbol: string, price: string) => ({ client_order_id: id, symbol, price });
const group = (side: string, ...legs: object[]) => ({
  side,
  type: "limit",
  qty: 1,
  tif: "gtc",
  group: legs,
});

test("a group: a bid on three sizes gets exactly one pair", async () => {
  await alice.request("cancel_all");
  const legs = [leg("g1", NINE, "200.00"), leg("g2", SYMBOL, "210.00"), leg("g3", HALF, "205.00")];
  const answer = await alice.request("add_order", group("buy", ...legs));
  const rested = answer.result.legs as unknown as { status: string; symbol: string }[];
  expect(rested.map(({ status, symbol }) => [symbol, status])).toEqual([
    [NINE, "open"],
    [SYMBOL, "open"],
    [HALF, "open"],
  ]);
  const sold = await bob.request("add_order", {
    ...add("b1", "sell", "205.00").params,
    symbol: HALF,
  });
  expect(sold.result).toMatchObject({ status: "filled" });
  for (const [id, status, reason] of [
    ["g1", "cancelled", "GROUP_FILLED"],
    ["g2", "cancelled", "GROUP_FILLED"],
    ["g3", "filled", undefined],
  ] as const) {
    const { result } = await alice.request("order_status", { client_order_id: id });
    expect([result.status, result.reason]).toEqual([status, reason]);
  }
});

test("a group that trades at once: each leg is answered as the whole left it", async () => {
  await bob.request("add_order", { ...add("b2", "sell", "220.00").params, symbol: HALF });
  const legs = [leg("t1", NINE, "215.00"), leg("t2", HALF, "220.00")];
  const { result } = await alice.request("add_order", group("buy", ...legs));
  expect(result.legs).toMatchObject([
    { client_order_id: "t1", status: "cancelled", open_qty: 0, reason: "GROUP_FILLED" },
    { client_order_id: "t2", status: "filled", filled_qty: 1 },
  ]);
  const again = await alice.request("add_order", group("buy", ...legs));
  expect(again.result.legs).toMatchObject([{ duplicate: true }, { duplicate: true }]);
});

// What is wrong | params | code | the parameter named
const GROUPS: [string, object, string, string][] = [
  ["one leg", group("buy", leg("x1", NINE, "90.00")), "VALIDATION", "group"],
  [
    "a symbol for all",
    { ...group("buy", leg("x1", NINE, "90.00"), leg("x2", HALF, "90.00")), symbol: NINE },
    "VALIDATION",
    "symbol",
  ],
  [
    "one instrument twice",
    group("buy", leg("x1", NINE, "90.00"), leg("x2", NINE, "91.00")),
    "LEG_MISMATCH",
    "group[1]",
  ],
  [
    "a price off the tick",
    group("buy", leg("x3", NINE, "90.00"), leg("x4", HALF, "90.50")),
    "PRICE_NOT_ON_TICK",
    "group[1].price",
  ],
  [
    "an unknown symbol",
    group("buy", leg("x5", NINE, "90.00"), leg("x6", "NO:US-1", "90.00")),
    "UNKNOWN_SYMBOL",
    "group[1].symbol",
  ],
  [
    "a price outside the band",
    group("buy", leg("x7", NINE, "9000.00"), leg("x8", HALF, "90.00")),
    "PRICE_OUTSIDE_BAND",
    "group[0]",
  ],
  [
    "ioc",
    { ...group("buy", leg("x9", NINE, "90.00"), leg("x0", HALF, "90.00")), tif: "ioc" },
    "LEG_MISMATCH",
    "group[0]",
  ],
];
test.each(GROUPS)("a group with %s", async (_what, params, code, param) => {
  const before = openOrders();
  const { error } = await alice.request("add_order", params);
  expect(error).toMatchObject({ code, param, execution: "none" });
  expect(openOrders()).toBe(before);
});

test("tags: cancel_all takes the orders of one tag and leaves the others", async () => {
  await alice.request("cancel_all");
  for (const [id, tags] of [
    ["q1", [7]],
    ["q2", [8]],
    ["q3", []],
  ] as const) {
    await alice.request("add_order", add(id, "buy", "70.00", { tags }).params);
  }
  expect((await alice.request("cancel_all", { tag: 7 })).result).toMatchObject({ count: 1 });
  const left = await alice.request("order_status", { client_order_id: "q1" });
  expect(left.result).toMatchObject({ status: "cancelled", reason: "MASS_CANCEL" });
  expect((await alice.request("cancel_all", { symbol: SYMBOL })).result.count).toBe(2);
});
