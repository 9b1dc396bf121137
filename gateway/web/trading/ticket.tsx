/**
 * The ticket: one order from the verb to what became of it. Edit, review, sent, done; what was agreed
 * to in the review is what is sent, and a market that moved since is said and accepted first.
 */
import "./ticket.css";
import { X } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { type InstrumentData, newClientOrderId, type OrderData } from "../../client/index.ts";
import {
  exchange,
  useBook,
  useInstrument,
  useMyOrders,
  useStanding,
  useTicker,
} from "../live/index.ts";
import { LogOn } from "./log-on.tsx";
import { TicketDone, TicketRefused } from "./ticket-done.tsx";
import { TicketEdit } from "./ticket-edit.tsx";
import { besideOf, orderOf, sideOf, type Terms } from "./ticket-model.ts";
import { TicketReview } from "./ticket-review.tsx";
import type { TicketIntent } from "./ticket-intent.ts";
import type { Phase, TicketMarket, TicketProps } from "./ticket-types.ts";
import { ACTS, refusalOf, VERBS } from "./words.ts";

const EMPTY: readonly OrderData[] = [];

export function Ticket(props: TicketProps) {
  const { intent, onIntent } = props;
  const [phase, setPhase] = useState<Phase>({ at: "edit" });
  const heading = useRef<HTMLHeadingElement>(null);
  // A step within the ticket is announced by its heading; the first one belongs to whoever opened it.
  const steps = useRef(0);
  useEffect(() => {
    if (steps.current++ > 0) heading.current?.focus();
  }, [phase.at]);
  const back = (): void => {
    if (phase.at === "sending") return; // it is on its way: nothing to go back to until it is answered
    const isEnd = phase.at === "edit" || phase.at === "done";
    if (isEnd) onIntent(null);
    else setPhase({ at: "edit" });
  };

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Esc goes back
    <section
      className="ticket"
      data-side={sideOf(intent)}
      aria-label={`Ticket: ${VERBS[intent]}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        back();
      }}
    >
      <header className="ticket-head">
        <h2 ref={heading} tabIndex={-1}>
          {titleOf(phase, intent)}
        </h2>
        <button type="button" className="ticket-close" onClick={() => onIntent(null)}>
          <X aria-hidden size={20} />
          <span className="unseen">Close the ticket</span>
        </button>
      </header>
      <Steps {...props} {...{ phase, setPhase }} />
    </section>
  );
}

interface StepsProps extends TicketProps {
  readonly phase: Phase;
  readonly setPhase: (phase: Phase) => void;
}

function Steps(props: StepsProps) {
  const { phase, setPhase, symbol, onIntent } = props;
  const market = useTicketMarket(symbol);
  const asleep = useAsleep(symbol, market?.instrument);
  const close = (): void => onIntent(null);
  const edit = (): void => setPhase({ at: "edit" });
  const send = (terms: Terms): void => {
    setPhase({ at: "sending", terms });
    exchange.orders.place(orderOf(terms, Date.now())).then(
      (result) => setPhase({ at: "done", terms, result }),
      (error: unknown) => {
        setPhase({ at: "refused", terms, refusal: refusalOf(error, "Your order was refused") });
      },
    );
  };
  const review = (agreed: Omit<Terms, "clientOrderId">): void => {
    setPhase({ at: "review", terms: { ...agreed, clientOrderId: newClientOrderId() } });
  };
  return (
    <>
      {phase.at === "logon" && <LogOn onDone={edit} />}
      {/* Hidden, not gone, while another step shows: what was typed stays. */}
      <div hidden={phase.at !== "edit"}>
        {market === null ? (
          <TicketSkeleton />
        ) : (
          <TicketEdit
            {...props}
            market={market}
            asleep={asleep}
            onReview={review}
            onLogOn={() => setPhase({ at: "logon" })}
          />
        )}
      </div>
      {market !== null && (phase.at === "review" || phase.at === "sending") && (
        <TicketReview
          product={props.product}
          terms={phase.terms}
          beside={besideOf(market.book, sideOf(phase.terms.intent), market.mine)}
          asleep={asleep}
          isSending={phase.at === "sending"}
          onAccept={(terms) => setPhase({ at: "review", terms })}
          onBack={edit}
          onSend={send}
        />
      )}
      {phase.at === "done" && <TicketDone {...phase} onAgain={edit} onClose={close} />}
      {phase.at === "refused" && (
        <TicketRefused refusal={phase.refusal} onBack={edit} onClose={close} />
      )}
    </>
  );
}

function titleOf(phase: Phase, intent: TicketIntent): string {
  if (phase.at === "edit") return ACTS[intent];
  if (phase.at === "logon") return "Log on to trade";
  if (phase.at === "review" || phase.at === "sending") return "Review";
  return phase.at === "done" ? "Sent" : phase.refusal.what;
}

/** Null until book and terms of this size are here. */
function useTicketMarket(symbol: string): TicketMarket | null {
  const { value: book } = useBook(symbol);
  const { value: instrument } = useInstrument(symbol);
  const { value: ticker } = useTicker(symbol);
  const { value: orders } = useMyOrders();
  const open = orders?.open ?? EMPTY;
  const mine = useMemo(() => open.filter((order) => order.symbol === symbol), [open, symbol]);
  if (book === null || instrument === null) return null;
  return { book, instrument, lastPrice: ticker?.last ?? null, mine };
}

/** Why the ticket sleeps, as a sentence; null: it is awake. */
function useAsleep(symbol: string, instrument: InstrumentData | undefined): string | null {
  const standing = useStanding();
  const { state } = useBook(symbol);
  if (standing.asleep !== null) return standing.asleep;
  if (state === "stale") return "The book of this size is being brought up to date.";
  if (instrument?.state === "halted") return "Trading in this size is halted. Cancels are taken.";
  return instrument?.state === "closed" ? "This size is closed. Cancels are taken." : null;
}

function TicketSkeleton() {
  return (
    <div className="ticket-skeleton" aria-hidden>
      <span />
      <span />
      <span />
    </div>
  );
}
