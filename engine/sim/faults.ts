/** What can go wrong in a run, how often by the table, and how often it did. */

export const FAULTS = [
  "crash",
  "torn_write",
  "misdirected_write",
  "unsynced_lost",
  "bit_flip",
  "disk_full",
  "message_lost",
  "message_repeated",
  "partition",
  "pause",
  "clock_step",
  "rival_claim",
] as const;
export type Fault = (typeof FAULTS)[number];
export type FaultCounts = Record<Fault, number>;

export function noFaults(): FaultCounts {
  return Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as FaultCounts;
}

export const Rate = {
  TORN: 0.1,
  MISDIRECTED: 0.1,
  MESSAGE_LOST: 0.3,
  MESSAGE_REPEATED: 0.5,
  PARTITION: 0.03,
} as const;

/** What a run leaves to be counted. */
export interface Tally {
  readonly faults: FaultCounts;
  /** Commands that were journaled, applied and told. */
  commands: number;
  /** Orders that a client was told the answer of. */
  acked: number;
  /** The last acknowledged frame was cut, for the disk had damaged it before anything covered it. */
  cut: number;
  /** A start was refused for damage below a watermark, which the disk had done. */
  refused: number;
}

export function makeTally(): Tally {
  return { faults: noFaults(), commands: 0, acked: 0, cut: 0, refused: 0 };
}

/** Something a promise forbids. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** For a run that is told loudly; does nothing in the others. */
export type Say = (words: string) => void;
