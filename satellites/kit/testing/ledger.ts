/** What the satellite of the tests keeps: each trade's effect, under its event's name, and their sums. */
import type { Pool, PoolClient } from "pg";
import type { Event } from "../../../proto/gen/solebook/match/v1/match_pb.ts";

export type Traded = Pick<Event, "sequence" | "index" | "event">;

/** Nothing here is unique: an effect that happens twice is to be seen, not refused. */
export async function makeTables(pool: Pool, schema: string): Promise<void> {
  await pool.query(`
    CREATE TABLE IF NOT EXISTS ${schema}.effect (name text, units integer);
    CREATE TABLE IF NOT EXISTS ${schema}.sum (trades bigint, units bigint);
    INSERT INTO ${schema}.sum SELECT 0, 0 WHERE NOT EXISTS (SELECT FROM ${schema}.sum)`);
}

export async function addUp(
  client: PoolClient,
  schema: string,
  journalId: string,
  events: readonly Traded[],
): Promise<void> {
  const names: string[] = [];
  const units: number[] = [];
  for (const { sequence, index, event } of events) {
    if (event.case !== "trade") continue;
    names.push(`${journalId}/0/${sequence}/${index}`);
    units.push(event.value.quantity);
  }
  if (names.length === 0) return;
  await client.query(
    `INSERT INTO ${schema}.effect SELECT * FROM unnest($1::text[], $2::integer[])`,
    [names, units],
  );
  const all = units.reduce((sum, each) => sum + each, 0);
  await client.query(`UPDATE ${schema}.sum SET trades = trades + $1, units = units + $2`, [
    names.length,
    all,
  ]);
}

/** All of it in one line, to be compared. */
export async function sumUp(pool: Pool, schema: string): Promise<string> {
  const { rows } = await pool.query<Record<string, string>>(`
    SELECT count(*) AS effects, count(DISTINCT name) AS names,
           md5(string_agg(name || ' ' || units, ',' ORDER BY name)) AS digest,
           (SELECT trades || ' ' || units FROM ${schema}.sum) AS sums
      FROM ${schema}.effect`);
  return JSON.stringify(rows[0]);
}
