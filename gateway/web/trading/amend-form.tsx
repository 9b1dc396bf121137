/** A new price for an open order: where it would stand and what it would come to, before it is sent. */
import { useEffect, useId, useRef, useState } from "react";
import {
  type BookView,
  type InstrumentData,
  type OrderData,
  readMinor,
  writeMinor,
} from "../../client/index.ts";
import { useBook, useInstrument } from "../live/index.ts";
import { money, moneyOf } from "../parts/money.ts";
import { sumOf, useQuote } from "./quote.ts";
import { hintOf, priceProblem, readTyped } from "./ticket-model.ts";
import { Stepper } from "./ticket-parts.tsx";
import { sumWords } from "./words.ts";

interface AmendProps {
  readonly order: OrderData;
  readonly asleep: string | null;
  readonly onBack: () => void;
  readonly onSave: (price: string) => void;
}

export function AmendForm(props: AmendProps) {
  const { value: instrument } = useInstrument(props.order.symbol);
  if (instrument === null) return <div className="amend" aria-busy />;
  return <PriceForm {...props} instrument={instrument} />;
}

interface FormProps extends AmendProps {
  readonly instrument: InstrumentData;
}

function PriceForm({ order, instrument, asleep, onBack, onSave }: FormProps) {
  const { side, price, open_qty: open } = order;
  const was = price === null ? 0 : readMinor(price);
  const [text, setText] = useState(price?.replace(/\.00$/, "") ?? "");
  const { value: book } = useBook(order.symbol);
  const hintId = useId();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const minor = readTyped(text);
  const problem = priceProblem(minor, instrument, moneyOf);
  const { quote, isExact } = useQuote(side, problem === null ? minor : null, open);
  const hint =
    book === null || problem !== null || minor === was
      ? null
      : hintOf(without(book, order), side, minor, moneyOf);
  const isReady = asleep === null && problem === null && minor !== was && isExact;
  const tickMinor = readMinor(instrument.tick);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Esc goes back
    <form
      ref={form}
      className="amend"
      noValidate
      aria-label="Amend the price"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onSave(writeMinor(minor));
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onBack();
      }}
    >
      <div className="price-field">
        <Stepper
          label="New price, each"
          unit="$"
          stepName="One step"
          text={text}
          problem={problem}
          describedBy={hintId}
          autoFocus
          onText={setText}
          onStep={(steps) => {
            const from = Number.isNaN(minor) ? was : minor;
            const next = Math.max(tickMinor, from - (from % tickMinor) + steps * tickMinor);
            setText(writeMinor(next).replace(/\.00$/, ""));
          }}
        />
      </div>
      <p id={hintId} className="hint" data-kind={hint?.kind}>
        {hint?.text ?? "A new price goes to the back of its line."}
      </p>
      <p className="amend-sum">
        {quote === null
          ? " "
          : `If it trades: ${sumWords(side).toLowerCase()} ${money(sumOf(quote))}`}
      </p>
      <div className="ticket-actions">
        <button type="button" className="act-back" onClick={onBack}>
          Back
        </button>
        <button type="submit" className="act" disabled={!isReady}>
          {hint?.kind === "trades" ? "Save and trade" : "Save price"}
        </button>
      </div>
    </form>
  );
}

/** The book as it would be without this order. */
function without(book: BookView, { side, price, open_qty: open }: OrderData): BookView {
  const own = price === null ? 0 : readMinor(price);
  const name = side === "buy" ? "bids" : "asks";
  const levels = book[name]
    .map((level) =>
      level.priceMinor === own ? { ...level, quantity: level.quantity - open } : level,
    )
    .filter(({ quantity }) => quantity > 0);
  return { ...book, [name]: levels };
}
