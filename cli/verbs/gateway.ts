/**
 * `solebook gateway`: one gateway of a cluster, before engines that it reaches over gRPC and a registry
 * in Postgres that all gateways share. Wiring only.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { type EntryClient, openEntryClient } from "../../engine/client/entry-client.ts";
import { type EntryPast, openEntryPast } from "../../engine/client/entry-past.ts";
import { SHARD_OPTIONS_DEFAULT } from "../../engine/client/index.ts";
import {
  EVENT_BYTES,
  EVENT_I32,
  EventI32,
  type Events,
  EventType,
  EventU8,
} from "../../engine/client/layouts.ts";
import { Fleet } from "../../gateway/fleet/fleet.ts";
import { type GatewayHandle, startGateway } from "../../gateway/main.ts";
import type { SessionLimits } from "../../gateway/session/limits.ts";
import { openSharedRegistry, type SharedRegistry } from "../../gateway/registry/postgres.ts";
import { Sealer } from "../../gateway/registry/sealer.ts";
import { modelsOn } from "../../satellites/catalog/models.ts";
import { readAddress, readArguments, readInteger } from "../arguments.ts";
import { config } from "../config.ts";
import { Failure, UsageError, wordsOf } from "../errors.ts";
import { DATA_DEFAULT } from "../exchange.ts";
import { LIMIT_OPTIONS, LIMIT_USAGE, readLimits } from "../limits.ts";
import { reachOf } from "../reach.ts";
import { adminToken, makeLogger, ownData, stopAsked } from "../running.ts";
import { version } from "../version.ts";

const PORT_DEFAULT = 8787;
const HOST_DEFAULT = "127.0.0.1";
const RETRY_MS = 200;

export const usage = `solebook gateway --shard HOST:PORT,… [--shard …] [--data DIR]
            [--port N] [--host H] [--orders-per-address N] …

Runs one gateway of a cluster: the public socket, the page and the admin interface, before
engines it finds by asking. Run as many as needed; accounts, keys and products are in the
Postgres that DATABASE_URL names, and all of them know the same.

  --shard LIST   where the engines of a shard listen; once for each shard, shard 0 first, and the
                 same shards for every gateway
  --data DIR     where its admin token and its URL are kept (${DATA_DEFAULT}); made if missing
  --port N       ${PORT_DEFAULT} unless said otherwise; 0 takes any free one
  --host H       ${HOST_DEFAULT}, so that only this machine can reach it
${LIMIT_USAGE}
REDIS_URL, the same for every gateway, names the Redis by which limits, used signatures and the word that a
key has changed are shared (one of its databases per exchange). While it does not answer, trading goes on and
each gateway limits and remembers by itself; /v1/status says so.
SOLEBOOK_SECRETS_KEY, the same for every gateway, seals the secrets of HMAC keys (\`openssl rand -base64 32\`);
without it there are none. To exchange it, name the new one and the old one, a comma between.
SOLEBOOK_TRUSTED_PROXIES names the proxies whose X-Forwarded-For says where a request comes from.
`;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      shard: { type: "string", multiple: true },
      data: { type: "string", default: DATA_DEFAULT },
      port: { type: "string", default: String(PORT_DEFAULT) },
      host: { type: "string", default: HOST_DEFAULT },
      ...LIMIT_OPTIONS,
    },
  });
  const limits = readLimits(values);
  const shards = (values.shard ?? []).map((list) => list.split(","));
  if (shards.length === 0) throw new UsageError("--shard is missing");
  for (const address of shards.flat()) readAddress("shard", address, 1);
  const port = readInteger("port", values.port, 0, 65_535);
  const { postgres, redis } = config.servers;
  if (postgres === null) throw new UsageError("DATABASE_URL is not set: names live in Postgres");
  if (redis !== null && !/^rediss?:\/\//.test(redis)) {
    throw new UsageError("REDIS_URL is like redis://HOST:6379/0");
  }
  const directory = resolve(values.data);
  const owner = ownData(directory);
  const asked = stopAsked();
  const logger = makeLogger("info");
  try {
    const wanted = { shards, directory, host: values.host, port, postgres, redis, logger, limits };
    const { gateway, clients, pasts, registry, fleet, broke } = await start(wanted);
    const { here } = reachOf(values.host, gateway.port);
    writeFileSync(join(directory, "url"), `${here}\n`);
    process.stdout.write(`Solebook ${version()}: gateway at ${here}; Ctrl-C stops it\n`);
    const why = await Promise.race([asked.then(() => null), broke]);
    await gateway.close();
    for (const past of pasts) past.stop();
    for (const client of clients) client.close();
    fleet?.close();
    await registry.close();
    rmSync(join(directory, "url"), { force: true });
    if (why !== null) throw new Failure(why);
  } finally {
    owner.release();
  }
}

interface Wanted {
  readonly shards: readonly (readonly string[])[];
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  readonly postgres: string;
  /** null: this gateway is the only one. */
  readonly redis: string | null;
  readonly logger: Logger;
  readonly limits: Partial<SessionLimits>;
}

interface Started {
  readonly gateway: GatewayHandle;
  readonly clients: readonly EntryClient[];
  readonly pasts: readonly EntryPast[];
  readonly registry: SharedRegistry;
  readonly fleet: Fleet | undefined;
  /** Resolves when a shard is lost for good: what is shown here would grow old. */
  readonly broke: Promise<string>;
}

async function start(wanted: Wanted): Promise<Started> {
  const { shards, directory, host, port, postgres, logger } = wanted;
  const sealer = new Sealer(config.secretsKeys);
  const registry = await openSharedRegistry(postgres, {
    shards: shards.length,
    seed: modelsOn(new Date().toISOString().slice(0, 10)),
    accountsMax: SHARD_OPTIONS_DEFAULT.accountsMax,
    instrumentsMax: SHARD_OPTIONS_DEFAULT.instrumentsMax,
    sealer,
  }).catch((error: unknown) => {
    throw new Failure(`the registry in Postgres cannot be used: ${wordsOf(error)}`);
  });
  const fleet = await joinFleet(wanted, registry, sealer);
  const broke = Promise.withResolvers<string>();
  const clients = shards.map((addresses, shard) =>
    openEntryClient({
      shard,
      addresses,
      journalId: registry.journalId(shard),
      prepare: (events, count) => namesIn(registry, logger, events, count),
      onTrouble: (words) => logger.warn({ shard }, words),
      onEnded: (words) => broke.resolve(words),
    }),
  );
  const pasts = shards.map((addresses, shard) =>
    openEntryPast({ shard, addresses, journalId: () => clients[shard]!.journalId() }),
  );
  try {
    const gateway = await startGateway({
      host,
      port,
      clients,
      stored: pasts,
      registry,
      adminToken: adminToken(directory),
      proxies: config.trustedProxies,
      logger,
      version: version(),
      limits: wanted.limits,
      ...(fleet === undefined ? {} : { fleet }),
    });
    // What was listed is in the journals by now: from here on they and the registry belong together.
    await registry.bindJournals(clients.map((client) => client.journalId()!));
    return { gateway, clients, pasts, registry, fleet, broke: broke.promise };
  } catch (error) {
    for (const client of clients) client.close();
    fleet?.close();
    await registry.close();
    throw new Failure(wordsOf(error));
  }
}

/** The other gateways, by Redis: their word that a key changed has us look in the registry at once. */
async function joinFleet(
  { redis, logger }: Wanted,
  registry: SharedRegistry,
  sealer: Sealer,
): Promise<Fleet | undefined> {
  if (redis === null) return undefined;
  const fleet = await Fleet.open(redis, logger, sealer);
  fleet.onKey(() => void registry.refresh().catch(() => {})); // it looks once a second besides
  return fleet;
}

/** Another gateway named it, durably, before its engine heard: then it is in Postgres. */
function namesIn(
  registry: SharedRegistry,
  logger: Logger,
  events: Events,
  count: number,
): Promise<void> | null {
  const isUnknown = (): boolean => {
    for (let i = 0; i < count; i++) {
      const type = events.u8[i * EVENT_BYTES + EventU8.type]!;
      const { account, instrument } = EventI32;
      const id = (at: number): number => events.i32[i * EVENT_I32 + at]!;
      if (type === EventType.INSTRUMENT_LISTED) {
        if (registry.instrumentById(id(instrument)) === undefined) return true;
      } else if (type === EventType.ACCOUNT_SET) {
        if (registry.accountById(id(account)) === undefined) return true;
      }
    }
    return false;
  };
  return isUnknown() ? learn(registry, logger) : null;
}

/** Waits for Postgres, if need be: without the names nothing could be shown. */
async function learn(registry: SharedRegistry, logger: Logger): Promise<void> {
  for (;;) {
    try {
      return await registry.refresh();
    } catch (error) {
      logger.warn({}, `the registry cannot be read: ${wordsOf(error)}`);
      await sleep(RETRY_MS);
    }
  }
}
