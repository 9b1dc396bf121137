/**
 * Starts the process that takes a snapshot, so that the shard beside it always goes first: its threads
 * run when a processor has nothing else to do, all of them and from its first instruction on.
 *
 * Where processes are scheduled by sessions (Linux: autogroups), a priority counts within a session and
 * not between two: the process stays in its parent's.
 */
import { type ChildProcess, fork, type ForkOptions } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";

export const Haste = {
  /** Only what is left over: on a machine that is busy all of the time it may never end. */
  LEFT_OVER: 0,
  /** About a tenth of a processor where all want one. */
  LOWER: 1,
  /** As anybody's: no shard runs, and somebody waits. */
  FULL: 2,
} as const;
export type Haste = (typeof Haste)[keyof typeof Haste];

const PROGRAM = new URL("./taker-process.mjs", import.meta.url);
const LOWER = 10;
const SHELL = "/bin/sh";
/** Where the system has no such program, or does not let it: the lower priority. */
const IDLE = "chrt -i -p 0 $$ >/dev/null 2>&1 || renice -n 10 -p $$ >/dev/null 2>&1";
/** Threads that compile and collect garbage would else run beside it, and take a second processor. */
export const EXEC_ARGV = ["--disable-warning=ExperimentalWarning", "--single-threaded"];

export function startTaker(haste: Haste): ChildProcess {
  const options: ForkOptions = {
    execArgv: EXEC_ARGV,
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  };
  if (haste === Haste.FULL) {
    return fork(PROGRAM, [], { ...options, detached: true }); // the Ctrl-C that stops us is not for it
  }
  if (haste === Haste.LEFT_OVER && process.platform === "linux" && existsSync(SHELL)) {
    const execArgv = ["-c", `${IDLE}; exec "$0" "$@"`, process.execPath, ...EXEC_ARGV];
    return fork(PROGRAM, [], { ...options, execPath: SHELL, execArgv });
  }
  const started = fork(PROGRAM, [], options);
  if (started.pid !== undefined) setPriority(started.pid, LOWER);
  return started;
}

/**
 * How long it has been ready to run and was not let, in milliseconds; 0 where the system does not say.
 */
export function keptWaitingMs(pid: number | null): number {
  try {
    const [, waitedNs = "0"] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
