/** A walk that rests comes to what one does that does not. */
import { expect, test } from "@jest/globals";
import { NO_REST, perRow, sortedInSlices } from "./rest.ts";

test.each([0, 1, 2, 4_095, 4_096, 4_097, 8_192, 12_289, 40_000])("%i numbers, sorted", (count) => {
  const numbers = Float64Array.from({ length: count }, (_, n) => (n * 7_919) % 10_007);
  const before = numbers.slice();
  expect(sortedInSlices(numbers, NO_REST)).toEqual(numbers.toSorted());
  expect(numbers).toEqual(before);
});

test("it rests between slices and within what it merges, never for long in between", () => {
  let rests = 0;
  sortedInSlices(new Float64Array(40_000), () => rests++);
  expect(rests).toBe(10 + Math.floor((4 * 40_000) / 256)); // ten slices; 4, 8, 16, 32 thousand merged
});

test("every so many rows", () => {
  let rests = 0;
  const row = perRow(() => rests++);
  for (let n = 0; n < 1_000; n++) row();
  expect(rests).toBe(3);
});
