/**
 * A checkpoint: what a state at one sequence hashes to, journaled as a command, so that whoever
 * replays the journal later can tell that it came to the same.
 */
import { CommandType } from "../core/codes.ts";
import {
  clearCommand,
  COMMAND_BYTES,
  COMMAND_F64,
  COMMAND_I32,
  CommandF64,
  CommandI32,
  type Commands,
  CommandU8,
} from "../core/command.ts";
import { HASH_VERSION } from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";

export interface Checkpoint {
  readonly sequence: number;
  /** What the hash covers; one of another version is not compared. */
  readonly hashVersion: number;
  readonly high: number;
  readonly low: number;
}

/** Walks the whole state. */
export function checkpointOf(shard: Shard): Checkpoint {
  const { high, low } = shard.hash();
  return { sequence: shard.sequence(), hashVersion: HASH_VERSION, high, low };
}

/** Makes the record at `index` the command that journals it. */
export function fillCheckpoint(commands: Commands, index: number, checkpoint: Checkpoint): void {
  clearCommand(commands, index);
  const words = index * COMMAND_I32;
  commands.u8[index * COMMAND_BYTES + CommandU8.type] = CommandType.CHECKPOINT;
  commands.f64[index * COMMAND_F64 + CommandF64.orderId] = checkpoint.sequence;
  commands.i32[words + CommandI32.hashVersion] = checkpoint.hashVersion;
  commands.i32[words + CommandI32.hashHigh] = checkpoint.high | 0;
  commands.i32[words + CommandI32.hashLow] = checkpoint.low | 0;
}

/** Where commands are submitted, as a shard's client offers it. */
export interface CommandSink {
  readonly commands: Commands;
  /** -1: not now. */
  reserve(): number;
  commit(): void;
  flush(): void;
}

/** What `submitCheckpoint` adds to a journal. */
export const CHECKPOINT_COMMANDS = 2;

/**
 * Has a follower's checkpoint journaled, if the shard takes commands now. It goes behind a clock
 * command: were it the state's newest sequence, the primary would stop to compare, which takes a third
 * of a second for a million orders. Who replays can look ahead, and compare in its own time.
 */
export function submitCheckpoint(to: CommandSink, checkpoint: Checkpoint): void {
  const clock = to.reserve();
  if (clock < 0) return;
  to.commands.u8[clock * COMMAND_BYTES + CommandU8.type] = CommandType.CLOCK;
  to.commit();
  const index = to.reserve();
  if (index >= 0) {
    fillCheckpoint(to.commands, index, checkpoint);
    to.commit();
  }
  to.flush();
}

/** The checkpoint that the record at `index` journals; null when it is another command. */
export function readCheckpoint(commands: Commands, index: number): Checkpoint | null {
  const type = commands.u8[index * COMMAND_BYTES + CommandU8.type];
  if (type !== CommandType.CHECKPOINT) return null;
  const words = index * COMMAND_I32;
  return {
    sequence: commands.f64[index * COMMAND_F64 + CommandF64.orderId]!,
    hashVersion: commands.i32[words + CommandI32.hashVersion]!,
    high: commands.i32[words + CommandI32.hashHigh]! >>> 0,
    low: commands.i32[words + CommandI32.hashLow]! >>> 0,
  };
}
