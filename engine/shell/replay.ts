/**
 * Replays a journal to look at what comes of it: by this build's core, compared with every checkpoint
 * that was journaled; or by two cores side by side, up to the first thing in which they differ. Only
 * reads, and works while an owner runs.
 */
import { crc32 } from "node:zlib";
import * as ourCore from "../core/index.ts";
import type { Commands, Events, Shard } from "../core/index.ts";
import { type Checkpoint, checkpointOf, readCheckpoint } from "./checkpoint.ts";
import { ShellError, ShellErrorCode } from "./errors.ts";
import { emptyState, makeFollower } from "./follower.ts";
import { commandsIn } from "./journal/frame.ts";
import { JOURNAL_START, type JournalReader } from "./journal/journal.ts";

/** Sequences, both ends included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Replayed {
  /** The last command applied; 0 when there was none. */
  readonly sequence: number;
  readonly stampUs: number;
  /** What the state after it hashes to. */
  readonly hash: string;
  readonly hashVersion: number;
  /** Of the commands in the range, and a checksum over their bytes. */
  readonly events: number;
  readonly eventsCrc: string;
  /** Journaled checkpoints of states in the range that this build can compare, and which were wrong. */
  readonly checkpoints: number;
  readonly wrongAt: readonly number[];
}

/** Throws ShellError as a start would. */
export async function replay(journal: JournalReader, { from, to }: Range): Promise<Replayed> {
  const journaled = await checkpointsOf(journal, { from, to });
  const state = emptyState();
  const { shard } = state;
  const wrongAt: number[] = [];
  let checkpoints = 0;
  let events = 0;
  let crc = 0;

  function compare(): void {
    const expected = journaled.get(shard.sequence());
    if (expected === undefined) return;
    journaled.delete(shard.sequence());
    checkpoints++;
    const { high, low } = checkpointOf(shard);
    if (high !== expected.high || low !== expected.low) wrongAt.push(shard.sequence());
  }

  const follower = makeFollower({
    journal,
    state,
    to,
    onCommand: compare,
    onDecided: ({ events: decided }) => {
      for (let i = 0; i < decided.count; i++) {
        if (sequenceAt(decided, i) < from) continue;
        events += decided.count - i;
        crc = crc32(bytesOf(decided, i, decided.count), crc);
        break;
      }
    },
  });
  await follower.catchUp();
  compare();
  return {
    sequence: shard.sequence(),
    stampUs: shard.lastStampUs(),
    hash: shard.hash().text,
    hashVersion: ourCore.HASH_VERSION,
    events,
    eventsCrc: crc.toString(16).padStart(8, "0"),
    checkpoints,
    wrongAt,
  };
}

/** By the sequence that they are of; those of a version that this build does not hash are left out. */
async function checkpointsOf(
  journal: JournalReader,
  { from, to }: Range,
): Promise<Map<number, Checkpoint>> {
  const found = new Map<number, Checkpoint>();
  await eachCommand(journal, Infinity, (commands, index) => {
    const checkpoint = readCheckpoint(commands, index);
    if (checkpoint === null || checkpoint.hashVersion !== ourCore.HASH_VERSION) return;
    const { sequence } = checkpoint;
    if (sequence >= from && sequence <= to) found.set(sequence, checkpoint);
  });
  return found;
}

/** Until `visit` answers false. */
async function eachCommand(
  journal: JournalReader,
  to: number,
  visit: (commands: Commands, index: number) => boolean | void,
): Promise<void> {
  for await (const { header, bytes } of journal.read(JOURNAL_START)) {
    if (header.firstSequence > to) return;
    const { count } = header;
    const commands = commandsIn(bytes);
    for (let i = 0; i < count; i++) {
      if (header.firstSequence + i > to || visit(commands, i) === false) return;
    }
  }
}

/** A core: this build's, or that of another checkout with the same records. */
export type Core = Pick<
  typeof ourCore,
  "makeShard" | "makeEvents" | "COMMAND_BYTES" | "EVENT_BYTES" | "EVENTS_PER_COMMAND_MAX"
> & { readonly HASH_VERSION: number; readonly BEHAVIOUR_NEWEST: number };

/** Whether a module that was loaded is one whose records this build can read. */
export function isCore(module: unknown): module is Core {
  const { makeShard, makeEvents, COMMAND_BYTES, EVENT_BYTES } = module as Partial<Core>;
  return (
    typeof makeShard === "function" &&
    typeof makeEvents === "function" &&
    COMMAND_BYTES === ourCore.COMMAND_BYTES &&
    EVENT_BYTES === ourCore.EVENT_BYTES
  );
}

export interface Contender {
  readonly core: Core;
  readonly book: "fast" | "plain";
}

export const OURS: Contender = { core: ourCore, book: "fast" };
export const OUR_TWIN: Contender = { core: ourCore, book: "plain" };

export interface Difference {
  readonly sequence: number;
  /** The first event that differs; null when the events are the same and the states are not. */
  readonly index: number | null;
  /** The first byte of its record that differs; null when one of the two has no such event. */
  readonly byte: number | null;
  /** The events of that command by either, copied; what a core threw, in words. */
  readonly events: readonly [Events | string, Events | string];
}

export interface Compared {
  readonly sequence: number;
  /** null of a core that threw. */
  readonly hashes: readonly [string | null, string | null];
  /** Whether their hashes cover the same, so that they may be compared. */
  readonly isComparable: boolean;
  readonly difference: Difference | null;
}

/** Events are compared in the range, states at its end. Throws ShellError. */
export async function compareCores(
  journal: JournalReader,
  contenders: readonly [Contender, Contender],
  range: Range,
): Promise<Compared> {
  const run = await runBoth(journal, contenders, range);
  const [a, b] = run.hashes;
  const isComparable = contenders[0].core.HASH_VERSION === contenders[1].core.HASH_VERSION;
  if (run.difference !== null || !isComparable || a === b) return { ...run, isComparable };
  const sequence = await firstOtherState(journal, contenders, run.sequence);
  return {
    ...run,
    isComparable,
    difference: { sequence, index: null, byte: null, events: ["", ""] },
  };
}

/** The same events, other states: found by halves, as a hash walks everything. */
async function firstOtherState(
  journal: JournalReader,
  contenders: readonly [Contender, Contender],
  last: number,
): Promise<number> {
  let equal = 0;
  let other = last;
  while (other - equal > 1) {
    const middle = Math.floor((equal + other) / 2);
    const run = await runBoth(journal, contenders, { from: last + 1, to: middle });
    if (run.hashes[0] === run.hashes[1]) equal = middle;
    else other = middle;
  }
  return other;
}

interface Side {
  readonly core: Core;
  readonly shard: Shard;
  readonly events: Events;
  threw: string | null;
}

function sideOf({ core, book }: Contender): Side {
  const events = core.makeEvents(core.EVENTS_PER_COMMAND_MAX);
  return { core, shard: core.makeShard({ book, events }), events, threw: null };
}

async function runBoth(
  journal: JournalReader,
  contenders: readonly [Contender, Contender],
  { from, to }: Range,
): Promise<Omit<Compared, "isComparable">> {
  const a = sideOf(contenders[0]);
  const b = sideOf(contenders[1]);
  let sequence = 0;
  let difference: Difference | null = null;
  await eachCommand(journal, to, (commands, index) => {
    sequence++;
    apply(a, commands, index);
    apply(b, commands, index);
    const isOver = a.threw !== null || b.threw !== null;
    if (difference === null && (isOver || sequence >= from)) difference = differ(a, b, sequence);
    return !isOver;
  });
  const hashOf = ({ threw, shard }: Side): string | null =>
    threw === null ? shard.hash().text : null;
  return { sequence, hashes: [hashOf(a), hashOf(b)], difference };
}

function apply(side: Side, commands: Commands, index: number): void {
  const { core, shard, events } = side;
  events.count = 0;
  refuseUnknownBehaviour(core, commands, index);
  try {
    shard.apply(commands, index, events);
  } catch (error) {
    side.threw = error instanceof Error ? error.message : String(error);
  }
}

/** A core that lacks rules would go on from another state, and all that follows would differ. */
function refuseUnknownBehaviour(core: Core, { u8, i32 }: Commands, index: number): void {
  const type = u8[index * ourCore.COMMAND_BYTES + ourCore.CommandU8.type];
  const behaviour = i32[index * ourCore.COMMAND_I32 + ourCore.CommandI32.behaviour]!;
  if (type !== ourCore.CommandType.SET_BEHAVIOUR || behaviour <= core.BEHAVIOUR_NEWEST) return;
  throw new ShellError(
    ShellErrorCode.BEHAVIOUR_UNKNOWN,
    `the journal switches to the rules of behaviour ${behaviour}; one of the two cores knows them ` +
      `up to ${core.BEHAVIOUR_NEWEST}. Replay up to there only (--to), or take a newer core.`,
  );
}

function differ(a: Side, b: Side, sequence: number): Difference | null {
  if (a.threw !== null || b.threw !== null) {
    const index = 0;
    return {
      sequence,
      index,
      byte: null,
      events: [a.threw ?? copy(a.events), b.threw ?? copy(b.events)],
    };
  }
  const count = Math.max(a.events.count, b.events.count);
  for (let index = 0; index < count; index++) {
    const isIn = index < a.events.count && index < b.events.count;
    const [left, right] = [bytesOf(a.events, index), bytesOf(b.events, index)];
    if (isIn && left.equals(right)) continue;
    const byte = isIn ? left.findIndex((value, at) => value !== right[at]) : null;
    return { sequence, index, byte, events: [copy(a.events), copy(b.events)] };
  }
  return null;
}

function copy(events: Events): Events {
  const copied = ourCore.makeEvents(events.count);
  ourCore.copyEvents(events, copied);
  return copied;
}

function bytesOf({ u8 }: Events, from: number, to = from + 1): Buffer {
  const bytes = ourCore.EVENT_BYTES;
  return Buffer.from(u8.buffer, u8.byteOffset + from * bytes, (to - from) * bytes);
}

function sequenceAt({ f64 }: Events, index: number): number {
  return f64[index * ourCore.EVENT_F64 + ourCore.EventF64.sequence]!;
}
