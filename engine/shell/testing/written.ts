/**
 * A journal full of seeded traffic, written as a primary would write it, and read as its followers
 * read it. In memory or in a folder; for tests of what follows a journal.
 */
import { join, relative } from "node:path";
import { CommandType } from "../../core/codes.ts";
import { COMMAND_F64, CommandF64 } from "../../core/command.ts";
import { BATCH_COMMANDS_MAX } from "../../core/limits.ts";
import { SMALL, writeCommand } from "../../core/testing/driver.ts";
import { makeRandom, makeTraffic } from "../../core/testing/random.ts";
import { type FileOps, nodeFiles } from "../journal/file-ops.ts";
import { openFileReader } from "../journal/file-reader.ts";
import type { Journal, JournalReader } from "../journal/journal.ts";
import { DIRECTORY, openTestJournal } from "./journal.ts";

/** Sizes of a shard for this traffic. */
export const SIZES = { ...SMALL, idsMax: 65_536 };

export interface WrittenJournal extends JournalReader {
  readonly journal: Journal;
  /** Appends so many commands in batches of up to `batchMax`, each of them durable at once. */
  write(commands: number, batchMax?: number): void;
  /** The next of the traffic's commands, as the one at `index` of the batch. */
  fill(index: number): void;
  /** Appends what was filled. */
  append(count: number): void;
  durable(): number;
}

export function openWritten(files: FileOps, seed = 1): WrittenJournal {
  const { journal } = openTestJournal(files, 4 * 1024 * 1024);
  const traffic = makeTraffic(seed);
  const random = makeRandom(seed);

  function fill(index: number): void {
    const { batch } = journal;
    const { type, words, stampUs } = traffic.next();
    const sequence = journal.nextSequence() + index;
    // A primary journals no switch of rules that its build lacks.
    const journaled = type === CommandType.SET_BEHAVIOUR ? CommandType.NONE : type;
    writeCommand(batch, index, journaled, { ...words, correlation: sequence });
    batch.f64[index * COMMAND_F64 + CommandF64.sequence] = sequence;
    batch.f64[index * COMMAND_F64 + CommandF64.stampUs] = stampUs;
  }

  function write(commands: number, batchMax = BATCH_COMMANDS_MAX): void {
    for (let left = commands; left > 0; ) {
      const count = Math.min(left, 1 + random.below(batchMax));
      for (let index = 0; index < count; index++) fill(index);
      journal.append(count);
      left -= count;
    }
  }

  const durable = (): number => journal.position();
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
  const reader = openFileReader({ files, directory: DIRECTORY, shard: 0, durable, wait });
  return { ...reader, journal, write, fill, append: (count) => journal.append(count), durable };
}

/** A folder of the machine in the place of the directory that tests name. */
export function filesIn(folder: string): FileOps {
  const at = (path: string): string => join(folder, relative(DIRECTORY, path));
  return {
    ...nodeFiles,
    openRead: (path) => nodeFiles.openRead(at(path)),
    openReadWrite: (path) => nodeFiles.openReadWrite(at(path)),
    openSectors: (path) => nodeFiles.openSectors(at(path)),
    openNew: (path) => nodeFiles.openNew(at(path)),
    size: (path) => nodeFiles.size(at(path)),
    list: (path) => nodeFiles.list(at(path)),
    rename: (from, to) => nodeFiles.rename(at(from), at(to)),
    remove: (path) => nodeFiles.remove(at(path)),
    makeDirectory: (path) => nodeFiles.makeDirectory(at(path)),
    syncDirectory: (path) => nodeFiles.syncDirectory(at(path)),
  };
}
