/**
 * Cuts a CSV file into records, each with the number of its first line.
 *
 * A plain line is cut at its commas; one with quotes is csv-parse's. A quote that is never closed
 * costs its own line only: a record may go on for a few lines, and if nothing comes of that, the
 * lines after the first are records again. (csv-parse by itself passes over all that follows.)
 */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse/sync";
import { codeOf, Failure, wordsOf } from "../errors.ts";
import { readLines } from "../lines.ts";

const RECORD_LINES_MAX = 16;
const CHUNK_BYTES = 262_144;

export interface CsvRecord {
  readonly line: number;
  /** Without the blanks around them; null when the line is no CSV. */
  readonly cells: readonly string[] | null;
}

/** The records of a file, empty lines left out; `.gz` is unpacked on the way. */
export async function* readRecords(file: string): AsyncGenerator<CsvRecord[]> {
  try {
    yield* cutRecords(readLines(open(file)));
  } catch (error) {
    throw inWords(file, error);
  }
}

function open(file: string): AsyncIterable<Buffer> {
  const bytes = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  if (!file.endsWith(".gz")) return bytes;
  return pipeline(bytes, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}); // readers hear of errors
}

/** The records of batches of lines; a line that is null was too long to hold. */
export async function* cutRecords(
  batches: AsyncIterable<readonly (string | null)[]>,
): AsyncGenerator<CsvRecord[]> {
  let lineNumber = 1;
  let waiting: (string | null)[] = [];
  for await (const batch of batches) {
    waiting = waiting.length === 0 ? [...batch] : [...waiting, ...batch];
    // Enough is kept back for a record that goes on.
    const { records, taken } = cut(waiting, lineNumber, waiting.length - RECORD_LINES_MAX);
    lineNumber += taken;
    waiting = waiting.slice(taken);
    if (records.length > 0) yield records;
  }
  const { records } = cut(waiting, lineNumber, waiting.length);
  if (records.length > 0) yield records;
}

/** Cuts the records that begin before `end`. */
function cut(
  lines: readonly (string | null)[],
  firstNumber: number,
  end: number,
): { records: CsvRecord[]; taken: number } {
  const records: CsvRecord[] = [];
  let at = 0;
  while (at < end) {
    const text = lines[at]!;
    const line = firstNumber + at;
    if (text === null) {
      records.push({ line, cells: null });
      at++;
    } else if (!text.includes('"')) {
      const cells = text.split(",").map((cell) => cell.trim());
      if (cells.length > 1 || cells[0] !== "") records.push({ line, cells });
      at++;
    } else {
      const { cells, count } = parseQuoted(lines, at);
      records.push({ line, cells });
      at += count;
    }
  }
  return { records, taken: at };
}

function parseQuoted(
  lines: readonly (string | null)[],
  at: number,
): { cells: readonly string[] | null; count: number } {
  let text = lines[at]!;
  for (let count = 1; count <= RECORD_LINES_MAX; count++) {
    try {
      const [cells] = parse(text, { trim: true, relax_quotes: true });
      return { cells: cells ?? null, count };
    } catch (error) {
      const next = lines[at + count];
      if (codeOf(error) !== "CSV_QUOTE_NOT_CLOSED" || typeof next !== "string") break;
      text += `\n${next}`;
    }
  }
  return { cells: null, count: 1 };
}

function inWords(file: string, error: unknown): unknown {
  const code = codeOf(error) ?? "";
  if (code === "ENOENT") return new Failure(`there is no file ${file}`);
  if (code === "EISDIR") return new Failure(`${file} is a folder`);
  if (code.startsWith("Z_"))
    return new Failure(`${file} is no whole gzip file (${wordsOf(error)})`);
  return error;
}
