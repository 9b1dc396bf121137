/** The window keeps what is newest, bounded by bytes, and finds any command that it has. */
import { expect, test } from "@jest/globals";
import type { Chunk } from "./encode.ts";
import { makeWindow, type Window } from "./window.ts";

const BYTES = 1_000;

test("an empty one has nothing, and knows what comes next", () => {
  const window = makeWindow(5, 100 * BYTES);
  expect([window.firstSequence(), window.nextSequence(), window.end()]).toEqual([5, 5, 0]);
  expect([window.find(4), window.find(5)]).toEqual([-1, -1]);
  expect(window.at(0)).toBeUndefined();
  expect(window.hasDropped(0)).toBe(false);
});

test("every command is found in the chunk that covers it", () => {
  const window = filled(10, 100 * BYTES);
  for (let sequence = 1; sequence <= 30; sequence++) {
    const chunk = window.at(window.find(sequence))!;
    expect(chunk.firstSequence).toBeLessThanOrEqual(sequence);
    expect(chunk.nextSequence).toBeGreaterThan(sequence);
  }
  expect([window.find(0), window.find(31)]).toEqual([-1, -1]);
});

test("what falls out at the old end is gone, and said to be", () => {
  const window = filled(10, 4 * BYTES);
  const held = [...Array(10).keys()].filter((count) => window.at(count) !== undefined);
  expect(held).toEqual([7, 8, 9]);
  expect(held.map((count) => window.hasDropped(count))).toEqual([false, false, false]);
  expect([window.hasDropped(6), window.hasDropped(10)]).toEqual([true, false]);
  expect([window.firstSequence(), window.nextSequence(), window.end()]).toEqual([22, 31, 10]);
  expect([window.find(21), window.find(22)]).toEqual([-1, 7]);
});

test("the newest chunk stays, however large it is", () => {
  const window = filled(3, 10);
  expect([window.find(7), window.find(6), window.end()]).toEqual([2, -1, 3]);
});

test("counts go on for ever, also when much has fallen out", () => {
  const window = filled(10_000, 50 * BYTES);
  expect(window.end()).toBe(10_000);
  expect(window.at(9_999)!.nextSequence).toBe(30_001);
  expect(window.at(window.find(29_950))!.firstSequence).toBe(29_950);
});

test("only what lies in the newer half is fresh", () => {
  const window = filled(10, 100 * BYTES);
  expect([0, 1, 15, 16, 30, 31, 99].map(window.isFresh)).toEqual([
    false,
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
});

test("a gap between chunks is our bug", () => {
  const window = filled(2, 100 * BYTES);
  expect(() => window.push(chunkOf(8))).toThrow("the chunk from 7 on is missing");
});

/** Chunks of three commands each, from the first on. */
function filled(chunks: number, bytesMax: number): Window {
  const window = makeWindow(1, bytesMax);
  for (let i = 0; i < chunks; i++) window.push(chunkOf(1 + 3 * i));
  return window;
}

function chunkOf(firstSequence: number): Chunk {
  return { firstSequence, nextSequence: firstSequence + 3, message: Buffer.alloc(BYTES) };
}
