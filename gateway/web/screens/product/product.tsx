/** A product: what it is, which size, what it costs now, and the market behind that price. */
import "./product.css";
import { useState } from "react";
import {
  useExchangeStatus,
  useInstrument,
  useResource,
  useSizeGrid,
  useStanding,
  useTicker,
} from "../../live/index.ts";
import { day, releaseWords, useNowMs } from "../../parts/ago.tsx";
import { money } from "../../parts/money.ts";
import { Picture } from "../../parts/picture/picture.tsx";
import type { ProductData } from "../../product-data.ts";
import { navigate, paths, usePlace } from "../../router.tsx";
import type { TicketIntent } from "../../trading/ticket-intent.ts";
import { TicketSlot } from "../../trading/ticket-slot.tsx";
import { NotFound } from "../not-found.tsx";
import { BookPanel } from "./book.tsx";
import { ChartPanel } from "./chart-panel.tsx";
import { Facts } from "./facts.tsx";
import { ActionBar, PricePanel } from "./price-panel.tsx";
import { ProductSkeleton } from "./skeleton.tsx";
import { SizeGridPanel, startSize } from "./size-grid.tsx";
import { LastTrades } from "./trades.tsx";

export function Product({ style }: { readonly style: string }) {
  const product = useResource<ProductData>(`/v1/products/${encodeURIComponent(style)}`);
  if (product.value !== null) return <Market product={product.value} />;
  if (product.error?.code === "UNKNOWN_PRODUCT") {
    return <NotFound what={`There is no product with the style code ${style}.`} />;
  }
  return <ProductSkeleton failed={product.state === "failed"} />;
}

function Market({ product }: { readonly product: ProductData }) {
  const { query } = usePlace();
  const grid = useSizeGrid(product.style);
  const [intent, setIntent] = useState<TicketIntent | null>(null);
  const asked = query.get("size");
  const size =
    asked !== null && product.sizes.includes(asked) ? asked : startSize(product, grid.value);
  const symbol = `${product.style}:${size}`;
  const ticker = useTicker(symbol);
  const instrument = useInstrument(symbol);
  const { asleep } = useStanding();
  const now = useNowMs();
  const status = useExchangeStatus();
  const isOld = asleep !== null || ticker.state === "stale";
  const state = instrument.value?.state ?? "continuous";
  const choose = (next: string): void =>
    navigate(paths.product(product.style, next), { replace: true });
  const shared = { product, size, symbol, ticker, isOld, state, onIntent: setIntent } as const;
  return (
    <div className="page product" data-old={isOld ? "" : undefined} data-state={status.state}>
      <div className="product-head">
        <Picture product={product} className="product-picture" />
        <div className="product-title">
          {!product.model.includes(product.brand) && <p className="quiet">{product.brand}</p>}
          <h1>{product.model}</h1>
          <p className="quiet">{product.colourway}</p>
          <dl className="product-facts">
            <div>
              <dt>Style</dt>
              <dd>{product.style}</dd>
            </div>
            <div>
              <dt>Retail</dt>
              <dd>{money(product.retail_price)}</dd>
            </div>
            <div>
              <dt>{releaseWords(product.release_date, now)}</dt>
              <dd>{day(product.release_date)}</dd>
            </div>
          </dl>
        </div>
      </div>
      <div className="product-trade" data-ticket={intent ?? undefined}>
        <SizeGridPanel product={product} grid={grid} size={size} onSize={choose} />
        <PricePanel {...shared} />
        <div className="ticket-slot">
          <TicketSlot product={product} symbol={symbol} intent={intent} onIntent={setIntent} />
        </div>
      </div>
      <div className="product-market">
        <ChartPanel product={product} symbol={symbol} size={size} />
        <div className="product-pair">
          <BookPanel symbol={symbol} size={size} tick={product.tick} isOld={isOld} />
          <LastTrades symbol={symbol} size={size} isOld={isOld} />
        </div>
        <Facts product={product} ticker={ticker.value} size={size} />
      </div>
      <ActionBar {...shared} />
    </div>
  );
}
