/** What one look of the doctor found. */

/** good: as it should be; odd: it works, and somebody should know; wrong: it does not work. */
export type Health = "good" | "odd" | "wrong";

export interface Finding {
  readonly about: string;
  readonly health: Health;
  /** A sentence; when not good, with what to do. */
  readonly words: string;
}

type Found = Finding | readonly Finding[];
export type Look = () => Found | Promise<Found>;

export const good = (about: string, words: string): Finding => ({ about, health: "good", words });
export const odd = (about: string, words: string): Finding => ({ about, health: "odd", words });
export const wrong = (about: string, words: string): Finding => ({ about, health: "wrong", words });
