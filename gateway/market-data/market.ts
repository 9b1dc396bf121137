/**
 * The whole market as the public sees it, folded from the event streams of all shards and from
 * nothing else. What the journal held before this start is told again and folded in silence: nobody
 * listens yet. Called by the stream reader; asked by subscriptions and by REST.
 *
 * It must never answer from the middle of a batch: subscribers join between batches only.
 */
import {
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventI32,
  type Events,
  EventType,
  EventU8,
  type InstrumentState,
  Side,
} from "../../engine/client/layouts.ts";
import type { Catalog, Product } from "../registry/catalog.ts";
import { setLevel } from "./depth.ts";
import { writeGridRow, writePush } from "./encode.ts";
import {
  empty,
  endBatch,
  endCommand,
  type Feed,
  makeFeed,
  noteLevel3,
  noteTrade,
  type SymbolChannel,
  tick,
  topicOf,
  touch,
  type Variant,
} from "./feed.ts";
import { type BarBudget, BARS_TOTAL_MAX, History, Tape, TAPE_KEPT } from "./history.ts";
import { foldLevel3, movesLevel } from "./level3.ts";
import type { Said } from "./past.ts";
import { f64Of, i32Of, u8Of } from "./recent.ts";
import { RestingOrders } from "./resting.ts";
import { readTrade } from "./retell.ts";
import { Channel, isHeard, makeTopic, publish, type Topic } from "./topics.ts";
import { rowOfNextTrade, TRADES_KEPT } from "./view.ts";

if (TAPE_KEPT > TRADES_KEPT) throw new Error("the tape would show rows that were written again");

/** One product of the market, to be read: its sizes and what they traded together. */
export interface ProductView {
  readonly product: Product;
  readonly feeds: readonly Feed[];
  readonly history: History;
}

/** The sizes of one product, told together: one row each. */
interface Grid extends ProductView {
  readonly feeds: Feed[];
  topic: Topic | undefined;
  /** The shard's sequence at the last change of any row: grows, and means the same after a restart. */
  seq: number;
  /** The same, of the batch that is coming in. */
  newestSeq: number;
  stampUs: number;
  inBatch: boolean;
}

export class Market {
  readonly #catalog: Catalog;
  readonly #feeds: (Feed | undefined)[] = [];
  readonly #bySymbol = new Map<string, Feed>();
  readonly #grids = new Map<string, Grid>();
  readonly #gridById: Grid[] = [];
  readonly #commandFeeds: Feed[] = [];
  readonly #batchFeeds: Feed[] = [];
  readonly #batchGrids: Grid[] = [];
  /** By shard. */
  readonly #resting: RestingOrders[] = [];
  /** Those with topics that are told by time. */
  readonly #timed = new Set<Feed>();
  readonly #budget: BarBudget = { used: 0, max: BARS_TOTAL_MAX };
  readonly tape = new Tape();

  readonly #said: readonly Said[];

  /** `said`: by shard, what happened before; without it nothing is told again. */
  constructor(catalog: Catalog, said: readonly Said[] = []) {
    this.#catalog = catalog;
    this.#said = said;
  }

  /** Folds one event. Throws when the stream has a gap or names what the catalog does not know. */
  onEvent(events: Events, index: number): void {
    const f64 = index * EVENT_F64;
    const i32 = index * EVENT_I32;
    const marketSeq = events.f64[f64 + EventF64.marketSeq]!;
    if (marketSeq === 0) return;
    const type = events.u8[index * EVENT_BYTES + EventU8.type]!;
    const instrumentId = events.i32[i32 + EventI32.instrument]!;
    const feed =
      type === EventType.INSTRUMENT_LISTED ? this.#list(instrumentId) : this.#feeds[instrumentId];
    if (feed === undefined) throw new Error(`an event of instrument ${instrumentId}, never listed`);
    const { view } = feed;
    if (marketSeq !== view.marketSeq + 1) {
      throw new Error(`${view.instrument.symbol}: ${marketSeq} follows ${view.marketSeq}`);
    }
    view.marketSeq = marketSeq;
    view.stampUs = events.f64[f64 + EventF64.stampUs]!;
    this.#mark(feed, events.f64[f64 + EventF64.sequence]!);
    if (isParameters(type)) return readParameters(feed, events, i32);
    if (type === EventType.AUCTION_COUNTED || type === EventType.UNCROSSED) {
      return readAuction(feed, events, index);
    }
    if (movesLevel(events, index)) foldLevel(feed, events, index);
    if (type === EventType.TRADE) this.#trade(feed, events, index);
  }

  /** One row of it, for all who keep it: each lets go of it before it is written again. */
  #trade(feed: Feed, events: Events, index: number): void {
    const { view } = feed;
    const trade = readTrade(rowOfNextTrade(view), view, events, index);
    noteTrade(feed, trade);
    feed.history.add(trade);
    this.#gridById[view.instrument.instrument_id]!.history.add(trade);
    this.tape.add(trade);
  }

  /** All events of one command are in: the moment for books. */
  onCommandEnd(): void {
    for (const feed of this.#commandFeeds) endCommand(feed);
    empty(this.#commandFeeds);
  }

  /** What was waiting is in: the moment for what is conflated. */
  onBatchEnd(): void {
    for (const grid of this.#batchGrids) this.#endGridBatch(grid);
    empty(this.#batchGrids);
    for (const feed of this.#batchFeeds) endBatch(feed);
    empty(this.#batchFeeds);
  }

  /** Some time has passed: what is conflated by time is told. */
  tick(): void {
    for (const feed of this.#timed) tick(feed);
  }

  /** The shard speaks no more: what it last said stays readable, marked. */
  markStale(shard: number): void {
    for (const feed of this.#bySymbol.values()) {
      if (feed.view.shard === shard) feed.stale = true;
    }
  }

  feed(symbol: string): Feed | undefined {
    return this.#bySymbol.get(symbol);
  }

  feedById(instrumentId: number): Feed | undefined {
    return this.#feeds[instrumentId];
  }

  /** Undefined when nothing of that product is listed. */
  product(style: string): ProductView | undefined {
    return this.#grids.get(style);
  }

  products(): Iterable<ProductView> {
    return this.#grids.values();
  }

  /** The topic of a public channel, or undefined when the key names nothing. */
  topic(channel: Channel, key: string, variant: Variant = {}): Topic | undefined {
    if (channel === Channel.sizeGrid) {
      const grid = this.#grids.get(key);
      if (grid === undefined) return undefined;
      return (grid.topic ??= makeTopic(channel, key, {
        seq: () => grid.seq,
        snapshot: () => writeGrid(grid, "snapshot", 0, grid.feeds),
      }));
    }
    const feed = this.#bySymbol.get(key);
    if (feed === undefined) return undefined;
    const topic = topicOf(feed, channel as SymbolChannel, variant);
    if (feed.conflated.size > 0) this.#timed.add(feed);
    return topic;
  }

  #list(instrumentId: number): Feed {
    const known = this.#feeds[instrumentId];
    if (known !== undefined) return known;
    const instrument = this.#catalog.instrumentById(instrumentId);
    if (instrument === undefined) {
      throw new Error(
        `the journal lists instrument ${instrumentId} and the registry does not know it: ` +
          "put back the registry.json that belongs to this journal",
      );
    }
    const { shard } = instrument.product;
    const resting = (this.#resting[shard] ??= new RestingOrders());
    const feed = makeFeed(instrument, resting, this.#budget, this.#said[shard]);
    this.#feeds[instrumentId] = feed;
    this.#bySymbol.set(instrument.symbol, feed);
    const { style } = instrument.product.spec;
    let grid = this.#grids.get(style);
    if (grid === undefined) {
      const { product } = instrument;
      const none = { seq: 0, newestSeq: 0, stampUs: 0, inBatch: false };
      const history = new History(this.#budget);
      grid = { product, feeds: [], history, topic: undefined, ...none };
      this.#grids.set(style, grid);
    }
    grid.feeds.push(feed);
    this.#gridById[instrumentId] = grid;
    return feed;
  }

  #mark(feed: Feed, sequence: number): void {
    if (!feed.inCommand) {
      feed.inCommand = true;
      this.#commandFeeds.push(feed);
    }
    if (!feed.inBatch) {
      feed.inBatch = true;
      this.#batchFeeds.push(feed);
    }
    const grid = this.#gridById[feed.view.instrument.instrument_id]!;
    if (!grid.inBatch) {
      grid.inBatch = true;
      this.#batchGrids.push(grid);
    }
    grid.stampUs = feed.view.stampUs;
    grid.newestSeq = sequence;
  }

  #endGridBatch(grid: Grid): void {
    const before = grid.seq;
    grid.seq = grid.newestSeq;
    grid.inBatch = false;
    if (!isHeard(grid.topic)) return;
    const changed = grid.feeds.filter((feed) => feed.inBatch);
    publish(grid.topic, writeGrid(grid, "update", before, changed));
  }
}

function foldLevel(feed: Feed, events: Events, index: number): void {
  const { view } = feed;
  const side = u8Of(events, index, EventU8.side);
  const ticks = i32Of(events, index, EventI32.priceTicks);
  const quantity = f64Of(events, index, EventF64.levelQuantity);
  const orders = i32Of(events, index, EventI32.levelOrders);
  setLevel(side === Side.BID ? view.bids : view.asks, ticks, quantity, orders);
  touch(feed, side, ticks);
  foldLevel3(feed.resting, view, events, index);
  noteLevel3(feed, events, index);
}

/** An auction that begins again forgets what the last one came to. */
function readAuction(feed: Feed, events: Events, index: number): void {
  const { auction } = feed.view;
  const priceTicks = i32Of(events, index, EventI32.priceTicks);
  const units = f64Of(events, index, EventF64.auctionUnits);
  const bidUnits = f64Of(events, index, EventF64.bidUnits);
  const askUnits = f64Of(events, index, EventF64.askUnits);
  const isCounted = u8Of(events, index, EventU8.type) === EventType.AUCTION_COUNTED;
  auction.bidOrders = isCounted ? i32Of(events, index, EventI32.bidOrders) : 0;
  auction.askOrders = isCounted ? i32Of(events, index, EventI32.askOrders) : 0;
  auction.bidUnits = isCounted ? bidUnits : 0;
  auction.askUnits = isCounted ? askUnits : 0;
  auction.indicativeTicks = isCounted ? priceTicks : 0;
  auction.indicativeUnits = isCounted ? units : 0;
  auction.uncross = isCounted ? null : { priceTicks, units, bidUnits, askUnits };
  feed.auctionChanged = true;
}

function isParameters(type: number): boolean {
  return (
    type === EventType.INSTRUMENT_LISTED ||
    type === EventType.INSTRUMENT_STATE_SET ||
    type === EventType.BAND_SET
  );
}

function readParameters(feed: Feed, events: Events, i32: number): void {
  const { view } = feed;
  view.tickMinor = events.i32[i32 + EventI32.tickMinor]!;
  view.bandLowTicks = events.i32[i32 + EventI32.bandLowTicks]!;
  view.bandHighTicks = events.i32[i32 + EventI32.bandHighTicks]!;
  view.quantityMax = events.i32[i32 + EventI32.quantityMax]!;
  view.state = events.i32[i32 + EventI32.state]! as InstrumentState;
  feed.parametersChanged = true;
}

function writeGrid(
  grid: Grid,
  type: "snapshot" | "update",
  prevSeq: number,
  feeds: readonly Feed[],
): string {
  const head = {
    channel: Channel.sizeGrid,
    type,
    symbol: grid.product.spec.style,
    seq: grid.seq,
    prevSeq,
    stampUs: grid.stampUs,
    stale: grid.feeds[0]!.stale,
  };
  return writePush(head, `[${feeds.map((feed) => writeGridRow(feed.view)).join(",")}]`);
}
