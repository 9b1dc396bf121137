/** Engines of a cluster in this process, on a journal in memory. */
import type { ShardOptions } from "../../core/limits.ts";
import { startClusterShard } from "../cluster-shard.ts";
import { openKafkaJournal } from "../journal/kafka/kafka.ts";
import type { ListeningHandle } from "../listening.ts";
import type { ShellLog } from "../main.ts";
import { makeMemoryBroker, type MemoryBroker, type Way } from "./memory-broker.ts";

export interface TestEngine {
  readonly address: string;
  readonly handle: ListeningHandle;
  /** Its way to the broker. */
  readonly way: Way;
  /** All it said, in words. */
  readonly said: readonly string[];
}

/** Short, where a test waits for it to run out; a machine that is busy with other tests still keeps it. */
const ENGINE_LEASE_MS = 1_200;
/** Where no primary is to be lost: longer than such a machine stands still. It takes as long to begin. */
export const STEADY_LEASE_MS = 4_000;
export const ENGINE_SIZES = {
  accountsMax: 16,
  instrumentsMax: 16,
  ordersMax: 65_536,
  idsMax: 131_072,
};

export async function startTestEngine(
  broker: MemoryBroker = makeMemoryBroker(),
  options: Partial<ShardOptions> = ENGINE_SIZES,
  port = 0,
  leaseMs = ENGINE_LEASE_MS,
): Promise<TestEngine> {
  const way = broker.way();
  const said: string[] = [];
  const say = (_fields: object, words: string): void => void said.push(words);
  const log: ShellLog = { info: say, warn: say, error: say };
  const journal = openKafkaJournal({
    address: { brokers: [], clientId: "test" },
    topic: "memory",
    shard: 0,
    leaseMs,
    retainMs: null,
    monotonicMs: () => performance.now(),
    connect: way.connect,
  });
  const config = { shard: 0, journal, leaseMs, host: "127.0.0.1", port };
  const handle = startClusterShard({ ...config, log, options, snapshots: null });
  const { port: own } = await handle.listening;
  return { address: `127.0.0.1:${own}`, handle, way, said };
}
