/**
 * The book, written to be read: what price-time matching means, in plain objects and arrays.
 *
 * It keeps the fast book honest: both run under one behaviour suite and are compared event by event.
 * It shares nothing with it but the face (`book-api.ts`) and the order rows it must keep right.
 */
import { assert } from "./assert.ts";
import {
  type Book,
  type BookOptions,
  MATCH_SHIFT,
  makeMatches,
  type Matches,
  MatchI32,
  MatchKind,
  MatchResult,
  MatchStop,
} from "./book-api.ts";
import { SelfTradePrevention, Side } from "./codes.ts";
import { siblingsOf } from "./groups.ts";
import { RESTORE_WALK_MAX } from "./limits.ts";
import { ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, type Orders, sideOf } from "./orders.ts";

import { makePlainLevels } from "./plain-levels.ts";

const costOf = (orders: Orders, slot: number): number => 1 + siblingsOf(orders.i32, slot);

/** Those of these makers that one match has room to meet. */
function affordable(
  orders: Orders,
  makers: readonly number[],
  { room }: Matches,
): readonly number[] {
  let spent = 0;
  const tooMuch = makers.findIndex((slot) => (spent += costOf(orders, slot)) > room[0]!);
  return tooMuch < 0 ? makers : makers.slice(0, tooMuch);
}

export function makePlainBook(options: BookOptions): Book {
  const { orders, isLapsed = () => false } = options;
  const matches = makeMatches();
  const touched = { orders: new Int32Array(1), quantity: new Float64Array(1) };
  const plain = makePlainLevels(options, touched);
  const { field, openOf, unitsOf, bookOf, sideLevels, levelsOf, levelOf, makersFor, touch } = plain;

  function restBefore(slot: number, before: number): void {
    const levels = levelsOf(slot);
    const side = sideOf(field(slot, OrderI32.bits));
    const priceTicks = field(slot, OrderI32.priceTicks);
    assert(
      makersFor(bookOf(slot), side, priceTicks).length === 0,
      "an order that rests does not cross",
    );
    let level = levels.find((candidate) => candidate.priceTicks === priceTicks);
    if (level === undefined) {
      level = { priceTicks, queue: [] };
      levels.push(level);
      levels.sort((a, b) =>
        side === Side.BID ? b.priceTicks - a.priceTicks : a.priceTicks - b.priceTicks,
      );
    }
    const at = before === 0 ? level.queue.length : level.queue.indexOf(before);
    assert(at >= 0, "an order stands before one of its own level");
    level.queue.splice(at, 0, slot);
    touch(level);
  }

  function standsBefore(
    instrument: number,
    side: number,
    priceTicks: number,
    priority: Float64Array,
    at: number,
  ): number {
    const levels = sideLevels(instrument, side);
    const queue = levels.find((level) => level.priceTicks === priceTicks)?.queue ?? [];
    const isLater = (slot: number): boolean =>
      orders.f64[(slot << ORDER_SHIFT64) + OrderF64.priority]! > priority[at]!;
    const index = queue.findIndex(isLater);
    if (index < 0) return 0;
    const isNear = index < RESTORE_WALK_MAX || queue.length - index <= RESTORE_WALK_MAX;
    return isNear ? queue[index]! : -1;
  }

  function remove(slot: number): void {
    const levels = levelsOf(slot);
    const level = levelOf(slot);
    level.queue.splice(level.queue.indexOf(slot), 1);
    touch(level);
    if (level.queue.length === 0) levels.splice(levels.indexOf(level), 1);
  }

  function take(slot: number, units: number): void {
    orders.i32[(slot << ORDER_SHIFT) + OrderI32.open] = openOf(slot) - units;
  }

  function shrink(slot: number, by: number): void {
    assert(by < openOf(slot), "an order that keeps its place keeps units");
    take(slot, by);
    touch(levelOf(slot));
  }

  function record(met: number, slot: number, kind: number, quantity: number): void {
    const at = met << MATCH_SHIFT;
    matches.i32[at + MatchI32.slot] = slot;
    matches.i32[at + MatchI32.kind] = kind;
    matches.i32[at + MatchI32.quantity] = quantity;
    matches.i32[at + MatchI32.levelOrders] = touched.orders[0]!;
    matches.levelQuantity[met] = touched.quantity[0]!;
  }

  function match(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): void {
    let remaining = quantity;
    let met = 0;
    let spent = 0;
    let stop: number = MatchStop.NONE;
    for (const slot of makersFor(instrument, side, limitTicks)) {
      if (remaining === 0 || stop !== MatchStop.NONE) break;
      if (spent + costOf(orders, slot) > matches.room[0]!) {
        stop = MatchStop.WORK_BOUND;
        break;
      }
      spent += costOf(orders, slot);
      const isSelf =
        account !== 0 &&
        account === field(slot, OrderI32.account) &&
        stp !== SelfTradePrevention.NONE;
      const open = openOf(slot);
      const both = Math.min(remaining, open);
      if (isLapsed(slot)) {
        remove(slot);
        record(met++, slot, MatchKind.LAPSED, open);
      } else if (isSelf && stp === SelfTradePrevention.CANCEL_TAKER) {
        stop = MatchStop.SELF_TRADE;
      } else if (isSelf && stp !== SelfTradePrevention.DECREMENT) {
        remove(slot);
        record(met++, slot, MatchKind.SELF_CANCELLED, open);
        if (stp === SelfTradePrevention.CANCEL_BOTH) stop = MatchStop.SELF_TRADE;
      } else {
        remaining -= both;
        const level = levelOf(slot);
        take(slot, both);
        touch(level);
        if (both === open) remove(slot);
        record(met++, slot, isSelf ? MatchKind.SELF_DECREMENTED : MatchKind.TRADE, both);
      }
    }
    matches.result[MatchResult.count] = met;
    matches.result[MatchResult.remaining] = remaining;
    matches.result[MatchResult.stop] = stop;
    matches.result[MatchResult.cost] = spent;
  }

  function canFill(
    instrument: number,
    side: number,
    limitTicks: number,
    quantity: number,
    account: number,
    stp: number,
  ): boolean {
    let remaining = quantity;
    for (const slot of affordable(orders, makersFor(instrument, side, limitTicks), matches)) {
      if (isLapsed(slot)) continue;
      const isSelf = account !== 0 && account === field(slot, OrderI32.account);
      if (!isSelf || stp === SelfTradePrevention.NONE) remaining -= openOf(slot);
      else if (stp !== SelfTradePrevention.CANCEL_MAKER) return false;
      if (remaining <= 0) return true;
    }
    return false;
  }

  function wouldCross(instrument: number, side: number, limitTicks: number): boolean {
    const met = affordable(orders, makersFor(instrument, side, limitTicks), matches);
    return met.some((slot) => !isLapsed(slot));
  }

  const first: Book["first"] = (book, side) => sideLevels(book, side)[0]?.queue[0] ?? 0;

  const nextLevel: Book["nextLevel"] = (book, side, afterTicks) => {
    const levels = sideLevels(book, side);
    const at = levels.findIndex((level) => level.priceTicks === afterTicks);
    assert(afterTicks === 0 || at >= 0, "a level is there to go on from");
    const level = levels[at + 1]; // the best when there is none before it
    if (level === undefined) return 0;
    touch(level);
    return level.priceTicks;
  };

  const depth: Book["depth"] = (book, side, levelsMax) =>
    sideLevels(book, side)
      .slice(0, levelsMax)
      .map((level) => ({
        priceTicks: level.priceTicks,
        quantity: unitsOf(level),
        orders: level.queue.length,
      }));

  const walk: Book["walk"] = (book, side, visit) => {
    for (const level of sideLevels(book, side)) for (const slot of level.queue) visit(slot);
  };

  return {
    orders,
    matches,
    touched,
    rest: (slot) => restBefore(slot, 0),
    standsBefore,
    restBefore,
    remove,
    shrink,
    match,
    canFill,
    wouldCross,
    touchPrice: () => 0,
    touchOrder: () => 0,
    first,
    nextLevel,
    depth,
    walk,
  };
}
