/** The two places where snapshots are kept, under one suite: files, and a real Postgres. */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { nodeFiles } from "../journal/file-ops.ts";
import { makeDisk } from "../testing/disk.ts";
import { startTestDatabase, type TestDatabase } from "../testing/database.ts";
import {
  SHARD,
  snapshotOf,
  storeBehaviour,
  type StoreWorld,
  subject,
} from "../testing/snapshot-stores.ts";
import { openSnapshotDirectory } from "./directory.ts";
import { BLOCK_HEAD_BYTES, HEAD_BYTES, openBlocks } from "./format.ts";
import { openPostgresSnapshots } from "./postgres.ts";
import type { SnapshotStore } from "./store.ts";

describe("files", () => {
  storeBehaviour(async (): Promise<StoreWorld> => {
    const folder = mkdtempSync(join(tmpdir(), "solebook-snapshots-"));
    const open = (): ReturnType<typeof openSnapshotDirectory> =>
      openSnapshotDirectory(nodeFiles, join(folder, "shard-3"));

    function inFile(id: string, change: (fd: number) => void): void {
      const fd = openSync(join(folder, "shard-3", id), "r+");
      change(fd);
      closeSync(fd);
    }

    function placeOf(fd: number, block: number): number {
      const head = Buffer.alloc(BLOCK_HEAD_BYTES);
      let at = HEAD_BYTES;
      for (let number = 0; number < block; number++) {
        readSync(fd, head, 0, head.length, at);
        at += BLOCK_HEAD_BYTES + head.readUInt32LE(4);
      }
      return at + BLOCK_HEAD_BYTES;
    }

    return {
      store: open(),
      flip: async ({ id }, where) =>
        inFile(id, (fd) => {
          const at = where === "head" ? 90 : placeOf(fd, where) + 100;
          const byte = Buffer.alloc(1);
          readSync(fd, byte, 0, 1, at);
          byte[0]! ^= 4;
          writeSync(fd, byte, 0, 1, at);
        }),
      cut: async ({ id }) =>
        inFile(id, (fd) => ftruncateSync(fd, placeOf(fd, 2) - BLOCK_HEAD_BYTES)),
      again: async () => open(),
      close: async () => rmSync(folder, { recursive: true }),
    };
  });

  test("every length a torn file can have is found: none passes for a snapshot", async () => {
    const folder = mkdtempSync(join(tmpdir(), "solebook-snapshots-"));
    const store = openSnapshotDirectory(nodeFiles, folder);
    await store.put(snapshotOf(subject(10), Buffer.from("a small state")));
    const [whole] = await store.list(SHARD);
    const fd = openSync(join(folder, whole!.id), "r+");
    for (let bytes = fstatSync(fd).size - 1; bytes >= 0; bytes--) {
      ftruncateSync(fd, bytes);
      expect(await store.list(SHARD)).toMatchObject([{ head: null }]);
    }
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
});

describe("files on a disk that goes wrong", () => {
  const state = Buffer.alloc(300_000, "sneakers and other shoes");
  const sequences = async (store: SnapshotStore): Promise<string[]> =>
    (await store.list(SHARD)).map(({ sequence, damage }) => `${sequence}${damage}`);

  test("short writes are gone on with", async () => {
    const disk = makeDisk();
    const store = openSnapshotDirectory(disk, "/snapshots");
    disk.writeShort(100);
    await store.put(snapshotOf(subject(20), state));
    const [stored] = await store.list(SHARD);
    const read = Buffer.concat([...openBlocks(stored!.head!, await store.read(stored!))]);
    expect(read.equals(state)).toBe(true);
  });

  test.each([
    ["write", 1],
    ["write", 2],
    ["write", 3],
    ["write", 4],
    ["sync", 1],
  ] as const)(
    "a failed %s (number %i) leaves what was there, and nothing else",
    async (call, nth) => {
      const disk = makeDisk();
      const store = openSnapshotDirectory(disk, "/snapshots");
      await store.put(snapshotOf(subject(10), state));
      disk.failOn(call, nth, "EIO");
      await expect(store.put(snapshotOf(subject(20), state))).rejects.toMatchObject({
        code: "EIO",
      });
      expect(await sequences(store)).toEqual(["10"]);
      expect(disk.list("/snapshots")).toHaveLength(1);
      expect(disk.callsAfterFailure).toBe(0);
      await store.put(snapshotOf(subject(20), state));
      expect(await sequences(store)).toEqual(["20", "10"]);
    },
  );

  test("once it is put, the power may go", async () => {
    const disk = makeDisk();
    const store = openSnapshotDirectory(disk, "/snapshots");
    await store.put(snapshotOf(subject(10), state));
    disk.forgetUnsynced();
    expect(await sequences(store)).toEqual(["10"]);
  });
});

describe("Postgres", () => {
  let database: TestDatabase;
  beforeAll(async () => void (database = await startTestDatabase()));
  afterAll(() => database.stop());

  async function rows(text: string, values: readonly unknown[]): Promise<unknown[]> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const result = await client.query<Record<string, unknown>>(text, [...values]);
    await client.end();
    return result.rows;
  }

  storeBehaviour(async (): Promise<StoreWorld> => {
    const store = await openPostgresSnapshots(database.url);
    return {
      store,
      flip: async ({ id }, where) => {
        const flipped = "set_bit(%, 1003, 1 - get_bit(%, 1003))";
        const [table, column] = where === "head" ? ["snapshot", "head"] : ["block", "bytes"];
        const which = where === "head" ? "id = $1" : "snapshot = $1 AND number = $2";
        const set = `UPDATE solebook_snapshots.${table} SET ${column} = ${flipped.replaceAll("%", column!)}`;
        await rows(`${set} WHERE ${which}`, where === "head" ? [id] : [id, where]);
      },
      cut: async ({ id }) => {
        await rows("DELETE FROM solebook_snapshots.block WHERE snapshot = $1 AND number = 2", [id]);
      },
      again: () => openPostgresSnapshots(database.url),
      close: () => store.close(),
    };
  });

  test("exchanges share a database: the journal's id tells their snapshots apart", async () => {
    const store = await openPostgresSnapshots(database.url);
    const other = Buffer.alloc(16, 9);
    const shard = 40;
    await store.put(snapshotOf(subject(10, { shard }), Buffer.from("ours")));
    await store.put(snapshotOf(subject(10, { shard, journalId: other }), Buffer.from("theirs")));
    const ids = (await store.list(shard)).map(({ head }) => head!.journalId[0]);
    expect(new Set(ids)).toEqual(new Set([7, 9]));
    await store.close();
  });

  test("many that begin at once make the tables once", async () => {
    await rows("DROP SCHEMA solebook_snapshots CASCADE", []);
    const stores = await Promise.all(
      Array.from({ length: 6 }, () => openPostgresSnapshots(database.url)),
    );
    expect(await stores[5]!.list(SHARD)).toEqual([]);
    for (const store of stores) await store.close();
  });

  test("a database that is not there is refused by who is asked, quickly", async () => {
    const nowhere = database.url.replace(/:\d+\//, ":1/");
    await expect(openPostgresSnapshots(nowhere)).rejects.toThrow("ECONNREFUSED");
  });
});
