/** What REST says of a product. */
export interface ProductData {
  readonly product_id: number;
  readonly style: string;
  readonly brand: string;
  readonly model: string;
  readonly colourway: string;
  readonly retail_price: string;
  readonly release_date: string;
  readonly sizes: readonly string[];
  readonly symbols: readonly string[];
  readonly tick: string;
  readonly band: { readonly low: string; readonly high: string } | null;
  readonly currency: string;
  /** Upper, accent, sole: for drawing one. Not every product has them. */
  readonly colours?: readonly [string, string, string];
}
