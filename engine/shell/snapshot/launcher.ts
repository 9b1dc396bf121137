/**
 * Starts the processes that take snapshots beside a shard, by a small process that exists for that alone
 * (`launcher-process.ts`). To start a process is to copy the tables of all memory of who starts it, who stands
 * still meanwhile and then meets every page as if it were new: half a second for a gigabyte, and after that
 * microseconds for each page a shard writes to. The launcher has little memory.
 *
 * One at a time. Must never keep the process alive that uses it, but while one is taken.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { EXEC_ARGV, type Haste, startTaker } from "./spawn.ts";
import type { Program } from "../thread.ts";
import type { TakerMessage, TakerOrder, TakerTold } from "./taker-process.ts";

export interface TakerListener {
  onMessage(message: TakerMessage): void;
  /** It is no more, or never was. */
  onGone(words: string): void;
}

export interface StartedTaker {
  /** null: not known yet, or no more. */
  pid(): number | null;
  kill(): void;
}

export type LauncherOrder =
  | { readonly kind: "start"; readonly haste: Haste; readonly order: TakerOrder }
  | { readonly kind: "kill" };

export type LauncherMessage =
  | { readonly kind: "started"; readonly pid: number | null }
  | { readonly kind: "said"; readonly message: TakerMessage }
  | { readonly kind: "gone"; readonly words: string };

export interface Launcher {
  start(haste: Haste, order: TakerOrder, listener: TakerListener): StartedTaker;
  /** When it is gone. */
  close(): Promise<void>;
}

const PROGRAM = new URL("./launcher-process.ts", import.meta.url);
export const TAKER = new URL("./taker-process.ts", import.meta.url);
/** As it stands: the process takes the types out itself. */
const WITH_TYPES: Program = { entry: TAKER.href, sources: new Map(), flags: [] };

/** A process of this one's, with what it is told; what it says goes to the listener. */
export function launch(
  haste: Haste,
  order: TakerOrder,
  listener: TakerListener,
  program = WITH_TYPES,
): StartedTaker {
  const started = startTaker(haste);
  let isGone = false;
  const end = (words: string): void => {
    if (!isGone) listener.onGone(words);
    isGone = true;
  };
  started.on("message", (message: TakerMessage) => listener.onMessage(message));
  started.once("error", ({ message }) => {
    if (started.pid === undefined) end(message);
  });
  started.once("exit", (code, signal) => {
    end(`the process that takes it ended with ${code ?? signal}`);
  });
  const told: TakerTold = { program, order };
  started.send(told, () => {}); // who does not hear it has ended, and that is told
  return { pid: () => (isGone ? null : (started.pid ?? null)), kill: () => kill(started) };
}

export function openLauncher(): Launcher {
  let process = begin();
  let takerPid: number | null = null;
  let listening: TakerListener | null = null;

  function begin(): ChildProcess {
    const begun = fork(PROGRAM, [], {
      execArgv: EXEC_ARGV,
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    begun.on("message", hear);
    begun.once("error", () => {}); // it has no channel then, or ends, and that is told
    begun.once("exit", (code, signal) => {
      const words = `the process that starts it ended with ${code ?? signal}`;
      if (begun === process) hear({ kind: "gone", words });
    });
    keepAlive(begun, false);
    return begun;
  }

  function hear(message: LauncherMessage): void {
    if (message.kind === "said") listening?.onMessage(message.message);
    else if (message.kind === "started") takerPid = message.pid;
    else {
      const gone = listening;
      takerPid = null;
      listening = null;
      keepAlive(process, false);
      gone?.onGone(message.words);
    }
  }

  function tell(order: LauncherOrder): void {
    process.send(order, (error) => {
      if (error !== null) hear({ kind: "gone", words: error.message });
    });
  }

  return {
    start: (haste, order, listener) => {
      if (!process.connected) process = begin();
      listening = listener;
      keepAlive(process, true);
      tell({ kind: "start", haste, order });
      return {
        pid: () => takerPid,
        kill: () => {
          if (listening === listener) tell({ kind: "kill" });
        },
      };
    },
    close: async () => {
      const { pid, exitCode, signalCode } = process;
      if (pid === undefined || exitCode !== null || signalCode !== null) return;
      const gone = once(process, "exit");
      keepAlive(process, true);
      kill(process);
      await gone;
    },
  };
}

function kill(child: ChildProcess): void {
  child.kill("SIGKILL");
}

function keepAlive(child: ChildProcess, isKept: boolean): void {
  if (isKept) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}
