/**
 * Reads the arguments of one verb, strictly: what is not known is refused, with a guess at what was
 * meant. Node's own `parseArgs` does the reading; this file gives it words.
 */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { codeOf, UsageError, wordsOf } from "./errors.ts";

export interface Shape<Options extends ParseArgsOptionsConfig> {
  readonly options: Options;
  /** Names of the words that stand without a flag, all of them needed. */
  readonly words?: readonly string[];
}

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true }>
>["values"];

export interface Arguments<Options extends ParseArgsOptionsConfig> {
  readonly values: Values<Options>;
  readonly words: readonly string[];
}

export function readArguments<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  shape: Shape<Options>,
): Arguments<Options> {
  const { options, words = [] } = shape;
  const parsed = parse(args, options);
  for (const [flag, value] of Object.entries(parsed.values)) {
    if (value === "") throw new UsageError(`--${flag} is empty`);
  }
  const missing = words[parsed.positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const extra = parsed.positionals[words.length];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many`);
  return { values: parsed.values, words: parsed.positionals };
}

function parse<Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    if (codeOf(error) === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      throw unknownFlag(wordsOf(error), Object.keys(options));
    }
    // Node's message goes on with advice about its own API; its first sentence is about the words.
    throw new UsageError(wordsOf(error).split(/[.\n] ?/)[0]);
  }
}

function unknownFlag(words: string, known: readonly string[]): UsageError {
  const flag = /'(-[^']*)'/.exec(words)?.[1] ?? "that";
  const near = nearest(flag.replace(/^-+/, ""), known);
  const hint =
    near === undefined
      ? known.length === 0
        ? "there are none here"
        : `there is ${known.map((name) => `--${name}`).join(", ")}`
      : `did you mean --${near}?`;
  return new UsageError(`no flag ${flag}; ${hint}`);
}

/** An integer argument within bounds, both included. */
export function readInteger(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < min || value > max) {
    throw new UsageError(`--${flag} is a whole number from ${min} to ${max}, not "${text}"`);
  }
  return value;
}

/** The one of `known` that `text` most likely meant, if one is near enough. */
export function nearest(text: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 3; // two slips of the finger at most
  for (const candidate of known) {
    const steps = candidate.startsWith(text) && text.length > 1 ? 1 : distance(text, candidate);
    if (steps >= least || steps >= candidate.length) continue;
    least = steps;
    best = candidate;
  }
  return best;
}

/** Levenshtein's distance: letters to add, drop or change. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** HOST:PORT, a port of `portMin` at least. */
export function readAddress(flag: string, text: string, portMin: 0 | 1): Address {
  const [, host = "", port = ""] = /^([^\s:/]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(text) ?? [];
  if (host === "" || Number(port) > 65_535 || Number(port) < portMin) {
    throw new UsageError(`--${flag} is HOST:PORT, like 127.0.0.1:9100, not "${text}"`);
  }
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}
