/**
 * From a price to its level: one compressed radix tree per book, over both sides.
 *
 * A node splits the prices below it by five bits and keeps one bit per child, so the nearest lower
 * price is a count of leading zeros away. Only nodes with two children or more exist: a book with
 * one level has none, 32 neighbouring prices share one, and whatever prices come, a path has at most
 * seven nodes and there are fewer nodes than levels.
 *
 * ```
 * root of a book ──► node  bits | shift | key | 32 children     child > 0: a level
 *                                                               child < 0: a node
 * ```
 *
 * `key` is any price that was ever below the node: all agree in the bits above `shift + 5`.
 */
import { assert } from "./assert.ts";
import { powerOfTwo } from "./words.ts";

const NODE_WORDS = 36;
const BITS = 0; // also the free list
const SHIFT = 1;
const KEY = 2;
const CHILDREN = 4;

export interface PriceTree {
  /** The level of exactly this price, or 0. */
  find(root: number, priceTicks: number): number;
  /** The level of the nearest lower price, or 0. */
  lower(root: number, priceTicks: number): number;
  /** The level of the lowest price, or 0. */
  lowest(root: number): number;
  /** Puts in a level whose price is not there yet; answers the new root. */
  add(root: number, level: number): number;
  /** Takes out a level that is there; answers the new root. */
  remove(root: number, level: number): number;
}

/** `levels[(level & levelMask) * stride + priceAt]` is a level's price. */
export function makePriceTree(
  levelsMax: number,
  levels: Int32Array,
  stride: number,
  priceAt: number,
): PriceTree {
  const nodeCount = powerOfTwo(levelsMax + 1);
  const levelMask = powerOfTwo(levelsMax + 1) - 1;
  const nodeMask = nodeCount - 1;
  const nodes = new Int32Array(nodeCount * NODE_WORDS);
  let free = 0;
  let highest = 0;

  function takeNode(): number {
    if (free === 0) {
      assert(highest < levelsMax, "there are fewer nodes than levels");
      return ++highest;
    }
    const node = free;
    free = nodes[(node & nodeMask) * NODE_WORDS + BITS]!;
    return node;
  }

  function find(root: number, priceTicks: number): number {
    let ref = root;
    while (ref < 0) {
      const at = (-ref & nodeMask) * NODE_WORDS;
      ref = nodes[at + CHILDREN + ((priceTicks >>> nodes[at + SHIFT]!) & 31)]!;
    }
    return ref !== 0 && levels[(ref & levelMask) * stride + priceAt] === priceTicks ? ref : 0;
  }

  function highestBelow(ref: number): number {
    while (ref < 0) {
      const at = (-ref & nodeMask) * NODE_WORDS;
      ref = nodes[at + CHILDREN + 31 - Math.clz32(nodes[at + BITS]!)]!;
    }
    return ref;
  }

  function lowest(root: number): number {
    let ref = root;
    while (ref < 0) {
      const at = (-ref & nodeMask) * NODE_WORDS;
      const bits = nodes[at + BITS]!;
      ref = nodes[at + CHILDREN + 31 - Math.clz32(bits & -bits)]!;
    }
    return ref;
  }

  function lower(root: number, priceTicks: number): number {
    let ref = root;
    let below = 0; // the nearest subtree known to be wholly lower
    while (ref < 0) {
      const at = (-ref & nodeMask) * NODE_WORDS;
      const shift = nodes[at + SHIFT]!;
      const key = nodes[at + KEY]!;
      if (((priceTicks ^ key) >>> shift) >>> 5 !== 0)
        return highestBelow(key < priceTicks ? ref : below);
      const digit = (priceTicks >>> shift) & 31;
      const bits = nodes[at + BITS]! & ((1 << digit) - 1);
      if (bits !== 0) below = nodes[at + CHILDREN + 31 - Math.clz32(bits)]!;
      ref = nodes[at + CHILDREN + digit]!;
    }
    if (ref !== 0 && levels[(ref & levelMask) * stride + priceAt]! < priceTicks) below = ref;
    return highestBelow(below);
  }

  /** A node over `level` and over what is behind `ref`, which differs from it in `otherTicks`. */
  function split(level: number, priceTicks: number, ref: number, otherTicks: number): number {
    const differing = 31 - Math.clz32(priceTicks ^ otherTicks);
    const shift = differing - (differing % 5);
    const node = takeNode();
    const at = (node & nodeMask) * NODE_WORDS;
    const digit = (priceTicks >>> shift) & 31;
    const other = (otherTicks >>> shift) & 31;
    nodes[at + BITS] = (1 << digit) | (1 << other);
    nodes[at + SHIFT] = shift;
    nodes[at + KEY] = priceTicks;
    nodes[at + CHILDREN + digit] = level;
    nodes[at + CHILDREN + other] = ref;
    return -node;
  }

  function add(root: number, level: number): number {
    const priceTicks = levels[(level & levelMask) * stride + priceAt]!;
    let ref = root;
    let from = 0; // where in `nodes` the ref was read; 0: it is the root
    while (ref < 0) {
      const at = (-ref & nodeMask) * NODE_WORDS;
      const shift = nodes[at + SHIFT]!;
      if (((priceTicks ^ nodes[at + KEY]!) >>> shift) >>> 5 !== 0) break;
      const digit = (priceTicks >>> shift) & 31;
      from = at + CHILDREN + digit;
      ref = nodes[from]!;
      if (ref === 0) nodes[at + BITS] = nodes[at + BITS]! | (1 << digit);
    }
    let put = level;
    if (ref !== 0) {
      const other =
        ref < 0
          ? nodes[(-ref & nodeMask) * NODE_WORDS + KEY]!
          : levels[(ref & levelMask) * stride + priceAt]!;
      put = split(level, priceTicks, ref, other);
    }
    if (from === 0) return put;
    nodes[from] = put;
    return root;
  }

  function remove(root: number, level: number): number {
    if (root === level) return 0;
    const priceTicks = levels[(level & levelMask) * stride + priceAt]!;
    let ref = root;
    let from = 0;
    for (;;) {
      assert(ref < 0, "a level in use is in its tree");
      const at = (-ref & nodeMask) * NODE_WORDS;
      const digit = (priceTicks >>> nodes[at + SHIFT]!) & 31;
      const child = nodes[at + CHILDREN + digit]!;
      if (child !== level) {
        from = at + CHILDREN + digit;
        ref = child;
        continue;
      }
      nodes[at + CHILDREN + digit] = 0;
      const bits = nodes[at + BITS]! & ~(1 << digit);
      nodes[at + BITS] = bits;
      if ((bits & (bits - 1)) !== 0) return root;
      // One child is left: it takes its parent's place.
      const lastAt = at + CHILDREN + 31 - Math.clz32(bits);
      const last = nodes[lastAt]!;
      nodes[lastAt] = 0;
      nodes[at + BITS] = free;
      free = -ref;
      if (from === 0) return last;
      nodes[from] = last;
      return root;
    }
  }

  return { find, lower, lowest, add, remove };
}
