/** The last trades of the chosen size; new ones slide in at the top. */
import { useEffect, useRef } from "react";
import { useTrades } from "../../live/index.ts";
import { clock } from "../../parts/ago.tsx";
import { money } from "../../parts/money.ts";
import { sizeName } from "../../parts/size.ts";

interface LastTradesProps {
  readonly symbol: string;
  readonly size: string;
  readonly isOld: boolean;
}

const SHOWN = 18;

export function LastTrades({ symbol, size, isOld }: LastTradesProps) {
  const trades = useTrades(symbol);
  const shown = trades.value?.slice(0, SHOWN) ?? [];
  const newest = useRef<{ symbol: string; id: number } | null>(null);
  const first = shown[0]?.trade_id;
  useEffect(() => {
    if (first !== undefined) newest.current = { symbol, id: first };
  }, [symbol, first]);
  const seen = newest.current?.symbol === symbol ? newest.current.id : Number.POSITIVE_INFINITY;
  return (
    <section className="panel" aria-labelledby="trades-title">
      <div className="panel-head">
        <h2 id="trades-title">Last trades</h2>
        <p className="quiet small">{sizeName(size)}</p>
      </div>
      {trades.value !== null && shown.length === 0 && (
        <p className="panel-empty">No pair of this size has been sold yet.</p>
      )}
      {trades.value === null && <div className="trades-waiting skeleton" aria-hidden />}
      {shown.length > 0 && (
        <table className={isOld || trades.state === "stale" ? "trades stale" : "trades"}>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Taker</th>
              <th scope="col" className="number">
                Pairs
              </th>
              <th scope="col" className="number">
                Price
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ trade_id: id, ts, price, qty, taker_side: side }) => (
              <tr key={id} data-new={id > seen ? "" : undefined}>
                <td className="quiet">
                  <time dateTime={ts}>{clock(ts)}</time>
                </td>
                <td className="side" data-side={side}>
                  <span aria-hidden>{side === "buy" ? "▲" : "▼"}</span>{" "}
                  {side === "buy" ? "bought" : "sold"}
                </td>
                <td className="number">{qty}</td>
                <td className="number">
                  <strong>{money(price)}</strong>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
