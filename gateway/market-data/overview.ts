/**
 * The market at one glance: what moves, what trades most, what is being released, and how one product
 * stands over all its sizes. Read from what is folded, for a time that the caller names.
 */
import type { Product } from "../registry/catalog.ts";
import { bestIndex, type Levels } from "./depth.ts";
import type { Feed } from "./feed.ts";
import { type PricedTrade, RESOLUTIONS, sumOf } from "./history.ts";
import type { Market, ProductView } from "./market.ts";

const FINEST = RESOLUTIONS[0]!;
const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
/** Rows of each list. */
export const OVERVIEW_ROWS = 12;

/** The best price of a product over its sizes, and the instrument that has it. */
export interface BestOfProduct {
  readonly priceMinor: number;
  readonly symbol: string;
}

export interface ProductSummary {
  readonly style: string;
  readonly ask: BestOfProduct | undefined;
  readonly bid: BestOfProduct | undefined;
  readonly last: PricedTrade | undefined;
  readonly bids: number;
  readonly asks: number;
  readonly day: { readonly volume: number; readonly trades: number };
  readonly trades: number;
  readonly volume: number;
  readonly stale: boolean;
}

/** How far one instrument's price went in the last hour: of its product's sizes the one that went furthest. */
export interface Move {
  readonly style: string;
  readonly symbol: string;
  readonly fromMinor: number;
  readonly toMinor: number;
  readonly trades: number;
}

export interface Overview {
  readonly moving: readonly Move[];
  /** Styles, most pairs of the last day first; then those that traded before that. */
  readonly mostTraded: readonly string[];
  /** Styles: those to come, the next first; then the latest. */
  readonly releases: readonly string[];
}

export function summarise({ product, feeds, history }: ProductView, nowUs: number): ProductSummary {
  const { volume, trades } = sumOf(history.bars(FINEST, nowUs - DAY_US));
  return {
    style: product.spec.style,
    ask: bestOf(feeds, (feed) => feed.view.asks, 1),
    bid: bestOf(feeds, (feed) => feed.view.bids, -1),
    last: history.last,
    bids: feeds.reduce((sum, { view }) => sum + view.bids.ordersTotal, 0),
    asks: feeds.reduce((sum, { view }) => sum + view.asks.ordersTotal, 0),
    day: { volume, trades },
    trades: history.trades,
    volume: history.volume,
    stale: feeds.some(({ stale }) => stale),
  };
}

export function overviewOf(
  market: Market,
  products: readonly Product[],
  nowUs: number,
  today: string,
): Overview {
  const views = [...market.products()];
  return {
    moving: moving(views, nowUs).slice(0, OVERVIEW_ROWS),
    mostTraded: mostTraded(views, nowUs).slice(0, OVERVIEW_ROWS),
    releases: releases(products, today).slice(0, OVERVIEW_ROWS),
  };
}

/** Sign 1: the lowest is best; -1: the highest. The first size wins a tie. */
function bestOf(
  feeds: readonly Feed[],
  side: (feed: Feed) => Levels,
  sign: 1 | -1,
): BestOfProduct | undefined {
  let best: BestOfProduct | undefined;
  for (const feed of feeds) {
    const levels = side(feed);
    const at = bestIndex(levels);
    if (at < 0) continue;
    const priceMinor = levels.priceTicks[at]! * feed.view.tickMinor;
    if (best === undefined || sign * (priceMinor - best.priceMinor) < 0) {
      best = { priceMinor, symbol: feed.view.instrument.symbol };
    }
  }
  return best;
}

function moving(views: readonly ProductView[], nowUs: number): Move[] {
  const moves: Move[] = [];
  for (const view of views) {
    // Most products rest at any time: asked once, before each of their sizes.
    if (view.history.bars(FINEST, nowUs - HOUR_US).length === 0) continue;
    let furthest: Move | undefined;
    for (const feed of view.feeds) {
      const move = moveOf(view, feed, nowUs);
      if (move === undefined) continue;
      if (furthest === undefined || share(move) > share(furthest)) furthest = move;
    }
    if (furthest !== undefined) moves.push(furthest);
  }
  return moves.toSorted((a, b) => share(b) - share(a));
}

function moveOf(view: ProductView, { history, view: { instrument } }: Feed, nowUs: number) {
  const bars = history.bars(FINEST, nowUs - HOUR_US);
  const { trades, changeMinor } = sumOf(bars);
  if (changeMinor === 0) return undefined;
  const fromMinor = bars[0]!.openMinor;
  const { style } = view.product.spec;
  return { style, symbol: instrument.symbol, fromMinor, toMinor: fromMinor + changeMinor, trades };
}

/** For comparing only: never shown, never stored. */
const share = ({ fromMinor, toMinor }: Move): number => Math.abs(toMinor - fromMinor) / fromMinor;

function mostTraded(views: readonly ProductView[], nowUs: number): string[] {
  return views
    .filter(({ history }) => history.trades > 0)
    .map(({ product, history }) => ({
      style: product.spec.style,
      day: sumOf(history.bars(FINEST, nowUs - DAY_US)).volume,
      ever: history.volume,
    }))
    .toSorted((a, b) => b.day - a.day || b.ever - a.ever)
    .map(({ style }) => style);
}

function releases(products: readonly Product[], today: string): string[] {
  const date = ({ spec }: Product): string => spec.release_date;
  const byDate = products.toSorted((a, b) => (date(a) < date(b) ? -1 : date(a) > date(b) ? 1 : 0));
  const toCome = byDate.filter((product) => date(product) >= today);
  const past = byDate.filter((product) => date(product) < today).toReversed();
  return [...toCome, ...past].map(({ spec }) => spec.style);
}
