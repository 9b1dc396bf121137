/**
 * The simulated traders beside an exchange: a process of their own, of lower priority, that trades
 * through the public socket like anybody. It ends with its standard input, so also when we are killed.
 */
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";

const MAIN = fileURLToPath(new URL("../loadtest/traders/main.ts", import.meta.url));
const STOP_MAX_MS = 2_000;

export interface Traders {
  /** Resolves when they are gone. Their orders stay, until they come back or the orders expire. */
  stop(): Promise<void>;
}

/** `rate` is in trades a second. */
export function startTraders(directory: string, rate: number, logger: Logger): Traders {
  const args = ["--disable-warning=ExperimentalWarning", MAIN];
  const flags = ["--data", directory, "--rate", String(rate)];
  const child = spawn(process.execPath, [...args, ...flags], { stdio: ["pipe", "ignore", "pipe"] });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-2_000)));
  child.stdin.on("error", () => {}); // it has ended, and 'close' says how
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      logger.error({ error: error.message }, "the simulated traders did not start");
      resolve();
    });
    child.once("close", (code, signal) => {
      if (code !== 0) {
        logger.error({ code, signal, words }, "the simulated traders ended; the exchange goes on");
      }
      resolve();
    });
  });
  yieldToOthers(child.pid);
  return {
    stop: async () => {
      child.stdin.end();
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MAX_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Whoever trades in earnest goes first. */
function yieldToOthers(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system does not allow it: then it is one among equals.
  }
}
