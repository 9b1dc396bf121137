/**
 * The habits of the traders, as pure decisions: from what everyone sees, what an instrument is worth
 * and what the trader has resting, to what he does next. Whoever calls sends it.
 */
import type { Random } from "./random.ts";
import { clamp, type Pair } from "./shoes.ts";

export type Side = "buy" | "sell";

/** Best prices in ticks; 0 where there is none. */
export interface Quote {
  readonly bidTicks: number;
  readonly askTicks: number;
  readonly bidQuantity: number;
  readonly askQuantity: number;
  readonly lastTicks: number;
}

export interface Resting {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly priceTicks: number;
}

export type Act =
  | {
      readonly kind: "place";
      readonly pair: Pair;
      readonly side: Side;
      readonly priceTicks: number;
      readonly quantity: number;
      /** Trades at once up to its price or not at all; the others rest and never take. */
      readonly takes: boolean;
    }
  | {
      readonly kind: "amend";
      readonly order: Resting;
      readonly pair: Pair;
      readonly priceTicks: number;
    }
  | { readonly kind: "cancel"; readonly order: Resting };

export interface Situation {
  readonly pair: Pair;
  readonly fairTicks: number;
  readonly quote: Quote;
}

const SIDES: readonly Side[] = ["buy", "sell"];
/** Distance of a maker's levels from each other, as a share of the half spread. */
const LEVEL_STEP = 0.55;
/** How far a level may be off, as a share of that distance, before it is worth a message. */
const LEVEL_SLACK = 0.7;

/** A market maker's next few steps towards a full ladder on both sides; none when all is in place. */
export function tendLadder(
  situation: Situation,
  own: readonly Resting[],
  random: Random,
  actsMax: number,
): Act[] {
  const { pair } = situation;
  const acts: Act[] = [];
  for (const side of SIDES) {
    const slots = ladderOf(situation, side);
    const idle: Resting[] = [];
    const step = Math.max(1, situation.fairTicks * pair.shoe.halfSpread * LEVEL_STEP);
    for (const order of own) {
      if (order.side !== side) continue;
      const near = slots.findIndex(
        (ticks) => Math.abs(ticks - order.priceTicks) <= step * LEVEL_SLACK,
      );
      if (near === -1) idle.push(order);
      else slots.splice(near, 1);
    }
    for (const priceTicks of slots) {
      const order = idle.pop();
      acts.push(
        order === undefined
          ? { kind: "place", pair, side, priceTicks, quantity: pairsOf(random), takes: false }
          : { kind: "amend", order, pair, priceTicks },
      );
    }
    for (const order of idle) acts.push({ kind: "cancel", order });
  }
  return acts.slice(0, actsMax);
}

/** The prices a maker wants to stand at, best first; none beyond the best of the other side. */
function ladderOf({ pair, fairTicks, quote }: Situation, side: Side): number[] {
  const { halfSpread, lowTicks, highTicks } = pair.shoe;
  const sign = side === "buy" ? -1 : 1;
  const slots: number[] = [];
  let before = side === "buy" ? quote.askTicks || Infinity : quote.bidTicks;
  for (let level = 0; level < pair.levels; level++) {
    const away = fairTicks * halfSpread * (1 + level * LEVEL_STEP);
    const wanted = Math.round(fairTicks + sign * Math.max(away, level + 1));
    // Strictly behind the level before, and behind the other side's best.
    const ticks = sign === 1 ? Math.max(wanted, before + 1) : Math.min(wanted, before - 1);
    if (ticks < lowTicks || ticks > highTicks) break;
    slots.push(ticks);
    before = ticks;
  }
  return slots;
}

/**
 * A reseller (side sell) or a patient buyer: one order per instrument, near the front. He steps in
 * front of the best by a tick while that is still worth it to him, and moves back when it is not.
 */
export function beFirst(
  { pair, fairTicks, quote }: Situation,
  side: Side,
  own: Resting | undefined,
  random: Random,
): Act | undefined {
  const { halfSpread, lowTicks, highTicks } = pair.shoe;
  const sign = side === "sell" ? 1 : -1;
  const best = side === "sell" ? quote.askTicks : quote.bidTicks;
  const other = side === "sell" ? quote.bidTicks : quote.askTicks;
  if (own !== undefined && random.chance(0.04)) return { kind: "cancel", order: own };
  // What he would part with it for: some are keen, some dream.
  const limit = fairTicks * (1 + sign * halfSpread * random.between(0.1, 2.5));
  const inFront = best === 0 || own?.priceTicks === best ? best : best - sign;
  let wanted = sign * (inFront - limit) > 0 && best !== 0 ? inFront : Math.round(limit);
  if (other !== 0 && sign * (wanted - other) <= 0) wanted = other + sign;
  wanted = clamp(wanted, lowTicks, highTicks);
  if (own === undefined) {
    return {
      kind: "place",
      pair,
      side,
      priceTicks: wanted,
      quantity: pairsOf(random),
      takes: false,
    };
  }
  if (own.priceTicks === wanted) return undefined;
  return { kind: "amend", order: own, pair, priceTicks: wanted };
}

/** Someone who wants a pair, or to be rid of one, now: takes the best there is, at its price. */
export function takeBest({ pair, quote }: Situation, side: Side, random: Random): Act | undefined {
  const priceTicks = side === "buy" ? quote.askTicks : quote.bidTicks;
  const there = side === "buy" ? quote.askQuantity : quote.bidQuantity;
  if (priceTicks === 0) return undefined;
  const quantity = Math.min(there, random.chance(0.12) ? 2 : 1);
  return { kind: "place", pair, side, priceTicks, quantity, takes: true };
}

/** The side on which somebody gives away money: a bid above what it is worth, an ask below. */
export function bargain({ pair, fairTicks, quote }: Situation): Side | undefined {
  const margin = fairTicks * pair.shoe.halfSpread * 0.4;
  if (quote.askTicks !== 0 && quote.askTicks < fairTicks - margin) return "buy";
  if (quote.bidTicks > fairTicks + margin) return "sell";
  return undefined;
}

/** A pair as a rule, several now and then. */
function pairsOf(random: Random): number {
  return random.chance(0.7) ? 1 : 1 + Math.ceil(random.next() * 3);
}
