/** A shard in a process of its own (`owner.ts`), as its parent sees it: to be killed at any instant. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const OWNER = new URL("./owner.ts", import.meta.url).pathname;
const POINTS = new URL("./crash-points.ts", import.meta.url).href;

export interface OwnerOptions {
  readonly directory: string;
  /** Before the numbers in the ids of its orders. */
  readonly run: string;
  readonly segmentBytes: number;
  readonly inFlight?: number;
  /** The size of a file, in blocks of 512 bytes, that the system lets it write. */
  readonly fileBlocksMax?: number;
  /** The deadline of its orders; none: the shard's default. */
  readonly deadlineUs?: number;
  /** Orders of an earlier run, to be sent again first: RUN:FROM:TO:DEADLINE_US. */
  readonly again?: string;
  /** Where it kills itself: see `crash-points.ts`. */
  readonly crashAt?: string;
}

export interface Owner {
  /** Resolves with the first line that matches, said already or not; rejects when it ends without. */
  line(pattern: RegExp): Promise<RegExpMatchArray>;
  kill(): Promise<void>;
  /** Ids and their sequences, as far as they were told in whole lines. */
  acked(): Map<string, number>;
  /** Orders that were sent again, and the sequences they then were said to have. */
  again(): Map<string, number>;
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
}

export function startOwner(options: OwnerOptions): Owner {
  const { directory, run, segmentBytes, fileBlocksMax, crashAt } = options;
  const limit = fileBlocksMax === undefined ? "" : `ulimit -f ${fileBlocksMax}; `;
  const flags = ["--disable-warning=ExperimentalWarning"];
  if (crashAt !== undefined) flags.push("--import", POINTS);
  const { inFlight = 64, deadlineUs = 0, again = "" } = options;
  const own = [directory, run, segmentBytes, inFlight, deadlineUs, again].map(String);
  const args = [process.execPath, ...flags, OWNER, ...own];
  const child = spawn("/bin/sh", ["-c", `${limit}exec "$@"`, "sh", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, SOLEBOOK_TEST_CRASH_AT: crashAt ?? "" },
  });
  let text = "";
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    for (const look of waiting) look();
  });
  const exited = once(child, "close");
  const lines = (): string[] => text.split("\n").slice(0, -1);

  function line(pattern: RegExp): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      let from = 0; // before that is nothing that matches
      const look = (): void => {
        const end = text.lastIndexOf("\n");
        if (end < from) return;
        const found = text
          .slice(from, end)
          .split("\n")
          .map((each) => each.match(pattern))
          .find((match) => match !== null);
        from = end + 1;
        if (found === undefined || found === null) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void exited.then(() => reject(new Error(`no ${pattern} in: ${text.slice(-500)}`)));
    });
  }

  function told(what: string): Map<string, number> {
    const found = new Map<string, number>();
    for (const each of lines()) {
      const [word, id = "", sequence] = each.split(" ");
      if (word === what) found.set(id, Number(sequence));
    }
    return found;
  }

  return {
    line,
    child,
    exited,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    acked: () => told("acked"),
    again: () => told("again"),
  };
}
