/** A real broker for tests, topics on it, and a writer's life in three lines. */
import { randomBytes } from "node:crypto";
import { type KafkaCluster, startCluster } from "../../../.ci/servers/kafka/cluster.ts";
import { COMMAND_BYTES, COMMAND_F64, CommandF64, CommandU8 } from "../../core/command.ts";
import { CommandType } from "../../core/codes.ts";
import {
  type Appended,
  type ClaimableJournal,
  JOURNAL_START,
  type JournalFrame,
  type JournalPlace,
  type RemoteJournal,
} from "../journal/journal.ts";
import { type KafkaJournalOptions, openKafkaJournal } from "../journal/kafka/kafka.ts";
import { Kafka, logLevel } from "../journal/kafka/kafkajs.ts";
import { type KafkaAddress, openLink } from "../journal/kafka/link.ts";
import { makeTopic } from "../journal/kafka/settings.ts";
import { type Proxy, startProxy } from "./proxy.ts";

export interface TestBroker {
  readonly address: KafkaAddress;
  /** null when the broker is somebody else's. */
  readonly cluster: KafkaCluster | null;
  readonly proxy: Proxy | null;
  stop(): Promise<void>;
}

/** The broker that SOLEBOOK_TEST_KAFKA names (HOST:PORT), or one of our own. */
export async function startTestBroker(): Promise<TestBroker> {
  const named = process.env["SOLEBOOK_TEST_KAFKA"];
  if (named !== undefined) {
    const address = addressOf(named.split(","));
    return { address, cluster: null, proxy: null, stop: async () => {} };
  }
  const cluster = await startCluster({ brokers: 1 });
  return { address: addressOf(cluster.brokers), cluster, proxy: null, stop: cluster.stop };
}

/** One of our own, which clients reach through a proxy that meddles. */
export async function startMeddledBroker(): Promise<TestBroker & { readonly proxy: Proxy }> {
  let proxy: Proxy | null = null;
  const cluster = await startCluster({
    brokers: 1,
    advertise: async (port) => (proxy = await startProxy(port)).address,
  });
  const between = proxy as Proxy | null;
  if (between === null) throw new Error("nobody asked for a proxy");
  const stop = async (): Promise<void> => {
    await between.close();
    await cluster.stop();
  };
  return { address: addressOf([between.address]), cluster, proxy: between, stop };
}

export function addressOf(brokers: readonly string[]): KafkaAddress {
  return { brokers, clientId: "solebook-test" };
}

export async function newTopic(address: KafkaAddress, replication = 1): Promise<string> {
  const topic = `test-${randomBytes(6).toString("hex")}`;
  await makeTopic(address, topic, { replication });
  return topic;
}

/** Who leads, and who is in sync, as far as the first broker that answers knows. */
export async function partitionOf(
  { brokers }: KafkaAddress,
  topic: string,
): Promise<{ readonly leader: number; readonly isr: readonly number[] }> {
  const kafka = new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    requestTimeout: 2_000,
    retry: { retries: 5, initialRetryTime: 50 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions[0]!;
  } finally {
    await admin.disconnect();
  }
}

export const TEST_LEASE_MS = 1_500; // a machine that is busy with other tests still keeps it

export function openTest(
  address: KafkaAddress,
  topic: string,
  more: Partial<KafkaJournalOptions> = {},
): ClaimableJournal {
  return openKafkaJournal({
    address,
    topic,
    shard: 0,
    leaseMs: TEST_LEASE_MS,
    retainMs: null,
    monotonicMs: () => performance.now(),
    ...more,
  });
}

/** Claims and opens the writer, as a start does when nobody else wants to. */
export async function takeOver(
  journal: ClaimableJournal,
  from: JournalPlace = JOURNAL_START,
): Promise<RemoteJournal> {
  const before = await lastPlace(journal, from);
  const claimed = await journal.claim(before);
  if (claimed.kind !== "durable") throw new Error(`no claim: ${claimed.kind}, ${claimed.why}`);
  const place = await lastPlace(journal, before);
  if (!place.writerId.equals(journal.writerId)) throw new Error("somebody else's claim was first");
  return journal.openWriter(place);
}

export async function lastPlace(
  journal: ClaimableJournal,
  from: JournalPlace = JOURNAL_START,
): Promise<JournalPlace> {
  let place = from;
  for await (const frame of journal.read(from)) ({ place } = frame);
  return place;
}

/** CLOCK commands, whose stamps tell them apart, as the next batch; answers how many. */
export function fillClocks(
  journal: { readonly batch: RemoteJournal["batch"]; nextSequence(): number },
  count: number,
): number {
  const { u8, f64 } = journal.batch;
  f64.fill(0, 0, count * COMMAND_F64);
  for (let i = 0; i < count; i++) {
    const sequence = journal.nextSequence() + i;
    u8[i * COMMAND_BYTES + CommandU8.type] = CommandType.CLOCK;
    f64[i * COMMAND_F64 + CommandF64.sequence] = sequence;
    f64[i * COMMAND_F64 + CommandF64.stampUs] = sequence * 1_000;
  }
  return count;
}

export async function appendClocks(journal: RemoteJournal, count: number): Promise<Appended> {
  return journal.append(fillClocks(journal, count));
}

/** The records of a topic as they lie there, those that do not count too. */
export async function rawRecords(address: KafkaAddress, topic: string): Promise<Buffer[]> {
  const link = await openLink(address, topic, 0, 30_000);
  const values: Buffer[] = [];
  for (;;) {
    const { records, end } = await link.fetch(values.length, 0);
    for (const record of records) values.push(Buffer.from(record.value));
    if (values.length >= end) break;
  }
  link.close();
  return values;
}

export async function appendRaw(
  address: KafkaAddress,
  topic: string,
  values: readonly Buffer[],
): Promise<void> {
  const link = await openLink(address, topic, 0, 30_000);
  for (const value of values) await link.produce(value, 30_000);
  link.close();
}

export interface Copied {
  readonly header: JournalFrame["header"];
  readonly bytes: Buffer;
  readonly place: JournalPlace;
}

/** All frames of a reading, each with bytes of its own. */
export async function collect(frames: AsyncIterable<JournalFrame>): Promise<Copied[]> {
  const all: Copied[] = [];
  for await (const { header, bytes, place } of frames) {
    all.push({ header, place, bytes: Buffer.from(bytes.subarray(0, 128 + header.payloadBytes)) });
  }
  return all;
}
