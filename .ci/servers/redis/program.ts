/**
 * The program of a real Redis server, for tests: the one that is installed, or Debian's own packages,
 * fetched by apt (which checks them against Debian's signatures), unpacked into a cache outside the
 * clone and installed nowhere. Nothing is fetched twice, and never by `npm start`.
 */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const MAJOR_MIN = 6;
const FETCH_MS_MAX = 4 * 60_000;
/** The server, and the libraries that a bare Debian lacks. */
const PACKAGES = [
  "redis-server",
  "redis-tools",
  "libjemalloc2",
  "liblua5.1-0",
  "liblzf1",
  "lua-bitop",
  "lua-cjson",
  "libatomic1",
  "libssl3",
  "libsystemd0",
];
const HOW_ELSE =
  "On Debian: apt-get install redis-server. Elsewhere: put redis-server on the PATH.";

export interface RedisProgram {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Throws, in words, when none can be had. */
export function redisProgram(): RedisProgram {
  const installed: RedisProgram = { path: "redis-server", env: process.env };
  if (whatIsWrong(installed) === undefined) return installed;
  const cache = join(homedir(), ".cache", "solebook", "redis");
  const unpacked = join(cache, `debian-${process.arch}`); // it appears by rename, whole and tried
  const kept = programIn(unpacked);
  if (statSync(unpacked, { throwIfNoEntry: false }) !== undefined) {
    if (whatIsWrong(kept) === undefined) return kept;
    rmSync(unpacked, { recursive: true, force: true }); // of another Debian: a system that was renewed
  }
  const fresh = join(cache, `fetching.${randomUUID()}`);
  mkdirSync(fresh, { recursive: true });
  try {
    fetchInto(fresh);
    const wrong = whatIsWrong(programIn(fresh));
    if (wrong !== undefined) throw new Error(`the redis-server that was fetched: ${wrong}`);
    if (statSync(unpacked, { throwIfNoEntry: false }) === undefined) renameSync(fresh, unpacked);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return kept;
}

/** `redis-server` is a link to an absolute path; what it leads to lies beside it. */
function programIn(folder: string): RedisProgram {
  const triplets: Readonly<Record<string, string>> = {
    x64: "x86_64-linux-gnu",
    arm64: "aarch64-linux-gnu",
  };
  const triplet = triplets[process.arch] ?? process.arch;
  const libraries = [join(folder, "usr/lib", triplet), join(folder, "lib", triplet)].join(":");
  const path = join(folder, "usr/bin/redis-check-rdb");
  return { path, env: { ...process.env, LD_LIBRARY_PATH: libraries } };
}

function whatIsWrong({ path, env }: RedisProgram): string | undefined {
  // One program under several names: it is the server by the name it is called by.
  const { error, stdout } = spawnSync(path, ["--version"], {
    argv0: "redis-server",
    env,
    encoding: "utf8",
  });
  if (error !== undefined) return error.message;
  const version = /v=(\d+)\.(\d+)/.exec(stdout);
  if (version === null) return "it does not say its version";
  return Number(version[1]) >= MAJOR_MIN ? undefined : `it is of version ${version[1]}`;
}

function fetchInto(folder: string): void {
  console.error(`fetching redis-server from Debian into ${folder} (3 MB, once)`);
  const fetched = run("apt-get", ["download", ...PACKAGES], folder);
  if (fetched !== undefined) {
    throw new Error(
      `redis-server is not installed, and could not be fetched: ${fetched}. ${HOW_ELSE}`,
    );
  }
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".deb"))) {
    const unpacked = run("dpkg-deb", ["-x", name, "."], folder);
    if (unpacked !== undefined) throw new Error(`${name} could not be unpacked: ${unpacked}`);
    rmSync(join(folder, name));
  }
}

/** What went wrong, in its last words. */
function run(program: string, args: readonly string[], cwd: string): string | undefined {
  const ran = spawnSync(program, args, { cwd, encoding: "utf8", timeout: FETCH_MS_MAX });
  if (ran.error !== undefined) return ran.error.message;
  if (ran.status === 0) return undefined;
  return `${ran.stdout}${ran.stderr}`.trim().split("\n").slice(-4).join(" ");
}
