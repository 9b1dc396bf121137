/**
 * What verbs have in common that run until they are stopped: Ctrl-C, the log, a directory of their own
 * and the operator's token in it.
 */
import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import pino, { type Logger } from "pino";
import { ShellError } from "../engine/shell/errors.ts";
import { type Owner, ownDirectory } from "../engine/shell/journal/lock.ts";
import { Sealer } from "../gateway/registry/sealer.ts";
import { config, type LogLevel } from "./config.ts";
import { codeOf, Failure, wordsOf } from "./errors.ts";

/** Resolves at the first Ctrl-C or SIGTERM; the second one does not wait: a crash loses nothing either. */
export function stopAsked(): Promise<void> {
  return new Promise((asked) => {
    let firstMs = 0;
    const stop = (): void => {
      // One Ctrl-C may arrive twice: from the terminal and from whoever started us.
      if (firstMs !== 0 && performance.now() - firstMs > 500) process.exit(130);
      if (firstMs === 0) firstMs = performance.now();
      asked();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}

/** No line should hold these; if one does, it says that there was something, not what. */
const SECRETS = ["secret", "token", "signature", "authorization", "cookie", "password"] as const;
export const LOG_HIDES: readonly string[] = SECRETS.flatMap((name) => [name, `*.${name}`]);

/** `atTerminal`: how much somebody at a terminal wants to see; a collector wants all of it. */
export function makeLogger(atTerminal: LogLevel): Logger {
  const level = config.logLevel ?? (process.stderr.isTTY ? atTerminal : "info");
  const options = { level, base: null, redact: { paths: [...LOG_HIDES], censor: "(hidden)" } };
  return pino(options, pino.destination({ dest: 2, sync: true }));
}

/** Makes a role's directory where it is missing, and owns it until the process ends. */
export function ownData(directory: string): Owner {
  try {
    makeDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error("it is a file");
    accessSync(directory, constants.W_OK); // SQLite locks a file it cannot write, too, and all else fails later
    return ownDirectory(directory);
  } catch (error) {
    throw new Failure(
      error instanceof ShellError
        ? wordsOf(error)
        : `${directory} cannot be used: ${wordsOf(error)}. Name another directory with --data.`,
    );
  }
}

/** Step by step: where a system refuses with ENOENT (/proc does), Node's recursive way never ends. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

/** The token of this directory, made once; readable by its owner alone. */
export function adminToken(directory: string): string {
  return secretFile(join(directory, "admin.token"));
}

/** What seals secrets: the setting, or a key of this directory, made once. */
export function ownSealer(directory: string): Sealer {
  if (config.secretsKeys.length > 0) return new Sealer(config.secretsKeys);
  return new Sealer([Buffer.from(secretFile(join(directory, "secrets.key")), "base64url")]);
}

function secretFile(file: string): string {
  try {
    const text = readFileSync(file, "utf8").trim();
    chmodSync(file, 0o600);
    if (text.length >= 32) return text;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  const text = randomBytes(32).toString("base64url");
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return text;
}
