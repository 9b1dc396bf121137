/**
 * The reference: the plain book, fed the journal's commands from the first one on, says what the
 * state hashes to wherever somebody else has said so.
 */
import { COMMAND_BYTES, makeCommands } from "../core/command.ts";
import { makeEvents } from "../core/event.ts";
import { makeShard } from "../core/index.ts";
import { EVENTS_PER_COMMAND_MAX } from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import type { Auditor } from "./auditor.ts";
import type { JournaledCommand } from "./journal-audit.ts";

export const SIZES = {
  accountsMax: 16,
  instrumentsMax: 8,
  ordersMax: 512,
  idsMax: 2_048,
  timersMax: 64,
};

export function makeSimShard(book: "fast" | "plain", idSeed = 0): Shard {
  return makeShard({ ...SIZES, book, idSeed });
}

/** Tells the auditor each hash it asks for, and the last. */
export function replay(journal: readonly JournaledCommand[], auditor: Auditor): void {
  const shard = makeSimShard("plain");
  const commands = makeCommands(1);
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  const asked = auditor.hashes();
  for (const { bytes, sequence } of journal) {
    commands.u8.set(bytes.subarray(0, COMMAND_BYTES));
    events.count = 0;
    shard.apply(commands, 0, events);
    if (asked.has(sequence)) auditor.hash("the reference", sequence, shard.hash().text);
  }
}
