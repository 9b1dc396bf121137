/**
 * The inbox at a real Postgres: what is delivered twice, from the beginning again, or to a process that is
 * killed at any instant has its effect once; what does not follow is an error.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "pg";
import { startTestDatabase, type TestDatabase } from "../../engine/shell/testing/database.ts";
import { makeRandom } from "../../engine/sim/random.ts";
import { sized } from "../../engine/shell/testing/size.ts";
import { type Batch, type Inbox, openInbox } from "./inbox.ts";
import { addUp, makeTables, sumUp, type Traded } from "./testing/ledger.ts";

let database: TestDatabase;
let pool: Pool;
const directory = mkdtempSync(join(tmpdir(), "solebook-inbox-"));
const children: ChildProcess[] = [];
beforeAll(async () => {
  database = await startTestDatabase();
  pool = new Pool({ connectionString: database.url, max: 6 });
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await pool.end();
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
});

const JOURNAL = "ab".repeat(16);

/** Commands `from` to `to`, each with a trade of as many units as its sequence. */
function batchOf(from: number, to: number, journalId = JOURNAL): Batch<Traded> {
  const events = Array.from({ length: to - from + 1 }, (_, i) => {
    const value = { quantity: from + i } as never;
    return { sequence: BigInt(from + i), index: 0, event: { case: "trade" as const, value } };
  });
  return { journalId, shard: 0, firstSequence: from, nextSequence: to + 1, events };
}

async function opened(schema: string): Promise<{
  readonly inbox: Inbox;
  take(batch: Batch<Traded>): Promise<number>;
  sum(): Promise<string>;
}> {
  const inbox = await openInbox(pool, schema);
  await makeTables(pool, schema);
  return {
    inbox,
    take: (batch) => inbox.take(batch, (client, events) => addUp(client, schema, JOURNAL, events)),
    sum: async () => {
      const { rows } = await pool.query<{ sum: string }>(
        `SELECT trades || ' ' || units AS sum FROM ${schema}.sum`,
      );
      return rows[0]!.sum;
    },
  };
}

test("what is told twice, or overlaps, has its effect once; what does not follow is an error", async () => {
  const { inbox, take, sum } = await opened("twice");
  expect(await inbox.cursor(0)).toEqual({ journalId: undefined, nextSequence: 1 });
  expect(await take(batchOf(1, 10))).toBe(10);
  expect(await take(batchOf(1, 10))).toBe(0);
  expect(await take(batchOf(5, 12))).toBe(2);
  expect(await take(batchOf(1, 3))).toBe(0);
  expect(await sum()).toBe("12 78");
  await expect(take(batchOf(14, 15))).rejects.toMatchObject({ code: "GAP" });
  await expect(take(batchOf(13, 15, "cd".repeat(16)))).rejects.toMatchObject({
    code: "FOREIGN_JOURNAL",
  });
  expect(await sum()).toBe("12 78");
  expect(await inbox.cursor(0)).toEqual({ journalId: JOURNAL, nextSequence: 13 });
});

test("a command without events moves the cursor all the same", async () => {
  const { inbox, take } = await opened("silent");
  expect(await take({ ...batchOf(1, 4), events: [] })).toBe(0);
  expect(await inbox.cursor(0)).toMatchObject({ nextSequence: 5 });
});

test("effects that fail leave the cursor where it was", async () => {
  const { inbox, take, sum } = await opened("failing");
  await take(batchOf(1, 5));
  const failing = inbox.take(batchOf(6, 9), async (client, events) => {
    await addUp(client, "failing", JOURNAL, events);
    throw new Error("killed");
  });
  await expect(failing).rejects.toThrow("killed");
  expect([await sum(), (await inbox.cursor(0)).nextSequence]).toEqual(["5 15", 6]);
  await take(batchOf(6, 9));
  expect(await sum()).toBe("9 45");
});

test("a failure between the effects and the cursor undoes the effects", async () => {
  const { inbox, take, sum } = await opened("between");
  await take(batchOf(1, 5));
  await pool.query(`
    CREATE FUNCTION between.fail() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
    CREATE TRIGGER fail BEFORE UPDATE ON between.inbox FOR EACH ROW EXECUTE FUNCTION between.fail()`);
  await expect(take(batchOf(6, 9))).rejects.toThrow("the disk is full");
  expect([await sum(), (await inbox.cursor(0)).nextSequence]).toEqual(["5 15", 6]);
  await pool.query("DROP TRIGGER fail ON between.inbox");
  await take(batchOf(6, 9));
  expect(await sum()).toBe("9 45");
});

test("two copies of a satellite at once take turns, and neither doubles the other's work", async () => {
  const one = await opened("turns");
  const other = await opened("turns");
  const batches = Array.from({ length: 20 }, (_, i) => batchOf(1 + i * 5, 5 + i * 5));
  const run = async ({ take }: typeof one): Promise<void> => {
    for (const batch of batches) await take(batch).catch(() => 0); // where the other is behind
  };
  await Promise.all([run(one), run(other)]);
  await run(one);
  expect(await one.sum()).toBe(`100 ${(100 * 101) / 2}`);
});

const KILLS = sized(3, 200);
const COMMANDS = sized(8_000, 1_000_000);
const CONSUMER = new URL("./testing/consumer.ts", import.meta.url).pathname;
const STREAMER = new URL("../../engine/shell/testing/streamer.ts", import.meta.url).pathname;

function start(program: string, ...args: readonly (string | number)[]): ChildProcess {
  const flags = ["--disable-warning=ExperimentalWarning", program];
  const child = spawn(process.execPath, [...flags, ...args.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout!.setEncoding("utf8");
  children.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [text] = (await once(child.stdout!, "data")) as [string];
  return text.split("\n")[0]!;
}

test(
  "killed again and again while a shard trades, it comes to what one that was left alone comes to",
  async () => {
    const random = makeRandom(6);
    const shard = start(STREAMER, directory, "k", 0);
    const address = `127.0.0.1:${(await firstLine(shard)).split(" ")[1]}`;
    const run = (schema: string, from: "cursor" | "zero"): ChildProcess =>
      start(CONSUMER, database.url, schema, address, from, COMMANDS);
    let killedAtWork = 0;
    for (let round = 0; round < KILLS; round++) {
      const consumer = run("killed", random.chance(0.3) ? "zero" : "cursor");
      const exited = once(consumer, "exit");
      await Promise.race([firstLine(consumer), exited]);
      await new Promise((resolve) => setTimeout(resolve, random.below(60)));
      if (consumer.exitCode === null) killedAtWork++;
      consumer.kill("SIGKILL");
      await exited;
    }
    expect(killedAtWork).toBeGreaterThan(0);
    expect(await once(run("killed", "zero"), "exit")).toEqual([0, null]);
    expect(await once(run("alone", "cursor"), "exit")).toEqual([0, null]);
    const alone = await sumUp(pool, "alone");
    expect(Number(JSON.parse(alone).effects)).toBeGreaterThan(COMMANDS / 10);
    expect(await sumUp(pool, "killed")).toBe(alone);
  },
  sized(120_000, 3_600_000),
);
