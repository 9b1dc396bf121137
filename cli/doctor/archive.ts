/** The archives of the journals: whether they are at hand, and have room. */
import { existsSync, lstatSync, readdirSync, readlinkSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { requireArchive } from "../../engine/shell/journal/archive-place.ts";
import { nodeFiles } from "../../engine/shell/journal/file-ops.ts";
import { ARCHIVE, findSegments } from "../../engine/shell/journal/segments.ts";
import { wordsOf } from "../errors.ts";
import { type Finding, good, odd, wrong } from "./finding.ts";

/** A copy in the making, and the one that follows. */
const SEGMENTS_FREE_MIN = 2;

/** One finding per journal that has one. */
export function lookAtArchives(directory: string): Finding[] {
  const folder = join(directory, "journal");
  const shards = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  return shards.flatMap((shard) => {
    const journal = join(folder, shard);
    const isOne = lstatSync(join(journal, ARCHIVE), { throwIfNoEntry: false }) !== undefined;
    return isOne ? [lookAtArchive(journal, `archive ${shard}`)] : [];
  });
}

function lookAtArchive(journal: string, about: string): Finding {
  const archive = join(journal, ARCHIVE);
  const isElsewhere = lstatSync(archive).isSymbolicLink();
  const place = isElsewhere ? readlinkSync(archive) : archive;
  try {
    requireArchive(nodeFiles, journal);
    const { archived, segmentBytes, first } = findSegments(nodeFiles, journal);
    if (first > 0) {
      const words = `the journal's first ${first} segments are not in ${place}, nor anywhere else: no`;
      return wrong(about, `${words} exchange starts here. Put them back.`);
    }
    const { bavail, bsize } = statfsSync(place);
    const free = Math.floor((bavail * bsize) / 1024 ** 2);
    const said = `${archived} segments in ${place}`;
    if (!isElsewhere) return good(about, said); // its disk is the journal's
    if (bavail * bsize >= SEGMENTS_FREE_MIN * segmentBytes) {
      return good(about, `${said}, ${free} MiB free there`);
    }
    return odd(about, `${said}, and ${free} MiB free: then segments stay beside the journal.`);
  } catch (error) {
    return wrong(about, wordsOf(error));
  }
}
