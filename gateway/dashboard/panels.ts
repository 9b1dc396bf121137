/**
 * What an operator looks at: every panel of the dashboard with what it asks Prometheus for, and the alerts.
 * `dashboard.json` and `alerts.json` are written from these tables by `write.ts`; a test says when they are
 * not, and when something asks for a metric that a running gateway does not have.
 */

export interface Panel {
  readonly title: string;
  readonly says: string;
  readonly unit: "ops" | "s" | "short" | "bytes" | "percentunit";
  /** Legend and expression. */
  readonly asks: readonly (readonly [legend: string, expression: string])[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const rate = (metric: string): string => `rate(${metric}[$__rate_interval])`;
const sumBy = (label: string, metric: string): string => `sum by (${label}) (${rate(metric)})`;
const quantile = (at: number, histogram: string, by = ""): string =>
  `histogram_quantile(${at}, sum by (le${by}) (${rate(`${histogram}_bucket`)}))`;

const ANSWER = "solebook_order_answer_seconds";
const APPEND = "solebook_journal_append_seconds";

export const ROWS: readonly Row[] = [
  {
    title: "Orders",
    panels: [
      {
        title: "Answers",
        says: "Order entry over sockets, by method.",
        unit: "ops",
        asks: [["{{method}}", sumBy("method", "solebook_order_answers_total")]],
      },
      {
        title: "Refusals by class",
        says: "SYSTEM and RATE are ours; the others are who asks.",
        unit: "ops",
        asks: [["{{class}}", sumBy("class", "solebook_order_refusals_total")]],
      },
      {
        title: "Refused for rate or load",
        says: "Limits on orders, and a full ring.",
        unit: "ops",
        asks: [
          [
            "{{code}}",
            sumBy("code", 'solebook_order_answers_total{code=~"RATE_LIMITED|OVERLOADED"}'),
          ],
        ],
      },
      {
        title: "From frame to answer",
        says: "An answer means that the order is in the journal.",
        unit: "s",
        asks: [
          ["p50", quantile(0.5, ANSWER)],
          ["p99", quantile(0.99, ANSWER)],
          ["p99.9", quantile(0.999, ANSWER)],
        ],
      },
      {
        title: "On their way",
        says: "Commands that a shard has and has not answered, and those still in its ring.",
        unit: "short",
        asks: [
          ["pending", "sum(solebook_requests_pending)"],
          ["in the ring of {{shard}}", "solebook_commands_queued"],
        ],
      },
    ],
  },
  {
    title: "Shards",
    panels: [
      {
        title: "Online",
        says: "1: orders of the shard are taken.",
        unit: "short",
        asks: [["{{shard}}", "min by (shard) (solebook_shard_online)"]],
      },
      {
        title: "Commands",
        says: "By sequence, and trades among them.",
        unit: "ops",
        asks: [
          ["commands of {{shard}}", "max by (shard) (rate(solebook_sequence[$__rate_interval]))"],
          ["trades of {{shard}}", "max by (shard) (rate(solebook_trades[$__rate_interval]))"],
          ["orders of {{shard}}", "max by (shard) (rate(solebook_orders[$__rate_interval]))"],
        ],
      },
      {
        title: "Resting orders",
        says: "Open in all books of the shard.",
        unit: "short",
        asks: [["{{shard}}", "max by (shard) (solebook_orders_open)"]],
      },
      {
        title: "Journal: write and sync",
        says: "One append is one batch. Of shards in the gateway's own process.",
        unit: "s",
        asks: [
          ["p50 of {{shard}}", quantile(0.5, APPEND, ", shard")],
          ["p99 of {{shard}}", quantile(0.99, APPEND, ", shard")],
        ],
      },
      {
        title: "Journal: size",
        says: "How far it has come.",
        unit: "bytes",
        asks: [["{{shard}}", "solebook_journal_bytes"]],
      },
      {
        title: "Streams that broke",
        says: "A shard's events had a gap or contradicted themselves; each is our mistake.",
        unit: "short",
        asks: [["{{instance}}", "solebook_streams_broken_total"]],
      },
      {
        title: "Events not read yet",
        says: "What a shard said and the gateway has not folded.",
        unit: "short",
        asks: [["{{shard}}", "solebook_events_queued"]],
      },
    ],
  },
  {
    title: "Sockets",
    panels: [
      {
        title: "Open",
        says: "And those that read more slowly than we write.",
        unit: "short",
        asks: [
          ["open", "sum(solebook_sockets)"],
          ["behind", "sum(solebook_sockets_behind)"],
        ],
      },
      {
        title: "Subscriptions",
        says: "Topics listened to, over all sockets.",
        unit: "short",
        asks: [["subscriptions", "sum(solebook_subscriptions)"]],
      },
      {
        title: "Closed, by reason",
        says: "CLIENT: not by us.",
        unit: "ops",
        asks: [
          ["{{reason}}", sumBy("reason", "solebook_sockets_closed_total")],
          ["slow readers", `sum(${rate("solebook_slow_readers_closed_total")})`],
          ["frames too large", `sum(${rate("solebook_frames_too_large_total")})`],
        ],
      },
      {
        title: "Refused at the door, by code",
        says: "Upgrades that were answered with an error.",
        unit: "ops",
        asks: [["{{code}}", sumBy("code", "solebook_upgrades_refused_total")]],
      },
      {
        title: "Resumptions",
        says: "By where what was missed came from; too_old: a snapshot came instead.",
        unit: "ops",
        asks: [["{{from}}", sumBy("from", "solebook_resumes_total")]],
      },
      {
        title: "Frames in, pushes skipped",
        says: "Skipped: of conflated channels, for readers who were behind.",
        unit: "ops",
        asks: [
          ["frames", `sum(${rate("solebook_frames_in_total")})`],
          ["skipped", `sum(${rate("solebook_conflated_total")})`],
        ],
      },
    ],
  },
  {
    title: "Gateway",
    panels: [
      {
        title: "Loop delay",
        says: "How long something waits for the gateway's one thread, p99 since the last scrape.",
        unit: "s",
        asks: [["p99", "max(solebook_loop_delay_p99_seconds)"]],
      },
      {
        title: "REST answers by status",
        says: "429: limited by address.",
        unit: "ops",
        asks: [["{{status}}", sumBy("status", "solebook_http_responses_total")]],
      },
      {
        title: "Memory",
        says: "Resident.",
        unit: "bytes",
        asks: [["{{instance}}", "process_resident_memory_bytes"]],
      },
    ],
  },
];

export interface Alert {
  readonly name: string;
  readonly expression: string;
  readonly forSeconds: number;
  readonly severity: "page" | "ticket";
  /** What it means, and what to look at. */
  readonly says: string;
}

const per5m = (metric: string): string => `rate(${metric}[5m])`;

export const ALERTS: readonly Alert[] = [
  {
    name: "ShardNotOnline",
    expression: "max by (shard) (solebook_shard_online) == 0",
    forSeconds: 15,
    severity: "page",
    says: "No gateway takes orders of shard {{ $labels.shard }}; /v1/status says why.",
  },
  {
    name: "NoGateway",
    expression: "absent(solebook_shard_online)",
    forSeconds: 30,
    severity: "page",
    says: "No gateway is heard of, so nobody trades: none runs, or none is scraped.",
  },
  {
    name: "StreamBroken",
    expression: "sum(solebook_streams_broken_total) > 0",
    forSeconds: 0,
    severity: "page",
    says: "A shard's events had a gap or contradicted themselves: our mistake; keep journal and logs.",
  },
  {
    name: "OrdersFailByOurMistake",
    expression: `sum(${per5m('solebook_order_refusals_total{class="SYSTEM"}')}) > 0.1`,
    forSeconds: 60,
    severity: "page",
    says: "Orders are refused with codes of class SYSTEM; solebook_order_answers_total has the codes.",
  },
  {
    name: "OrdersAreSlow",
    expression: `histogram_quantile(0.99, sum by (le) (${per5m(`${ANSWER}_bucket`)})) > 0.25`,
    forSeconds: 300,
    severity: "ticket",
    says: "One order in a hundred is answered later than 250 ms: look at journal, ring and loop.",
  },
  {
    name: "JournalIsSlow",
    expression: `histogram_quantile(0.99, sum by (le, shard) (${per5m(`${APPEND}_bucket`)})) > 0.1`,
    forSeconds: 300,
    severity: "ticket",
    says: "Writing and syncing a batch of shard {{ $labels.shard }} takes over 100 ms: the disk.",
  },
  {
    name: "Overloaded",
    expression: `sum(${per5m('solebook_order_answers_total{code="OVERLOADED"}')}) > 1`,
    forSeconds: 60,
    severity: "page",
    says: "Rings are full: more orders come than a shard can take.",
  },
  {
    name: "LoopIsLate",
    expression: "max by (instance) (solebook_loop_delay_p99_seconds) > 0.1",
    forSeconds: 120,
    severity: "ticket",
    says: "The gateway's thread on {{ $labels.instance }} makes everyone wait for 100 ms.",
  },
  {
    name: "ReadersAreSlow",
    expression: `sum(${per5m("solebook_slow_readers_closed_total")}) > 1`,
    forSeconds: 300,
    severity: "ticket",
    says: "Sockets are closed because they do not read: a network between, or our pushes.",
  },
  {
    name: "ResumesTooOld",
    expression: `sum(${per5m('solebook_resumes_total{from="too_old"}')}) > 1`,
    forSeconds: 300,
    severity: "ticket",
    says: "Who comes back is given snapshots instead of what it missed: stored events are not at hand.",
  },
];
