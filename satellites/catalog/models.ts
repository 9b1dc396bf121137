/**
 * The models the exchange begins with: facts about shoes, and the terms on which each trades; and a few
 * made-up ones whose release is to come. Plain data, in the form in which a product is asked for;
 * whoever starts an exchange lists them.
 */
import { JORDAN, JORDAN_RARE, JORDAN_WOMEN } from "./jordan.ts";
import { NIKE, NIKE_RARE, NIKE_WOMEN } from "./nike.ts";
import { ADIDAS, ADIDAS_WHOLE, CONVERSE, NEW_BALANCE, NEW_BALANCE_WIDE } from "./others.ts";
import type { Row } from "./row.ts";
import { SAMPLE_BRAND, sampleRows } from "./samples.ts";

export interface CatalogModel {
  /** The maker's style code: the key of the product and the first half of its symbols. */
  readonly style: string;
  readonly brand: string;
  readonly model: string;
  readonly colourway: string;
  readonly retail_price: string;
  /** Of the pair described here, not of the first of its name. */
  readonly release_date: string;
  /** `US-10.5`: US men's; `USW-8`: US women's; `US-10-2E`: extra wide. */
  readonly sizes: readonly string[];
  readonly tick: "1.00";
  /** Wide on purpose: it stops slips of the finger, not the market. */
  readonly band: { readonly low: string; readonly high: string };
  readonly currency: "USD";
  /** Upper, accent, sole: for drawing one. */
  readonly colours: readonly [string, string, string];
}

const BAND_LOW_DOLLARS = 25;
const BAND_HIGH_RETAILS = 20;
/** Rare pairs have changed hands at thirty times their retail price. */
const BAND_HIGH_RETAILS_RARE = 100;

type Sizes = CatalogModel["sizes"];

/** Every size and half size of a system, both ends included. */
function run(system: string, from: number, to: number, width = ""): string[] {
  const sizes: string[] = [];
  for (let size = from; size <= to; size += 0.5) sizes.push(`${system}-${size}${width}`);
  return sizes;
}

const MEN: Sizes = [...run("US", 4, 13), "US-14", "US-15"];
const WOMEN: Sizes = run("USW", 5, 12);
const WHOLE: Sizes = Array.from({ length: 12 }, (_, index) => `US-${index + 4}`);
const MEN_AND_WIDE: Sizes = [...run("US", 7, 13), ...run("US", 8, 13, "-2E")];

function models(
  brand: string,
  rows: readonly Row[],
  sizes: Sizes = MEN,
  bandHighRetails = BAND_HIGH_RETAILS,
): CatalogModel[] {
  return rows.map(([style, model, colourway, retail, released, upper, accent, sole]) => ({
    style,
    brand,
    model,
    colourway,
    retail_price: `${retail}.00`,
    release_date: released,
    sizes,
    tick: "1.00",
    band: { low: `${BAND_LOW_DOLLARS}.00`, high: `${retail * bandHighRetails}.00` },
    currency: "USD",
    colours: [upper, accent, sole],
  }));
}

export const MODELS: readonly CatalogModel[] = [
  ...models("Jordan", JORDAN),
  ...models("Jordan", JORDAN_RARE, MEN, BAND_HIGH_RETAILS_RARE),
  ...models("Jordan", JORDAN_WOMEN, WOMEN),
  ...models("Nike", NIKE),
  ...models("Nike", NIKE_RARE, MEN, BAND_HIGH_RETAILS_RARE),
  ...models("Nike", NIKE_WOMEN, WOMEN),
  ...models("adidas", ADIDAS),
  ...models("adidas", ADIDAS_WHOLE, WHOLE),
  ...models("New Balance", NEW_BALANCE),
  ...models("New Balance", NEW_BALANCE_WIDE, MEN_AND_WIDE),
  ...models("Converse", CONVERSE),
];

/** What an exchange begins with that starts for the first time on `today`, such as `2026-11-21`. */
export function modelsOn(today: string): readonly CatalogModel[] {
  return [...MODELS, ...models(SAMPLE_BRAND, sampleRows(today))];
}
