/** What REST says of the market at one glance: the home screen's data, and the price history. */
import type { Side } from "../client/index.ts";
import type { ProductData } from "./product-data.ts";

export interface LastTrade {
  readonly trade_id: number;
  readonly symbol: string;
  readonly size: string;
  readonly price: string;
  readonly qty: number;
  readonly taker_side: Side;
  readonly ts: string;
}

export interface RibbonTrade extends LastTrade {
  readonly product: string;
  readonly brand: string;
  readonly model: string;
  readonly colourway: string;
}

export interface ProductMarket {
  readonly ask: { readonly price: string; readonly symbol: string } | null;
  readonly bid: { readonly price: string; readonly symbol: string } | null;
  readonly last: LastTrade | null;
  readonly bids: number;
  readonly asks: number;
  readonly volume_24h: number;
  readonly trades_24h: number;
  readonly volume: number;
  readonly trades: number;
  readonly stale?: boolean;
}

export interface Move {
  readonly symbol: string;
  readonly from: string;
  readonly to: string;
  readonly change: string;
  readonly change_bp: number;
  readonly trades: number;
  readonly window: string;
}

/** A product and how it stands over all its sizes. */
export interface ProductCardData extends ProductData {
  readonly market: ProductMarket | null;
  readonly move?: Move;
}

export interface Overview {
  readonly ts: string;
  readonly moving: readonly ProductCardData[];
  readonly most_traded: readonly ProductCardData[];
  readonly releases: readonly ProductCardData[];
  /** The newest first. */
  readonly last_trades: readonly RibbonTrade[];
}

export interface SearchResult {
  readonly products: readonly ProductCardData[];
  readonly found: number;
}

export interface Bar {
  readonly ts: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: number;
  readonly trades: number;
}

export interface HistoryPoint {
  readonly ts: string;
  readonly price: string;
  readonly qty: number;
  readonly symbol: string;
}

export interface HistoryData {
  readonly range: string;
  readonly interval: string;
  readonly bars: readonly Bar[];
  readonly points: readonly HistoryPoint[];
  readonly trades: number;
  readonly volume: number;
}
