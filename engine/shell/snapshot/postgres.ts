/**
 * Snapshots in Postgres: a row for each, and one for each of its blocks. Several exchanges may keep
 * theirs in one database; the journal's id tells them apart.
 *
 * A snapshot is stored in one transaction, so that nobody ever sees half of one.
 */
import { Client } from "pg";
import { readHead, SnapshotDamage } from "./format.ts";
import { NO_PACE, type Pace } from "./pace.ts";
import type { SnapshotBytes, SnapshotStore, StoredSnapshot } from "./store.ts";

/** Any number, the same in every process: two that begin at once make the tables one after the other. */
const MAKING_TABLES = 7_302_114_529;
const CONNECT_MS = 10_000;
const BLOCKS_AT_ONCE = 64;

/** Run at each start: what is there stays as it is. */
const TABLES = `
  CREATE SCHEMA IF NOT EXISTS solebook_snapshots;
  CREATE TABLE IF NOT EXISTS solebook_snapshots.snapshot (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journal_id  bytea       NOT NULL CHECK (octet_length(journal_id) = 16),
    shard       integer     NOT NULL CHECK (shard >= 0),
    sequence    bigint      NOT NULL CHECK (sequence > 0),
    head        bytea       NOT NULL,
    bytes       bigint      NOT NULL,
    stored_at   timestamptz NOT NULL DEFAULT now(),
    verified_at timestamptz,
    UNIQUE (journal_id, shard, sequence)
  );
  CREATE TABLE IF NOT EXISTS solebook_snapshots.block (
    snapshot bigint  NOT NULL REFERENCES solebook_snapshots.snapshot ON DELETE CASCADE,
    number   integer NOT NULL CHECK (number >= 0),
    bytes    bytea   NOT NULL CHECK (octet_length(bytes) <= 2097152),
    PRIMARY KEY (snapshot, number)
  );
  ALTER TABLE solebook_snapshots.block ALTER COLUMN bytes SET STORAGE EXTERNAL;
`;

interface Row {
  readonly id: string;
  readonly sequence: string;
  readonly head: Buffer;
  readonly bytes: string;
  readonly verified: boolean;
}

/** Connects, and makes the tables where they are missing. Throws what `pg` throws. */
export async function openPostgresSnapshots(url: string, pace = NO_PACE): Promise<SnapshotStore> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: "solebook snapshots",
  });
  client.on("error", () => {}); // the query that meets it throws it
  try {
    await client.connect();
    await within(client, async () => {
      await client.query("SELECT pg_advisory_xact_lock($1)", [MAKING_TABLES]);
      await client.query(TABLES);
    });
  } catch (error) {
    await client.end().catch(() => {}); // why it did not open says more
    throw error;
  }
  return storeOf(client, pace);
}

function storeOf(client: Client, pace: Pace): SnapshotStore {
  async function list(shard: number): Promise<StoredSnapshot[]> {
    const { rows } = await client.query<Row>(
      `SELECT id, sequence, head, bytes, verified_at IS NOT NULL AS verified
         FROM solebook_snapshots.snapshot WHERE shard = $1 ORDER BY sequence DESC, id DESC`,
      [shard],
    );
    return rows.map(entryOf);
  }

  async function put({ head, blocks }: SnapshotBytes): Promise<void> {
    const { journalId, shard, sequence, blockBytes } = readHead(head);
    await within(client, async () => {
      await client.query(
        `DELETE FROM solebook_snapshots.snapshot
          WHERE journal_id = $1 AND shard = $2 AND sequence = $3`,
        [journalId, shard, sequence],
      );
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO solebook_snapshots.snapshot (journal_id, shard, sequence, head, bytes)
         VALUES ($1, $2, $3, $4, $5) RETURNING id`,
        [journalId, shard, sequence, head, head.length + blockBytes],
      );
      let number = 0;
      for (const block of blocks) {
        await client.query(
          "INSERT INTO solebook_snapshots.block (snapshot, number, bytes) VALUES ($1, $2, $3)",
          [rows[0]!.id, number++, block],
        );
        pace.wrote(block.length);
      }
    });
  }

  /** All of them at once in memory, deflated: loading cannot wait between two of them. */
  async function read({ id }: StoredSnapshot): Promise<Buffer[]> {
    const blocks: Buffer[] = [];
    for (;;) {
      const { rows } = await client.query<{ bytes: Buffer }>(
        `SELECT bytes FROM solebook_snapshots.block
          WHERE snapshot = $1 AND number >= $2 ORDER BY number LIMIT $3`,
        [id, blocks.length, BLOCKS_AT_ONCE],
      );
      for (const { bytes } of rows) {
        blocks.push(bytes);
        pace.read(bytes.length);
      }
      if (rows.length < BLOCKS_AT_ONCE) return blocks;
    }
  }

  return {
    name: "Postgres",
    isShared: true,
    list,
    put,
    read,
    markVerified: async ({ id }) => {
      await client.query(
        `UPDATE solebook_snapshots.snapshot SET verified_at = now()
          WHERE id = $1 AND verified_at IS NULL`,
        [id],
      );
    },
    remove: async ({ id }) => {
      await client.query("DELETE FROM solebook_snapshots.snapshot WHERE id = $1", [id]);
    },
    close: () => client.end(),
  };
}

function entryOf({ id, sequence, head, bytes, verified }: Row): StoredSnapshot {
  const found = { id, sequence: Number(sequence), isVerified: verified, bytes: Number(bytes) };
  try {
    return { ...found, head: readHead(head), damage: "" };
  } catch (error) {
    if (!(error instanceof SnapshotDamage)) throw error;
    return { ...found, head: null, damage: error.message };
  }
}

/** All of it, or nothing. */
async function within(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query("BEGIN");
  try {
    await work();
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {}); // the connection may be what broke
    throw error;
  }
}
