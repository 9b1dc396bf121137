/**
 * Protocol Buffers' bytes, read with every bound checked. Bad bytes are normal: reading on gives
 * zeros, and `bad` says so at the end.
 */
import { Wire } from "./byte-writer.ts";

const LOW = 2 ** 32;
const VARINT_BYTES_MAX = 10;
const ASCII_SHORT = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class ByteReader {
  bytes: Uint8Array;
  at: number;
  end: number;
  bad = false;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Reads other bytes from here on: one reader serves the hot path for ever. */
  reset(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.bad = false;
  }

  get more(): boolean {
    return this.at < this.end;
  }

  /** As an int64 in a number: beyond 2^53 it is not exact, and no safe integer either. */
  int64(): number {
    const first = this.at < this.end ? this.bytes[this.at]! : 0x80;
    if (first < 0x80) {
      this.at++;
      return first;
    }
    return this.#longInt64();
  }

  #longInt64(): number {
    let low = 0;
    let high = 0;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      if (this.at >= this.end) return this.fail();
      const byte = this.bytes[this.at++]!;
      const bits = byte & 0x7f;
      if (count < 4) low |= bits << (count * 7);
      else if (count === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (count * 7 - 32);
      if (byte < 0x80) return (high | 0) * LOW + (low >>> 0);
    }
    return this.fail();
  }

  double(): number {
    if (this.end - this.at < 8) return this.fail();
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8);
    this.at += 8;
    return view.getFloat64(0, true);
  }

  /** Where the length-delimited field that begins here ends; the position is then behind its length. */
  limit(): number {
    const length = this.int64();
    if (length >= 0 && length <= this.end - this.at) return this.at + length;
    this.fail();
    return this.end;
  }

  text(): string {
    const to = this.limit();
    const from = this.at;
    this.at = to;
    if (to - from <= ASCII_SHORT) {
      let text = "";
      let at = from;
      for (; at < to && this.bytes[at]! < 0x80; at++) text += String.fromCharCode(this.bytes[at]!);
      if (at === to) return text;
    }
    try {
      return utf8.decode(this.bytes.subarray(from, to));
    } catch {
      this.fail(); // not UTF-8, which every text of this format is
      return "";
    }
  }

  /** Over a field that is not known. Groups left the format long ago: nobody may send them. */
  skip(wire: number): void {
    if (wire === Wire.VARINT) this.int64();
    else if (wire === Wire.BYTES) this.at = this.limit();
    else if (wire === Wire.FIXED64) this.#over(8);
    else if (wire === Wire.FIXED32) this.#over(4);
    else this.fail();
  }

  fail(): number {
    this.bad = true;
    this.at = this.end;
    return 0;
  }

  #over(count: number): void {
    if (this.end - this.at < count) this.fail();
    else this.at += count;
  }
}
