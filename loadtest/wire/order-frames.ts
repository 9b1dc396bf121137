/**
 * Orders as prepared frames: one template per market and side, in which only the order's number changes,
 * where it lies. Numbers have eight digits, or four bytes, so that all frames of a template are equally long.
 */
import type { Line } from "./line.ts";

export const NUMBER_FIRST = 10_000_000;
export const NUMBER_MAX = 99_999_999;
export const DIGITS = 8;

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
  /** Where the number stands in the payload: what is echoed is read there. */
  readonly numberAt: number;
  /** Makes the frame at `at` request `number`, about the order of that number unless another is named. */
  setNumber(bytes: Buffer, at: number, number: number, order?: number): void;
}

/**
 * What is said about one order: its number, null or the code of its refusal, and when the server says
 * that it was (`time_out`, in microseconds; NaN: not looked for).
 */
export type AnswerSink = (number: number, refused: string | null, saidUs: number) => void;

export interface Encoding {
  readonly name: "json" | "proto";
  makeOrder(asked: OrderAsked): Template;
  /** The cancel of an order with that prefix. */
  makeCancel(symbol: string, prefix: string): Template;
  /** The answers to orders in one message of the server's. */
  readAnswers(bytes: Buffer, start: number, end: number, sink: AnswerSink): void;
  /** The number at `at`, as it was written there. */
  readNumber(bytes: Buffer, at: number): number;
  /** Says who we are; the server's first message then answers it. */
  logOn(line: Line, params: Readonly<Record<string, string>>): void;
  isLoggedOn(answer: Buffer): boolean;
}

const ZERO = "0".charCodeAt(0);

export function writeDigits(bytes: Buffer, at: number, number: number): void {
  for (let digit = DIGITS - 1; digit >= 0; digit--) {
    const rest = Math.floor(number / 10);
    bytes[at + digit] = ZERO + number - rest * 10;
    number = rest;
  }
}

export function readDigits(bytes: Buffer, at: number): number {
  let number = 0;
  for (let digit = 0; digit < DIGITS; digit++) number = number * 10 + bytes[at + digit]! - ZERO;
  return number;
}
