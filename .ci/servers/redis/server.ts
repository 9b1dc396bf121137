/**
 * A real Redis server for tests and for looking at, in memory only: killed, paused and restarted at the
 * test's will. It ends with the process that started it, however that came.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { HOLD } from "../kafka/node.ts";
import { freePorts } from "../ports.ts";
import { redisProgram } from "./program.ts";

export interface RedisServer {
  readonly url: string;
  start(): Promise<void>;
  /** kill -9; `start` brings it back, empty. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const START_MS_MAX = 60_000;

export async function startRedis(): Promise<RedisServer> {
  const { path, env } = redisProgram();
  const [port = 0] = await freePorts(1);
  let shell: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  let pid = 0;

  async function start(): Promise<void> {
    // The shell calls the program by the name under which it is the server.
    const named = ["bash", "-c", 'exec -a redis-server "$0" "$@"', path];
    const settings = [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "no",
    ];
    const holder = spawn("sh", ["-c", HOLD, "sh", ...named, ...settings, "--dir", tmpdir()], {
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
      env,
    });
    shell = holder;
    holder.stdin.on("error", () => {}); // it may be gone before we say so
    ended = new Promise((resolve) => holder.once("exit", () => resolve()));
    pid = await new Promise<number>((resolve, reject) => {
      holder.stdout.once("data", (words: Buffer) => resolve(Number.parseInt(words.toString(), 10)));
      holder.once("error", reject);
      holder.once("exit", () => reject(new Error("redis-server ended at once")));
    });
    holder.stdout.resume();
    await answers(port);
  }

  async function end(): Promise<void> {
    shell?.stdin?.end();
    await ended;
    shell = null;
  }

  function signal(name: NodeJS.Signals): void {
    if (shell !== null && shell.exitCode === null) process.kill(pid, name);
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill: end,
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    stop: end,
  };
}

async function answers(port: number): Promise<void> {
  const untilMs = performance.now() + START_MS_MAX;
  while (!(await isAnswering(port))) {
    if (performance.now() > untilMs)
      throw new Error(`redis-server does not answer at port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (bytes) => end(bytes.toString().startsWith("+PONG")));
    socket.once("error", () => end(false));
  });
}
