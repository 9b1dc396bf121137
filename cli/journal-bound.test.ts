/**
 * The registry and the journal refer to each other by number; beside another journal, or beside none,
 * those numbers would be somebody else's. Such a directory refuses to start, in words, and starts
 * again when what belongs to it is put back.
 */
import { afterAll, expect, test } from "@jest/globals";
import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startExchange, stats } from "./testing/exchange.ts";

const dir = mkdtempSync(join(tmpdir(), "solebook-bound-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function lived(name: string): Promise<string> {
  const data = join(dir, name);
  const exchange = await startExchange(data);
  expect(await exchange.stop()).toBe(0);
  return data;
}

test("a wiped journal and a stranger's journal refuse to start; the right one starts again", async () => {
  const ours = await lived("ours");
  const theirs = await lived("theirs");
  const kept = join(dir, "kept");
  renameSync(join(ours, "journal"), kept);
  await expect(startExchange(ours)).rejects.toThrow(
    /ended with 1:[^]*shard-0 holds no journal at all, but [^]*belong to journal [0-9a-f]{32}/,
  );

  rmSync(join(ours, "journal"), { recursive: true, force: true });
  cpSync(join(theirs, "journal"), join(ours, "journal"), { recursive: true });
  await expect(startExchange(ours)).rejects.toThrow(
    /ended with 1:[^]*holds journal [0-9a-f]{32}, but [^]*Put that journal back/,
  );

  rmSync(join(ours, "journal"), { recursive: true, force: true });
  renameSync(kept, join(ours, "journal"));
  const exchange = await startExchange(ours);
  expect((await stats(exchange)).shards[0]!.sequence).toBeGreaterThan(0);
  expect(await exchange.stop()).toBe(0);
});
