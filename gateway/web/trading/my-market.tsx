/** My market: the account's open orders, live, to be amended and cancelled in place, and what it traded. */
import "./ticket.css";
import "./my-market.css";
import { useState } from "react";
import { type OrderData, readMinor } from "../../client/index.ts";
import { exchange, useConnection, useMyOrders, useStanding } from "../live/index.ts";
import { countOf } from "../parts/count.ts";
import { moneyOf } from "../parts/money.ts";
import { sizeName, sizeOfSymbol } from "../parts/size.ts";
import { Link, paths } from "../router.tsx";
import { LogOn } from "./log-on.tsx";
import { LogOut } from "./log-out.tsx";
import { MyTrades } from "./my-trades.tsx";
import { OpenOrder } from "./open-order.tsx";
import { pairsOf, type Refusal, refusalOf } from "./words.ts";

export function MyMarket() {
  const { account } = useConnection();
  const orders = useMyOrders();
  const isNobody = useNobody();
  return (
    <div className="my-market">
      <header className="my-head">
        <h1>My market</h1>
        {account !== null && (
          <div className="my-account">
            <p>
              {account.startsWith("demo-") ? "Demonstration account " : "Account "}
              <strong>{account}</strong>
            </p>
            <LogOut key={account} account={account} open={orders.value?.open ?? null} />
          </div>
        )}
      </header>
      {isNobody ? (
        <section className="my-log-on" aria-label="Log on">
          <LogOn />
        </section>
      ) : (
        <>
          <OpenOrders orders={orders.value?.open ?? null} isOld={orders.state !== "live"} />
          <Ended orders={orders.value?.done ?? []} />
          <MyTrades reports={orders.value?.reports ?? []} />
        </>
      )}
    </div>
  );
}

/** Nobody is logged on; while the line is opened anew, whoever it was counts. */
function useNobody(): boolean {
  const { account, phase } = useConnection();
  const [before, setBefore] = useState(false);
  const now = account === null && (phase === "online" || before);
  if (now !== before) setBefore(now);
  return now;
}

interface OpenProps {
  /** Null: not known yet. */
  readonly orders: readonly OrderData[] | null;
  readonly isOld: boolean;
}

function OpenOrders({ orders, isOld }: OpenProps) {
  const { asleep } = useStanding();
  return (
    <section aria-labelledby="open-title" data-old={isOld && orders !== null}>
      <div className="my-section-head">
        <h2 id="open-title">Open orders</h2>
        {orders !== null && orders.length > 0 && <p>{summaryOf(orders)}</p>}
        {orders !== null && orders.length > 1 && (
          <CancelAll count={orders.length} asleep={asleep} />
        )}
      </div>
      {orders === null && <Skeleton />}
      {orders?.length === 0 && (
        <p className="my-empty">
          Nothing is open. <Link to={paths.home}>Find a pair</Link> and bid on it, or ask for yours.
        </p>
      )}
      {orders !== null && orders.length > 0 && (
        <ul className="orders">
          {orders.map((order) => (
            <OpenOrder key={order.client_order_id} order={order} asleep={asleep} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** "2 bids, $480 in all · 1 ask" */
function summaryOf(orders: readonly OrderData[]): string {
  const bids = orders.filter(({ side }) => side === "buy");
  const asks = orders.length - bids.length;
  const bidMinor = bids.reduce(
    (sum, { price, open_qty: open }) => sum + (price === null ? 0 : readMinor(price) * open),
    0,
  );
  const parts = [];
  if (bids.length > 0) {
    parts.push(`${countOf(bids.length, "bid")}, ${moneyOf(bidMinor)} in all`);
  }
  if (asks > 0) parts.push(countOf(asks, "ask"));
  return parts.join(" · ");
}

interface CancelAllProps {
  readonly count: number;
  readonly asleep: string | null;
}

function CancelAll({ count, asleep }: CancelAllProps) {
  const [isAsked, setAsked] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const cancel = (): void => {
    setAsked(false);
    exchange.orders.cancelAll().then(
      () => setRefusal(null),
      (error: unknown) => setRefusal(refusalOf(error, "Nothing was cancelled")),
    );
  };
  if (refusal !== null) {
    return (
      <p className="my-refused" role="alert">
        {refusal.what}: {refusal.why} {refusal.todo}
      </p>
    );
  }
  if (!isAsked) {
    return (
      <button type="button" className="quiet-button" onClick={() => setAsked(true)}>
        Cancel all
      </button>
    );
  }
  return (
    <span className="my-confirm">
      <button type="button" className="quiet-button" onClick={() => setAsked(false)}>
        Keep them
      </button>
      <button
        type="button"
        className="danger-button"
        disabled={asleep !== null}
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the button just pressed
        autoFocus
        onClick={cancel}
      >
        Cancel all {count}
      </button>
    </span>
  );
}

const ENDED_SHOWN = 5;

/** Orders that ended without trading whole since the page was opened: nothing goes unseen. */
function Ended({ orders }: { readonly orders: readonly OrderData[] }) {
  const ended = orders.filter(({ status }) => status !== "filled").slice(0, ENDED_SHOWN);
  if (ended.length === 0) return null;
  return (
    <section aria-labelledby="ended-title">
      <h2 id="ended-title">Ended just now</h2>
      <ul className="ended">
        {ended.map((order) => (
          <li key={order.client_order_id}>
            <span>
              {order.side === "buy" ? "Bid" : "Ask"} of{" "}
              {order.price === null ? "market" : moneyOf(readMinor(order.price))},{" "}
              {order.symbol.split(":")[0]}, {sizeName(sizeOfSymbol(order.symbol))}
            </span>
            <span>{endedWords(order)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function endedWords({ status, filled_qty: filled, qty }: OrderData): string {
  const traded = filled > 0 ? `, ${filled} of ${pairsOf(qty)} traded` : "";
  if (status === "unknown") return "Ended while the page was away";
  return `${status.charAt(0).toUpperCase()}${status.slice(1)}${traded}`;
}

function Skeleton() {
  return (
    <div className="orders-skeleton" aria-hidden>
      <span />
      <span />
    </div>
  );
}
