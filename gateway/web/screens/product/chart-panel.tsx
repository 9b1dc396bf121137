/** Price history of what was traded: of this size or of all, over a range one chooses. */
import { useState } from "react";
import { useResource } from "../../live/index.ts";
import type { HistoryData } from "../../market-data.ts";
import { moneyOf } from "../../parts/money.ts";
import { Segments } from "../../parts/segments.tsx";
import { sizeName } from "../../parts/size.ts";
import type { ProductData } from "../../product-data.ts";
import { Chart } from "./chart.tsx";
import { type ChartKind, dataOf, type Datum } from "./chart-scale.ts";

interface ChartPanelProps {
  readonly product: ProductData;
  readonly symbol: string;
  readonly size: string;
}

type Range = "1d" | "1w" | "1m" | "1y" | "all";

const RANGES = [
  ["1d", "1D"],
  ["1w", "1W"],
  ["1m", "1M"],
  ["1y", "1Y"],
  ["all", "All"],
] as const;
/** Sales of all sizes make no line: between two of them lies another size, not another time. */
const KINDS = {
  size: [
    ["line", "Line"],
    ["candles", "Candles"],
  ],
  all: [
    ["points", "Points"],
    ["candles", "Candles"],
  ],
} as const;
const READ_EVERY_MS = 3_000;

export function ChartPanel({ product, symbol, size }: ChartPanelProps) {
  const [range, setRange] = useState<Range>("1d");
  const [chosen, setKind] = useState<ChartKind>("line");
  const [of, setOf] = useState<"size" | "all">("size");
  const path =
    of === "size"
      ? `/v1/instruments/${encodeURIComponent(symbol)}/history?range=${range}`
      : `/v1/products/${encodeURIComponent(product.style)}/history?range=${range}`;
  const { value, state } = useResource<HistoryData>(path, READ_EVERY_MS);
  const kind = chosen === "candles" ? chosen : of === "all" ? "points" : "line";
  const data = value === null ? null : dataOf(value, kind);
  const what = of === "size" ? sizeName(size) : "all sizes";
  return (
    <section className="panel" aria-labelledby="chart-title">
      <div className="panel-head">
        <h2 id="chart-title">Price history</h2>
        <Segments
          name="Which sizes"
          options={[
            ["size", sizeName(size)],
            ["all", "All sizes"],
          ]}
          value={of}
          onChange={setOf}
        />
      </div>
      {data !== null && data.length > 0 && (
        <Chart data={data} kind={kind} isLong={isLong(data)} label={summary(data, what)} />
      )}
      {data?.length === 0 && (
        <p className="panel-empty chart-empty">
          No sale of {what} {range === "all" ? "yet" : "in this range"}.
        </p>
      )}
      {data === null && (
        <div className="chart-waiting skeleton" role="status">
          {state === "failed" && "The price history cannot be read just now; trying again."}
        </div>
      )}
      <div className="chart-choices">
        <Segments name="Range" options={RANGES} value={range} onChange={setRange} />
        <Segments name="Drawn as" options={KINDS[of]} value={kind} onChange={setKind} />
      </div>
    </section>
  );
}

const DAY_MS = 86_400_000;
const isLong = (data: readonly Datum[]): boolean =>
  data[data.length - 1]!.ms - data[0]!.ms > 2 * DAY_MS;

/** What a screen reader hears instead of the drawing. */
function summary(data: readonly Datum[], what: string): string {
  const low = Math.min(...data.map((each) => each.lowMinor));
  const high = Math.max(...data.map((each) => each.highMinor));
  const pairs = data.reduce((sum, each) => sum + each.pairs, 0);
  const [first, last] = [data[0]!, data[data.length - 1]!];
  return (
    `Price history of ${what}: from ${moneyOf(first.openMinor)} to ${moneyOf(last.closeMinor)}, ` +
    `between ${moneyOf(low)} and ${moneyOf(high)}, ${pairs} pairs sold. Arrow keys read it.`
  );
}
