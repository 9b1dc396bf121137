/**
 * `solebook engine`: one process of one shard of a cluster, with its journal at Kafka brokers. All
 * processes of a shard are alike: each follows, and whoever claims first after a lease of silence leads.
 */
import type { Logger } from "pino";
import { SHARD_OPTIONS_DEFAULT } from "../../engine/client/index.ts";
import { startClusterShard } from "../../engine/shell/cluster-shard.ts";
import { LEASE_MS_DEFAULT } from "../../engine/shell/journal/kafka/kafka.ts";
import type { KafkaAddress } from "../../engine/shell/journal/kafka/link.ts";
import { REPLICATION_DEFAULT, settleTopic } from "../../engine/shell/journal/kafka/settings.ts";
import type { ListeningHandle } from "../../engine/shell/listening.ts";
import { readArguments, readInteger } from "../arguments.ts";
import { kafkaAt } from "../brokers.ts";
import { listenUntil, openTopic } from "../cluster-role.ts";
import { config } from "../config.ts";
import { Failure, UsageError, wordsOf } from "../errors.ts";
import { ACCESS_USAGE } from "../kafka-access.ts";
import { RETAIN_ALL, requireRetainAll } from "../retain.ts";
import { EVERY_DEFAULT, EVERY_MAX, snapshotDirectory } from "../snapshots.ts";
import { makeLogger, stopAsked } from "../running.ts";
import { SHARD_MAX, topicOf, untilMade } from "../topic.ts";

const DATA_DEFAULT = "solebook-engine";
const HOST_DEFAULT = "127.0.0.1";
const LEASE_MS_MIN = 300;
const LEASE_MS_MAX = 60_000;
const REPLICATION_MAX = 9;

export const usage = `solebook engine --shard N [--standby] [--brokers HOST:PORT,…] [--topic NAME]
                [--host H] [--port N] [--lease-ms N] [--replication N]
                [--data DIR] [--snapshot-every N] [--retain all]

Runs one shard of a cluster until Ctrl-C. Its journal is a topic of Kafka's; start as many of these for a
shard as you like: one of them is the primary, the others follow it. When it has been silent for a lease, one
of them takes over; no acknowledged order is lost, and the old one acknowledges nothing more.

  --shard N        which shard (0 to ${SHARD_MAX})
  --standby        never begin a journal: wait until there is one, and follow. Without it an engine makes
                   the topic when there is none
  --brokers …      where Kafka is; else KAFKA_BROKERS says so
  --topic NAME     the shard's topic (solebook-shard-N)
  --host H         where it listens for gateways (${HOST_DEFAULT}); it asks nobody who he is, so name an address
                   of a network that you trust
  --port N         and on which port; any free one unless said otherwise
  --lease-ms N     how long it may be silent (${LEASE_MS_DEFAULT}); the same for all engines of a shard
  --replication N  copies of each record, at least (${REPLICATION_DEFAULT}); 1 is for trying out: a lost disk loses orders
  --data DIR       where its snapshots go (${DATA_DEFAULT}): a start begins with one instead of replaying
                   everything. Each engine has a directory of its own; copies go to Postgres (DATABASE_URL),
                   where engines find each other's
  --snapshot-every N
                   takes one after N commands (${EVERY_DEFAULT}); 0 takes none
  --retain all     of the topic, the only choice there is: a new gateway begins with its first record

The topic's settings are checked at each start; one by which acknowledged orders could be lost is refused.
${ACCESS_USAGE}SOLEBOOK_LOG_LEVEL (trace … fatal, silent) says how much is logged, as JSON lines on standard error.
`;

interface Wanted {
  readonly shard: number;
  readonly isStandby: boolean;
  readonly address: KafkaAddress;
  readonly topic: string;
  readonly host: string;
  readonly port: number;
  readonly leaseMs: number;
  readonly replication: number;
  readonly data: string;
  readonly snapshotEvery: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      shard: { type: "string" },
      standby: { type: "boolean", default: false },
      brokers: { type: "string" },
      topic: { type: "string" },
      host: { type: "string", default: HOST_DEFAULT },
      port: { type: "string", default: "0" },
      "lease-ms": { type: "string", default: String(LEASE_MS_DEFAULT) },
      replication: { type: "string", default: String(REPLICATION_DEFAULT) },
      data: { type: "string", default: DATA_DEFAULT },
      "snapshot-every": { type: "string", default: String(EVERY_DEFAULT) },
      retain: { type: "string", default: RETAIN_ALL },
    },
  });
  if (values.shard === undefined) throw new UsageError("--shard is missing");
  const shard = readInteger("shard", values.shard, 0, SHARD_MAX);
  requireRetainAll(values.retain, "gateway", "Give the brokers disks that hold it.");
  await live({
    shard,
    isStandby: values.standby,
    address: kafkaAt(values.brokers, `solebook-shard-${shard}`),
    topic: values.topic ?? topicOf(shard),
    host: values.host,
    port: readInteger("port", values.port, 0, 65_535),
    leaseMs: readInteger("lease-ms", values["lease-ms"], LEASE_MS_MIN, LEASE_MS_MAX),
    replication: readInteger("replication", values.replication, 1, REPLICATION_MAX),
    data: values.data,
    snapshotEvery: readInteger("snapshot-every", values["snapshot-every"], 0, EVERY_MAX),
  });
}

async function live(wanted: Wanted): Promise<void> {
  const asked = stopAsked().then(() => "stop" as const);
  const logger = makeLogger("info");
  const settled = await Promise.race([settle(wanted, logger), asked]);
  if (settled === "stop") return process.exit(0); // nothing was begun
  await listenUntil(asked, start(wanted, logger), wanted, {
    name: "engine",
    visitors: "gateways",
    host: wanted.host,
    stopped: "stopped; everything is in the journal",
  });
}

/** A topic that keeps what is acknowledged. A standby waits for somebody else to make it. */
async function settle(wanted: Wanted, logger: Logger): Promise<void> {
  const { isStandby, address, topic, replication } = wanted;
  try {
    if (isStandby) await untilMade(wanted, logger);
    await settleTopic(address, topic, { replication }, !isStandby);
  } catch (error) {
    throw new Failure(wordsOf(error));
  }
}

function start(wanted: Wanted, logger: Logger): ListeningHandle {
  const { shard, address, topic, host, port, leaseMs, data, snapshotEvery } = wanted;
  return startClusterShard({
    shard,
    journal: openTopic(wanted, leaseMs),
    leaseMs,
    host,
    port,
    log: logger,
    options: SHARD_OPTIONS_DEFAULT,
    snapshots: {
      directory: snapshotDirectory(data, shard),
      databaseUrl: config.servers.postgres,
      everyCommands: snapshotEvery,
      address,
      topic,
    },
  });
}
