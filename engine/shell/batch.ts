/**
 * A batch being filled: commands as they come out of their ring, and what the shard writes into each.
 * Called by the primary, and by the thread that writes behind it for what that has begun.
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
import { BEHAVIOUR_NEWEST } from "../core/limits.ts";

const { sequence: SEQUENCE, stampUs: STAMP } = CommandF64;
const { type: TYPE } = CommandU8;
const SET_BEHAVIOUR = CommandType.SET_BEHAVIOUR;

/** Where the commands of a batch lie that are still to be copied, and when they were taken. */
export interface Unfilled {
  readonly ring: Commands;
  readonly slot: number;
  readonly count: number;
  readonly stampUs: number;
}

/** Puts them into the batch, the first of sequence `first`. */
export function fillBatch(batch: Commands, first: number, unfilled: Unfilled): void {
  const { ring, slot, count, stampUs } = unfilled;
  copyFromRing(ring, slot, batch, count);
  stampCommands(batch, count, first, stampUs);
}

/** Copies `count` commands of the ring's, from slot `first` on: in two pieces at most, for it goes round. */
function copyFromRing(ring: Commands, first: number, batch: Commands, count: number): void {
  const untilEnd = Math.min(count, ring.u8.length / COMMAND_BYTES - first);
  copyCommands(ring, first, batch, 0, untilEnd);
  if (untilEnd < count) copyCommands(ring, 0, batch, untilEnd, count - untilEnd);
}

/** As bytes, never as doubles: an id's may read as a NaN, and a copied NaN may change its bits. */
function copyCommands(
  from: Commands,
  fromIndex: number,
  to: Commands,
  toIndex: number,
  count: number,
): void {
  const source = fromIndex * COMMAND_BYTES;
  const bytes = from.u8.subarray(source, source + count * COMMAND_BYTES);
  to.u8.set(bytes, toIndex * COMMAND_BYTES);
}

/**
 * Gives the batch its sequences and its stamp.
 *
 * A switch to rules this build lacks becomes no command at all, which the core refuses: were it
 * journaled as it is, this build could not tell later whether a newer one had obeyed it.
 */
export function stampCommands(
  { u8, i32, f64 }: Commands,
  count: number,
  first: number,
  stampUs: number,
): void {
  for (let i = 0; i < count; i++) {
    f64[i * COMMAND_F64 + SEQUENCE] = first + i;
    f64[i * COMMAND_F64 + STAMP] = stampUs;
    if (u8[i * COMMAND_BYTES + TYPE] !== SET_BEHAVIOUR) continue;
    const behaviour = i32[i * COMMAND_I32 + CommandI32.behaviour]!;
    if (behaviour > BEHAVIOUR_NEWEST) u8[i * COMMAND_BYTES + TYPE] = CommandType.NONE;
  }
}
