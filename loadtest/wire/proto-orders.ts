/**
 * Orders as Protocol Buffers, in binary frames (`?encoding=proto`). What is sent is made by the generated
 * code, once; answers are looked through byte by byte, for they come by the hundred thousand.
 */
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FrameSchema } from "../../proto/gen/solebook/gateway/v1/frame_pb.ts";
import type { RequestSchema } from "../../proto/gen/solebook/gateway/v1/request_pb.ts";
import { OrderType, Side, Tif } from "../../proto/gen/solebook/gateway/v1/words_pb.ts";
import { readMinor } from "../../gateway/client/index.ts";
import { makeFrame, Opcode } from "./frame.ts";
import {
  type AnswerSink,
  type Encoding,
  NUMBER_FIRST,
  type Template,
  writeDigits,
} from "./order-frames.ts";

/** A number from 2^21 to 2^28 - 1 takes as many bytes. */
const NUMBER_BYTES = 4;
const LOW_BITS = 0x7f;
const MORE = 0x80;
/** Field and wire type, as they stand before a value. */
const ANSWERS_TAG = (2 << 3) | 2;
const NUMBER_TAG = (1 << 3) | 0;
const ERROR_FIELD = 11;
const TIME_OUT_TAG = (14 << 3) | 0;
const CODE_TAG = (1 << 3) | 2;
const WireType = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const;

export const PROTO_ORDERS: Encoding = {
  name: "proto",
  makeOrder: ({ symbol, side, price, qty, prefix, tif }) =>
    templateOf({
      case: "addOrder",
      value: {
        clientOrderId: `${prefix}-${NUMBER_FIRST}`,
        symbol,
        side: side === "buy" ? Side.BUY : Side.SELL,
        type: OrderType.LIMIT,
        qty: BigInt(qty),
        priceMinor: BigInt(readMinor(price)),
        ...(tif === undefined ? {} : { tif: tif === "ioc" ? Tif.IOC : Tif.GTC }),
      },
    }),
  makeCancel: (symbol, prefix) =>
    templateOf({
      case: "cancelOrder",
      value: { clientOrderId: `${prefix}-${NUMBER_FIRST}`, symbol },
    }),
  readAnswers(bytes, start, end, sink) {
    for (let at = start; at < end; ) {
      const tag = bytes[at]!;
      const size = readVarint(bytes, at + 1);
      at = varintEnd(bytes, at + 1);
      if (tag === ANSWERS_TAG) readAnswer(bytes, at, at + size, sink);
      at += size;
    }
  },
  readNumber: readVarint,
  logOn: (line, { key, timestamp, signature }) => {
    const value = { key: key!, timestamp: timestamp!, signature: signature! };
    line.send(makeFrame(Opcode.BINARY, encode({ case: "sessionLogon", value })));
  },
  isLoggedOn: (answer) =>
    fromBinary(FrameSchema, answer).answers[0]?.outcome.case === "sessionLogon",
};

type Method = NonNullable<MessageInitShape<typeof RequestSchema>["method"]>;

function encode(method: Method, number?: number): Uint8Array {
  const reqId =
    number === undefined ? {} : { reqId: { case: "reqNumber" as const, value: BigInt(number) } };
  return toBinary(FrameSchema, create(FrameSchema, { requests: [{ ...reqId, method }] }));
}

function templateOf(method: Method): Template {
  const payload = Buffer.from(encode(method, NUMBER_FIRST));
  const frame = makeFrame(Opcode.BINARY, payload);
  const head = frame.length - payload.length;
  const written = Buffer.alloc(1 + NUMBER_BYTES, NUMBER_TAG);
  writeVarint(written, 1, NUMBER_FIRST);
  const numberAt = payload.indexOf(written) + 1;
  const orderAt = payload.indexOf(String(NUMBER_FIRST));
  return {
    frame,
    numberAt,
    setNumber: (bytes, at, number, order = number) => {
      writeVarint(bytes, at + head + numberAt, number);
      writeDigits(bytes, at + head + orderAt, order);
    },
  };
}

function readAnswer(bytes: Buffer, start: number, end: number, sink: AnswerSink): void {
  let number = -1;
  let refused: string | null = null;
  let saidUs = Number.NaN;
  for (let at = start; at < end; ) {
    const tag = readVarint(bytes, at);
    at = varintEnd(bytes, at);
    if (tag === NUMBER_TAG) number = readVarint(bytes, at);
    if (tag === TIME_OUT_TAG) saidUs = readLongVarint(bytes, at);
    if (tag >>> 3 === ERROR_FIELD) refused = codeOf(bytes, at);
    at = skip(bytes, at, tag & 7);
  }
  if (number >= 0) sink(number, refused, saidUs);
}

/** The code of an error, its first field. */
function codeOf(bytes: Buffer, at: number): string {
  const from = varintEnd(bytes, at);
  if (bytes[from] !== CODE_TAG) return "UNKNOWN";
  const size = bytes[from + 1]!;
  return bytes.toString("latin1", from + 2, from + 2 + size);
}

function skip(bytes: Buffer, at: number, wireType: number): number {
  if (wireType === WireType.FIXED64) return at + 8;
  if (wireType === WireType.FIXED32) return at + 4;
  const end = varintEnd(bytes, at);
  return wireType === WireType.BYTES ? end + readVarint(bytes, at) : end;
}

/** Exact up to 2^28: what is longer is skipped, not read. */
function readVarint(bytes: Buffer, at: number): number {
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & LOW_BITS) << shift;
    if ((byte & MORE) === 0) break;
  }
  return value;
}

/** Exact up to 2^53. */
function readLongVarint(bytes: Buffer, at: number): number {
  let value = 0;
  for (let factor = 1; ; factor *= MORE) {
    const byte = bytes[at++]!;
    value += (byte & LOW_BITS) * factor;
    if ((byte & MORE) === 0) return value;
  }
}

/** Looked for, not computed: a number may take more bytes than it needs. */
function varintEnd(bytes: Buffer, at: number): number {
  while ((bytes[at++]! & MORE) !== 0);
  return at;
}

function writeVarint(bytes: Buffer, at: number, value: number): void {
  bytes[at] = (value & LOW_BITS) | MORE;
  bytes[at + 1] = ((value >>> 7) & LOW_BITS) | MORE;
  bytes[at + 2] = ((value >>> 14) & LOW_BITS) | MORE;
  bytes[at + 3] = value >>> 21;
}
