/**
 * The records of a compound that is not complete yet, as they came. State: the next command may
 * complete it. The record behind the last place is scratch.
 */
import { COMMAND_F64, COMMAND_I32, CommandF64, type Commands, makeCommands } from "./command.ts";
import { COMPOUND_RECORDS_MAX } from "./limits.ts";
import { makeWords } from "./words.ts";

const WORDS = COMMAND_I32;
const CORRELATION = CommandF64.correlation * 2;

export interface Staged {
  readonly records: Commands;
  /** `count[0]`: how many wait. */
  readonly count: Int32Array;
  /** Copies a record of `from` to `index`. */
  put(index: number, from: Pick<Commands, "i32">, at: number): void;
  /** Visits what is state of the records that wait: each word, but no correlation. */
  walk(visit: (word: number) => void): void;
}

/** Index of the record a caller may keep aside. */
export const ASIDE = COMPOUND_RECORDS_MAX;

export function makeStaged(): Staged {
  const records = makeCommands(COMPOUND_RECORDS_MAX + 1);
  const count = makeWords(1);

  /** Doubles by words, for an id's bytes may be a NaN. */
  function put(index: number, from: Pick<Commands, "i32">, at: number): void {
    for (let word = 0; word < WORDS; word++) {
      records.i32[index * WORDS + word] = from.i32[at * WORDS + word]!;
    }
  }

  function walk(visit: (word: number) => void): void {
    for (let n = 0; n < count[0]!; n++) {
      for (let word = 0; word < CORRELATION; word++)
        visit(records.i32[n * COMMAND_F64 * 2 + word]!);
    }
  }

  return { records, count, put, walk };
}
