/** The words of trading: verbs, lines, sizes, days, and what to say when an order is refused. */
import { ExchangeError, type OrderResult } from "../../client/index.ts";
import type { QuoteLine } from "./quote.ts";
import type { Side } from "./ticket-model.ts";
import type { TicketIntent } from "./ticket-intent.ts";

export const VERBS: Readonly<Record<TicketIntent, string>> = {
  buy: "Buy now",
  bid: "Bid",
  sell: "Sell now",
  ask: "Ask",
};

/** For the button that sends it, and the heading before. */
export const ACTS: Readonly<Record<TicketIntent, string>> = {
  buy: "Buy now",
  bid: "Place bid",
  sell: "Sell now",
  ask: "Place ask",
};

export const pairsOf = (count: number): string => (count === 1 ? "1 pair" : `${count} pairs`);
export const daysOf = (count: number): string => (count === 1 ? "1 day" : `${count} days`);

export function lineWords(line: QuoteLine, pairs: number): string {
  const { code } = line;
  if (code === "price") return pairs === 1 ? "Price" : `Price, ${pairsOf(pairs)}`;
  if (code === "processing") return `Processing${reasonOf(line)}`;
  if (code === "transaction") return `Transaction fee${reasonOf(line)}`;
  return code === "shipping" ? "Shipping" : "Tax, none charged here";
}

/** Why it is as much as that. */
function reasonOf({ rate_bp: rateBp, applied }: QuoteLine): string {
  if (applied === "minimum") return " (least fee)";
  if (applied === "cap") return " (no more is left)";
  return rateBp === null ? "" : ` (${percent(rateBp)})`;
}

/** Hundredths of a percent: 850 is "8.5 %". */
const percent = (rateBp: number): string => `${String(rateBp / 100)}\u00a0%`;

export const sumWords = (side: Side): string => (side === "buy" ? "You pay" : "You receive");

export interface Refusal {
  /** What was refused. */
  readonly what: string;
  /** Why. */
  readonly why: string;
  /** What to do now. */
  readonly todo: string;
  /** It is not certain that nothing happened. */
  readonly unknown?: true;
}

const REFUSALS: Readonly<Record<string, readonly [why: string, todo: string]>> = {
  NOT_LOGGED_ON: ["You are not logged on any more.", "Log on again and send it once more."],
  SCOPE_MISSING: ["Your key may look, but not trade.", "Log on with a key that has orders:write."],
  INSTRUMENT_HALTED: ["Trading in this size is halted.", "Wait for it to open; cancels are taken."],
  INSTRUMENT_CLOSED: ["This size is closed.", "Choose another size."],
  PRICE_OUTSIDE_BAND: ["The price is outside this pair's bounds.", "Choose a price inside them."],
  PRICE_NOT_ON_TICK: ["The price is not on a step.", "Choose a price in whole steps."],
  ACCOUNT_SUSPENDED: ["This account may not trade.", "Ask the operator of this exchange."],
  TOO_MANY_OPEN_ORDERS: ["You have as many open orders as you may.", "Cancel one in My market."],
  BID_VALUE_LIMIT: ["Your open bids would exceed your limit.", "Cancel or lower a bid first."],
  RATE_LIMITED: ["That was faster than the exchange allows.", "Wait a moment and try again."],
  OVERLOADED: ["The exchange is busy.", "Try again in a moment."],
  ENGINE_STOPPED: ["Trading has stopped at the exchange.", "Wait until the page says Live again."],
  SHUTTING_DOWN: ["The exchange is restarting.", "Wait until the page says Live again."],
  DISK_FULL: ["The exchange cannot write orders down.", "Wait; its operator has to make room."],
  UNKNOWN_ORDER: ["It is not open any more: filled, cancelled or expired.", "Look at your trades."],
  CLIENT_NOT_CONNECTED: ["There is no connection.", "Wait until the page says Live again."],
  CLIENT_NOT_PLACED: ["The connection was lost before it arrived.", "Send it again."],
};

export function refusalOf(error: unknown, what: string): Refusal {
  if (!(error instanceof ExchangeError)) {
    return { what, why: "The page made a mistake.", todo: "Look in My market, then reload." };
  }
  if (error.execution === "unknown") {
    return {
      what: "Nobody knows yet",
      why: "The answer was lost on its way.",
      todo: "Look in My market before you send it again: it may have happened.",
      unknown: true,
    };
  }
  const [why, todo] = REFUSALS[error.code] ?? [error.message, "Change it and try again."];
  return { what, why, todo };
}

/** Why what was sent did not, or not all, become a trade: an order that ended without one. */
export function endWords({ reason, filled_qty: filled }: OrderResult, side: Side): string {
  const word = side === "buy" ? "The ask" : "The bid";
  if (reason === "SELF_TRADE") return "It would have traded with an order of your own.";
  return filled === 0
    ? `${word} was gone when your order came: somebody was faster. Nothing was traded.`
    : `${word} had fewer pairs left than you wanted.`;
}
