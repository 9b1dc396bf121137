/** Where the ticket goes: in the product's right column on a desktop, as a sheet on a phone. */
import type { ProductData } from "../product-data.ts";

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

export function TicketSlot(_props: TicketSlotProps) {
  return null;
}
