/**
 * The lease, which lives in the journal: a writer proves by its own confirmed appends that it may go
 * on, and who follows knows by their silence that somebody else may claim. Both halves by the
 * monotonic clock of their own process; no two clocks are ever compared.
 *
 * It only decides who tries. That two never write at once is the journal's doing: a claim counts at
 * its place or not at all.
 */

export interface WriterLease {
  /** An append that was begun then was confirmed. */
  confirmed(begunMs: number): void;
  /** Whether it may still speak: its last confirmed append began less than a lease ago. */
  isHeld(nowMs: number): boolean;
  /** How long it may stay silent: a frame is due every third of a lease. 0 or less: now. */
  silenceLeftMs(nowMs: number): number;
}

/** `claimedMs`: when the append of the claim that stands was begun. */
export function makeWriterLease(leaseMs: number, claimedMs: number): WriterLease {
  let lastMs = claimedMs;
  return {
    confirmed: (begunMs) => void (lastMs = Math.max(lastMs, begunMs)),
    isHeld: (nowMs) => nowMs - lastMs < leaseMs,
    silenceLeftMs: (nowMs) => lastMs + leaseMs / 3 - nowMs,
  };
}

export interface Silence {
  /** A frame that counts was read, or a claim was tried. */
  broken(nowMs: number): void;
  /** How long until it has lasted a whole lease. 0 or less: it has. */
  leftMs(nowMs: number): number;
}

export function makeSilence(leaseMs: number, sinceMs: number): Silence {
  let lastMs = sinceMs;
  return {
    broken: (nowMs) => void (lastMs = nowMs),
    leftMs: (nowMs) => lastMs + leaseMs - nowMs,
  };
}
