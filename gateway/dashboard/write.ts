/**
 * Writes `dashboard.json` (Grafana: import it, or provision the folder) and `alerts.json` (Prometheus reads
 * it as a file of rules: JSON is YAML) from the tables of `panels.ts`.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ALERTS, type Panel, ROWS } from "./panels.ts";

const WIDTH = 8;
const HEIGHT = 7;
const COLUMNS = 24;
const SOURCE = { type: "prometheus", uid: "${source}" };

export function dashboard(): object {
  const panels: object[] = [];
  let y = 0;
  let id = 1;
  for (const row of ROWS) {
    panels.push({
      id: id++,
      type: "row",
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 },
      panels: [],
    });
    for (const [at, panel] of row.panels.entries()) {
      const x = (at * WIDTH) % COLUMNS;
      if (at > 0 && x === 0) y += HEIGHT;
      panels.push({ id: id++, ...graph(panel), gridPos: { x, y, w: WIDTH, h: HEIGHT } });
    }
    y += HEIGHT;
  }
  return {
    uid: "solebook-gateway",
    title: "Solebook",
    description: "Orders, shards, sockets and the gateway itself.",
    tags: ["solebook"],
    schemaVersion: 39,
    editable: false,
    timezone: "utc",
    refresh: "10s",
    time: { from: "now-30m", to: "now" },
    templating: {
      list: [{ name: "source", type: "datasource", query: "prometheus", label: "From" }],
    },
    panels,
  };
}

function graph({ title, says, unit, asks }: Panel): object {
  return {
    type: "timeseries",
    title,
    description: says,
    datasource: SOURCE,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
    targets: asks.map(([legendFormat, expr], at) => {
      return { refId: String.fromCharCode(65 + at), datasource: SOURCE, expr, legendFormat };
    }),
  };
}

export function alerts(): object {
  const rules = ALERTS.map(({ name, expression, forSeconds, severity, says }) => ({
    alert: `Solebook${name}`,
    expr: expression,
    for: `${forSeconds}s`,
    labels: { severity },
    annotations: { summary: says },
  }));
  return { groups: [{ name: "solebook", rules }] };
}

export const FILES: readonly (readonly [name: string, write: () => object])[] = [
  ["dashboard.json", dashboard],
  ["alerts.json", alerts],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, write] of FILES) {
    writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(write(), null, 2)}\n`);
  }
}
