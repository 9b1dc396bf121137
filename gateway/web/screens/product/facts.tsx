/** What is known of the product and how the chosen size trades. */
import { readMinor, type TickerData } from "../../../client/index.ts";
import { day, releaseWords, useNowMs } from "../../parts/ago.tsx";
import { money } from "../../parts/money.ts";
import { sizeName } from "../../parts/size.ts";
import type { ProductData } from "../../product-data.ts";

interface FactsProps {
  readonly product: ProductData;
  readonly ticker: TickerData | null;
  readonly size: string;
}

export function Facts({ product, ticker, size }: FactsProps) {
  const now = useNowMs();
  const { style, retail_price: retail, release_date: released, tick, band } = product;
  const rows: (readonly [string, string])[] = [
    ["Style code", style],
    ["Colourway", product.colourway === "" ? "not named" : product.colourway],
    ["Retail price", money(retail)],
    [releaseWords(released, now), day(released)],
    ["Last sale to retail", premium(ticker?.last ?? null, retail)],
    [`52-week range, ${sizeName(size)}`, range(ticker)],
    [`Pairs sold, ${sizeName(size)}`, String(ticker?.volume ?? "–")],
    ["Price step", money(tick)],
    ["Prices taken", band === null ? "any" : `${money(band.low)} to ${money(band.high)}`],
  ];
  return (
    <section className="panel" aria-labelledby="facts-title">
      <div className="panel-head">
        <h2 id="facts-title">Facts</h2>
      </div>
      <dl className="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** In whole percent, half away from zero. */
function premium(last: string | null, retail: string): string {
  if (last === null) return "no sale yet";
  const percent = Math.round(((readMinor(last) - readMinor(retail)) * 100) / readMinor(retail));
  if (percent === 0) return "at retail";
  return percent > 0 ? `${percent} % above` : `${-percent} % below`;
}

function range(ticker: TickerData | null): string {
  if (ticker === null || ticker.low_52w === null || ticker.high_52w === null) return "no sale yet";
  return `${money(ticker.low_52w)} to ${money(ticker.high_52w)}`;
}
