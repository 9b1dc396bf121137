/** Prepared orders are what they should be, read by code that is not ours; answers are found and counted. */
import { describe, expect, test } from "@jest/globals";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FrameSchema } from "../../proto/gen/solebook/gateway/v1/frame_pb.ts";
import { headBytes } from "./frame.ts";
import { JSON_ORDERS } from "./json-orders.ts";
import { type Encoding, NUMBER_FIRST, NUMBER_MAX, type Template } from "./order-frames.ts";
import { PROTO_ORDERS } from "./proto-orders.ts";

const ASKED = { symbol: "S:US-9", price: "200.00", qty: 2, prefix: "abc" } as const;
const NUMBERS = [NUMBER_FIRST, NUMBER_FIRST + 1, 33_554_431, 33_554_432, NUMBER_MAX];

/** The payload of a template's frame as order `number`, behind bytes of another frame. */
function payloadOf({ frame, setNumber }: Template, number: number, order?: number): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(7, 1), frame]);
  setNumber(bytes, 7, number, order);
  const size = frame.length - 6 < 126 ? frame.length - 6 : frame.length - 8;
  return bytes.subarray(7 + headBytes(size));
}

describe.each([JSON_ORDERS, PROTO_ORDERS])("$name", (encoding: Encoding) => {
  test("both sides are equally long, and a number is found where it was written", () => {
    const [sell, buy] = (["sell", "buy"] as const).map((side) =>
      encoding.makeOrder({ ...ASKED, side }),
    );
    expect(sell!.frame.length).toBe(buy!.frame.length);
    for (const number of NUMBERS) {
      const payload = payloadOf(buy!, number);
      expect(encoding.readNumber(payload, buy!.numberAt)).toBe(number);
    }
  });
});

test.each(NUMBERS)("JSON order and cancel %d", (number) => {
  const order = JSON_ORDERS.makeOrder({ ...ASKED, side: "buy", tif: "ioc" });
  expect(JSON.parse(payloadOf(order, number).toString())).toEqual({
    method: "add_order",
    req_id: number,
    params: {
      symbol: "S:US-9",
      side: "buy",
      type: "limit",
      tif: "ioc",
      qty: 2,
      price: "200.00",
      client_order_id: `abc-${number}`,
    },
  });
  const cancel = JSON_ORDERS.makeCancel("S:US-9", "abc");
  expect(JSON.parse(payloadOf(cancel, number, NUMBER_FIRST + 5).toString())).toEqual({
    method: "cancel_order",
    req_id: number,
    params: { symbol: "S:US-9", client_order_id: `abc-${NUMBER_FIRST + 5}` },
  });
});

test.each(NUMBERS)("binary order and cancel %d", (number) => {
  const request = (payload: Buffer) => fromBinary(FrameSchema, payload).requests[0]!;
  const order = request(payloadOf(PROTO_ORDERS.makeOrder({ ...ASKED, side: "sell" }), number));
  expect(order.reqId.value).toBe(BigInt(number));
  expect(order.method).toMatchObject({
    case: "addOrder",
    value: {
      clientOrderId: `abc-${number}`,
      symbol: "S:US-9",
      side: 2,
      type: 1,
      qty: 2n,
      priceMinor: 20_000n,
    },
  });
  const cancel = PROTO_ORDERS.makeCancel("S:US-9", "abc");
  const cancelled = request(payloadOf(cancel, number, NUMBER_FIRST + 5));
  expect(cancelled.reqId.value).toBe(BigInt(number));
  expect(cancelled.method.value).toMatchObject({ clientOrderId: `abc-${NUMBER_FIRST + 5}` });
});

type Heard = [number, string | null, number];

function heardOf(encoding: Encoding, message: Uint8Array): Heard[] {
  const heard: Heard[] = [];
  const bytes = Buffer.concat([Buffer.alloc(3, 0x12), message, Buffer.alloc(3, 0x12)]);
  encoding.readAnswers(bytes, 3, bytes.length - 3, (...each) => heard.push(each));
  return heard;
}

test("JSON answers", () => {
  const time = '"time_in":"2026-11-21T00:00:00.000000Z","time_out":"2026-11-21T00:00:01.500000Z"';
  const says = (text: string): Heard[] => heardOf(JSON_ORDERS, Buffer.from(text));
  expect(
    says(`{"method":"add_order","req_id":12345678,"success":true,"result":{},${time}}`),
  ).toEqual([[12_345_678, null, Number.NaN]]);
  expect(
    says(
      `{"method":"cancel_order","req_id":12345679,"success":false,"error":{"code":"NO"},${time}}`,
    ),
  ).toEqual([[12_345_679, "NO", Date.UTC(2026, 10, 21, 0, 0, 1, 500) * 1_000]]);
  expect(says('{"channel":"status","seq":1}')).toEqual([]);
});

test("binary answers, several in a frame, and pushes between them", () => {
  const number = (value: number) => ({ case: "reqNumber" as const, value: BigInt(value) });
  const frame = create(FrameSchema, {
    answers: [
      {
        reqId: number(NUMBER_FIRST),
        outcome: { case: "addOrder", value: { orderId: "o".repeat(200), status: 1, qty: 1n } },
        method: 1,
        timeInUs: 1_795_000_000_000_000n,
        timeOutUs: 1_795_000_000_000_001n,
        limits: { ordersLeft: 5n, burst: 1n, perSecond: 1n },
      },
      {
        reqId: number(NUMBER_MAX),
        outcome: { case: "error", value: { code: "RATE_LIMITED", message: "m", execution: 1 } },
        method: 1,
        timeOutUs: 1_795_000_000_000_129n,
      },
      { outcome: { case: "ping", value: {} }, method: 9 },
    ],
    pushes: [{ channel: 3, symbol: "S", seq: 5n }],
  });
  expect(heardOf(PROTO_ORDERS, toBinary(FrameSchema, frame))).toEqual([
    [NUMBER_FIRST, null, 1_795_000_000_000_001],
    [NUMBER_MAX, "RATE_LIMITED", 1_795_000_000_000_129],
  ]);
});

test("a binary answer whose lengths take more bytes than they need", () => {
  const number = [0x08, ...Buffer.from(varint(NUMBER_FIRST))];
  const result = [0x1a, 0x82, 0x00, 0x20, 0x01];
  const answer = [...number, ...result, 0x60, 0x01];
  const frame = Buffer.from([0x12, 0x80 | answer.length, 0x00, ...answer]);
  expect(fromBinary(FrameSchema, frame).answers[0]!.outcome.case).toBe("addOrder");
  expect(heardOf(PROTO_ORDERS, frame)).toEqual([[NUMBER_FIRST, null, Number.NaN]]);
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}
