/**
 * The uncross under way: which phase, whose turn (`uncross.ts` carries it on). State, with the price
 * search while there is one; all zeros when there is none.
 */
import { makeDoubles, makeWords } from "./words.ts";

export const UncrossPhase = { NONE: 0, CLEARING: 1, SEARCHING: 2, TRADING: 3, OPENING: 4 } as const;

/** `turn`: the instrument it is at; `left`: those that have not opened; `priceTicks`: of that one. */
export const UncrossI32 = { phase: 0, turn: 1, left: 2, priceTicks: 3 } as const;
/** `fence`: it is cleared when so many mass cancels have been done (`mass-cancel.ts`). */
export const UncrossF64 = { stampUs: 0, fence: 1 } as const;

export interface PendingUncross {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

export function makePendingUncross(): PendingUncross {
  return { i32: makeWords(4), f64: makeDoubles(2) };
}
