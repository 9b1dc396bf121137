/** The data directory: whose it is, its room, how fast it syncs, its journals, its port. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ShellError } from "../../engine/shell/errors.ts";
import { isOwned } from "../../engine/shell/journal/lock.ts";
import { nodeFiles } from "../../engine/shell/journal/file-ops.ts";
import { findSegments, SEGMENT_BYTES_DEFAULT } from "../../engine/shell/journal/segments.ts";
import { verifyJournal } from "../../engine/shell/journal/tools.ts";
import { whyUnusable } from "../../gateway/port.ts";
import { codeOf, wordsOf } from "../errors.ts";
import { timeText } from "../journal.ts";
import { type Finding, good, odd, wrong } from "./finding.ts";

const SYNC_BYTES = 4_096;
const SYNCS = 60;
const SYNC_SLOW_MS = 10;
/** Faster than any disk that keeps what it is given. */
const SYNC_UNREAL_MS = 0.015;
const SEGMENTS_FREE_MIN = 4;
/** Journals longer than this are not read whole here: it would take more than some seconds. */
const VERIFY_BYTES_MAX = 2 * 1024 ** 3;
const CLOCK_BEHIND_MS = 5_000;
const NOT_DISKS: Readonly<Record<number, string>> = {
  0x01021994: "memory (tmpfs), which forgets everything when the machine stops",
  0x858458f6: "memory (ramfs), which forgets everything when the machine stops",
  0x6969: "NFS, where a lock and a sync may be less than they say",
  0xfe534d42: "SMB, where a lock and a sync may be less than they say",
};

/** The directory itself, or what it would be made in. */
function placeOf(directory: string): string {
  const path = resolve(directory);
  return existsSync(path) || dirname(path) === path ? path : placeOf(dirname(path));
}

export function lookAtDirectory(directory: string): Finding {
  const path = resolve(directory);
  const place = placeOf(path);
  if (!statSync(place).isDirectory()) {
    return wrong("data", `${place} is a file: name a directory with --data.`);
  }
  try {
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const user = process.getuid?.() ?? "this user";
    return wrong("data", `${place} is not for user ${user} to write (${codeOf(error)}).`);
  }
  if (place !== path) return good("data", `${path} is not there yet; \`solebook up\` makes it`);
  const token = join(path, "admin.token");
  if (process.platform !== "win32" && existsSync(token) && (statSync(token).mode & 0o077) !== 0) {
    return odd("data", `${token} opens the admin interface and others may read it: chmod 600.`);
  }
  return good("data", path);
}

export function lookAtOwner(directory: string): Finding {
  if (!existsSync(directory)) return good("owner", "nobody");
  try {
    return good("owner", isOwned(directory) ? "an exchange is running on it" : "nobody");
  } catch (error) {
    return wrong("owner", wordsOf(error));
  }
}

export function lookAtSpace(directory: string): Finding {
  const place = placeOf(directory);
  const { bavail, bsize, type } = statfsSync(place);
  const free = bavail * bsize;
  const said = `${Math.floor(free / 1024 ** 2)} MiB free`;
  const other = NOT_DISKS[type];
  if (free < SEGMENT_BYTES_DEFAULT) {
    return wrong("disk", `${said}: not enough for one segment of the journal. Make room.`);
  }
  if (other !== undefined) return odd("disk", `${place} is ${other}.`);
  if (free >= SEGMENTS_FREE_MIN * SEGMENT_BYTES_DEFAULT) return good("disk", said);
  return odd("disk", `${said}: when it is full, new orders are refused. Make room.`);
}

/** As the journal does it: 4 KB at a time, into a file that has its bytes already. */
export function lookAtSync(directory: string): Finding {
  const folder = mkdtempSync(join(placeOf(directory), ".doctor-"));
  try {
    const fd = openSync(join(folder, "probe"), "w", 0o600);
    const bytes = new Uint8Array(SYNC_BYTES).fill(1);
    writeSync(fd, new Uint8Array(SYNC_BYTES * SYNCS), 0, SYNC_BYTES * SYNCS, 0);
    fdatasyncSync(fd);
    const times: number[] = [];
    for (let i = 0; i < SYNCS; i++) {
      const began = performance.now();
      writeSync(fd, bytes, 0, SYNC_BYTES, i * SYNC_BYTES);
      fdatasyncSync(fd);
      times.push(performance.now() - began);
    }
    closeSync(fd);
    return syncWords(times.toSorted((a, b) => a - b));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function syncWords(times: readonly number[]): Finding {
  const half = times[times.length >> 1]!;
  const said = `4 KB durable in ${half.toFixed(2)} ms, at worst ${times.at(-1)!.toFixed(2)} ms`;
  if (half > SYNC_SLOW_MS) {
    return odd("sync", `${said}: every order waits for that. A local SSD takes a tenth of it.`);
  }
  if (half < SYNC_UNREAL_MS) {
    return odd("sync", `${said}: faster than a disk is, so what was synced may not survive.`);
  }
  return good("sync", said);
}

/** One finding per journal. */
export function lookAtJournals(directory: string): Finding[] {
  const folder = join(directory, "journal");
  const shards = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  if (shards.length === 0) return [good("journal", "none yet")];
  return shards.map((shard) => lookAtJournal(join(folder, shard), `journal ${shard}`));
}

function lookAtJournal(directory: string, about: string): Finding {
  try {
    const { segments, segmentBytes } = findSegments(nodeFiles, directory);
    if (segments === 0) return good(about, "empty");
    if (segments * segmentBytes > VERIFY_BYTES_MAX) {
      return odd(
        about,
        `${segments} segments, too long to be read now: \`solebook journal verify\`.`,
      );
    }
    const { commands, lastStampUs, unfinished } = verifyJournal(directory);
    const aheadMs = lastStampUs / 1_000 - Date.now();
    if (aheadMs > CLOCK_BEHIND_MS) {
      return odd(
        about,
        `its last command is of ${timeText(lastStampUs)}, which this clock has not reached: orders ` +
          "expire by the journal's time until it has. Check the clock.",
      );
    }
    if (unfinished === null) return good(about, `${commands} commands, whole`);
    const end = `${commands} commands, whole but for its end, where ${unfinished}`;
    if (isOwned(directory)) return good(about, end); // it is just being written
    return odd(
      about,
      `${end}. A start goes on from there; should anything acknowledged be missing, restore a copy first.`,
    );
  } catch (error) {
    return wrong(about, error instanceof ShellError ? error.message : wordsOf(error));
  }
}

export async function lookAtPort(directory: string, host: string, port: number): Promise<Finding> {
  const about = "port";
  const file = join(directory, "url");
  const url = existsSync(file) ? readFileSync(file, "utf8").trim() : null;
  if (url !== null && (await isReady(url))) return good(about, `an exchange answers at ${url}`);
  const why = await whyUnusable(host, port);
  return why === null ? good(about, `${port} on ${host} is free`) : wrong(about, `${why.message}.`);
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // what then holds the port is looked at next
  }
}
