/** The figures a run ends with, for machines and for people. */
import type { Ledger } from "./ledger.ts";
import type { RunResult } from "./run.ts";
import type { Sales } from "./sales.ts";

/** In the order of the JSON line. */
export interface Report {
  /** Rows that were there to be traded; the skipped ones are not among them. */
  readonly rows: number;
  readonly skipped: number;
  readonly rounded: number;
  readonly trades: number;
  readonly lost: number;
  readonly notional_minor: number;
  readonly seconds: number;
  readonly orders_per_s: number;
}

export function report(sales: Sales, { ledger, seconds }: RunResult): Report {
  const rows = sales.lines.length;
  return {
    rows,
    skipped: sales.skipped,
    rounded: sales.rounded,
    trades: ledger.trades,
    lost: rows - ledger.trades,
    notional_minor: ledger.notionalMinor,
    seconds: Math.round(seconds * 1_000) / 1_000,
    orders_per_s: Math.round((rows * 2) / Math.max(seconds, 0.001)),
  };
}

/** A line for every model whose trades are not its rows, in number and in total. */
export function discrepancies({ models }: Sales, ledger: Ledger): string[] {
  return models.flatMap(({ name }, index) => {
    const { rows, rowsMinor, trades, tradesMinor } = ledger.models[index]!;
    if (rows === trades && rowsMinor === tradesMinor) return [];
    const of = (count: number, minor: number): string => `${count} over ${dollars(minor)}`;
    return [`${name}: rows ${of(rows, rowsMinor)}, trades ${of(trades, tradesMinor)}`];
  });
}

export function jsonLine(figures: Report): string {
  return `${JSON.stringify(figures)}\n`;
}

export function words(figures: Report): string {
  const { rows, skipped, rounded, trades, lost, notional_minor, seconds, orders_per_s } = figures;
  if (rows === 0) return `no row to trade; ${skipped} skipped\n`;
  return (
    `${rows} rows became ${trades} trades over ${dollars(notional_minor)}; ${lost} lost, ` +
    `${skipped} skipped, ${rounded} prices rounded\n` +
    `${seconds.toFixed(1)} s, ${orders_per_s} orders a second\n`
  );
}

function dollars(minor: number): string {
  return `${(minor / 100).toFixed(2)} USD`;
}
