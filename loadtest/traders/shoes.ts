/**
 * What is traded and how: out of the exchange's list of products, each model's popularity, price
 * level, volatility and spread, and the weight of each of its sizes. Drawn by style code, so that a
 * model keeps its character from start to start.
 */
import { readMinor } from "../../gateway/client/book.ts";
import { makeRandom, type Random } from "./random.ts";

/** A product as `GET /v1/products` lists it, as far as it matters here. */
export interface ProductRow {
  readonly style: string;
  readonly retail_price: string;
  readonly release_date: string;
  readonly tick: string;
  readonly band: { readonly low: string; readonly high: string } | null;
  readonly symbols: readonly string[];
}

/** One size of a model. */
export interface Pair {
  readonly symbol: string;
  readonly shoe: Shoe;
  /** Its share of all trades, up to a common factor. */
  readonly weight: number;
  /** Its price over that of the model's middle sizes. */
  readonly factor: number;
  /** Price levels a market maker keeps on each side. */
  readonly levels: number;
}

export interface Shoe {
  readonly style: string;
  readonly popularity: number;
  readonly releaseDate: string;
  readonly tickMinor: number;
  /** Where the price of a middle size returns to in the long run, in ticks. */
  readonly baseTicks: number;
  /** Standard deviation of the price around its base over hours, as a share of it. */
  readonly volatility: number;
  /** From the fair price to the best bid or ask, as a share of it. */
  readonly halfSpread: number;
  readonly lowTicks: number;
  readonly highTicks: number;
  readonly pairs: readonly Pair[];
}

/** Products that a file of sales brought along are not ours to trade. */
const IMPORTED = /^SALE-/;
const PRICE_TICKS_MAX = 2 ** 31 - 1;
/** An operator who allows this many times the retail price expects a rarity. */
const RARE_BAND = 50;
const LEVELS_MAX = 9;

export function makeShoes(products: readonly ProductRow[], seed: string): Shoe[] {
  const ours = products.filter(({ style }) => !IMPORTED.test(style));
  const ranked = ours
    .map((product) => ({ product, draw: makeRandom(`${seed}/rank/${product.style}`).next() }))
    .toSorted((a, b) => a.draw - b.draw);
  return ranked.map(({ product }, rank) => makeShoe(product, rank, seed));
}

function makeShoe(product: ProductRow, rank: number, seed: string): Shoe {
  const random = makeRandom(`${seed}/shoe/${product.style}`);
  const tickMinor = readMinor(product.tick);
  const retailTicks = readMinor(product.retail_price) / tickMinor;
  const lowTicks = product.band === null ? 1 : readMinor(product.band.low) / tickMinor;
  const highTicks =
    product.band === null ? PRICE_TICKS_MAX : readMinor(product.band.high) / tickMinor;
  const isRare = product.band !== null && highTicks / retailTicks > RARE_BAND;
  const premium = isRare
    ? clamp(Math.exp(1.9 + 0.6 * random.normal()), 3, 40)
    : clamp(Math.exp(0.35 + 0.35 * random.normal()), 0.85, 3.5);
  const popularity = 1 / (rank + 3) ** 0.9;
  const pairs: Pair[] = [];
  const shoe: Shoe = {
    style: product.style,
    popularity,
    releaseDate: product.release_date,
    tickMinor,
    baseTicks: retailTicks * premium,
    volatility: random.between(0.03, isRare ? 0.14 : 0.09),
    halfSpread: random.between(0.008, isRare ? 0.025 : 0.018),
    lowTicks,
    highTicks,
    pairs,
  };
  const weights = sizeWeights(product.symbols);
  const places = placesOf(product.symbols);
  product.symbols.forEach((symbol, index) => {
    const weight = popularity * weights[index]!;
    const factor = sizeFactor(places[index]!, random);
    pairs.push({ symbol, shoe, weight, factor, levels: levelsOf(weight) });
  });
  return shoe;
}

/** Sums to 1. The middle of a run of sizes trades most, its ends hardly ever, widths seldom. */
export function sizeWeights(symbols: readonly string[]): number[] {
  const places = placesOf(symbols);
  const raw = symbols.map((symbol, index) => {
    const away = (places[index]! - 0.52) / 0.19;
    const isHalf = symbol.includes(".5");
    const isWide = /-\d*E$/.test(symbol);
    const common = Math.exp((-away * away) / 2) + 0.01;
    return common * (isHalf ? 0.75 : 1) * (isWide ? 0.35 : 1);
  });
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => weight / total);
}

/** Where each size stands between the smallest, 0, and the largest, 1. */
function placesOf(symbols: readonly string[]): number[] {
  const numbers = symbols.map((symbol, index) => {
    const found = /:[A-Z]*-?(\d+(?:\.5)?)/.exec(symbol);
    return found === null ? index : Number(found[1]);
  });
  const least = Math.min(...numbers);
  const range = Math.max(...numbers) - least || 1;
  return numbers.map((number) => (number - least) / range);
}

/** Small sizes are a little cheaper, the largest dearer, and no two quite alike. */
function sizeFactor(place: number, random: Random): number {
  const slope = place < 0.3 ? -0.12 * (0.3 - place) : place > 0.8 ? 0.35 * (place - 0.8) : 0;
  return 1 + slope + 0.015 * random.normal();
}

function levelsOf(weight: number): number {
  return Math.round(clamp(1 + 40 * Math.sqrt(weight) * 0.9, 1, LEVELS_MAX));
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
