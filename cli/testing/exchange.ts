/**
 * A real exchange in a process of its own, for tests: started by the `solebook` command as a user
 * would, on a directory and a port of the test's, killed or stopped at the test's will.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A takeover is a second or two; on a full machine more. */
const TAKEOVER_ATTEMPTS = 150;
const TAKEOVER_PAUSE_MS = 200;

const LAUNCHER = fileURLToPath(new URL("../solebook.mjs", import.meta.url));

/** Where an exchange is, and where its admin token. */
type Place = Pick<RunningExchange, "url" | "dir">;

export interface RunningExchange {
  readonly url: string;
  readonly dir: string;
  readonly child: ChildProcess;
  /** What it printed so far, both streams. */
  output(): string;
  /** SIGKILL: no goodbye. Resolves when the process is gone. */
  kill(): Promise<void>;
  /**
   * SIGINT, as Ctrl-C sends. Resolves with the exit code, null if a signal ended it, once `output` has
   * all of it.
   */
  stop(): Promise<number | null>;
}

/**
 * Starts `solebook up` on `dir`; resolves when it printed its URL. Throws with its output if it ends
 * first. Without simulated traders, unless `extra` says at which rate.
 */
export async function startExchange(
  dir: string,
  extra: readonly string[] = [],
): Promise<RunningExchange> {
  const quiet = extra.includes("--traders-rate") ? [] : ["--no-traders"];
  const port = extra.includes("--port") ? [] : ["--port", "0"];
  const args = [
    "--disable-warning=ExperimentalWarning",
    LAUNCHER,
    "up",
    "--data",
    dir,
    ...port,
    ...quiet,
    ...extra,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // A process may be gone before its last words are read.
  const heard = new Promise<number | null>((resolve) => child.once("close", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      output += chunk.toString();
      const found = /http:\/\/[^\s]+/.exec(output);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("error", reject);
    void heard.then((code) => reject(new Error(`the exchange ended with ${code}:\n${output}`)));
  });
  return {
    url,
    dir,
    child,
    output: () => output,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    stop: () => {
      child.kill("SIGINT");
      return heard;
    },
  };
}

/**
 * One request to the admin interface with the directory's token; while another engine takes over, sent
 * again, as the answer says. Throws unless it is answered 2xx in the end.
 */
export async function admin(
  exchange: Place,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const token = readFileSync(join(exchange.dir, "admin.token"), "utf8").trim();
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(`${exchange.url}/v1/admin/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) return text === "" ? null : JSON.parse(text);
    if (attempt === TAKEOVER_ATTEMPTS || !didNotHappenYet(text)) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    await sleep(TAKEOVER_PAUSE_MS);
  }
}

/** Whether a refusal says that no engine was there to do it. (`unknown` may have been done: not again.) */
function didNotHappenYet(problem: string): boolean {
  return problem.includes('"code":"ENGINE_AWAY"') && problem.includes('"execution":"none"');
}

export interface Key {
  readonly id: string;
  readonly privateKey: KeyObject;
}

/** A fresh key for `account` (made if new) that may read and write orders. */
export async function makeKey(exchange: Place, account: string): Promise<Key> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const made = (await admin(exchange, "POST", "keys", {
    account,
    scopes: ["md:read", "orders:read", "orders:write"],
    public_key: raw.toString("base64url"),
    trading: true,
  })) as { key: string };
  return { id: made.key, privateKey };
}

/** The parameters of `session.logon` for `key`, signed now. */
export function logonParams(key: Key): { key: string; timestamp: string; signature: string } {
  const timestamp = new Date().toISOString();
  const signed = Buffer.from(`${timestamp}\nLOGON\n/v1/ws\n`);
  return {
    key: key.id,
    timestamp,
    signature: sign(null, signed, key.privateKey).toString("base64url"),
  };
}

export interface Stats {
  readonly trades_total: number;
  readonly orders_total: number;
  readonly orders_open: number;
  readonly shards: readonly { shard: number; sequence: number; trades_total: number }[];
}

export async function stats(exchange: RunningExchange): Promise<Stats> {
  const response = await fetch(`${exchange.url}/v1/stats`);
  return (await response.json()) as Stats;
}
