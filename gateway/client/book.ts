/**
 * A book as its pushes tell it: absolute quantities per level, so a push may be applied twice without
 * harm. Prices are kept as the exchange writes them and compared as minor units.
 */
import type { BookData, LevelData } from "./wire.ts";

export interface Level {
  readonly price: string;
  readonly priceMinor: number;
  readonly quantity: number;
  readonly orders: number;
}

/** Best first on both sides; a new object after every change. */
export interface BookView {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export class Book {
  readonly #bids = new Map<number, Level>();
  readonly #asks = new Map<number, Level>();
  #view: BookView | undefined;

  replace({ bids, asks }: BookData): void {
    this.#bids.clear();
    this.#asks.clear();
    this.apply({ bids, asks });
  }

  apply({ bids, asks }: BookData): void {
    for (const level of bids) put(this.#bids, level);
    for (const level of asks) put(this.#asks, level);
    this.#view = undefined;
  }

  /** Over the text of the best ten levels of each side, as the exchange's documentation has it. */
  checksum(): number {
    const { bids, asks } = this.view();
    return crc32(`${textOf(bids)}|${textOf(asks)}`);
  }

  /** Sorted when it is asked for, not with every push. */
  view(): BookView {
    return (this.#view ??= {
      bids: [...this.#bids.values()].toSorted((a, b) => b.priceMinor - a.priceMinor),
      asks: [...this.#asks.values()].toSorted((a, b) => a.priceMinor - b.priceMinor),
    });
  }
}

const CHECKED_LEVELS = 10;

const textOf = (levels: readonly Level[]): string =>
  levels
    .slice(0, CHECKED_LEVELS)
    .map(({ price, quantity, orders }) => `${price},${quantity},${orders}`)
    .join(";");

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** Of plain ASCII; browsers have none of their own. */
function crc32(text: string): number {
  let crc = -1;
  for (let at = 0; at < text.length; at++) {
    crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ text.charCodeAt(at)) & 0xff]!;
  }
  return ~crc >>> 0;
}

function put(side: Map<number, Level>, [price, quantity, orders]: LevelData): void {
  const priceMinor = readMinor(price);
  if (quantity === 0) side.delete(priceMinor);
  else side.set(priceMinor, { price, priceMinor, quantity, orders });
}

/** "241.00" or "-3.50" in minor units, exactly: no float ever holds a price. NaN: it is none. */
export function readMinor(text: string): number {
  const found = /^(-?)(\d{1,13})(?:\.(\d{1,2}))?$/.exec(text);
  if (found === null) return Number.NaN;
  const [, minus, whole, part = ""] = found;
  const minor = Number(whole) * 100 + Number(part.padEnd(2, "0"));
  return minus === "-" ? 0 - minor : minor;
}

/** Minor units in the exchange's written form. */
export function writeMinor(minor: number): string {
  const size = Math.abs(minor);
  const whole = Math.floor(size / 100);
  return `${minor < 0 ? "-" : ""}${whole}.${String(size % 100).padStart(2, "0")}`;
}
