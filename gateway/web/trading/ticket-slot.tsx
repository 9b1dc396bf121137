/** Where the ticket goes: in the product's right column on a desktop, as a sheet on a phone. */
import type { ProductData } from "../product-data.ts";
import { Sheet, useNarrow } from "./sheet.tsx";
import { Ticket } from "./ticket.tsx";

/** What somebody pressed: the verbs under the two prices. */
export type TicketIntent = "buy" | "bid" | "sell" | "ask";

export interface TicketSlotProps {
  readonly product: ProductData;
  /** The chosen size's instrument. */
  readonly symbol: string;
  /** Null: no ticket is open. */
  readonly intent: TicketIntent | null;
  /** Closes it, or changes the verb within it. */
  readonly onIntent: (intent: TicketIntent | null) => void;
}

export function TicketSlot({ product, symbol, intent, onIntent }: TicketSlotProps) {
  const isNarrow = useNarrow();
  if (intent === null) return null;
  // Another size is another order: its ticket begins anew.
  const ticket = <Ticket key={symbol} {...{ product, symbol, intent, onIntent }} />;
  if (!isNarrow) return ticket;
  return (
    <Sheet label="Ticket" onClose={() => onIntent(null)}>
      {ticket}
    </Sheet>
  );
}
