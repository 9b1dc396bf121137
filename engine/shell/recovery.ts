/**
 * Recovery: from the first command, or from a snapshot, through the same `apply` as live. Each
 * CHECKPOINT on the way carries the hash of the state before it; the core compares, and a difference
 * refuses the start.
 *
 * From the first command, readers are told what happened as it is found. From a snapshot nobody is
 * told anything before the shard is live: what came before is not in a snapshot.
 */
import { CommandType } from "../core/codes.ts";
import {
  COMMAND_BYTES,
  COMMAND_F64,
  COMMAND_I32,
  CommandF64,
  CommandI32,
  type Commands,
  CommandU8,
} from "../core/command.ts";
import { makeEvents } from "../core/event.ts";
import {
  BATCH_COMMANDS_MAX,
  BEHAVIOUR_NEWEST,
  EVENTS_PER_COMMAND_MAX,
  READ_AHEAD_COMMANDS,
} from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import { ShellError, ShellErrorCode } from "./errors.ts";
import type { FileOps } from "./journal/file-ops.ts";
import { commandsIn } from "./journal/frame.ts";
import { JOURNAL_START } from "./journal/journal.ts";
import { type JournalEnd, readJournal } from "./journal/read.ts";
import type { Frames } from "./journal/read-beside.ts";
import { damaged, settleSegments } from "./journal/segments.ts";
import type { Publisher } from "./publisher.ts";
import type { SnapshotHead } from "./snapshot/format.ts";

export interface Recovered {
  readonly end: JournalEnd;
  readonly commands: number;
  readonly lastStampUs: number;
}

/** Commands between two publications: enough to be worth a wake-up, few enough for the ring. */
const PUBLISH_EVERY = BATCH_COMMANDS_MAX;
const READER_WAIT_MS = 1_000;

export interface RecoveryParts {
  readonly files: FileOps;
  readonly directory: string;
  /** The shard's number, which every frame carries. */
  readonly number: number;
  /** Empty, or as the snapshot has it. */
  readonly shard: Shard;
  /** Where the events go; none are told from a snapshot on. */
  readonly publisher: Publisher;
  /** The snapshot that `shard` is as of; from the first command, when there is none. */
  readonly from?: SnapshotHead | null;
  /** The newest one there is, which the journal must reach. */
  readonly snapshot?: SnapshotHead | null;
  /** The journal behind `from`, settled before; read here when not said. */
  readonly frames?: Frames;
  isStopAsked(): boolean;
}

/**
 * null when it was asked to stop before it was done. Throws ShellError: the journal's own,
 * HASH_MISMATCH or BEHAVIOUR_UNKNOWN.
 */
export function recover(parts: RecoveryParts): Recovered | null {
  const { directory, shard, from = null, snapshot = from, frames = readHere(parts) } = parts;
  const publisher = from === null ? parts.publisher : silentPublisher();
  const journal = `the journal in ${directory}`;
  let surely = 0; // room in the ring that nobody can take away
  let commands = 0;
  let view: Commands | null = null;
  let seen: Buffer | null = null;
  for (;;) {
    const next = frames.next();
    if (next.done === true) {
      publisher.publish();
      if (snapshot !== null) refuseShorter(next.value, snapshot, directory);
      return { end: next.value, commands, lastStampUs: shard.lastStampUs() };
    }
    const { header, bytes } = next.value;
    if (view === null || seen !== bytes) view = commandsIn(bytes);
    seen = bytes;
    // The frame in front of which a snapshot's place is holds commands that its state has already.
    const first = Math.max(shard.sequence() + 1 - header.firstSequence, 0);
    for (let i = first; i < header.count; i++) {
      if (surely < EVENTS_PER_COMMAND_MAX) {
        while (!publisher.waitForRoom(EVENTS_PER_COMMAND_MAX, READER_WAIT_MS)) {
          publisher.publish();
          if (parts.isStopAsked()) return null;
        }
        surely = publisher.room();
      }
      surely -= EVENTS_PER_COMMAND_MAX;
      if (i % READ_AHEAD_COMMANDS === 0) {
        shard.readAhead(view, i, Math.min(READ_AHEAD_COMMANDS, header.count - i));
      }
      refuseUnknownBehaviour(view, i, journal);
      applyOne(shard, publisher, view, i);
      if (++commands % PUBLISH_EVERY === 0) publisher.publish();
    }
    if (parts.isStopAsked()) return null;
  }
}

function readHere({ files, directory, number, from }: RecoveryParts): Frames {
  settleSegments(files, directory);
  return readJournal(files, directory, number, from?.place ?? JOURNAL_START);
}

/** A snapshot is of what was durable: a journal that ends before it has lost something. */
function refuseShorter(
  end: JournalEnd,
  { sequence, endPosition }: SnapshotHead,
  directory: string,
): void {
  if (end.position >= endPosition && end.nextSequence > sequence) return;
  throw damaged(
    `it ends before sequence ${end.nextSequence}, but a snapshot was taken of sequence ${sequence}, ` +
      "which had been durable",
    directory,
  );
}

function silentPublisher(): Publisher {
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  return {
    room: () => Infinity,
    waitForRoom: () => true,
    apply: (shard, commands, index) => {
      events.count = 0;
      shard.apply(commands, index, events);
    },
    publish: () => {},
  };
}

/** The core of an older build would refuse what a newer one did, and go on from another state. */
export function refuseUnknownBehaviour(commands: Commands, index: number, journal: string): void {
  const type = commands.u8[index * COMMAND_BYTES + CommandU8.type];
  const behaviour = commands.i32[index * COMMAND_I32 + CommandI32.behaviour]!;
  if (type !== CommandType.SET_BEHAVIOUR || behaviour <= BEHAVIOUR_NEWEST) return;
  const sequence = commands.f64[index * COMMAND_F64 + CommandF64.sequence];
  throw new ShellError(
    ShellErrorCode.BEHAVIOUR_UNKNOWN,
    `${journal} switches to the rules of behaviour ${behaviour} at sequence ` +
      `${sequence}; this build knows them up to ${BEHAVIOUR_NEWEST}. Start with a newer build.`,
  );
}

function applyOne(shard: Shard, publisher: Publisher, commands: Commands, index: number): void {
  try {
    publisher.apply(shard, commands, index);
  } catch (error) {
    throw replayedOtherwise(error, commands, index);
  }
}

/** What it means that the core threw in a replay. */
export function replayedOtherwise(error: unknown, commands: Commands, index: number): ShellError {
  const sequence = commands.f64[index * COMMAND_F64 + CommandF64.sequence];
  const reason = error instanceof Error ? error.message : String(error);
  return new ShellError(
    ShellErrorCode.HASH_MISMATCH,
    `replaying command ${sequence} did not give the state it gave when it was live: ${reason}. ` +
      "Start with the build that wrote this journal, and report this.",
  );
}
