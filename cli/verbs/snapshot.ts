/** `solebook snapshot`: what snapshots there are, whether they are good, and one more. */
import { existsSync } from "node:fs";
import { setPriority } from "node:os";
import { SHARD_OPTIONS_DEFAULT } from "../../engine/client/index.ts";
import { ShellError } from "../../engine/shell/errors.ts";
import { LEASE_MS_DEFAULT } from "../../engine/shell/journal/kafka/kafka.ts";
import type { KafkaAddress } from "../../engine/shell/journal/kafka/link.ts";
import { nodeFiles } from "../../engine/shell/journal/file-ops.ts";
import { journalIdIn } from "../../engine/shell/journal/read.ts";
import { requireJournal } from "../../engine/shell/journal/tools.ts";
import { openSnapshotDirectory } from "../../engine/shell/snapshot/directory.ts";
import { hashText } from "../../engine/shell/snapshot/format.ts";
import { KEEP_DEFAULT } from "../../engine/shell/snapshot/keep.ts";
import { NO_PACE, type Pace, threadPace } from "../../engine/shell/snapshot/pace.ts";
import { openPostgresSnapshots } from "../../engine/shell/snapshot/postgres.ts";
import type { SnapshotStore, StoredSnapshot } from "../../engine/shell/snapshot/store.ts";
import { verifySnapshot } from "../../engine/shell/snapshot/take.ts";
import { openSource } from "../../engine/shell/snapshot/source.ts";
import { takeBeside, takeNext, type TakerSettings } from "../../engine/shell/snapshot/taker.ts";
import { findDatabase } from "../../satellites/database/postgres.ts";
import { kafkaAt } from "../brokers.ts";
import { readArguments, readInteger } from "../arguments.ts";
import { config } from "../config.ts";
import { Failure, UsageError, wordsOf } from "../errors.ts";
import { DATA_DEFAULT } from "../exchange.ts";
import { JOURNAL_OPTIONS, journalDirectory, sequenceOf } from "../journal.ts";
import { write } from "../output.ts";
import { snapshotDirectory } from "../snapshots.ts";
import { SHARD_MAX, topicOf } from "../topic.ts";

const BEHIND_ORDERS = 10;

export const usage = `solebook snapshot list [--data DIR] [--shard N] [--json]
solebook snapshot verify [--sequence N] [--data DIR] [--shard N] [--json]
solebook snapshot create [--data DIR] [--shard N] [--json] [--brokers HOST:PORT,…] [--topic NAME]
                         [--at-full-speed]

A snapshot is what the exchange's books were at one sequence of the journal. \`solebook up\` takes them by
itself; the journal is the truth, and is whole without any. All three may be used while the exchange runs.

list shows what is kept, newest first, in files and in the database. verify reads each one back, loads it
and compares its hash; exit code 1 when one is bad. create takes one of what is durable now.

  --sequence N verify: only that one
  --data DIR   the exchange's data directory (${DATA_DEFAULT})
  --shard N    which shard's (0)
  --json       JSON: one line for each snapshot
  --brokers …  create: of a journal at Kafka, for \`solebook engine\`; DIR is that engine's then
  --topic NAME create: the shard's topic (solebook-shard-N)
  --at-full-speed
               create: while an exchange runs on DIR, or an engine may, one is taken slowly, so that orders
               go first: two minutes for a million. With this it is taken as fast as it goes

The database is the one DATABASE_URL names, else the exchange's own while it runs.
`;

export async function run(args: readonly string[]): Promise<void> {
  const [action, ...rest] = args;
  try {
    if (action === "list") await list(rest);
    else if (action === "verify") await verify(rest);
    else if (action === "create") await create(rest);
    else {
      const words = action === undefined ? "" : `, not "${action}"`;
      throw new UsageError(`snapshot takes list, verify or create${words}`);
    }
  } catch (error) {
    if (error instanceof ShellError) throw new Failure(error.message);
    throw error;
  }
}

interface Place {
  readonly directory: string;
  readonly journal: string;
  readonly snapshots: string;
  readonly shard: number;
  readonly databaseUrl: string | null;
}

/** One line of the list; sizes in bytes, times as text. */
interface Line {
  readonly sequence: number;
  readonly store: string;
  readonly takenAt: string | null;
  readonly hash: string | null;
  readonly behaviour: number | null;
  readonly bytes: number;
  readonly verified: boolean;
  /** What is wrong with it, as far as it was looked at; "" for nothing. */
  readonly damage: string;
}

async function list(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, { options: JOURNAL_OPTIONS });
  const place = placeOf(values);
  const lines = await withStores(place, async (stores) =>
    (await ours(place, stores)).map(({ store, snapshot }) => lineOf(store, snapshot)),
  );
  await show(lines, values.json, `no snapshots yet in ${place.snapshots}\n`);
}

async function verify(args: readonly string[]): Promise<void> {
  const options = { ...JOURNAL_OPTIONS, sequence: { type: "string" } } as const;
  const { values } = readArguments(args, { options });
  const wanted = sequenceOf("sequence", values.sequence, 0);
  const place = placeOf(values);
  const lines = await withStores(place, async (stores) => {
    const checked: Line[] = [];
    for (const { store, snapshot } of await ours(place, stores)) {
      if (wanted !== 0 && snapshot.sequence !== wanted) continue;
      const line = lineOf(store, snapshot);
      try {
        await verifySnapshot(store, snapshot, SHARD_OPTIONS_DEFAULT);
        checked.push({ ...line, verified: true });
      } catch (error) {
        checked.push({ ...line, verified: false, damage: wordsOf(error) });
      }
    }
    return checked;
  });
  if (lines.length === 0) throw new Failure(`there is no such snapshot in ${place.snapshots}`);
  await show(lines, values.json, "");
  const bad = lines.filter(({ verified }) => !verified).length;
  if (bad > 0) throw new Failure(`${bad} of ${lines.length} cannot be used; the journal can`);
}

async function create(args: readonly string[]): Promise<void> {
  const options = {
    ...JOURNAL_OPTIONS,
    brokers: { type: "string" },
    topic: { type: "string" },
    "at-full-speed": { type: "boolean", default: false },
  } as const;
  const { values } = readArguments(args, { options });
  const beside = values["at-full-speed"] ? () => NO_PACE : behindOrders;
  const place = placeOf(values);
  const settings = {
    shard: place.shard,
    snapshotDirectory: place.snapshots,
    databaseUrl: place.databaseUrl,
    options: SHARD_OPTIONS_DEFAULT,
    keep: KEEP_DEFAULT,
  };
  const taken = await (values.brokers === undefined
    ? takeOfFiles(settings, place.journal, beside)
    : takeOfTopic(settings, kafkaAt(values.brokers, "solebook-snapshot"), values.topic, beside));
  if (taken === null) {
    process.stderr.write("nothing happened since the last snapshot; there is no other\n");
    return;
  }
  const where = taken.copies > 0 ? "files and Postgres" : "files";
  await show([{ ...lineOf({ name: where }, taken.snapshot) }], values.json, "");
}

const warn = (words: string): void => void process.stderr.write(`${words}\n`);

/** Somebody trades beside: the disk and the processors are theirs first. */
function behindOrders(): Pace {
  try {
    setPriority(BEHIND_ORDERS);
  } catch {
    // the system does not let it: then the disk alone is spared
  }
  warn("taken slowly, so that orders go first; --at-full-speed does not wait");
  return threadPace();
}

async function takeOfFiles(settings: TakerSettings, journal: string, beside: () => Pace) {
  requireJournal(nodeFiles, journal);
  return takeBeside(settings, journal, warn, beside);
}

async function takeOfTopic(
  settings: TakerSettings,
  address: KafkaAddress,
  topic = topicOf(settings.shard),
  beside: () => Pace,
) {
  const at = { kind: "brokers", address, topic, leaseMs: LEASE_MS_DEFAULT } as const;
  const source = await openSource(nodeFiles, at, settings.shard);
  return takeNext({ settings, source, newCommandsMin: 1, pace: beside(), warn });
}

function placeOf({ data, shard }: { data: string; shard: string }): Place {
  const number = readInteger("shard", shard, 0, SHARD_MAX);
  if (!existsSync(data)) throw new Failure(`there is no data directory ${data}`);
  return {
    directory: data,
    journal: journalDirectory({ data, shard }),
    snapshots: snapshotDirectory(data, number),
    shard: number,
    databaseUrl: config.servers.postgres ?? findDatabase(data),
  };
}

async function withStores<T>(
  { snapshots, databaseUrl }: Place,
  use: (stores: readonly SnapshotStore[]) => Promise<T>,
): Promise<T> {
  const stores: SnapshotStore[] = [openSnapshotDirectory(nodeFiles, snapshots)];
  try {
    if (databaseUrl !== null) stores.push(await openPostgresSnapshots(databaseUrl));
  } catch (error) {
    process.stderr.write(`Postgres cannot be reached: ${wordsOf(error)}\n`);
  }
  try {
    return await use(stores);
  } finally {
    for (const store of stores) await store.close();
  }
}

interface Found {
  readonly store: SnapshotStore;
  readonly snapshot: StoredSnapshot;
}

/** All that lies beside the journal, and what is of this journal in the database. */
async function ours(place: Place, stores: readonly SnapshotStore[]): Promise<Found[]> {
  const journalId = await journalIdOf(place, stores);
  const found: Found[] = [];
  for (const store of stores) {
    for (const snapshot of await store.list(place.shard)) {
      const isOurs = journalId !== null && snapshot.head?.journalId.equals(journalId) === true;
      if (isOurs || !store.isShared) found.push({ store, snapshot });
    }
  }
  return found.toSorted((a, b) => b.snapshot.sequence - a.snapshot.sequence);
}

/** Where no journal is, as beside an engine of a cluster, or none that can be read, the newest file says. */
async function journalIdOf(place: Place, stores: readonly SnapshotStore[]): Promise<Buffer | null> {
  try {
    if (existsSync(place.journal)) return journalIdIn(nodeFiles, place.journal);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    process.stderr.write(`${error.message}\n`);
  }
  const own = (await stores.find(({ isShared }) => !isShared)?.list(place.shard)) ?? [];
  return own.find(({ head }) => head !== null)?.head?.journalId ?? null;
}

function lineOf({ name }: { readonly name: string }, snapshot: StoredSnapshot): Line {
  const { sequence, head, damage, isVerified, bytes } = snapshot;
  return {
    sequence,
    store: name,
    takenAt: head === null ? null : new Date(head.takenMs).toISOString(),
    hash: head === null ? null : hashText(head),
    behaviour: head?.behaviour ?? null,
    bytes,
    verified: isVerified,
    damage,
  };
}

async function show(lines: readonly Line[], json: boolean, none: string): Promise<void> {
  const text = lines.map((line) => (json ? `${JSON.stringify(line)}\n` : words(line))).join("");
  await write(process.stdout, text === "" && !json ? none : text);
}

function words({ sequence, store, takenAt, hash, bytes, verified, damage }: Line): string {
  const state = damage !== "" ? `BAD: ${damage}` : verified ? "verified" : "not verified yet";
  const taken = takenAt === null ? "?".padEnd(20) : `${takenAt.slice(0, 19)}Z`;
  const size =
    bytes < 1_048_576 ? `${Math.ceil(bytes / 1_024)} KiB` : `${Math.ceil(bytes / 1_048_576)} MiB`;
  const columns = [
    String(sequence).padStart(12),
    taken,
    (hash ?? "?").padEnd(16),
    size.padStart(8),
  ];
  return `${columns.join("  ")}  ${store.padEnd(8)}  ${state}\n`;
}
