/**
 * The gateway: wiring only. It puts sockets and routes before the shards it is given, replays their
 * streams into market data in silence, lists what the registry has and the engine lacks, and is
 * ready. It owns no truth: everything it says comes from a shard's events or the registry.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";
import { App } from "uWebSockets.js";
import type { Logger } from "pino";
import type { ShardClient } from "../engine/client/shard-client.ts";
import type { StoredEvents } from "../engine/client/stored-events.ts";
import { type Networks, NOWHERE } from "./addresses.ts";
import { docRoutes } from "./docs/routes.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { Market } from "./market-data/market.ts";
import { Past, type Said } from "./market-data/past.ts";
import { Recent } from "./market-data/recent.ts";
import { Metrics } from "./metrics.ts";
import { OrderEntry } from "./orders/entry.ts";
import { QuickOrders } from "./orders/quick.ts";
import { type NoPort, openPort, whyNoPort } from "./port.ts";
import type { Catalog } from "./registry/catalog.ts";
import type { Identity } from "./registry/identity.ts";
import { Listing } from "./registry/listing.ts";
import { adminRoutes } from "./rest/admin.ts";
import { orderRoutes } from "./rest/orders.ts";
import { marketRoutes } from "./rest/market.ts";
import { pageNowhere, pageRoutes } from "./rest/page.ts";
import { publicRoutes } from "./rest/public.ts";
import { sessionRoutes } from "./rest/session.ts";
import { attachRest } from "./rest/server.ts";
import { DeadMan } from "./session/dead-man.ts";
import { Demonstration } from "./session/demonstration.ts";
import { OrderRate, RequestRate, SESSION_LIMITS, type SessionLimits } from "./session/limits.ts";
import { Doorkeeper } from "./session/logon.ts";
import { Sockets } from "./session/socket.ts";
import { follow, hasPast, makeDiskWatch, makeLane, type ShardLane } from "./shard-lane.ts";
import { ExchangeStatus } from "./status.ts";

export interface GatewayOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** One per shard, `shard` being its index. */
  readonly clients: readonly ShardClient[];
  readonly registry: Identity & Catalog;
  readonly adminToken: string;
  readonly logger: Logger;
  readonly version: string;
  readonly limits?: Partial<SessionLimits>;
  /** Events per shard kept in memory, a power of two, so that who reconnects resumes at once. */
  readonly recentEvents?: number;
  /** By shard: what is older than those, for who was away for longer. */
  readonly stored?: readonly StoredEvents[];
  /** Origins of pages that may connect besides our own. */
  readonly origins?: readonly string[];
  /** Proxies whose X-Forwarded-For is believed; none unless they are named. */
  readonly proxies?: Networks;
  /** What other gateways of this exchange share with us; the gateway alone remembers and limits by itself. */
  readonly fleet?: Fleet;
}

export interface GatewayHandle {
  readonly url: string;
  readonly port: number;
  /** Planned shutdown: everyone is told, closed with 1012 within a second, and the port is free. */
  close(): Promise<void>;
}

/** Why the gateway did not start, in words for the operator. */
export class GatewayStartError extends Error {
  readonly code: NoPort["code"] | "ENGINE_STOPPED";
  constructor(code: GatewayStartError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const DISK_WATCH_MS = 250;
/** How often `book@100ms` and `candles` are told, at most. */
const CONFLATED_MS = 100;
/** How long a planned shutdown waits for answers to commands that are on their way. */
const DRAIN_MS = 1_000;

/**
 * Listens at once, so that /livez and /readyz answer during recovery; resolves when the exchange is
 * ready. Rejects when the port is taken, a shard stops before it is ready, or registry and journal
 * do not belong together.
 */
export async function startGateway(options: GatewayOptions): Promise<GatewayHandle> {
  // In another thread the end of that thread, with an open app, would end the process by a signal.
  if (!isMainThread) throw new Error("a gateway runs on its process's main thread only");
  const parts = build(options);
  const { app, lanes, status, sockets, listing, market } = parts;
  const { host, registry, logger } = options;
  const open = await openPort(app, host, options.port);
  const end = async (): Promise<void> => {
    open?.stop();
    await sockets.closeAll();
    app.close();
    parts.metrics.close();
  };
  if (open === undefined) {
    await end();
    const { code, message } = await whyNoPort(host, options.port);
    throw new GatewayStartError(code, message);
  }
  parts.demonstration.listensOn(open.port);
  const flush = (): void => sockets.flush();
  try {
    const onBroken = (): void => void parts.metrics.streamsBroken++;
    const follower = { market, status, listing, logger, flush, onBroken };
    await Promise.all(lanes.map((lane) => follow(lane, follower)));
    await listing.catchUp(registry, registry);
  } catch (error) {
    await end();
    throw new GatewayStartError("ENGINE_STOPPED", (error as Error).message);
  }
  status.catalogListed();
  const conflation = setInterval(() => market.tick(), CONFLATED_MS);
  const diskWatch = setInterval(makeDiskWatch(lanes, status), DISK_WATCH_MS);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    status.shutDown();
    open.stop();
    clearInterval(conflation);
    clearInterval(diskWatch);
    await drained(lanes);
    await end();
  };
  const { port } = open;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { url, port, close: () => (closing ??= close()) };
}

function saidOf({ recentEvents, stored, logger }: GatewayOptions, shard: number): Said {
  const events = stored?.[shard];
  const past = events === undefined ? undefined : new Past(events, logger);
  return { recent: new Recent(recentEvents), past };
}

function build(options: GatewayOptions) {
  const { clients, registry, logger, version, adminToken: token, fleet } = options;
  const { proxies = NOWHERE, origins = [] } = options;
  const nextRequestId = makeRequestIds();
  const said = clients.map((_, shard) => saidOf(options, shard));
  const market = new Market(registry, said);
  const status = new ExchangeStatus(clients.length);
  const lanes = clients.map((client, at) => makeLane(client, market, said[at]!));
  const routes = lanes.map(({ route }) => route);
  const listing = new Listing(routes, market);
  const doorkeeper = new Doorkeeper(registry, fleet);
  const demonstration = makeDemonstration(options, listing, lanes, (id) => sockets.hasAccount(id));
  const entry = new OrderEntry(routes, market, nextRequestId);
  const limits: SessionLimits = { ...SESSION_LIMITS, ...options.limits };
  const rate = new OrderRate(limits, fleet?.settling);
  const metrics = makeMetrics(options, lanes, status, () => sockets);
  const sockets: Sockets = new Sockets({
    doorkeeper,
    entry,
    quick: new QuickOrders(routes, market),
    deadMan: new DeadMan(routes, limits.leashMs),
    fills: lanes.map((lane) => lane.fills),
    rate,
    subscribables: {
      market,
      executions: lanes.map((lane) => lane.executions),
      status: status.topic,
    },
    metrics,
    nextRequestId,
    limits,
    market,
    status,
    logger,
    origins,
    proxies,
    demonstration,
  });
  watchKeys(options, sockets, doorkeeper);
  shareState(fleet, status);
  const endSockets = (key: string): void => sockets.closeKey(key, "SESSION_ENDED");

  const app = App();
  sockets.attach(app);
  const open = { clients, market, catalog: registry, status, metrics, version };
  const table = [
    ...publicRoutes(open),
    ...orderRoutes({ status, doorkeeper, entry, rate }),
    ...marketRoutes(open),
    ...sessionRoutes({ demonstration, status, endSockets }),
    ...adminRoutes({ ...open, identity: registry, listing, token, fleet }),
    ...docRoutes(version),
    ...pageRoutes(),
  ];
  const rest = { nowhere: pageNowhere(), rate: new RequestRate(limits, fleet?.settling), proxies };
  const replied = (code: number): void => metrics.replied(code);
  attachRest(app, { routes: table, ...rest, logger, nextRequestId, replied });
  return { app, lanes, status, sockets, listing, market, demonstration, metrics };
}

function makeMetrics(
  { clients, fleet }: GatewayOptions,
  lanes: readonly ShardLane[],
  status: ExchangeStatus,
  sockets: () => Sockets,
): Metrics {
  return new Metrics({
    clients,
    sockets: () => sockets().count,
    load: () => sockets().load(),
    fleet,
    pendingRequests: () => lanes.reduce((sum, { reports }) => sum + reports.waiting, 0),
    isOnline: (shard) => status.shardState(shard) === "online",
  });
}

/** Who is logged on by a key hears of its change, wherever it was made. */
function watchKeys({ registry, fleet }: GatewayOptions, sockets: Sockets, door: Doorkeeper): void {
  registry.onKeyChanged((key) => sockets.keyChanged(key, registry.key(key)));
  fleet?.onKey((word) => {
    if (word?.revoked !== true) return;
    door.deny(word.key);
    sockets.closeKey(word.key, "KEY_REVOKED");
  });
}

function shareState(fleet: Fleet | undefined, status: ExchangeStatus): void {
  if (fleet === undefined) return;
  status.setLimits(fleet.isShared);
  fleet.onChange((isShared) => status.setLimits(isShared));
}

function makeDemonstration(
  { registry, adminToken, logger }: GatewayOptions,
  listing: Listing,
  lanes: readonly ShardLane[],
  hasSocket: (account: number) => boolean,
): Demonstration {
  return new Demonstration({
    identity: registry,
    listing,
    secret: adminToken,
    hasPast: (id) => lanes.some((lane) => hasPast(lane, id)),
    hasSocket,
    logger,
  });
}

/** Unique over restarts too: support finds one request in the logs of any day. */
function makeRequestIds(): () => string {
  const life = randomBytes(6).toString("base64url");
  let count = 0;
  return () => `${life}-${++count}`;
}

async function drained(lanes: readonly ShardLane[]): Promise<void> {
  const untilMs = performance.now() + DRAIN_MS;
  const waiting = (): boolean => lanes.some(({ reports }) => reports.waiting > 0);
  while (waiting() && performance.now() < untilMs) await sleep(5);
}
