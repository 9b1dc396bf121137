/**
 * Compounds: batches of which all operations happen or none, and groups of legs of which one quantity
 * is filled in all. Their records are staged as they come; the last one decides about all.
 *
 * ```
 * identify ──► one is remembered? ──yes──► nothing happens: places are answered as they were before
 *    │ no
 * may all be done, together? ──no──► each is refused: its own code, or COMPOUND_REFUSED
 *    │ yes
 * a batch: each in turn, as if it came alone ── a group: `place-group.ts`
 * ```
 *
 * What depends on the book (post-only, FOK, self-trade) is decided at its turn and is that operation's
 * own answer. Bounds are checked for all operations together: one that gives something back makes room
 * for those behind it, if no other operation of the batch names its order.
 */
import { assert } from "./assert.ts";
import { MatchResult } from "./book-api.ts";
import type { Change } from "./change.ts";
import type { Check } from "./check.ts";
import { CommandType, Reject } from "./codes.ts";
import {
  COMMAND_BYTES,
  COMMAND_I32,
  CommandF64,
  CommandFlag,
  CommandI32,
  CommandU8,
} from "./command.ts";
import { COMPOUND_RECORDS_MAX, MAKERS_PER_COMMAND_MAX } from "./limits.ts";
import { KNOWN, type Place } from "./place.ts";
import type { PlaceGroup } from "./place-group.ts";
import { makePlan } from "./plan.ts";
import { ASIDE } from "./staged.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";

const { PLACE, CANCEL, AMEND, REDUCE, CLOCK, CHECKPOINT } = CommandType;
const C = CommandI32;
const C8 = CommandU8;
const KEY = CommandI32.clientOrderId;
const NONE = Reject.NONE;

export interface Compounds {
  /** Applies the command in hand, which is part of a compound or comes while one is staged. */
  apply(type: number): void;
}

function mayBeIn(type: number): boolean {
  return type === PLACE || type === CANCEL || type === AMEND || type === REDUCE;
}

export interface CompoundParts {
  readonly check: Check;
  readonly place: Place;
  readonly placeGroup: PlaceGroup;
  readonly change: Change;
  /** Applies the command in hand as one that came alone. */
  readonly dispatch: (type: number) => void;
}

export function makeCompounds(state: State, parts: CompoundParts): Compounds {
  const { turn, staged, emit, book } = state;
  const { check, place, placeGroup, change, dispatch } = parts;
  const { counters } = turn;
  const { records } = staged;
  const { u8: r8, i32: r32 } = records;
  const { i32: c32, u8: c8 } = turn;
  const { planned } = check;
  /** Per record: why it is refused, and the open order a change names. */
  const codes = new Int32Array(COMPOUND_RECORDS_MAX);
  const slots = new Int32Array(COMPOUND_RECORDS_MAX);
  const plan = makePlan(state, planned, slots);

  /** Takes a record in hand as a command of its own, which happens now. */
  function load(n: number): void {
    turn.begin(records, n);
    counters[Counter.ownSequence] = turn.f64[CommandF64.sequence]!;
    turn.f64[CommandF64.sequence] = counters[Counter.sequence]!;
    turn.f64[CommandF64.stampUs] = counters[Counter.stampUs]!;
    c8[C8.compoundIndex] = 0;
    c8[C8.compoundCount] = 0;
    c8[C8.flags] = c8[C8.flags]! & ~CommandFlag.LEG;
  }

  const typeOf = (n: number): number => r8[n * COMMAND_BYTES + C8.type]!;
  const isLeg = (n: number): boolean => (r8[n * COMMAND_BYTES + C8.flags]! & CommandFlag.LEG) !== 0;
  const word = (n: number, at: number): number => r32[n * COMMAND_I32 + at]!;

  function refuseStaged(count: number): void {
    for (let n = 0; n < count; n++) {
      load(n);
      emit.rejected(Reject.COMPOUND_BROKEN, 0, false);
    }
    staged.count[0] = 0;
  }

  /** The staged records will not be completed: the one in hand does not follow them. */
  function breakUp(count: number): void {
    staged.put(ASIDE, turn, 0);
    refuseStaged(count);
    turn.begin(records, ASIDE);
    counters[Counter.ownSequence] = counters[Counter.sequence]!;
  }

  function follows(count: number): boolean {
    if (c8[C8.compoundIndex] !== count) return false;
    return (
      count === 0 ||
      (c8[C8.compoundCount] === r8[C8.compoundCount] && c32[C.account] === r32[C.account])
    );
  }

  function apply(type: number): void {
    const size = c8[C8.compoundCount]!;
    if (size < 2 && (type === CLOCK || type === CHECKPOINT)) return dispatch(type);
    const count = staged.count[0]!;
    const isNext = size >= 2 && size <= COMPOUND_RECORDS_MAX && mayBeIn(type) && follows(count);
    if (!isNext && count !== 0) {
      breakUp(count);
      return apply(type);
    }
    if (!isNext && size < 2) return dispatch(type);
    if (!isNext) return emit.rejected(Reject.COMPOUND_BROKEN, 0, false);
    staged.put(count, turn, 0);
    staged.count[0] = count + 1;
    if (count + 1 === size) act(size);
  }

  function isSameId(n: number, other: number): boolean {
    for (let at = KEY; at < KEY + 4; at++) if (word(n, at) !== word(other, at)) return false;
    return true;
  }

  function isIdTwice(n: number): boolean {
    for (let other = 0; other < n; other++) {
      if (typeOf(other) === PLACE && isSameId(n, other)) return true;
    }
    return false;
  }

  /**
   * What ids and names decide, to `codes` and `slots`. Whether one of the places was answered before;
   * orders that have lapsed end on the way.
   */
  function identify(count: number): boolean {
    let newIds = 0;
    let isKnown = false;
    for (let n = 0; n < count; n++) {
      load(n);
      slots[n] = 0;
      if (typeOf(n) === PLACE) {
        const known = place.identify(newIds, isLeg(n));
        if (known === KNOWN && place.isSame()) isKnown = true;
        const isReused = known === KNOWN || (known === NONE && isIdTwice(n));
        codes[n] = isReused ? Reject.CLIENT_ORDER_ID_REUSED : known;
        if (known === NONE) newIds++;
      } else {
        const found = change.find();
        slots[n] = found > 0 ? found : 0;
        codes[n] = found > 0 ? NONE : -found;
      }
    }
    return isKnown;
  }

  /** It was carried out before, at least a part of it: nothing happens any more. */
  function answerAgain(count: number): void {
    for (let n = 0; n < count; n++) {
      load(n);
      if (typeOf(n) !== PLACE) {
        emit.rejected(Reject.COMPOUND_ANSWERED, 0, false);
        continue;
      }
      const known = place.identify(0, isLeg(n));
      if (known === KNOWN) place.answerAgain();
      else emit.rejected(known === NONE ? Reject.COMPOUND_PARTLY_KNOWN : known, 0, false);
    }
  }

  /** Whether some record was refused; a place's refusal so far left no id to be remembered. */
  function isRefused(count: number, placesOnly: boolean): boolean {
    for (let n = 0; n < count; n++) {
      if (codes[n] !== NONE && (!placesOnly || typeOf(n) === PLACE)) return true;
    }
    return false;
  }

  function refuse(count: number, remembers: boolean): void {
    for (let n = 0; n < count; n++) {
      load(n);
      const code = codes[n] === NONE ? Reject.COMPOUND_REFUSED : codes[n]!;
      if (typeOf(n) === PLACE && remembers) {
        const known = place.identify(0, isLeg(n));
        assert(known === NONE, "an id that was new still is");
        place.refuse(code);
      } else emit.rejected(code, 0, false);
    }
  }

  function checkChange(n: number): number {
    const type = typeOf(n);
    if (type === REDUCE && c32[C.quantity]! < 1) return Reject.QUANTITY_TOO_SMALL;
    return type === AMEND ? check.amendAlone(slots[n]!) : NONE;
  }

  /** What is known of the operations before their turn, to `codes`. */
  function checkBatch(count: number): void {
    for (let n = 0; n < count; n++) {
      if (codes[n] !== NONE) continue;
      load(n);
      const isPlace = typeOf(n) === PLACE;
      codes[n] = isPlace ? check.placeAlone() : checkChange(n);
      if (isPlace && isLeg(n)) codes[n] = Reject.LEG_MISMATCH;
      if (codes[n] !== NONE) continue;
      if (isPlace) plan.place();
      else plan.change(typeOf(n), n, count);
    }
    planned.fill(0);
  }

  function actBatch(count: number): void {
    const { result, room } = book.matches;
    for (let n = 0; n < count; n++) {
      load(n);
      result[MatchResult.cost] = 0;
      dispatch(typeOf(n));
      room[0] = room[0]! - result[MatchResult.cost]!;
    }
    room[0] = MAKERS_PER_COMMAND_MAX;
  }

  function isGroup(count: number): boolean {
    for (let n = 0; n < count; n++) if (typeOf(n) !== PLACE || !isLeg(n)) return false;
    return true;
  }

  function act(count: number): void {
    staged.count[0] = 0;
    if (identify(count)) return answerAgain(count);
    const remembers = !isRefused(count, true);
    const isOfLegs = isGroup(count);
    if (isOfLegs) placeGroup.check(count, load, codes);
    else checkBatch(count);
    if (isRefused(count, false)) return refuse(count, remembers);
    if (isOfLegs) placeGroup.execute(count, load);
    else actBatch(count);
  }

  return { apply };
}
