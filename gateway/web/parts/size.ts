/** Sizes as a shop writes them. */

/** "US-10.5" as "US 10.5", women's "USW-8" as "US W 8", a condition behind a comma. */
export function sizeName(size: string): string {
  const [run = "", condition] = size.split(":");
  const [system = "", ...rest] = run.split("-");
  const name = `${system === "USW" ? "US W" : system} ${rest.join(" ")}`;
  return condition === undefined ? name : `${name}, ${condition.toLowerCase()}`;
}

/** Symbols are STYLE:SIZE, a condition may follow. */
export function sizeOfSymbol(symbol: string): string {
  return symbol.slice(symbol.indexOf(":") + 1);
}
