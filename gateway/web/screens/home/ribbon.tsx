/** The ribbon of last trades over the whole market; a new one slides in at its beginning. */
import { useEffect, useRef } from "react";
import type { RibbonTrade } from "../../market-data.ts";
import { Ago } from "../../parts/ago.tsx";
import { money } from "../../parts/money.ts";
import { sizeName } from "../../parts/size.ts";
import { Link, paths } from "../../router.tsx";

const SHOWN = 20;
/** When more are new, the whole ribbon would be in motion: then none is. */
const SLIDING_MAX = 6;

export function Ribbon({ trades }: { readonly trades: readonly RibbonTrade[] | null }) {
  const shown = trades?.slice(0, SHOWN) ?? [];
  const known = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    known.current = new Set(shown.map(keyOf));
  });
  const fresh = shown.filter((trade) => !known.current.has(keyOf(trade))).length;
  const slides = known.current.size > 0 && fresh <= SLIDING_MAX;
  return (
    <section className="ribbon" aria-label="Last trades">
      <ol tabIndex={-1}>
        {trades !== null && shown.length === 0 && (
          <li className="ribbon-empty quiet">No trades yet. The first one will show here.</li>
        )}
        {trades === null && <li className="ribbon-empty quiet">Last trades</li>}
        {shown.map((trade) => (
          <li
            key={keyOf(trade)}
            data-new={slides && !known.current.has(keyOf(trade)) ? "" : undefined}
          >
            <Link to={paths.product(trade.product, trade.size)}>
              <span className="ribbon-name">{trade.model}</span>
              <span className="ribbon-line">
                <span className="ribbon-price">{money(trade.price)}</span>
                <span className="side" data-side={trade.taker_side}>
                  {trade.taker_side === "buy" ? "▲ bought" : "▼ sold"}
                </span>
                <span className="quiet small">
                  {sizeName(trade.size)} · <Ago ts={trade.ts} />
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}

const keyOf = ({ symbol, trade_id: id }: RibbonTrade): string => `${symbol} ${id}`;
