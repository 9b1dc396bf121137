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

const { imul } = Math;

function mix(lane: number): number {
  let h = imul(lane ^ (lane >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const hex = (word: number): string => word.toString(16).padStart(8, "0");

export function makeHasher(): Hasher {
  const doubles = new Float64Array(1);
  const halves = new Int32Array(doubles.buffer);
  const lanes = new Int32Array(2); // as variables each would be a new object at every word

  function reset(): void {
    lanes[0] = 0x6a09e667;
    lanes[1] = 0xbb67ae85;
  }

  function word(value: number): void {
    const was = lanes[0]!;
    const wasToo = lanes[1]!;
    const a = imul(((was << 13) | (was >>> 19)) ^ value, 0x9e3779b1);
    lanes[0] = a;
    lanes[1] = imul(((wasToo << 7) | (wasToo >>> 25)) + value, 0x85ebca77) ^ a;
  }

  function double(value: number): void {
    doubles[0] = value;
    word(halves[0]!);
    word(halves[1]!);
  }

  const high = (): number => mix(lanes[0]!);
  const low = (): number => mix(lanes[1]!);

  reset();
  return {
    reset,
    word,
    double,
    high,
    low,
    finish: () => ({ high: high(), low: low(), text: hex(high()) + hex(low()) }),
  };
}
