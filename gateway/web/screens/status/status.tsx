/** Status: how this page stands with the exchange, and how the exchange itself is. */
import "./status.css";
import { useEffect, useState } from "react";
import {
  exchange,
  useConnection,
  useExchangeStatus,
  useResource,
  useStanding,
} from "../../live/index.ts";
import { ago, clock, useNowMs } from "../../parts/ago.tsx";

interface Stats {
  readonly trades_total: number;
  readonly orders_total: number;
  readonly orders_open: number;
  readonly shards: readonly { readonly shard: number; readonly sequence: number }[];
}

const COUNT = new Intl.NumberFormat("en-US");
const PHASES = {
  connecting: "connecting",
  online: "connected",
  waiting: "waiting for the next try",
  closed: "closed",
} as const;

export function Status() {
  const { health, label, asleep } = useStanding();
  return (
    <div className="page">
      <div className="status-head" data-health={health}>
        <span className="dot" aria-hidden />
        <h1>{label}</h1>
      </div>
      <p className="quiet">
        {asleep ?? "Everything you see is the present, and orders are taken."}
      </p>
      <div className="status-grid">
        <ThisPage />
        <TheExchange />
      </div>
    </div>
  );
}

function ThisPage() {
  const { phase, sinceMs, account, sessions, attempt, reason } = useConnection();
  const now = useNowMs();
  const latency = useLatency(phase === "online");
  return (
    <section aria-labelledby="line-title">
      <h2 id="line-title">This page</h2>
      <dl>
        <Row name="Connection">{PHASES[phase]}</Row>
        <Row name="Since">
          {clock(sinceMs)}, {ago(sinceMs, Math.max(now, sinceMs))}
        </Row>
        <Row name="Round trip">{roundTripWords(latency, phase === "online")}</Row>
        <Row name="Signed in as">{account ?? "nobody"}</Row>
        <Row name="Reconnects">{COUNT.format(Math.max(0, sessions - 1))}</Row>
        {attempt > 0 && <Row name="Failed tries in a row">{attempt}</Row>}
        {reason !== null && <Row name="Reason">{reason}</Row>}
      </dl>
    </section>
  );
}

function TheExchange() {
  const status = useExchangeStatus();
  const stats = useResource<Stats>("/v1/stats", 1_000);
  const { value } = stats;
  return (
    <section aria-labelledby="exchange-title">
      <h2 id="exchange-title">The exchange</h2>
      <dl>
        <Row name="State">{status.value?.state.replace("_", " ") ?? "unknown"}</Row>
        <Row name="Since">{status.value === null ? "–" : clock(status.value.since)}</Row>
        <Row name="Trades">{value === null ? "–" : COUNT.format(value.trades_total)}</Row>
        <Row name="Orders">{value === null ? "–" : COUNT.format(value.orders_total)}</Row>
        <Row name="Orders open">{value === null ? "–" : COUNT.format(value.orders_open)}</Row>
        {value?.shards.map(({ shard, sequence }) => (
          <Row key={shard} name={`Sequence of shard ${shard}`}>
            {COUNT.format(sequence)}
          </Row>
        ))}
        {status.value?.shards.map(({ shard, state, reason }) => (
          <Row key={shard} name={`Shard ${shard}`}>
            {reason === undefined ? state : `${state}: ${reason}`}
          </Row>
        ))}
        <Row name="For machines">
          <a href="/docs">Interfaces</a>
        </Row>
      </dl>
    </section>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function roundTripWords(latencyMs: number | null, isOnline: boolean): string {
  if (latencyMs !== null) return `${latencyMs.toFixed(1)} ms`;
  return isOnline ? "being measured" : "–";
}

/** A ping with the line, and each two seconds while somebody looks. */
function useLatency(isOnline: boolean): number | null {
  const [latencyMs, setLatencyMs] = useState<number | null>(null);
  useEffect(() => {
    if (!isOnline) return setLatencyMs(null);
    const ping = (): void => {
      const sentMs = performance.now();
      exchange.request("ping").then(
        () => setLatencyMs(performance.now() - sentMs),
        () => {}, // the line went, and takes the number with it; or the answer is late
      );
    };
    ping();
    const timer = setInterval(ping, 2_000);
    return () => clearInterval(timer);
  }, [isOnline]);
  return latencyMs;
}
