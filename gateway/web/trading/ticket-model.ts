/**
 * What a ticket knows, without a screen: what a verb means as an order, what stands at which price,
 * which words belong to it, and whether the market moved since somebody looked. Whole minor units.
 */
import type {
  BookView,
  InstrumentData,
  Level,
  OrderData,
  PlaceRequest,
} from "../../client/index.ts";
import { readMinor, writeMinor } from "../../client/index.ts";
import type { TicketIntent } from "./ticket-intent.ts";

export type Side = "buy" | "sell";

export const sideOf = (intent: TicketIntent): Side =>
  intent === "buy" || intent === "bid" ? "buy" : "sell";

/** Buy now and sell now: what stands is taken, at a price that cannot get worse. */
export const takes = (intent: TicketIntent): boolean => intent === "buy" || intent === "sell";

export const BID_DAYS = [1, 3, 7, 14, 30, 60] as const;
export const ASK_DAYS = [1, 3, 7, 14, 30, 60, 180, 365] as const;
export const DAYS_DEFAULT = 30;
/** Pairs of one order of a person: beyond that, it is a machine's. */
export const PAIRS_MAX = 100;

/** The levels an order of this side trades with, best first. */
const opposite = (book: BookView, side: Side): readonly Level[] =>
  side === "buy" ? book.asks : book.bids;
const same = (book: BookView, side: Side): readonly Level[] =>
  side === "buy" ? book.bids : book.asks;

/** Whether price `a` is better for the other party than `b`: higher for a bid, lower for an ask. */
const beats = (side: Side, a: number, b: number): boolean => (side === "buy" ? a > b : a < b);

/** Whether an order at `price` would trade with what stands at `across`. */
const crosses = (side: Side, price: number, across: number): boolean => !beats(side, across, price);

/** What the ticket shows of the market, and compares to when it is asked whether that moved. */
export interface Beside {
  readonly bidMinor: number | null;
  readonly askMinor: number | null;
  /** Pairs that can be had at the best opposite price. */
  readonly pairs: number;
  /** The best opposite price is one's own order. */
  readonly isOwn: boolean;
}

export function besideOf(book: BookView, side: Side, mine: readonly OrderData[]): Beside {
  const best = opposite(book, side)[0];
  const own = mine.filter(
    ({ side: theirs, price }) =>
      theirs !== side &&
      price !== null &&
      best !== undefined &&
      readMinor(price) === best.priceMinor,
  );
  return {
    bidMinor: book.bids[0]?.priceMinor ?? null,
    askMinor: book.asks[0]?.priceMinor ?? null,
    pairs: best?.quantity ?? 0,
    isOwn: own.length > 0,
  };
}

/** The price of buy now or sell now: the best there is; null: nothing stands there. */
export function takePrice({ bidMinor, askMinor }: Beside, side: Side): number | null {
  return side === "buy" ? askMinor : bidMinor;
}

/**
 * Where a new bid or ask begins: one step first in line without trading at once, never under one's
 * own order; else the last sale, else retail.
 */
export function firstPrice(
  side: Side,
  beside: Beside,
  terms: {
    readonly tickMinor: number;
    readonly lastMinor: number | null;
    readonly retailMinor: number;
  },
  ownBestMinor: number | null,
): number {
  const { tickMinor, lastMinor, retailMinor } = terms;
  const { bidMinor, askMinor } = beside;
  const best = side === "buy" ? bidMinor : askMinor;
  const other = side === "buy" ? askMinor : bidMinor;
  const step = side === "buy" ? tickMinor : -tickMinor;
  if (best !== null) {
    if (ownBestMinor === best) return best;
    const first = best + step;
    return other !== null && crosses(side, first, other) ? best : first;
  }
  const wished = onTick(lastMinor ?? retailMinor, tickMinor);
  if (other === null) return wished;
  // Nothing on our side: near the last sale, but not across what stands on the other.
  return side === "buy" ? Math.min(wished, other - tickMinor) : Math.max(wished, other + tickMinor);
}

const onTick = (minor: number, tickMinor: number): number =>
  Math.max(tickMinor, Math.floor((minor + tickMinor / 2) / tickMinor) * tickMinor);

export type PriceProblem = string;

/** What somebody typed, in minor units: `241`, `$1,241.50`. NaN: not a price. */
export function readTyped(text: string): number {
  const minor = readMinor(text.replace(/[$,\s]/g, "").replace(/\.$/, ""));
  return minor > 0 ? minor : Number.NaN;
}

/** Why this price cannot be an order's, as a sentence that says what to do; null: it can. */
export function priceProblem(
  priceMinor: number,
  { tick, band }: Pick<InstrumentData, "tick" | "band">,
  show: (minor: number) => string,
): PriceProblem | null {
  if (Number.isNaN(priceMinor)) return "Give a price in dollars, such as 241.";
  const tickMinor = readMinor(tick);
  if (priceMinor % tickMinor !== 0) {
    return tickMinor === 100
      ? "Prices are whole dollars here."
      : `Prices go in steps of ${show(tickMinor)} here.`;
  }
  if (band === null) return null;
  const low = readMinor(band.low);
  const high = readMinor(band.high);
  if (priceMinor >= low && priceMinor <= high) return null;
  return `This pair trades between ${show(low)} and ${show(high)}.`;
}

export interface Hint {
  readonly kind: "trades" | "first" | "queue";
  readonly text: string;
}

/** Where a bid or ask at this price would stand. */
export function hintOf(
  book: BookView,
  side: Side,
  priceMinor: number,
  show: (minor: number) => string,
): Hint {
  const across = opposite(book, side)[0];
  const bestWord = side === "buy" ? "highest bid" : "lowest ask";
  if (across !== undefined && crosses(side, priceMinor, across.priceMinor)) {
    const verb = side === "buy" ? "buys" : "sells";
    const word = side === "buy" ? "lowest ask" : "highest bid";
    const text = `Meets the ${word}: ${verb} at once, at ${show(across.priceMinor)} or better.`;
    return { kind: "trades", text };
  }
  const levels = same(book, side);
  const best = levels[0];
  if (best === undefined) {
    return { kind: "first", text: `The only ${side === "buy" ? "bid" : "ask"}: first in line.` };
  }
  const apart = show(Math.abs(priceMinor - best.priceMinor));
  if (beats(side, priceMinor, best.priceMinor)) {
    const over = side === "buy" ? "above" : "below";
    return { kind: "first", text: `${apart} ${over} the ${bestWord}: first in line.` };
  }
  const ahead = pairsAhead(levels, side, priceMinor);
  const behind = `behind ${ahead} ${ahead === 1 ? "pair" : "pairs"}`;
  if (priceMinor === best.priceMinor) {
    return { kind: "queue", text: `Equal to the ${bestWord}: ${behind}.` };
  }
  const under = side === "buy" ? "below" : "above";
  return { kind: "queue", text: `${apart} ${under} the ${bestWord}: ${behind}.` };
}

/** Pairs that trade before a new order at this price. */
export function pairsAhead(levels: readonly Level[], side: Side, priceMinor: number): number {
  let pairs = 0;
  for (const level of levels) {
    if (!beats(side, priceMinor, level.priceMinor)) pairs += level.quantity;
  }
  return pairs;
}

/** What somebody saw and agreed to, when they pressed Review. */
export interface Terms {
  readonly intent: TicketIntent;
  readonly symbol: string;
  readonly priceMinor: number;
  readonly pairs: number;
  readonly days: number;
  /** The order's own name, made with the review: pressing Confirm twice is one order. */
  readonly clientOrderId: string;
  /** Whether a bid or ask would have traded at once. */
  readonly crossed: boolean;
}

export interface Moved {
  readonly text: string;
  /** The new terms, to be accepted; null: there is nothing to accept, go back. */
  readonly terms: Terms | null;
}

/** How the market differs from what was agreed to; null: it does not, go on. */
export function movedSince(
  terms: Terms,
  beside: Beside,
  show: (minor: number) => string,
): Moved | null {
  const side = sideOf(terms.intent);
  const now = takePrice(beside, side);
  const word = side === "buy" ? "lowest ask" : "highest bid";
  if (!takes(terms.intent)) {
    const isAcross = now !== null && crosses(side, terms.priceMinor, now);
    if (isAcross === terms.crossed) return null;
    const verb = side === "buy" ? "buys" : "sells";
    const text = isAcross
      ? `The ${word} is now ${show(now)}: your order ${verb} at once.`
      : `The ${word} moved away: your order waits instead of trading at once.`;
    return { text, terms: { ...terms, crossed: isAcross } };
  }
  if (now === null) return { text: `The ${word} is gone: nothing stands there now.`, terms: null };
  if (now !== terms.priceMinor) {
    const text = `The ${word} moved from ${show(terms.priceMinor)} to ${show(now)}.`;
    const pairs = Math.min(terms.pairs, beside.pairs);
    return { text, terms: { ...terms, priceMinor: now, pairs } };
  }
  if (beside.pairs >= terms.pairs) return null;
  const left = beside.pairs === 1 ? "1 pair is" : `${beside.pairs} pairs are`;
  return { text: `Only ${left} left at ${show(now)}.`, terms: { ...terms, pairs: beside.pairs } };
}

/** The order that keeps what was agreed to: never at a worse price, whatever the market does. */
export function orderOf(terms: Terms, nowMs: number): PlaceRequest {
  const { intent, symbol, priceMinor, pairs, days, clientOrderId } = terms;
  const order = {
    client_order_id: clientOrderId,
    symbol,
    side: sideOf(intent),
    type: "limit" as const,
    qty: pairs,
    price: writeMinor(priceMinor),
  };
  if (takes(intent)) return { ...order, tif: "ioc" };
  const expire_time = new Date(nowMs + days * 86_400_000).toISOString();
  return { ...order, tif: "gtd", expire_time };
}
