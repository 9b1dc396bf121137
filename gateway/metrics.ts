/**
 * What is counted, for Prometheus. Frequent things are plain numbers here and are read when somebody
 * scrapes; only the acknowledgement's latency is a histogram on the hot path.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Fleet } from "./fleet/fleet.ts";
import { Counter, Gauge, Histogram, type Metric, Registry } from "prom-client";
import type { ShardClient } from "../engine/client/shard-client.ts";

const NS_PER_SECOND = 1e9;
/** The monitor counts the sleep between its own looks as delay. */
const LOOK_MS = 10;
const LOOK_S = LOOK_MS / 1_000;
const US_PER_SECOND = 1e6;
const MS_PER_SECOND = 1e3;
const ACK_BUCKETS_S = [
  0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

export interface MetricSources {
  readonly clients: readonly ShardClient[];
  readonly sockets: () => number;
  readonly pendingRequests: () => number;
  readonly fleet?: Fleet | undefined;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #answers = new Map<string, Map<string, number>>();
  readonly #ackSeconds: Histogram;
  readonly #loop = monitorEventLoopDelay({ resolution: LOOK_MS });
  framesIn = 0;
  framesTooLarge = 0;
  slowReadersClosed = 0;

  constructor(sources: MetricSources) {
    this.#ackSeconds = new Histogram({
      name: "solebook_order_answer_seconds",
      help: "From the frame's arrival to its answer, for order entry methods",
      buckets: ACK_BUCKETS_S,
      registers: [this.registry],
    });
    this.#loop.enable();
    this.#counters();
    this.#journal(sources.clients);
    this.#gauges(sources);
    this.#redis(sources.fleet);
  }

  orderAnswered(method: string, code: string, us: number): void {
    this.#ackSeconds.observe(us / US_PER_SECOND);
    let byCode = this.#answers.get(method);
    if (byCode === undefined) this.#answers.set(method, (byCode = new Map()));
    byCode.set(code, (byCode.get(code) ?? 0) + 1);
  }

  close(): void {
    this.#loop.disable();
  }

  #counters(): void {
    const answers = this.#answers;
    this.registry.registerMetric(
      new Counter({
        name: "solebook_order_answers_total",
        help: "Answers to order entry by method and outcome",
        labelNames: ["method", "code"],
        registers: [],
        collect() {
          this.reset();
          for (const [method, byCode] of answers) {
            for (const [code, count] of byCode) this.inc({ method, code }, count);
          }
        },
      }),
    );
    const count = (name: string, help: string, read: () => number): void => {
      this.registry.registerMetric(
        new Counter({
          name,
          help,
          registers: [],
          collect() {
            this.reset();
            this.inc(read());
          },
        }),
      );
    };
    count("solebook_frames_in_total", "Frames received", () => this.framesIn);
    count("solebook_frames_too_large_total", "Sockets closed for an oversized frame", () => {
      return this.framesTooLarge;
    });
    count(
      "solebook_slow_readers_closed_total",
      "Sockets closed because they read too slowly",
      () => {
        return this.slowReadersClosed;
      },
    );
  }

  /** Counted by the shard's own thread, and read when somebody scrapes. */
  #journal(clients: readonly ShardClient[]): void {
    const kept = clients.filter((client) => client.journalFigures !== undefined);
    const appends = {
      name: "solebook_journal_append_seconds",
      help: "Appends to the journal by how long write and sync took",
      type: "histogram",
      get: async () => ({ ...appends, values: kept.flatMap((it) => appendRows(appends.name, it)) }),
    };
    // The registry asks for a name and `get`; a Histogram of prom-client's own can only observe.
    this.registry.registerMetric(appends as unknown as Metric);
    this.registry.registerMetric(
      new Gauge({
        name: "solebook_journal_bytes",
        help: "How far the journal has come",
        labelNames: ["shard"],
        registers: [],
        collect() {
          for (const it of kept) this.set({ shard: String(it.shard) }, it.journalFigures!().bytes);
        },
      }),
    );
  }

  #redis(fleet: Fleet | undefined): void {
    if (fleet === undefined) return;
    this.registry.registerMetric(
      new Gauge({
        name: "solebook_redis_up",
        help: "1: limits and used signatures are shared; 0: they are this gateway's own",
        registers: [],
        collect() {
          this.set(fleet.isShared ? 1 : 0);
        },
      }),
    );
    this.registry.registerMetric(
      new Counter({
        name: "solebook_redis_lost_total",
        help: "Times that Redis was lost",
        registers: [],
        collect() {
          this.reset();
          this.inc(fleet.lost);
        },
      }),
    );
  }

  #gauges({ clients, sockets, pendingRequests }: MetricSources): void {
    const gauge = (name: string, help: string, read: () => number): void => {
      this.registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          collect() {
            this.set(read());
          },
        }),
      );
    };
    gauge("solebook_sockets", "Open WebSockets", sockets);
    gauge("solebook_requests_pending", "Commands on their way through a shard", pendingRequests);
    gauge("solebook_loop_delay_p99_seconds", "Event loop delay of the gateway", () => {
      const p99 = Math.max(0, this.#loop.percentile(99) / NS_PER_SECOND - LOOK_S);
      this.#loop.reset();
      return p99;
    });
    const perShard = (name: string, help: string, read: (client: ShardClient) => number): void => {
      this.registry.registerMetric(
        new Gauge({
          name,
          help,
          labelNames: ["shard"],
          registers: [],
          collect() {
            for (const client of clients) this.set({ shard: String(client.shard) }, read(client));
          },
        }),
      );
    };
    perShard("solebook_commands_queued", "Commands in the ring", (it) => it.queued().commands);
    perShard("solebook_events_queued", "Events not read yet", (it) => it.queued().events);
    perShard("solebook_sequence", "Last sequence of the shard", (it) => it.stats().sequence);
    perShard("solebook_trades", "Trades over the journal's life", (it) => it.stats().tradesTotal);
    perShard("solebook_orders", "Orders over the journal's life", (it) => it.stats().ordersTotal);
    perShard("solebook_orders_open", "Orders resting now", (it) => it.stats().ordersOpen);
  }
}

/** One shard's buckets as Prometheus wants them: each with all that was quicker, and last all of them. */
function appendRows(name: string, client: ShardClient): object[] {
  const shard = String(client.shard);
  const { buckets, appendMs } = client.journalFigures!();
  let count = 0;
  const rows = buckets.map(({ upToMs, appends }) => {
    count += appends;
    const le = upToMs === Infinity ? "+Inf" : String(upToMs / MS_PER_SECOND);
    return { metricName: `${name}_bucket`, labels: { shard, le }, value: count };
  });
  return [
    ...rows,
    { metricName: `${name}_sum`, labels: { shard }, value: appendMs / MS_PER_SECOND },
    { metricName: `${name}_count`, labels: { shard }, value: count },
  ];
}
