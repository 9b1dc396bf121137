/**
 * Events of long ago, for who missed more than memory holds: a shard's journal, told again in part.
 */
import type { Events } from "../core/event.ts";

/** Whose events are asked for. */
export interface Wanted {
  /** By instrument, the market sequence after which its public events are wanted. */
  readonly instruments: ReadonlyMap<number, number>;
  /** Of these, all that they ever heard. */
  readonly accounts: ReadonlySet<number>;
}

export interface StoredEvents {
  /**
   * Tells what is wanted, in order, up to what is durable now; the records are the listener's only
   * until it returns. Rejects when the journal does not reach back to its beginning, cannot be read,
   * or holds more of it than is told at once.
   */
  read(wanted: Wanted, onEvents: (events: Events) => void): Promise<void>;
}
