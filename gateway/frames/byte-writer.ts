/**
 * Protocol Buffers' bytes, written into one buffer that grows and is used again. Whole numbers are
 * plain numbers up to 2^53 - 1 either way: a BigInt per field would cost more than the order does.
 */
const GROWS_FROM = 512;
const LOW = 2 ** 32;
/** Four bytes of a varint hold less than that; what is above is less than 2^25. */
const FOUR_GROUPS = 2 ** 28;
const PER_FOUR_GROUPS = 1 / FOUR_GROUPS;

const SHORT_CHARS = 24;

const utf8 = new TextEncoder();

export class ByteWriter {
  bytes: Uint8Array;
  at = 0;

  constructor(capacity = GROWS_FROM) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Room for `count` more bytes: call before writing without asking. */
  ensure(count: number): void {
    const needed = this.at + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  /** A whole number from 0 on. */
  varint(value: number): void {
    this.ensure(10);
    this.put(value);
  }

  /** The same where `ensure` was called: one division, however long it is. */
  put(value: number): void {
    this.at = putVarint(this.bytes, this.at, value);
  }

  /** An int64: below zero it takes ten bytes, as the format says. */
  int64(value: number): void {
    if (value >= 0) return this.varint(value);
    this.ensure(10);
    let low = (value % LOW) >>> 0;
    let high = Math.floor(value / LOW) >>> 0;
    for (let byte = 0; byte < 9; byte++) {
      this.bytes[this.at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.bytes[this.at++] = 1;
  }

  text(value: string): void {
    const start = this.open();
    this.ensure(value.length * 3);
    if (value.length <= SHORT_CHARS && this.#ascii(value)) return this.close(start);
    this.at += utf8.encodeInto(value, this.bytes.subarray(this.at)).written;
    this.close(start);
  }

  /** Whether it was no more than ASCII, and is written: the encoder's call costs more than a few letters. */
  #ascii(value: string): boolean {
    const { bytes, at } = this;
    for (let char = 0; char < value.length; char++) {
      const code = value.charCodeAt(char);
      if (code > 0x7f) return false;
      bytes[at + char] = code;
    }
    this.at = at + value.length;
    return true;
  }

  raw(bytes: Uint8Array): void {
    this.ensure(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Begins what carries its length before it; answers what `close` wants to know. */
  open(): number {
    this.ensure(1);
    return ++this.at;
  }

  /** Most are shorter than 128 bytes; what is longer is moved to make room for its length. */
  close(start: number): void {
    const length = this.at - start;
    if (length < 0x80) {
      this.bytes[start - 1] = length;
      return;
    }
    const more = length < 0x4000 ? 1 : length < 0x200000 ? 2 : 3;
    this.ensure(more);
    this.bytes.copyWithin(start + more, start, this.at);
    this.at = start - 1;
    this.varint(length);
    this.at += length;
  }
}

/**
 * Writes a whole number from 0 on at `at`, where there is room for it; where what follows it goes. `| 0` says
 * what V8 does not see: that what is left is a small whole number, whose bits need no conversion each.
 */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = 0;
  if (value >= FOUR_GROUPS) {
    rest = (value * PER_FOUR_GROUPS) | 0; // exact: a power of two, and less than 2^25
    const low = (value - rest * FOUR_GROUPS) | 0;
    bytes[at] = low | 0x80;
    bytes[at + 1] = (low >>> 7) | 0x80;
    bytes[at + 2] = (low >>> 14) | 0x80;
    bytes[at + 3] = (low >>> 21) | 0x80;
    at += 4;
  } else rest = value | 0;
  while (rest > 0x7f) {
    bytes[at++] = rest | 0x80;
    rest >>>= 7;
  }
  bytes[at] = rest;
  return at + 1;
}

/** A field of such a number. */
export function putField(bytes: Uint8Array, at: number, tag: number, value: number): number {
  bytes[at] = tag;
  return putVarint(bytes, at + 1, value);
}

export const Wire = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const;

export const tagOf = (number: number, wire: number): number => number * 8 + wire;
