/** Market data as the page reads it: one hook per channel. Values are new objects when they changed. */
import {
  Book,
  type BookData,
  type BookView,
  type GridRowData,
  type InstrumentData,
  type Push,
  type TickerData,
  type TradeData,
} from "../../client/index.ts";
import { type Fold, type Live, makeTopics, useTopic } from "./topic-store.ts";

/** The newest first. */
export type Trades = readonly TradeData[];
export type SizeGrid = readonly GridRowData[];

const TRADES_KEPT = 50;

const tickers = makeTopics("ticker", () => newest<TickerData>());
const instruments = makeTopics("instrument", () => newest<InstrumentData>());
const books = makeTopics("book", foldBook);
const trades = makeTopics("trades", foldTrades);
const grids = makeTopics("size_grid", foldGrid);

export const useTicker = (symbol: string | null): Live<TickerData> => useTopic(tickers, symbol);
export const useInstrument = (symbol: string | null): Live<InstrumentData> =>
  useTopic(instruments, symbol);
export const useBook = (symbol: string | null): Live<BookView> => useTopic(books, symbol);
export const useTrades = (symbol: string | null): Live<Trades> => useTopic(trades, symbol);
/** `style` is a product's style code; rows are in the order of its sizes. */
export const useSizeGrid = (style: string | null): Live<SizeGrid> => useTopic(grids, style);

/** Channels whose every push is whole. */
export function newest<T>(): Fold<T> {
  let value: T;
  return {
    push: ({ data }) => {
      value = data as T;
    },
    read: () => value,
  };
}

function foldBook(): Fold<BookView> {
  const book = new Book();
  return {
    push: ({ type, data }) => {
      if (type === "snapshot") book.replace(data as BookData);
      else book.apply(data as BookData);
    },
    read: () => book.view(),
  };
}

function foldTrades(): Fold<Trades> {
  let kept: TradeData[] = [];
  return {
    push: ({ type, data }: Push) => {
      const rows = (data as TradeData[]).toReversed();
      kept = type === "snapshot" ? rows : [...rows, ...kept].slice(0, TRADES_KEPT);
    },
    read: () => kept,
  };
}

function foldGrid(): Fold<SizeGrid> {
  const rows = new Map<string, GridRowData>();
  return {
    push: ({ type, data }: Push) => {
      if (type === "snapshot") rows.clear();
      for (const row of data as GridRowData[]) rows.set(row.symbol, row);
    },
    read: () => [...rows.values()],
  };
}
