/**
 * A follower: reads a journal and applies it with the same core as the primary. Standby, match
 * stream, snapshots, replay and audit are followers; none of them touches the primary's thread.
 *
 * It applies what its journal's reader gives it, and that is durable: on files nothing beyond the
 * position the primary has published, at a broker nothing that does not count.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Commands } from "../core/command.ts";
import { type Events, makeEvents } from "../core/event.ts";
import { makeShard } from "../core/index.ts";
import { EVENTS_PER_COMMAND_MAX, READ_AHEAD_COMMANDS, type ShardOptions } from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import { commandsIn } from "./journal/frame.ts";
import {
  JOURNAL_START,
  type JournalFrame,
  type JournalPlace,
  type JournalReader,
} from "./journal/journal.ts";
import { refuseUnknownBehaviour, replayedOtherwise } from "./recovery.ts";

/**
 * Where states to begin with come from: snapshots, and the empty one while the journal is whole.
 */
export interface States {
  /** The sequence of the oldest one. */
  oldest(): number;
  /** The newest one of a sequence below `sequence`, which is above `oldest()`. */
  before(sequence: number): Promise<FollowedState>;
}

/** A state and the place in the journal that it is of. */
export interface FollowedState {
  readonly shard: Shard;
  /** Where the shard writes what it decides. */
  readonly events: Events;
  readonly place: JournalPlace;
}

/** What whole commands decided; the records are overwritten when the listener is done with them. */
export interface Decided {
  readonly journalId: Buffer;
  readonly events: Events;
  /** The first command not among them. */
  readonly nextSequence: number;
}

export interface FollowerOptions {
  readonly journal: JournalReader;
  /** What it begins with, and goes on with: nobody else applies to it. */
  readonly state: FollowedState;
  /** The last command to apply; everything when not said. */
  readonly to?: number;
  /** Each command just before it is applied. */
  onCommand?(commands: Commands, index: number): void;
  /** Soon after they are applied, a frame at most at a time. */
  onDecided?(decided: Decided): void;
  /** Asked between frames: what must be waited for before more is read. */
  whenReady?(): Promise<void> | null;
}

/** The frame that holds the last command that was applied, or a later one that holds none. */
export interface LastFrame {
  readonly from: JournalPlace;
  readonly journalId: Buffer;
  readonly endPosition: number;
}

export interface Follower {
  readonly shard: Shard;
  /** Behind the last frame that was applied. */
  place(): JournalPlace;
  /** In front of that frame, and behind it; null while nothing was applied. */
  lastFrame(): LastFrame | null;
  /** Applies one frame, which is durable and the next; commands that it has already are passed over. */
  apply(frame: JournalFrame): void;
  /** Applies what is durable now. */
  catchUp(signal?: AbortSignal): Promise<void>;
  /** The same, and then what becomes durable, until told to stop. */
  follow(signal: AbortSignal): Promise<void>;
}

/** Events between two deliveries: few enough to stay near the processor. */
export const EVENTS_AT_ONCE = 4 * EVENTS_PER_COMMAND_MAX;
/** How long it goes on without giving others of its thread their turn. */
const TURN_MS = 4;

/** The state before the first command. */
export function emptyState(options: Partial<ShardOptions> = {}): FollowedState {
  const events = makeEvents(EVENTS_AT_ONCE);
  return { shard: makeShard({ ...options, events }), events, place: JOURNAL_START };
}

/** The empty one alone. */
export function journalStates(options: Partial<ShardOptions> = {}): States {
  return { oldest: () => 0, before: async () => emptyState(options) };
}

/**
 * `catchUp` and `follow` throw ShellError: the journal's own, HASH_MISMATCH or BEHAVIOUR_UNKNOWN; the
 * state is then good for nothing.
 */
export function makeFollower(options: FollowerOptions): Follower {
  const { journal, state, to = Infinity, onCommand, onDecided, whenReady } = options;
  const { shard, events } = state;
  let { place } = state;
  let last: LastFrame | null = null;
  let turnedMs = performance.now();
  let view: Commands | null = null;
  let seen: Buffer | null = null;

  /** The same memory again and again, as a rule: a view costs more than a small frame. */
  function viewOf(bytes: Buffer): Commands {
    if (view === null || bytes !== seen) view = commandsIn(bytes);
    seen = bytes;
    return view;
  }

  function tell(journalId: Buffer): void {
    onDecided?.({ journalId, events, nextSequence: shard.sequence() + 1 });
    events.count = 0;
  }

  function apply({ header, bytes, place: behind }: JournalFrame): void {
    const { count, firstSequence, journalId } = header;
    const known = Math.max(shard.sequence() + 1 - firstSequence, 0);
    const end = Math.min(count, to + 1 - firstSequence);
    if (known < end) {
      const commands = viewOf(bytes);
      for (let i = known; i < end; i++) {
        if (events.capacity - events.count < EVENTS_PER_COMMAND_MAX) tell(journalId);
        if (i % READ_AHEAD_COMMANDS === 0) {
          shard.readAhead(commands, i, Math.min(READ_AHEAD_COMMANDS, end - i));
        }
        onCommand?.(commands, i);
        applyOne(shard, commands, i, events);
      }
      tell(journalId);
    }
    last = { from: place, journalId, endPosition: behind.position };
    if (end === count) place = behind;
  }

  async function run(frames: AsyncIterable<JournalFrame>, signal?: AbortSignal): Promise<void> {
    if (shard.sequence() >= to) return;
    for await (const frame of frames) {
      apply(frame);
      const ready = whenReady?.() ?? null;
      if (ready !== null) await ready;
      if (signal?.aborted === true || shard.sequence() >= to) return;
      if (performance.now() - turnedMs < TURN_MS) continue;
      await turn();
      turnedMs = performance.now();
    }
  }

  return {
    shard,
    place: () => place,
    lastFrame: () => last,
    apply,
    catchUp: (signal) => run(journal.read(place), signal),
    follow: (signal) => run(journal.tail(place, signal), signal),
  };
}

function applyOne(shard: Shard, commands: Commands, index: number, events: Events): void {
  refuseUnknownBehaviour(commands, index, "the journal");
  try {
    shard.apply(commands, index, events);
  } catch (error) {
    throw replayedOtherwise(error, commands, index);
  }
}
