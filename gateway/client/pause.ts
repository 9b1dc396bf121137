/**
 * How long to wait before something that failed is tried again: twice as long each time, up to a bound,
 * and each at a moment of its own, so that not all who lost the same thing come back at once.
 */
const FIRST_MS = 250;
const MAX_MS = 8_000;

/** After so many failures in a row, of 1 on; `chance` is from 0 to 1. */
export function pauseMs(failures: number, chance: number): number {
  const ceilingMs = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(ceilingMs * (0.5 + chance / 2));
}
