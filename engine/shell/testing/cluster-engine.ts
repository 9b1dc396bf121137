/** Engines of a cluster in this process, on a journal in memory. */
import type { ShardOptions } from "../../core/limits.ts";
import { type ClusterShardHandle, startClusterShard } from "../cluster-shard.ts";
import { openKafkaJournal } from "../journal/kafka/kafka.ts";
import type { ShellLog } from "../main.ts";
import { makeMemoryBroker, type MemoryBroker, type Way } from "./memory-broker.ts";

export interface TestEngine {
  readonly address: string;
  readonly handle: ClusterShardHandle;
  /** Its way to the broker. */
  readonly way: Way;
  /** All it said, in words. */
  readonly said: readonly string[];
}

export const ENGINE_LEASE_MS = 800; // a machine that is busy with other tests still keeps it
const SIZES = { accountsMax: 16, instrumentsMax: 16, ordersMax: 65_536, idsMax: 131_072 };

export async function startTestEngine(
  broker: MemoryBroker = makeMemoryBroker(),
  options: Partial<ShardOptions> = SIZES,
  port = 0,
): Promise<TestEngine> {
  const way = broker.way();
  const said: string[] = [];
  const say = (_fields: object, words: string): void => void said.push(words);
  const log: ShellLog = { info: say, warn: say, error: say };
  const journal = openKafkaJournal({
    address: { brokers: [], clientId: "test" },
    topic: "memory",
    shard: 0,
    leaseMs: ENGINE_LEASE_MS,
    retainMs: null,
    monotonicMs: () => performance.now(),
    connect: way.connect,
  });
  const config = { shard: 0, journal, leaseMs: ENGINE_LEASE_MS, host: "127.0.0.1", port };
  const handle = startClusterShard({ ...config, log, options, snapshots: null });
  const { port: own } = await handle.listening;
  return { address: `127.0.0.1:${own}`, handle, way, said };
}
