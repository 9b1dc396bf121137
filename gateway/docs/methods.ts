/**
 * The socket's methods as they are documented: what each is for, and examples that tell one story from
 * `ping` to `unsubscribe`. A test sends every one of them, in this order, to a live gateway.
 */
import { type TSchema, Type } from "@sinclair/typebox";
import * as requests from "../forms/requests.ts";
import * as results from "../forms/results.ts";

export interface Example {
  readonly says: string;
  readonly params: object;
  readonly result: object;
}

export interface Method {
  readonly name: string;
  readonly says: string;
  /** What a key must have; undefined: nobody needs to be logged on. */
  readonly scope?: "orders:read" | "orders:write";
  readonly params: TSchema;
  readonly result: TSchema;
  readonly examples: readonly Example[];
}

const SYMBOL = "DZ5485-612:US-10";
const OTHER = "DZ5485-612:US-10.5";
const TS = "2026-11-21T02:10:00.123456Z";

const bought = (id: string, more: object = {}): object => ({
  order_id: "0-17",
  client_order_id: id,
  symbol: SYMBOL,
  status: "open",
  qty: 2,
  filled_qty: 0,
  open_qty: 2,
  engine_seq: 41,
  ts: TS,
  ...more,
});

const PUBLIC: readonly Method[] = [
  {
    name: "ping",
    says: "Answers at once: the line is there.",
    params: requests.Nothing,
    result: requests.Nothing,
    examples: [{ says: "A ping", params: {}, result: {} }],
  },
  {
    name: "session.logon",
    says: "Logs the socket on by a key: before it, orders are refused. Once per socket.",
    params: requests.LogonParams,
    result: results.LogonResult,
    examples: [
      {
        says: "With a key of your own",
        params: {
          key: "k_9f2c",
          timestamp: TS,
          signature: "base64url of 64 bytes",
        },
        result: { account: "alice", scopes: ["md:read", "orders:read", "orders:write"] },
      },
    ],
  },
  {
    name: "subscribe",
    says: "Listens to a channel, from a snapshot on or from where you were.",
    params: requests.SubscribeParams,
    result: results.SubscribeResult,
    examples: [
      {
        says: "A book, each push with a checksum",
        params: { channel: "book", symbols: [SYMBOL], crc32: true },
        result: { channel: "book", symbols: [{ symbol: SYMBOL, mode: "snapshot", seq: 38 }] },
      },
      {
        says: "Trades, from the sequence you have seen",
        params: { channel: "trades", symbols: [SYMBOL], resume_from_seq: { [SYMBOL]: 0 } },
        result: { channel: "trades", symbols: [{ symbol: SYMBOL, mode: "resumed", seq: 0 }] },
      },
      {
        says: "Bars of a day",
        params: { channel: "candles", symbols: [SYMBOL, OTHER], interval: "1d" },
        result: { channel: "candles", symbols: [{ symbol: SYMBOL, mode: "snapshot", seq: 0 }] },
      },
      {
        says: "The best 25 levels",
        params: { channel: "book@100ms", symbols: [SYMBOL], depth: 25 },
        result: { channel: "book@100ms", symbols: [{ symbol: SYMBOL, mode: "snapshot", seq: 0 }] },
      },
      {
        says: "A product, size by size",
        params: { channel: "size_grid", symbols: ["DZ5485-612"] },
        result: {
          channel: "size_grid",
          symbols: [{ symbol: "DZ5485-612", mode: "snapshot", seq: 7 }],
        },
      },
      {
        says: "Your own orders, after the logon",
        params: { channel: "executions" },
        result: {
          channel: "executions",
          symbols: [],
          shards: [{ shard: 0, mode: "snapshot", seq: 0 }],
        },
      },
    ],
  },
];

export const AddOrder = Type.Union([requests.AddOrderParams, requests.GroupParams]);
const AddOrderAnswer = Type.Union([
  results.AddOrderResult,
  results.GroupResult,
  results.ValidatedResult,
  results.ValidatedGroupResult,
]);

const ORDERS: readonly Method[] = [
  {
    name: "add_order",
    says: "Places an order. The answer means that it is in the journal, and tells how it stands then.",
    scope: "orders:write",
    params: AddOrder,
    result: AddOrderAnswer,
    examples: [
      {
        says: "A bid that rests",
        params: {
          client_order_id: "bid-1",
          symbol: SYMBOL,
          side: "buy",
          type: "limit",
          qty: 2,
          price: "241.00",
          tags: [7],
        },
        result: bought("bid-1"),
      },
      {
        says: "Until a time, by a UUID",
        params: {
          client_order_id: "0190b5a0-0000-7000-8000-00000000000a",
          symbol: SYMBOL,
          side: "buy",
          type: "limit",
          qty: 1,
          price: "240.00",
          tif: "gtd",
          expire_time: "2030-01-01T00:00:00Z",
          post_only: true,
        },
        result: bought("0190b5a0-0000-7000-8000-00000000000a", { qty: 1, open_qty: 1 }),
      },
      {
        says: "A dry run",
        params: {
          client_order_id: "try-1",
          symbol: SYMBOL,
          side: "sell",
          type: "market",
          qty: 1,
          validate: true,
        },
        result: { validated: true, client_order_id: "try-1", symbol: SYMBOL, ts: TS },
      },
      {
        says: "One pair, in whichever of two sizes trades first",
        params: {
          group: [
            { client_order_id: "leg-1", symbol: SYMBOL, price: "230.00" },
            { client_order_id: "leg-2", symbol: OTHER, price: "235.00" },
          ],
          side: "buy",
          type: "limit",
          qty: 1,
        },
        result: {
          legs: [
            bought("leg-1", { qty: 1, open_qty: 1 }),
            bought("leg-2", { order_id: "0-18", symbol: OTHER, qty: 1, open_qty: 1 }),
          ],
        },
      },
    ],
  },
  {
    name: "amend_order",
    says: "Changes quantity, price or expiry. A smaller quantity alone keeps the order's place.",
    scope: "orders:write",
    params: requests.AmendOrderParams,
    result: results.AmendOrderResult,
    examples: [
      {
        says: "One pair less",
        params: { client_order_id: "bid-1", symbol: SYMBOL, qty: 1 },
        result: {
          order_id: "0-17",
          client_order_id: "bid-1",
          status: "open",
          qty: 1,
          filled_qty: 0,
          open_qty: 1,
          engine_seq: 45,
        },
      },
    ],
  },
  {
    name: "order_status",
    says: "How an order stands, asked through the journal: never an old answer.",
    scope: "orders:read",
    params: requests.OrderStatusParams,
    result: results.OrderStatusResult,
    examples: [
      {
        says: "An open order",
        params: { client_order_id: "bid-1", symbol: SYMBOL },
        result: {
          order_id: "0-17",
          client_order_id: "bid-1",
          status: "open",
          qty: 1,
          filled_qty: 0,
          open_qty: 1,
          engine_seq: 41,
        },
      },
    ],
  },
  {
    name: "cancel_order",
    says: "Cancels an open order.",
    scope: "orders:write",
    params: requests.CancelOrderParams,
    result: results.CancelOrderResult,
    examples: [
      {
        says: "By your own name of it",
        params: { client_order_id: "bid-1", symbol: SYMBOL },
        result: {
          order_id: "0-17",
          client_order_id: "bid-1",
          cancelled_qty: 1,
          filled_qty: 0,
          engine_seq: 47,
        },
      },
    ],
  },
  {
    name: "batch",
    says: "Up to 100 operations in one frame; atomic: up to 32, all or none, in one step.",
    scope: "orders:write",
    params: requests.BatchParams,
    result: results.BatchResult,
    examples: [
      {
        says: "Two orders, each for itself",
        params: {
          mode: "independent",
          ops: [
            {
              method: "add_order",
              params: {
                client_order_id: "bid-2",
                symbol: SYMBOL,
                side: "buy",
                type: "limit",
                qty: 1,
                price: "239.00",
              },
            },
            { method: "cancel_order", params: { client_order_id: "never-was", symbol: SYMBOL } },
          ],
        },
        result: {
          mode: "independent",
          results: [
            {
              method: "add_order",
              success: true,
              result: bought("bid-2", { qty: 1, open_qty: 1 }),
            },
            {
              method: "cancel_order",
              success: false,
              error: {
                code: "UNKNOWN_ORDER",
                class: "ORDER",
                message:
                  "No open order of this account has that id; order_status tells what became of it.",
                retryable: false,
                request_id: "hZ3kQv0a-12",
                execution: "none",
              },
            },
          ],
        },
      },
    ],
  },
];

const SAFETY: readonly Method[] = [
  {
    name: "cancel_all",
    says: "Cancels every open order, or those of an instrument, a side, a tag.",
    scope: "orders:write",
    params: requests.CancelAllParams,
    result: results.CancelAllResult,
    examples: [
      { says: "All of them", params: {}, result: { count: 4, engine_seq: 52 } },
      { says: "Those of a tag", params: { tag: 7 }, result: { count: 0, engine_seq: 53 } },
    ],
  },
  {
    name: "cancel_after",
    says: "A dead man's timer: your orders end unless you call again in time. In the journal.",
    scope: "orders:write",
    params: requests.CancelAfterParams,
    result: results.CancelAfterResult,
    examples: [
      { says: "In a minute", params: { timeout_s: 60 }, result: { fires_at: TS, engine_seq: 54 } },
      {
        says: "Not any more",
        params: { timeout_s: 0 },
        result: { fires_at: null, engine_seq: 55 },
      },
    ],
  },
  {
    name: "cancel_on_disconnect",
    says: "Your orders end when this socket closes, and within a bounded time if we die with it.",
    scope: "orders:write",
    params: requests.CancelOnDisconnectParams,
    result: results.CancelOnDisconnectResult,
    examples: [
      {
        says: "Those of a tag",
        params: { scope: "tag", tag: 7 },
        result: { scope: "tag", within_s: 10, engine_seq: 56 },
      },
      { says: "None", params: { scope: "none" }, result: { scope: "none" } },
    ],
  },
  {
    name: "account_trades",
    says: "Your newest trades, as far as they are kept: 65,536 fills of everyone, per shard.",
    scope: "orders:read",
    params: requests.AccountTradesParams,
    result: results.AccountTradesResult,
    examples: [
      {
        says: "The last ten",
        params: { limit: 10 },
        result: {
          trades: [
            {
              trade_id: 3,
              order_id: "0-17",
              symbol: SYMBOL,
              side: "buy",
              price: "241.00",
              qty: 1,
              liquidity: "maker",
              ts: TS,
            },
          ],
        },
      },
    ],
  },
  {
    name: "unsubscribe",
    says: "Listens no more; with the `depth`, `interval` or `crc32` that was subscribed with.",
    params: requests.UnsubscribeParams,
    result: results.UnsubscribeResult,
    examples: [
      {
        says: "A book",
        params: { channel: "book", symbols: [SYMBOL], crc32: true },
        result: { channel: "book", symbols: [{ symbol: SYMBOL }] },
      },
    ],
  },
];

export const METHODS: readonly Method[] = [...PUBLIC, ...ORDERS, ...SAFETY];
