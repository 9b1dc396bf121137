/**
 * Everything the gateway keeps about one shard, and what it does when that shard is ready, runs out
 * of disk or stops: orders are refused by name from then on, and what it last said stays readable.
 */
import type { Logger } from "pino";
import { Refusal, type ShardClient } from "../engine/client/shard-client.ts";
import type { Problem } from "./errors.ts";
import type { Market } from "./market-data/market.ts";
import type { Said } from "./market-data/past.ts";
import type { Recent } from "./market-data/recent.ts";
import { Executions } from "./orders/executions.ts";
import { Fills } from "./orders/fills.ts";
import { OpenOrders } from "./orders/open-orders.ts";
import { Reports } from "./orders/report.ts";
import { ShardRoute } from "./orders/route.ts";
import type { Listing } from "./registry/listing.ts";
import type { ExchangeStatus } from "./status.ts";
import { makeStreamListener } from "./stream.ts";

export interface ShardLane {
  readonly client: ShardClient;
  readonly orders: OpenOrders;
  readonly reports: Reports;
  readonly executions: Executions;
  readonly fills: Fills;
  readonly route: ShardRoute;
  readonly recent: Recent;
}

export interface LaneParts {
  readonly market: Market;
  readonly status: ExchangeStatus;
  readonly listing: Listing;
  readonly logger: Logger;
  /** Writes to sockets what the batch brought. */
  readonly flush: () => void;
  readonly onBroken: () => void;
}

export function makeLane(client: ShardClient, market: Market, said: Said): ShardLane {
  const orders = new OpenOrders();
  const reports = new Reports();
  const view = (id: number) => market.feedById(id)?.view;
  const executions = new Executions(client.shard, orders, view, said);
  const fills = new Fills(client.shard, view);
  const route = new ShardRoute(client, reports, orders);
  return { client, orders, reports, executions, fills, route, recent: said.recent };
}

/** Whether the account ever traded on this shard, or has an open order there. */
export function hasPast({ orders, fills }: ShardLane, account: number): boolean {
  return orders.has(account) || fills.hasTraded(account);
}

/** Listens to the shard; resolves when its journal was told, rejects when it stops before. */
export function follow(lane: ShardLane, parts: LaneParts): Promise<void> {
  const { client, route } = lane;
  const { market, status, listing, logger } = parts;
  return new Promise((resolve, reject) => {
    const stop = (reason: string, clean: boolean): void => {
      if (status.shardState(client.shard) === "engine_stopped") return;
      route.close();
      status.setShard(client.shard, "engine_stopped", reason);
      market.markStale(client.shard);
      lane.executions.stale = true;
      lane.reports.abandonAll({ code: "ENGINE_STOPPED", execution: "unknown" });
      // Why it stopped is in the shard's own line, with its code.
      if (!clean) logger.error({ shard: client.shard }, "shard stopped: orders are refused");
      parts.flush();
      reject(new Error(reason));
    };
    client.listen(
      makeStreamListener({
        market,
        recent: lane.recent,
        orders: lane.orders,
        executions: lane.executions,
        fills: lane.fills,
        reports: lane.reports,
        onOther: (events, index) => listing.onEvent(client.shard, events, index),
        onBatchEnd: parts.flush,
        onReady: () => {
          route.open();
          status.setShard(client.shard, "online", "");
          logger.info({ shard: client.shard, sequence: client.stats().sequence }, "shard ready");
          resolve();
        },
        onStopped: stop,
        onBroken: parts.onBroken,
        onAway: (isAway) => {
          status.setShard(client.shard, isAway ? "engine_away" : "online", "");
          logger.warn({ shard: client.shard }, isAway ? "its primary is gone" : "a primary again");
          parts.flush();
        },
      }),
    );
  });
}

/** How long what was taken before the disk got full may wait for room. */
const WAIT_FOR_ROOM_MS = 1_000;

const WAITS_FOR_ROOM: Problem = {
  code: "DISK_FULL",
  execution: "unknown",
  message: "The journal's disk got full before this was answered; ask order_status later.",
};

/**
 * Says so when a shard's journal has no room, and when it has again. Answers a function to call now
 * and then: what the full shard had taken is answered after a second, for it may wait for hours.
 */
export function makeDiskWatch(lanes: readonly ShardLane[], status: ExchangeStatus): () => void {
  const fullSinceMs = lanes.map(() => Number.POSITIVE_INFINITY);
  return () => {
    lanes.forEach(({ client, route, reports }, at) => {
      const refusal = route.refusal();
      if (refusal === Refusal.DISK_FULL) {
        status.setShard(client.shard, "disk_full", "the journal's disk has no room");
        fullSinceMs[at] = Math.min(fullSinceMs[at]!, performance.now());
        const isOver = performance.now() - fullSinceMs[at]! >= WAIT_FOR_ROOM_MS;
        if (isOver) reports.abandonWaiting(WAITS_FOR_ROOM);
      } else {
        fullSinceMs[at] = Number.POSITIVE_INFINITY;
        const isTaking = refusal === Refusal.NONE || refusal === Refusal.RING_FULL;
        if (isTaking) status.setShard(client.shard, "online", "");
      }
    });
  };
}
