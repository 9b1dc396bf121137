/**
 * A journal's commands as they become durable, read from its files by another process than the one
 * that writes them.
 */
import { openCoveredReader } from "../engine/shell/journal/covered.ts";
import { nodeFiles } from "../engine/shell/journal/file-ops.ts";
import { commandsIn } from "../engine/shell/journal/frame.ts";
import {
  JOURNAL_START,
  type JournalFrame,
  type JournalPlace,
  type JournalReader,
} from "../engine/shell/journal/journal.ts";
import {
  inspectCommand,
  type InspectedCommand,
  requireJournal,
} from "../engine/shell/journal/tools.ts";

export interface Tailed {
  readonly directory: string;
  /** The first sequence; null: the `last` ones that are there now. */
  readonly from: number | null;
  readonly last: number;
  readonly signal: AbortSignal;
}

/** A frame's commands at a time, until told to stop. Throws ShellError as a start would. */
export async function* tailJournal(asked: Tailed): AsyncGenerator<readonly InspectedCommand[]> {
  const { directory, last, signal } = asked;
  requireJournal(nodeFiles, directory);
  const journal = openCoveredReader(nodeFiles, directory);
  const start =
    asked.from === null
      ? await placeOfLast(journal, last)
      : { place: JOURNAL_START, from: asked.from };
  for await (const frame of journal.tail(start.place, signal)) {
    const commands = commandsOf(frame, start.from);
    if (commands.length > 0) yield commands;
  }
}

interface Start {
  readonly place: JournalPlace;
  /** The first sequence to show. */
  readonly from: number;
}

/** From where on the last `count` commands are read, as they are now. */
async function placeOfLast(journal: JournalReader, count: number): Promise<Start> {
  // Where the newest frames begin, as many of them as hold that many commands.
  const places: JournalPlace[] = [JOURNAL_START];
  for await (const { place } of journal.read(JOURNAL_START)) {
    places.push(place);
    const isEnough = (at: number): boolean =>
      places[at]!.nextSequence <= place.nextSequence - count;
    while (places.length > 1 && isEnough(1)) places.shift();
  }
  const from = Math.max(places.at(-1)!.nextSequence - count, 1);
  return { place: places[0]!, from };
}

function commandsOf({ header, bytes }: JournalFrame, from: number): InspectedCommand[] {
  const { count, firstSequence } = header;
  const commands = commandsIn(bytes);
  const shown: InspectedCommand[] = [];
  for (let i = Math.max(from - firstSequence, 0); i < count; i++) {
    shown.push(inspectCommand(commands, i));
  }
  return shown;
}
