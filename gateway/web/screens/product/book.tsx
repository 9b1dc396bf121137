/** The book of the chosen size as a ladder: bids left, asks right, prices between, own orders marked. */
import { memo, useRef } from "react";
import { type OrderData, readMinor } from "../../../client/index.ts";
import { useBook, useMyOrders } from "../../live/index.ts";
import { countOf } from "../../parts/count.ts";
import { moneyOf } from "../../parts/money.ts";
import { sizeName } from "../../parts/size.ts";
import { type Axis, axisFor, type LadderRow, ladderRows } from "./ladder.ts";

interface BookPanelProps {
  readonly symbol: string;
  readonly size: string;
  readonly tick: string;
  readonly isOld: boolean;
}

const ROWS = 18;

export function BookPanel({ symbol, size, tick, isOld }: BookPanelProps) {
  return (
    <section className="panel" aria-labelledby="book-title">
      <div className="panel-head">
        <h2 id="book-title">Book</h2>
        <p className="quiet small">{sizeName(size)}, pairs at each price</p>
      </div>
      <Ladder key={symbol} symbol={symbol} tick={tick} isOld={isOld} />
    </section>
  );
}

function Ladder({ symbol, tick, isOld }: Omit<BookPanelProps, "size">) {
  const book = useBook(symbol);
  const mine = useMyOrders();
  const axis = useRef<Axis | null>(null);
  const isHeld = useRef(false); // under somebody's pointer nothing moves
  if (book.value === null) return <LadderSkeleton />;
  if (!isHeld.current || axis.current === null) {
    axis.current = axisFor(book.value, readMinor(tick), ROWS, axis.current);
  }
  if (axis.current === null) {
    return <p className="panel-empty">The book is empty. Place the first bid or ask.</p>;
  }
  const rows = ladderRows(book.value, axis.current);
  const most = Math.max(1, ...rows.map((row) => Math.max(row.bidQuantity, row.askQuantity)));
  const own = ownRows(mine.value?.open ?? [], symbol, axis.current);
  const beyond = beyondOf(book.value.bids.length, book.value.asks.length);
  return (
    <div
      className={isOld || book.state === "stale" ? "ladder stale" : "ladder"}
      onPointerEnter={() => {
        isHeld.current = true;
      }}
      onPointerLeave={() => {
        isHeld.current = false;
      }}
    >
      <table>
        <caption className="unseen">Bids and asks by price, from the highest price down</caption>
        <thead>
          <tr>
            <th scope="col" className="number">
              Bids
            </th>
            <th scope="col" className="ladder-price">
              Price
            </th>
            <th scope="col">Asks</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.priceMinor} row={row} most={most} own={own.get(row.priceMinor) ?? ""} />
          ))}
        </tbody>
      </table>
      <p className="ladder-foot quiet small">
        {moneyOf(axis.current.stepMinor)} a row · {beyond}
      </p>
    </div>
  );
}

interface RowProps {
  readonly row: LadderRow;
  readonly most: number;
  /** `buy`, `sell`, both, or nothing: where own orders stand. */
  readonly own: string;
}

const Row = memo(
  function Row({ row, most, own }: RowProps) {
    const { priceMinor, bidQuantity, askQuantity } = row;
    return (
      <tr data-filled={bidQuantity + askQuantity > 0 ? "" : undefined}>
        <td className="ladder-bid number">
          <Bar quantity={bidQuantity} most={most} />
          {own.includes("buy") && <Own />}
          <span>{bidQuantity === 0 ? "" : bidQuantity}</span>
        </td>
        <th scope="row" className="ladder-price">
          {moneyOf(priceMinor)}
        </th>
        <td className="ladder-ask">
          <Bar quantity={askQuantity} most={most} />
          <span>{askQuantity === 0 ? "" : askQuantity}</span>
          {own.includes("sell") && <Own />}
        </td>
      </tr>
    );
  },
  (a, b) =>
    a.most === b.most &&
    a.own === b.own &&
    a.row.priceMinor === b.row.priceMinor &&
    a.row.bidQuantity === b.row.bidQuantity &&
    a.row.askQuantity === b.row.askQuantity,
);

function Bar({ quantity, most }: { readonly quantity: number; readonly most: number }) {
  if (quantity === 0) return null;
  return <i className="ladder-bar" style={{ width: `${(quantity / most) * 100}%` }} />;
}

function Own() {
  return (
    <span className="ladder-own" title="Your order">
      <span className="unseen">yours</span>
    </span>
  );
}

function ownRows(open: readonly OrderData[], symbol: string, axis: Axis): Map<number, string> {
  const own = new Map<number, string>();
  for (const { symbol: its, side, price } of open) {
    if (its !== symbol || price === null) continue;
    const round = side === "buy" ? Math.ceil : Math.floor;
    const row = round((axis.topMinor - readMinor(price)) / axis.stepMinor);
    const at = axis.topMinor - row * axis.stepMinor;
    own.set(at, `${own.get(at) ?? ""}${side}`);
  }
  return own;
}

function beyondOf(bids: number, asks: number): string {
  return `${countOf(bids, "bid level")}, ${countOf(asks, "ask level")} in all`;
}

function LadderSkeleton() {
  return (
    <div className="ladder" aria-hidden>
      {Array.from({ length: ROWS }, (_, at) => (
        <div key={at} className="ladder-waiting skeleton" />
      ))}
    </div>
  );
}
