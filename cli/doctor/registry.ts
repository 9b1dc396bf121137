/** The registry beside the journals: whether a start would take the two for each other's. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ShellError } from "../../engine/shell/errors.ts";
import { nodeFiles } from "../../engine/shell/journal/file-ops.ts";
import { journalIdIn } from "../../engine/shell/journal/read.ts";
import { parseRegistry } from "../../gateway/registry/registry-file.ts";
import { wordsOf } from "../errors.ts";
import { type Finding, good, wrong } from "./finding.ts";

const ABOUT = "registry";

export function lookAtRegistry(directory: string): Finding {
  const path = join(directory, "registry.json");
  const lost = whyLost(directory);
  if (lost !== null) return wrong(ABOUT, lost);
  if (!existsSync(path)) return good(ABOUT, "none yet");
  let journals: readonly string[];
  try {
    ({ journals = [] } = parseRegistry(readFileSync(path, "utf8"), path));
  } catch (error) {
    return wrong(ABOUT, wordsOf(error));
  }
  for (const [shard, expected] of journals.entries()) {
    const found = journalIdOf(directory, shard);
    if (found === expected || found === "unreadable") continue;
    return wrong(
      ABOUT,
      `it belongs to journal ${expected} of shard ${shard}, and there is ${found ?? "none"}: no ` +
        "exchange starts here. Put that journal back, or begin in a new directory.",
    );
  }
  return good(ABOUT, journals.length === 0 ? "of no journal yet" : "of the journal beside it");
}

/** Beside a journal none is begun anew: it would give its numbers to others. null: it is not lost. */
export function whyLost(directory: string): string | null {
  const path = join(directory, "registry.json");
  if (existsSync(path)) return null;
  const found = journalIdOf(directory, 0);
  if (found === null || found === "unreadable") return null; // which the start itself tells
  return (
    `${path} is not there, and the journal knows accounts and instruments by its numbers: put back ` +
    "the one that belongs to this journal."
  );
}

/** null: there is none. What is damaged is told by who looks at the journal. */
function journalIdOf(directory: string, shard: number): string | null {
  const journal = join(directory, "journal", `shard-${shard}`);
  if (!existsSync(journal)) return null;
  try {
    return journalIdIn(nodeFiles, journal)?.toString("hex") ?? null;
  } catch (error) {
    if (error instanceof ShellError) return "unreadable";
    throw error;
  }
}
