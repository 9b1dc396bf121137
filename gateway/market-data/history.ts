/**
 * What was traded, by time: bars of four lengths per instrument and per product, folded from trades
 * and from nothing else, and the last trades of the whole market. Prices are minor units, so that
 * sizes of one product add up in one chart. Only times with trades have a bar.
 *
 * ```
 * 5 min  ▂▅▃…   one day          1 h  ▂▅▃…   a month
 * 1 day  ▂▅▃…   a year           1 w  ▂▅▃…   ten years
 * ```
 *
 * Memory has two bounds: bars per series, and bars of all series together. Where the second is
 * reached every series goes on with as many bars as it has, the oldest making room.
 */
import type { TradeView } from "./view.ts";

const MINUTE_US = 60_000_000;
const DAY_US = 1_440 * MINUTE_US;

export interface Resolution {
  readonly name: "5m" | "1h" | "1d" | "1w";
  readonly lengthUs: number;
  readonly barsMax: number;
}

/** Finest first. */
export const RESOLUTIONS: readonly Resolution[] = [
  { name: "5m", lengthUs: 5 * MINUTE_US, barsMax: 288 },
  { name: "1h", lengthUs: 60 * MINUTE_US, barsMax: 744 },
  { name: "1d", lengthUs: DAY_US, barsMax: 366 },
  { name: "1w", lengthUs: 7 * DAY_US, barsMax: 522 },
];

/** Bars of all series together: some 200 MB at the very most. */
export const BARS_TOTAL_MAX = 2_000_000;
/** Trades of the whole market kept for the ribbon. */
export const TAPE_KEPT = 50;

export interface Bar {
  readonly startUs: number;
  readonly openMinor: number;
  highMinor: number;
  lowMinor: number;
  closeMinor: number;
  /** Pairs. */
  volume: number;
  trades: number;
}

/** What is kept here of a trade. */
export type PricedTrade = Pick<
  TradeView,
  "instrument" | "tradeId" | "priceMinor" | "quantity" | "takerSide" | "stampUs"
>;

/** Counts the bars of everyone, so that all together stay bounded. */
export interface BarBudget {
  used: number;
  readonly max: number;
}

export class History {
  readonly #budget: BarBudget;
  /** By resolution, as in RESOLUTIONS; oldest first. */
  readonly #bars: readonly Bar[][] = RESOLUTIONS.map(() => []);
  /** What no bar has yet: trades of one of the shortest times, which all lengths' times are made of. */
  #fresh: Bar | undefined;
  #freshUntilUs = 0;
  /** Pairs and trades since the beginning. */
  volume = 0;
  trades = 0;
  last: PricedTrade | undefined;

  constructor(budget: BarBudget) {
    this.#budget = budget;
  }

  add(trade: PricedTrade): void {
    this.volume += trade.quantity;
    this.trades++;
    this.last = trade;
    const { priceMinor, quantity, stampUs } = trade;
    const fresh = this.#fresh;
    if (fresh === undefined || stampUs >= this.#freshUntilUs) return this.#begin(trade);
    if (priceMinor > fresh.highMinor) fresh.highMinor = priceMinor;
    if (priceMinor < fresh.lowMinor) fresh.lowMinor = priceMinor;
    fresh.closeMinor = priceMinor;
    fresh.volume += quantity;
    fresh.trades++;
  }

  /** Bars of one resolution that end after `sinceUs`, oldest first. */
  bars(resolution: Resolution, sinceUs: number): readonly Bar[] {
    this.#settle();
    const bars = this.#bars[RESOLUTIONS.indexOf(resolution)]!;
    let from = bars.length;
    while (from > 0 && bars[from - 1]!.startUs + resolution.lengthUs > sinceUs) from--;
    return bars.slice(from);
  }

  #begin({ priceMinor, quantity, stampUs }: PricedTrade): void {
    this.#settle();
    const { lengthUs } = RESOLUTIONS[0]!;
    const startUs = stampUs - (stampUs % lengthUs);
    this.#freshUntilUs = startUs + lengthUs;
    this.#fresh = {
      startUs,
      openMinor: priceMinor,
      highMinor: priceMinor,
      lowMinor: priceMinor,
      closeMinor: priceMinor,
      volume: quantity,
      trades: 1,
    };
  }

  /** The fresh bar goes into those of every length. */
  #settle(): void {
    const fresh = this.#fresh;
    if (fresh === undefined) return;
    this.#fresh = undefined;
    for (let at = 0; at < RESOLUTIONS.length; at++) this.#addTo(at, fresh);
  }

  #addTo(at: number, fresh: Bar): void {
    const { lengthUs, barsMax } = RESOLUTIONS[at]!;
    const bars = this.#bars[at]!;
    const newest = bars[bars.length - 1];
    if (newest !== undefined && fresh.startUs < newest.startUs + lengthUs) {
      newest.highMinor = Math.max(newest.highMinor, fresh.highMinor);
      newest.lowMinor = Math.min(newest.lowMinor, fresh.lowMinor);
      newest.closeMinor = fresh.closeMinor;
      newest.volume += fresh.volume;
      newest.trades += fresh.trades;
      return;
    }
    const budget = this.#budget;
    if (bars.length >= barsMax || (budget.used >= budget.max && bars.length > 0)) bars.shift();
    else budget.used++;
    bars.push({ ...fresh, startUs: fresh.startUs - (fresh.startUs % lengthUs) });
  }
}

/** Pairs and trades in bars, and how far the price went from the first open to the last close. */
export function sumOf(bars: readonly Bar[]): {
  volume: number;
  trades: number;
  changeMinor: number;
} {
  let volume = 0;
  let trades = 0;
  for (const bar of bars) {
    volume += bar.volume;
    trades += bar.trades;
  }
  const first = bars[0];
  const changeMinor = first === undefined ? 0 : bars[bars.length - 1]!.closeMinor - first.openMinor;
  return { volume, trades, changeMinor };
}

/** The last trades of the whole market, newest last. */
export class Tape {
  readonly #trades: PricedTrade[] = [];

  add(trade: PricedTrade): void {
    this.#trades.push(trade);
    if (this.#trades.length === 2 * TAPE_KEPT) this.#trades.splice(0, TAPE_KEPT);
  }

  trades(): readonly PricedTrade[] {
    return this.#trades.slice(-TAPE_KEPT);
  }
}
