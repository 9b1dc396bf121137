/**
 * The journal at a broker against a bare kafkajs producer: the same frames, one at a time, acks=all, to
 * one broker on this machine, in turns within one process. What the journal does more (checksums, hash
 * chain, the place of each append checked) may cost a fifth of the producer's speed at most.
 *
 * The rival is a little faster here than in a program of its own: in this process its connections do
 * not look for work each millisecond either (`engine/shell/journal/kafka/kafkajs.ts`).
 */
import { randomBytes } from "node:crypto";
import { startCluster } from "../../.ci/servers/kafka/cluster.ts";
import { CommandType } from "../../engine/core/codes.ts";
import { COMMAND_BYTES, COMMAND_F64, CommandF64, CommandU8 } from "../../engine/core/command.ts";
import { HEADER_BYTES } from "../../engine/shell/journal/frame.ts";
import { JOURNAL_START, type RemoteJournal } from "../../engine/shell/journal/journal.ts";
import { openKafkaJournal } from "../../engine/shell/journal/kafka/kafka.ts";
import { Kafka, logLevel } from "../../engine/shell/journal/kafka/kafkajs.ts";
import type { KafkaAddress } from "../../engine/shell/journal/kafka/link.ts";
import { makeTopic } from "../../engine/shell/journal/kafka/settings.ts";

export interface KafkaBenchSize {
  /** Appends of each size, in each round, by each of the two. */
  readonly appends: number;
  readonly rounds: number;
  /** Commands of a frame. */
  readonly counts: readonly number[];
}

export const KAFKA_BENCH: KafkaBenchSize = { appends: 400, rounds: 7, counts: [1, 42, 512] };
export const KAFKA_BENCH_TINY: KafkaBenchSize = { appends: 5, rounds: 2, counts: [1, 512] };

export interface KafkaBenchRow {
  readonly commands: number;
  readonly bytes: number;
  /** Medians over the rounds. */
  readonly journal_per_s: number;
  readonly bare_per_s: number;
  /** The journal's speed as a share of the producer's, median over the rounds. */
  readonly share: number;
}

export interface KafkaBenchResult {
  /** The least of the rows' shares. */
  readonly share_of_bare: number;
  readonly rows: readonly KafkaBenchRow[];
  /** Commands that stand in the journal afterwards: all that were appended. */
  readonly checksum: number;
}

const LEASE_MS = 30_000; // nobody else wants to write, and a busy machine is no reason to step down

/** Starts a broker of its own, and stops it. */
export async function benchKafka(size: KafkaBenchSize): Promise<KafkaBenchResult> {
  const cluster = await startCluster({ brokers: 1 });
  try {
    return await benchKafkaAt({ brokers: cluster.brokers, clientId: "solebook-bench" }, size);
  } finally {
    await cluster.stop();
  }
}

export async function benchKafkaAt(
  address: KafkaAddress,
  size: KafkaBenchSize,
): Promise<KafkaBenchResult> {
  const name = `bench-${randomBytes(6).toString("hex")}`;
  const [ours, theirs] = [`${name}-journal`, `${name}-bare`];
  for (const topic of [ours, theirs]) await makeTopic(address, topic, { replication: 1 });
  const writer = await openWriter(address, ours);
  const bare = await openBare(address, theirs);
  const rows: KafkaBenchRow[] = [];
  try {
    for (const count of size.counts) rows.push(await benchCount(writer, bare, count, size));
  } finally {
    writer.close();
    await bare.close();
  }
  const checksum = await countCommands(address, ours);
  const appended = size.counts.reduce((sum, count) => sum + count, 0);
  const expected = appended * size.appends * (size.rounds + 1);
  if (checksum !== expected) throw new Error(`${checksum} commands are there, not ${expected}`);
  return { share_of_bare: Math.min(...rows.map(({ share }) => share)), rows, checksum };
}

async function benchCount(
  writer: RemoteJournal,
  bare: Bare,
  count: number,
  { appends, rounds }: KafkaBenchSize,
): Promise<KafkaBenchRow> {
  const bytes = HEADER_BYTES + count * COMMAND_BYTES;
  const frame = randomBytes(bytes);
  const append = async (): Promise<void> => {
    fill(writer, count);
    const appended = await writer.append(count);
    if (appended.kind !== "durable") throw new Error(`${appended.kind}: ${appended.why}`);
  };
  const send = (): Promise<void> => bare.send(frame);
  await perSecond(append, appends); // both warm, and the topic's first segment made
  await perSecond(send, appends);
  const journal: number[] = [];
  const rival: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who is first changes, so that neither has the quieter half of the time.
    if (round % 2 === 0) journal.push(await perSecond(append, appends));
    rival.push(await perSecond(send, appends));
    if (round % 2 === 1) journal.push(await perSecond(append, appends));
  }
  return {
    commands: count,
    bytes,
    journal_per_s: Math.round(median(journal)),
    bare_per_s: Math.round(median(rival)),
    share: median(journal.map((speed, round) => speed / rival[round]!)),
  };
}

async function perSecond(work: () => Promise<void>, times: number): Promise<number> {
  const beganMs = performance.now();
  for (let i = 0; i < times; i++) await work();
  return (times * 1_000) / (performance.now() - beganMs);
}

function fill({ batch, nextSequence }: RemoteJournal, count: number): void {
  for (let i = 0; i < count; i++) {
    batch.u8[i * COMMAND_BYTES + CommandU8.type] = CommandType.CLOCK;
    batch.f64[i * COMMAND_F64 + CommandF64.sequence] = nextSequence() + i;
  }
}

async function openWriter(address: KafkaAddress, topic: string): Promise<RemoteJournal> {
  const journal = openKafkaJournal({
    address,
    topic,
    shard: 0,
    leaseMs: LEASE_MS,
    retainMs: null,
    monotonicMs: () => performance.now(),
  });
  const claimed = await journal.claim(JOURNAL_START);
  if (claimed.kind !== "durable") throw new Error(`${claimed.kind}: ${claimed.why}`);
  for await (const { place } of journal.read(JOURNAL_START)) return journal.openWriter(place);
  throw new Error("the claim is not there");
}

async function countCommands(address: KafkaAddress, topic: string): Promise<number> {
  const journal = openKafkaJournal({
    address,
    topic,
    shard: 0,
    leaseMs: LEASE_MS,
    retainMs: null,
    monotonicMs: () => performance.now(),
  });
  let commands = 0;
  for await (const { header } of journal.read(JOURNAL_START)) commands += header.count;
  return commands;
}

interface Bare {
  send(value: Buffer): Promise<void>;
  close(): Promise<void>;
}

async function openBare({ brokers, clientId }: KafkaAddress, topic: string): Promise<Bare> {
  const kafka = new Kafka({ brokers: [...brokers], clientId, logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  return {
    send: async (value) => {
      await producer.send({ topic, acks: -1, messages: [{ key: null, value }] });
    },
    close: () => producer.disconnect(),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
