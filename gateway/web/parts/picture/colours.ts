/**
 * The colours a shoe is drawn in: those the catalog knows, else those its colourway names, else some of
 * its own by its style code; so no product is without a picture, and one is always drawn alike.
 */
import type { ProductData } from "../../product-data.ts";

export type Colours = readonly [upper: string, accent: string, sole: string];
type Painted = Pick<ProductData, "style" | "colourway" | "colours">;

/** In the order in which they are looked for: "sail" before "white" in "Sail / White". */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/black|onyx|oreo|anthracite/, "#1b1c1e"],
  [/white|snow|ivory/, "#fafaf7"],
  [/sail|cream|bone|sand|oat|beige|linen|natural/, "#ece3d0"],
  [/grey|gray|smoke|silver|cement|graphite|steel/, "#9a9fa4"],
  [/navy|midnight|obsidian/, "#1e2b49"],
  [/royal|cobalt|blue/, "#2c5fb8"],
  [/teal|turquoise|aqua|tiffany/, "#3fa9a2"],
  [/olive|moss|army/, "#6b6b3a"],
  [/green|pine|mint|sage|clover/, "#2f7d5b"],
  [/volt|yellow|maize|gold|lemon/, "#edc23f"],
  [/orange|rust|amber|copper/, "#d9772b"],
  [/crimson|red|cherry|infrared|chicago|bred/, "#c22033"],
  [/burgundy|maroon|wine|team/, "#6e1f2f"],
  [/pink|rose|coral|salmon/, "#e69aa8"],
  [/purple|violet|grape|lilac|lavender/, "#7353a3"],
  [/brown|mocha|chocolate|wheat|tan|gum|fossil/, "#6b4a38"],
];
const PALETTE = ["#f1ebdf", "#2c5fb8", "#2f7d5b", "#c22033", "#9a9fa4", "#1b1c1e", "#edc23f"];

export function coloursOf({ style, colourway, colours }: Painted): Colours {
  if (colours !== undefined) return colours;
  const [upper, accent, sole] = colourway.split("/").map(named);
  const first = upper ?? PALETTE[chance(style, 0)]!;
  return [first, accent ?? PALETTE[chance(style, 1)]!, sole ?? accent ?? "#fafaf7"];
}

function named(words: string): string | undefined {
  const text = words.toLowerCase();
  return NAMED.find(([pattern]) => pattern.test(text))?.[1];
}

/** The same for the same code, whoever asks. */
function chance(style: string, salt: number): number {
  let sum = salt * 7919;
  for (const letter of style) sum = (sum * 31 + letter.charCodeAt(0)) % 100_003;
  return sum % PALETTE.length;
}
