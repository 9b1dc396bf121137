/**
 * Releases that are still to come on an exchange which starts today. Nobody can name real ones of a
 * day that is not known yet, so these shoes are made up, and say so by brand, name and style code.
 */
import type { Row } from "./row.ts";

export const SAMPLE_BRAND = "Solebook";

const DAY_MS = 86_400_000;

type Sample = readonly [
  daysAhead: number,
  ...head: [string, string, string, number],
  ...colours: [string, string, string],
];

const SAMPLES: readonly Sample[] = [
  [
    2,
    "SAMPLE-01",
    "Sample Court Low Ink",
    "Ink / Chalk (made up)",
    120,
    "#22304f",
    "#f2efe6",
    "#ffffff",
  ],
  [
    9,
    "SAMPLE-02",
    "Sample Court High Ember",
    "Chalk / Ember (made up)",
    160,
    "#f2efe6",
    "#d9532c",
    "#ffffff",
  ],
  [
    30,
    "SAMPLE-03",
    "Sample Runner Moss",
    "Moss / Slate (made up)",
    140,
    "#6f7f4f",
    "#4a5560",
    "#ece7da",
  ],
  [
    75,
    "SAMPLE-04",
    "Sample Court Mid Frost",
    "Frost / Sky (made up)",
    130,
    "#e6edf2",
    "#7fb2d6",
    "#ffffff",
  ],
];

/** The samples' rows, released so and so many days after `today`, a UTC day such as `2026-11-21`. */
export function sampleRows(today: string): readonly Row[] {
  const todayMs = Date.parse(`${today}T00:00:00Z`);
  return SAMPLES.map(([daysAhead, style, model, colourway, retail, ...colours]) => {
    const released = new Date(todayMs + daysAhead * DAY_MS).toISOString().slice(0, 10);
    return [style, model, colourway, retail, released, ...colours];
  });
}
