/**
 * A satellite of one table in a process of its own: adds up what was traded, from a real match stream, so
 * that a test can kill it at any instant. What it does is not the same when done twice, on purpose.
 *
 * Arguments: DATABASE_URL SCHEMA ADDRESS FROM TO. FROM: "cursor", or "zero" to hear everything again. Says
 * "at SEQUENCE" after each batch and ends when it has taken all commands below TO.
 */
import { Pool } from "pg";
import { readMatchStream } from "../../../engine/client/match-stream.ts";
import { type Batch, openInbox } from "../inbox.ts";
import { addUp, makeTables, type Traded } from "./ledger.ts";

const [url = "", schema = "", address = "", from = "cursor", end = ""] = process.argv.slice(2);
const to = Number(end);
const pool = new Pool({ connectionString: url, max: 2 });
const inbox = await openInbox(pool, schema);
await makeTables(pool, schema);
const { journalId, nextSequence } = await inbox.cursor(0);
const fromSequence = from === "zero" ? 1 : nextSequence;

for await (const batch of readMatchStream({ address, shard: 0, fromSequence, journalId })) {
  const all = batch.events.filter(({ sequence }) => sequence < to);
  const next = Math.min(batch.nextSequence, to);
  const cut: Batch<Traded> = { ...batch, events: all, nextSequence: next };
  await inbox.take(cut, (client, events) => addUp(client, schema, batch.journalId, events));
  process.stdout.write(`at ${next}\n`);
  if (next >= to) break;
}
await pool.end();
