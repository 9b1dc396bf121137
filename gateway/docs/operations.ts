/** REST's operations as they are documented: a row per route, with examples that a test sends. */
import { AddOrder } from "./methods.ts";
import { ADMIN } from "./operations-admin.ts";
import type { Operation } from "./operation.ts";
import * as rest from "../forms/rest.ts";

const SYMBOL = { symbol: "DZ5485-612:US-10" };
const STYLE = { style: "DZ5485-612" };
const get = { method: "get", by: "anyone" } as const;
const plainly = [{ says: "As it is" }] as const;

const MARKET: readonly Operation[] = [
  {
    ...get,
    id: "listInstruments",
    path: "/v1/instruments",
    says: "What is traded, in pages.",
    query: rest.InstrumentsQuery,
    answers: { 200: rest.InstrumentsAnswer },
    refusals: ["VALIDATION", "UNKNOWN_PRODUCT", "STARTING"],
    examples: [
      { says: "The first two", query: { limit: 2 } },
      { says: "Those of a product", query: { product: STYLE.style } },
    ],
  },
  {
    ...get,
    id: "getInstrument",
    path: "/v1/instruments/{symbol}",
    says: "One instrument: reference data, band and trading state.",
    answers: { 200: rest.InstrumentAnswer },
    refusals: ["UNKNOWN_SYMBOL", "STARTING"],
    examples: [{ says: "By its symbol", path: SYMBOL }],
  },
  {
    ...get,
    id: "getInstrumentHistory",
    path: "/v1/instruments/{symbol}/history",
    says: "An instrument's bars, and its newest trades.",
    query: rest.HistoryQuery,
    answers: { 200: rest.InstrumentHistoryAnswer },
    refusals: ["VALIDATION", "UNKNOWN_SYMBOL", "STARTING"],
    examples: [{ says: "A week", path: SYMBOL, query: { range: "1w" } }],
  },
  {
    ...get,
    id: "listProducts",
    path: "/v1/products",
    says: "Products with their sizes and symbols, in pages.",
    query: rest.ProductsQuery,
    answers: { 200: rest.ProductsAnswer },
    refusals: ["VALIDATION"],
    examples: [{ says: "The first ten", query: { limit: 10 } }],
  },
  {
    ...get,
    id: "getProduct",
    path: "/v1/products/{style}",
    says: "One product.",
    answers: { 200: rest.ProductAnswer },
    refusals: ["UNKNOWN_PRODUCT"],
    examples: [{ says: "By its style code", path: STYLE }],
  },
  {
    ...get,
    id: "getProductHistory",
    path: "/v1/products/{style}/history",
    says: "A product's bars over all its sizes, and its newest trades.",
    query: rest.HistoryQuery,
    answers: { 200: rest.ProductHistoryAnswer },
    refusals: ["VALIDATION", "UNKNOWN_PRODUCT", "STARTING"],
    examples: [{ says: "All of it", path: STYLE, query: { range: "all" } }],
  },
  {
    ...get,
    id: "search",
    path: "/v1/search",
    says: "Products by words, with how they stand over all sizes.",
    query: rest.SearchQuery,
    answers: { 200: rest.SearchAnswer },
    refusals: ["VALIDATION", "STARTING"],
    examples: [{ says: "Two words", query: { q: "jordan high", limit: 5 } }],
  },
  {
    ...get,
    id: "getOverview",
    path: "/v1/market/overview",
    says: "One glance at all of the market.",
    answers: { 200: rest.OverviewAnswer },
    refusals: ["STARTING"],
    examples: plainly,
  },
  {
    ...get,
    id: "getFees",
    path: "/v1/fees",
    says: "What a trade costs or brings.",
    query: rest.FeesQuery,
    answers: { 200: rest.FeesAnswer },
    refusals: ["VALIDATION"],
    examples: [
      { says: "A buyer", query: { side: "buy", price: "241.00" } },
      { says: "A seller of level 3", query: { side: "sell", price: "241.00", qty: 2, level: 3 } },
    ],
  },
];

/** Of what is signed. */
const UNSIGNED = [
  "NOT_LOGGED_ON",
  "KEY_INVALID",
  "KEY_EXPIRED",
  "ADDRESS_NOT_ALLOWED",
  "SIGNATURE_INVALID",
  "TIMESTAMP_OUTSIDE_WINDOW",
  "TIMESTAMP_AHEAD",
  "REPLAYED_SIGNATURE",
  "SCOPE_MISSING",
] as const;

const REST: readonly Operation[] = [
  {
    method: "post",
    by: "key",
    id: "addOrder",
    path: "/v1/orders",
    says: "Places an order, like `add_order`.",
    body: AddOrder,
    answers: { 200: rest.PlaceAnswer },
    refusals: [...UNSIGNED, "TRADING_OFF", "VALIDATION", "UNKNOWN_SYMBOL", "PRICE_NOT_ON_TICK"],
    examples: [
      {
        says: "A bid that rests",
        body: {
          client_order_id: "bid-1",
          symbol: SYMBOL.symbol,
          side: "buy",
          type: "limit",
          qty: 1,
          price: "241.00",
        },
      },
    ],
  },
  {
    ...get,
    id: "getOrder",
    path: "/v1/orders/{client_order_id}",
    says: "How an order stands, asked through the journal, like `order_status`.",
    by: "key",
    query: rest.OrderQuery,
    answers: { 200: rest.OrderAnswer },
    refusals: [...UNSIGNED, "VALIDATION", "UNKNOWN_CLIENT_ORDER_ID"],
    examples: [
      { says: "By your own name of it", path: { client_order_id: "bid-1" }, query: SYMBOL },
    ],
  },
  {
    method: "delete",
    by: "key",
    id: "cancelOrder",
    path: "/v1/orders/{client_order_id}",
    says: "Cancels an open order, like `cancel_order`.",
    query: rest.OrderQuery,
    answers: { 200: rest.CancelAnswer },
    refusals: [...UNSIGNED, "VALIDATION", "UNKNOWN_ORDER"],
    examples: [
      { says: "By your own name of it", path: { client_order_id: "bid-1" }, query: SYMBOL },
    ],
  },
  {
    method: "post",
    id: "openSession",
    path: "/v1/session",
    says: "Gives a browser on this machine a demonstration account and a cookie.",
    by: "browser",
    answers: { 200: rest.SessionAnswer, 201: rest.SessionAnswer },
    refusals: ["SESSION_NOT_OFFERED", "DEMONSTRATION_FULL", "STARTING"],
    examples: plainly,
  },
  {
    method: "delete",
    id: "endSession",
    path: "/v1/session",
    says: "Logs out: the cookie says nothing any more, its sockets are closed, orders stay.",
    by: "browser",
    answers: { 200: rest.SessionEndAnswer },
    refusals: ["SESSION_NOT_OFFERED"],
    examples: plainly,
  },
  {
    ...get,
    id: "getStats",
    path: "/v1/stats",
    says: "Trades and orders, counted by the engine.",
    answers: { 200: rest.StatsAnswer },
    refusals: [],
    examples: plainly,
  },
  {
    ...get,
    id: "getStatus",
    path: "/v1/status",
    says: "How the exchange is, shard by shard.",
    answers: { 200: rest.StatusAnswer },
    refusals: [],
    examples: plainly,
  },
  {
    ...get,
    id: "isLive",
    path: "/livez",
    says: "The process lives.",
    answers: { 200: rest.LiveAnswer },
    refusals: [],
    examples: plainly,
  },
  {
    ...get,
    id: "isReady",
    path: "/readyz",
    says: "Orders are taken; 503: they are not, and why.",
    answers: { 200: rest.ReadyAnswer, 503: rest.NotReadyAnswer },
    refusals: [],
    examples: plainly,
  },
  {
    ...get,
    id: "getMetrics",
    path: "/metrics",
    says: "Figures for Prometheus.",
    answers: { 200: "text/plain" },
    refusals: [],
    examples: plainly,
  },
];

export const OPERATIONS: readonly Operation[] = [...MARKET, ...REST, ...ADMIN];
