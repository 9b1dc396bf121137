/**
 * The two ends of a shard of this process, as one side hands them to the other: the rings, the
 * status, and the few calls by which news of the shard's thread arrives on the main thread.
 */
import type { Ring } from "./ring.ts";
import type { StatusMemory } from "./status.ts";

export interface ShardSignals {
  /** Something was published while the reader slept. */
  drain(): void;
  /** Recovery is over, and all of it is in the ring. */
  becomeReady(): void;
  /** The shard will publish no more. */
  stopped(reason: string, clean: boolean): void;
}

export interface ShardEnds {
  readonly shard: number;
  readonly commandRing: Ring;
  readonly eventRing: Ring;
  readonly status: StatusMemory;
  /** To be called in the same turn of the event loop in which the shard was started. */
  attach(signals: ShardSignals): void;
}
