/** `solebook replay`: what comes of a journal's commands, by this build's core or by two of them. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { COMMAND_BYTES, EVENT_BYTES, type Events } from "../../engine/core/index.ts";
import { nodeFiles } from "../../engine/shell/journal/file-ops.ts";
import { openFileReader } from "../../engine/shell/journal/file-reader.ts";
import type { JournalReader } from "../../engine/shell/journal/journal.ts";
import {
  type InspectedCommand,
  inspectJournal,
  requireJournal,
} from "../../engine/shell/journal/tools.ts";
import { type DescribedEvent, makeDescriber } from "../../engine/shell/match-stream/describe.ts";
import { ShellError } from "../../engine/shell/errors.ts";
import {
  type Compared,
  compareCores,
  type Contender,
  type Core,
  type Difference,
  isCore,
  OUR_TWIN,
  OURS,
  type Range,
  replay,
  type Replayed,
} from "../../engine/shell/replay.ts";
import { readArguments } from "../arguments.ts";
import { Failure, UsageError, wordsOf } from "../errors.ts";
import { DATA_DEFAULT } from "../exchange.ts";
import {
  commandText,
  fieldsText,
  JOURNAL_OPTIONS,
  journalDirectory,
  sequenceOf,
  timeText,
} from "../journal.ts";
import { write } from "../output.ts";

export const usage = `solebook replay [--from N] [--to N] [--diff [--with FILE]] [--data D] [--shard N] [--json]

Applies a journal's commands from the first one to N and says what the state then hashes to, how many
events the commands from --from on made and what those add up to; every checkpoint that was journaled in
between is compared. Changes nothing, and may be used while the exchange runs.

--diff does it with two cores side by side and shows the first thing in which they differ: this build's
and its plain twin, or with --with another version's. Exit code 1 when something differs.

  --from N     the first sequence that counts (1); the state is built from the first command all the same
  --to N       the last one to apply (the newest)
  --diff       two cores, two hashes, first difference
  --with FILE  the other core: engine/core/index.ts of another checkout
  --data DIR   the exchange's data directory (${DATA_DEFAULT})
  --shard N    which shard's journal (0)
  --json       one line of JSON
`;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      ...JOURNAL_OPTIONS,
      from: { type: "string" },
      to: { type: "string" },
      diff: { type: "boolean", default: false },
      with: { type: "string" },
    },
  });
  if (values.with !== undefined && !values.diff) throw new UsageError("--with goes with --diff");
  const from = sequenceOf("from", values.from, 1);
  const range = { from, to: sequenceOf("to", values.to, Number.MAX_SAFE_INTEGER) };
  if (range.to < from) throw new UsageError("--to is before --from");
  const directory = journalDirectory(values);
  try {
    const journal = openWhole(directory);
    const said = values.diff
      ? await difference(journal, directory, values.with, range)
      : await alone(journal, range);
    await write(process.stdout, values.json ? `${JSON.stringify(said.result)}\n` : said.words);
    if (!said.isGood) process.exitCode = 1;
  } catch (error) {
    if (error instanceof ShellError) throw new Failure(error.message);
    throw error;
  }
}

/** All that is in the files now, as a start would find it. */
function openWhole(directory: string): JournalReader {
  requireJournal(nodeFiles, directory);
  const end = (): number => Infinity;
  const wait = (): Promise<void> => Promise.resolve();
  return openFileReader({ files: nodeFiles, directory, shard: null, durable: end, wait });
}

interface Said {
  readonly result: object;
  readonly words: string;
  readonly isGood: boolean;
}

async function alone(journal: JournalReader, range: Range): Promise<Said> {
  const result = await replay(journal, range);
  return { result, words: replayedWords(result, range), isGood: result.wrongAt.length === 0 };
}

function replayedWords(replayed: Replayed, { from }: Range): string {
  const { sequence, stampUs, hash, hashVersion, events, eventsCrc, checkpoints } = replayed;
  if (sequence === 0) return "no command to apply\n";
  const wrong = replayed.wrongAt.join(", ");
  return (
    `applied 1 to ${sequence}, the last stamped ${timeText(stampUs)}\n` +
    `state    ${hash} (what it covers: version ${hashVersion})\n` +
    `events   ${events} from ${from} on, checksum ${eventsCrc}\n` +
    `compared ${checkpoints} journaled checkpoints: ` +
    (wrong === "" ? "none is different\n" : `DIFFERENT at ${wrong}\n`)
  );
}

async function difference(
  journal: JournalReader,
  directory: string,
  file: string | undefined,
  range: Range,
): Promise<Said> {
  const other = file === undefined ? OUR_TWIN : await load(file);
  const names = ["this build", file ?? "its plain twin"] as const;
  const compared = await compareCores(journal, [OURS, other], range);
  const result = { ...compared, names, difference: describe(compared.difference, directory) };
  const isGood = compared.difference === null;
  return { result, words: comparedWords(compared, names, result.difference), isGood };
}

async function load(file: string): Promise<Contender> {
  const path = resolve(file);
  let core: unknown;
  try {
    core = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new Failure(`${path} cannot be loaded as a core: ${wordsOf(error)}`);
  }
  if (!isCore(core)) {
    throw new Failure(
      `${path} is no core that can be compared: name the engine/core/index.ts of a checkout whose ` +
        `records are as long as this build's (${COMMAND_BYTES} and ${EVENT_BYTES} bytes).`,
    );
  }
  return { core: core satisfies Core, book: "fast" };
}

interface Described {
  readonly sequence: number;
  readonly index: number | null;
  readonly byte: number | null;
  readonly command: InspectedCommand | null;
  readonly events: readonly [
    readonly DescribedEvent[] | string,
    readonly DescribedEvent[] | string,
  ];
}

function describe(difference: Difference | null, directory: string): Described | null {
  if (difference === null) return null;
  const { sequence, index, byte, events } = difference;
  const [command = null] = inspectJournal(directory, { from: sequence, to: sequence });
  const inWords = (of: Events | string): readonly DescribedEvent[] | string =>
    typeof of === "string" ? of : makeDescriber(sequence).describe(of);
  return { sequence, index, byte, command, events: [inWords(events[0]), inWords(events[1])] };
}

function comparedWords(
  { sequence, hashes, isComparable }: Compared,
  names: readonly [string, string],
  difference: Described | null,
): string {
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name, i) => `${name.padEnd(width)}  ${hashes[i] ?? "stopped"}\n`);
  const hint = isComparable ? "" : "these hashes cover different things and are not compared\n";
  const head = `state after ${sequence}\n${lines.join("")}${hint}`;
  if (difference === null) {
    return `${head}no difference in events${isComparable ? " or state" : ""}\n`;
  }
  const { index, byte, command, events } = difference;
  const from = byte === null ? "" : `, from byte ${byte} of its record on`;
  const where = index === null ? "the state after it, not its events" : `event ${index}${from}`;
  const told = names.map((name, i) => `${name}:\n${eventsText(events[i]!)}`).join("");
  return (
    `${head}first difference: sequence ${difference.sequence}, ${where}\n` +
    `${command === null ? "" : commandText(command)}${index === null ? "" : told}`
  );
}

function eventsText(events: readonly DescribedEvent[] | string): string {
  if (typeof events === "string") return `  stopped: ${events}\n`;
  if (events.length === 0) return "  no event\n";
  return events.map(eventText).join("");
}

function eventText({ sequence, index, type, ...fields }: DescribedEvent): string {
  return `  ${sequence}.${index}  ${type}  ${fieldsText(fields)}`.trimEnd() + "\n";
}
