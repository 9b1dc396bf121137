/** What the steps of a ticket have in common. */
import type { BookView, InstrumentData, OrderData, OrderResult } from "../../client/index.ts";
import type { ProductData } from "../product-data.ts";
import type { Terms } from "./ticket-model.ts";
import type { TicketIntent } from "./ticket-intent.ts";
import type { Refusal } from "./words.ts";

export interface TicketProps {
  readonly product: ProductData;
  readonly symbol: string;
  readonly intent: TicketIntent;
  readonly onIntent: (intent: TicketIntent | null) => void;
}

export type Phase =
  | { readonly at: "edit" }
  | { readonly at: "logon" }
  | { readonly at: "review"; readonly terms: Terms }
  | { readonly at: "sending"; readonly terms: Terms }
  | { readonly at: "done"; readonly terms: Terms; readonly result: OrderResult }
  | { readonly at: "refused"; readonly terms: Terms; readonly refusal: Refusal };

/** What every part of the ticket reads of the market. */
export interface TicketMarket {
  readonly book: BookView;
  readonly instrument: InstrumentData;
  readonly lastPrice: string | null;
  /** One's own open orders of this size. */
  readonly mine: readonly OrderData[];
}
