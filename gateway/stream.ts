/**
 * One shard's events on their way through the gateway, in the one right order: open orders fold,
 * reports and executions read, the market folds, and at a command's and a batch's end everyone is told.
 *
 * A stream that contradicts itself (a gap, an instrument nobody listed) is never shown further: the
 * shard counts as stopped from there on.
 */
import { EVENT_BYTES, EventFlag, type Events, EventU8 } from "../engine/client/layouts.ts";
import type { ShardListener } from "../engine/client/shard-client.ts";
import type { Problem } from "./errors.ts";
import type { Market } from "./market-data/market.ts";
import type { Recent } from "./market-data/recent.ts";
import type { Executions } from "./orders/executions.ts";
import type { Fills } from "./orders/fills.ts";
import type { OpenOrders } from "./orders/open-orders.ts";
import { endAnswers } from "./orders/quick-answer.ts";
import type { Reports } from "./orders/report.ts";

export interface StreamParts {
  readonly market: Market;
  readonly recent: Recent;
  readonly orders: OpenOrders;
  readonly executions: Executions;
  readonly fills: Fills;
  readonly reports: Reports;
  readonly onOther: (events: Events, index: number) => void;
  readonly onBatchEnd: () => void;
  readonly onReady: () => void;
  readonly onStopped: (reason: string, clean: boolean) => void;
  /** The stream contradicted itself; `onStopped` follows. */
  readonly onBroken: () => void;
  /** A shard of a cluster lost its primary, or has one again. */
  readonly onAway: (isAway: boolean) => void;
}

/** The next primary's word, or the lack of one, on what was on its way. */
const NEVER_HAPPENED: Problem = {
  code: "ENGINE_AWAY",
  execution: "none",
  message: "The engine failed before this was journaled: it did not happen. Send it again.",
};
const IN_DOUBT: Problem = {
  code: "ENGINE_AWAY",
  execution: "unknown",
  message: "The engine failed while this was on its way; ask order_status by its client_order_id.",
};

/**
 * Some of what is done with an event. They stand in a list, for V8 then compiles each by itself: called by
 * name they became one piece, half a second of a processor to make, and made anew whenever a part of it met
 * something new.
 */
type Fold = (events: Events, index: number) => void;

export function makeStreamListener(parts: StreamParts): ShardListener {
  const { market, recent, orders, executions, fills, reports } = parts;
  let broken = false;
  const folds: readonly Fold[] = [
    (events, index) => {
      recent.add(events, index); // before whoever links it
      orders.onEvent(events, index);
      reports.onEvent(events, index, orders);
      executions.onEvent(events, index);
      fills.onEvent(events, index);
    },
    (events, index) => {
      market.onEvent(events, index);
      parts.onOther(events, index);
      orders.forget(events, index);
    },
    (events, index) => {
      if ((events.u8[index * EVENT_BYTES + EventU8.flags]! & EventFlag.LAST) === 0) return;
      market.onCommandEnd();
      reports.onCommandEnd(orders);
    },
  ];
  const onEvent = (events: Events, index: number): void => {
    for (let at = 0; at < folds.length; at++) folds[at]!(events, index);
  };
  return {
    onRun(events: Events, index: number, count: number): void {
      if (!broken) recent.copy(events, index, count);
    },
    onEvent(events: Events, index: number): void {
      if (broken) return;
      try {
        onEvent(events, index);
      } catch (error) {
        broken = true;
        parts.onBroken();
        parts.onStopped((error as Error).message, false);
      }
    },
    onBatchEnd(): void {
      endAnswers(); // also of one that broke: what they share is another shard's next
      if (broken) return;
      market.onBatchEnd();
      parts.onBatchEnd();
    },
    onReady(): void {
      if (!broken) parts.onReady();
    },
    onStopped: parts.onStopped,
    onAway: () => parts.onAway(true),
    onBack: () => parts.onAway(false),
    onNeverHappened: (correlation) => reports.abandon(correlation, NEVER_HAPPENED),
    onInDoubt: () => reports.abandonWaiting(IN_DOUBT),
  };
}
