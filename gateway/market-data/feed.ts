/**
 * One instrument's channels: its view, the topics people listen to, and what changed since they were
 * last told. Book, orders and auction changes go out once per command, trades and ticker once per
 * batch, and what is conflated by time when `tick` says so.
 */
import { type Events, Side } from "../../engine/client/layouts.ts";
import type { Instrument } from "../registry/catalog.ts";
import { bestIndex, type Levels } from "./depth.ts";
import {
  type PushHead,
  withChecksum,
  writeAuction,
  writeBars,
  writeBest,
  writeBook,
  writeBookChange,
  writeInstrument,
  writePush,
  writeTicker,
  writeTrades,
} from "./encode.ts";
import { type Bar, type BarBudget, History, type Resolution } from "./history.ts";
import { writeLevel3, writeLevel3Event, writeLevel3Step } from "./level3.ts";
import { type Missed, publicTrail, reaches, RecentMissed, type Teller } from "./missed.ts";
import type { Said } from "./past.ts";
import type { RestingOrders } from "./resting.ts";
import { bookTeller, level3Teller, tradesTeller } from "./retell.ts";
import { Channel, isHeard, makeTopic, publish, type Topic } from "./topics.ts";
import {
  addTrade,
  type InstrumentView,
  lastTrade,
  makeView,
  newestTrades,
  type TradeRow,
} from "./view.ts";

export type SymbolChannel =
  | "instrument"
  | "ticker"
  | "book"
  | "level3"
  | "trades"
  | "auction"
  | "book@100ms"
  | "candles";

/** What tells the topics of one channel and instrument apart. */
export interface Variant {
  /** Of `book@100ms`. */
  readonly depth?: number;
  /** Of `candles`. */
  readonly resolution?: Resolution;
  /** Of `book`: with the checksum. */
  readonly isChecked?: boolean;
}

/** A topic that is told by time: `seq` moved since `toldSeq`. */
interface Conflated {
  readonly topic: Topic;
  toldSeq: number;
  readonly tell: (prevSeq: number) => string;
  readonly seqNow: () => number;
}

export interface Feed {
  readonly view: InstrumentView;
  /** Of its shard; its own are those of `view.restingChain`. */
  readonly resting: RestingOrders;
  /** By channel, and variant where there are several. */
  readonly topics: Partial<Record<SymbolChannel | "book checked", Topic>>;
  readonly conflated: Map<string, Conflated>;
  readonly history: History;
  readonly said: Said | undefined;
  stale: boolean;

  // Since the command began.
  inCommand: boolean;
  parametersChanged: boolean;
  auctionChanged: boolean;
  readonly touchedBids: number[];
  readonly touchedAsks: number[];
  readonly level3: string[];

  // Since the batch began.
  inBatch: boolean;
  readonly fresh: TradeRow[];
  tradesSeqBefore: number;
  /** What the ticker last showed: bid, its quantity, ask, its quantity, last trade's number. */
  readonly shown: [number, number, number, number, number];
}

export function makeFeed(
  instrument: Instrument,
  resting: RestingOrders,
  budget: BarBudget,
  said: Said | undefined,
): Feed {
  return {
    view: makeView(instrument),
    resting,
    topics: {},
    conflated: new Map(),
    history: new History(budget),
    said,
    stale: false,
    inCommand: false,
    parametersChanged: false,
    auctionChanged: false,
    touchedBids: [],
    touchedAsks: [],
    level3: [],
    inBatch: false,
    fresh: [],
    tradesSeqBefore: 0,
    shown: [0, 0, 0, 0, 0],
  };
}

/** The topic of a channel, made when somebody first asks for it. */
export function topicOf(feed: Feed, channel: SymbolChannel, variant: Variant = {}): Topic {
  if (channel === Channel.bookConflated) return bestOf(feed, variant.depth!);
  if (channel === Channel.candles) return candlesOf(feed, variant.resolution!);
  const isChecked = channel === Channel.book && variant.isChecked === true;
  return (feed.topics[isChecked ? "book checked" : channel] ??= makeTopic(
    channel,
    feed.view.instrument.symbol,
    {
      seq: () => seqOf(feed.view, channel),
      snapshot: () => {
        const data = dataOf(feed, channel);
        const whole = isChecked ? withChecksum(data, feed.view) : data;
        return writePush(head(feed, channel, "snapshot", 0), whole);
      },
      since: (seq) => missedOf(feed, channel, seq),
      stored: storedOf(feed, channel),
    },
  ));
}

/** The best levels of each side, as they are when somebody may be told again. */
function bestOf(feed: Feed, depth: number): Topic {
  const { view } = feed;
  return conflatedOf(feed, `book@100ms ${depth}`, Channel.bookConflated, {
    seqNow: () => view.bookSeq,
    data: () => writeBest(view, depth),
    change: () => writeBest(view, depth),
  });
}

/** The bars that began or grew: those of a snapshot are all there are. */
function candlesOf(feed: Feed, resolution: Resolution): Topic {
  const { view, history } = feed;
  const bars = (sinceUs: number): readonly Bar[] => history.bars(resolution, sinceUs);
  let toldUs = 0;
  const tell = (from: readonly Bar[]): string => {
    toldUs = from[from.length - 1]?.startUs ?? toldUs;
    return writeBars(from);
  };
  return conflatedOf(feed, `candles ${resolution.name}`, Channel.candles, {
    seqNow: () => view.tradesSeq,
    data: () => tell(bars(0)),
    change: () => tell(bars(toldUs)),
    more: `,"interval":"${resolution.name}"`,
  });
}

interface ConflatedContent {
  readonly seqNow: () => number;
  /** The whole. */
  readonly data: () => string;
  /** What changed since it was last told. */
  readonly change: () => string;
  readonly more?: string;
}

/** Whoever joins is shown the present, and so is everyone else just before: all read one chain. */
function conflatedOf(
  feed: Feed,
  name: string,
  channel: SymbolChannel,
  { seqNow, data, change, more = "" }: ConflatedContent,
): Topic {
  const known = feed.conflated.get(name);
  if (known !== undefined) return known.topic;
  const { symbol } = feed.view.instrument;
  const write = (type: PushHead["type"], prevSeq: number, text: string): string => {
    const { stampUs } = feed.view;
    const seq = seqNow();
    const pushed = { channel, type, symbol, seq, prevSeq, stampUs, stale: feed.stale };
    return writePush(pushed, text, more);
  };
  const conflated: Conflated = {
    topic: makeTopic(channel, symbol, {
      seq: () => conflated.toldSeq,
      snapshot: () => {
        tellConflated(conflated);
        return write("snapshot", 0, data());
      },
    }),
    toldSeq: seqNow(),
    tell: (prevSeq) => write("update", prevSeq, change()),
    seqNow,
  };
  feed.conflated.set(name, conflated);
  return conflated.topic;
}

function tellConflated(conflated: Conflated): void {
  const { topic, toldSeq, seqNow } = conflated;
  if (seqNow() === toldSeq) return;
  if (isHeard(topic)) publish(topic, conflated.tell(toldSeq));
  conflated.toldSeq = seqNow();
}

/** Time has passed: what is conflated by it and moved is told. */
export function tick(feed: Feed): void {
  for (const conflated of feed.conflated.values()) tellConflated(conflated);
}

const TELLERS: Partial<Record<SymbolChannel, (view: InstrumentView, fromSeq: number) => Teller>> = {
  book: bookTeller,
  level3: level3Teller,
  trades: tradesTeller,
};

/** Makes the pushes of a delta channel again; undefined for a channel that tells states. */
export function tellerOf(feed: Feed, channel: string, fromSeq: number): Teller | undefined {
  return TELLERS[channel as SymbolChannel]?.(feed.view, fromSeq);
}

function missedOf(feed: Feed, channel: SymbolChannel, fromSeq: number): Missed | null {
  const { view } = feed;
  const recent = feed.said?.recent;
  const teller = tellerOf(feed, channel, fromSeq);
  if (teller === undefined || recent === undefined || fromSeq > seqOf(view, channel)) return null;
  const trail = publicTrail(recent, view.instrument.instrument_id);
  if (!reaches(trail, fromSeq)) return null;
  return new RecentMissed(recent, trail, fromSeq, () => seqOf(view, channel), teller);
}

/** Nothing for channels that tell states, and where no events are stored. */
function storedOf(feed: Feed, channel: SymbolChannel): Topic["stored"] {
  const past = feed.said?.past;
  if (past === undefined || TELLERS[channel] === undefined) return undefined;
  const { instrument_id: id } = feed.view.instrument;
  return (fromSeq) => {
    const teller = tellerOf(feed, channel, fromSeq)!;
    const toSeq = seqOf(feed.view, channel);
    return past.ask({ kind: "public", id, fromSeq, toSeq, teller });
  };
}

/** A level moved: noted where somebody hears the book, for nobody joins within a command. */
export function touch(feed: Feed, side: number, ticks: number): void {
  const { topics } = feed;
  if (!isHeard(topics.book) && !isHeard(topics["book checked"])) return;
  const touched = side === Side.BID ? feed.touchedBids : feed.touchedAsks;
  if (!touched.includes(ticks)) touched.push(ticks);
}

/** A public event of a resting order, before its command ends. */
export function noteLevel3(feed: Feed, events: Events, index: number): void {
  if (isHeard(feed.topics.level3)) feed.level3.push(writeLevel3Event(feed.view, events, index));
}

export function noteTrade(feed: Feed, trade: TradeRow): void {
  if (isHeard(feed.topics.trades)) {
    if (feed.fresh.length === 0) feed.tradesSeqBefore = feed.view.tradesSeq;
    feed.fresh.push({ ...trade }); // of one batch there may be more than rows
  }
  addTrade(feed.view, trade);
}

/** Not by its length: that would give up the memory which the next command needs again. */
export function empty(list: unknown[]): void {
  while (list.length > 0) list.pop();
}

/** One command is whole: the book moves on by one push, and so do changed parameters. */
export function endCommand(feed: Feed): void {
  const { view, topics } = feed;
  const before = view.bookSeq;
  view.bookSeq = view.marketSeq;
  const checked = topics["book checked"];
  if (isHeard(topics.book) || isHeard(checked)) {
    const data = writeBookChange(view, feed.touchedBids, feed.touchedAsks);
    const pushed = head(feed, Channel.book, "update", before);
    if (isHeard(topics.book)) publish(topics.book, writePush(pushed, data));
    if (isHeard(checked)) publish(checked, writePush(pushed, withChecksum(data, view)));
  }
  if (isHeard(topics.level3)) {
    const pushed = head(feed, Channel.level3, "update", before);
    publish(topics.level3, writePush(pushed, writeLevel3Step(feed.level3)));
  }
  if (feed.parametersChanged) {
    const instrumentBefore = view.instrumentSeq;
    view.instrumentSeq = view.marketSeq;
    tellState(feed, Channel.instrument, instrumentBefore);
  }
  if (feed.auctionChanged) {
    const auctionBefore = view.auctionSeq;
    view.auctionSeq = view.marketSeq;
    tellState(feed, Channel.auction, auctionBefore);
  }
  empty(feed.touchedBids);
  empty(feed.touchedAsks);
  empty(feed.level3);
  feed.parametersChanged = false;
  feed.auctionChanged = false;
  feed.inCommand = false;
}

function tellState(feed: Feed, channel: "instrument" | "auction", before: number): void {
  const topic = feed.topics[channel];
  if (!isHeard(topic)) return;
  const pushed = head(feed, channel, "update", before);
  publish(topic, writePush(pushed, dataOf(feed, channel)));
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
  switch (channel) {
    case Channel.trades:
      return view.tradesSeq;
    case Channel.ticker:
      return view.tickerSeq;
    case Channel.auction:
      return view.auctionSeq;
    case Channel.instrument:
      return view.instrumentSeq;
    default:
      return view.bookSeq;
  }
}

function dataOf({ view, resting }: Feed, channel: SymbolChannel): string {
  switch (channel) {
    case Channel.trades:
      return writeTrades(view, newestTrades(view));
    case Channel.ticker:
      return writeTicker(view);
    case Channel.auction:
      return writeAuction(view);
    case Channel.instrument:
      return writeInstrument(view);
    case Channel.level3:
      return writeLevel3(view, resting);
    default:
      return writeBook(view);
  }
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
