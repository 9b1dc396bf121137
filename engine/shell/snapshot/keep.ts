/** Which snapshots of one journal a store keeps, and whether there is room for another. Pure. */
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

/** The core's bytes for an order that rests or is remembered, before they are deflated. */
const BYTES_PER_ORDER = 128;
/** The journal prepares segments ahead, and they come first. */
const SEGMENTS_AHEAD = 2;

/**
 * Bytes that must be free before a snapshot is begun. A full disk stops the exchange; one snapshot less
 * stops nothing.
 */
export function bytesWanted(ordersOpen: number, newestBytes: number, segmentBytes: number): number {
  const snapshot = Math.max(2 * newestBytes, ordersOpen * BYTES_PER_ORDER);
  return snapshot + SEGMENTS_AHEAD * segmentBytes;
}
