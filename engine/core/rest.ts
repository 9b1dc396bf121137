/**
 * Long walks over a whole state, in small pieces: who makes a snapshot or loads one beside a shard that
 * runs must not keep a processor for long in one go, so a walk calls `rest` every so many rows. What that
 * does, if anything, is its caller's; a walk's outcome does not depend on it.
 */

/** Called between two pieces of a walk, each some tens of microseconds. */
export type Rest = () => void;

export const NO_REST: Rest = () => {};

const ROWS = 256;
/** A fraction of a millisecond to sort. */
const SLICE = 4_096;

/** To be called at each row: every so many, it is time to rest. */
export function perRow(rest: Rest): Rest {
  let left = ROWS;
  return () => {
    if (--left > 0) return;
    left = ROWS;
    rest();
  };
}

/** The same numbers, ascending: sorted in slices that are then merged, two by two. */
export function sortedInSlices(numbers: Float64Array, rest: Rest): Float64Array {
  const row = perRow(rest);
  let [from, to] = [numbers.slice(), new Float64Array(numbers.length)];
  for (let at = 0; at < from.length; at += SLICE) {
    from.set(from.subarray(at, at + SLICE).toSorted(), at);
    rest();
  }
  for (let run = SLICE; run < from.length; run *= 2) {
    for (let at = 0; at < from.length; at += 2 * run) merge(from, to, at, run, row);
    [from, to] = [to, from];
  }
  return from;
}

/** Two runs that stand one behind the other, the second one shorter or not there at the end. */
function merge(from: Float64Array, to: Float64Array, at: number, run: number, row: Rest): void {
  const middle = Math.min(at + run, from.length);
  const end = Math.min(at + 2 * run, from.length);
  let [left, right] = [at, middle];
  for (let next = at; next < end; next++) {
    const isLeft = left < middle && (right === end || from[left]! <= from[right]!);
    to[next] = from[isLeft ? left++ : right++]!;
    row();
  }
}
