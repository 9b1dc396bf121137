/**
 * How everything outside reaches a shard: submit commands, hear its events in sequence.
 *
 * One interface with two implementations: shared-memory rings between threads of one process
 * (`ring-client.ts`), gRPC streams in a cluster (`entry-client.ts`). One behaviour suite runs both.
 */
import type { Commands } from "../core/command.ts";
import type { Events } from "../core/event.ts";

/** Why a command was not even taken. Nothing happened: `execution: none`. */
export const Refusal = {
  NONE: 0,
  RING_FULL: 1, // overload: try again shortly
  STOPPED: 2, // the shard stopped or has not recovered yet
  DISK_FULL: 3, // the journal has no room for more; cancels and places alike wait for an operator
  AWAY: 4, // its primary is gone and another is looked for: try again shortly
} as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

/** Counted by the core over the journal's whole life; all from one moment. */
export interface ShardStats {
  readonly shard: number;
  readonly tradesTotal: number;
  readonly ordersTotal: number;
  readonly ordersOpen: number;
  readonly sequence: number;
}

/** What the journal costs, raw, for metrics. */
export interface JournalFigures {
  readonly bytes: number;
  readonly appends: number;
  /** Time spent in write and sync since the start. */
  readonly appendMs: number;
  /** Upper bound of each bucket; the last takes the rest (Infinity). */
  readonly buckets: readonly { readonly upToMs: number; readonly appends: number }[];
}

export interface ShardListener {
  /**
   * One event, at `index` of `events`; the record is overwritten after return, so copy what is
   * needed. Events come in order, from the first sequence of the journal: while the shard recovers,
   * what happened before is told again, so that a reader's state is a pure function of the stream.
   */
  onEvent(events: Events, index: number): void;
  /**
   * So many events, one behind the other from `index` on, are told next: who keeps them copies them at
   * once. Not every client knows what comes next.
   */
  onRun?(events: Events, index: number, count: number): void;
  /** What was waiting has been delivered: the moment to write to sockets, once per batch. */
  onBatchEnd(): void;
  /** All that was journaled before this start has been told; from here on events are live. */
  onReady(): void;
  /** The shard will speak no more: `reason` is for people; `clean` when it was asked to stop. */
  onStopped(reason: string, clean: boolean): void;
  /** A shard of a cluster: its primary is gone, and with it nobody knows which commands; `onBack` follows. */
  onAway?(): void;
  /** Another primary, or the same one again: what happened meanwhile has been told. */
  onBack?(): void;
  /** The command committed with that correlation is not in the journal and never will be. */
  onNeverHappened?(correlation: number): void;
  /** No primary was found in time: what is on its way may have happened. What is told of it is nobody's. */
  onInDoubt?(): void;
}

export interface ShardClient {
  readonly shard: number;
  /** The records that `reserve` answers indexes of. */
  readonly commands: Commands;
  /** Must be called once, before the first event; events wait until then. */
  listen(listener: ShardListener): void;
  /** Whether a command would be taken now; cheap. */
  refusal(): Refusal;
  /**
   * Index in `commands` of a zeroed record to fill, or -1 when `refusal()` is not NONE. Fill all of
   * it and `commit()` in the same tick; sequence and stamp are the shard's to write.
   */
  reserve(): number;
  commit(): void;
  /** How many more commands would be taken in this tick, for those that go together or not at all. */
  room(): number;
  /** Wakes the shard for what was committed; call once per batch of commits (e.g. per loop turn). */
  flush(): void;
  stats(): ShardStats;
  /** p50/p99-free raw gauges for metrics: commands waiting in the ring, events waiting for this reader. */
  queued(): { readonly commands: number; readonly events: number };
  /** Where the shard's journal can be looked at: that of a shard of this process. */
  journalFigures?(): JournalFigures;
}
