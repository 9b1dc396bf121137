/**
 * `solebook match-stream`: every event of one shard of a cluster, over gRPC, for satellites and whoever
 * else wants to hear. It follows the journal by itself, whoever leads the shard.
 */
import type { Logger } from "pino";
import { SHARD_OPTIONS_DEFAULT } from "../../engine/client/index.ts";
import { LEASE_MS_DEFAULT } from "../../engine/shell/journal/kafka/kafka.ts";
import type { KafkaAddress } from "../../engine/shell/journal/kafka/link.ts";
import type { ListeningHandle } from "../../engine/shell/listening.ts";
import { startTopicStream } from "../../engine/shell/match-stream/of-topic.ts";
import { readArguments, readInteger } from "../arguments.ts";
import { kafkaAt } from "../brokers.ts";
import { listenUntil, openTopic } from "../cluster-role.ts";
import { config } from "../config.ts";
import { Failure, UsageError, wordsOf } from "../errors.ts";
import { ACCESS_USAGE } from "../kafka-access.ts";
import { makeLogger, stopAsked } from "../running.ts";
import { snapshotDirectory } from "../snapshots.ts";
import { SHARD_MAX, topicOf, untilMade } from "../topic.ts";

const DATA_DEFAULT = "solebook-match-stream";
const HOST_DEFAULT = "127.0.0.1";

export const usage = `solebook match-stream --shard N [--brokers HOST:PORT,…] [--topic NAME]
                      [--host H] [--port N] [--data DIR]

Serves every event of one shard of a cluster in order, over gRPC (solebook.match.v1), until Ctrl-C. It reads
the journal as a standby does, through takeovers, and costs the engines nothing; start as many as you like.
A reader that breaks off resumes at its next sequence, at this server or another one.

  --shard N     which shard (0 to ${SHARD_MAX})
  --brokers …   where Kafka is; else KAFKA_BROKERS says so
  --topic NAME  the shard's topic (solebook-shard-N); it is waited for until an engine has made it
  --host H      where it listens (${HOST_DEFAULT}); it asks no reader who he is, so name an address of a
                network that you trust
  --port N      and on which port; any free one unless said otherwise
  --data DIR    snapshots of its own to begin with, if there are any (${DATA_DEFAULT}); those that
                engines have copied to Postgres (DATABASE_URL) do as well

${ACCESS_USAGE}SOLEBOOK_LOG_LEVEL (trace … fatal, silent) says how much is logged, as JSON lines on standard error.
`;

interface Wanted {
  readonly shard: number;
  readonly address: KafkaAddress;
  readonly topic: string;
  readonly host: string;
  readonly port: number;
  readonly data: string;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      shard: { type: "string" },
      brokers: { type: "string" },
      topic: { type: "string" },
      host: { type: "string", default: HOST_DEFAULT },
      port: { type: "string", default: "0" },
      data: { type: "string", default: DATA_DEFAULT },
    },
  });
  if (values.shard === undefined) throw new UsageError("--shard is missing");
  const shard = readInteger("shard", values.shard, 0, SHARD_MAX);
  await live({
    shard,
    address: kafkaAt(values.brokers, `solebook-match-stream-${shard}`),
    topic: values.topic ?? topicOf(shard),
    host: values.host,
    port: readInteger("port", values.port, 0, 65_535),
    data: values.data,
  });
}

async function live(wanted: Wanted): Promise<void> {
  const asked = stopAsked().then(() => "stop" as const);
  const logger = makeLogger("info");
  const made = untilMade(wanted, logger);
  try {
    if ((await Promise.race([made, asked])) === "stop") return process.exit(0); // nothing was begun
  } catch (error) {
    throw new Failure(wordsOf(error));
  }
  await listenUntil(asked, start(wanted, logger), wanted, {
    name: "match stream",
    visitors: "readers",
    host: wanted.host,
    stopped: "stopped",
  });
}

function start(wanted: Wanted, logger: Logger): ListeningHandle {
  const { shard, host, port, data } = wanted;
  return startTopicStream({
    shard,
    journal: openTopic(wanted, LEASE_MS_DEFAULT),
    snapshotDirectory: snapshotDirectory(data, shard),
    databaseUrl: config.servers.postgres,
    host,
    port,
    log: logger,
    options: SHARD_OPTIONS_DEFAULT,
  });
}
