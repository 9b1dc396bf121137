/** One transaction, tried again where Postgres says that another attempt may succeed. */
import type { Pool, PoolClient } from "pg";

/** Serialisation failure, deadlock: the work of somebody else at the same time. */
const AGAIN = new Set(["40001", "40P01"]);
const TRIES = 5;

/**
 * Runs `work` in a transaction and commits what it did, or nothing of it. `work` may run several times, so
 * it must do nothing but queries. Throws what it throws and what `pg` throws.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((lost: Error) => void (broken = lost));
      if (!AGAIN.has((error as { code?: string }).code ?? "") || tried === TRIES) throw error;
    } finally {
      client.release(broken); // a connection that cannot roll back is thrown away
    }
  }
}
