/** What somebody asked of a program that tries things: never nothing, for then "none failed" would be true. */
import { parseArgs, type ParseArgsConfig } from "node:util";

/** As `parseArgs` reads them; ends the process with words, and what there is, when it cannot. */
export function readAsked<Config extends ParseArgsConfig>(
  usage: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const [words] = (error as Error).message.split(". ");
    return refuse(`${words}\n${usage}`);
  }
}

/** A whole number from 1 on, as an argument says it. */
export function readCount(name: string, text: string): number {
  const count = Number(text);
  if (/^\d{1,15}$/.test(text) && count > 0) return count;
  return refuse(`${name} is a whole number from 1 on, not "${text}"\n`);
}

/** Ends the process, as asked wrongly. */
export function refuse(words: string): never {
  process.stderr.write(words);
  return process.exit(2);
}
