/**
 * What a report says of an order and its event does not, as 32 bytes that are copied from table to
 * table: the open orders' rows begin with them, and what is kept of recent events has one of each party.
 */

/** What they are to a reader. */
export interface OrderTerms {
  readonly orderType: number;
  readonly tif: number;
  readonly side: number;
  readonly status: number;
  readonly priceTicks: number;
  readonly quantity: number;
  readonly open: number;
  readonly filled: number;
  readonly expiresAtUs: number;
}

/** Their length. */
export const TERMS_I32 = 8;

/** Offsets from their first byte. `orderType` is 0 of no order. */
export const TermU8 = { orderType: 0, tif: 1, side: 2, status: 3 } as const;
/** Offsets from their first word. */
export const TermI32 = { priceTicks: 1, quantity: 2, filled: 3, open: 4 } as const;
/** Offsets from their first double. */
export const TermF64 = { expiresAtUs: 3 } as const;

/** Rows of so many words, in three views over one buffer. */
export interface Rows {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

export function makeRows(count: number, words: number): Rows {
  const bytes = new ArrayBuffer(count * words * 4);
  return {
    u8: new Uint8Array(bytes),
    i32: new Int32Array(bytes),
    f64: new Float64Array(bytes),
  };
}

/** Room for `count` of them, and what stood there. */
export function growRows(rows: Rows, count: number, words: number): Rows {
  const longer = makeRows(count, words);
  longer.u8.set(rows.u8);
  return longer;
}

/** Of the terms that begin at word `at`, a multiple of two. */
export function termsAt({ u8, i32, f64 }: Rows, at: number): OrderTerms {
  return {
    orderType: u8[at * 4 + TermU8.orderType]!,
    tif: u8[at * 4 + TermU8.tif]!,
    side: u8[at * 4 + TermU8.side]!,
    status: u8[at * 4 + TermU8.status]!,
    priceTicks: i32[at + TermI32.priceTicks]!,
    quantity: i32[at + TermI32.quantity]!,
    open: i32[at + TermI32.open]!,
    filled: i32[at + TermI32.filled]!,
    expiresAtUs: f64[at / 2 + TermF64.expiresAtUs]!,
  };
}
