/**
 * The lease, which lives in the journal: a writer is never silent for longer than a third of it, and
 * steps down when an append is not confirmed within one (`journal/kafka/writer.ts`); who follows and
 * has seen no frame for a whole one may claim. Both by the monotonic clock of their own process; no two
 * clocks are ever compared.
 *
 * It only decides who tries. That two never write at once is the journal's doing: a claim counts at
 * its place or not at all.
 */

export interface WriterLease {
  /** An append that was begun then was confirmed. */
  confirmed(begunMs: number): void;
  /** How long it may stay silent: a frame is due every third of a lease. 0 or less: now. */
  silenceLeftMs(nowMs: number): number;
}

/** `claimedMs`: when the append of the claim that stands was begun. */
export function makeWriterLease(leaseMs: number, claimedMs: number): WriterLease {
  let lastMs = claimedMs;
  return {
    confirmed: (begunMs) => void (lastMs = Math.max(lastMs, begunMs)),
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
