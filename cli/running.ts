/** What verbs have in common that run until they are stopped: Ctrl-C, and the log. */
import pino, { type Logger } from "pino";
import { config, type LogLevel } from "./config.ts";

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

/** `atTerminal`: how much somebody at a terminal wants to see; a collector wants all of it. */
export function makeLogger(atTerminal: LogLevel): Logger {
  const level = config.logLevel ?? (process.stderr.isTTY ? atTerminal : "info");
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}
