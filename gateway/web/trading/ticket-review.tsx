/** The second step: what was agreed to, in one sentence and every line, and the market if it moved since. */
import { money, moneyOf } from "../parts/money.ts";
import { sizeName } from "../parts/size.ts";
import type { ProductData } from "../product-data.ts";
import { sumOf, useQuote } from "./quote.ts";
import { type Beside, movedSince, sideOf, takes, type Terms } from "./ticket-model.ts";
import { FeeLines, Note } from "./ticket-parts.tsx";
import { ACTS, daysOf, pairsOf } from "./words.ts";

interface ReviewProps {
  readonly product: ProductData;
  readonly terms: Terms;
  readonly beside: Beside;
  readonly asleep: string | null;
  readonly isSending: boolean;
  readonly onAccept: (terms: Terms) => void;
  readonly onBack: () => void;
  readonly onSend: (terms: Terms) => void;
}

export function TicketReview(props: ReviewProps) {
  const { product, terms, beside, asleep, isSending, onAccept, onBack, onSend } = props;
  const side = sideOf(terms.intent);
  const view = useQuote(side, terms.priceMinor, terms.pairs);
  const moved = isSending ? null : movedSince(terms, beside, moneyOf);
  const size = sizeName(terms.symbol.slice(product.style.length + 1));
  const isReady = moved === null && asleep === null && view.isExact;
  const sum = view.isExact && view.quote !== null ? ` · ${money(sumOf(view.quote))}` : "";
  return (
    <div className="ticket-form">
      <p className="review-text">
        {ACTS[terms.intent]}: <strong>{pairsOf(terms.pairs)}</strong> of{" "}
        <strong>{product.model}</strong>, <strong>{size}</strong>, {boundWords(terms)}{" "}
        <strong>{moneyOf(terms.priceMinor)}</strong>
        {terms.pairs > 1 && " each"}.{" "}
        {takes(terms.intent)
          ? "If it is gone by then, nothing happens."
          : `It stands for ${daysOf(terms.days)}; change or cancel it any time before a match.`}
      </p>
      {moved !== null && (
        <Note kind="warning" title="The market moved" live="alert">
          <p>{moved.text}</p>
          {moved.terms !== null && (
            <button type="button" className="note-button" onClick={() => onAccept(moved.terms!)}>
              {takes(terms.intent)
                ? `Accept ${pairsOf(moved.terms.pairs)} at ${moneyOf(moved.terms.priceMinor)}`
                : "Accept"}
            </button>
          )}
        </Note>
      )}
      {asleep !== null && (
        <Note kind="warning" live="status">
          <p>{asleep}</p>
        </Note>
      )}
      <FeeLines view={view} side={side} />
      <p className="review-more">
        A match is binding for both. In this demonstration nobody is charged.
      </p>
      <div className="ticket-actions">
        <button type="button" className="act-back" disabled={isSending} onClick={onBack}>
          Back
        </button>
        <button
          type="button"
          className="act"
          disabled={!isReady || isSending}
          aria-busy={isSending}
          onClick={() => onSend(terms)}
        >
          {isSending ? "Sending …" : `${ACTS[terms.intent]}${sum}`}
        </button>
      </div>
    </div>
  );
}

function boundWords({ intent }: Terms): string {
  if (intent === "buy") return "for at most";
  return intent === "sell" ? "for at least" : "at";
}
