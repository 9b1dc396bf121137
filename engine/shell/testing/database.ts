/** A real Postgres for tests: the one that SOLEBOOK_TEST_POSTGRES names by its URL, or one of our own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../../.ci/servers/ports.ts";
import { startDatabase } from "../../../satellites/database/postgres.ts";

export interface TestDatabase {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const named = process.env["SOLEBOOK_TEST_POSTGRES"];
  if (named !== undefined) return { url: named, stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), "solebook-database-"));
  const database = await startDatabase(folder, async () => (await freePorts(1))[0]!);
  return {
    url: database.url,
    stop: async () => {
      await database.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
