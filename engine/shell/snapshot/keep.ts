/** Which snapshots of one journal a store keeps: by count and by age. Pure. */
import type { StoredSnapshot } from "./store.ts";

export interface Keep {
  /** At most so many, the newest. */
  readonly count: number;
  /** None that is older, but for the newest two that are verified. */
  readonly ageMs: number;
}

const DAY_MS = 86_400_000;

export const KEEP_DEFAULT: Keep = { count: 4, ageMs: 30 * DAY_MS };

/** However few are wanted: what recovery begins with, and what it falls back to. */
const ALWAYS = 2;

/**
 * Those that may go; `snapshots` are newest first. What is not verified, or damaged, counts for nothing
 * and goes when a verified one is newer: recovery would begin with that one.
 */
export function toRemove(
  snapshots: readonly StoredSnapshot[],
  { count, ageMs }: Keep,
  nowMs: number,
): StoredSnapshot[] {
  const gone: StoredSnapshot[] = [];
  let kept = 0;
  for (const snapshot of snapshots) {
    const { head, isVerified } = snapshot;
    const isGood = head !== null && isVerified;
    const isYoung = isGood && nowMs - head.takenMs <= ageMs;
    const isKept = isGood ? kept < ALWAYS || (kept < count && isYoung) : kept === 0;
    if (!isKept) gone.push(snapshot);
    else if (isGood) kept++;
  }
  return gone;
}
