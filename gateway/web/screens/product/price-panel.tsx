/** The hero of the page: lowest ask and highest bid of the chosen size, with the verbs under them. */
import type { InstrumentData, TickerData } from "../../../client/index.ts";
import type { Live } from "../../live/index.ts";
import { Ago, clock } from "../../parts/ago.tsx";
import { countOf } from "../../parts/count.ts";
import { Change, Figure } from "../../parts/figure.tsx";
import { money } from "../../parts/money.ts";
import { sizeName } from "../../parts/size.ts";
import type { TicketIntent } from "../../trading/ticket-intent.ts";

export interface PricePanelProps {
  readonly size: string;
  readonly ticker: Live<TickerData>;
  /** What is shown is not the present: nobody may trade on it. */
  readonly isOld: boolean;
  readonly state: InstrumentData["state"];
  readonly onIntent: (intent: TicketIntent) => void;
}

const HALTED: Partial<Record<InstrumentData["state"], string>> = {
  halted: "Trading in this size is halted. Orders stay in the book; new ones are not taken.",
  closed: "Trading in this size is closed.",
  pre_open: "This size is not open for trading yet.",
  unlisted: "This size is not listed.",
};

export function PricePanel({ size, ticker, isOld, state, onIntent }: PricePanelProps) {
  const { ask = null, bid = null, ask_qty: askQty, bid_qty: bidQty } = ticker.value ?? {};
  const halted = HALTED[state];
  const cannot = isOld || halted !== undefined;
  return (
    <section className="prices" aria-label={`Prices of ${sizeName(size)}`}>
      {halted !== undefined && <p className="prices-halted">{halted}</p>}
      <div className="prices-pair">
        <div className="price" data-side="ask">
          <p className="price-label">Lowest ask</p>
          <p className="price-figure">
            <Figure price={ask} none="no asks" />
          </p>
          <p className="price-count small">{count(askQty, "pair", "No asks in this size")}</p>
          <button
            type="button"
            className="button button-bid"
            disabled={cannot || ask === null}
            onClick={() => onIntent("buy")}
          >
            Buy now
          </button>
          <button
            type="button"
            className="button"
            disabled={cannot}
            onClick={() => onIntent("bid")}
          >
            Bid
          </button>
        </div>
        <div className="price" data-side="bid">
          <p className="price-label">Highest bid</p>
          <p className="price-figure">
            <Figure price={bid} none="no bids" />
          </p>
          <p className="price-count small">{count(bidQty, "pair", "No bids in this size")}</p>
          <button
            type="button"
            className="button button-ask"
            disabled={cannot || bid === null}
            onClick={() => onIntent("sell")}
          >
            Sell now
          </button>
          <button
            type="button"
            className="button"
            disabled={cannot}
            onClick={() => onIntent("ask")}
          >
            Ask
          </button>
        </div>
      </div>
      <LastSale ticker={ticker} isOld={isOld} />
    </section>
  );
}

function LastSale({
  ticker,
  isOld,
}: {
  readonly ticker: Live<TickerData>;
  readonly isOld: boolean;
}) {
  const { value, asOfMs } = ticker;
  return (
    <p className="prices-last">
      {value === null && <span className="skeleton">Last sale $000 just now</span>}
      {value !== null && value.last === null && <span className="quiet">No sale yet</span>}
      {value !== null && value.last !== null && (
        <span>
          Last sale <strong>{money(value.last)}</strong>{" "}
          {value.change !== null && <Change amount={value.change} />}
          <span className="quiet"> · {value.last_ts !== null && <Ago ts={value.last_ts} />}</span>
        </span>
      )}
      {isOld && asOfMs !== null && <span className="prices-old">as of {clock(asOfMs)}</span>}
    </p>
  );
}

function count(quantity: number | null | undefined, word: string, none: string): string {
  if (quantity === undefined) return " ";
  if (quantity === null) return none;
  return countOf(quantity, word);
}

/** On a phone the two verbs stay under the thumb. */
export function ActionBar({ size, ticker, isOld, state, onIntent }: PricePanelProps) {
  const { ask = null, bid = null } = ticker.value ?? {};
  const cannot = isOld || HALTED[state] !== undefined;
  return (
    <div className="action-bar" role="group" aria-label={`Trade ${sizeName(size)}`}>
      <button
        type="button"
        className="button button-bid"
        disabled={cannot}
        onClick={() => onIntent(ask === null ? "bid" : "buy")}
      >
        {ask === null ? (
          "Bid"
        ) : (
          <>
            Buy <span>{money(ask)}</span>
          </>
        )}
      </button>
      <button
        type="button"
        className="button button-ask"
        disabled={cannot}
        onClick={() => onIntent(bid === null ? "ask" : "sell")}
      >
        {bid === null ? (
          "Ask"
        ) : (
          <>
            Sell <span>{money(bid)}</span>
          </>
        )}
      </button>
    </div>
  );
}
