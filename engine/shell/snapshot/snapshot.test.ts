/**
 * A shard of this process and its snapshots, on real files and threads: taken while it trades, begun
 * with at the next start, passed over loudly when they are bad. That a start from a snapshot comes to
 * the journal's own state is shown by its clean stop: it journals what it hashes to, and a replay of
 * the whole journal compares.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { CommandI32, CommandType, CommandU8, Side } from "../../client/index.ts";
import { verifyJournal } from "../journal/tools.ts";
import { startShard } from "../main.ts";
import { startTestDatabase, type TestDatabase } from "../testing/database.ts";
import { quietLog } from "../testing/driver.ts";
import {
  type Beside,
  besideIn,
  damage,
  hashOfJournal,
  keptLog,
  openShop,
} from "../testing/snapshots.ts";

let folder = "";
let beside: Beside;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solebook-snapshot-"));
  beside = besideIn(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = (): string[] => readdirSync(beside.snapshots).filter((name) => name !== "owner.lock");

/** Two snapshots, and trading after each; answers the sequence of the newest. */
async function twoSnapshots(): Promise<number> {
  const shop = await openShop(beside);
  await shop.trade(500);
  await shop.taking.take();
  await shop.trade(500);
  const taken = await shop.taking.take();
  await shop.trade(300);
  await shop.stop();
  return taken!.checkpoint.sequence;
}

describe("a start", () => {
  test("begins with the newest snapshot, replays what follows, and knows every order", async () => {
    const first = await openShop(beside);
    await first.trade(900);
    const before = await first.place({ id: "before", side: Side.BID, priceTicks: 50 });
    const taken = await first.taking.take();
    await first.trade(200);
    await first.stop();

    const second = await openShop(beside);

    expect(taken!.checkpoint.sequence).toBe(904);
    // 200 orders, and the checkpoint of the clean stop
    expect(second.report).toMatchObject({ snapshot: 904, commands: 201, sequence: 1_105 });
    expect(second.client.stats().ordersTotal).toBe(1_101);
    expect(second.eventCount()).toBe(0); // nobody is told what was, only what is
    const again = await second.place({ id: "before", side: Side.BID, priceTicks: 50 });
    expect(again?.orderId).toBe(before?.orderId);
    expect(second.client.stats().ordersTotal).toBe(1_101);
    await second.stop();
    expect(await hashOfJournal(beside.journal)).toMatch(/^1107 /);
  });

  test("right behind a snapshot has nothing to replay", async () => {
    const first = await openShop(beside);
    await first.trade(300);
    await first.stop();
    await first.taking.finish();
    const second = await openShop(beside);
    expect(second.report).toMatchObject({ snapshot: 304, commands: 0, sequence: 304 });
    await second.stop();
    await second.taking.finish(); // nothing but the stop's own checkpoint happened
    expect(files()).toEqual(["000000000000304.snapshot"]);
    await hashOfJournal(beside.journal);
  });

  test("from the first command on tells listeners everything, and leaves snapshots alone", async () => {
    await twoSnapshots();
    const directory = beside.snapshots;
    const snapshots = { directory, databaseUrl: null, begin: "journal" as const };
    const shop = await openShop(beside, { snapshots });
    expect(shop.report).toMatchObject({ snapshot: 0, commands: 1_304, sequence: 1_304 });
    expect(shop.eventCount()).toBeGreaterThan(1_304);
    await shop.stop();
  });

  test("passes over a damaged snapshot, loudly, and begins with the one before", async () => {
    const newest = await twoSnapshots();
    damage(beside, "newest");
    const log = keptLog();
    const shop = await openShop(beside, { log });
    expect(shop.report).toMatchObject({ snapshot: 503, commands: 801, sequence: 1_304 });
    expect(log.lines.join()).toContain(
      `the snapshot of sequence ${newest} in files cannot be used`,
    );
    await shop.stop();
    await hashOfJournal(beside.journal);
  });

  test("passes over a torn one in the same way", async () => {
    await twoSnapshots();
    truncateSync(join(beside.snapshots, files().toSorted().at(-1)!), 5_000);
    const shop = await openShop(beside);
    expect(shop.report).toMatchObject({ snapshot: 503, sequence: 1_304 });
    await shop.stop();
  });

  test("replays the whole journal when no snapshot can be used", async () => {
    await twoSnapshots();
    damage(beside, "all");
    const log = keptLog();
    const shop = await openShop(beside, { log });
    expect(shop.report).toMatchObject({ snapshot: 0, commands: 1_304, sequence: 1_304 });
    expect(log.lines).toHaveLength(2);
    await shop.stop();
  });

  test("goes through a change of rules that came after the snapshot", async () => {
    const first = await openShop(beside);
    await first.trade(100);
    const taken = await first.taking.take();
    await first.ask((it) => {
      it.u8(CommandU8.type, CommandType.SET_BEHAVIOUR);
      it.i32(CommandI32.behaviour, 2);
    });
    await first.trade(100);
    await first.stop();
    const second = await openShop(beside);
    expect(taken!.snapshot.head).toMatchObject({ behaviour: 1 });
    expect(second.report).toMatchObject({ snapshot: 103, commands: 102 });
    expect((await second.taking.take())!.snapshot.head).toMatchObject({ behaviour: 2 });
    await second.stop();
    await hashOfJournal(beside.journal);
  });

  test.each(["snapshot", "journal"] as const)(
    "refuses another journal's snapshot, and a journal that lost what one holds (%s)",
    async (begin) => {
      const startsWith = async (): Promise<string | undefined> => {
        const snapshots = { directory: beside.snapshots, databaseUrl: null, begin };
        const start = { shard: 0, directory: beside.journal, log: quietLog, snapshots };
        return (await startShard(start).ended)?.code;
      };
      const shop = await openShop(beside);
      await shop.trade(50);
      await shop.stop();
      cpSync(beside.journal, join(folder, "copy"), { recursive: true });
      const later = await openShop(beside);
      await later.trade(50);
      await later.stop();
      await later.taking.finish();

      rmSync(beside.journal, { recursive: true });
      cpSync(join(folder, "copy"), beside.journal, { recursive: true });
      expect(await startsWith()).toBe("JOURNAL_DAMAGED");

      rmSync(beside.journal, { recursive: true });
      expect(await startsWith()).toBe("JOURNAL_DAMAGED");

      const other = await openShop({ journal: beside.journal, snapshots: join(folder, "none") });
      await other.trade(200);
      await other.stop();
      expect(await startsWith()).toBe("JOURNAL_FOREIGN");
    },
  );
});

describe("snapshots", () => {
  test("are taken by themselves after so many commands; the primary journals their hash", async () => {
    const checkpoints: number[] = [];
    const taking = {
      everyCommands: 503, // all of them, and what opened the market
      onCheckpoint: ({ sequence }: { sequence: number }) => void checkpoints.push(sequence),
    };
    const shop = await openShop(beside, {}, taking);
    await shop.trade(500);
    for (let left = 1_000; checkpoints.length === 0 && left > 0; left--) {
      await new Promise((done) => setTimeout(done, 50));
    }
    expect(checkpoints).toEqual([503]);
    expect(files()).toEqual(["000000000000503.snapshot"]);
    await shop.taking.stop();
    await shop.stop();
  });

  test("asked for at the same time are one; asked for twice, the second finds nothing new", async () => {
    const shop = await openShop(beside);
    await shop.trade(20);
    const [one, other] = await Promise.all([shop.taking.take(), shop.taking.take()]);
    expect(one).toBe(other);
    expect(await shop.taking.take()).toBeNull();
    await shop.stop();
  });

  test("are kept as many as wanted, verified; what a killed taker left behind is tidied away", async () => {
    const shop = await openShop(beside, {}, { keep: { count: 2, ageMs: 1e12 } });
    for (let count = 0; count < 4; count++) {
      await shop.trade(10);
      if (count === 2) writeFileSync(join(beside.snapshots, "000000000000031.tmp"), "half of one");
      await shop.taking.take();
    }
    expect(files()).toEqual(["000000000000033.snapshot", "000000000000043.snapshot"]);
    await shop.stop();
  });

  test("let segments go to the archive, from which the whole journal is still read", async () => {
    const shop = await openShop(beside);
    for (let count = 0; count < 3; count++) {
      await shop.trade(1_500);
      await shop.taking.take();
    }
    await shop.stop();
    const archived = readdirSync(join(beside.journal, "archive"));
    expect(archived[0]).toBe("00000000.seg");
    expect(readdirSync(beside.journal)).not.toContain("00000000.seg");
    expect(verifyJournal(beside.journal)).toMatchObject({ commands: 4_504, unfinished: null });
    expect(await hashOfJournal(beside.journal)).toMatch(/^4504 /);
    const again = await openShop(beside);
    expect(again.report).toMatchObject({ snapshot: 4_503, commands: 1 });
    await again.stop();
  });

  test("let archived segments be deleted when somebody said so; then a start needs one", async () => {
    const shop = await openShop(beside, {}, { retain: 1, keep: { count: 2, ageMs: 0 } });
    for (let count = 0; count < 4; count++) {
      await shop.trade(1_500);
      await shop.taking.take();
    }
    await shop.stop();
    expect(readdirSync(join(beside.journal, "archive"))).toHaveLength(1);
    expect(verifyJournal(beside.journal)).toMatchObject({ lastSequence: 6_004, unfinished: null });

    const again = await openShop(beside);
    expect(again.report).toMatchObject({ snapshot: 6_003, sequence: 6_004 });
    await again.stop();
    damage(beside, "newest"); // the archive ends behind the oldest that is kept
    const before = await openShop(beside);
    expect(before.report).toMatchObject({ snapshot: 4_503, sequence: 6_005 });
    await before.stop();
    damage(beside, "all"); // which mends the newest again
    rmSync(join(beside.snapshots, "000000000006003.snapshot"));
    await expect(openShop(beside)).rejects.toMatchObject({ code: "JOURNAL_ARCHIVED" });
  });
});

describe("in Postgres", () => {
  let database: TestDatabase;
  beforeAll(async () => void (database = await startTestDatabase()));
  afterAll(() => database.stop());

  test("each has a verified copy, with which a start begins when the files are gone", async () => {
    const first = await openShop(beside, { databaseUrl: database.url });
    await first.trade(400);
    expect(await first.taking.take()).toMatchObject({ copies: 1 });
    await first.trade(100);
    await first.stop();
    rmSync(beside.snapshots, { recursive: true });

    const snapshots = {
      directory: beside.snapshots,
      databaseUrl: database.url,
      begin: "snapshot" as const,
    };
    const second = await openShop(beside, { snapshots });
    expect(second.report).toMatchObject({ snapshot: 403, commands: 101 });
    await second.stop();
    await hashOfJournal(beside.journal);
  });

  test("away, it is told and missed; the file is taken all the same", async () => {
    const log = keptLog();
    const databaseUrl = (): string => database.url.replace(/:\d+\//, ":1/");
    const shop = await openShop(beside, {}, { databaseUrl, log });
    await shop.trade(10);
    expect(await shop.taking.take()).toMatchObject({ copies: 0 });
    expect(log.lines.join()).toContain("no copy in Postgres");
    await shop.stop();
  });
});
