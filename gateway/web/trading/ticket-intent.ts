/** What somebody pressed: the verbs under the two prices. */
export type TicketIntent = "buy" | "bid" | "sell" | "ask";
