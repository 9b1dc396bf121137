/**
 * A journal's topic, seen from outside: is it set up so that what is acknowledged stays? Asked at
 * each start and explained when not; made right when it is made new; and emptied from below when a
 * snapshot covers it and the setting for keeping it allows. Uses kafkajs's public admin client.
 */
import type { Admin } from "kafkajs";
import { ShellError, ShellErrorCode } from "../../errors.ts";
import { FRAME_BYTES_MAX } from "../frame.ts";
import { ConfigResourceTypes, Kafka, logLevel } from "./kafkajs.ts";
import type { KafkaAddress } from "./link.ts";
import { accessTrouble } from "./trouble.ts";

export interface TopicWishes {
  /** Copies of each record, at least; 1 is for trying out, where a lost disk loses acknowledged orders. */
  readonly replication: number;
}

export const REPLICATION_DEFAULT = 3;
/** A record carries some bytes of Kafka's own beside the frame. */
const MESSAGE_BYTES_MIN = FRAME_BYTES_MAX + 1_024;
const METADATA_MS_MAX = 30_000;
const ADMIN_MS_MAX = 30_000;

/** Of how many copies each record must be in before it counts: one of them may then be lost. */
function inSyncFor(replication: number): number {
  return replication === 1 ? 1 : Math.floor(replication / 2) + 1;
}

type Row = readonly [name: string, isRight: (value: string) => boolean, wish: string, why: string];

function topicRows(replication: number): readonly Row[] {
  const inSync = inSyncFor(replication);
  return [
    [
      "min.insync.replicas",
      (value) => Number(value) >= inSync,
      `at least ${inSync}`,
      "an order could be acknowledged that only one broker has",
    ],
    [
      "unclean.leader.election.enable",
      (value) => value === "false",
      "false",
      "a broker that lags behind could become the leader, and acknowledged orders would be gone",
    ],
    [
      "cleanup.policy",
      (value) => value === "delete",
      "delete",
      "compaction takes records out of the middle of the journal",
    ],
    [
      "retention.ms",
      (value) => Number(value) === -1,
      "-1",
      "Kafka would delete the journal by its age; only what a snapshot covers may go",
    ],
    [
      "retention.bytes",
      (value) => Number(value) === -1,
      "-1",
      "Kafka would delete the journal by its size; only what a snapshot covers may go",
    ],
    [
      "max.message.bytes",
      (value) => Number(value) >= MESSAGE_BYTES_MIN,
      `at least ${MESSAGE_BYTES_MIN}`,
      "a full batch would be refused",
    ],
  ];
}

const BROKER_ROWS: readonly Row[] = [
  [
    "auto.create.topics.enable",
    (value) => value === "false",
    "false",
    "a misspelt topic would be made on the spot, unreplicated, and taken for an empty journal",
  ],
];

/** null when there is no such topic; else what is wrong with it and its brokers, in words. */
export async function findWrongSettings(
  address: KafkaAddress,
  topic: string,
  wishes: TopicWishes,
): Promise<readonly string[] | null> {
  return withAdmin(address, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) return null;
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]?.partitions ?? [];
    const words: string[] = [];
    if (partitions.length !== 1) {
      words.push(
        `it has ${partitions.length} partitions; a journal has exactly one, for there is no order ` +
          "between partitions",
      );
    }
    const copies = Math.min(...partitions.map(({ replicas }) => replicas.length));
    if (copies < wishes.replication) {
      words.push(
        `each record has ${copies} copies; ${wishes.replication} were asked for. Reassign its ` +
          `replicas, or ask for ${copies} if you know what that risks`,
      );
    }
    const brokers = await brokerIds(admin);
    const settings = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        { type: ConfigResourceTypes.TOPIC, name: topic },
        ...brokers.map((name) => ({ type: ConfigResourceTypes.BROKER, name })),
      ],
    });
    for (const { resourceName, resourceType, configEntries } of settings.resources) {
      const isTopic = resourceType === ConfigResourceTypes.TOPIC;
      for (const [name, isRight, wish, why] of isTopic
        ? topicRows(wishes.replication)
        : BROKER_ROWS) {
        const value = configEntries.find(({ configName }) => configName === name)?.configValue;
        if (value === undefined || isRight(value)) continue;
        const whose = isTopic ? "" : ` of broker ${resourceName}`;
        words.push(`${name}${whose} is ${value} and must be ${wish}: ${why}`);
      }
    }
    return words;
  });
}

function unanswered(address: KafkaAddress, topic: string, error: unknown): ShellError {
  const what = accessTrouble(error, address) ?? "Check the address and that the brokers run";
  return new ShellError(
    ShellErrorCode.JOURNAL_UNAVAILABLE,
    `Kafka at ${address.brokers.join(", ")} cannot be asked about topic ${topic}: ` +
      `${error instanceof Error ? error.message : String(error)}. ${what}.`,
  );
}

/** Whether somebody has made it. Throws ShellError JOURNAL_UNAVAILABLE. */
export async function isMade(address: KafkaAddress, topic: string): Promise<boolean> {
  try {
    return (await findWrongSettings(address, topic, { replication: 1 })) !== null;
  } catch (error) {
    throw unanswered(address, topic, error);
  }
}

/**
 * Refuses a topic that would lose orders. Makes it when there is none, if `mayMake`: never when
 * somebody remembers a journal, for an empty one must not look like it.
 */
export async function settleTopic(
  address: KafkaAddress,
  topic: string,
  wishes: TopicWishes,
  mayMake: boolean,
): Promise<void> {
  let wrong: readonly string[] | null;
  try {
    wrong = await findWrongSettings(address, topic, wishes);
    if (wrong === null && mayMake) {
      await makeTopic(address, topic, wishes);
      wrong = await findWrongSettings(address, topic, wishes);
    }
  } catch (error) {
    throw unanswered(address, topic, error);
  }
  if (wrong === null) {
    throw new ShellError(
      ShellErrorCode.JOURNAL_FOREIGN,
      `there is no topic ${topic} at ${address.brokers.join(", ")}, but this shard had a journal. ` +
        "Bring that topic back, or begin a new exchange.",
    );
  }
  if (wrong.length === 0) return;
  throw new ShellError(
    ShellErrorCode.BROKER_SETTINGS,
    `topic ${topic} at ${address.brokers.join(", ")} could lose acknowledged orders:\n` +
      wrong.map((line) => `- ${line}.`).join("\n") +
      "\nChange it (kafka-configs.sh --alter), then start again.",
  );
}

export async function makeTopic(
  address: KafkaAddress,
  topic: string,
  { replication }: TopicWishes,
): Promise<void> {
  await withAdmin(address, async (admin) => {
    const settings = {
      "min.insync.replicas": String(inSyncFor(replication)),
      "unclean.leader.election.enable": "false",
      "cleanup.policy": "delete",
      "retention.ms": "-1",
      "retention.bytes": "-1",
      "max.message.bytes": String(Math.max(MESSAGE_BYTES_MIN, 1_048_588)), // Kafka's default
    };
    await admin.createTopics({
      waitForLeaders: false, // it races; asked for below instead
      topics: [
        {
          topic,
          numPartitions: 1,
          replicationFactor: replication,
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    const giveUpMs = performance.now() + METADATA_MS_MAX;
    while (performance.now() < giveUpMs && !(await hasLeader(admin, topic))) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
}

async function hasLeader(admin: Admin, topic: string): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const [partition] = topics[0]?.partitions ?? [];
    return partition !== undefined && partition.leader >= 0;
  } catch {
    return false; // not known yet where we asked
  }
}

async function brokerIds(admin: Admin): Promise<string[]> {
  const { brokers } = await admin.describeCluster();
  return brokers.map(({ nodeId }) => String(nodeId));
}

export interface ArchiveOptions {
  readonly address: KafkaAddress;
  readonly topic: string;
  readonly retainMs: number | null;
}

/**
 * Deletes records below `position` that are older than `retainMs`. With null nothing goes: the topic
 * itself is the archive.
 */
export async function archiveRecords(options: ArchiveOptions, position: number): Promise<void> {
  const { address, topic, retainMs } = options;
  if (retainMs === null) return;
  await withAdmin(address, async (admin) => {
    const [young] = await admin.fetchTopicOffsetsByTimestamp(topic, Date.now() - retainMs);
    const [bounds] = await admin.fetchTopicOffsets(topic); // deleting needs it asked first
    const below = Math.min(position, Number(young?.offset ?? 0));
    if (bounds === undefined || below <= Number(bounds.low)) return;
    const partitions = [{ partition: 0, offset: String(below) }];
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

async function withAdmin<T>(address: KafkaAddress, work: (admin: Admin) => Promise<T>): Promise<T> {
  const { brokers, clientId, ssl, sasl } = address;
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } }), // it is written to
    logLevel: logLevel.NOTHING,
    requestTimeout: ADMIN_MS_MAX,
    retry: { retries: brokers.length + 2, initialRetryTime: 100 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => {}); // its sockets are gone then, one way or the other
  }
}
