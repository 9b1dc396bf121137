/**
 * The `solebook` command: finds the verb, hands its arguments over, and turns what went wrong into
 * one sentence and an exit code: 0 done, 1 failed, 2 asked wrongly.
 */
import { nearest } from "./arguments.ts";
import { config } from "./config.ts";
import { Failure, UsageError, wordsOf } from "./errors.ts";
import { VERBS, type Verb } from "./verbs.ts";
import { version } from "./version.ts";

export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on("error", stopWhenNobodyReads);
  const [name = "help", ...args] = argv;
  try {
    await dispatch(name, args);
  } catch (error) {
    process.exitCode = error instanceof UsageError ? 2 : 1;
    const command = VERBS[name] === undefined ? "solebook" : `solebook ${name}`;
    process.stderr.write(`${command}: ${wordsOf(error)}\n`);
    if (error instanceof UsageError) {
      const page = VERBS[name] === undefined ? "" : ` ${name}`;
      process.stderr.write(`See \`solebook help${page}\`.\n`);
    } else if (config.debug || !(error instanceof Failure)) {
      // A failure nobody foresaw is our bug: where it came from is part of the report.
      if (config.debug) process.stderr.write(`${stackOf(error)}\n`);
      else process.stderr.write("SOLEBOOK_DEBUG=1 shows where this came from.\n");
    }
  }
}

async function dispatch(name: string, args: readonly string[]): Promise<void> {
  if (name === "--version" || name === "version") return print(`solebook ${version()}\n`);
  if (name === "help" || name === "--help" || name === "-h") return help(args);
  const verb = await load(name);
  if (args.includes("--help") || args.includes("-h")) return print(verb.usage);
  return verb.run(args);
}

async function help(args: readonly string[]): Promise<void> {
  const [name, extra] = args;
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many`);
  if (name === undefined) return print(overview());
  return print((await load(name)).usage);
}

async function load(name: string): Promise<Verb> {
  if (Object.hasOwn(VERBS, name)) return VERBS[name]!.load();
  const known = [...Object.keys(VERBS), "help"];
  const near = nearest(name, known);
  const hint = near === undefined ? `there is ${known.join(", ")}` : `did you mean "${near}"?`;
  throw new UsageError(`no ${name.startsWith("-") ? "flag" : "verb"} "${name}"; ${hint}`);
}

function overview(): string {
  const width = Math.max(...Object.keys(VERBS).map((name) => name.length));
  const line = (name: string, summary: string): string => `  ${name.padEnd(width)}  ${summary}\n`;
  const lines = Object.entries(VERBS).map(([name, { summary }]) => line(name, summary));
  return (
    "solebook VERB [ARGUMENTS]\n\n" +
    `${lines.join("")}${line("help", "this page, or the page of a VERB")}\n` +
    "solebook help VERB says what a verb takes; solebook --version says which build this is.\n" +
    "Exit codes: 0 done, 1 failed, 2 asked wrongly.\n"
  );
}

function print(text: string): void {
  process.stdout.write(text);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** `solebook … | head` closes our output early; that is no error of anybody's. */
function stopWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
}
