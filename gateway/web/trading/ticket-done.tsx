/** The last step: what became of the order, what it cost, and what happens next; or why it was refused. */
import { CircleCheck, Clock } from "lucide-react";
import { type OrderResult, readMinor, type ReportData } from "../../client/index.ts";
import { useMyOrders } from "../live/index.ts";
import { money, moneyOf } from "../parts/money.ts";
import { Link, paths } from "../router.tsx";
import { sumOf, useQuote } from "./quote.ts";
import { type Side, sideOf, type Terms } from "./ticket-model.ts";
import { Note } from "./ticket-parts.tsx";
import { daysOf, endWords, pairsOf, type Refusal, sumWords } from "./words.ts";

interface DoneProps {
  readonly terms: Terms;
  readonly result: OrderResult;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}

export function TicketDone({ terms, result, onAgain, onClose }: DoneProps) {
  const side = sideOf(terms.intent);
  const { filled_qty: filled, status } = result;
  const isOpen = status === "open";
  const Icon = filled > 0 ? CircleCheck : Clock;
  return (
    <div className="ticket-form">
      {filled > 0 || isOpen ? (
        <div className="done-head" role="status">
          <Icon aria-hidden size={28} />
          <p>{headOf(side, result, terms)}</p>
        </div>
      ) : (
        <Note kind="warning" title="Not traded" live="alert">
          <p>{endWords(result, side)}</p>
        </Note>
      )}
      {filled > 0 && <Fills terms={terms} side={side} />}
      {filled > 0 && !isOpen && filled < terms.pairs && <p>{endWords(result, side)}</p>}
      <p className="review-more">{nextOf(side, filled, isOpen, terms.days)}</p>
      <div className="ticket-actions">
        <button type="button" className="act-back" onClick={onAgain}>
          {filled > 0 || isOpen ? "Another" : "Try again"}
        </button>
        <Link to={paths.myMarket} className="act" onClick={onClose}>
          My market
        </Link>
      </div>
    </div>
  );
}

function headOf(
  side: Side,
  { filled_qty: filled, open_qty: open, status }: OrderResult,
  terms: Terms,
) {
  const done = side === "buy" ? "Bought" : "Sold";
  const word = side === "buy" ? "bid" : "ask";
  if (status !== "open") return `${done} ${pairsOf(filled)}`;
  const stands = `Your ${word} of ${moneyOf(terms.priceMinor)} stands for ${pairsOf(open)}`;
  return filled > 0 ? `${done} ${pairsOf(filled)}. ${stands}` : stands;
}

function nextOf(side: Side, filled: number, isOpen: boolean, days: number): string {
  if (filled === 0 && !isOpen) return "Nothing is owed. The ticket shows the market as it is now.";
  if (isOpen) {
    return `It is live for ${daysOf(days)}, in line by price, then time. You see here and in My market when it trades.`;
  }
  return side === "buy"
    ? "Next: the seller ships, we check the pair, and it comes to you. Nothing is charged in this demonstration."
    : "Next: you ship within two business days, we check the pair, and you are paid. Nothing moves in this demonstration.";
}

/** What it really traded at, as reports tell: at the price agreed to, or better. */
function Fills({ terms, side }: { readonly terms: Terms; readonly side: Side }) {
  const { value } = useMyOrders();
  const fills = (value?.reports ?? []).filter(
    (report) => report.client_order_id === terms.clientOrderId && report.exec_type === "trade",
  );
  return (
    <ul className="fills">
      {fills.map((fill) => (
        <Fill key={fill.trade_id} fill={fill} side={side} />
      ))}
    </ul>
  );
}

function Fill({ fill, side }: { readonly fill: ReportData; readonly side: Side }) {
  const { last_price: price = "0.00", last_qty: pairs = 1 } = fill;
  const { quote, isExact } = useQuote(side, readMinor(price), pairs);
  return (
    <li>
      <span>
        {pairsOf(pairs)} at {money(price)}
      </span>
      <strong>
        {isExact && quote !== null ? `${sumWords(side)} ${money(sumOf(quote))}` : " "}
      </strong>
    </li>
  );
}

interface RefusedProps {
  readonly refusal: Refusal;
  readonly onBack: () => void;
  readonly onClose: () => void;
}

export function TicketRefused({ refusal, onBack, onClose }: RefusedProps) {
  const { why, todo, unknown = false } = refusal;
  return (
    <div className="ticket-form">
      <Note kind={unknown ? "warning" : "danger"} live="alert">
        <p>{why}</p>
        <p>{todo}</p>
      </Note>
      <div className="ticket-actions">
        <button type="button" className={unknown ? "act-back" : "act"} onClick={onBack}>
          Back to the ticket
        </button>
        <Link to={paths.myMarket} className={unknown ? "act" : "act-back"} onClick={onClose}>
          My market
        </Link>
      </div>
    </div>
  );
}
