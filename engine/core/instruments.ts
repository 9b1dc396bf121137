/**
 * The instruments of a shard: what each was listed with, what is set now, and its two numbers.
 * A row with state NONE is not listed.
 */
import { InstrumentState } from "./codes.ts";
import { powerOfTwo } from "./words.ts";

const N_STATE = InstrumentState;

export const INSTRUMENT_WORDS = 16;
export const INSTRUMENT_SHIFT = 4;
export const INSTRUMENT_SHIFT64 = 3;

export const InstrumentI32 = {
  state: 0,
  product: 1,
  tickMinor: 2,
  quantityMax: 3, // 0: QUANTITY_MAX
  bandLowTicks: 4, // 0, 0: no band
  bandHighTicks: 5,
  referenceTicks: 6,
  // As listed, to know the same listing again after band or state were set.
  listedState: 7,
  listedBandLowTicks: 8,
  listedBandHighTicks: 9,
  // Words 10 to 13 are the doubles below.
  lastTicks: 14, // price of the last trade; 0: none yet
  flags: 15, // of its listing
} as const;
export const InstrumentF64 = { marketSeq: 5, tradeId: 6 } as const;

const N_ROW = INSTRUMENT_SHIFT;

export interface Instruments {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly capacity: number;
  /** Of an instrument: its row is in range. */
  readonly mask: number;
  /** Instruments above this one were never listed. */
  highest(): number;
  isListed(instrument: number): boolean;
  /** Marks an instrument as listed. */
  know(instrument: number): void;
}

export function makeInstruments(capacity: number): Instruments {
  const rows = powerOfTwo(capacity);
  const nMask = rows - 1;
  const buffer = new ArrayBuffer(rows * INSTRUMENT_WORDS * 4);
  const i32 = new Int32Array(buffer);
  let highestInstrument = 0;
  return {
    i32,
    f64: new Float64Array(buffer),
    capacity,
    mask: nMask,
    highest: () => highestInstrument,
    isListed: (instrument) =>
      instrument > 0 &&
      instrument < capacity &&
      i32[(instrument & nMask) << N_ROW] !== N_STATE.NONE,
    know: (instrument) => {
      if (instrument > highestInstrument) highestInstrument = instrument;
    },
  };
}
