/**
 * A shard of this process, reached over shared-memory rings. Lives on the main thread, which may
 * not block: it is woken by a message, once per batch (`drain`), and reads until the ring is empty.
 */
import { COMMAND_F64, type Commands, makeCommands } from "../core/command.ts";
import { type Events, makeEvents } from "../core/event.ts";
import type { ShardEnds } from "../ring/ends.ts";
import { openConsumer, openProducer } from "../ring/ring.ts";
import { APPEND_BUCKETS_MS, openStatus, ShardState } from "../ring/status.ts";
import {
  type JournalFigures,
  Refusal,
  type ShardClient,
  type ShardListener,
} from "./shard-client.ts";

/** Events read before the event loop has its turn: a few milliseconds, for sockets wait meanwhile. */
const EVENTS_PER_TURN = 1_024;

/** Commands of one turn that the shard may begin with, though more come: its batch is of this order. */
const PUBLISHED_AT_ONCE = 256;

export interface RingClient extends ShardClient {
  journalFigures(): JournalFigures;
}

/** Opens the one client of a shard that was started in this process. */
export function openRingClient(ends: ShardEnds): RingClient {
  const { shard, commandRing, eventRing } = ends;
  const status = openStatus(ends.status);
  const producer = openProducer(commandRing);
  const consumer = openConsumer(eventRing, 0);
  const commands: Commands = makeCommands(
    commandRing.slots,
    commandRing.memory,
    commandRing.recordsAt,
  );
  const events: Events = makeEvents(eventRing.slots, eventRing.memory, eventRing.recordsAt);
  let listener: ShardListener | null = null;
  let isReady = false;
  let ending: { readonly reason: string; readonly clean: boolean } | null = null;
  let readyAfterDrain = false;
  /** Committed in this turn, and not yet seen by the shard: shown together, they cost it one look. */
  let unpublished = 0;
  /** Committed since the shard was last woken. */
  let isUnflushed = false;
  /** Commands there is certainly room for: only we take it away. */
  let roomLeft = 0;

  function tellRun(to: ShardListener, first: number, count: number): void {
    to.onRun?.(events, first, count);
    for (let slot = first; slot < first + count; slot++) to.onEvent(events, slot);
  }

  /** Tells up to `most` events that wait; how many. */
  function tellEvents(to: ShardListener, most: number): number {
    const count = Math.min(consumer.available(), most);
    if (count === 0) return 0;
    const first = consumer.slot(0);
    const run = Math.min(count, eventRing.slots - first);
    tellRun(to, first, run);
    if (run < count) tellRun(to, 0, count - run);
    consumer.advance(count);
    to.onBatchEnd();
    return count;
  }

  function drain(): void {
    if (listener === null || ending !== null) return;
    if (tellEvents(listener, EVENTS_PER_TURN) === EVENTS_PER_TURN || !consumer.fallAsleep()) {
      setImmediate(drain);
      return;
    }
    if (readyAfterDrain && !isReady) {
      isReady = true;
      listener.onReady();
    }
  }

  /** What was published before the end is still true, and its owners wait for it. */
  function tellEnd(to: ShardListener, reason: string, clean: boolean): void {
    while (tellEvents(to, EVENTS_PER_TURN) > 0);
    to.onStopped(reason, clean);
  }

  function refusal(): Refusal {
    if (!isReady || ending !== null || status.isStopAsked()) return Refusal.STOPPED;
    const state = status.state();
    if (state === ShardState.DISK_FULL) return Refusal.DISK_FULL;
    if (state === ShardState.STOPPED) return Refusal.STOPPED;
    if (roomLeft === 0) roomLeft = room();
    return roomLeft > 0 ? Refusal.NONE : Refusal.RING_FULL;
  }

  function room(): number {
    return producer.room() - unpublished;
  }

  function publish(): void {
    if (unpublished > 0) producer.publish(unpublished);
    unpublished = 0;
  }

  ends.attach({
    drain,
    becomeReady: () => {
      readyAfterDrain = true;
      drain();
    },
    stopped: (reason, clean) => {
      ending = { reason, clean };
      if (listener !== null) tellEnd(listener, reason, clean);
    },
  });

  return {
    shard,
    commands,
    listen: (next) => {
      listener = next;
      // Who listens late hears the end too.
      if (ending === null) drain();
      else tellEnd(next, ending.reason, ending.clean);
    },
    refusal,
    room: () => (refusal() === Refusal.NONE ? room() : 0),
    reserve: () => {
      // The shard is asked once a turn: what it says changes at any time, also after it was asked.
      const isAsked = isUnflushed && ending === null && roomLeft > 0;
      if (!isAsked && refusal() !== Refusal.NONE) return -1;
      const index = producer.slot(unpublished);
      const end = (index + 1) * COMMAND_F64;
      // A loop: of so few words `fill` costs more than writing the command.
      for (let at = index * COMMAND_F64; at < end; at++) commands.f64[at] = 0;
      return index;
    },
    commit: () => {
      roomLeft--;
      isUnflushed = true;
      if (++unpublished === PUBLISHED_AT_ONCE) publish();
    },
    flush: () => {
      publish();
      if (isUnflushed) producer.wake();
      isUnflushed = false;
    },
    stats: () => {
      const { tradesTotal, ordersTotal, ordersOpen, sequence } = status.read();
      return { shard, tradesTotal, ordersTotal, ordersOpen, sequence };
    },
    journalFigures: () => {
      const { journalBytes, journalBatches, journalMs } = status.read();
      const buckets = status
        .appends()
        .map((appends, i) => ({ upToMs: APPEND_BUCKETS_MS[i] ?? Infinity, appends }));
      return { bytes: journalBytes, appends: journalBatches, appendMs: journalMs, buckets };
    },
    queued: () => ({
      commands: commandRing.slots - room(),
      events: consumer.available(),
    }),
  };
}
