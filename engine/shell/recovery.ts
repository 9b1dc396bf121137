/**
 * Recovery: replay from the first command through the same `apply` as live, telling readers what
 * happened as it is found. Each CHECKPOINT on the way carries the hash of the state before it; the
 * core compares, and a difference refuses the start.
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
import { BATCH_COMMANDS_MAX, BEHAVIOUR_NEWEST, EVENTS_PER_COMMAND_MAX } from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import { ShellError, ShellErrorCode } from "./errors.ts";
import type { FileOps } from "./journal/file-ops.ts";
import { commandsIn } from "./journal/frame.ts";
import { type JournalEnd, readJournal } from "./journal/read.ts";
import { settleSegments } from "./journal/segments.ts";
import type { Publisher } from "./publisher.ts";

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
  readonly shard: Shard;
  readonly publisher: Publisher;
  isStopAsked(): boolean;
}

/**
 * null when it was asked to stop before it was done. Throws ShellError: the journal's own,
 * HASH_MISMATCH or BEHAVIOUR_UNKNOWN.
 */
export function recover(parts: RecoveryParts): Recovered | null {
  const { files, directory, number, shard, publisher } = parts;
  settleSegments(files, directory);
  const frames = readJournal(files, directory, number);
  let commands = 0;
  let view: Commands | null = null;
  let seen: Buffer | null = null;
  for (;;) {
    const next = frames.next();
    if (next.done === true) {
      publisher.publish();
      return { end: next.value, commands, lastStampUs: shard.lastStampUs() };
    }
    const { header, bytes } = next.value;
    if (view === null || seen !== bytes) view = commandsIn(bytes);
    seen = bytes;
    for (let i = 0; i < header.count; i++) {
      while (!publisher.waitForRoom(EVENTS_PER_COMMAND_MAX, READER_WAIT_MS)) {
        publisher.publish();
        if (parts.isStopAsked()) return null;
      }
      refuseUnknownBehaviour(view, i, `the journal in ${directory}`);
      applyOne(shard, publisher, view, i);
      if (++commands % PUBLISH_EVERY === 0) publisher.publish();
    }
    if (parts.isStopAsked()) return null;
  }
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
