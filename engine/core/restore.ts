/**
 * RESTORE: a place whose order returns with an earlier priority. Settlement's right: a sale that was
 * undone through no fault of the seller puts the ask back where it stood. Who may send it is decided
 * before the core; here it is a place in all else (`place.ts`), with a client order id and an order id
 * of its own.
 *
 * It gets its place in its level and no more: where the market has moved so that it crosses, it takes
 * like any place, at the makers' prices, for its priority is over orders of its own side only. In its
 * level it stands behind every order of the same or an earlier priority and before all later ones.
 */
import { collectedBook } from "./book-api.ts";
import { InstrumentState, OrderType, Reject, TimeInForce } from "./codes.ts";
import { CommandF64, CommandI32, CommandU8 } from "./command.ts";
import { INSTRUMENT_SHIFT } from "./instruments.ts";
import type { Life } from "./life.ts";
import { ORDER_SHIFT64, OrderF64 } from "./orders.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";

const PRIORITY = CommandF64.priority;
const C = CommandI32;
const C8 = CommandU8;

export interface Restore {
  /** A restore that is in order as a place. Reads only; remembers where the order would stand. */
  check(): number;
  /** A place's fingerprint with what a restore says besides. */
  fingerprint(place: number): number;
  /** Puts the order that was checked, or what is left of it, into its book. */
  rest(slot: number): void;
}

export function makeRestore(state: State, life: Life): Restore {
  const { turn, orders, instruments, book } = state;
  const { u8: c8, i32: c32, f64: c64, counters } = turn;
  let before = 0; // the order to stand before, of the command in hand

  function check(): number {
    const tif = c8[C8.tif]!;
    const mayRest = tif === TimeInForce.GTC || tif === TimeInForce.GTD;
    if (c8[C8.orderType] !== OrderType.LIMIT || !mayRest) return Reject.MALFORMED;
    const priority = c64[PRIORITY]!;
    if (!(priority >= 0 && Math.floor(priority) === priority)) return Reject.MALFORMED;
    const isEarlier = priority !== 0 && priority < counters[Counter.sequence]!;
    if (!isEarlier) return Reject.PRIORITY_NOT_EARLIER;
    const instrument = c32[C.instrument]!;
    const isUnseen = instruments.i32[instrument << INSTRUMENT_SHIFT] === InstrumentState.PRE_OPEN;
    const side = c8[C8.side]!;
    const books = isUnseen ? collectedBook(instrument, side, instruments.capacity) : instrument;
    before = book.standsBefore(books, side, c32[C.priceTicks]!, c64, PRIORITY);
    return before < 0 ? Reject.RESTORE_TOO_DEEP : Reject.NONE;
  }

  function fingerprint(place: number): number {
    const h = Math.imul(place ^ c32[PRIORITY * 2]!, 0x85ebca6b) ^ c32[PRIORITY * 2 + 1]!;
    return Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  }

  function rest(slot: number): void {
    orders.f64[(slot << ORDER_SHIFT64) + OrderF64.priority] = c64[PRIORITY]!;
    life.restBefore(slot, before);
  }

  return { check, fingerprint, rest };
}
