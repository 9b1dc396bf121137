/**
 * One instrument's channels: its view, the topics people listen to, and what changed since they were
 * last told. Book changes go out once per command, trades, ticker and grid once per batch.
 */
import { Side } from "../../engine/client/layouts.ts";
import { bestIndex, type Levels } from "./depth.ts";
import {
  type PushHead,
  writeBook,
  writeBookChange,
  writeInstrument,
  writePush,
  writeTicker,
  writeTrades,
} from "./encode.ts";
import { type BarBudget, History } from "./history.ts";
import { Channel, isHeard, makeTopic, publish, type Topic } from "./topics.ts";
import { addTrade, type InstrumentView, lastTrade, makeView, type TradeView } from "./view.ts";
import type { Instrument } from "../registry/catalog.ts";

type SymbolChannel = "instrument" | "ticker" | "book" | "trades";

export interface Feed {
  readonly view: InstrumentView;
  readonly topics: Partial<Record<SymbolChannel, Topic>>;
  readonly history: History;
  stale: boolean;

  // Since the command began.
  inCommand: boolean;
  parametersChanged: boolean;
  readonly touchedBids: number[];
  readonly touchedAsks: number[];

  // Since the batch began.
  inBatch: boolean;
  readonly fresh: TradeView[];
  tradesSeqBefore: number;
  /** What the ticker last showed: bid, its quantity, ask, its quantity, last trade's number. */
  readonly shown: [number, number, number, number, number];
}

export function makeFeed(instrument: Instrument, budget: BarBudget): Feed {
  return {
    view: makeView(instrument),
    topics: {},
    history: new History(budget),
    stale: false,
    inCommand: false,
    parametersChanged: false,
    touchedBids: [],
    touchedAsks: [],
    inBatch: false,
    fresh: [],
    tradesSeqBefore: 0,
    shown: [0, 0, 0, 0, 0],
  };
}

/** The topic of a channel, made when somebody first asks for it. */
export function topicOf(feed: Feed, channel: SymbolChannel): Topic {
  return (feed.topics[channel] ??= makeTopic(channel, feed.view.instrument.symbol, {
    seq: () => seqOf(feed.view, channel),
    snapshot: () => writePush(head(feed, channel, "snapshot", 0), dataOf(feed.view, channel)),
    since: (seq) => (channel === Channel.trades ? tradesSince(feed, seq) : null),
  }));
}

export function touch(feed: Feed, side: number, ticks: number): void {
  const touched = side === Side.BID ? feed.touchedBids : feed.touchedAsks;
  if (!touched.includes(ticks)) touched.push(ticks);
}

export function noteTrade(feed: Feed, trade: TradeView): void {
  if (isHeard(feed.topics.trades)) {
    if (feed.fresh.length === 0) feed.tradesSeqBefore = feed.view.tradesSeq;
    feed.fresh.push(trade);
  }
  addTrade(feed.view, trade);
}

/** One command is whole: the book moves on by one push, and so do changed parameters. */
export function endCommand(feed: Feed): void {
  const { view, topics } = feed;
  const before = view.bookSeq;
  view.bookSeq = view.marketSeq;
  if (isHeard(topics.book)) {
    const data = writeBookChange(view, feed.touchedBids, feed.touchedAsks);
    publish(topics.book, writePush(head(feed, Channel.book, "update", before), data));
  }
  if (feed.parametersChanged) {
    const instrumentBefore = view.instrumentSeq;
    view.instrumentSeq = view.marketSeq;
    if (isHeard(topics.instrument)) {
      const pushed = head(feed, Channel.instrument, "update", instrumentBefore);
      publish(topics.instrument, writePush(pushed, writeInstrument(view)));
    }
  }
  feed.touchedBids.length = 0;
  feed.touchedAsks.length = 0;
  feed.parametersChanged = false;
  feed.inCommand = false;
}

export function endBatch(feed: Feed): void {
  const { view, topics, fresh } = feed;
  feed.inBatch = false;
  if (fresh.length > 0) {
    const pushed = head(feed, Channel.trades, "update", feed.tradesSeqBefore);
    publish(topics.trades!, writePush(pushed, writeTrades(view, fresh)));
    fresh.length = 0;
  }
  if (!tickerMoved(feed)) return;
  const before = view.tickerSeq;
  view.tickerSeq = view.marketSeq;
  if (!isHeard(topics.ticker)) return;
  publish(
    topics.ticker,
    writePush(head(feed, Channel.ticker, "update", before), writeTicker(view)),
  );
}

function tickerMoved({ view, shown }: Feed): boolean {
  const moved = bestMoved(view.bids, shown, 0);
  const askMoved = bestMoved(view.asks, shown, 2);
  const tradeId = lastTrade(view)?.tradeId ?? 0;
  const traded = tradeId !== shown[4];
  shown[4] = tradeId;
  return moved || askMoved || traded;
}

function bestMoved(levels: Levels, shown: Feed["shown"], at: 0 | 2): boolean {
  const index = bestIndex(levels);
  const ticks = index < 0 ? 0 : levels.priceTicks[index]!;
  const quantity = index < 0 ? 0 : levels.quantity[index]!;
  const moved = shown[at] !== ticks || shown[at + 1] !== quantity;
  shown[at] = ticks;
  shown[at + 1] = quantity;
  return moved;
}

function seqOf(view: InstrumentView, channel: SymbolChannel): number {
  if (channel === Channel.book) return view.bookSeq;
  if (channel === Channel.trades) return view.tradesSeq;
  return channel === Channel.ticker ? view.tickerSeq : view.instrumentSeq;
}

function dataOf(view: InstrumentView, channel: SymbolChannel): string {
  if (channel === Channel.book) return writeBook(view);
  if (channel === Channel.trades) return writeTrades(view, view.trades);
  return channel === Channel.ticker ? writeTicker(view) : writeInstrument(view);
}

function head(
  feed: Feed,
  channel: SymbolChannel,
  type: PushHead["type"],
  prevSeq: number,
): PushHead {
  const { view, stale } = feed;
  const { symbol } = view.instrument;
  const seq = seqOf(view, channel);
  return { channel, type, symbol, seq, prevSeq, stampUs: view.stampUs, stale };
}

/** The trades after `seq`, when the one at `seq` (or the very first) is still among those kept. */
function tradesSince(feed: Feed, seq: number): string | null {
  const { trades } = feed.view;
  const at = trades.findIndex((trade) => trade.marketSeq === seq);
  if (at < 0 && !(seq === 0 && trades[0]?.tradeId === 1)) return null;
  const missed = trades.slice(at + 1);
  return writePush(head(feed, Channel.trades, "update", seq), writeTrades(feed.view, missed));
}
