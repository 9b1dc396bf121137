/**
 * One process of a Kafka cluster: its folder, its settings, and what tests do to it. A small shell
 * holds the broker: whatever becomes of the process that started it, the broker goes with it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface BrokerNode {
  readonly id: number;
  /** Where clients reach it; null for a controller. */
  readonly address: string | null;
  start(): Promise<void>;
  /** kill -9; `start` brings it back with what is on its disk. */
  kill(): Promise<void>;
  /** A clean stop: it hands its partitions over first. */
  stop(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Kills what still runs; the node is not used again. */
  end(): Promise<void>;
  /** The last lines it wrote, for a start that failed. */
  lastWords(): string;
}

export interface NodeOptions {
  readonly id: number;
  readonly folder: string;
  readonly java: string;
  readonly jars: string;
  readonly clusterId: string;
  readonly address: string | null;
  readonly settings: Readonly<Record<string, string>>;
  /** Said besides when its folder is formatted. */
  readonly format?: readonly string[];
}

const HEAP = ["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
const LOG = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"];
/** Its input ends when whoever started it does, however that came; so does the broker then. */
export const HOLD = `exec 3<&0
"$@" < /dev/null 3<&- &
pid=$!
echo $pid
(cat <&3; kill -9 $pid) > /dev/null 2>&1 &
exec 3<&-
wait $pid`;

export async function makeNode(options: NodeOptions): Promise<BrokerNode> {
  const { id, folder, java, jars, address } = options;
  const settings = join(folder, "server.properties");
  const log = join(folder, "broker.log");
  const command = [...HEAP, ...LOG, "-cp", join(jars, "*")];
  const lines = Object.entries(options.settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(settings, lines.join(""));
  const format = ["kafka.tools.StorageTool", "format", "--ignore-formatted"];
  const asked = ["-t", options.clusterId, "-c", settings, ...(options.format ?? [])];
  await run(java, [...command, ...format, ...asked]);
  let shell: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  let pid = 0;

  async function start(): Promise<void> {
    const args = ["-c", HOLD, "sh", java, ...command, "kafka.Kafka", settings];
    const holder = spawn("sh", args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    shell = holder;
    ended = new Promise((resolve) => holder.once("exit", () => resolve()));
    holder.stdin.on("error", () => {}); // it may be gone before we say so
    const file = createWriteStream(log, { flags: "a" });
    holder.stderr.pipe(file);
    const output = createInterface({ input: holder.stdout });
    pid = await new Promise<number>((resolve, reject) => {
      output.once("line", (line) => resolve(Number(line)));
      holder.once("error", reject);
      holder.once("exit", () => reject(new Error("the shell that holds a broker ended")));
    });
    output.on("line", (line) => file.write(`${line}\n`));
  }

  /** Ends the shell's input, and with it the broker, if it still runs. */
  async function end(): Promise<void> {
    shell?.stdin?.end();
    await ended;
    shell = null;
  }

  function signal(name: NodeJS.Signals): void {
    if (shell !== null && shell.exitCode === null) process.kill(pid, name);
  }

  return {
    id,
    address,
    start,
    kill: end,
    stop: async () => {
      signal("SIGTERM");
      await ended;
      await end();
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    end,
    lastWords: () => readFileSync(log, "utf8").trim().split("\n").slice(-15).join("\n"),
  };
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => void (words += text));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`a broker's folder could not be made:\n${words}`);
}
