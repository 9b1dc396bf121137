/**
 * `solebook up`: the whole exchange in one process. Wiring only: who owns the directory, the shard's
 * thread, the registry, the gateway, and how they end together.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Logger } from "pino";
import { openRingClient, SHARD_OPTIONS_DEFAULT } from "../../engine/client/index.ts";
import { type RecoveryReport, type ShardHandle, startShard } from "../../engine/shell/main.ts";
import { placeArchive } from "../../engine/shell/journal/archive-place.ts";
import { openPast, type Past } from "../../engine/shell/past/main.ts";
import { type GatewayHandle, startGateway } from "../../gateway/main.ts";
import type { SessionLimits } from "../../gateway/session/limits.ts";
import { openLocalRegistry } from "../../gateway/registry/local.ts";
import { modelsOn } from "../../satellites/catalog/models.ts";
import { readArguments, readInteger } from "../arguments.ts";
import { config } from "../config.ts";
import { whyLost } from "../doctor/registry.ts";
import { Failure, wordsOf } from "../errors.ts";
import { DATA_DEFAULT } from "../exchange.ts";
import { LIMIT_OPTIONS, LIMIT_USAGE, readLimits } from "../limits.ts";
import { type Reach, reachOf } from "../reach.ts";
import { adminToken, makeLogger, ownData, ownSealer, stopAsked } from "../running.ts";
import {
  EVERY_DEFAULT,
  EVERY_MAX,
  keepSnapshots,
  type KeptSnapshots,
  snapshotDirectory,
} from "../snapshots.ts";
import { RETAIN_ALL, requireRetainAll } from "../retain.ts";
import { serveMatchStream, type ServedStream } from "../match-stream.ts";
import { startTraders, type Traders } from "../traders.ts";
import { version } from "../version.ts";

const PORT_DEFAULT = 8787;
const HOST_DEFAULT = "127.0.0.1";
const RATE_DEFAULT = 20;
const RATE_MAX = 2_000;

export const usage = `solebook up [--data DIR] [--port N] [--host H] [--no-traders]
            [--traders-rate N] [--match-stream PORT] [--snapshot-every N] [--database]
            [--archive DIR] [--retain all] [--orders-per-address N] …

Starts the exchange and prints where it listens; Ctrl-C stops it cleanly. Everything it knows is in
DIR: started again on the same directory, it goes on where it was, however it ended.

  --data DIR     where everything is kept (${DATA_DEFAULT}); made if missing
  --port N       ${PORT_DEFAULT} unless said otherwise; 0 takes any free one
  --host H       ${HOST_DEFAULT}, so that only this machine can reach it; 0.0.0.0: others, too, to look;
                 a browser there logs on over HTTPS only, which is a proxy's to add. Admin is for this machine
  --no-traders   without the simulated traders, who otherwise trade on the products it begins with
  --traders-rate N
                 about how many trades a second they make (${RATE_DEFAULT}, at most ${RATE_MAX})
  --match-stream PORT
                 serves every event of the shard over gRPC, to programs of this machine: off unless
                 asked for, as it keeps a second copy of all books; 0 takes any free port
${LIMIT_USAGE}
  --snapshot-every N
                 takes a snapshot of the books after N commands (${EVERY_DEFAULT}) and when it is stopped;
                 0 takes none. See \`solebook help snapshot\`
  --archive DIR  where the journal's older segments go once a snapshot covers them, on another disk as a
                 rule; said once, it stays so. Else they go to a folder beside the others. Every start
                 and every verb reads them there, as the truth begins with the first of them
  --retain all   of the journal, the only choice there is: the exchange's books, fills and charts are made
                 of every command since the first, so that nothing of it may be deleted
  --database     starts a Postgres of its own in DIR, which gets a copy of each snapshot; never when
                 DATABASE_URL names one. Off unless asked for, until more of the exchange needs one

DIR/admin.token opens the admin interface and DIR/url says where it is; the other verbs read both.
DIR/secrets.key opens the secrets of HMAC keys, unless SOLEBOOK_SECRETS_KEY is set: back up the two apart.
DIR/match-stream.address says where the match stream is served, while it is.
SOLEBOOK_LOG_LEVEL (trace … fatal, silent) says how much is logged, as JSON lines on standard error.
REDIS_URL is for the gateways of a cluster (\`solebook help gateway\`); the one gateway of this exchange
counts its limits and used signatures by itself.
`;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      data: { type: "string", default: DATA_DEFAULT },
      port: { type: "string", default: String(PORT_DEFAULT) },
      host: { type: "string", default: HOST_DEFAULT },
      "no-traders": { type: "boolean" },
      "traders-rate": { type: "string", default: String(RATE_DEFAULT) },
      "match-stream": { type: "string" },
      "snapshot-every": { type: "string", default: String(EVERY_DEFAULT) },
      database: { type: "boolean" },
      archive: { type: "string" },
      retain: { type: "string", default: RETAIN_ALL },
      ...LIMIT_OPTIONS,
    },
  });
  const port = readInteger("port", values.port, 0, 65_535);
  const rate = readInteger("traders-rate", values["traders-rate"], 1, RATE_MAX);
  const tradersRate = values["no-traders"] === true ? 0 : rate;
  const stream = values["match-stream"];
  const streamPort = stream === undefined ? null : readInteger("match-stream", stream, 0, 65_535);
  const snapshotEvery = readInteger("snapshot-every", values["snapshot-every"], 0, EVERY_MAX);
  const wantsDatabase = values.database === true;
  const directory = resolve(values.data);
  const { host } = values;
  const limits = readLimits(values);
  requireRetainAll(values.retain, "up", "--archive DIR moves what is old to another disk.");
  const places = { directory, host, port, streamPort, archive: values.archive ?? null };
  await live({ ...places, tradersRate, snapshotEvery, wantsDatabase, limits });
}

interface Wanted {
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  /** Trades a second; 0: no simulated traders. */
  readonly tradersRate: number;
  /** null: no match stream. */
  readonly streamPort: number | null;
  /** Where segments behind snapshots go; null: where they went before, or beside the others. */
  readonly archive: string | null;
  /** Commands between two snapshots; 0: none are taken. */
  readonly snapshotEvery: number;
  readonly wantsDatabase: boolean;
  readonly limits: Partial<SessionLimits>;
}

async function live(wanted: Wanted): Promise<void> {
  const { directory, host, tradersRate } = wanted;
  const owner = ownData(directory);
  const asked = stopAsked();
  const logger = makeLogger("warn");
  let traders: Traders | undefined;
  try {
    const exchange = await start(wanted, logger);
    const reach = reachOf(host, exchange.gateway.port);
    writeFileSync(join(directory, "url"), `${reach.here}\n`);
    if (tradersRate > 0 && reach.isAdminServed) {
      traders = startTraders(directory, tradersRate, logger);
    }
    print(directory, exchange, reach, tradersRate);
    const broke = await Promise.race([asked.then(() => null), exchange.shard.ended]);
    if (broke === null) process.stdout.write("stopping: nothing new is taken, what came is kept\n");
    await traders?.stop();
    await exchange.gateway.close();
    await exchange.past.stop();
    await exchange.shard.stop();
    await exchange.stream?.stop();
    const end = await exchange.shard.ended;
    await exchange.snapshots.stop(end === null);
    rmSync(join(directory, "url"), { force: true });
    if (end !== null) throw new Failure(end.message);
    process.stdout.write("stopped; everything is in the journal\n");
  } finally {
    await traders?.stop();
    owner.release();
  }
}

interface Exchange {
  readonly shard: ShardHandle;
  readonly past: Past;
  readonly gateway: GatewayHandle;
  readonly report: RecoveryReport;
  readonly stream: ServedStream | null;
  readonly snapshots: KeptSnapshots;
}

async function start(wanted: Wanted, logger: Logger): Promise<Exchange> {
  const { directory, host, port, streamPort } = wanted;
  const journal = join(directory, "journal", "shard-0");
  settleJournal(wanted, journal);
  const registry = openLocalRegistry({
    dataDir: directory,
    shards: 1,
    seed: modelsOn(new Date().toISOString().slice(0, 10)),
    accountsMax: SHARD_OPTIONS_DEFAULT.accountsMax,
    instrumentsMax: SHARD_OPTIONS_DEFAULT.instrumentsMax,
    sealer: ownSealer(directory),
  });
  const shard = startShard({
    shard: 0,
    directory: journal,
    log: logger,
    journalId: registry.journalId(0),
    // From the first command: the gateway's views are made of all that ever happened.
    snapshots: { directory: snapshotDirectory(directory, 0), databaseUrl: null, begin: "journal" },
  });
  const client = openRingClient(shard);
  const past = openPast({
    shard: 0,
    directory: journal,
    status: shard.status,
    options: SHARD_OPTIONS_DEFAULT,
  });
  const opening = startGateway({
    host,
    port,
    clients: [client],
    stored: [past],
    registry,
    adminToken: adminToken(directory),
    proxies: config.trustedProxies,
    logger,
    version: version(),
    limits: wanted.limits,
  });
  try {
    // A shard that cannot start says why better than a gateway that has no shard.
    const [report, gateway] = await Promise.all([shard.ready, opening]);
    // What was listed is in the journal by now: from here on the two belong together.
    registry.bindJournals([report.journalId]);
    const parts = { shard, client, directory, journal, log: logger };
    const stream =
      streamPort === null ? null : await serveMatchStream({ ...parts, port: streamPort });
    const { snapshotEvery: every, wantsDatabase } = wanted;
    const snapshots = keepSnapshots({ ...parts, every, wantsDatabase });
    return { shard, past, gateway, report, stream, snapshots };
  } catch (error) {
    const opened = await opening.catch(() => null);
    await opened?.close();
    await past.stop();
    await shard.stop();
    const broke = await shard.ended;
    throw new Failure(broke?.message ?? wordsOf(error));
  }
}

/** Before anything of it is read. */
function settleJournal({ directory, archive }: Wanted, journal: string): void {
  const lost = whyLost(directory);
  if (lost !== null) throw new Failure(lost);
  try {
    if (archive !== null) placeArchive(journal, archive);
  } catch (error) {
    throw new Failure(wordsOf(error));
  }
}

function print(
  directory: string,
  { report, stream }: Exchange,
  reach: Reach,
  tradersRate: number,
): void {
  const shown = relative(process.cwd(), directory) || ".";
  const kept =
    report.commands === 0
      ? "new"
      : `${report.commands.toLocaleString("en")} commands replayed in ${report.seconds.toFixed(1)} s`;
  process.stdout.write(
    `Solebook ${version()}\n\n` +
      `  open     ${reach.here}\n` +
      othersLine(reach) +
      `  data     ${shown.startsWith("..") ? directory : shown} (${kept})\n` +
      `  traders  ${tradersWords(reach, tradersRate)}\n` +
      (stream === null ? "" : `  events   ${stream.address} (gRPC)\n`) +
      `  next     npx solebook help\n\n` +
      "Ctrl-C stops it.\n",
  );
}

/** Where others were asked in, what they can open, and what they cannot do there. */
function othersLine({ elsewhere, isShared }: Reach): string {
  if (!isShared) return "";
  const where = elsewhere ?? "no address of this machine is known to others";
  return `  others   ${where} (to look at: logging on needs HTTPS, or this machine)\n`;
}

function tradersWords({ isAdminServed }: Reach, tradersRate: number): string {
  if (tradersRate === 0) return "none simulated";
  // Their keys come from the admin interface, which this machine's own address alone is given.
  return isAdminServed
    ? `simulated, some ${tradersRate} trades a second`
    : "none: they and `solebook key` need this machine's own address, as with --host 0.0.0.0";
}
