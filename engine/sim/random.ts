/**
 * Chance from a seed: every decision of a run comes from one of these, so a seed is a whole run.
 */

export interface Random {
  /** At least 0 and below 1. */
  next(): number;
  /** A whole number from 0 to below `count`. */
  below(count: number): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(share: number): boolean;
  pick<T>(of: readonly T[]): T;
  bytes(count: number): Buffer;
}

/** Two seeds and labels that differ in a bit give runs that have nothing in common. */
export function makeRandom(seed: number, label = 0): Random {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88 ^ Math.floor(seed / 2 ** 32);
  let c = 0xb7e15162 ^ label;
  let count = 1;

  /** sfc32, by Chris Doty-Humphrey. */
  function word(): number {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  }

  for (let i = 0; i < 16; i++) word();
  const next = (): number => word() / 2 ** 32;
  const below = (most: number): number => Math.floor(next() * most);
  return {
    next,
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (share) => next() < share,
    pick: (of) => of[below(of.length)]!,
    bytes: (size) => Buffer.from(Array.from({ length: size }, () => below(256))),
  };
}
