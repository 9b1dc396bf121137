/**
 * The ring in which a shard publishes, and its writing end: the core writes events where their readers
 * find them, and nobody copies one.
 */
import { EVENT_BYTES, EVENT_I32, type Events, makeEvents } from "../core/event.ts";
import type { Commands } from "../core/command.ts";
import { EVENT_RING_SLOTS, EVENTS_PER_COMMAND_MAX } from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import { makeRing, type Producer, type Ring } from "../ring/ring.ts";

/** Behind the last slot there is room for one command's events: they are written in one piece. */
export function makeEventRing(slots: number = EVENT_RING_SLOTS): Ring {
  return makeRing(slots, EVENT_BYTES, 1, EVENTS_PER_COMMAND_MAX);
}

/** The ring's records as the core writes them, those behind the last slot included. */
export function eventsOf({ slots, spareSlots, memory, recordsAt }: Ring): Events {
  return makeEvents(slots + spareSlots, memory, recordsAt);
}

/** Applies commands and lays their events into the ring, to be published together. */
export interface Publisher {
  room(): number;
  waitForRoom(events: number, timeoutMs: number): boolean;
  /** Applies one command; its events are in the ring, not yet visible. There is room for them. */
  apply(shard: Shard, commands: Commands, index: number): void;
  /** Makes them visible, and wakes who sleeps. */
  publish(): void;
}

/**
 * `events` is `eventsOf` the ring that `ring` writes to. A shard that was made with it writes there
 * itself; what another one decided is copied.
 */
export function makePublisher(ring: Producer, events: Events, wake: () => void): Publisher {
  const slots = events.capacity - EVENTS_PER_COMMAND_MAX;
  let unpublished = 0;
  let next = ring.slot(0); // nobody else publishes

  function apply(shard: Shard, commands: Commands, index: number): void {
    const first = next;
    events.count = first;
    shard.apply(commands, index, events);
    const end = events.count;
    unpublished += end - first;
    next = end;
    if (end >= slots) turnAround(end);
  }

  /** What ran over the end is moved to the front. */
  function turnAround(end: number): void {
    if (end > slots) events.i32.copyWithin(0, slots * EVENT_I32, end * EVENT_I32);
    next = end - slots;
  }

  return {
    room: () => ring.room() - unpublished,
    waitForRoom: (count, timeoutMs) => ring.waitForRoom(count + unpublished, timeoutMs),
    apply,
    publish: () => {
      if (unpublished === 0) return;
      ring.publish(unpublished);
      unpublished = 0;
      wake();
    },
  };
}
