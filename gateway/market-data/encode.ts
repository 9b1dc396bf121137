/**
 * Market data in its written form: JSON texts put together by hand, because every one is written
 * once and read by many. Only text from the catalog is quoted by JSON.stringify; symbols and style
 * codes are held to characters that need no escape when they are registered.
 */
import { crc32 } from "node:zlib";
import { InstrumentState, Side } from "../../engine/client/layouts.ts";
import { writeMinor, writeTime } from "../written-forms.ts";
import { bestIndex, indexOfLevel, type Levels } from "./depth.ts";
import type { Bar } from "./history.ts";
import { type InstrumentView, lastTrade, type TradeView } from "./view.ts";

const STATES: Record<InstrumentState, string> = {
  [InstrumentState.NONE]: "unlisted",
  [InstrumentState.CONTINUOUS]: "continuous",
  [InstrumentState.HALTED]: "halted",
  [InstrumentState.CLOSED]: "closed",
  [InstrumentState.PRE_OPEN]: "pre_open",
  [InstrumentState.UNCROSSING]: "uncrossing",
};

export interface PushHead {
  readonly channel: string;
  readonly type: "snapshot" | "update";
  readonly symbol?: string;
  readonly seq: number;
  /** 0 in a snapshot: it depends on nothing before it. */
  readonly prevSeq: number;
  readonly stampUs: number;
  /** The shard stopped: this is the last that was known, not the present. */
  readonly stale?: boolean;
}

/** `more` are members of the push besides its data, each with a comma before it. */
export function writePush(head: PushHead, data: string, more = ""): string {
  const { channel, type, symbol, seq, prevSeq, stampUs } = head;
  const named = symbol === undefined ? "" : `,"symbol":"${symbol}"`;
  return (
    `{"channel":"${channel}","type":"${type}"${named},"seq":${seq},"prev_seq":${prevSeq}` +
    `,"ts":"${writeTime(stampUs)}"${head.stale ? ',"stale":true' : ""}${more},"data":${data}}`
  );
}

const price = (view: InstrumentView, ticks: number): string =>
  `"${writeMinor(ticks * view.tickMinor)}"`;

/** The data of `instrument`, and the body of `/v1/instruments/{symbol}`. */
export function writeInstrument(view: InstrumentView): string {
  const { instrument } = view;
  const { spec } = instrument.product;
  const band =
    view.bandLowTicks === 0 && view.bandHighTicks === 0
      ? "null"
      : `{"low":${price(view, view.bandLowTicks)},"high":${price(view, view.bandHighTicks)}}`;
  return (
    `{"instrument_id":${instrument.instrument_id},"symbol":"${instrument.symbol}"` +
    `,"product":"${spec.style}","brand":${JSON.stringify(spec.brand)}` +
    `,"model":${JSON.stringify(spec.model)},"colourway":${JSON.stringify(spec.colourway)}` +
    `,"size":"${instrument.size}","currency":"${spec.currency}"` +
    `,"tick":"${writeMinor(view.tickMinor)}","band":${band},"qty_max":${view.quantityMax}` +
    `,"state":"${STATES[view.state]}","retail_price":"${spec.retail_price}"` +
    `,"release_date":"${spec.release_date}"}`
  );
}

export function writeTicker(view: InstrumentView): string {
  const last = lastTrade(view);
  const traded =
    last === undefined
      ? `"last":null,"last_qty":null,"last_ts":null,"change":null,"volume":0` +
        `,"high_52w":null,"low_52w":null`
      : `"last":${price(view, last.priceTicks)},"last_qty":${last.quantity}` +
        `,"last_ts":"${writeTime(last.stampUs)}","change":${change(view)}` +
        `,"volume":${view.volume},"high_52w":${price(view, view.highTicks)}` +
        `,"low_52w":${price(view, view.lowTicks)}`;
  return `{${best(view, view.bids, "bid")},${best(view, view.asks, "ask")},${traded}}`;
}

function change(view: InstrumentView): string {
  if (view.trades.length < 2) return "null";
  const minor = view.changeTicks * view.tickMinor;
  return minor < 0 ? `"-${writeMinor(-minor)}"` : `"${writeMinor(minor)}"`;
}

function best(view: InstrumentView, levels: Levels, name: string): string {
  const at = bestIndex(levels);
  if (at < 0) return `"${name}":null,"${name}_qty":null`;
  return (
    `"${name}":${price(view, levels.priceTicks[at]!)}` + `,"${name}_qty":${levels.quantity[at]!}`
  );
}

/** A row of `size_grid`. */
export function writeGridRow(view: InstrumentView): string {
  const last = lastTrade(view);
  return (
    `{"symbol":"${view.instrument.symbol}","size":"${view.instrument.size}"` +
    `,${best(view, view.asks, "ask")},${best(view, view.bids, "bid")}` +
    `,"last":${last === undefined ? "null" : price(view, last.priceTicks)}` +
    `,"bids":${view.bids.ordersTotal},"asks":${view.asks.ordersTotal}}`
  );
}

/** The whole book, best first. */
export function writeBook(view: InstrumentView): string {
  return `{"bids":[${wholeSide(view, view.bids)}],"asks":[${wholeSide(view, view.asks)}]}`;
}

function wholeSide(view: InstrumentView, levels: Levels, depth = Infinity): string {
  let text = "";
  const last = Math.max(0, levels.priceTicks.length - depth);
  for (let at = bestIndex(levels); at >= last; at--) {
    if (text !== "") text += ",";
    text += writeLevel(view, levels.priceTicks[at]!, levels.quantity[at]!, levels.orders[at]!);
  }
  return text;
}

/** The levels a command touched, as they are after it. */
export function writeBookChange(
  view: InstrumentView,
  bidTicks: readonly number[],
  askTicks: readonly number[],
): string {
  const bids = changedSide(view, view.bids, bidTicks);
  return `{"bids":[${bids}],"asks":[${changedSide(view, view.asks, askTicks)}]}`;
}

/** The best `depth` levels of each side, best first. */
export function writeBest(view: InstrumentView, depth: number): string {
  const bids = wholeSide(view, view.bids, depth);
  return `{"bids":[${bids}],"asks":[${wholeSide(view, view.asks, depth)}]}`;
}

/** Levels of each side that the checksum covers. */
export const CHECKSUM_LEVELS = 10;

/**
 * CRC32 over the best ten levels: each `price,qty,orders` as they are pushed, best first, joined by `;`,
 * the bids, then `|`, then the asks.
 */
export function checksumOf(view: InstrumentView): number {
  return crc32(`${checkedSide(view, view.bids)}|${checkedSide(view, view.asks)}`);
}

function checkedSide(view: InstrumentView, levels: Levels): string {
  let text = "";
  const last = Math.max(0, levels.priceTicks.length - CHECKSUM_LEVELS);
  for (let at = bestIndex(levels); at >= last; at--) {
    if (text !== "") text += ";";
    const minor = levels.priceTicks[at]! * view.tickMinor;
    text += `${writeMinor(minor)},${levels.quantity[at]!},${levels.orders[at]!}`;
  }
  return text;
}

/** The data of a book push with the checksum of the whole book after it. */
export function withChecksum(data: string, view: InstrumentView): string {
  return `${data.slice(0, -1)},"crc32":${checksumOf(view)}}`;
}

function changedSide(view: InstrumentView, levels: Levels, ticks: readonly number[]): string {
  let text = "";
  for (let each = 0; each < ticks.length; each++) {
    const priceTicks = ticks[each]!;
    const at = indexOfLevel(levels, priceTicks);
    if (text !== "") text += ",";
    text +=
      at < 0
        ? writeLevel(view, priceTicks, 0, 0)
        : writeLevel(view, priceTicks, levels.quantity[at]!, levels.orders[at]!);
  }
  return text;
}

export function writeLevel(
  view: InstrumentView,
  ticks: number,
  quantity: number,
  orders: number,
): string {
  return `[${price(view, ticks)},${quantity},${orders}]`;
}

export function writeTrades(view: InstrumentView, trades: readonly TradeView[]): string {
  let text = "[";
  for (const trade of trades) {
    if (text !== "[") text += ",";
    text +=
      `{"trade_id":${trade.tradeId},"price":${price(view, trade.priceTicks)}` +
      `,"qty":${trade.quantity},"taker_side":"${trade.takerSide === Side.BID ? "buy" : "sell"}"` +
      `,"ts":"${writeTime(trade.stampUs)}","engine_seq":${trade.engineSeq}}`;
  }
  return `${text}]`;
}

/** Of what an auction has collected, and what it came to. */
export function writeAuction(view: InstrumentView): string {
  const { auction } = view;
  const indicative =
    auction.indicativeTicks === 0
      ? `"indicative_price":null,"indicative_qty":null`
      : `"indicative_price":${price(view, auction.indicativeTicks)}` +
        `,"indicative_qty":${auction.indicativeUnits}`;
  const { uncross } = auction;
  const uncrossed =
    uncross === null
      ? "null"
      : `{"price":${uncross.priceTicks === 0 ? "null" : price(view, uncross.priceTicks)}` +
        `,"qty":${uncross.units},"bid_qty":${uncross.bidUnits},"ask_qty":${uncross.askUnits}}`;
  return (
    `{"state":"${STATES[view.state]}","bid_orders":${auction.bidOrders}` +
    `,"ask_orders":${auction.askOrders},"bid_qty":${auction.bidUnits}` +
    `,"ask_qty":${auction.askUnits},${indicative},"uncross":${uncrossed}}`
  );
}

/** Bars of one length, oldest first; the last one may still grow. */
export function writeBars(bars: readonly Bar[]): string {
  const rows = bars.map(
    (bar) =>
      `{"ts":"${writeTime(bar.startUs)}","open":"${writeMinor(bar.openMinor)}"` +
      `,"high":"${writeMinor(bar.highMinor)}","low":"${writeMinor(bar.lowMinor)}"` +
      `,"close":"${writeMinor(bar.closeMinor)}","volume":${bar.volume},"trades":${bar.trades}}`,
  );
  return `[${rows.join(",")}]`;
}

/** A snapshot that comes instead of what was missed: that is not at hand any more. */
export function writeTooOld(snapshot: string): string {
  return snapshot.replace('"type":"snapshot"', '"type":"snapshot","resume":"RESUME_TOO_OLD"');
}
