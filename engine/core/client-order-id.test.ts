// Two written forms in 16 bytes, told apart by one bit.
import { describe, expect, test } from "@jest/globals";
import { decodeClientOrderId, encodeClientOrderId } from "./client-order-id.ts";
import { makeRandom } from "./testing/random.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";

function roundTrip(text: string): string | null {
  const words = new Int32Array(6);
  if (!encodeClientOrderId(text, words, 1)) return null;
  expect([words[0], words[5]]).toEqual([0, 0]);
  return decodeClientOrderId(words, 1);
}

describe("client order ids", () => {
  test.each(["a", "0", "r7-99956", "ABCDEFGHIJKLMNO", "._:-", "z".repeat(15)])(
    "text %s",
    (text) => {
      expect(roundTrip(text)).toBe(text);
    },
  );

  test.each([
    "00000000-0000-4000-8000-000000000000",
    "ffffffff-ffff-ffff-bfff-ffffffffffff",
    "0190b5f2-7d3a-7c11-9a5e-0123456789ab",
  ])("UUID %s", (text) => {
    expect(roundTrip(text)).toBe(text);
  });

  test("a UUID may be shouted and is remembered quietly", () => {
    expect(roundTrip("0190B5F2-7D3A-7C11-9A5E-0123456789AB")).toBe(
      "0190b5f2-7d3a-7c11-9a5e-0123456789ab",
    );
  });

  test.each([
    ["nothing", ""],
    ["16 characters", "z".repeat(16)],
    ["a space", "a b"],
    ["a letter beyond ASCII", "é"],
    ["a zero byte", "a\u0000b"],
    ["a UUID of another variant", "0190b5f2-7d3a-7c11-0a5e-0123456789ab"],
    ["a UUID without hyphens", "0190b5f27d3a7c119a5e0123456789ab"],
    ["a UUID in braces", "{0190b5f2-7d3a-7c11-9a5e-0123456789ab}"],
  ])("refused, with nothing written: %s", (_, text) => {
    const words = new Int32Array(4);
    expect(encodeClientOrderId(text, words, 0)).toBe(false);
    expect([...words]).toEqual([0, 0, 0, 0]);
  });

  test("no words are no id", () => {
    expect(decodeClientOrderId(new Int32Array(4), 0)).toBe("");
  });

  test("random ids come back, and no two share their bytes", () => {
    const random = makeRandom(4);
    const seen = new Map<string, string>();
    for (let n = 0; n < 5_000; n++) {
      let text = "";
      while (text.length < 1 + (n % 15)) text += ALPHABET[random.below(ALPHABET.length)]!;
      expect(roundTrip(text)).toBe(text);
      const words = new Int32Array(4);
      encodeClientOrderId(text, words, 0);
      const bytes = words.join();
      expect(seen.get(bytes) ?? text).toBe(text);
      seen.set(bytes, text);
    }
  });
});
