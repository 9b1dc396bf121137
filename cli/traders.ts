/**
 * The simulated traders beside an exchange: a process of their own, of lower priority, that trades
 * through the public socket like anybody. It ends with its standard input, so also when we are killed.
 * When it fails it is started again, after a pause that grows as long as it keeps failing.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";

const MAIN = fileURLToPath(new URL("../loadtest/traders/main.ts", import.meta.url));
const STOP_MAX_MS = 2_000;
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAX_MS = 60_000;
/** Who lived as long as this had come to life: what ended it is a new trouble. */
const ALIVE_MS = 60_000;
/** Of what a failing one wrote, its last words. */
const WORDS_MAX = 2_000;

export interface Traders {
  /** Resolves when they are gone. Their orders stay, until they come back or the orders expire. */
  stop(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, null, Readable>;

/** How traders ended; `why` is for the log. */
interface End {
  readonly failed: boolean;
  readonly why: object;
}

/** `rate` is in trades a second. */
export function startTraders(directory: string, rate: number, logger: Logger): Traders {
  const flags = ["--data", directory, "--rate", String(rate)];
  let child: Child;
  let ended: Promise<End>;
  let pauseMs = 0;
  let again: NodeJS.Timeout | undefined;
  let isStopping = false;
  const start = (): void => {
    const startedMs = performance.now();
    child = spawnTraders(flags);
    ended = endOf(child);
    void ended.then(({ failed, why }) => {
      if (isStopping || !failed) return; // asked to, by us or by whoever sent them a signal
      pauseMs = pauseAfter(pauseMs, performance.now() - startedMs);
      logger.error(
        { ...why, againInMs: pauseMs },
        "the simulated traders ended; the exchange goes on, and they are started again",
      );
      again = setTimeout(start, pauseMs);
    });
  };
  start();
  return {
    stop: async () => {
      isStopping = true;
      clearTimeout(again);
      child.stdin.end();
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MAX_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** The pause before the next try, by the one before and how long they lived since. */
export function pauseAfter(beforeMs: number, livedMs: number): number {
  if (beforeMs === 0 || livedMs >= ALIVE_MS) return PAUSE_FIRST_MS;
  return Math.min(beforeMs * 2, PAUSE_MAX_MS);
}

function spawnTraders(flags: readonly string[]): Child {
  const args = ["--disable-warning=ExperimentalWarning", MAIN, ...flags];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "pipe"] });
  child.stdin.on("error", () => {}); // it has ended, and 'close' says how
  yieldToOthers(child.pid);
  return child;
}

function endOf(child: Child): Promise<End> {
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`.slice(-WORDS_MAX);
  });
  return new Promise((resolve) => {
    child.once("error", ({ message }) => resolve({ failed: true, why: { error: message } }));
    child.once("close", (code, signal) => {
      resolve({ failed: code !== 0, why: { code, signal, words } });
    });
  });
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
