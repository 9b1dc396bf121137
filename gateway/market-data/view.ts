/**
 * One instrument as the public sees it, a pure function of its shard's events: parameters, depth,
 * the last trades, and the sequence at which each channel last changed. Nothing here knows sockets.
 *
 * Each channel keeps its own last sequence, with or without subscribers: a snapshot carries it and
 * the next update names it as `prev_seq`, so old and new subscribers read one chain.
 */
import { InstrumentState, Side } from "../../engine/client/layouts.ts";
import type { Instrument } from "../registry/catalog.ts";
import { type Levels, makeLevels } from "./depth.ts";
import { makeRestingChain, type RestingChain } from "./resting.ts";

/** Trades kept for snapshots and for resuming `trades` from memory. */
export const TRADES_KEPT = 50;
const RANGE_DAYS = 364; // 52 weeks
const US_PER_DAY = 86_400_000_000;

export interface TradeView {
  readonly instrument: Instrument;
  readonly tradeId: number;
  readonly priceTicks: number;
  readonly priceMinor: number;
  readonly quantity: number;
  readonly takerSide: Side;
  readonly stampUs: number;
  readonly engineSeq: number;
  readonly marketSeq: number;
}

/** Where a trade is kept, to be written again with a later one. */
export type TradeRow = { -readonly [Field in keyof TradeView]: TradeView[Field] };

/** Highest and lowest trade of one UTC day; only days with trades have one. */
interface DayRange {
  readonly day: number;
  high: number;
  low: number;
}

/** What a call auction has collected; the numbers of the last one stay until the next begins. */
export interface AuctionView {
  bidOrders: number;
  askOrders: number;
  bidUnits: number;
  askUnits: number;
  /** 0: the instrument does not tell it, or nothing would trade. */
  indicativeTicks: number;
  indicativeUnits: number;
  /** Null until there was one. `priceTicks` 0: nothing traded. */
  uncross: {
    readonly priceTicks: number;
    readonly units: number;
    /** Would have bought and sold at it. */
    readonly bidUnits: number;
    readonly askUnits: number;
  } | null;
}

export interface InstrumentView {
  readonly instrument: Instrument;
  readonly shard: number;
  tickMinor: number;
  bandLowTicks: number;
  bandHighTicks: number;
  quantityMax: number;
  state: InstrumentState;

  readonly bids: Levels;
  readonly asks: Levels;
  /** The newest, in turns: `newestTrades` has them in order. */
  readonly trades: TradeRow[];
  /** Where the next one stands; the one before it is the newest. */
  nextTrade: number;
  /** Units traded since the listing: it only grows, so it is never stale. */
  volume: number;
  /** Against the trade before; 0 until there are two. */
  changeTicks: number;
  readonly days: DayRange[];
  highTicks: number;
  lowTicks: number;
  readonly auction: AuctionView;
  readonly restingChain: RestingChain;

  marketSeq: number;
  /** The market sequence after the last change of each channel's content. */
  instrumentSeq: number;
  bookSeq: number;
  tradesSeq: number;
  tickerSeq: number;
  auctionSeq: number;
  /** Stamp of the last public event. */
  stampUs: number;
}

export function makeView(instrument: Instrument): InstrumentView {
  return {
    instrument,
    shard: instrument.product.shard,
    tickMinor: 0,
    bandLowTicks: 0,
    bandHighTicks: 0,
    quantityMax: 0,
    state: InstrumentState.NONE,
    bids: makeLevels(Side.BID),
    asks: makeLevels(Side.ASK),
    trades: [],
    nextTrade: 0,
    volume: 0,
    changeTicks: 0,
    days: [],
    highTicks: 0,
    lowTicks: 0,
    auction: {
      bidOrders: 0,
      askOrders: 0,
      bidUnits: 0,
      askUnits: 0,
      indicativeTicks: 0,
      indicativeUnits: 0,
      uncross: null,
    },
    restingChain: makeRestingChain(),
    marketSeq: 0,
    instrumentSeq: 0,
    bookSeq: 0,
    tradesSeq: 0,
    tickerSeq: 0,
    auctionSeq: 0,
    stampUs: 0,
  };
}

/** Those that are kept, oldest first. */
export function newestTrades({ trades, nextTrade }: InstrumentView): readonly TradeView[] {
  return [...trades.slice(nextTrade), ...trades.slice(0, nextTrade)];
}

export function lastTrade({ trades, nextTrade }: InstrumentView): TradeView | undefined {
  return trades.length === 0 ? undefined : trades[(nextTrade || TRADES_KEPT) - 1];
}

/**
 * Where the next trade is to be written, for `addTrade`: the row of the oldest, once as many are kept.
 * An object for each would live until it falls out, and what lives so long is dear to collect.
 */
export function rowOfNextTrade({ instrument, trades, nextTrade }: InstrumentView): TradeRow {
  return trades.length < TRADES_KEPT ? makeTradeRow(instrument) : trades[nextTrade]!;
}

export function makeTradeRow(instrument: Instrument): TradeRow {
  return {
    instrument,
    tradeId: 0,
    priceTicks: 0,
    priceMinor: 0,
    quantity: 0,
    takerSide: Side.BID,
    stampUs: Number.NaN, // no small whole number: V8 then writes later ones in place
    engineSeq: 0,
    marketSeq: 0,
  };
}

/** `trade` is what `rowOfNextTrade` answered, written. */
export function addTrade(view: InstrumentView, trade: TradeRow): void {
  const before = lastTrade(view);
  if (before !== undefined) view.changeTicks = trade.priceTicks - before.priceTicks;
  if (view.trades.length < TRADES_KEPT) view.trades.push(trade);
  view.nextTrade = view.nextTrade + 1 === TRADES_KEPT ? 0 : view.nextTrade + 1;
  view.volume += trade.quantity;
  view.tradesSeq = trade.marketSeq;
  addToRange(view, Math.floor(trade.stampUs / US_PER_DAY), trade.priceTicks);
}

/** Days fall out of the range when a later day trades: the range is as of the last trade. */
function addToRange(view: InstrumentView, day: number, ticks: number): void {
  const { days } = view;
  const newest = days[days.length - 1];
  if (newest?.day === day) {
    if (ticks > newest.high) newest.high = ticks;
    if (ticks < newest.low) newest.low = ticks;
    if (ticks > view.highTicks) view.highTicks = ticks;
    if (ticks < view.lowTicks) view.lowTicks = ticks;
    return;
  }
  days.push({ day, high: ticks, low: ticks });
  while (days[0]!.day <= day - RANGE_DAYS) days.shift();
  view.highTicks = Math.max(...days.map((each) => each.high));
  view.lowTicks = Math.min(...days.map((each) => each.low));
}
