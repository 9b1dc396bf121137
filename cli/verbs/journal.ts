/** `solebook journal`: reads a journal without starting it, and changes nothing. */
import {
  inspectJournal,
  type JournalReport,
  verifyJournal,
} from "../../engine/shell/journal/tools.ts";
import { ShellError } from "../../engine/shell/errors.ts";
import { readArguments, readInteger } from "../arguments.ts";
import { Failure, UsageError } from "../errors.ts";
import { DATA_DEFAULT } from "../exchange.ts";
import {
  commandText,
  JOURNAL_OPTIONS,
  journalDirectory,
  sequenceOf,
  timeText,
} from "../journal.ts";
import { tailJournal } from "../journal-tail.ts";
import { write } from "../output.ts";

const LINES_CHARS = 65_536;
const LINES_DEFAULT = "10";
const LINES_MAX = 100_000;

export const usage = `solebook journal verify [--data DIR] [--shard N] [--json]
solebook journal inspect [--from N] [--to N] [--data DIR] [--shard N] [--json]
solebook journal tail [--lines N] [--from N] [--data DIR] [--shard N] [--json]

verify reads the whole journal and checks every frame, checksum and link of its chain; exit code 1 when
something is damaged, with the place. What is in the archive counts as well.
inspect shows the commands of some sequences, both ends included.
tail shows the last ones and then each as it becomes durable, until Ctrl-C; while nothing else comes, the
newest follow within a tenth of a second. All only read, and may be used while the exchange runs.

  --data DIR   the exchange's data directory (${DATA_DEFAULT})
  --shard N    which shard's journal (0)
  --from, --to the first and the last sequence (all)
  --lines N    how many commands tail begins with, unless --from says where (${LINES_DEFAULT})
  --json       JSON: one line for verify, one line a command for inspect and tail
`;

export async function run(args: readonly string[]): Promise<void> {
  const [action, ...rest] = args;
  try {
    if (action === "verify") await verify(rest);
    else if (action === "inspect") await inspect(rest);
    else if (action === "tail") await tail(rest);
    else {
      const not = action ? `, not "${action}"` : "";
      throw new UsageError(`journal takes verify, inspect or tail${not}`);
    }
  } catch (error) {
    if (error instanceof ShellError) throw new Failure(error.message);
    throw error;
  }
}

async function verify(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, { options: JOURNAL_OPTIONS });
  const report = verifyJournal(journalDirectory(values));
  await write(process.stdout, values.json ? `${JSON.stringify(report)}\n` : words(report));
}

function words(report: JournalReport): string {
  const { directory, journalId, segments, archived, frames, commands } = report;
  const { firstSequence, lastSequence, lastStampUs } = report;
  const last = commands === 0 ? "" : `, the last ${lastSequence} of ${timeText(lastStampUs)}`;
  const end = report.unfinished === null ? "" : `unfinished: ${report.unfinished}\n`;
  const where = archived === 0 ? "" : ` (${archived} of them in its archive)`;
  const beginning =
    firstSequence === 1 ? "" : `from sequence ${firstSequence} on: what came before is not here\n`;
  return (
    `${directory} is whole\n${beginning}` +
    `${commands} commands in ${frames} frames and ${segments} segments${where}${last}\n` +
    `journal ${journalId ?? "without a frame yet"}\n${end}`
  );
}

async function inspect(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: { ...JOURNAL_OPTIONS, from: { type: "string" }, to: { type: "string" } },
  });
  const from = sequenceOf("from", values.from, 1);
  const to = sequenceOf("to", values.to, Number.MAX_SAFE_INTEGER);
  if (to < from) throw new UsageError("--to is before --from");
  let lines = "";
  for (const command of inspectJournal(journalDirectory(values), { from, to })) {
    lines += values.json ? `${JSON.stringify(command)}\n` : commandText(command);
    if (lines.length < LINES_CHARS) continue;
    await write(process.stdout, lines);
    lines = "";
  }
  await write(process.stdout, lines);
}

async function tail(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      ...JOURNAL_OPTIONS,
      from: { type: "string" },
      lines: { type: "string", default: LINES_DEFAULT },
    },
  });
  const last = readInteger("lines", values.lines, 0, LINES_MAX);
  const from = values.from === undefined ? null : sequenceOf("from", values.from, 1);
  const asked = new AbortController();
  const stop = (): void => asked.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const directory = journalDirectory(values);
  for await (const commands of tailJournal({ directory, from, last, signal: asked.signal })) {
    const lines = commands.map((it) => (values.json ? `${JSON.stringify(it)}\n` : commandText(it)));
    await write(process.stdout, lines.join(""));
  }
}
