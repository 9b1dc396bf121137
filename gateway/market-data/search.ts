/**
 * Finding a product by what people type: every word must be found, case and accents apart, in brand,
 * model, colourway or style code. Better: the style code itself, then words that begin like that;
 * among equals, what trades most.
 */
import type { Catalog, Product } from "../registry/catalog.ts";

export const QUERY_CHARS_MAX = 100;
const WORDS_MAX = 8;

interface Entry {
  readonly product: Product;
  readonly style: string;
  /** With a blank before every word, so that the beginning of one is told from its middle. */
  readonly text: string;
}

export class Search {
  readonly #catalog: Catalog;
  readonly #entries: Entry[] = [];

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Styles, best first. Words beyond the eighth are not looked at. */
  find(query: string, tradesOf: (style: string) => number): string[] {
    this.#catchUp();
    const words = fold(query).trim().split(/\s+/).slice(0, WORDS_MAX);
    if (words[0] === "") return [];
    const found: { style: string; score: number; trades: number }[] = [];
    for (const entry of this.#entries) {
      const score = scoreOf(entry, words);
      if (score === 0) continue;
      const { style } = entry.product.spec;
      found.push({ style, score, trades: tradesOf(style) });
    }
    found.sort((a, b) => b.score - a.score || b.trades - a.trades);
    return found.map(({ style }) => style);
  }

  /** Products are only ever added, and what they are called does not change. */
  #catchUp(): void {
    const products = this.#catalog.products();
    for (let at = this.#entries.length; at < products.length; at++) {
      const product = products[at]!;
      const { style, brand, model, colourway } = product.spec;
      const text = ` ${fold(`${brand} ${model} ${colourway} ${style}`)}`;
      this.#entries.push({ product, style: fold(style), text });
    }
  }
}

function scoreOf({ style, text }: Entry, words: readonly string[]): number {
  let score = 0;
  for (const word of words) {
    if (word === style) score += 1_000;
    else if (text.includes(` ${word}`)) score += 2;
    else if (text.includes(word)) score += 1;
    else return 0;
  }
  return score;
}

/** Lower case, accents off, every separator but those of a style code a blank. */
function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.-]+/gu, " ");
}
