/** `solebook match`: the matching core alone, as a stream of JSON lines. */
import { createReadStream } from "node:fs";
import { readArguments } from "../arguments.ts";
import { codeOf, Failure } from "../errors.ts";
import { LINE_BYTES_MAX, readLines } from "../lines.ts";
import { makeSession } from "../match/session.ts";
import { write } from "../output.ts";

const CHUNK_BYTES = 262_144;
const ANSWERS_CHARS = 131_072;

export const usage = `solebook match FILE|- [--quiet]

Asks the matching core what would happen: one JSON object a line in, one a line out, in order.
No exchange is needed and nothing is kept. "-" reads the standard input.

  {"op":"limit","id":"a","side":"buy","px":90,"qty":10}     px in ticks, qty in units, at most 2^31-1
        "tif":"IOC"|"FOK"   "postOnly":true   "account":"7"   "book":"name"
        "stp":"expire-maker"|"expire-taker"|"expire-both"   own account met: who is cancelled
  {"op":"market","id":"m","side":"sell","qty":5}            at any price; the rest is cancelled
  {"op":"cancel","id":"a"}
  {"op":"reduce","id":"a","by":4}
  {"op":"replace","id":"a","px":91,"qty":5}                 either or both; qty is what shall be open
    -> {"ok":true,"trades":[["maker",90,5]],"rests":0,"canceled":0,"stpCanceled":[]}
    -> {"ok":false,"code":"UNKNOWN_ORDER","trades":[],"rests":0,"canceled":0,"stpCanceled":[]}

  {"op":"book","depth":10}   -> {"bids":[[px,qty,orders]],"asks":[]}, best first
  {"op":"order","id":"a"}    -> {"open":10,"px":90,"side":"buy"} or {"open":null}
  {"op":"reset"}             -> {"ok":true}, an empty core

An id belongs to an order as long as it rests, in whatever book, and is free afterwards. An order that
is post-only stays so: a replace that would cross is refused. A line that is none of these, or whose
words do not go together (postOnly with market, IOC or FOK), is answered
{"ok":false,"code":"MALFORMED","line":17,"message":"..."} and the stream goes on.

  --quiet   no answers, only a last line: {"commands","malformed","trades","qty","qty_px","state_hash"}
`;

export async function run(args: readonly string[]): Promise<void> {
  const { values, words } = readArguments(args, {
    options: { quiet: { type: "boolean" } },
    words: ["FILE (or -)"],
  });
  const file = words[0]!;
  const source =
    file === "-" ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  try {
    await answerAll(source, values.quiet ?? false);
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new Failure(`there is no file ${file}`);
    if (codeOf(error) === "EISDIR") throw new Failure(`${file} is a folder`);
    throw error;
  }
}

async function answerAll(source: AsyncIterable<Buffer>, isQuiet: boolean): Promise<void> {
  const session = makeSession();
  let lineNumber = 0;
  for await (const lines of readLines(source)) {
    let answers = "";
    for (const line of lines) {
      lineNumber++;
      const answer =
        line === null
          ? session.malformed(`longer than ${LINE_BYTES_MAX} bytes`, lineNumber)
          : session.answer(line, lineNumber);
      if (isQuiet) continue;
      answers += answer;
      if (answers.length < ANSWERS_CHARS) continue;
      await write(process.stdout, answers);
      answers = "";
    }
    await write(process.stdout, answers);
  }
  if (isQuiet) await write(process.stdout, session.summary());
}
