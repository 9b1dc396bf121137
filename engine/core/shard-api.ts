/**
 * The face of one shard: what a shell, a tool or somebody else's benchmark may do with it.
 */
import type { Commands } from "./command.ts";
import type { Events } from "./event.ts";
import type { Rest } from "./rest.ts";

/** A 64-bit state hash in two unsigned halves; `text` is 16 hex digits. */
export interface StateHash {
  readonly high: number;
  readonly low: number;
  readonly text: string;
}

export interface DepthLevel {
  readonly priceTicks: number;
  readonly quantity: number;
  readonly orders: number;
}

export interface Shard {
  /**
   * Applies the command at `index` and appends its events (at most EVENTS_PER_COMMAND_MAX) to
   * `events`. Never throws for input. The record carries its sequence (exactly the last plus one,
   * from 1) and its stamp (not below the last): the caller's duty, asserted. A CHECKPOINT whose hash
   * is not the state's is no input but broken state, and throws.
   */
  apply(commands: Commands, index: number, events: Events): void;
  /**
   * Reads what the next commands will need (READ_AHEAD_COMMANDS of them at a time pay best), so that
   * it is near when they are applied. Changes nothing and may be left out.
   */
  readAhead(commands: Commands, from: number, count: number): void;
  /**
   * When something next happens by itself, in stamp microseconds: the earliest expiry or session
   * timer, 0 while slices of pending work remain, Infinity when nothing waits. At that time the caller
   * applies a CLOCK.
   */
  nextDueUs(): number;
  sequence(): number;
  lastStampUs(): number;
  behaviour(): number;
  tradesTotal(): number;
  ordersTotal(): number;
  ordersOpen(): number;
  /** Pure function of state, independent of which book is used; walks everything: not for the hot path. */
  hash(): StateHash;
  /**
   * Writes the whole state to `sink` in chunks of at most 128 KiB, which are the sink's only until it
   * returns; see `snapshot.ts` and `loadShard`. Walks everything and allocates: for followers. Calls `rest`
   * now and then, so that it can be done beside others.
   */
  save(sink: (bytes: Uint8Array) => void, rest?: Rest): StateHash;
  /** Levels of one side of what is shown, best first, at most `levelsMax`; for tools and tests, allocates. */
  depth(instrument: number, side: number, levelsMax: number): DepthLevel[];
  /** The same of what an auction has collected, which nobody is shown. */
  collected(instrument: number, side: number, levelsMax: number): DepthLevel[];
}
