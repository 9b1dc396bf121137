/** Where the ticket goes: in the product's right column on a desktop, as a sheet on a phone. */
import { useEffect, useRef, useState } from "react";
import type { ProductData } from "../product-data.ts";
import { Sheet, useNarrow } from "./sheet.tsx";
import { Ticket } from "./ticket.tsx";
import type { TicketIntent } from "./ticket-intent.ts";

export interface TicketSlotProps {
  readonly product: ProductData;
  /** The chosen size's instrument. */
  readonly symbol: string;
  /** Null: no ticket is open. */
  readonly intent: TicketIntent | null;
  /** Closes it, or changes the verb within it. */
  readonly onIntent: (intent: TicketIntent | null) => void;
}

export function TicketSlot({ intent, ...more }: TicketSlotProps) {
  return intent === null ? null : <OpenTicket intent={intent} {...more} />;
}

interface OpenProps extends TicketSlotProps {
  readonly intent: TicketIntent;
}

/** The ticket and the focus: it comes in when the ticket opens, and goes back where it was at the end. */
function OpenTicket({ product, symbol, intent, onIntent }: OpenProps) {
  const isNarrow = useNarrow();
  const place = useRef<HTMLDivElement>(null);
  const [opener] = useState(() => document.activeElement);
  useEffect(() => {
    const find = (what: string) => place.current?.querySelector<HTMLElement>(what);
    // Not on a phone: a keyboard over the sheet would hide what it says.
    const price = isNarrow ? null : find(".price-field input");
    (price ?? find("h2"))?.focus({ preventScroll: true });
    return () => {
      if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
    };
  }, [opener, isNarrow]);
  useEffect(() => {
    // The size chosen in the ticket made a new one: there the choice goes on.
    if (document.activeElement !== document.body) return;
    place.current?.querySelector<HTMLElement>("select")?.focus();
  }, [symbol]);
  // Another size is another order: its ticket begins anew.
  const ticket = <Ticket key={symbol} {...{ product, symbol, intent, onIntent }} />;
  return (
    <div ref={place} className="ticket-place">
      {isNarrow ? (
        <Sheet label="Ticket" onClose={() => onIntent(null)}>
          {ticket}
        </Sheet>
      ) : (
        ticket
      )}
    </div>
  );
}
