/** A database of our own: made once, kept, taken over from who was killed, and never somebody else's. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
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

test("nobody but its owner can read the password", async () => {
  const password = join(data, "database", "password");
  expect(statSync(password).mode & 0o077).toBe(0);
  expect(readFileSync(password, "utf8").trim()).toHaveLength(32);
});
