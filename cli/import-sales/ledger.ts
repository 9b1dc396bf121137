/**
 * What became of each row, by the exchange's own public words: a row is traded when the `trades`
 * channel shows a trade of its bid's sequence at its price. Acknowledgement and trade come on
 * different sockets, so either may be first.
 */
import { type Sales, TICK_MINOR } from "./sales.ts";

export interface ModelTotals {
  rows: number;
  rowsMinor: number;
  trades: number;
  tradesMinor: number;
}

export interface Trade {
  readonly price: string;
  readonly qty: number;
  readonly engine_seq: number;
}

export interface Ledger {
  /** The row's bid was acknowledged as filled, by the command of this sequence. */
  filled(instrument: number, row: number, sequence: number): void;
  /** A trade of this instrument, as the channel told it. */
  seen(instrument: number, trade: Trade): void;
  /** The row's trade is known otherwise: it traded in an earlier life of this run. */
  settled(row: number): void;
  /** The row certainly made no trade at its price. */
  lost(row: number, why: string): void;
  /** Rows whose bid was filled but whose trade nobody has seen yet. */
  waiting(): number;
  /** Those rows. */
  waitingRows(): number[];
  readonly trades: number;
  readonly lostRows: number;
  readonly notionalMinor: number;
  readonly models: readonly ModelTotals[];
  /** Reasons for the first rows lost. */
  readonly reasons: readonly string[];
}

const REASONS_MAX = 10;

export function makeLedger(sales: Sales): Ledger {
  const instruments = sales.instruments.length;
  const expected = Array.from({ length: instruments }, () => new Map<number, number>());
  const early = Array.from({ length: instruments }, () => new Map<number, Trade>());
  const modelOfRow = new Int32Array(sales.lines.length);
  const models = sales.models.map(() => ({ rows: 0, rowsMinor: 0, trades: 0, tradesMinor: 0 }));
  const reasons: string[] = [];
  const isSettled = new Uint8Array(sales.lines.length);
  let trades = 0;
  let lostRows = 0;
  let waiting = 0;
  let notionalMinor = 0;
  for (const { model, rows } of sales.instruments) {
    for (const row of rows) {
      modelOfRow[row] = model;
      models[model]!.rows++;
      models[model]!.rowsMinor += sales.priceTicks[row]! * TICK_MINOR;
    }
  }

  function settle(row: number): boolean {
    if (isSettled[row] === 1) return false;
    isSettled[row] = 1;
    return true;
  }

  function traded(row: number, minor: number): void {
    if (!settle(row)) return;
    const model = models[modelOfRow[row]!]!;
    model.trades++;
    model.tradesMinor += minor;
    trades++;
    notionalMinor += minor;
  }

  function lost(row: number, why: string): void {
    if (!settle(row)) return;
    lostRows++;
    if (reasons.length < REASONS_MAX) reasons.push(`line ${sales.lines[row]}: ${why}`);
  }

  function meet(row: number, trade: Trade): void {
    const minor = readMinor(trade.price);
    if (minor === sales.priceTicks[row]! * TICK_MINOR && trade.qty === 1) traded(row, minor);
    else lost(row, `traded ${trade.qty} at ${trade.price} instead`);
  }

  return {
    filled(instrument, row, sequence) {
      const trade = early[instrument]!.get(sequence);
      if (trade === undefined) {
        expected[instrument]!.set(sequence, row);
        waiting++;
        return;
      }
      early[instrument]!.delete(sequence);
      meet(row, trade);
    },
    seen(instrument, trade) {
      const row = expected[instrument]!.get(trade.engine_seq);
      if (row === undefined) {
        early[instrument]!.set(trade.engine_seq, trade);
        return;
      }
      expected[instrument]!.delete(trade.engine_seq);
      waiting--;
      meet(row, trade);
    },
    settled: (row) => traded(row, sales.priceTicks[row]! * TICK_MINOR),
    lost,
    waiting: () => waiting,
    waitingRows: () => expected.flatMap((rows) => [...rows.values()]),
    get trades() {
      return trades;
    },
    get lostRows() {
      return lostRows;
    },
    get notionalMinor() {
      return notionalMinor;
    },
    models,
    reasons,
  };
}

/** A decimal price of the wire in minor units; it has two decimals, as all prices in dollars do. */
function readMinor(price: string): number {
  return Math.round(Number(price) * 100);
}
