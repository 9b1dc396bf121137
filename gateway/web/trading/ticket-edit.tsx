/** The first step of a ticket: verb, size, pairs, price with the market beside it, expiry, every fee line. */
import { useEffect, useId, useState } from "react";
import { readMinor, writeMinor } from "../../client/index.ts";
import { moneyOf } from "../parts/money.ts";
import { sizeName } from "../parts/size.ts";
import { navigate, paths } from "../router.tsx";
import { useConnection } from "../live/index.ts";
import {
  ASK_DAYS,
  type Beside,
  besideOf,
  BID_DAYS,
  DAYS_DEFAULT,
  firstPrice,
  hintOf,
  PAIRS_MAX,
  priceProblem,
  readTyped,
  type Side,
  sideOf,
  takePrice,
  takes,
  type Terms,
} from "./ticket-model.ts";
import { FeeLines, Note, Stepper } from "./ticket-parts.tsx";
import type { TicketIntent } from "./ticket-intent.ts";
import type { TicketMarket, TicketProps } from "./ticket-types.ts";
import { useQuote } from "./quote.ts";
import { daysOf, pairsOf, VERBS } from "./words.ts";

const INTENTS: readonly TicketIntent[] = ["buy", "bid", "sell", "ask"];

interface EditProps extends TicketProps {
  readonly market: TicketMarket;
  readonly asleep: string | null;
  readonly onReview: (agreed: Omit<Terms, "clientOrderId">) => void;
  readonly onLogOn: () => void;
}

/** What was typed; null: nothing yet, so the ticket's own proposal stands and follows the market. */
interface Draft {
  readonly priceText: string | null;
  readonly pairsText: string;
  readonly days: number;
}

export function TicketEdit(props: EditProps) {
  const { product, symbol, intent, market, asleep, onIntent, onReview, onLogOn } = props;
  const [draft, setDraft] = useState<Draft>({
    priceText: null,
    pairsText: "1",
    days: DAYS_DEFAULT,
  });
  const { account } = useConnection();
  const figures = figuresOf(intent, draft, market);
  const { side, priceMinor, pairs, beside, problem } = figures;
  const quoteView = useQuote(side, problem.price === null ? priceMinor : null, pairs ?? 1);
  const stop = asleep ?? problem.market;
  const isSound = stop === null && problem.price === null && pairs !== null && priceMinor !== null;
  const review = useWish(isSound && quoteView.isExact, draft, () => {
    if (priceMinor === null || pairs === null) return;
    const hint = hintOf(market.book, side, priceMinor, moneyOf);
    const crossed = hint.kind === "trades";
    onReview({ intent, symbol, priceMinor, pairs, days: draft.days, crossed });
  });
  return (
    <form
      className="ticket-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (account === null) onLogOn();
        else if (isSound) review();
      }}
    >
      <Verbs
        intent={intent}
        onIntent={(next) => {
          if (sideOf(next) !== side) setDraft({ ...draft, priceText: null });
          onIntent(next);
        }}
      />
      <div className="ticket-row">
        <SizeSelect product={product} symbol={symbol} />
        <PairsField draft={draft} setDraft={setDraft} problem={problem.pairs} />
      </div>
      {takes(intent) ? (
        <TakePrice side={side} priceMinor={priceMinor} beside={beside} />
      ) : (
        <PriceField {...{ draft, setDraft, market, side, priceMinor }} problem={problem.price} />
      )}
      {stop !== null && (
        <Note kind={asleep === null ? "info" : "warning"} live="status">
          <p>{stop}</p>
        </Note>
      )}
      {!takes(intent) && <Expiry {...{ side, draft, setDraft }} />}
      {priceMinor !== null && <FeeLines view={quoteView} side={side} />}
      <button type="submit" className="act" disabled={account !== null && !isSound}>
        {account === null ? "Log on to trade" : `Review ${VERBS[intent].toLowerCase()}`}
      </button>
    </form>
  );
}

/** Review, pressed before the exchange has said what this price costs, opens with the answer. */
function useWish(isPossible: boolean, draft: Draft, act: () => void): () => void {
  const [wanted, setWanted] = useState<Draft | null>(null);
  useEffect(() => {
    if (wanted !== draft || !isPossible) return;
    setWanted(null);
    act();
  });
  return () => setWanted(draft);
}

interface Figures {
  readonly side: Side;
  readonly beside: Beside;
  readonly priceMinor: number | null;
  /** Null: not a number of pairs. */
  readonly pairs: number | null;
  readonly problem: {
    readonly price: string | null;
    readonly pairs: string | null;
    /** Nothing can be taken. */
    readonly market: string | null;
  };
}

function figuresOf(intent: TicketIntent, draft: Draft, market: TicketMarket): Figures {
  const { book, instrument, mine } = market;
  const side = sideOf(intent);
  const beside = besideOf(book, side, mine);
  const most = Math.min(PAIRS_MAX, instrument.qty_max, takes(intent) ? beside.pairs : PAIRS_MAX);
  const typed = /^\d{1,4}$/.test(draft.pairsText.trim()) ? Number(draft.pairsText) : 0;
  const pairs = typed >= 1 && typed <= Math.max(1, most) ? typed : null;
  const pairsProblem = pairs === null ? `Choose 1 to ${Math.max(1, most)} pairs.` : null;
  if (takes(intent)) {
    const priceMinor = takePrice(beside, side);
    const problem = { price: null, pairs: pairsProblem, market: takeProblem(side, beside) };
    return { side, beside, priceMinor, pairs, problem };
  }
  const typedMinor = draft.priceText === null ? proposal(market, side) : readTyped(draft.priceText);
  const price = priceProblem(typedMinor, instrument, moneyOf);
  const priceMinor = Number.isNaN(typedMinor) ? null : typedMinor;
  return { side, beside, priceMinor, pairs, problem: { price, pairs: pairsProblem, market: null } };
}

function takeProblem(side: Side, { bidMinor, askMinor, isOwn }: Beside): string | null {
  const [there, word, instead] =
    side === "buy" ? [askMinor, "ask", "Place a bid"] : [bidMinor, "bid", "Place an ask"];
  if (there === null) return `There is no ${word} in this size just now. ${instead} instead.`;
  if (!isOwn) return null;
  return `The best ${word} is your own. Amend or cancel it in My market first.`;
}

/** Where the price begins when nobody typed one. */
function proposal({ book, instrument, lastPrice, mine }: TicketMarket, side: Side): number {
  const own = mine.filter((order) => order.side === side && order.price !== null);
  const prices = own.map(({ price }) => readMinor(price!));
  const ownBest =
    prices.length === 0 ? null : side === "buy" ? Math.max(...prices) : Math.min(...prices);
  const terms = {
    tickMinor: readMinor(instrument.tick),
    lastMinor: lastPrice === null ? null : readMinor(lastPrice),
    retailMinor: readMinor(instrument.retail_price),
  };
  return firstPrice(side, besideOf(book, side, mine), terms, ownBest);
}

interface VerbsProps {
  readonly intent: TicketIntent;
  readonly onIntent: (intent: TicketIntent) => void;
}

function Verbs({ intent, onIntent }: VerbsProps) {
  return (
    <div className="verbs" role="group" aria-label="What to do">
      {INTENTS.map((each) => (
        <button
          key={each}
          type="button"
          data-side={sideOf(each)}
          aria-pressed={each === intent}
          onClick={() => onIntent(each)}
        >
          {VERBS[each]}
        </button>
      ))}
    </div>
  );
}

function SizeSelect({ product, symbol }: Pick<TicketProps, "product" | "symbol">) {
  const id = useId();
  const size = product.sizes[product.symbols.indexOf(symbol)];
  return (
    <div className="field">
      <label htmlFor={id}>Size</label>
      <select
        id={id}
        value={size}
        onChange={(event) => {
          navigate(paths.product(product.style, event.target.value), { replace: true });
        }}
      >
        {product.sizes.map((each) => (
          <option key={each} value={each}>
            {sizeName(each)}
          </option>
        ))}
      </select>
    </div>
  );
}

interface DraftProps {
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
}

function PairsField({ draft, setDraft, problem }: DraftProps & { problem: string | null }) {
  return (
    <Stepper
      label="Pairs"
      stepName="One pair"
      text={draft.pairsText}
      problem={problem}
      onText={(pairsText) => setDraft({ ...draft, pairsText })}
      onStep={(steps) => {
        const now = Number.parseInt(draft.pairsText, 10);
        const next = Math.min(PAIRS_MAX, Math.max(1, (Number.isNaN(now) ? 0 : now) + steps));
        setDraft({ ...draft, pairsText: String(next) });
      }}
    />
  );
}

interface TakeProps {
  readonly side: Side;
  readonly priceMinor: number | null;
  readonly beside: Beside;
}

/** Buy now and sell now have no price to choose: the best there is, shown large. */
function TakePrice({ side, priceMinor, beside }: TakeProps) {
  return (
    <div className="take-price">
      <p>{side === "buy" ? "Lowest ask" : "Highest bid"}</p>
      <p className="take-figure">{priceMinor === null ? "–" : moneyOf(priceMinor)}</p>
      <p className="take-more">
        {priceMinor === null ? "nothing stands there" : `${pairsOf(beside.pairs)} at this price`}
      </p>
    </div>
  );
}

interface PriceFieldProps extends DraftProps {
  readonly market: TicketMarket;
  readonly side: Side;
  readonly priceMinor: number | null;
  readonly problem: string | null;
}

function PriceField({ draft, setDraft, market, side, priceMinor, problem }: PriceFieldProps) {
  const hintId = useId();
  const { book, instrument } = market;
  const tickMinor = readMinor(instrument.tick);
  const set = (minor: number): void => setDraft({ ...draft, priceText: shortPrice(minor) });
  const isPrice = problem === null && priceMinor !== null;
  const hint = isPrice ? hintOf(book, side, priceMinor, moneyOf) : null;
  const bid = book.bids[0]?.priceMinor;
  const ask = book.asks[0]?.priceMinor;
  return (
    <div className="price-field">
      <Stepper
        label={side === "buy" ? "Your bid, each" : "Your ask, each"}
        unit="$"
        stepName="One step"
        text={draft.priceText ?? (priceMinor === null ? "" : shortPrice(priceMinor))}
        problem={problem}
        describedBy={hintId}
        onText={(priceText) => setDraft({ ...draft, priceText })}
        onStep={(steps) => {
          const from = priceMinor ?? proposal(market, side);
          set(Math.max(tickMinor, from - (from % tickMinor) + steps * tickMinor));
        }}
      />
      <div className="market-beside">
        <MarketButton name="Highest bid" minor={bid} onSet={set} />
        <MarketButton name="Lowest ask" minor={ask} onSet={set} />
      </div>
      <p id={hintId} className="hint" data-kind={hint?.kind}>
        {hint?.text ?? " "}
      </p>
    </div>
  );
}

interface MarketButtonProps {
  readonly name: string;
  readonly minor: number | undefined;
  readonly onSet: (minor: number) => void;
}

/** The market beside the price; pressed, it becomes the price. */
function MarketButton({ name, minor, onSet }: MarketButtonProps) {
  if (minor === undefined) {
    return (
      <span className="market-none">
        {name} <span>none</span>
      </span>
    );
  }
  return (
    <button
      type="button"
      onClick={() => onSet(minor)}
      title={`Take ${moneyOf(minor)} as the price`}
    >
      {name} <strong>{moneyOf(minor)}</strong>
    </button>
  );
}

/** As one types it: whole dollars without cents. */
function shortPrice(minor: number): string {
  return minor % 100 === 0 ? String(minor / 100) : writeMinor(minor);
}

function Expiry({ side, draft, setDraft }: DraftProps & { side: Side }) {
  const id = useId();
  return (
    <div className="field field-inline">
      <label htmlFor={id}>{side === "buy" ? "Bid stands for" : "Ask stands for"}</label>
      <select
        id={id}
        value={draft.days}
        onChange={(event) => setDraft({ ...draft, days: Number(event.target.value) })}
      >
        {(side === "buy" ? BID_DAYS : ASK_DAYS).map((days) => (
          <option key={days} value={days}>
            {daysOf(days)}
          </option>
        ))}
      </select>
    </div>
  );
}
