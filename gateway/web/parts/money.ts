/** Prices as people read them. Whole dollars are written without cents; nothing is ever rounded. */
import { readMinor } from "../../client/index.ts";

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const CENTS = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2 });

/** "1241.00" as "$1,241"; "241.50" as "$241.50". */
export function money(price: string): string {
  return moneyOf(readMinor(price));
}

/** The same from minor units. */
export function moneyOf(minor: number): string {
  const size = Math.abs(minor);
  const text = size % 100 === 0 ? WHOLE.format(size / 100) : CENTS.format(size / 100);
  return `${minor < 0 ? "−" : ""}$${text}`;
}

/** With its cents, whatever they are: for amounts that stand under each other. */
export function moneyExact(amount: string): string {
  const minor = readMinor(amount);
  return `${minor < 0 ? "−" : ""}$${CENTS.format(Math.abs(minor) / 100)}`;
}

/** A price, or a dash that a screen reader hears as "none". */
export function moneyOr(price: string | null | undefined): string {
  return price === null || price === undefined ? "–" : money(price);
}
