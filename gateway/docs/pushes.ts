/** One example of each channel's push. A test holds them to the schemas, and what a gateway says, too. */
import type { Channel } from "../market-data/topics.ts";

const SYMBOL = "DZ5485-612:US-10";
const TS = "2026-11-21T02:10:00.123456Z";

const update = (channel: Channel, data: unknown, more: object = { symbol: SYMBOL }): object => ({
  channel,
  type: "update",
  ...more,
  seq: 42,
  prev_seq: 41,
  ts: TS,
  data,
});

const ORDER = {
  order_id: "0-17",
  client_order_id: "bid-1",
  symbol: SYMBOL,
  side: "buy",
  type: "limit",
  tif: "gtc",
  price: "241.00",
  qty: 2,
  status: "open",
  filled_qty: 1,
  open_qty: 1,
};

const LEVELS = { bids: [["241.00", 1, 1]], asks: [["250.00", 0, 0]] };

export const PUSHES: Readonly<Record<Channel, object>> = {
  instrument: update("instrument", {
    instrument_id: 2,
    symbol: SYMBOL,
    product: "DZ5485-612",
    brand: "Jordan",
    model: "Air Jordan 1 High OG",
    colourway: "Chicago",
    size: "US-10",
    currency: "USD",
    tick: "1.00",
    band: { low: "50.00", high: "5000.00" },
    qty_max: 1_000_000,
    state: "halted",
    retail_price: "180.00",
    release_date: "2022-11-19",
  }),
  ticker: update("ticker", {
    bid: "241.00",
    bid_qty: 1,
    ask: null,
    ask_qty: null,
    last: "241.00",
    last_qty: 1,
    last_ts: TS,
    change: "-4.00",
    volume: 17,
    high_52w: "260.00",
    low_52w: "199.00",
  }),
  book: update("book", { ...LEVELS, crc32: 2_391_483_118 }),
  "book@100ms": update("book@100ms", { bids: [["241.00", 1, 1]], asks: [] }),
  level3: update("level3", [
    {
      event: "fill",
      order_id: "0-17",
      side: "buy",
      price: "241.00",
      qty: 1,
      fill_qty: 1,
      trade_id: 3,
      last: true,
    },
  ]),
  trades: update("trades", [
    { trade_id: 3, price: "241.00", qty: 1, taker_side: "sell", ts: TS, engine_seq: 42 },
  ]),
  candles: update(
    "candles",
    [
      {
        ts: "2026-11-21T00:00:00.000000Z",
        open: "245.00",
        high: "245.00",
        low: "241.00",
        close: "241.00",
        volume: 2,
        trades: 2,
      },
    ],
    { symbol: SYMBOL, interval: "1d" },
  ),
  size_grid: update(
    "size_grid",
    [
      {
        symbol: SYMBOL,
        size: "US-10",
        ask: null,
        ask_qty: null,
        bid: "241.00",
        bid_qty: 1,
        last: "241.00",
        bids: 1,
        asks: 0,
      },
    ],
    { symbol: "DZ5485-612" },
  ),
  auction: update("auction", {
    state: "pre_open",
    bid_orders: 12,
    ask_orders: 9,
    bid_qty: 14,
    ask_qty: 9,
    indicative_price: null,
    indicative_qty: null,
    uncross: null,
  }),
  orders: update("orders", [ORDER], { shard: 0 }),
  executions: update(
    "executions",
    {
      exec_type: "trade",
      ...ORDER,
      last_price: "241.00",
      last_qty: 1,
      liquidity: "maker",
      trade_id: 3,
      engine_seq: 42,
      account_seq: 2,
    },
    { shard: 0 },
  ),
  heartbeat: {
    ...update(
      "heartbeat",
      { symbols: { [SYMBOL]: 42 }, trades: { [SYMBOL]: 40 }, shards: { "0": 9 } },
      {},
    ),
    seq: 0,
    prev_seq: 0,
  },
  status: update(
    "status",
    { state: "online", since: TS, shards: [{ shard: 0, state: "online" }] },
    {},
  ),
};
