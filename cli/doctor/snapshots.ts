/** What snapshots lie beside the journals, by their heads alone: reading them back is a verb of its own. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ShellError } from "../../engine/shell/errors.ts";
import { nodeFiles } from "../../engine/shell/journal/file-ops.ts";
import { journalIdIn } from "../../engine/shell/journal/read.ts";
import { openSnapshotDirectory } from "../../engine/shell/snapshot/directory.ts";
import type { StoredSnapshot } from "../../engine/shell/snapshot/store.ts";
import { type Finding, good, odd, wrong } from "./finding.ts";

/** One finding per shard that has any. */
export async function lookAtSnapshots(directory: string): Promise<Finding[]> {
  const folder = join(directory, "snapshots");
  const shards = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  if (shards.length === 0) return [good("snapshots", "none yet")];
  const looks = shards.map(async (name) => {
    const found = await openSnapshotDirectory(nodeFiles, join(folder, name)).list(
      Number(name.replace("shard-", "")),
    );
    const journalId = journalIdOf(join(directory, "journal", name));
    return judge(`snapshots ${name}`, found, journalId);
  });
  return Promise.all(looks);
}

type JournalId = Buffer | null | "unreadable";

/** null: there is none. That one cannot be read is told by who looks at the journal. */
function journalIdOf(journal: string): JournalId {
  try {
    return existsSync(journal) ? journalIdIn(nodeFiles, journal) : null;
  } catch (error) {
    if (error instanceof ShellError) return "unreadable";
    throw error;
  }
}

function judge(about: string, found: readonly StoredSnapshot[], journalId: JournalId): Finding {
  const foreign =
    journalId === "unreadable"
      ? undefined
      : found.find(({ head }) => head !== null && journalId?.equals(head.journalId) !== true);
  if (foreign !== undefined) {
    const words = `that of sequence ${foreign.sequence} is not of the journal beside it`;
    return wrong(
      about,
      `${words}: no exchange starts here. Put its journal back, or move it away.`,
    );
  }
  const damaged = found.find(({ head }) => head === null);
  if (damaged !== undefined) {
    const words = `that of sequence ${damaged.sequence} cannot be used: ${damaged.damage}`;
    return odd(
      about,
      `${words}. The journal can; \`solebook snapshot verify\` looks at all of them.`,
    );
  }
  const newest = found.find(({ isVerified }) => isVerified);
  if (newest === undefined) return good(about, "none yet");
  return good(about, `${found.length}, the newest of sequence ${newest.sequence}`);
}
