/** A database of our own: made once, kept, taken over from who was killed, and never somebody else's. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { findDatabase, startDatabase } from "./postgres.ts";

let data = "";
beforeAll(() => void (data = mkdtempSync(join(tmpdir(), "solebook-database-"))));
afterAll(() => rmSync(data, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(text);
  await client.end();
  return rows;
}

test("what is committed is there at the next start; syncs are on", async () => {
  const first = await startDatabase(data);
  expect(findDatabase(data)).toBe(first.url);
  expect(await query(first.url, "SHOW fsync")).toEqual([{ fsync: "on" }]);
  await query(first.url, "CREATE TABLE pair (size text); INSERT INTO pair VALUES ('US-9.5')");
  await first.stop();
  expect(findDatabase(data)).toBeNull();

  const second = await startDatabase(data);
  expect(await query(second.url, "SELECT size FROM pair")).toEqual([{ size: "US-9.5" }]);
  await second.stop();
});

test("one that was left running is stopped and started again, with what it had", async () => {
  const left = await startDatabase(data);
  await query(left.url, "INSERT INTO pair VALUES ('US-10')");
  const taken = await startDatabase(data);
  await left.ended;
  await expect(query(left.url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
  expect(await query(taken.url, "SELECT count(*)::int AS n FROM pair")).toEqual([{ n: 2 }]);
  await taken.stop();
});

test("a process that only has the number of one that is gone is left alone", async () => {
  const pidFile = join(data, "database", "data", "postmaster.pid");
  writeFileSync(pidFile, `${process.pid}\n${join(data, "database", "data")}\n`);
  // Postgres itself refuses where that process might be one of its own, or tidies the file away.
  const outcome = await startDatabase(data).then(
    (database) => database.stop(),
    (error: Error) => expect(error.message).toContain("postgres.log says more"),
  );
  expect(outcome).toBeUndefined(); // and we are still here
  rmSync(pidFile, { force: true });
});

// Postgres takes its pid file away, which is what its own program to stop it looks at, and only then ends.
const OWNER = `
  const { startDatabase } = await import(process.argv[1]);
  const database = await startDatabase(process.argv[2]);
  process.stdout.write("up\\n");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  process.stdin.destroy();
  await database.stop();
  process.stdout.write("stopped\\n");
`;
test("a process that has nothing else to do waits until it is gone", async () => {
  const module = new URL("./postgres.ts", import.meta.url).href;
  const flags = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", OWNER];
  const owner = spawn(process.execPath, [...flags, module, data], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  owner.stdout.on("data", (words: Buffer) => (said += words.toString()));
  await once(owner.stdout, "data");
  const pid = readFileSync(join(data, "database", "data", "postmaster.pid"), "utf8").split(
    "\n",
  )[0]!;
  const strace = spawn("strace", ["-e", "inject=exit_group:delay_enter=700000", "-p", pid], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  expect(String((await once(strace.stderr, "data"))[0])).toContain("attached");
  owner.stdin.write("stop\n");
  const [status] = (await once(owner, "close")) as [number | null];
  expect({ status, said }).toEqual({ status: 0, said: "up\nstopped\n" });
});

test("nobody but its owner can read the password", async () => {
  const password = join(data, "database", "password");
  expect(statSync(password).mode & 0o077).toBe(0);
  expect(readFileSync(password, "utf8").trim()).toHaveLength(32);
});
