/** A shard on a directory with snapshots beside it, for tests: started, traded on, looked at. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Side } from "../../core/codes.ts";
import type { ShardOptions } from "../../core/limits.ts";
import { emptyState, makeFollower } from "../follower.ts";
import { nodeFiles } from "../journal/file-ops.ts";
import { openFileReader } from "../journal/file-reader.ts";
import { SEGMENT_BYTES_MIN } from "../journal/segments.ts";
import type { ShardConfig, ShellLog } from "../main.ts";
import {
  shardOnFiles,
  type Snapshots,
  type SnapshotsConfig,
  startSnapshots,
} from "../snapshot/main.ts";
import { Haste } from "../snapshot/spawn.ts";
import { type Driver, openMarket, quietLog, startDriver } from "./driver.ts";

export const OPTIONS: Partial<ShardOptions> = {
  accountsMax: 16,
  instrumentsMax: 16,
  ordersMax: 65_536,
  idsMax: 65_536,
};

export interface Beside {
  readonly journal: string;
  readonly snapshots: string;
}

export function besideIn(folder: string): Beside {
  return { journal: join(folder, "journal"), snapshots: join(folder, "snapshots") };
}

export interface Shop extends Driver {
  readonly taking: Snapshots;
  /** Places so many orders that rest, and some that trade. */
  trade(orders: number): Promise<void>;
}

/** Starts a shard that begins with a snapshot unless said otherwise. */
export async function openShop(
  { journal, snapshots }: Beside,
  config: Partial<ShardConfig> & { readonly databaseUrl?: string | null } = {},
  { retain = null, ...taking }: Partial<SnapshotsConfig> & { readonly retain?: number | null } = {},
): Promise<Shop> {
  const { databaseUrl = null, ...rest } = config;
  const driver = await startDriver(journal, {
    segmentBytes: SEGMENT_BYTES_MIN,
    options: OPTIONS,
    snapshots: { directory: snapshots, databaseUrl, begin: "snapshot" },
    ...rest,
  });
  if (driver.report.sequence === 0) await openMarket(driver);
  const { shard, status } = driver.handle;
  return {
    ...driver,
    taking: startSnapshots({
      shard,
      subject: shardOnFiles(status, journal, retain),
      snapshotDirectory: snapshots,
      log: quietLog,
      everyCommands: 1_000_000,
      haste: Haste.FULL, // other tests leave nothing over
      options: OPTIONS,
      databaseUrl: () => databaseUrl,
      ...taking,
    }),
    trade: async (orders) => {
      const first = driver.client.stats().sequence;
      const answers = Array.from({ length: orders }, (_, number) =>
        driver.place({
          id: `${first}-${number}`,
          side: number % 3 === 0 ? Side.ASK : Side.BID,
          account: 1 + (number % 2),
        }),
      );
      await Promise.all(answers);
    },
  };
}

/** What the whole journal hashes to, replayed by a follower from its first command. */
export async function hashOfJournal(journal: string): Promise<string> {
  const reader = openFileReader({
    files: nodeFiles,
    directory: journal,
    shard: 0,
    durable: () => Infinity,
    wait: async () => {},
  });
  const follower = makeFollower({ journal: reader, state: emptyState(OPTIONS) });
  await follower.catchUp();
  return `${follower.shard.sequence()} ${follower.shard.hash().text}`;
}

/** Turns one bit in the middle of the newest snapshot file, or of all of them. */
export function damage({ snapshots }: Beside, which: "newest" | "all"): void {
  const names = readdirSync(snapshots).filter((name) => name.includes(".snapshot"));
  const chosen = which === "all" ? names : [names.toSorted((a, b) => (a < b ? 1 : -1))[0]!];
  for (const name of chosen) {
    const bytes = readFileSync(join(snapshots, name));
    bytes[Math.floor(bytes.length / 2)]! ^= 16;
    writeFileSync(join(snapshots, name), bytes);
  }
}

/** A log that keeps what it is told. */
export function keptLog(): ShellLog & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (_: object, words: string): void => void lines.push(words);
  return { lines, info: keep, warn: keep, error: keep };
}
