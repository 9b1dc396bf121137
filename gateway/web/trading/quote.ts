/** What a trade would cost, in the exchange's own numbers: nothing is computed here. */
import { useRef } from "react";
import { writeMinor } from "../../client/index.ts";
import { useResource } from "../live/index.ts";
import type { Side } from "./ticket-model.ts";

export interface QuoteLine {
  readonly code: "price" | "processing" | "shipping" | "tax" | "transaction";
  readonly rate_bp: number | null;
  /** What decided when the rate did not. */
  readonly applied?: "minimum" | "cap";
  readonly amount: string;
}

export interface Quote {
  readonly schedule: number;
  readonly side: Side;
  readonly price: string;
  readonly qty: number;
  readonly lines: readonly QuoteLine[];
  /** A buyer's. */
  readonly total?: string;
  /** A seller's. */
  readonly net?: string;
}

export interface QuoteView {
  /** The newest there is: perhaps still of the price before. */
  readonly quote: Quote | null;
  /** It is for exactly this price. */
  readonly isExact: boolean;
  readonly failed: boolean;
}

export function useQuote(side: Side, priceMinor: number | null, pairs: number): QuoteView {
  const isPrice = priceMinor !== null && priceMinor > 0;
  const path = isPrice
    ? `/v1/fees?side=${side}&price=${writeMinor(priceMinor)}&qty=${pairs}`
    : null;
  const { value, state } = useResource<Quote>(path);
  const before = useRef<Quote | null>(null);
  if (value !== null && value !== before.current) before.current = value;
  const kept = before.current?.side === side ? before.current : null;
  return { quote: value ?? kept, isExact: value !== null, failed: state === "failed" };
}

/** Total or net, whichever the side has. */
export const sumOf = (quote: Quote): string => quote.total ?? quote.net ?? "";
