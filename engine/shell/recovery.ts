/**
 * Recovery: replay from the first command through the same `apply` as live, telling readers what
 * happened as it is found. Each CHECKPOINT on the way carries the hash of the state before it; the
 * core compares, and a difference refuses the start.
 */
import { COMMAND_F64, CommandF64, type Commands, makeCommands } from "../core/command.ts";
import { BATCH_COMMANDS_MAX, EVENTS_PER_COMMAND_MAX } from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import { ShellError, ShellErrorCode } from "./errors.ts";
import type { FileOps } from "./journal/file-ops.ts";
import { HEADER_BYTES } from "./journal/frame.ts";
import { type JournalEnd, readJournal } from "./journal/read.ts";
import type { Publisher } from "./primary.ts";

export interface Recovered {
  readonly end: JournalEnd;
  readonly commands: number;
  readonly lastStampUs: number;
}

/** Commands between two publications: enough to be worth a wake-up, few enough for the ring. */
const PUBLISH_EVERY = BATCH_COMMANDS_MAX;
const READER_WAIT_MS = 1_000;

/** Throws ShellError: the journal's own, or HASH_MISMATCH. */
export function recover(
  files: FileOps,
  directory: string,
  shardNumber: number,
  shard: Shard,
  publisher: Publisher,
): Recovered {
  let commands = 0;
  let view: Commands | null = null;
  const end = readJournal(files, directory, shardNumber, (header, frame) => {
    view ??= makeCommands(BATCH_COMMANDS_MAX, frame.buffer, frame.byteOffset + HEADER_BYTES);
    for (let i = 0; i < header.count; i++) {
      while (!publisher.waitForRoom(EVENTS_PER_COMMAND_MAX, READER_WAIT_MS)) publisher.publish();
      applyOne(shard, publisher, view, i);
      if (++commands % PUBLISH_EVERY === 0) publisher.publish();
    }
  });
  publisher.publish();
  return { end, commands, lastStampUs: shard.lastStampUs() };
}

function applyOne(shard: Shard, publisher: Publisher, commands: Commands, index: number): void {
  try {
    publisher.apply(shard, commands, index);
  } catch (error) {
    const sequence = commands.f64[index * COMMAND_F64 + CommandF64.sequence];
    const reason = error instanceof Error ? error.message : String(error);
    throw new ShellError(
      ShellErrorCode.HASH_MISMATCH,
      `replaying command ${sequence} did not give the state it gave when it was live: ${reason}. ` +
        "Start with the build that wrote this journal, and report this.",
    );
  }
}
