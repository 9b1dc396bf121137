/**
 * Golden command logs: days of random commands as they were journaled, and what became of them. A file
 * of records and one of hashes beside it are written once and kept: every later version must make the
 * same events and the same states of them (`golden.test.ts`).
 */
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { COMMAND_BYTES, type Commands, makeCommands } from "../command.ts";
import { EVENT_BYTES, makeEvents } from "../event.ts";
import { makeShard } from "../index.ts";
import { EVENTS_PER_COMMAND_MAX } from "../limits.ts";
import { type BookKind, SMALL } from "./driver.ts";

export interface Golden {
  /** What is in it, for people. */
  readonly day: string;
  readonly commands: number;
  readonly trades: number;
  /** State hashes after so many commands. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Of the bytes of all events, one after the other. */
  readonly eventsCrc32: number;
}

const HASH_EVERY = 100;
export const GOLDEN_FOLDER = new URL("../golden/", import.meta.url);

export function readLog(name: string): Commands {
  const bytes = readFileSync(new URL(`${name}.bin`, GOLDEN_FOLDER));
  const commands = makeCommands(bytes.length / COMMAND_BYTES);
  commands.u8.set(bytes);
  return commands;
}

/** What a shard makes of a log. */
export function replay(day: string, commands: Commands, book: BookKind): Golden {
  const shard = makeShard({ ...SMALL, book });
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  const hashes: Record<string, string> = {};
  let eventsCrc32 = 0;
  for (let n = 0; n < commands.capacity; n++) {
    events.count = 0;
    shard.apply(commands, n, events);
    eventsCrc32 = crc32(events.u8.subarray(0, events.count * EVENT_BYTES), eventsCrc32);
    const applied = n + 1;
    if (applied % HASH_EVERY === 0 || applied === commands.capacity) {
      hashes[applied] = shard.hash().text;
    }
  }
  return { day, commands: commands.capacity, trades: shard.tradesTotal(), hashes, eventsCrc32 };
}
