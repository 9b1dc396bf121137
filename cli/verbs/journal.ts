/** `solebook journal`: reads a journal without starting it, and changes nothing. */
import { join } from "node:path";
import {
  type InspectedCommand,
  inspectJournal,
  type JournalReport,
  verifyJournal,
} from "../../engine/shell/journal/tools.ts";
import { ShellError } from "../../engine/shell/errors.ts";
import { readArguments, readInteger } from "../arguments.ts";
import { Failure, UsageError } from "../errors.ts";
import { DATA_DEFAULT } from "../exchange.ts";
import { write } from "../output.ts";

const SHARD_MAX = 63;
const LINES_CHARS = 65_536;

export const usage = `solebook journal verify [--data DIR] [--shard N] [--json]
solebook journal inspect [--from N] [--to N] [--data DIR] [--shard N] [--json]

verify reads the whole journal and checks every frame, checksum and link of its chain; exit code 1 when
something is damaged, with the place. inspect shows the commands of some sequences, both ends included.
Both only read, and may be used while the exchange runs.

  --data DIR   the exchange's data directory (${DATA_DEFAULT})
  --shard N    which shard's journal (0)
  --from, --to the first and the last sequence (all)
  --json       JSON: one line for verify, one line a command for inspect
`;

const OPTIONS = {
  data: { type: "string", default: DATA_DEFAULT },
  shard: { type: "string", default: "0" },
  json: { type: "boolean", default: false },
} as const;

export async function run(args: readonly string[]): Promise<void> {
  const [action, ...rest] = args;
  try {
    if (action === "verify") await verify(rest);
    else if (action === "inspect") await inspect(rest);
    else
      throw new UsageError(`journal takes verify or inspect${action ? `, not "${action}"` : ""}`);
  } catch (error) {
    if (error instanceof ShellError) throw new Failure(error.message);
    throw error;
  }
}

async function verify(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, { options: OPTIONS });
  const report = verifyJournal(directoryOf(values));
  await write(process.stdout, values.json ? `${JSON.stringify(report)}\n` : words(report));
}

function words(report: JournalReport): string {
  const { directory, journalId, segments, frames, commands, lastSequence, lastStampUs } = report;
  const last = commands === 0 ? "" : `, the last ${lastSequence} of ${timeText(lastStampUs)}`;
  const end = report.unfinished === null ? "" : `unfinished: ${report.unfinished}\n`;
  return (
    `${directory} is whole\n` +
    `${commands} commands in ${frames} frames and ${segments} segments${last}\n` +
    `journal ${journalId ?? "without a frame yet"}\n${end}`
  );
}

async function inspect(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: { ...OPTIONS, from: { type: "string" }, to: { type: "string" } },
  });
  const from = sequenceOf("from", values.from, 1);
  const to = sequenceOf("to", values.to, Number.MAX_SAFE_INTEGER);
  let lines = "";
  for (const command of inspectJournal(directoryOf(values), { from, to })) {
    lines += values.json ? `${JSON.stringify(command)}\n` : line(command);
    if (lines.length < LINES_CHARS) continue;
    await write(process.stdout, lines);
    lines = "";
  }
  await write(process.stdout, lines);
}

/** What is zero or not said is left out, and so is the place in the file: a person looks for orders. */
function line({ sequence, stampUs, type, ...fields }: InspectedCommand): string {
  const said = Object.entries(fields).filter(
    ([name, value]) => name !== "place" && value !== 0 && value !== "" && value !== "NONE",
  );
  const text = said.map(([name, value]) => `${name} ${value}`).join(", ");
  return `${sequence}  ${timeText(stampUs)}  ${type.padEnd(15)}  ${text}`.trimEnd() + "\n";
}

function timeText(stampUs: number): string {
  const micros = String(stampUs % 1_000_000).padStart(6, "0");
  return `${new Date(Math.floor(stampUs / 1_000)).toISOString().slice(0, 19)}.${micros}Z`;
}

function directoryOf({ data, shard }: { data: string; shard: string }): string {
  return join(data, "journal", `shard-${readInteger("shard", shard, 0, SHARD_MAX)}`);
}

function sequenceOf(flag: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  return readInteger(flag, text, 1, 999_999_999_999_999);
}
