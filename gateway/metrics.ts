/**
 * What is counted, for Prometheus. Frequent things are plain numbers here and are read when somebody
 * scrapes, the acknowledgements' latencies among them: prom-client's own histogram costs more than an answer.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, type Metric, Registry } from "prom-client";
import { type Code, CODES } from "./errors.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { addOne, makeSessionCounts } from "./session/counts.ts";
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

const CLASSES = [...new Set(Object.values(CODES).map((row): string => row.class))];
const ACK_BUCKETS_US = ACK_BUCKETS_S.map((seconds) => seconds * US_PER_SECOND);

/** Of one method with one outcome. */
interface Answers {
  readonly method: string;
  readonly code: string;
  count: number;
}

export interface MetricSources {
  readonly clients: readonly ShardClient[];
  readonly sockets: () => number;
  /** Over all sockets; asked once a scrape. */
  readonly load: () => { readonly subscriptions: number; readonly behind: number };
  readonly pendingRequests: () => number;
  /** Whether orders of the shard are taken. */
  readonly isOnline: (shard: number) => boolean;
  readonly fleet?: Fleet | undefined;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #answers = new Map<string, Answers>();
  /** Those of the answer before: mostly the next one's, too. */
  #last: Answers | undefined;
  /** Answers by bucket; the last takes the rest. */
  readonly #acks = new Float64Array(ACK_BUCKETS_S.length + 1);
  #ackSumUs = 0;
  readonly #loop = monitorEventLoopDelay({ resolution: LOOK_MS });
  framesIn = 0;
  framesTooLarge = 0;
  slowReadersClosed = 0;
  streamsBroken = 0;
  readonly sessions = makeSessionCounts();
  /** Over REST, by status. */
  readonly #replies = new Map<number, number>();

  constructor(sources: MetricSources) {
    this.#loop.enable();
    this.#ackSeconds();
    this.#counters();
    this.#sessionCounters();
    this.#journal(sources.clients);
    this.#gauges(sources);
    this.#redis(sources.fleet);
  }

  orderAnswered(method: string, code: string, us: number): void {
    let bucket = 0;
    while (bucket < ACK_BUCKETS_US.length && us > ACK_BUCKETS_US[bucket]!) bucket++;
    this.#acks[bucket]!++;
    this.#ackSumUs += us;
    const last = this.#last;
    if (last?.method !== method || last.code !== code) this.#last = this.#answersOf(method, code);
    this.#last!.count++;
  }

  #answersOf(method: string, code: string): Answers {
    const name = `${method} ${code}`;
    let answers = this.#answers.get(name);
    if (answers === undefined) this.#answers.set(name, (answers = { method, code, count: 0 }));
    return answers;
  }

  replied(status: number): void {
    addOne(this.#replies, status);
  }

  close(): void {
    this.#loop.disable();
  }

  #ackSeconds(): void {
    const [acks, sumS] = [this.#acks, () => this.#ackSumUs / US_PER_SECOND];
    const metric = {
      name: "solebook_order_answer_seconds",
      help: "From the frame's arrival to its answer, for order entry methods",
      type: "histogram",
      get: async () => {
        const counts = [...acks].map((count, at) => ({ upToS: ACK_BUCKETS_S[at], count }));
        return { ...metric, values: bucketRows(metric.name, {}, counts, sumS()) };
      },
    };
    this.registry.registerMetric(metric as unknown as Metric);
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
          for (const { method, code, count } of answers.values()) this.inc({ method, code }, count);
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
      "solebook_streams_broken_total",
      "Shards whose events had a gap or contradicted themselves: shown no further",
      () => this.streamsBroken,
    );
    count(
      "solebook_slow_readers_closed_total",
      "Sockets closed because they read too slowly",
      () => {
        return this.slowReadersClosed;
      },
    );
  }

  #sessionCounters(): void {
    const { sessions } = this;
    const by = (
      name: string,
      help: string,
      label: string,
      read: () => Iterable<readonly [string | number, number]>,
    ): void => {
      this.registry.registerMetric(
        new Counter({
          name,
          help,
          labelNames: [label],
          registers: [],
          collect() {
            this.reset();
            for (const [value, count] of read()) this.inc({ [label]: value }, count);
          },
        }),
      );
    };
    by("solebook_resumes_total", "Resumptions by where what was missed came from", "from", () => {
      return Object.entries(sessions.resumes);
    });
    by("solebook_conflated_total", "Pushes skipped for readers who were behind", "policy", () => {
      return [["newest", sessions.conflated]];
    });
    by("solebook_sockets_closed_total", "Closed sockets by reason", "reason", () => {
      return sessions.closed;
    });
    by("solebook_upgrades_refused_total", "Connections refused, by code", "code", () => {
      return sessions.refused;
    });
    by("solebook_http_responses_total", "REST's answers by status", "status", () => this.#replies);
    by("solebook_order_refusals_total", "Refused order entry by class", "class", () => {
      return refusalsByClass(this.#answers.values());
    });
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

  #gauges(sources: MetricSources): void {
    const { clients, sockets, load, pendingRequests, isOnline } = sources;
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
    gauge("solebook_subscriptions", "Topics listened to, over all sockets", () => {
      return load().subscriptions;
    });
    gauge("solebook_sockets_behind", "Sockets that read more slowly than we write", () => {
      return load().behind;
    });
    gauge("process_resident_memory_bytes", "Memory of this process", process.memoryUsage.rss);
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
    perShard("solebook_shard_online", "1: its orders are taken", (it) => +isOnline(it.shard));
    perShard("solebook_commands_queued", "Commands in the ring", (it) => it.queued().commands);
    perShard("solebook_events_queued", "Events not read yet", (it) => it.queued().events);
    perShard("solebook_sequence", "Last sequence of the shard", (it) => it.stats().sequence);
    perShard("solebook_trades", "Trades over the journal's life", (it) => it.stats().tradesTotal);
    perShard("solebook_orders", "Orders over the journal's life", (it) => it.stats().ordersTotal);
    perShard("solebook_orders_open", "Orders resting now", (it) => it.stats().ordersOpen);
  }
}

/** Ours, by class of the code: an alert looks at these, at a code only who is woken by it. */
function refusalsByClass(answers: Iterable<Answers>): Map<string, number> {
  const counts = new Map<string, number>(CLASSES.map((name) => [name, 0]));
  for (const { code, count } of answers) {
    if (code === "ok") continue;
    const name = CODES[code as Code].class;
    counts.set(name, counts.get(name)! + count);
  }
  return counts;
}

/** One shard's appends. */
function appendRows(name: string, client: ShardClient): object[] {
  const { buckets, appendMs } = client.journalFigures!();
  const counts = buckets.map(({ upToMs, appends }) => ({
    upToS: upToMs === Infinity ? undefined : upToMs / MS_PER_SECOND,
    count: appends,
  }));
  return bucketRows(name, { shard: String(client.shard) }, counts, appendMs / MS_PER_SECOND);
}

/** Buckets as Prometheus wants them: each with all that was quicker, and last all of them. */
function bucketRows(
  name: string,
  labels: object,
  buckets: readonly { readonly upToS: number | undefined; readonly count: number }[],
  sumS: number,
): object[] {
  let total = 0;
  const rows = buckets.map(({ upToS, count }) => {
    total += count;
    const le = upToS === undefined ? "+Inf" : String(upToS);
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...rows,
    { metricName: `${name}_sum`, labels, value: sumS },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
