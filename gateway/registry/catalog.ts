/**
 * What the gateway needs to know about products and instruments, whoever owns them. Today that is
 * the local registry; a catalog satellite answers the same questions later. Ids are assigned
 * durably here before the engine hears of them, and are never reused.
 */

/** A product as somebody asks for it: the body of `POST /v1/admin/products`. */
export interface ProductSpec {
  /** The style code: 1 to 64 characters of `A-Za-z0-9._-`, the key of the product. */
  readonly style: string;
  readonly brand: string;
  readonly model: string;
  readonly colourway: string;
  /** Decimal string in `currency`, like every price. */
  readonly retail_price: string;
  /** ISO date, `2015-02-14`. */
  readonly release_date: string;
  /** Size system and size, `US-10.5`; a condition may follow, `US-10.5:USED`. */
  readonly sizes: readonly string[];
  /** The smallest price step, `1.00`. */
  readonly tick: string;
  /** Prices outside are refused, both ends included; null: any price. */
  readonly band: { readonly low: string; readonly high: string } | null;
  readonly currency: "USD";
  /** Upper, accent, sole, as `#c8102e`: for drawing one. Products of before do without. */
  readonly colours?: Colours;
}

export type Colours = readonly [upper: string, accent: string, sole: string];

/** A product as it is kept. `sizes` grows; nothing else changes. */
export interface Product {
  readonly product_id: number;
  /** Every size of a product trades on this shard. */
  readonly shard: number;
  readonly spec: ProductSpec;
}

/** One tradable thing. What may change while it trades (band, state) is the engine's, not kept here. */
export interface Instrument {
  readonly instrument_id: number;
  /** `STYLE:SIZE`, for example `DD1391-100:US-10.5`. */
  readonly symbol: string;
  readonly size: string;
  readonly product: Product;
}

export interface Catalog {
  /** In the order of their ids. */
  products(): readonly Product[];
  instruments(): readonly Instrument[];
  product(style: string): Product | undefined;
  instrument(symbol: string): Instrument | undefined;
  instrumentById(id: number): Instrument | undefined;
  /**
   * Keeps a product, or adds the sizes it lacks to one that is otherwise the same; durable when the
   * promise resolves. `conflict` names the first parameter that differs, and nothing is kept.
   */
  addProduct(
    spec: ProductSpec,
  ): Promise<
    | { readonly outcome: "created" | "same"; readonly instruments: readonly Instrument[] }
    | { readonly outcome: "conflict"; readonly param: string }
  >;
}
