/**
 * The book on one price axis: rows are fixed prices, so that nothing jumps when levels come and go.
 * When the levels lie far apart a row stands for several ticks: bids are gathered downward and asks
 * upward, so that neither looks better than it is. The window moves only when the market leaves it.
 */
import type { BookView, Level } from "../../../client/index.ts";

export interface LadderRow {
  readonly priceMinor: number;
  readonly bidQuantity: number;
  readonly askQuantity: number;
}

/** Where the axis stands: the price of its top row and the step from row to row. */
export interface Axis {
  readonly topMinor: number;
  readonly stepMinor: number;
  readonly rows: number;
}

/** Levels of each side that the axis tries to show. */
const LEVELS = 10;
const STEPS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_500, 5_000, 10_000];
/** The middle may wander over this part of the window before it follows. */
const CALM = 0.3;

export function axisFor(
  book: BookView,
  tickMinor: number,
  rows: number,
  before: Axis | null,
): Axis | null {
  const middle = middleOf(book);
  if (middle === undefined) return before;
  const stepMinor = stepFor(book, tickMinor, rows, middle);
  if (before !== null && before.rows === rows) {
    const isNear = stepMinor <= before.stepMinor * 2 && stepMinor * 5 >= before.stepMinor;
    const row = (before.topMinor - middle) / before.stepMinor;
    if (isNear && row > rows * CALM && row < rows * (1 - CALM)) return before;
  }
  const topRow = Math.round(middle / stepMinor) + Math.floor(rows / 2);
  return { topMinor: Math.max(topRow, rows) * stepMinor, stepMinor, rows };
}

function middleOf({ bids, asks }: BookView): number | undefined {
  const bid = bids[0]?.priceMinor;
  const ask = asks[0]?.priceMinor;
  if (bid === undefined) return ask;
  return ask === undefined ? bid : (bid + ask) / 2;
}

/** The smallest round step with which the best levels of both sides fit. */
function stepFor(book: BookView, tickMinor: number, rows: number, middle: number): number {
  const farthest = (side: readonly Level[]): number => {
    const level = side[Math.min(LEVELS, side.length) - 1];
    return level === undefined ? 0 : Math.abs(level.priceMinor - middle);
  };
  const reach = Math.min(Math.max(farthest(book.bids), farthest(book.asks)), middle * 0.3);
  const found = STEPS.find((step) => (reach / (step * tickMinor)) * 2 <= rows - 1);
  return (found ?? STEPS[STEPS.length - 1]!) * tickMinor;
}

/** From the highest price down. */
export function ladderRows(book: BookView, axis: Axis): LadderRow[] {
  const { topMinor, stepMinor, rows } = axis;
  const bids = gather(book.bids, axis, Math.ceil);
  const asks = gather(book.asks, axis, Math.floor);
  return Array.from({ length: rows }, (_, at) => ({
    priceMinor: topMinor - at * stepMinor,
    bidQuantity: bids[at] ?? 0,
    askQuantity: asks[at] ?? 0,
  }));
}

/** Rows count from the top: rounding a row up is rounding its price down. */
function gather(
  levels: readonly Level[],
  { topMinor, stepMinor, rows }: Axis,
  round: (row: number) => number,
): number[] {
  const quantities: number[] = [];
  for (const { priceMinor, quantity } of levels) {
    const row = round((topMinor - priceMinor) / stepMinor);
    if (row >= 0 && row < rows) quantities[row] = (quantities[row] ?? 0) + quantity;
  }
  return quantities;
}
