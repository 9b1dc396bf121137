/**
 * Orders are read by hand, for speed; the documents show schemas. Both must take the same and refuse
 * the same, naming the same parameter: over a table, and over orders that were broken at random.
 */
import { describe, expect, test } from "@jest/globals";
import { sample, subarray } from "fast-check";
import type { TObject } from "@sinclair/typebox";
import { encodeClientOrderId, OrderType, TimeInForce } from "../../engine/client/layouts.ts";
import type { Problem } from "../errors.ts";
import type { InstrumentView } from "../market-data/view.ts";
import {
  decodeAmend,
  decodeBatch,
  decodeCancelAll,
  decodeGroup,
  decodePlace,
  decodeTarget,
  isProblem,
  type Params,
  type PlaceRequest,
} from "../orders/decode.ts";
import { readTicks } from "../orders/validate.ts";
import { reader } from "./read.ts";
import {
  AddOrderParams,
  AmendOrderParams,
  BatchParams,
  CancelAllParams,
  CancelOrderParams,
  GroupParams,
} from "./requests.ts";

/** The parameter that is refused, "" for none; the reader's own, and what it leaves to its next step. */
type Reads = (params: Params) => string;
const TICK = { tickMinor: 1 } as InstrumentView;
const NOT_A_PRICE = -1;
const words = new Int32Array(4);

function place(read: PlaceRequest): string {
  if (!encodeClientOrderId(read.clientOrderId, words, 0)) return "client_order_id";
  if (read.quantity < 1 || read.quantity > 2 ** 31 - 1) return "qty";
  return read.price !== undefined && isNoPrice(read.price) ? "price" : "";
}
const isNoPrice = (price: string): boolean => readTicks(TICK, price) === NOT_A_PRICE;

const byHand =
  <T extends object>(decode: (params: Params) => T | Problem, rest: (read: T) => string): Reads =>
  (params) => {
    const read = decode(params);
    return isProblem(read) ? (read.param ?? "?") : rest(read);
  };
const bySchema = (form: TObject): Reads => {
  const read = reader(form);
  return (params) => {
    const found = read(params);
    return "problem" in found ? found.problem.param! : "";
  };
};

const ORDER = {
  client_order_id: "a-1",
  symbol: "DZ5485-612:US-10",
  side: "buy",
  type: "limit",
  qty: 1,
  price: "241.00",
  tif: "gtd",
  expire_time: "2030-01-01T00:00:00Z",
  post_only: true,
  stp: "none",
  deadline: "2030-01-01T00:00:00.5+01:00",
  tags: [7],
  validate: false,
};
const { client_order_id, symbol, price, ...shared } = ORDER;
const LEG = { client_order_id, symbol, price };
const GROUP = { group: [LEG, { ...LEG, symbol: "DZ5485-612:US-9" }], ...shared };
const AMEND = { client_order_id: "a-1", symbol, qty: 2, price, expire_time: ORDER.expire_time };
const BATCH = { mode: "independent", ops: [{ method: "add_order", params: ORDER }] };

// what | an order as it should be | the reader by hand | the schema
const READERS: [string, object, Reads, TObject][] = [
  ["add_order", ORDER, byHand(decodePlace, place), AddOrderParams],
  [
    "a group",
    GROUP,
    byHand(decodeGroup, ({ legs }) => {
      const wrong = legs
        .map((leg, at) => [place(leg), at] as const)
        .find(([param]) => param !== "");
      if (wrong === undefined) return "";
      return wrong[0] === "qty" ? "qty" : "group";
    }),
    GroupParams,
  ],
  [
    "amend_order",
    AMEND,
    byHand(decodeAmend, ({ target, price: given }) => {
      const { clientOrderId, orderId } = target;
      if (orderId === 0 && !encodeClientOrderId(clientOrderId, words, 0)) {
        return "client_order_id";
      }
      return given !== undefined && isNoPrice(given) ? "price" : "";
    }),
    AmendOrderParams,
  ],
  ["cancel_order", { order_id: "0-17", symbol }, byHand(decodeTarget, () => ""), CancelOrderParams],
  [
    "cancel_all",
    { symbol, side: "sell", tag: 7 },
    byHand(decodeCancelAll, () => ""),
    CancelAllParams,
  ],
  ["batch", BATCH, byHand(decodeBatch, () => ""), BatchParams],
];

const STRANGE = [
  null,
  0,
  -1,
  1,
  1.5,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53,
  "",
  "1",
  "1.",
  ".5",
  "1e2",
  "-1.00",
  "123456789012.00",
  "241.005",
  "buy",
  "sell",
  "market",
  "limit",
  "ioc",
  "toString",
  "a b",
  "a".repeat(16),
  "0190b5a0-0000-7000-8000-00000000000A",
  "0190b5a0-0000-7000-c000-00000000000a",
  "0-17",
  "0-0",
  "2030-02-30T00:00:00Z",
  "2030-01-01T00:00:00+25:00",
  "2030-01-01t00:00:00z",
  "tomorrow",
  true,
  false,
  [],
  [0],
  [1],
  [1, 2],
  ["7"],
  {},
  [{}],
  { length: 1 },
];

/** Rules between parameters are not the schema's: who breaks one is no example. */
function isOfOneForm(params: Params): boolean {
  if ("ops" in params) return params.ops === null || !Array.isArray(params.ops);
  const { order_id: id, client_order_id: own } = params;
  return id === undefined || own === undefined;
}

describe.each(READERS)("%s", (name, good, hand, form) => {
  const schema = bySchema(form);
  /** Nothing, or the params and what each of the two refuses of them. */
  const differs = (params: Params): object[] => {
    const read = hand(params).replace(/\[\d+\].*/, "");
    const shown = schema(params).replace(/\..*/, "");
    return read === shown ? [] : [{ params, byHand: read, bySchema: shown }];
  };

  test("as it should be", () => {
    expect([hand(good as Params), schema(good as Params)]).toEqual(["", ""]);
  });

  const fields = Object.keys(good);
  const rows = fields.flatMap((field) => STRANGE.map((value) => ({ ...good, [field]: value })));
  test(`with one strange field: ${rows.length} of them`, () => {
    const refused = rows.filter((params) => schema(params) !== "");
    expect(refused.length).toBeGreaterThan(rows.length / 2);
    expect(rows.filter(isOfOneForm).flatMap(differs)).toEqual([]);
  });

  test("with fields left out", () => {
    const without = sample(subarray(fields), { numRuns: 200, seed: 7 }).map((kept): Params => {
      return Object.fromEntries(kept.map((each) => [each, good[each as never]]));
    });
    const isNamed = (params: Params): boolean => {
      const needsNoName = name === "add_order" || name === "a group" || name === "cancel_all";
      return needsNoName || "order_id" in params || "client_order_id" in params;
    };
    // One of three must be amended: said in words.
    const isAmended = (params: Params): boolean => name !== "amend_order" || hand(params) !== "qty";
    expect(without.filter(isNamed).filter(isAmended).flatMap(differs)).toEqual([]);
  });
});

test("words of an order are those of the core", () => {
  const { tif, type } = AddOrderParams.properties;
  expect(tif.anyOf).toHaveLength(Object.keys(TimeInForce).length - 1);
  expect(type.anyOf).toHaveLength(Object.keys(OrderType).length - 1);
});
