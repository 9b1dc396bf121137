/**
 * One role of the exchange as a process: started as an operator would, killed or stopped at will. A small
 * shell holds it: whatever becomes of the process that started it, the role goes with it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { HOLD } from "../servers/kafka/node.ts";

const LAUNCHER = fileURLToPath(new URL("../../cli/solebook.mjs", import.meta.url));
const WORDS_MAX = 50;

export interface Role {
  readonly name: string;
  /** The newest lines it wrote, both streams. */
  lastWords(): string;
  alive(): boolean;
  /** kill -9. */
  kill(): Promise<void>;
  /** As Ctrl-C does. */
  stop(): Promise<void>;
}

export interface RoleOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** It is up when it has printed this; the first group is answered. */
  readonly upWhen: RegExp;
  /** Each line of its log, as it comes. */
  onLog?(words: string): void;
}

const STOP_MS = 10_000;

/** Resolves when it is up; throws with its last words when it ends first. */
export async function startRole(options: RoleOptions): Promise<Role & { readonly said: string }> {
  const { name, args, env, upWhen } = options;
  const program = [process.execPath, "--disable-warning=ExperimentalWarning", LAUNCHER, ...args];
  const child = spawn("sh", ["-c", HOLD, "sh", ...program], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...inherited(), ...env },
    detached: true, // Ctrl-C is for whoever started it, and told on in an orderly way
  });
  child.stdin.on("error", () => {}); // it may be gone before we say so
  const words: string[] = [];
  let pid = 0;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const up = Promise.withResolvers<string>();
  const hear = (line: string): void => {
    if (pid === 0 && /^\d+$/.test(line)) pid = Number(line); // what the shell says first
    words.push(line);
    if (words.length > WORDS_MAX) words.shift();
    const found = upWhen.exec(line);
    if (found !== null) up.resolve(found[1] ?? "");
  };
  createInterface({ input: child.stdout }).on("line", hear);
  createInterface({ input: child.stderr }).on("line", (line) => {
    hear(line);
    options.onLog?.(line);
  });
  void ended.then(() => up.reject(new Error(`${name} ended:\n${words.join("\n")}`)));
  const signal = (name: NodeJS.Signals): void => {
    if (isAlive(child)) process.kill(pid, name);
  };
  const gone = async (): Promise<void> => {
    await ended;
    child.stdin.end();
  };
  const role: Role = {
    name,
    lastWords: () => words.join("\n"),
    alive: () => isAlive(child),
    kill: async () => {
      signal("SIGKILL");
      await gone();
    },
    stop: async () => {
      signal("SIGINT");
      const late = setTimeout(() => signal("SIGKILL"), STOP_MS);
      await gone();
      clearTimeout(late);
    },
  };
  return { ...role, said: await up.promise };
}

function isAlive({ exitCode, signalCode }: Pick<ChildProcess, "exitCode" | "signalCode">): boolean {
  return exitCode === null && signalCode === null;
}

/** Without settings of tests, which a role would refuse as unknown. */
function inherited(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("SOLEBOOK_"));
  return Object.fromEntries(entries);
}
