// From a price to its level, compared with a sorted array.
import { describe, expect, test } from "@jest/globals";
import { makePriceTree } from "./price-tree.ts";
import { makeRandom } from "./testing/random.ts";

const LEVELS = 3_000;

function liveThrough(seed: number, steps: number, spread: number, base: number): void {
  const random = makeRandom(seed);
  const prices = new Int32Array(LEVELS + 1);
  const tree = makePriceTree(LEVELS, prices, 1, 0);
  const levelOf = new Map<number, number>();
  const free = Array.from({ length: LEVELS }, (_, n) => n + 1);
  let sorted: number[] = [];
  let root = 0;
  for (let step = 0; step < steps; step++) {
    const price = base + random.below(spread);
    const level = levelOf.get(price);
    expect(tree.find(root, price)).toBe(level ?? 0);
    const below = sorted.findLast((other) => other < price);
    expect(tree.lower(root, price)).toBe(below === undefined ? 0 : levelOf.get(below));
    expect(tree.lowest(root)).toBe(sorted.length === 0 ? 0 : levelOf.get(sorted[0]!));
    if (level === undefined) {
      const taken = free.pop()!;
      prices[taken] = price;
      levelOf.set(price, taken);
      sorted = [...sorted, price].toSorted((a, b) => a - b);
      root = tree.add(root, taken);
    } else {
      root = tree.remove(root, level);
      levelOf.delete(price);
      free.push(level);
      sorted = sorted.filter((other) => other !== price);
    }
  }
  for (const price of sorted) {
    expect(tree.find(root, price)).toBe(levelOf.get(price));
    root = tree.remove(root, levelOf.get(price)!);
  }
  expect(root).toBe(0);
}

describe("a price tree agrees with a sorted array", () => {
  test.each([
    [1, 3, 1],
    [2, 70, 200],
    [3, 1_500, 31],
    [4, 2 ** 31 - 1, 1],
    [5, 64, 2 ** 31 - 64],
    [6, 33, 2 ** 30 - 16],
  ])("seed %i, %i prices from %i", (seed, spread, base) => {
    liveThrough(seed, 1_500, spread, base);
  });
});

test("a tree takes as many nodes as it gives back", () => {
  const prices = new Int32Array(5);
  const tree = makePriceTree(4, prices, 1, 0);
  for (let round = 0; round < 1_000; round++) {
    let root = 0;
    for (let level = 1; level <= 4; level++) {
      prices[level] = 8 * (((round + 1) * level * 65_537) % 2 ** 27) + level;
      root = tree.add(root, level);
    }
    for (let level = 1; level <= 4; level++) root = tree.remove(root, level);
    expect(root).toBe(0);
  }
});
