/**
 * The market for a page: a morning of trades, then what search, the glance, the history and the fees
 * say of it, over HTTP from a gateway of its own.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { JORDAN, type Json, startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { connect, type Trader } from "../testing/trader.ts";

const DUNK = {
  ...JORDAN,
  style: "DD1391-100",
  brand: "Nike",
  model: "Dunk Low Retro",
  colourway: "Panda",
  release_date: "2021-03-10",
  sizes: ["US-8"],
};
const CAFE = {
  ...JORDAN,
  style: "CAFE-1",
  brand: "Søle",
  model: "Café Racer",
  colourway: "Crème",
  release_date: "2999-01-01",
  sizes: ["US-8"],
};
const TEN = `${JORDAN.style}:US-10`;
const NINE = `${JORDAN.style}:US-9`;

let exchange: TestExchange;
let seller: Trader;
let buyer: Trader;
let orders = 0;
beforeAll(async () => {
  exchange = await startTestExchange({ seed: [JORDAN, DUNK, CAFE] });
  seller = await connect(exchange, await exchange.makeKey("sam"));
  buyer = await connect(exchange, await exchange.makeKey("bea"));
  for (const price of ["200.00", "210.00", "190.00", "250.00"]) await trade(TEN, price);
  await trade(NINE, "300.00", 2);
  await place(seller, TEN, "sell", "260.00");
  await place(seller, NINE, "sell", "255.00");
  await place(buyer, TEN, "buy", "240.00");
});
afterAll(async () => {
  seller.close();
  buyer.close();
  await exchange.stop();
});

async function place(by: Trader, symbol: string, side: string, price: string, qty = 1) {
  const order = { client_order_id: `m${++orders}`, symbol, side, type: "limit", qty, price };
  const answer = await by.request("add_order", order);
  if (!answer.success) throw new Error(JSON.stringify(answer.error));
}

async function trade(symbol: string, price: string, qty = 1): Promise<void> {
  await place(seller, symbol, "sell", price, qty);
  await place(buyer, symbol, "buy", price, qty);
}

async function get(path: string) {
  const response = await fetch(`${exchange.url}${path}`);
  return { status: response.status, body: (await response.json()) as Json };
}

describe("search", () => {
  // What is typed | what is found, best first
  const ROWS: [string, string[]][] = [
    ["jordan", [JORDAN.style]],
    ["PANDA dunk", ["DD1391-100"]],
    ["dd1391-100", ["DD1391-100"]],
    ["1391", ["DD1391-100"]],
    ["cafe creme", ["CAFE-1"]],
    ["lost & found", [JORDAN.style]],
    ["dunk jordan", []],
    ["", []],
    ["   ", []],
  ];
  test.each(ROWS)("%j finds %j", async (text, styles) => {
    const { body } = await get(`/v1/search?q=${encodeURIComponent(text)}`);
    const found = body.products as unknown as { style: string }[];
    expect(found.map(({ style }) => style)).toEqual(styles);
    expect(body.found).toBe(styles.length);
  });

  test("a row says how the product stands over its sizes", async () => {
    const { body } = await get("/v1/search?q=chicago");
    expect(body.products?.[0]).toMatchObject({
      style: JORDAN.style,
      model: JORDAN.model,
      symbols: [NINE, TEN, `${JORDAN.style}:US-10.5`],
      market: {
        ask: { price: "255.00", symbol: NINE },
        bid: { price: "240.00", symbol: TEN },
        last: { symbol: NINE, size: "US-9", price: "300.00", qty: 2, taker_side: "buy" },
        asks: 2,
        bids: 1,
        volume: 6,
        trades: 5,
        volume_24h: 6,
        trades_24h: 5,
      },
    });
  });

  test("among equals what trades most stands first, and a limit holds", async () => {
    const { body } = await get("/v1/search?q=u&limit=1");
    expect(body).toMatchObject({ found: 2, products: [{ style: JORDAN.style }] });
  });
});

test("one glance: what moves, trades most, is released and was traded last", async () => {
  const { body } = await get("/v1/market/overview");
  expect(body).toMatchObject({
    moving: [
      {
        style: JORDAN.style,
        move: { symbol: TEN, from: "200.00", to: "250.00", change: "50.00", change_bp: 2_500 },
      },
    ],
    most_traded: [{ style: JORDAN.style, market: { volume: 6 } }],
    releases: [{ style: "CAFE-1" }, { style: JORDAN.style }, { style: "DD1391-100" }],
  });
  const last = body.last_trades as unknown as { price: string }[];
  expect(last.map(({ price }) => price)).toEqual([
    "300.00",
    "250.00",
    "190.00",
    "210.00",
    "200.00",
  ]);
  expect(last[0]).toMatchObject({ symbol: NINE, product: JORDAN.style, brand: "Jordan" });
  expect((await get("/v1/market/overview")).body.ts).toBe(body.ts);
});

describe("price history", () => {
  test("of one size: bars, and the single trades", async () => {
    const { body } = await get(`/v1/instruments/${TEN}/history`);
    expect(body).toMatchObject({ symbol: TEN, range: "1d", interval: "5m", trades: 4, volume: 4 });
    const points = body.points as unknown as { price: string; symbol: string }[];
    expect(points.map(({ price }) => price)).toEqual(["200.00", "210.00", "190.00", "250.00"]);
    // A five-minute border may fall into the morning: the bars together tell the same.
    const bars = body.bars as unknown as Record<string, string>[];
    expect([bars[0]!.open, bars.at(-1)!.close]).toEqual(["200.00", "250.00"]);
    expect(bars.reduce((sum, bar) => sum + Number(bar.volume), 0)).toBe(4);
    expect(bars.map(({ high }) => high)).toContain("250.00");
  });

  test("of the product, over its sizes", async () => {
    const { body } = await get(`/v1/products/${JORDAN.style}/history?range=all`);
    expect(body).toMatchObject({ style: JORDAN.style, interval: "1w", trades: 5, volume: 6 });
    const points = body.points as unknown as { symbol: string }[];
    expect(points.map(({ symbol }) => symbol)).toEqual([TEN, TEN, TEN, TEN, NINE]);
  });

  test("of what was never traded: nothing, in the same form", async () => {
    expect((await get("/v1/instruments/DD1391-100:US-8/history?range=1y")).body).toEqual({
      symbol: "DD1391-100:US-8",
      range: "1y",
      interval: "1d",
      bars: [],
      points: [],
      trades: 0,
      volume: 0,
    });
  });

  test("the same after a restart, from the journal alone", async () => {
    const { journal } = exchange.shard;
    const again = await startTestExchange({ dir: exchange.dir, journal, seed: [] });
    for (const path of [`instruments/${TEN}`, `products/${JORDAN.style}`]) {
      const answers = await Promise.all(
        [exchange, again].map(async ({ url }) => (await fetch(`${url}/v1/${path}/history`)).json()),
      );
      expect(answers[1]).toEqual(answers[0]);
    }
    await again.stop();
  });
});

describe("fees", () => {
  test("of a buyer: every line, and they are the total", async () => {
    expect((await get("/v1/fees?side=buy&price=241.00")).body).toEqual({
      schedule: 1,
      from: "2026-11-01",
      region: "US",
      rounding: "half_up",
      currency: "USD",
      side: "buy",
      price: "241.00",
      qty: 1,
      lines: [
        { code: "price", rate_bp: null, amount: "241.00" },
        { code: "processing", rate_bp: 400, amount: "9.64" },
        { code: "shipping", rate_bp: null, amount: "14.95" },
        { code: "tax", rate_bp: 0, amount: "0.00" },
      ],
      total: "265.59",
    });
  });

  test("of a seller: what is given up is negative, the rest is the net", async () => {
    const { body } = await get("/v1/fees?side=sell&price=241&qty=2&level=3");
    expect(body).toMatchObject({
      level: 3,
      lines: [{ amount: "482.00" }, { amount: "-38.56" }, { amount: "-14.46" }],
      net: "428.98",
    });
  });

  test("where the rate did not decide, the line says what did", async () => {
    const { body } = await get("/v1/fees?side=sell&price=25.00");
    expect(body.lines).toEqual([
      { code: "price", rate_bp: null, amount: "25.00" },
      { code: "transaction", rate_bp: 900, applied: "minimum", amount: "-5.00" },
      { code: "processing", rate_bp: 300, amount: "-0.75" },
    ]);
  });
});

// Path | status | code | param
const WRONG: [string, number, string, string][] = [
  ["/v1/search?q=" + "x".repeat(101), 400, "VALIDATION", "q"],
  ["/v1/search?q=x&limit=101", 400, "VALIDATION", "limit"],
  ["/v1/instruments/NOPE/history", 404, "UNKNOWN_SYMBOL", "symbol"],
  ["/v1/products/NOPE/history", 404, "UNKNOWN_PRODUCT", "style"],
  [`/v1/instruments/${TEN}/history?range=2d`, 400, "VALIDATION", "range"],
  ["/v1/fees", 400, "VALIDATION", "side"],
  ["/v1/fees?side=buy", 400, "VALIDATION", "price"],
  ["/v1/fees?side=buy&price=0", 400, "VALIDATION", "price"],
  ["/v1/fees?side=buy&price=-5.00", 400, "VALIDATION", "price"],
  ["/v1/fees?side=buy&price=241.001", 400, "VALIDATION", "price"],
  ["/v1/fees?side=buy&price=99999999999", 400, "VALIDATION", "price"],
  ["/v1/fees?side=buy&price=241.00&qty=0", 400, "VALIDATION", "qty"],
  ["/v1/fees?side=buy&price=241.00&qty=1.5", 400, "VALIDATION", "qty"],
  ["/v1/fees?side=sell&price=241.00&level=6", 400, "VALIDATION", "level"],
];
test.each(WRONG)("%s: %i %s (%s)", async (path, status, code, param) => {
  expect(await get(path)).toMatchObject({ status, body: { code, param } });
});
