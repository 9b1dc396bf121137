/**
 * A 64-bit hash in two 32-bit lanes, made of words and doubles in the order they are added. Not for
 * secrets: it tells equal states from unequal ones.
 */
import type { StateHash } from "./shard-api.ts";

export interface Hasher {
  reset(): void;
  word(value: number): void;
  double(value: number): void;
  high(): number;
  low(): number;
  /** The lanes mixed once more, as the answer. */
  finish(): StateHash;
}

function mix(lane: number): number {
  let h = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const hex = (word: number): string => word.toString(16).padStart(8, "0");

export function makeHasher(): Hasher {
  const doubles = new Float64Array(1);
  const halves = new Int32Array(doubles.buffer);
  let a = 0;
  let b = 0;

  function reset(): void {
    a = 0x6a09e667;
    b = 0xbb67ae85;
  }

  function word(value: number): void {
    a = Math.imul(((a << 13) | (a >>> 19)) ^ value, 0x9e3779b1);
    b = Math.imul(((b << 7) | (b >>> 25)) + value, 0x85ebca77) ^ a;
  }

  function double(value: number): void {
    doubles[0] = value;
    word(halves[0]!);
    word(halves[1]!);
  }

  reset();
  return {
    reset,
    word,
    double,
    high: () => mix(a),
    low: () => mix(b),
    finish: () => ({ high: mix(a), low: mix(b), text: hex(mix(a)) + hex(mix(b)) }),
  };
}
