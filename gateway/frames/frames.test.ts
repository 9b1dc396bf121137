/**
 * Binary frames: what the generated code writes is read as its JSON would be, many requests fit one
 * frame, and bytes that are no frame get their code. That both encodings mean the same is shown by
 * `trading-day.test.ts` and `bad-input.test.ts`, which speak both.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { type Asked, encodeFrame } from "../testing/binary.ts";
import { startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { connect, type Trader } from "../testing/trader.ts";
import { writeMinor, writeTime } from "../written-forms.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { findRequests, readRequest, soleRequest } from "./decode.ts";

const SYMBOL = "DZ5485-612:US-10";
let exchange: TestExchange;
let trader: Trader;

beforeAll(async () => {
  exchange = await startTestExchange();
  trader = await connect(exchange, await exchange.makeKey("trader"), "proto");
});
afterAll(() => exchange.stop());

const NONE_NEEDED: { requiredKeys: [] } = { requiredKeys: [] };
const id = fc.stringMatching(/^[\w.:-]{1,15}$/);
const price = fc.nat(2 ** 31).map(writeMinor);
const time = fc.integer({ min: 1, max: 4e15 }).map(writeTime);
const whole = fc.maxSafeInteger();
const name = fc.string({ unit: "binary", maxLength: 80 });
const side = fc.constantFrom("buy", "sell");
const place = fc.record(
  {
    client_order_id: fc.oneof(id, fc.uuid(), name),
    symbol: fc.oneof(fc.constant(SYMBOL), name),
    side,
    type: fc.constantFrom("limit", "market"),
    qty: whole,
    price,
    tif: fc.constantFrom("gtc", "gtd", "ioc", "fok"),
    expire_time: time,
    post_only: fc.boolean(),
    stp: fc.constantFrom("none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"),
    deadline: time,
    tags: fc.array(whole, { minLength: 1, maxLength: 3 }),
    validate: fc.boolean(),
    group: fc.array(fc.record({ client_order_id: id, symbol: name, price }), { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const amend = fc.record(
  { order_id: name, client_order_id: id, symbol: name, qty: whole, price, expire_time: time },
  { requiredKeys: [] },
);
const cancel = fc.record({ order_id: name, client_order_id: id, symbol: name }, NONE_NEEDED);
const operation = fc.oneof(
  fc.record({ method: fc.constant("add_order"), params: place }),
  fc.record({ method: fc.constant("amend_order"), params: amend }),
  fc.record({ method: fc.constant("cancel_order"), params: cancel }),
);
const batch = fc.record({
  mode: fc.constantFrom("atomic", "independent"),
  ops: fc.array(operation, { minLength: 1, maxLength: 5 }),
});
const subscription = fc.record(
  {
    channel: fc.constantFrom("book", "book@100ms", "size_grid", "orders"),
    symbols: fc.array(name, { minLength: 1 }),
    snapshot: fc.boolean(),
    resume_from_seq: fc.oneof(whole, fc.dictionary(name, whole, { minKeys: 1 })),
    depth: whole,
    interval: fc.constantFrom("5m", "1h"),
    crc32: fc.boolean(),
  },
  NONE_NEEDED,
);
const timer = fc.record({ timeout_s: fc.double({ noNaN: true }), tag: whole }, NONE_NEEDED);
const params: Record<string, fc.Arbitrary<object>> = {
  add_order: place,
  amend_order: amend,
  cancel_order: cancel,
  batch,
  cancel_all: fc.record({ symbol: name, side, tag: whole }, NONE_NEEDED),
  cancel_after: timer,
  subscribe: subscription,
  "session.logon": fc.record({ key: name, timestamp: name, signature: name }, NONE_NEEDED),
  ping: fc.constant({}),
};
const asked: fc.Arbitrary<Asked> = fc.constantFrom(...Object.keys(params)).chain((method) =>
  fc.record(
    {
      method: fc.constant(method),
      req_id: fc.oneof(whole, fc.string({ maxLength: 70 })),
      params: params[method]!,
    },
    { requiredKeys: ["method", "params"] },
  ),
);

const read = (bytes: Uint8Array): unknown[] => {
  const places = findRequests(bytes);
  if (places === null) return [];
  const starts = places.filter((_, at) => at % 2 === 0);
  return starts.map((at, each) => readRequest(bytes, at, places[each * 2 + 1]!));
};

test("what generated code writes is read as its JSON", () => {
  fc.assert(
    fc.property(fc.array(asked, { minLength: 1, maxLength: 4 }), (requests) => {
      const plain = JSON.parse(JSON.stringify(requests)) as unknown[];
      const bytes = encodeFrame(...requests);
      const back = JSON.parse(JSON.stringify(read(bytes))) as unknown[];
      expect(back).toEqual(plain);
      const [places, sole] = [findRequests(bytes)!, soleRequest(bytes)];
      expect(sole).toBe(requests.length === 1 ? places[0] : -1);
    }),
    { numRuns: 300 },
  );
});

test("bytes that were changed, cut or made up are read to an end", () => {
  const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
  fc.assert(
    fc.property(asked, fc.array(change), fc.nat(), (request, changes, cut) => {
      const bytes = encodeFrame(request);
      for (const { at, to } of changes) bytes[at % bytes.length] = to;
      const isRead = (): unknown => read(bytes.subarray(0, cut % (bytes.length + 1)));
      expect(isRead).not.toThrow();
    }),
    { numRuns: 1_000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => Array.isArray(read(bytes))));
});

test("every whole number goes through both ways", () => {
  const edges = [0, 1, 127, 128, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 53 - 1];
  for (const each of [...edges, ...edges.map((edge) => -edge)]) {
    const to = new ByteWriter(1);
    to.int64(each);
    expect(new ByteReader(to.bytes, 0, to.at).int64()).toBe(each + 0);
  }
});

const place1 = (id: string): Asked => ({
  method: "add_order",
  req_id: id,
  params: {
    client_order_id: id,
    symbol: SYMBOL,
    side: "buy",
    type: "limit",
    qty: 1,
    price: "100.00",
  },
});
const next = (found: string): Promise<unknown> =>
  trader.until(({ req_id: id }) => (id as unknown) === found);

test("several orders in one frame are each answered, in their order, in as few frames", async () => {
  const ids = Array.from({ length: 100 }, (_, at) => `many-${at}`);
  const before = trader.messages.length;
  trader.socket.send(encodeFrame(...ids.map(place1)));
  await next("many-99");
  const answers = trader.messages.slice(before);
  expect(answers.map((each) => each.req_id)).toEqual(ids);
  expect(answers.every(({ success }) => success)).toBe(true);
  expect((await trader.request("cancel_all")).result).toMatchObject({ count: 100 });
});

// What is sent | its code
const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const FRAMES: [string, Uint8Array | string, string][] = [
  ["nothing", bytesOf(), "MALFORMED_FRAME"],
  ["no field", bytesOf(0, 0), "MALFORMED_FRAME"],
  ["a field that ends too late", bytesOf(0x0a, 9, 1), "MALFORMED_FRAME"],
  ["a number without an end", bytesOf(0x08, ...Array<number>(12).fill(0xff)), "MALFORMED_FRAME"],
  ["a group", bytesOf(0x0b, 0x0c), "MALFORMED_FRAME"],
  ["only fields nobody knows", bytesOf(0x78, 1), "MALFORMED_FRAME"],
  ["a request with half a field", bytesOf(0x0a, 2, 0x1a, 5), "MALFORMED_FRAME"],
  ["text in place of a message", bytesOf(0x0a, 4, 0x18, 1, 0x18, 1), "MALFORMED_FRAME"],
  ["a text that is not UTF-8", bytesOf(0x0a, 4, 0x12, 2, 0xc3, 0x28), "MALFORMED_FRAME"],
  [
    "257 requests",
    bytesOf(...Array.from({ length: 257 }, () => [0x0a, 0]).flat()),
    "MALFORMED_FRAME",
  ],
  ["a request of nothing", bytesOf(0x0a, 0), "UNKNOWN_METHOD"],
  ["a text frame", "{}", "UNSUPPORTED_ENCODING"],
];
test.each(FRAMES)("%s gets its code, and the socket goes on", async (_what, frame, code) => {
  const stranger = await connect(exchange, undefined, "proto");
  stranger.socket.send(frame);
  const { error, req_id: reqId } = await stranger.until((each) => each.error !== undefined);
  expect({ code: error.code, reqId }).toEqual({ code, reqId: null });
  expect(await stranger.request("ping")).toMatchObject({ method: "ping", result: {} });
  stranger.close();
});

test("fields nobody knows are passed over, wherever they stand", async () => {
  const known = encodeFrame({ method: "ping", req_id: "known" });
  const strange = bytesOf(0x78, 1, 0x7a, 1, 9, 0x7d, 0, 0, 0, 0, 0x79, ...Array<number>(8).fill(1));
  const inside = known.slice(2);
  const frame = [...strange, 0x0a, inside.length + 4, ...inside, 0xf8, 0x7f, 0x80, 1];
  trader.socket.send(bytesOf(...frame));
  expect(await next("known")).toMatchObject({ success: true });
});

test("one bad request of a frame is refused alone", async () => {
  const good = encodeFrame({ method: "ping", req_id: "beside" });
  const before = trader.messages.length;
  trader.socket.send(bytesOf(0x0a, 2, 0x1a, 5, ...good));
  await next("beside");
  const codes = trader.messages.slice(before).map(({ error }) => error?.code);
  expect(codes).toEqual(["MALFORMED_FRAME", undefined]);
});
