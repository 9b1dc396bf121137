/**
 * Orders as prepared frames: one template per market and side, in which only the order's number changes,
 * where it lies. Numbers have eight digits, so that all frames of a template are equally long.
 */
import { makeFrame, Opcode } from "./frame.ts";
import type { Line } from "./line.ts";

export const NUMBER_FIRST = 10_000_000;
export const NUMBER_MAX = 99_999_999;
const DIGITS = 8;

export interface OrderAsked {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly price: string;
  readonly qty: number;
  /** Begins the client order ids, up to six characters: unique for the account over all runs. */
  readonly prefix: string;
  readonly tif?: "gtc" | "ioc";
}

export interface Template {
  readonly frame: Buffer;
  /** Makes the frame at `at` request `number`, about the order of that number unless another is named. */
  setNumber(bytes: Buffer, at: number, number: number, order?: number): void;
}

/** What is said about one order: its number, and null or the code of its refusal. */
export type AnswerSink = (number: number, refused: string | null) => void;

export interface Encoding {
  readonly name: "json" | "proto";
  makeOrder(asked: OrderAsked): Template;
  /** The cancel of an order with that prefix. */
  makeCancel(symbol: string, prefix: string): Template;
  /** The answers to orders in one message of the server's. */
  readAnswers(bytes: Buffer, start: number, end: number, sink: AnswerSink): void;
  /** The number in an order of a template that came back as it was. */
  readEcho(template: Template, bytes: Buffer, start: number): number;
  /** Says who we are; the server's first message then answers it. */
  logOn(line: Line, params: Readonly<Record<string, string>>): void;
  isLoggedOn(answer: Buffer): boolean;
}

/** What an answer begins with; the request's number follows. */
const ANSWERS = ["add_order", "cancel_order"].map((method) =>
  Buffer.from(`{"method":"${method}","req_id":`),
);
const SUCCESS = ',"success":true';
const TRUE = "t".charCodeAt(0);

export const JSON_ORDERS: Encoding = {
  name: "json",
  makeOrder: (asked) => templateOf(textOfOrder(asked)),
  makeCancel: (symbol, prefix) => templateOf(textOfCancel(symbol, prefix)),
  readAnswers(bytes, start, end, sink) {
    const head = ANSWERS.find(
      (each) => bytes.compare(each, 0, each.length, start, start + each.length) === 0,
    );
    if (head === undefined) return;
    const numberAt = start + head.length;
    // `t` of `true` or `f` of `false`
    const outcome = bytes[numberAt + DIGITS + SUCCESS.length - "true".length];
    if (outcome === TRUE) sink(readDigits(bytes, numberAt), null);
    else {
      const { req_id: number, error } = JSON.parse(bytes.toString("utf8", start, end)) as Refused;
      sink(number, error.code);
    }
  },
  readEcho: (_template, bytes, start) => readDigits(bytes, start + ECHOED_AT),
  logOn: (line, params) => line.sendText(JSON.stringify({ method: "session.logon", params })),
  isLoggedOn: (answer) => answer.includes(SUCCESS),
};

interface Refused {
  readonly req_id: number;
  readonly error: { readonly code: string };
}

const REQUEST = '{"method":"add_order","req_id":';
const ECHOED_AT = REQUEST.length;

function templateOf(text: string): Template {
  const frame = makeFrame(Opcode.TEXT, Buffer.from(text));
  const head = frame.length - text.length;
  const numberAt = head + text.indexOf(String(NUMBER_FIRST));
  const orderAt = head + text.lastIndexOf(String(NUMBER_FIRST));
  return {
    frame,
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

const ZERO = "0".charCodeAt(0);

function writeDigits(bytes: Buffer, at: number, number: number): void {
  for (let digit = DIGITS - 1; digit >= 0; digit--) {
    const rest = Math.floor(number / 10);
    bytes[at + digit] = ZERO + number - rest * 10;
    number = rest;
  }
}

function readDigits(bytes: Buffer, at: number): number {
  let number = 0;
  for (let digit = 0; digit < DIGITS; digit++) number = number * 10 + bytes[at + digit]! - ZERO;
  return number;
}
