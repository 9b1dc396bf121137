/**
 * Client order ids as the core keeps them: 16 bytes in four int32 words.
 *
 * Two written forms share the 16 bytes without touching: 1 to 15 characters of `A-Za-z0-9._:-`,
 * left-aligned and zero-padded (byte 8 is then below 0x80), or a UUID of the RFC 9562 variant
 * (byte 8 is 0x80 or more). All zero means "none".
 */
import { assert } from "./assert.ts";

const HEX = "0123456789abcdef";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const TEXT = /^[A-Za-z0-9._:-]{1,15}$/;

/** Writes `text` as four words at `words[offset..]`; false, with nothing written, when it is neither form. */
export function encodeClientOrderId(text: string, words: Int32Array, offset: number): boolean {
  if (TEXT.test(text)) {
    for (let word = 0; word < 4; word++) {
      let value = 0;
      for (let byte = 3; byte >= 0; byte--) {
        const at = word * 4 + byte;
        value = (value << 8) | (at < text.length ? text.charCodeAt(at) : 0);
      }
      words[offset + word] = value;
    }
    return true;
  }
  if (!UUID.test(text)) return false;
  const digits = text.replaceAll("-", "").toLowerCase();
  for (let word = 0; word < 4; word++) {
    let value = 0;
    for (let byte = 3; byte >= 0; byte--) {
      const at = (word * 4 + byte) * 2;
      value = (value << 8) | (HEX.indexOf(digits[at]!) << 4) | HEX.indexOf(digits[at + 1]!);
    }
    words[offset + word] = value;
  }
  return true;
}

/** The written form of the four words at `words[offset..]`; the empty string for "none". */
export function decodeClientOrderId(words: Int32Array, offset: number): string {
  const isUuid = (words[offset + 2]! & 0x80) !== 0;
  let text = "";
  for (let at = 0; at < 16; at++) {
    const byte = (words[offset + (at >> 2)]! >>> ((at & 3) * 8)) & 0xff;
    if (isUuid) {
      if (at === 4 || at === 6 || at === 8 || at === 10) text += "-";
      text += HEX[byte >> 4]! + HEX[byte & 15]!;
    } else if (byte !== 0) {
      assert(at < 15, "a text id has at most 15 characters");
      text += String.fromCharCode(byte);
    }
  }
  return text;
}
