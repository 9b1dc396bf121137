/**
 * The inbox: takes a shard's events into a satellite's database, each once. The effects of a batch and the
 * cursor behind it are one transaction; whoever dies in between has done neither.
 */
import type { Pool, PoolClient } from "pg";
import { inTransaction } from "./transaction.ts";

/** Events of whole commands in sequence, as the match stream's client has them. */
export interface Batch<Event extends Sequenced> {
  /** 32 hex digits. */
  readonly journalId: string;
  readonly shard: number;
  readonly firstSequence: number;
  /** The first command that is not among them. */
  readonly nextSequence: number;
  readonly events: readonly Event[];
}

/** With journal id, shard and its index in its command, an event's name for ever. */
export interface Sequenced {
  readonly sequence: bigint;
}

/** Where a satellite goes on in a shard. */
export interface Cursor {
  /** Undefined: nothing was taken yet, and any journal will do. */
  readonly journalId: string | undefined;
  readonly nextSequence: number;
}

export interface Inbox {
  cursor(shard: number): Promise<Cursor>;
  /**
   * Has `apply` do what the batch's new events come to, within the transaction; what was taken before is
   * left out, and a batch of nothing else does nothing. Answers how many were new. Throws InboxError, and what
   * `apply` and `pg` throw; nothing was done then.
   */
  take<Event extends Sequenced>(
    batch: Batch<Event>,
    apply: (client: PoolClient, events: readonly Event[]) => Promise<void>,
  ): Promise<number>;
}

export const InboxTrouble = {
  FOREIGN_JOURNAL: "FOREIGN_JOURNAL", // what is kept belongs to another history
  GAP: "GAP", // ask again from the cursor
} as const;
export type InboxTrouble = (typeof InboxTrouble)[keyof typeof InboxTrouble];

export class InboxError extends Error {
  override readonly name = "InboxError";
  readonly code: InboxTrouble;

  constructor(code: InboxTrouble, message: string) {
    super(message);
    this.code = code;
  }
}

interface Row {
  readonly journal_id: Buffer;
  readonly next_sequence: string;
}

const START: Cursor = { journalId: undefined, nextSequence: 1 };

/** Makes its table in `schema`, which it makes too, where they are missing. */
export async function openInbox(pool: Pool, schema: string): Promise<Inbox> {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(schema)) throw new Error(`"${schema}" names no schema`);
  const table = `${schema}.inbox`;
  await inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtext($1))", [table]); // two at once
    await client.query(`
      CREATE SCHEMA IF NOT EXISTS ${schema};
      CREATE TABLE IF NOT EXISTS ${table} (
        shard         integer PRIMARY KEY CHECK (shard >= 0),
        journal_id    bytea   NOT NULL CHECK (octet_length(journal_id) = 16),
        next_sequence bigint  NOT NULL CHECK (next_sequence > 0)
      )`);
  });

  async function read(client: Pool | PoolClient, shard: number, lock: string): Promise<Cursor> {
    const { rows } = await client.query<Row>(
      `SELECT journal_id, next_sequence FROM ${table} WHERE shard = $1 ${lock}`,
      [shard],
    );
    const [row] = rows;
    if (row === undefined) return START;
    return {
      journalId: row.journal_id.toString("hex"),
      nextSequence: Number(row.next_sequence),
    };
  }

  /** There is a row from the first batch on, so that there is something to lock. */
  async function lock(client: PoolClient, shard: number, journalId: string): Promise<Cursor> {
    await client.query(`INSERT INTO ${table} VALUES ($1, $2, 1) ON CONFLICT (shard) DO NOTHING`, [
      shard,
      Buffer.from(journalId, "hex"),
    ]);
    return read(client, shard, "FOR UPDATE");
  }

  async function moveTo(client: PoolClient, shard: number, nextSequence: number): Promise<void> {
    await client.query(`UPDATE ${table} SET next_sequence = $2 WHERE shard = $1`, [
      shard,
      nextSequence,
    ]);
  }

  async function take<Event extends Sequenced>(
    batch: Batch<Event>,
    apply: (client: PoolClient, events: readonly Event[]) => Promise<void>,
  ): Promise<number> {
    const { shard, journalId, firstSequence, nextSequence } = batch;
    return inTransaction(pool, async (client) => {
      const cursor = await lock(client, shard, journalId);
      if (cursor.journalId !== journalId) throw foreign(batch, cursor);
      if (firstSequence > cursor.nextSequence) throw gap(batch, cursor);
      if (nextSequence <= cursor.nextSequence) return 0;
      const events = batch.events.filter(({ sequence }) => sequence >= cursor.nextSequence);
      if (events.length > 0) await apply(client, events);
      await moveTo(client, shard, nextSequence);
      return events.length;
    });
  }

  return { cursor: (shard) => read(pool, shard, ""), take };
}

function foreign({ shard, journalId }: Batch<Sequenced>, cursor: Cursor): InboxError {
  return new InboxError(
    InboxTrouble.FOREIGN_JOURNAL,
    `shard ${shard} tells of journal ${journalId}, but what is kept here is of ` +
      `${cursor.journalId}. Give this exchange a database of its own.`,
  );
}

function gap({ shard, firstSequence }: Batch<Sequenced>, cursor: Cursor): InboxError {
  return new InboxError(
    InboxTrouble.GAP,
    `shard ${shard} goes on at sequence ${firstSequence}, but ${cursor.nextSequence} is next here`,
  );
}
