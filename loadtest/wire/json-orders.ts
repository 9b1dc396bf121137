/** Orders as JSON, in text frames. */
import { makeFrame, Opcode } from "./frame.ts";
import {
  DIGITS,
  type Encoding,
  NUMBER_FIRST,
  type OrderAsked,
  readDigits,
  type Template,
  writeDigits,
} from "./order-frames.ts";

/** What an answer begins with; the request's number follows. */
const ANSWERS = ["add_order", "cancel_order"].map((method) =>
  Buffer.from(`{"method":"${method}","req_id":`),
);
const SUCCESS = ',"success":true';
const US_PER_MS = 1_000;
const TRUE = "t".charCodeAt(0);

export const JSON_ORDERS: Encoding = {
  name: "json",
  makeOrder: (asked) => templateOf(textOfOrder(asked)),
  makeCancel: (symbol, prefix) => templateOf(textOfCancel(symbol, prefix)),
  readAnswers(bytes, start, end, sink) {
    const head = ANSWERS.find(
      (each) =>
        bytes.compare(each, 0, each.length, start, Math.min(end, start + each.length)) === 0,
    );
    if (head === undefined) return;
    const numberAt = start + head.length;
    // `t` of `true` or `f` of `false`
    const outcome = bytes[numberAt + DIGITS + SUCCESS.length - "true".length];
    if (outcome === TRUE) sink(readDigits(bytes, numberAt), null, Number.NaN);
    else {
      const said = JSON.parse(bytes.toString("utf8", start, end)) as Refused;
      sink(said.req_id, said.error.code, Date.parse(said.time_out) * US_PER_MS);
    }
  },
  readNumber: readDigits,
  logOn: (line, params) => line.sendText(JSON.stringify({ method: "session.logon", params })),
  isLoggedOn: (answer) => answer.includes(SUCCESS),
};

interface Refused {
  readonly req_id: number;
  readonly error: { readonly code: string };
  readonly time_out: string;
}

const REQUEST = '{"method":"add_order","req_id":';

function templateOf(text: string): Template {
  const frame = makeFrame(Opcode.TEXT, Buffer.from(text));
  const head = frame.length - text.length;
  const numberAt = head + text.indexOf(String(NUMBER_FIRST));
  const orderAt = head + text.lastIndexOf(String(NUMBER_FIRST));
  return {
    frame,
    numberAt: numberAt - head,
    setNumber: (bytes, at, number, order = number) => {
      writeDigits(bytes, at + numberAt, number);
      writeDigits(bytes, at + orderAt, order);
    },
  };
}

function textOfOrder({ symbol, side, price, qty, prefix, tif }: OrderAsked): string {
  // A blank makes both sides equally long.
  const sideText = side === "buy" ? '"buy" ' : '"sell"';
  return (
    `${REQUEST}${NUMBER_FIRST},"params":{"symbol":"${symbol}","side":${sideText},"type":"limit"` +
    `${tif === undefined ? "" : `,"tif":"${tif}"`},"qty":${qty},"price":"${price}"` +
    `,"client_order_id":"${prefix}-${NUMBER_FIRST}"}}`
  );
}

function textOfCancel(symbol: string, prefix: string): string {
  return (
    `{"method":"cancel_order","req_id":${NUMBER_FIRST},"params":{"symbol":"${symbol}"` +
    `,"client_order_id":"${prefix}-${NUMBER_FIRST}"}}`
  );
}
