/** Nothing is looked at that is not there: every metric of panel and alert is what a gateway exposes. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parser } from "@prometheus-io/lezer-promql";
import { readFileSync } from "node:fs";
import { startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { connect, type Trader } from "../testing/trader.ts";
import { ALERTS, ROWS } from "./panels.ts";
import { FILES } from "./write.ts";

let exchange: TestExchange;
let names: ReadonlySet<string>;
let text = "";

beforeAll(async () => {
  exchange = await startTestExchange();
  const trader = await connect(exchange, await exchange.makeKey("alice"));
  await live(trader);
  trader.close();
  await trader.closed;
  text = await (await fetch(`${exchange.url}/metrics`)).text();
  names = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!));
});
afterAll(() => exchange.stop());

/** A life that brings up what only shows when it happened. */
async function live(trader: Trader): Promise<void> {
  const symbol = "DZ5485-612:US-10";
  const order = { client_order_id: "a", symbol, side: "buy", type: "limit", qty: 1 };
  await trader.request("add_order", { ...order, price: "100.00" });
  await trader.request("add_order", { ...order, client_order_id: "b", price: "1.00" });
  await trader.request("add_order", { ...order, client_order_id: "c" });
  await trader.request("subscribe", { channel: "book", symbols: [symbol], resume_from_seq: 0 });
  await trader.request("subscribe", {
    channel: "trades",
    symbols: [symbol],
    resume_from_seq: 9e15,
  });
  await fetch(`${exchange.url}/v1/status`);
  await fetch(`${exchange.url.replace("127.0.0.1", "localhost")}/v1/nothing`);
  await fetch(`${exchange.url}/v1/ws?encoding=xml`, {
    headers: { upgrade: "websocket", connection: "upgrade" },
  }).catch(() => {});
}

const asked = [
  ...ROWS.flatMap(({ panels }) =>
    panels.flatMap(({ title, asks }) => asks.map(([, expression]) => [title, expression] as const)),
  ),
  ...ALERTS.map(({ name, expression }) => [name, expression] as const),
];

test.each(asked)("%s: %s", (_title, expression) => {
  const metrics = [...expression.matchAll(/(?:solebook|process)_\w+/g)].map(([name]) => name);
  expect(metrics.length).toBeGreaterThan(0);
  for (const metric of metrics) expect(names).toContain(metric.replace(/_bucket$/, ""));
  // Labels that are asked for are those it has, where it has any values.
  const labels = [...expression.matchAll(/(\w+)=~?"/g)].map(([, label]) => label!);
  for (const label of labels)
    expect(text).toMatch(new RegExp(`^${metrics[0]}\\{.*${label}="`, "m"));
});

test.each(asked)("%s: %s is PromQL", (_title, expression) => {
  const text = expression.replaceAll("$__rate_interval", "5m");
  const wrong: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from }) => void (type.isError && wrong.push(text.slice(from))),
  });
  expect(wrong).toEqual([]);
});

test("what happened was counted", () => {
  expect(text).toContain('solebook_resumes_total{from="memory"} 1');
  expect(text).toContain('solebook_resumes_total{from="too_old"} 1');
  expect(text).toContain('solebook_order_refusals_total{class="FILTER"} 1');
  expect(text).toContain('solebook_order_refusals_total{class="VALIDATION"} 1');
  expect(text).toContain('solebook_sockets_closed_total{reason="CLIENT"} 1');
  expect(text).toContain('solebook_http_responses_total{status="404"} 1');
  expect(text).toContain('solebook_shard_online{shard="0"} 1');
  expect(text).toMatch(/^solebook_subscriptions 0$/m);
});

test("series do not grow with who comes: no label has a name of a person, key, order or symbol", () => {
  const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label!));
  const known = ["class", "code", "from", "le", "method", "policy", "reason", "shard", "status"];
  expect([...labels].toSorted().filter((label) => !known.includes(label))).toEqual([]);
});

test.each(FILES)(
  "%s is as the tables say (else: node gateway/dashboard/write.ts)",
  (name, write) => {
    const kept: unknown = JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
    expect(kept).toEqual(write());
  },
);
