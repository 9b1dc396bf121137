/** One open order: what it is, how far from the market, its price amended in place, cancelled on a second press. */
import { useState } from "react";
import { type OrderData, readMinor } from "../../client/index.ts";
import { exchange, useResource, useTicker } from "../live/index.ts";
import { money, moneyOf } from "../parts/money.ts";
import { Picture } from "../parts/picture/picture.tsx";
import { sizeName } from "../parts/size.ts";
import type { ProductData } from "../product-data.ts";
import { Link, paths } from "../router.tsx";
import { AmendForm } from "./amend-form.tsx";
import { Note } from "./ticket-parts.tsx";
import { type Refusal, refusalOf } from "./words.ts";

interface OrderProps {
  readonly order: OrderData;
  readonly asleep: string | null;
}

type Mode = "shown" | "amending" | "cancelling" | "sending";

export function OpenOrder({ order, asleep }: OrderProps) {
  const [mode, setMode] = useState<Mode>("shown");
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const word = order.side === "buy" ? "bid" : "ask";
  const name = { client_order_id: order.client_order_id, symbol: order.symbol };
  const send = (sent: Promise<unknown>, what: string): void => {
    setMode("sending");
    setRefusal(null);
    sent.then(
      () => setMode("shown"), // what it is now, the report tells
      (error: unknown) => {
        setRefusal(refusalOf(error, what));
        setMode("shown");
      },
    );
  };
  return (
    <li className="order" data-side={order.side} aria-busy={mode === "sending"}>
      <Facts order={order} />
      <div className="order-price">
        <p className="order-figure">{order.price === null ? "market" : money(order.price)}</p>
        <Distance order={order} />
      </div>
      <Actions
        {...{ order, asleep, mode, setMode }}
        onCancel={() => send(exchange.orders.cancel(name), `The ${word} was not cancelled`)}
      />
      {mode === "amending" && (
        <AmendForm
          order={order}
          asleep={asleep}
          onBack={() => setMode("shown")}
          onSave={(price) => {
            send(exchange.orders.amend(name, { price }), "The price was not changed");
          }}
        />
      )}
      {refusal !== null && (
        <Note
          kind={refusal.unknown === true ? "warning" : "danger"}
          title={refusal.what}
          live="alert"
        >
          <p>
            {refusal.why} {refusal.todo}
          </p>
        </Note>
      )}
    </li>
  );
}

interface ActionsProps extends OrderProps {
  readonly mode: Mode;
  readonly setMode: (mode: Mode) => void;
  readonly onCancel: () => void;
}

function Actions({ order, asleep, mode, setMode, onCancel }: ActionsProps) {
  const word = order.side === "buy" ? "bid" : "ask";
  return (
    <div className="order-actions">
      {mode === "cancelling" ? (
        <>
          <button type="button" className="quiet-button" onClick={() => setMode("shown")}>
            Keep
          </button>
          <button
            type="button"
            className="danger-button"
            disabled={asleep !== null}
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the button just pressed
            autoFocus
            onClick={onCancel}
          >
            Cancel this {word}
          </button>
        </>
      ) : (
        <>
          <button
            type="button"
            className="quiet-button"
            disabled={mode !== "shown" || asleep !== null}
            aria-label={`Amend the price of ${labelOf(order)}`}
            onClick={() => setMode("amending")}
          >
            Amend
          </button>
          <button
            type="button"
            className="quiet-button"
            disabled={mode === "sending" || asleep !== null}
            aria-label={`Cancel ${labelOf(order)}`}
            onClick={() => setMode("cancelling")}
          >
            Cancel
          </button>
        </>
      )}
    </div>
  );
}

const labelOf = ({ side, symbol, price }: OrderData): string =>
  `the ${side === "buy" ? "bid" : "ask"} of ${price === null ? "market" : money(price)} for ${symbol}`;

function Facts({ order }: { readonly order: OrderData }) {
  const { symbol, side, open_qty: open, filled_qty: filled, qty, expire_time: expires } = order;
  const [style = symbol, ...size] = symbol.split(":");
  const { value: product } = useResource<ProductData>(`/v1/products/${style}`);
  const pairs = filled > 0 ? `${filled} of ${qty} traded` : open === 1 ? null : `${open} pairs`;
  return (
    <div className="order-facts">
      {product === null ? <div className="picture" /> : <Picture product={product} />}
      <p className="order-name">
        <Link to={paths.product(style, size.join(":"))}>{product?.model ?? style}</Link>
      </p>
      <p className="order-more">
        <span className="side-chip" data-side={side}>
          {side === "buy" ? "Bid" : "Ask"}
        </span>
        <span>{sizeName(size.join(":"))}</span>
        {pairs !== null && <span>{pairs}</span>}
        {expires !== undefined && <span>until {DAY.format(new Date(expires))}</span>}
      </p>
    </div>
  );
}

const DAY = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric" });

/** How far the order is from trading, and from being first. */
function Distance({ order }: { readonly order: OrderData }) {
  const { value, state } = useTicker(order.symbol);
  if (value === null || order.price === null) return <p className="order-more"> </p>;
  const own = readMinor(order.price);
  const isBid = order.side === "buy";
  const best = isBid ? value.bid : value.ask;
  const across = isBid ? value.ask : value.bid;
  const word = isBid ? "highest bid" : "lowest ask";
  const apart = best === null ? 0 : Math.abs(readMinor(best) - own);
  const place =
    apart === 0 ? `At the ${word}` : `${moneyOf(apart)} ${isBid ? "below" : "above"} the ${word}`;
  return (
    <p className="order-more" data-old={state !== "live"}>
      <span>{place}</span>
      {across !== null && (
        <span>
          {isBid ? "asks from" : "bids to"} {money(across)}
        </span>
      )}
    </p>
  );
}
