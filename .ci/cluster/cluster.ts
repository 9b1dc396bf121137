/**
 * The whole exchange as a cluster of processes on one machine: Kafka, Postgres, Redis, two engines and a
 * match stream for each shard, gateways. For tests and for looking at; its folder is temporary and ends with it.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDatabase } from "../../satellites/database/postgres.ts";
import { startCluster } from "../servers/kafka/cluster.ts";
import { freePorts } from "../servers/ports.ts";
import { type RedisServer, startRedis } from "../servers/redis/server.ts";
import { type Role, startRole } from "./process.ts";

export interface ClusterSize {
  readonly brokers: 1 | 3;
  readonly shards: number;
  readonly gateways: number;
}

export interface Engine extends Role {
  readonly shard: number;
  readonly address: string;
  /** By the last it said of itself. */
  isPrimary(): boolean;
}

export interface Stream extends Role {
  readonly shard: number;
  readonly address: string;
}

export interface Gateway extends Role {
  readonly url: string;
  /** Where its admin token is. */
  readonly dir: string;
}

export interface ExchangeCluster {
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  readonly redis: RedisServer;
  engines(): readonly Engine[];
  gateways(): readonly Gateway[];
  /** By shard. */
  streams(): readonly Stream[];
  /** The engine of that shard that said last that it is the primary, and lives. */
  primaryOf(shard: number): Engine | undefined;
  /** In the place of one that was killed. */
  startEngineAgain(dead: Engine): Promise<void>;
  startGatewayAgain(dead: Gateway): Promise<void>;
  /** One more, with further flags. */
  addGateway(flags: readonly string[]): Promise<Gateway>;
  stop(): Promise<void>;
}

const ENGINES_PER_SHARD = 2;

export async function startExchangeCluster(size: ClusterSize): Promise<ExchangeCluster> {
  const folder = mkdtempSync(join(tmpdir(), "solebook-cluster-"));
  const ends: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true })];
  const engines: Engine[] = [];
  const gateways: Gateway[] = [];
  const streams: Stream[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([...gateways, ...streams].map((role) => role.stop()));
    await Promise.all(engines.map((engine) => engine.stop()));
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    const [kafka, database, redis] = await Promise.all([
      startCluster({ brokers: size.brokers }),
      startDatabase(folder, async () => (await freePorts(1))[0]!),
      startRedis(),
    ]);
    ends.push(kafka.stop, () => database.stop(), redis.stop);
    const urls = { databaseUrl: database.url, redisUrl: redis.url };
    const secretsKey = randomBytes(32).toString("base64url");
    const parts = { folder, brokers: kafka.brokers, ...urls, secretsKey, size };
    const ports = await freePorts(size.shards * ENGINES_PER_SHARD);
    const addresses = Array.from({ length: size.shards }, (_, shard) =>
      ports.slice(shard * ENGINES_PER_SHARD, (shard + 1) * ENGINES_PER_SHARD),
    ).map((of) => of.map((port) => `127.0.0.1:${port}`));
    // One of each shard makes its topic, and the others must find it.
    for (const isFirst of [true, false]) {
      await Promise.all(
        addresses.map(async (of, shard) => {
          for (const address of isFirst ? of.slice(0, 1) : of.slice(1)) {
            engines.push(await startEngine(parts, shard, address, isFirst));
          }
        }),
      );
    }
    for (let shard = 0; shard < size.shards; shard++) streams.push(await startStream(parts, shard));
    const lists = addresses.map((of) => of.join(","));
    for (let i = 0; i < size.gateways; i++) gateways.push(await startGateway(parts, lists, i));
    return {
      brokers: kafka.brokers,
      databaseUrl: database.url,
      redis,
      engines: () => engines,
      gateways: () => gateways,
      streams: () => streams,
      primaryOf: (shard) =>
        engines.find((engine) => engine.shard === shard && engine.alive() && engine.isPrimary()),
      startEngineAgain: async (dead) => {
        const again = await startEngine(parts, dead.shard, dead.address, false);
        engines.splice(engines.indexOf(dead), 1, again);
      },
      startGatewayAgain: async (dead) => {
        const at = gateways.indexOf(dead);
        gateways.splice(at, 1, await startGateway(parts, lists, at));
      },
      addGateway: async (flags) => {
        const one = await startGateway(parts, lists, gateways.length, flags);
        gateways.push(one);
        return one;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Parts {
  readonly folder: string;
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly secretsKey: string;
  readonly size: ClusterSize;
}

async function startEngine(
  { folder, brokers, databaseUrl, size }: Parts,
  shard: number,
  address: string,
  isNew: boolean,
): Promise<Engine> {
  let isPrimary = false;
  const role = await startRole({
    name: `engine of shard ${shard} at ${address}`,
    args: [
      "engine",
      `--shard=${shard}`,
      `--port=${address.split(":")[1]}`,
      `--brokers=${brokers.join(",")}`,
      `--replication=${size.brokers}`,
      `--data=${join(folder, `engine-${address.split(":")[1]}`)}`,
      ...(isNew ? [] : ["--standby"]),
    ],
    env: { DATABASE_URL: databaseUrl, SOLEBOOK_LOG_LEVEL: "info" },
    upWhen: /^ {2}gateways {2}/,
    onLog: (line) => {
      if (line.includes('"msg":"primary"')) isPrimary = true;
      else if (line.includes('"msg":"standing by"')) isPrimary = false;
    },
  });
  return { ...role, shard, address, isPrimary: () => isPrimary };
}

async function startStream(
  { folder, brokers, databaseUrl }: Parts,
  shard: number,
): Promise<Stream> {
  const role = await startRole({
    name: `match stream of shard ${shard}`,
    args: [
      "match-stream",
      `--shard=${shard}`,
      `--brokers=${brokers.join(",")}`,
      `--data=${join(folder, `stream-${shard}`)}`,
    ],
    env: { DATABASE_URL: databaseUrl, SOLEBOOK_LOG_LEVEL: "info" },
    upWhen: /^ {2}readers {2}(\S+)/,
  });
  return { ...role, shard, address: role.said };
}

async function startGateway(
  { folder, databaseUrl, redisUrl, secretsKey }: Parts,
  shards: readonly string[],
  number: number,
  flags: readonly string[] = [],
): Promise<Gateway> {
  const directory = join(folder, `gateway-${number}`);
  const role = await startRole({
    name: `gateway ${number}`,
    args: [
      "gateway",
      `--data=${directory}`,
      "--port=0",
      ...flags,
      ...shards.map((list) => `--shard=${list}`),
    ],
    env: {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      SOLEBOOK_SECRETS_KEY: secretsKey,
      SOLEBOOK_LOG_LEVEL: "info",
    },
    upWhen: /gateway at (http:\S+);/,
  });
  return { ...role, url: role.said, dir: directory };
}
