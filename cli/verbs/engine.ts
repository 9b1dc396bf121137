/**
 * `solebook engine`: one engine process of a cluster, standby or primary of a shard, whichever it is at
 * the time. Wiring only.
 */
import { startClusterShard } from "../../engine/shell/cluster-shard.ts";
import { LEASE_MS_DEFAULT, openKafkaJournal } from "../../engine/shell/journal/kafka/kafka.ts";
import { REPLICATION_DEFAULT, settleTopic } from "../../engine/shell/journal/kafka/settings.ts";
import { readAddress, readArguments, readInteger } from "../arguments.ts";
import { config } from "../config.ts";
import { Failure, UsageError, wordsOf } from "../errors.ts";
import { makeLogger, stopAsked } from "../role.ts";

const SHARD_MAX = 63;
const LEASE_MS_MIN = 300;
const LEASE_MS_MAX = 60_000;

export const usage = `solebook engine --shard N --listen HOST:PORT [--kafka HOST:PORT,…]
            [--topic NAME] [--new] [--replication N] [--lease-ms N]

Runs one engine of a shard whose journal is at Kafka brokers: it follows the journal, and
takes over when whoever writes it has been silent for a lease. Run two or more for each shard.
Gateways reach it at HOST:PORT, over gRPC, without encryption: loopback, or a network that
is trusted. Ctrl-C stops it cleanly, and another takes over.

  --shard N          which shard, from 0
  --listen HOST:PORT where gateways reach it; port 0 takes any free one
  --kafka LIST       the brokers; KAFKA_BROKERS when not said
  --topic NAME       the journal's topic (solebook-shard-N)
  --new              makes the topic where there is none: for the first start of an exchange only
  --replication N    copies of each record, at least (${REPLICATION_DEFAULT}); with 1 a lost disk loses orders
  --lease-ms N       silence before another takes over (${LEASE_MS_DEFAULT}); the same for all of a shard
`;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      shard: { type: "string" },
      listen: { type: "string" },
      kafka: { type: "string" },
      topic: { type: "string" },
      new: { type: "boolean" },
      replication: { type: "string", default: String(REPLICATION_DEFAULT) },
      "lease-ms": { type: "string", default: String(LEASE_MS_DEFAULT) },
    },
  });
  if (values.shard === undefined) throw new UsageError("--shard is missing");
  if (values.listen === undefined) throw new UsageError("--listen is missing");
  const shard = readInteger("shard", values.shard, 0, SHARD_MAX);
  const { host, port } = readAddress("listen", values.listen, 0);
  const kafka = values.kafka ?? config.servers.kafka;
  if (kafka === null) throw new UsageError("--kafka is missing, and KAFKA_BROKERS is not set");
  const brokers = kafka.split(",");
  for (const broker of brokers) readAddress("kafka", broker, 1);
  const replication = readInteger("replication", values.replication, 1, 9);
  const leaseMs = readInteger("lease-ms", values["lease-ms"], LEASE_MS_MIN, LEASE_MS_MAX);
  const topic = values.topic ?? `solebook-shard-${shard}`;
  const asked = stopAsked();
  const log = makeLogger();
  const address = { brokers, clientId: `solebook-engine-${shard}` };
  await settleTopic(address, topic, { replication }, values.new === true).catch(fail);
  const monotonicMs = (): number => performance.now();
  const journal = openKafkaJournal({
    address,
    topic,
    shard,
    leaseMs,
    retainMs: null,
    monotonicMs,
  });
  const engine = startClusterShard({ shard, journal, leaseMs, host, port, log });
  const { port: bound } = await engine.listening.catch(fail);
  process.stdout.write(`engine of shard ${shard} at ${host}:${bound}; Ctrl-C stops it\n`);
  const broke = await Promise.race([asked.then(() => null), engine.ended]);
  await engine.stop();
  const end = broke ?? (await engine.ended);
  if (end !== null) throw new Failure(end.message);
  process.stdout.write("stopped; everything acknowledged is in the journal\n");
}

function fail(error: unknown): never {
  throw new Failure(wordsOf(error));
}
