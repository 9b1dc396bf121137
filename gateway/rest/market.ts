/**
 * The market for a page: search, one glance at all of it, price history, and what a trade costs. Read
 * from what is folded; the glance is made at most once a second, however many ask.
 */
import { Side } from "../../engine/client/layouts.ts";
import { QUOTE_PRICE_MINOR_MAX, quote, scheduleOn } from "../fees/schedule.ts";
import { Refused } from "../errors.ts";
import { queryReader, valueOf } from "../forms/read.ts";
import {
  FeesQuery,
  HistoryQuery,
  type RANGE_NAMES,
  SEARCH_DEFAULT,
  SearchQuery,
} from "../forms/rest.ts";
import type { Feed } from "../market-data/feed.ts";
import { type Bar, type History, type PricedTrade, RESOLUTIONS } from "../market-data/history.ts";
import type { Market } from "../market-data/market.ts";
import { type Move, overviewOf, summarise } from "../market-data/overview.ts";
import { Search } from "../market-data/search.ts";
import { newestTrades } from "../market-data/view.ts";
import { invalid } from "../orders/decode.ts";
import type { Catalog } from "../registry/catalog.ts";
import type { ExchangeStatus } from "../status.ts";
import { nowUs, readMinor, writeMinor, writeTime } from "../written-forms.ts";
import { productBody } from "./public.ts";
import { type Call, json, type Reply, type Route } from "./server.ts";

const DAY_US = 86_400_000_000;
/** How far back, and the bar that tells it best. */
const RANGES = {
  "1d": { sinceUs: DAY_US, resolution: RESOLUTIONS[0]! },
  "1w": { sinceUs: 7 * DAY_US, resolution: RESOLUTIONS[1]! },
  "1m": { sinceUs: 31 * DAY_US, resolution: RESOLUTIONS[1]! },
  "1y": { sinceUs: 366 * DAY_US, resolution: RESOLUTIONS[2]! },
  all: { sinceUs: Number.POSITIVE_INFINITY, resolution: RESOLUTIONS[3]! },
} satisfies Record<(typeof RANGE_NAMES)[number], object>;
const OVERVIEW_FOR_US = 1_000_000;
const readSearch = queryReader(SearchQuery);
const readHistory = queryReader(HistoryQuery);
const readFees = queryReader(FeesQuery);

export interface MarketParts {
  readonly market: Market;
  readonly catalog: Catalog;
  readonly status: ExchangeStatus;
}

export function marketRoutes(parts: MarketParts): Route[] {
  const search = new Search(parts.catalog);
  const overview = cachedOverview(parts);
  const get = (path: string, handle: Route["handle"]): Route => ({ method: "GET", path, handle });
  return [
    get("/v1/search", (call) => find(ready(parts), search, call)),
    get("/v1/market/overview", () => json(200, (ready(parts), overview()))),
    get("/v1/instruments/*/history", (call) => {
      const feed = ready(parts).market.feed(call.parts[0]!);
      if (feed === undefined) throw new Refused({ code: "UNKNOWN_SYMBOL", param: "symbol" });
      return history("symbol", call, feed.history, pointsOf(feed));
    }),
    get("/v1/products/*/history", (call) => productHistory(ready(parts), call)),
    get("/v1/fees", (call) => json(200, writeFees(call.query))),
  ];
}

/** Before the journal is replayed nothing of the market may be shown. */
function ready(parts: MarketParts): MarketParts {
  if (parts.status.state === "starting") throw new Refused({ code: "STARTING" });
  return parts;
}

function find({ market, catalog }: MarketParts, search: Search, { query }: Call): Reply {
  const { q: text = "", limit = SEARCH_DEFAULT } = valueOf(readSearch(query));
  const styles = search.find(text, (style) => market.product(style)?.history.trades ?? 0);
  const stampUs = nowUs();
  const rows = styles.slice(0, limit).map((style) => writeRow(market, catalog, style, stampUs));
  return json(200, JSON.stringify({ products: rows, found: styles.length }));
}

function cachedOverview({ market, catalog }: MarketParts): () => string {
  let text = "";
  let madeUs = 0;
  return () => {
    const stampUs = nowUs();
    if (Math.abs(stampUs - madeUs) < OVERVIEW_FOR_US) return text;
    madeUs = stampUs;
    text = writeOverview(market, catalog, stampUs);
    return text;
  };
}

function writeOverview(market: Market, catalog: Catalog, stampUs: number): string {
  const today = writeTime(stampUs).slice(0, 10);
  const all = overviewOf(market, catalog.products(), stampUs, today);
  const row = (style: string) => writeRow(market, catalog, style, stampUs);
  return JSON.stringify({
    ts: writeTime(stampUs),
    moving: all.moving.map((move) => ({ ...row(move.style), move: writeMove(move) })),
    most_traded: all.mostTraded.map(row),
    releases: all.releases.map(row),
    last_trades: market.tape
      .trades()
      .map((trade) => ({ ...writeTrade(trade), ...namesOf(trade) }))
      .toReversed(),
  });
}

/** A product and how it stands over all its sizes: a card of the page. */
function writeRow(market: Market, catalog: Catalog, style: string, stampUs: number): object {
  const product = productBody(catalog.product(style)!);
  const view = market.product(style);
  if (view === undefined) return { ...product, market: null };
  const { ask, bid, last, bids, asks, day, trades, volume, stale } = summarise(view, stampUs);
  return {
    ...product,
    market: {
      ask: ask === undefined ? null : { price: writeMinor(ask.priceMinor), symbol: ask.symbol },
      bid: bid === undefined ? null : { price: writeMinor(bid.priceMinor), symbol: bid.symbol },
      last: last === undefined ? null : writeTrade(last),
      bids,
      asks,
      volume_24h: day.volume,
      trades_24h: day.trades,
      volume,
      trades,
      ...(stale ? { stale } : {}),
    },
  };
}

function writeMove({ symbol, fromMinor, toMinor, trades }: Move): object {
  return {
    symbol,
    from: writeMinor(fromMinor),
    to: writeMinor(toMinor),
    change: writeSigned(toMinor - fromMinor),
    // Hundredths of a percent, toward zero: a hint of size beside the exact change.
    change_bp: Math.trunc(((toMinor - fromMinor) * 10_000) / fromMinor),
    trades,
    window: "1h",
  };
}

function writeTrade(trade: PricedTrade) {
  const { instrument, tradeId, priceMinor, quantity, takerSide, stampUs } = trade;
  return {
    trade_id: tradeId,
    symbol: instrument.symbol,
    size: instrument.size,
    price: writeMinor(priceMinor),
    qty: quantity,
    taker_side: takerSide === Side.BID ? "buy" : "sell",
    ts: writeTime(stampUs),
  };
}

function namesOf({ instrument }: PricedTrade): object {
  const { style, brand, model, colourway } = instrument.product.spec;
  return { product: style, brand, model, colourway };
}

interface Point {
  readonly stampUs: number;
  readonly engineSeq: number;
  readonly priceMinor: number;
  readonly quantity: number;
  readonly symbol: string;
}

function productHistory({ market, catalog }: MarketParts, call: Call): Reply {
  const style = call.parts[0]!;
  if (catalog.product(style) === undefined) {
    throw new Refused({ code: "UNKNOWN_PRODUCT", param: "style" });
  }
  const view = market.product(style);
  if (view === undefined) return json(200, JSON.stringify({ style, bars: [], points: [] }));
  // By sequence, not by time: a batch shares one stamp, and sizes of a product share one shard.
  const points = view.feeds.flatMap(pointsOf).toSorted((a, b) => a.engineSeq - b.engineSeq);
  return history("style", call, view.history, points);
}

function pointsOf({ view }: Feed): Point[] {
  const { symbol } = view.instrument;
  return newestTrades(view).map(({ stampUs, engineSeq, priceTicks, quantity }) => {
    return { stampUs, engineSeq, priceMinor: priceTicks * view.tickMinor, quantity, symbol };
  });
}

/** Bars of the range, and the newest single trades for a chart whose bars are still few. */
function history(
  name: "symbol" | "style",
  { parts, query }: Call,
  from: History,
  points: readonly Point[],
): Reply {
  const { range = "1d" } = valueOf(readHistory(query));
  const { resolution } = RANGES[range];
  const sinceUs = nowUs() - RANGES[range].sinceUs;
  const bars = from.bars(resolution, sinceUs).map(writeBar);
  const newest = points.filter(({ stampUs }) => stampUs >= sinceUs).slice(-POINTS_MAX);
  const body = {
    [name]: parts[0],
    range,
    interval: resolution.name,
    bars,
    points: newest.map(writePoint),
    trades: from.trades,
    volume: from.volume,
  };
  return json(200, JSON.stringify(body));
}

const POINTS_MAX = 500;

function writeBar(bar: Bar): object {
  return {
    ts: writeTime(bar.startUs),
    open: writeMinor(bar.openMinor),
    high: writeMinor(bar.highMinor),
    low: writeMinor(bar.lowMinor),
    close: writeMinor(bar.closeMinor),
    volume: bar.volume,
    trades: bar.trades,
  };
}

function writePoint({ stampUs, priceMinor, quantity, symbol }: Point): object {
  return { ts: writeTime(stampUs), price: writeMinor(priceMinor), qty: quantity, symbol };
}

/** The ticket's numbers, by the schedule of today. */
function writeFees(query: URLSearchParams): string {
  const { side, price, qty: quantity = 1, level = 1 } = valueOf(readFees(query));
  const priceMinor = readMinor(price);
  if (priceMinor < 1 || priceMinor > QUOTE_PRICE_MINOR_MAX) {
    const most = writeMinor(QUOTE_PRICE_MINOR_MAX);
    throw new Refused(invalid("price", `price is a decimal text, at most "${most}".`));
  }
  const schedule = scheduleOn(writeTime(nowUs()).slice(0, 10));
  const { lines, sumMinor } = quote(schedule, { side, priceMinor, quantity, level });
  return JSON.stringify({
    schedule: schedule.version,
    from: schedule.from,
    region: schedule.region,
    rounding: schedule.rounding,
    currency: "USD",
    side,
    price: writeMinor(priceMinor),
    qty: quantity,
    ...(side === "sell" ? { level } : {}),
    lines: lines.map(({ code, rateBp, applied, amountMinor }) => {
      return { code, rate_bp: rateBp, applied, amount: writeSigned(amountMinor) };
    }),
    [side === "buy" ? "total" : "net"]: writeSigned(sumMinor),
  });
}

function writeSigned(minor: number): string {
  return minor < 0 ? `-${writeMinor(-minor)}` : writeMinor(minor);
}
