/**
 * One connection to the leader of a journal's partition, to be thrown away at the first error. It
 * knows records, not frames.
 *
 * It uses kafkajs below its producer and consumer: those hide what a journal must know (whether a
 * request left, which broker answered, where a partition begins), retry by themselves, and follow a
 * partition by way of a group whose coordinator is one more thing to fail (`kafkajs.ts`).
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { SASLOptions } from "kafkajs";
import {
  Cluster,
  type KafkaJsBroker,
  type KafkaJsCluster,
  silentLogger,
  type SocketOptions,
} from "./kafkajs.ts";

export interface KafkaAddress {
  /** HOST:PORT each; any of them leads to the others. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: ConnectionOptions;
  readonly sasl?: SASLOptions;
}

export interface KafkaRecord {
  readonly offset: number;
  readonly value: Buffer;
}

export interface Fetched {
  readonly records: readonly KafkaRecord[];
  /** The first offset that is not known to be in all in-sync copies; may be stale, never too high. */
  readonly end: number;
}

export interface Link {
  /** Appends one record with acks=all and answers its offset. */
  produce(value: Buffer, timeoutMs: number): Promise<number>;
  /** Records from `offset` on; waits up to `waitMs` when there is none yet. */
  fetch(offset: number, waitMs: number): Promise<Fetched>;
  /** The first offset that is still there, and the one behind the last. */
  bounds(): Promise<{ readonly first: number; readonly end: number }>;
  /** Cuts every connection at once, whatever is under way on it. */
  close(): void;
}

/** How a link is opened: `openLink` below, unless a test has a broker of its own. */
export type OpenLink = (
  address: KafkaAddress,
  topic: string,
  turn: number,
  timeoutMs: number,
) => Promise<Link>;

/** How long kafkajs waits for an answer before it says so; the callers have deadlines of their own. */
const REQUEST_MS_MAX = 5_000;
const FETCH_BYTES_MAX = 8 * 1024 * 1024;
const READ_UNCOMMITTED = 0;
const PARTITION = 0; // a topic of its own per shard, so that a reader gets its shard and nothing else

/** Offsets are 64 bits in Kafka and exact numbers here, up to 2^53. */
function offsetOf(text: string): number {
  const offset = Number(text);
  if (!Number.isSafeInteger(offset)) throw new Error(`offset ${text} is beyond exact numbers`);
  return offset;
}

/**
 * Finds the leader, beginning at the broker at `turn` of the list, and connects to it; within
 * `timeoutMs`, or it throws and nothing is left open.
 */
export async function openLink(
  address: KafkaAddress,
  topic: string,
  turn: number,
  timeoutMs: number,
): Promise<Link> {
  const { brokers, sasl, ...rest } = address;
  const first = turn % brokers.length;
  const sockets = new Set<Socket>();
  let isClosed = false;
  const cluster = new Cluster({
    ...rest,
    ...(sasl === undefined ? {} : { sasl: { ...sasl } }), // it is written to
    brokers: [...brokers.slice(first), ...brokers.slice(0, first)],
    connectionTimeout: timeoutMs,
    authenticationTimeout: timeoutMs,
    requestTimeout: REQUEST_MS_MAX,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    retry: { retries: 0 },
    allowAutoTopicCreation: false,
    isolationLevel: READ_UNCOMMITTED,
    logger: silentLogger(),
    socketFactory: (options) => {
      if (isClosed) throw new Error("this link is closed");
      const socket = makeSocket(options);
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      return socket;
    },
  });

  function close(): void {
    isClosed = true;
    // With an error, for kafkajs takes notice of nothing else: what is under way is then rejected.
    for (const socket of sockets) socket.destroy(new Error("the link was thrown away"));
  }

  try {
    const broker = await within(timeoutMs, "finding the leader", findLeader(cluster, topic));
    return { ...verbs(cluster, broker, topic), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function findLeader(cluster: KafkaJsCluster, topic: string): Promise<KafkaJsBroker> {
  await cluster.connect();
  await cluster.addTargetTopic(topic);
  const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [PARTITION]));
  if (leader === undefined) throw new Error(`topic ${topic} has no partition ${PARTITION}`);
  return cluster.findBroker({ nodeId: leader });
}

function verbs(cluster: KafkaJsCluster, broker: KafkaJsBroker, topic: string): Omit<Link, "close"> {
  return {
    produce: async (value, timeoutMs) => {
      const messages = [{ key: null, value, headers: {} }];
      const partitions = [{ partition: PARTITION, firstSequence: 0, messages }];
      const answer = await broker.produce({
        acks: -1,
        timeout: timeoutMs,
        topicData: [{ topic, partitions }],
      });
      return offsetOf(answer.topics[0]!.partitions[0]!.baseOffset);
    },
    fetch: async (offset, waitMs) => {
      const request = {
        partition: PARTITION,
        fetchOffset: String(offset),
        maxBytes: FETCH_BYTES_MAX,
      };
      const answer = await broker.fetch({
        isolationLevel: READ_UNCOMMITTED,
        maxWaitTime: waitMs,
        minBytes: 1,
        maxBytes: FETCH_BYTES_MAX,
        topics: [{ topic, partitions: [request] }],
      });
      const partition = answer.responses[0]?.partitions[0];
      if (partition === undefined) return { records: [], end: offset };
      const records: KafkaRecord[] = [];
      for (const message of partition.messages) {
        const at = offsetOf(message.offset);
        if (at >= offset) records.push({ offset: at, value: message.value ?? Buffer.alloc(0) });
      }
      return { records, end: offsetOf(partition.highWatermark) };
    },
    bounds: async () => {
      const partitions = [{ partition: PARTITION }];
      const [low] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: true }]);
      const [high] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: false }]);
      return {
        first: offsetOf(low!.partitions[0]!.offset),
        end: offsetOf(high!.partitions[0]!.offset),
      };
    },
  };
}

/** Rejects after `timeoutMs`; what was waited for may still go on, and is not heard any more. */
export async function within<T>(timeoutMs: number, doing: string, work: Promise<T>): Promise<T> {
  work.catch(() => {}); // after the time is over nobody else hears it
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    const late = (): void => reject(new Error(`${doing} took longer than ${timeoutMs} ms`));
    timer = setTimeout(late, Math.max(timeoutMs, 1));
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What a broker answers when it certainly appended nothing. Anything else leaves it in doubt, also that it
 * is no leader or knows no such topic: so answers, too, one that was deposed while it waited for the copies
 * of what it had appended, and the next leader may have it.
 */
const NOT_APPENDED = new Set([
  "NOT_ENOUGH_REPLICAS",
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "TOPIC_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "INVALID_REQUIRED_ACKS",
]);

export function saysNotAppended(error: unknown): boolean {
  return NOT_APPENDED.has(errorType(error));
}

export function saysOutOfRange(error: unknown): boolean {
  return errorType(error) === "OFFSET_OUT_OF_RANGE";
}

function errorType(error: unknown): string {
  const { type, name } = error as { type?: unknown; name?: unknown };
  if (name === "KafkaJSOffsetOutOfRange") return "OFFSET_OUT_OF_RANGE";
  return typeof type === "string" ? type : "";
}

function makeSocket({ host, port, ssl, onConnect }: SocketOptions): Socket {
  // A certificate names a host; none names an address.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket =
    ssl === undefined || ssl === null
      ? connectTcp({ host, port }, onConnect)
      : connectTls({ host, port, ...name, ...ssl }, onConnect);
  socket.setNoDelay(true); // a frame is one write, and its answer is all that is waited for
  return socket;
}
