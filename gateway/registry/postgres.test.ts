/** Two gateways' registries in one Postgres: the same numbers, whoever gives them out. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { startTestDatabase, type TestDatabase } from "../../engine/shell/testing/database.ts";
import { JORDAN } from "../testing/exchange.ts";
import { RegistryFull } from "./local.ts";
import { Sealer } from "./sealer.ts";
import { openSharedRegistry, type SharedRegistry } from "./postgres.ts";

const SEALING = randomBytes(32);
const BOUNDS = {
  shards: 2,
  accountsMax: 40,
  instrumentsMax: 512,
  seed: [JORDAN],
  sealer: new Sealer([SEALING]),
};
const DUNK = { ...JORDAN, style: "DD1391-100", sizes: ["US-8"] };

let database: TestDatabase;
let one: SharedRegistry;
let other: SharedRegistry;

beforeAll(async () => {
  database = await startTestDatabase();
  await onDatabase("DROP SCHEMA IF EXISTS solebook_gateway CASCADE");
  [one, other] = await Promise.all([
    openSharedRegistry(database.url, BOUNDS),
    openSharedRegistry(database.url, BOUNDS),
  ]);
});
afterAll(async () => {
  await Promise.all([one, other].map((registry) => registry.close()));
  await database.stop();
});

test("two that begin at once seed it once", () => {
  expect(one.instruments().map(({ symbol }) => symbol)).toHaveLength(JORDAN.sizes.length);
  expect(other.instruments()).toEqual(one.instruments());
});

test("names given out by both at once are all different, and each knows the others'", async () => {
  const names = Array.from({ length: 20 }, (_, i) => `trader-${i}`);
  const made = await Promise.all(
    names.map((name, i) => (i % 2 === 0 ? one : other).openAccount(name)),
  );
  const ids = made.map(({ account_id: id }) => id).toSorted((a, b) => a - b);
  expect(ids).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  await Promise.all([one.refresh(), other.refresh()]);
  expect(other.accounts()).toEqual(one.accounts());
  expect(await other.openAccount("trader-0")).toEqual(await one.openAccount("trader-0"));
});

test("a key changed or revoked at one is heard of at the other, without being asked for", async () => {
  const settings = { scopes: [], label: "", expiresAt: null, addresses: [], trading: false };
  const request = { account: "trader-0", kind: "hmac", ...settings } as const;
  const { row, secret } = await one.addKey(request);
  const { key } = row;
  await until(() => other.key(key) !== undefined);
  const heard: string[] = [];
  other.onKeyChanged((changed) => void heard.push(changed));
  await one.changeKey(key, { trading: true });
  await until(() => other.key(key)!.trading);
  await one.revokeKey(key);
  await until(() => other.key(key) === undefined);
  expect(heard).toEqual([key, key]);
  expect([one.key(key), await one.changeKey(key, { trading: true })]).toEqual([
    undefined,
    undefined,
  ]);
  // What Postgres keeps does not sign: the secret is sealed there.
  const kept = await onDatabase("SELECT document::text FROM solebook_gateway.registry");
  expect(kept).toContain(key);
  expect(kept).not.toContain(secret);
});

test("a gateway without the key that seals refuses to start while there are such secrets", async () => {
  const request = { account: "trader-0", scopes: [], label: "", expiresAt: null, addresses: [] };
  const { row } = await one.addKey({ ...request, kind: "hmac", trading: false });
  const { sealer: _sealer, ...without } = BOUNDS;
  await expect(openSharedRegistry(database.url, without)).rejects.toThrow(
    new RegExp(`the secret of key ${row.key} cannot be opened: SOLEBOOK_SECRETS_KEY`),
  );
  const both = new Sealer([randomBytes(32), SEALING]); // the new one first, the old one still known
  const third = await openSharedRegistry(database.url, { ...BOUNDS, sealer: both });
  expect(third.key(row.key)!.proof).toMatchObject({ kind: "hmac", secret: expect.anything() });
  await third.close();
  await one.revokeKey(row.key);
});

test("a product added at one is a product of the other's, under the same numbers", async () => {
  const { instruments } = (await one.addProduct(DUNK)) as { instruments: readonly object[] };
  await other.refresh();
  expect(other.instrument("DD1391-100:US-8")).toEqual(instruments[0]);
  expect(await other.addProduct({ ...DUNK, tick: "5.00" })).toEqual({
    outcome: "conflict",
    param: "tick",
  });
});

test("what is refused is not kept, and what came before it is", async () => {
  const fill = Array.from({ length: 40 }, (_, i) => one.openAccount(`more-${i}`));
  const refused = (await Promise.allSettled(fill)).filter(({ status }) => status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  expect((refused[0] as PromiseRejectedResult).reason).toBeInstanceOf(RegistryFull);
  await other.refresh();
  expect(other.accounts()).toHaveLength(39);
});

test("a connection that is cut is made anew", async () => {
  await onDatabase(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'solebook gateway'",
  );
  await until(async () => {
    await one.bindJournals(["aa", "bb"]).catch(() => {});
    return one.journalId(1) === "bb";
  });
  await until(() => other.journalId(1) === "bb"); // by looking, if not by a notification
  expect(other.journalId(0)).toBe("aa");
});

test("a row that makes no sense refuses to start, in words", async () => {
  await onDatabase("UPDATE solebook_gateway.registry SET document = document - 'accounts'");
  await expect(openSharedRegistry(database.url, BOUNDS)).rejects.toThrow(/accounts is not a list/);
});

/** What it answers, as text. */
async function onDatabase(sql: string): Promise<string> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<object>(sql);
  await client.end();
  return JSON.stringify(rows);
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
