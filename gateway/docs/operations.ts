/** REST's operations as they are documented: a row per route, with examples that a test sends. */
import type { TObject, TSchema } from "@sinclair/typebox";
import type { Code } from "../errors.ts";
import * as admin from "../forms/admin.ts";
import * as rest from "../forms/rest.ts";

export interface Sent {
  readonly says: string;
  /** By the open parts of the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: object;
}

export interface Operation {
  readonly id: string;
  readonly method: "get" | "post" | "delete";
  /** Open parts in braces. */
  readonly path: string;
  readonly says: string;
  /** Who may: anyone, a key that signs, the operator of this machine, a browser on this machine. */
  readonly by: "anyone" | "key" | "operator" | "browser";
  readonly query?: TObject;
  readonly body?: TSchema;
  /** By status; what is refused is a problem everywhere. Text: of that media type. */
  readonly answers: Readonly<Record<number, TSchema | string>>;
  readonly refusals: readonly Code[];
  readonly examples: readonly Sent[];
}

const SYMBOL = { symbol: "DZ5485-612:US-10" };
const STYLE = { style: "DZ5485-612" };
const get = { method: "get", by: "anyone" } as const;
const make = { method: "post", by: "operator" } as const;
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

const REST: readonly Operation[] = [
  {
    ...get,
    id: "getOrder",
    path: "/v1/orders/{client_order_id}",
    says: "How an order stands, asked through the journal, like `order_status`.",
    by: "key",
    query: rest.OrderQuery,
    answers: { 200: rest.OrderAnswer },
    refusals: [
      "NOT_LOGGED_ON",
      "KEY_INVALID",
      "SIGNATURE_INVALID",
      "TIMESTAMP_OUTSIDE_WINDOW",
      "REPLAYED_SIGNATURE",
      "SCOPE_MISSING",
      "UNKNOWN_CLIENT_ORDER_ID",
    ],
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

const refusedToOthers = ["ADMIN_LOOPBACK_ONLY", "ADMIN_TOKEN_INVALID", "STARTING"] as const;
const bad = [...refusedToOthers, "VALIDATION", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE"] as const;

const ADMIN: readonly Operation[] = [
  {
    ...make,
    id: "makeKey",
    path: "/v1/admin/keys",
    says: "Registers a key's public half. The same twice makes one.",
    body: admin.KeyBody,
    answers: { 200: admin.KeyAnswer, 201: admin.KeyAnswer },
    refusals: [...bad, "CATALOG_FULL", "REGISTRY_WRITE_FAILED"],
    examples: [
      {
        says: "A reader of orders",
        body: {
          account: "alice",
          public_key: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
          scopes: ["orders:read"],
          label: "reports",
        },
      },
    ],
  },
  {
    ...get,
    id: "listKeys",
    path: "/v1/admin/keys",
    says: "Every key, also those that were revoked.",
    by: "operator",
    answers: { 200: admin.KeysAnswer },
    refusals: refusedToOthers,
    examples: plainly,
  },
  {
    method: "delete",
    id: "revokeKey",
    path: "/v1/admin/keys/{key}",
    says: "Revokes a key; its sockets are closed.",
    by: "operator",
    answers: { 200: admin.KeyAnswer },
    refusals: [...refusedToOthers, "UNKNOWN_KEY"],
    examples: [{ says: "By its id", path: { key: "k_9f2c" } }],
  },
  {
    ...make,
    id: "makeProduct",
    path: "/v1/admin/products",
    says: "Lists a product, or more sizes of one. The same twice makes one.",
    body: admin.ProductBody,
    answers: { 200: rest.ProductAnswer, 201: rest.ProductAnswer },
    refusals: [...bad, "PRODUCT_EXISTS", "CATALOG_FULL", "REGISTRY_WRITE_FAILED"],
    examples: [
      {
        says: "A model of two sizes",
        body: {
          style: "DD1391-100",
          brand: "Nike",
          model: "Dunk Low",
          colourway: "Panda",
          retail_price: "110.00",
          release_date: "2021-03-10",
          sizes: ["US-9", "US-10"],
          band: { low: "40.00", high: "900.00" },
          colours: ["#ffffff", "#111111", "#ffffff"],
        },
      },
    ],
  },
  {
    ...make,
    id: "setBand",
    path: "/v1/admin/instruments/{symbol}/band",
    says: "Prices outside of it are refused.",
    body: admin.BandBody,
    answers: { 200: rest.InstrumentAnswer },
    refusals: [...bad, "UNKNOWN_SYMBOL", "PRICE_NOT_ON_TICK", "BAND_EXCLUDES_ORDERS"],
    examples: [
      { says: "A band", path: SYMBOL, body: { low: "60.00", high: "4000.00" } },
      { says: "None", path: SYMBOL, body: { band: null } },
    ],
  },
  {
    ...make,
    id: "setState",
    path: "/v1/admin/instruments/{symbol}/state",
    says: "Halts, closes or opens an instrument, or lets a release auction collect.",
    body: admin.StateBody,
    answers: { 200: rest.InstrumentAnswer },
    refusals: [...bad, "UNKNOWN_SYMBOL", "BOOK_NOT_EMPTY", "UNCROSS_NEEDED"],
    examples: [{ says: "Collect", path: SYMBOL, body: { state: "pre_open" } }],
  },
  {
    ...make,
    id: "uncross",
    path: "/v1/admin/instruments/{symbol}/uncross",
    says: "Concludes its auction: one price, then continuous trading.",
    answers: { 200: admin.UncrossAnswer },
    refusals: [...refusedToOthers, "UNKNOWN_SYMBOL", "NOT_COLLECTING", "UNCROSS_PENDING"],
    examples: [{ says: "One", path: SYMBOL }],
  },
  {
    ...make,
    id: "setStates",
    path: "/v1/admin/products/{style}/state",
    says: "The same of all sizes of a product, size by size.",
    body: admin.StateBody,
    answers: { 200: admin.StatesAnswer },
    refusals: [...bad, "UNKNOWN_PRODUCT", "BOOK_NOT_EMPTY", "UNCROSS_NEEDED"],
    examples: [{ says: "Collect", path: STYLE, body: { state: "pre_open" } }],
  },
  {
    ...make,
    id: "uncrossAll",
    path: "/v1/admin/products/{style}/uncross",
    says: "Concludes the auctions of a product's sizes.",
    answers: { 200: admin.UncrossAnswer },
    refusals: [...refusedToOthers, "UNKNOWN_PRODUCT", "NOT_COLLECTING", "UNCROSS_PENDING"],
    examples: [{ says: "All of them", path: STYLE }],
  },
];

export const OPERATIONS: readonly Operation[] = [...MARKET, ...REST, ...ADMIN];
