/** How a model is written down: one row of facts. */

/** style, model, colourway, retail in whole dollars, release date, upper, accent, sole */
export type Row = readonly [string, string, string, number, string, string, string, string];
