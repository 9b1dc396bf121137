/** What the account traded, the newest first: also of before the page was opened. */
import { useEffect, useState } from "react";
import type { ReportData, Side } from "../../client/index.ts";
import { exchange, useConnection, useResource } from "../live/index.ts";
import { money } from "../parts/money.ts";
import { sizeName } from "../parts/size.ts";
import { readMinor } from "../../client/index.ts";
import type { ProductData } from "../product-data.ts";
import { Link, paths } from "../router.tsx";
import { sumOf, useQuote } from "./quote.ts";
import { FeeLines } from "./ticket-parts.tsx";
import { pairsOf, sumWords } from "./words.ts";

/** A row of `account_trades`. */
interface OwnTrade {
  readonly trade_id: number;
  readonly order_id: string;
  readonly symbol: string;
  readonly side: Side;
  readonly price: string;
  readonly qty: number;
  readonly liquidity: "maker" | "taker";
  readonly ts: string;
}

const SHOWN = 100;

export function MyTrades({ reports }: { readonly reports: readonly ReportData[] }) {
  const trades = useOwnTrades(reports);
  return (
    <section aria-labelledby="trades-title">
      <h2 id="trades-title">Trades</h2>
      {trades === null ? (
        <div className="orders-skeleton" aria-hidden>
          <span />
        </div>
      ) : trades.length === 0 ? (
        <p className="my-empty">
          No trades yet. What you buy and sell stands here, with every fee.
        </p>
      ) : (
        <ul className="trades">
          {trades.map((trade) => (
            <TradeRow key={`${trade.symbol} ${trade.trade_id} ${trade.side}`} trade={trade} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Asked for once per logon, and again with each trade that is reported. Null: not known yet. */
function useOwnTrades(reports: readonly ReportData[]): readonly OwnTrade[] | null {
  const { account, phase, sessions } = useConnection();
  const [trades, setTrades] = useState<readonly OwnTrade[] | null>(null);
  const newest = reports.find(({ exec_type: type }) => type === "trade")?.account_seq ?? 0;
  useEffect(() => {
    if (account === null || phase !== "online") return;
    let isWanted = true;
    exchange.request("account_trades", { limit: SHOWN }).then(
      (result) => {
        if (isWanted) setTrades((result as { trades: OwnTrade[] }).trades);
      },
      () => {}, // the line ended: asked again when it is back
    );
    return () => {
      isWanted = false;
    };
  }, [account, phase, sessions, newest]);
  return trades;
}

const WHEN = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "short" });

function TradeRow({ trade }: { readonly trade: OwnTrade }) {
  const [isOpen, setOpen] = useState(false);
  const { symbol, side, price, qty, ts } = trade;
  const [style = symbol, ...size] = symbol.split(":");
  const { value: product } = useResource<ProductData>(`/v1/products/${style}`);
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span className="side-chip" data-side={side}>
            {side === "buy" ? "Bought" : "Sold"}
          </span>
          <span className="trade-what">
            {product?.model ?? style} <span>{sizeName(size.join(":"))}</span>
          </span>
          <time dateTime={ts}>{WHEN.format(new Date(ts))}</time>
          <span className="trade-price">
            {qty > 1 && `${qty} × `}
            {money(price)}
          </span>
        </summary>
        {isOpen && <TradeFacts trade={trade} style={style} size={size.join(":")} />}
      </details>
    </li>
  );
}

interface FactsProps {
  readonly trade: OwnTrade;
  readonly style: string;
  readonly size: string;
}

function TradeFacts({ trade, style, size }: FactsProps) {
  const { side, price, qty, liquidity, trade_id: id } = trade;
  const view = useQuote(side, readMinor(price), qty);
  const sum = view.quote === null ? "" : `${sumWords(side)} ${money(sumOf(view.quote))}`;
  return (
    <div className="trade-facts">
      <FeeLines view={view} side={side} />
      <p className="order-more">
        <span className="unseen">{sum}</span>
        <span>Trade {id}</span>
        <span>{pairsOf(qty)}</span>
        <span>{liquidity === "maker" ? "your order was waiting" : "your order took it"}</span>
        <Link to={paths.product(style, size)}>To the product</Link>
      </p>
    </div>
  );
}
