/**
 * Public channels told again from records: the same pushes as were made at the time, from the events
 * alone, without the state of then.
 */
import {
  EventF64,
  EventI32,
  type Events,
  EventType,
  EventU8,
  Side,
} from "../../engine/client/layouts.ts";
import { type PushHead, writeLevel, writePush, writeTrades } from "./encode.ts";
import { movesLevel, writeLevel3Event, writeLevel3Step } from "./level3.ts";
import type { Teller } from "./missed.ts";
import { f64Of, i32Of, marketSeqOf, u8Of } from "./recent.ts";
import { Channel } from "./topics.ts";
import { type InstrumentView, makeTradeRow, type TradeRow, type TradeView } from "./view.ts";

/** Trades in one push. */
const TRADES_PER_PUSH = 100;

/** The trade of a TRADE event, written into a row of its instrument; answers that row. */
export function readTrade(
  into: TradeRow,
  { tickMinor }: InstrumentView,
  events: Events,
  index: number,
): TradeRow {
  const priceTicks = i32Of(events, index, EventI32.priceTicks);
  into.tradeId = f64Of(events, index, EventF64.tradeId);
  into.priceTicks = priceTicks;
  into.priceMinor = priceTicks * tickMinor;
  into.quantity = i32Of(events, index, EventI32.quantity);
  into.takerSide = u8Of(events, index, EventU8.side) === Side.BID ? Side.ASK : Side.BID;
  into.stampUs = f64Of(events, index, EventF64.stampUs);
  into.engineSeq = f64Of(events, index, EventF64.sequence);
  into.marketSeq = marketSeqOf(events, index);
  return into;
}

interface Pushed {
  seq: number;
  readonly texts: string[];
  push(seq: number, stampUs: number, data: string): void;
}

function makePushed(channel: string, view: InstrumentView, fromSeq: number): Pushed {
  const texts: string[] = [];
  const { symbol } = view.instrument;
  const pushed: Pushed = {
    seq: fromSeq,
    texts,
    push: (seq, stampUs, data) => {
      const prevSeq = pushed.seq;
      const head: PushHead = { channel, type: "update", symbol, seq, prevSeq, stampUs };
      texts.push(writePush(head, data));
      pushed.seq = seq;
    },
  };
  return pushed;
}

/** One push per command, of the levels as they were after it. */
export function bookTeller(view: InstrumentView, fromSeq: number): Teller {
  const pushed = makePushed(Channel.book, view, fromSeq);
  const bids = new Map<number, string>();
  const asks = new Map<number, string>();
  let newestSeq = 0;
  let stampUs = 0;
  return {
    texts: pushed.texts,
    get seq() {
      return pushed.seq;
    },
    add: (events, index) => {
      newestSeq = marketSeqOf(events, index);
      stampUs = f64Of(events, index, EventF64.stampUs);
      if (!movesLevel(events, index)) return;
      const ticks = i32Of(events, index, EventI32.priceTicks);
      const quantity = f64Of(events, index, EventF64.levelQuantity);
      const orders = i32Of(events, index, EventI32.levelOrders);
      const side = u8Of(events, index, EventU8.side) === Side.BID ? bids : asks;
      side.set(ticks, writeLevel(view, ticks, quantity, orders));
    },
    endCommand: () => {
      if (newestSeq <= pushed.seq) return;
      const levels = `{"bids":[${[...bids.values()].join(",")}],"asks":[${[...asks.values()].join(",")}]}`;
      pushed.push(newestSeq, stampUs, levels);
      bids.clear();
      asks.clear();
    },
    end: () => {},
  };
}

/** One push per command, of what became of each order. */
export function level3Teller(view: InstrumentView, fromSeq: number): Teller {
  const pushed = makePushed(Channel.level3, view, fromSeq);
  const opened: string[] = [];
  let newestSeq = 0;
  let stampUs = 0;
  return {
    texts: pushed.texts,
    get seq() {
      return pushed.seq;
    },
    add: (events, index) => {
      newestSeq = marketSeqOf(events, index);
      stampUs = f64Of(events, index, EventF64.stampUs);
      if (movesLevel(events, index)) opened.push(writeLevel3Event(view, events, index));
    },
    endCommand: () => {
      if (newestSeq <= pushed.seq) return;
      pushed.push(newestSeq, stampUs, writeLevel3Step(opened));
      opened.length = 0;
    },
    end: () => {},
  };
}

/** Trades of several commands in one push. */
export function tradesTeller(view: InstrumentView, fromSeq: number): Teller {
  const pushed = makePushed(Channel.trades, view, fromSeq);
  const trades: TradeView[] = [];
  const end = (): void => {
    const last = trades[trades.length - 1];
    if (last === undefined) return;
    pushed.push(last.marketSeq, last.stampUs, writeTrades(view, trades));
    trades.length = 0;
  };
  return {
    texts: pushed.texts,
    get seq() {
      return pushed.seq;
    },
    add: (events, index) => {
      if (u8Of(events, index, EventU8.type) !== EventType.TRADE) return;
      trades.push(readTrade(makeTradeRow(view.instrument), view, events, index));
      if (trades.length === TRADES_PER_PUSH) end();
    },
    endCommand: () => {},
    end,
  };
}
