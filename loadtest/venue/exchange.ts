/**
 * The exchange that is loaded: one of its own, as a user would start it, on a folder that is thrown away
 * afterwards; or one that is there already. Reached by its command and its public interface alone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Signer } from "../../gateway/client/index.ts";
import { openAccount } from "../traders/accounts.ts";

const LAUNCHER = fileURLToPath(new URL("../../cli/solebook.mjs", import.meta.url));
const ECHO = fileURLToPath(new URL("./echo.ts", import.meta.url));
const QUIET = "--disable-warning=ExperimentalWarning";
const OUTPUT_MAX = 20_000;
const STOP_MAX_MS = 30_000;
const SIZES_EACH = 100;
/** In /proc/PID/stat, behind the command's name. */
const USER_TICKS_AT = 11;
const TICKS_PER_S = 100;
const METRIC_TIMEOUT_MS = 30_000;

export interface Venue {
  /** Without a slash at the end. */
  readonly url: string;
  readonly adminToken: string;
  /** Its data directory. */
  readonly data: string;
  /** Of the process we started, null when it is not ours. */
  readonly pid: number | null;
  /** On the disk its journal is on; null when it is not ours. */
  readonly directory: string | null;
  stop(): Promise<void>;
}

export interface VenueAsked {
  /** An exchange that runs already, and its data directory. */
  readonly url?: string | undefined;
  readonly data?: string | undefined;
  /** Where our own keeps its journal: on the disk that is meant. */
  readonly directory?: string | undefined;
  /** More flags of `solebook up`. */
  readonly flags?: readonly string[];
}

export async function openVenue(asked: VenueAsked): Promise<Venue> {
  if (asked.url === undefined) return startVenue(asked);
  if (asked.data === undefined) {
    throw new Error("--url needs --data DIR, where that exchange's admin.token is");
  }
  const adminToken = readFileSync(join(asked.data, "admin.token"), "utf8").trim();
  const url = asked.url.replace(/\/+$/, "");
  return { url, adminToken, data: asked.data, pid: null, directory: null, stop: async () => {} };
}

async function startVenue({ directory = tmpdir(), flags = [] }: VenueAsked): Promise<Venue> {
  const folder = mkdtempSync(join(directory, "solebook-loadtest-"));
  const data = join(folder, "data");
  const more = ["--data", data, "--port", "0", "--no-traders", "--snapshot-every", "0", ...flags];
  const child = spawn(process.execPath, [QUIET, LAUNCHER, "up", ...more], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let isStopping = false;
  const stop = async (): Promise<void> => {
    isStopping = true;
    await endOf(child, () => child.kill("SIGINT"));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const lastWords = keepLastWords(child);
    const found = await printed(child, /http:\/\/\S+/);
    child.once("exit", (code, signal) => {
      if (isStopping) return;
      process.stderr.write(`the exchange ended with ${code ?? signal}:\n${lastWords()}\n`);
    });
    const adminToken = readFileSync(join(data, "admin.token"), "utf8").trim();
    return { url: found, adminToken, data, pid: child.pid!, directory: folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface Echo {
  readonly port: number;
  stop(): Promise<void>;
}

/** The bare server on this machine. */
export async function startEcho(): Promise<Echo> {
  const child = spawn(process.execPath, [QUIET, ECHO], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {}); // it has ended, and its exit says how
  const port = Number(await printed(child, /^\d+$/m));
  return { port, stop: () => endOf(child, () => child.stdin.end()) };
}

/** What `child` prints that looks like `what`; throws with its output when it ends before. */
function printed(child: ChildProcess, what: RegExp): Promise<string> {
  let output = "";
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_MAX);
      const found = what.exec(output);
      if (found !== null) resolve(found[0]);
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_MAX);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`it ended with ${code}:\n${output}`)));
  });
}

/** For an end that nobody asked for. */
function keepLastWords(child: ChildProcess): () => string {
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_MAX);
    });
  }
  return () => output;
}

async function endOf(child: ChildProcess, ask: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  ask();
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MAX_MS);
  await ended;
  clearTimeout(late);
}

/** Signers of accounts of these names, made where they are new. */
export async function openAccounts(venue: Venue, names: readonly string[]): Promise<Signer[]> {
  const signers: Signer[] = [];
  for (const name of names) signers.push(await openAccount(venue, name));
  return signers;
}

/** One product of `sizes` sizes; the symbols to trade it by. */
async function listProduct(venue: Venue, style: string, sizes: number): Promise<string[]> {
  const body = {
    style,
    brand: "Load",
    model: "Test",
    colourway: style,
    retail_price: "200.00",
    release_date: "2026-11-21",
    sizes: Array.from({ length: sizes }, (_, size) => `S-${size + 100}`),
    tick: "1.00",
    band: { low: "1.00", high: "100000.00" },
  };
  const response = await fetch(`${venue.url}/v1/admin/products`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${venue.adminToken}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`no product ${style}: ${await response.text()}`);
  return body.sizes.map((size) => `${style}:${size}`);
}

/** So many markets to trade on, new ones each time. */
export async function listMany(venue: Venue, count: number): Promise<string[]> {
  const symbols: string[] = [];
  const run = Date.now().toString(36);
  for (let at = 0; at < count; at += SIZES_EACH) {
    symbols.push(...(await listProduct(venue, `${run}-${at}`, Math.min(SIZES_EACH, count - at))));
  }
  return symbols;
}

export interface Stats {
  readonly trades_total: number;
  readonly orders_total: number;
  readonly orders_open: number;
}

/** What the engine has counted over its journal's life. */
export async function readStats(venue: Venue): Promise<Stats> {
  return (await (await ask(venue, "/v1/stats")).json()) as Stats;
}

/** The sum of a metric's rows; 0 when the exchange has none of that name. */
export async function readMetric(venue: Venue, name: string): Promise<number> {
  const text = await (await ask(venue, "/metrics")).text();
  const rows = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"));
  return [...rows].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Memory of the exchange's process in MB, now and at most; null when it is not ours to look at. */
export function memoryOf({ pid }: Venue): { nowMb: number; mostMb: number } | null {
  if (pid === null || process.platform !== "linux") return null;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN);
  const rounded = (name: string): number => Math.round(kilobytes(name) / 1024);
  return { nowMb: rounded("VmRSS"), mostMb: rounded("VmHWM") };
}

/** Processor time of the exchange so far, in seconds; null when it is not ours to look at. */
export function processorSeconds({ pid }: Venue): number | null {
  if (pid === null || process.platform !== "linux") return null;
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
  const [user, system] = [Number(fields[USER_TICKS_AT]), Number(fields[USER_TICKS_AT + 1])];
  return (user + system) / TICKS_PER_S;
}

async function ask({ url }: Venue, path: string): Promise<Response> {
  const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(METRIC_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  return response;
}
