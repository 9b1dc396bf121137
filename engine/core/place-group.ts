/**
 * The legs of a group: whether they make one, and how they are placed. Each leg in turn takes what it
 * can; what one takes is taken from all others; what is left then rests on every leg, linked in a ring
 * (`groups.ts`).
 */
import { MatchResult } from "./book-api.ts";
import { type Check, Planned } from "./check.ts";
import { CancelReason, OrderStatus, OrderType, Reject, TimeInForce } from "./codes.ts";
import { CommandF64, CommandI32, CommandU8 } from "./command.ts";
import { INSTRUMENT_SHIFT, InstrumentI32 } from "./instruments.ts";
import type { Life } from "./life.ts";
import { COMPOUND_RECORDS_MAX, MAKERS_PER_COMMAND_MAX } from "./limits.ts";
import type { Place } from "./place.ts";
import type { State } from "./state.ts";

const C = CommandI32;
const C8 = CommandU8;
const { GTC, GTD } = TimeInForce;

export interface PlaceGroup {
  /** Why legs are refused, to `codes`, for those that are not yet; `load` takes one in hand. */
  check(count: number, load: (n: number) => void, codes: Int32Array): void;
  /** Places legs that were checked. */
  execute(count: number, load: (n: number) => void): void;
}

export function makePlaceGroup(state: State, check: Check, place: Place, life: Life): PlaceGroup {
  const { turn, book, emit, groups, instruments } = state;
  const { u8: c8, i32: c32, f64: c64 } = turn;
  const { room, result } = book.matches;
  const seen = new Int32Array(COMPOUND_RECORDS_MAX);
  const slots = new Int32Array(COMPOUND_RECORDS_MAX);
  /** What each leg has open, and what later legs took that it has not been told of. */
  const open = new Int32Array(COMPOUND_RECORDS_MAX);
  const taken = new Int32Array(COMPOUND_RECORDS_MAX);
  const first = { product: 0, side: 0, tif: 0, quantity: 0, expiresAtUs: new Float64Array(1) };

  const productOf = (instrument: number): number =>
    instruments.i32[(instrument << INSTRUMENT_SHIFT) + InstrumentI32.product]!;

  function mayRest(): boolean {
    const tif = c8[C8.tif]!;
    return c8[C8.orderType] === OrderType.LIMIT && (tif === GTC || tif === GTD);
  }

  function takeFirst(): void {
    const instrument = c32[C.instrument]!;
    first.product = instruments.isListed(instrument) ? productOf(instrument) : 0;
    first.side = c8[C8.side]!;
    first.tif = c8[C8.tif]!;
    first.quantity = c32[C.quantity]!;
    first.expiresAtUs[0] = c64[CommandF64.expiresAtUs]!;
  }

  /** The leg in hand against the first. */
  function belongs(n: number): boolean {
    const instrument = c32[C.instrument]!;
    seen[n] = instrument;
    if (seen.indexOf(instrument) !== n || c8[C8.flags] !== 0 || !mayRest()) return false;
    return (
      productOf(instrument) === first.product &&
      c8[C8.side] === first.side &&
      c8[C8.tif] === first.tif &&
      c32[C.quantity] === first.quantity &&
      c64[CommandF64.expiresAtUs] === first.expiresAtUs[0]
    );
  }

  /** A group counts once, so each leg's value and order are looked at alone; rows it takes for all. */
  function checkLegs(count: number, load: (n: number) => void, codes: Int32Array): void {
    seen.fill(0);
    load(0);
    takeFirst();
    for (let n = 0; n < count; n++) {
      load(n);
      check.planned[Planned.rows] = n;
      let code = check.placeAlone();
      if (code === Reject.NONE && !belongs(n)) code = Reject.LEG_MISMATCH;
      if (codes[n] === Reject.NONE) codes[n] = code;
    }
    check.planned.fill(0);
  }

  /** A leg that does not rest yet loses units to another one's fill. */
  function takeFrom(n: number, units: number): void {
    if (units === 0 || open[n] === 0) return;
    const slot = slots[n]!;
    const lost = units < open[n]! ? units : open[n]!;
    open[n] = open[n]! - lost;
    if (open[n] !== 0) {
      return emit.groupReducedUnseen(slot, c32[C.priceTicks]!, lost, open[n]!);
    }
    life.setStatus(slot, OrderStatus.CANCELLED, CancelReason.GROUP_FILLED);
    emit.dropped(slot, c32[C.priceTicks]!, lost, CancelReason.GROUP_FILLED);
  }

  /** The leg in hand takes what it can, of what the legs before it left; answers what it took. */
  function take(n: number, filled: number): number {
    const slot = place.accept();
    slots[n] = slot;
    open[n] = c32[C.quantity]!;
    taken[n] = 0;
    takeFrom(n, filled);
    if (open[n] === 0) return 0;
    const ticks = c32[C.priceTicks]!;
    const account = c32[C.account]!;
    book.match(c32[C.instrument]!, c8[C8.side]!, ticks, open[n]!, account, c8[C8.stp]!);
    room[0] = room[0]! - result[MatchResult.cost]!;
    open[n] = life.settleMakers(slot, open[n]!);
    const units = life.traded[0]!;
    if (!life.settle(slot, ticks, open[n]!, true)) open[n] = 0;
    return units;
  }

  /** The leg in hand rests with what all legs left of it; answers the leg it is linked behind. */
  function rest(n: number, behind: number): number {
    takeFrom(n, taken[n]!);
    if (open[n] === 0) return behind;
    const slot = slots[n]!;
    place.restNew(slot, open[n]!);
    life.addBidValue(slot, -open[n]!);
    if (behind !== 0) groups.join(behind, slot);
    return slot;
  }

  function execute(count: number, load: (n: number) => void): void {
    let filled = 0;
    for (let n = 0; n < count; n++) {
      load(n);
      place.identify(0, true);
      const units = take(n, filled);
      filled += units;
      for (let leg = 0; leg < n; leg++) taken[leg] = taken[leg]! + units;
    }
    room[0] = MAKERS_PER_COMMAND_MAX;
    let last = 0;
    for (let n = 0; n < count; n++) {
      load(n);
      last = rest(n, last);
    }
    if (last !== 0) groups.count(last);
  }

  return { check: checkLegs, execute };
}
