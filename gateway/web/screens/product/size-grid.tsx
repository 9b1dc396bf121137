/**
 * Every size with its two prices; the chosen one filled. Radio buttons underneath: arrow keys go from
 * size to size, and a reader hears size, prices and how many orders stand behind them.
 */
import { memo, useEffect, useRef } from "react";
import type { GridRowData } from "../../../client/index.ts";
import type { Live, SizeGrid } from "../../live/index.ts";
import { countOf } from "../../parts/count.ts";
import { Figure } from "../../parts/figure.tsx";
import { money } from "../../parts/money.ts";
import { sizeName } from "../../parts/size.ts";
import type { ProductData } from "../../product-data.ts";

interface SizeGridProps {
  readonly product: ProductData;
  readonly grid: Live<SizeGrid>;
  readonly size: string;
  readonly onSize: (size: string) => void;
}

export function SizeGridPanel({ product, grid, size, onSize }: SizeGridProps) {
  const rows = new Map(grid.value?.map((row) => [row.size, row]));
  const strip = useRef<HTMLDivElement>(null);
  // On a phone the sizes are a strip: the chosen one is brought into its middle, once.
  useEffect(() => {
    const chip = strip.current?.querySelector<HTMLElement>(".chip:has(:checked)");
    if (chip === null || chip === undefined) return;
    strip.current!.scrollLeft =
      chip.offsetLeft - (strip.current!.clientWidth - chip.clientWidth) / 2;
  }, [product.style, grid.state === "loading"]);
  return (
    <fieldset className="sizes" aria-busy={grid.state === "loading"}>
      <legend className="sizes-head">
        <span className="sizes-title">Size</span>
        <span className="sizes-key small" aria-hidden>
          <span className="sizes-ask">lowest ask</span> over{" "}
          <span className="sizes-bid">highest bid</span>
        </span>
      </legend>
      <div className="sizes-grid" ref={strip}>
        {product.sizes.map((each) => (
          <Chip
            key={each}
            size={each}
            row={rows.get(each)}
            isChosen={each === size}
            onSize={onSize}
          />
        ))}
      </div>
    </fieldset>
  );
}

interface ChipProps {
  readonly size: string;
  readonly row: GridRowData | undefined;
  readonly isChosen: boolean;
  readonly onSize: (size: string) => void;
}

const Chip = memo(function Chip({ size, row, isChosen, onSize }: ChipProps) {
  const words = row === undefined ? sizeName(size) : `${sizeName(size)}: ${pricesOf(row)}`;
  const counts =
    row === undefined ? "" : `${countOf(row.asks, "ask")}, ${countOf(row.bids, "bid")}`;
  return (
    <label className="chip" title={counts} data-empty={isEmpty(row) ? "" : undefined}>
      <input
        type="radio"
        className="unseen"
        name="size"
        checked={isChosen}
        aria-label={words}
        onChange={() => onSize(size)}
      />
      <span className="chip-size">{shortName(size)}</span>
      <span className="chip-prices" aria-hidden>
        <Figure price={row?.ask} className="chip-ask" />
        <Figure price={row?.bid} className="chip-bid" />
      </span>
    </label>
  );
});

function pricesOf({ ask, asks, bid, bids }: GridRowData): string {
  const ofAsks = ask === null ? "no asks" : `lowest ask ${money(ask)}, ${countOf(asks, "ask")}`;
  const ofBids = bid === null ? "no bids" : `highest bid ${money(bid)}, ${countOf(bids, "bid")}`;
  return `${ofAsks}; ${ofBids}`;
}

const isEmpty = (row: GridRowData | undefined): boolean =>
  row !== undefined && row.ask === null && row.bid === null;

/** "10.5", women's "8W": the system stands once, with the product; others than US name themselves. */
function shortName(size: string): string {
  return sizeName(size)
    .replace(/^US (?=\d)/, "")
    .replace(/^US W ([\d.]+)/, "$1W");
}

/** The size a product opens with: the one with most orders, else the middle one. */
export function startSize(product: ProductData, grid: SizeGrid | null): string {
  const known = kept.get(product.style);
  if (known !== undefined) return known;
  const middle = product.sizes[Math.floor(product.sizes.length / 2)]!;
  if (grid === null || grid.length === 0) return middle;
  let best: GridRowData | undefined;
  for (const row of grid) {
    const isBoth = row.ask !== null && row.bid !== null;
    if (isBoth && (best === undefined || row.asks + row.bids > best.asks + best.bids)) best = row;
  }
  const size = best?.size ?? middle;
  kept.set(product.style, size);
  return size;
}

/** Chosen once per visit: a size must not change by itself because the market did. */
const kept = new Map<string, string>();
