/**
 * Texts of an order as bytes, read and written without making texts of them: client order ids, order
 * ids, symbols. Each reads exactly what the text's own reader takes, or less.
 */
import type { Market } from "../market-data/market.ts";
import type { InstrumentView } from "../market-data/view.ts";

const TEXT_BYTES_MAX = 15;
const UUID_BYTES = 36;
const DASH = 0x2d;
const ZERO = 0x30;
/** Where a UUID's version group ends and its variant digit stands. */
const VARIANT_AT = 19;

const isIdByte = new Uint8Array(256);
for (const byte of Buffer.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-",
)) {
  isIdByte[byte] = 1;
}
/** Value of a lower-case hexadecimal digit; 16: it is none. */
const hexOf = new Uint8Array(256).fill(16);
for (const [value, byte] of Buffer.from("0123456789abcdef").entries()) hexOf[byte] = value;
const HEX_BYTES = Buffer.from("0123456789abcdef");

/** The core's four words of the id in these bytes; false: not one, or one in capitals. */
export function readClientOrderId(
  bytes: Uint8Array,
  at: number,
  end: number,
  words: Int32Array,
): boolean {
  const length = end - at;
  if (length === UUID_BYTES) return readUuid(bytes, at, words);
  if (length < 1 || length > TEXT_BYTES_MAX) return false;
  clear(words);
  for (let byte = 0; byte < length; byte++) {
    const value = bytes[at + byte]!;
    if (isIdByte[value] === 0) return false;
    words[byte >> 2] = words[byte >> 2]! | (value << ((byte & 3) * 8));
  }
  return true;
}

/** Four stores: `fill` costs more than reading the id. */
function clear(words: Int32Array): void {
  words[0] = 0;
  words[1] = 0;
  words[2] = 0;
  words[3] = 0;
}

function readUuid(bytes: Uint8Array, at: number, words: Int32Array): boolean {
  clear(words);
  let byte = 0;
  for (let digit = 0; digit < UUID_BYTES; digit++) {
    if (digit === 8 || digit === 13 || digit === 18 || digit === 23) {
      if (bytes[at + digit] !== DASH) return false;
      continue;
    }
    const high = hexOf[bytes[at + digit]!]!;
    const low = hexOf[bytes[at + ++digit]!]!;
    if (high > 15 || low > 15 || (digit === VARIANT_AT + 1 && (high & 0xc) !== 8)) return false;
    words[byte >> 2] = words[byte >> 2]! | (((high << 4) | low) << ((byte & 3) * 8));
    byte++;
  }
  return true;
}

/** The id's text at `at`, with its length before it; where what follows it goes. */
export function putClientOrderId(bytes: Uint8Array, at: number, words: Int32Array): number {
  const start = at + 1;
  const isUuid = (words[2]! & 0x80) !== 0;
  const end = isUuid ? putUuid(bytes, start, words) : putText(bytes, start, words);
  bytes[at] = end - start;
  return end;
}

/** Zeros follow its last byte, and none is among them. */
function putText(bytes: Uint8Array, at: number, words: Int32Array): number {
  for (let word = 0; word < 4; word++) {
    for (let rest = words[word]!; rest !== 0; rest >>>= 8) bytes[at++] = rest & 0xff;
  }
  return at;
}

function putUuid(bytes: Uint8Array, at: number, words: Int32Array): number {
  for (let byte = 0; byte < 16; byte++) {
    const value = (words[byte >> 2]! >>> ((byte & 3) * 8)) & 0xff;
    if (byte === 4 || byte === 6 || byte === 8 || byte === 10) bytes[at++] = DASH;
    bytes[at++] = HEX_BYTES[value >> 4]!;
    bytes[at++] = HEX_BYTES[value & 15]!;
  }
  return at;
}

const INT_MAX = 2 ** 31;
const NINE_DIGITS = 1_000_000_000;
const SHARD_DIGITS_MAX = 3;
const ORDER_DIGITS_MAX = 16;

/** `shard-number`, as `readOrderId` takes it. */
export function readOrderIdAt(
  bytes: Uint8Array,
  at: number,
  end: number,
  into: { shard: number; orderId: number },
): boolean {
  const dash = bytes.indexOf(DASH, at);
  if (dash <= at || dash >= end || dash - at > SHARD_DIGITS_MAX) return false;
  const digits = end - dash - 1;
  if (digits < 1 || digits > ORDER_DIGITS_MAX || bytes[dash + 1] === ZERO) return false;
  into.shard = numberIn(bytes, at, dash);
  into.orderId = numberIn(bytes, dash + 1, end);
  return into.shard >= 0 && Number.isSafeInteger(into.orderId) && into.orderId > 0;
}

/** -1 when one of them is no digit. */
function numberIn(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** The order id's text at `at`, with its length before it; where what follows it goes. */
export function putOrderId(bytes: Uint8Array, at: number, shard: number, orderId: number): number {
  const start = at + 1;
  const dash = putDigits(bytes, start, shard);
  bytes[dash] = DASH;
  const end = putDigits(bytes, dash + 1, orderId);
  bytes[at] = end - start;
  return end;
}

/** What does not fit 32 bits is written in two parts, the second of nine digits. */
function putDigits(bytes: Uint8Array, start: number, value: number): number {
  if (value >= INT_MAX) {
    const high = Math.floor(value / NINE_DIGITS);
    const middle = putDigits(bytes, start, high);
    return fillDigits(bytes, middle, middle + 9, (value - high * NINE_DIGITS) | 0);
  }
  let end = start + 1;
  for (let bound = 10; bound <= value; bound *= 10) end++;
  return fillDigits(bytes, start, end, value | 0);
}

/** Of 32 bits: V8 divides such a number by multiplying, and any other one by dividing. */
function fillDigits(bytes: Uint8Array, start: number, end: number, value: number): number {
  let rest = value;
  for (let at = end - 1; at >= start; at--) {
    const tenth = (rest / 10) | 0;
    bytes[at] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
  return end;
}

/** An instrument by the bytes of its symbol. */
export interface NamedView {
  readonly bytes: Uint8Array;
  readonly view: InstrumentView;
}

const SLOTS = 8_192;
/** Its length is one byte then. */
const SYMBOL_BYTES_MAX = 127;

/** Remembers what was looked up, a slot per hash: what shares one is looked up again. */
export class SymbolTable {
  readonly #market: Market;
  readonly #slots: (NamedView | undefined)[] = Array.from({ length: SLOTS }, () => undefined);

  constructor(market: Market) {
    this.#market = market;
  }

  find(bytes: Uint8Array, at: number, end: number): NamedView | undefined {
    if (end - at > SYMBOL_BYTES_MAX) return undefined;
    let hash = 0;
    for (let each = at; each < end; each++) hash = Math.imul(hash ^ bytes[each]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const found = this.#slots[slot];
    if (found !== undefined && isSame(found.bytes, bytes, at, end)) return found;
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString("latin1");
    const feed = this.#market.feed(name);
    if (feed === undefined) return undefined;
    const named = { bytes: bytes.slice(at, end), view: feed.view };
    this.#slots[slot] = named;
    return named;
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  const { length } = known;
  if (length !== end - at) return false;
  for (let each = 0; each < length; each++) if (known[each] !== bytes[at + each]) return false;
  return true;
}
