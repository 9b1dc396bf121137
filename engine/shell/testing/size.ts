/** How much of a test is run: a small size with every change, a long one by `npm run test:long`. */
export const isLong = process.env["SOLEBOOK_LONG"] === "1";

export function sized(small: number, long: number): number {
  return isLong ? long : small;
}

/** What a long run has measured; a small one says nothing, for its figures mean nothing. */
export function report(what: string, figures: object): void {
  if (isLong) process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
}

/** The value below which that share of them lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
