/**
 * The account's own orders and what happened to them, from the private channel. An order that went
 * while the line was down is asked after, so that nothing ends unseen.
 */
import type { OrderData, Push, ReportData, TimerData } from "../../client/index.ts";
import { exchange } from "./exchange.ts";
import { type Fold, type Live, makeTopics, useTopic } from "./topic-store.ts";

export interface MyOrders {
  /** Open ones, the newest first. */
  readonly open: readonly OrderData[];
  /** Those that ended since the page was opened, the newest first. */
  readonly done: readonly OrderData[];
  /** Every report since the page was opened, the newest first. */
  readonly reports: readonly ReportData[];
}

const KEPT = 200;

const mine = makeTopics("executions", foldMine);

/** `refused` with NOT_LOGGED_ON as long as nobody is logged on. */
export const useMyOrders = (): Live<MyOrders> => useTopic(mine, "");

function foldMine(changed: () => void): Fold<MyOrders> {
  const open = new Map<string, OrderData>();
  let done: OrderData[] = [];
  let reports: ReportData[] = [];
  let whose: string | null = null;
  const end = (order: OrderData): void => {
    open.delete(order.client_order_id);
    done = [order, ...done].slice(0, KEPT);
  };
  /** The answer to a question may come when somebody else is logged on. */
  const finishFor =
    (asker: string | null) =>
    (order: OrderData): void => {
      if (asker !== whose) return;
      end(order);
      changed();
    };
  return {
    push: ({ type, data, shard }: Push) => {
      const { account } = exchange.connection;
      if (account !== whose) {
        whose = account;
        open.clear();
        done = [];
        reports = [];
      }
      if (type === "snapshot") {
        const rows = data as OrderData[];
        const before = [...open.values()].filter((order) => isOfShard(order, shard));
        for (const order of before) open.delete(order.client_order_id);
        for (const order of rows) open.set(order.client_order_id, order);
        const finish = finishFor(whose);
        for (const order of before) if (!open.has(order.client_order_id)) askAfter(order, finish);
        return;
      }
      const report = data as ReportData | TimerData;
      if (report.exec_type === "timer_fired") return;
      reports = [report, ...reports].slice(0, KEPT);
      if (report.status === "open") open.set(report.client_order_id, report);
      else end(report);
    },
    read: () => ({ open: [...open.values()].toReversed(), done, reports }),
  };
}

/** Order ids begin with their shard: `0-17`. */
function isOfShard({ order_id: id }: OrderData, shard: number | undefined): boolean {
  return id === null || shard === undefined || id.startsWith(`${shard}-`);
}

function askAfter(order: OrderData, end: (order: OrderData) => void): void {
  exchange.orders.status(order.client_order_id, order.symbol).then(
    ({ status, filled_qty, open_qty }) => {
      end({ ...order, status, filled_qty, open_qty });
    },
    () => end({ ...order, status: "unknown" }), // forgotten by the exchange, or offline again
  );
}
