/**
 * The moments when everyone wants one model: on its release day, and now and then for no reason
 * anybody could name. While a burst lasts, its model trades many times as often and its price drifts.
 */
import { makeWeighted, type Random } from "./random.ts";
import type { Pair, Shoe } from "./shoes.ts";

export interface Burst {
  readonly shoe: Shoe;
  /** Trades a second on top of the usual, as a multiple of the usual of the whole market. */
  readonly extra: number;
  /** Change of the logarithm of the price, a second. */
  readonly drift: number;
  /** Share of takers who buy. */
  readonly buyers: number;
  readonly endsAtS: number;
  readonly pickPair: (random: Random) => Pair;
}

const EVERY_S = 150;
const FIRST_S = 30;

export class Bursts {
  readonly #shoes: readonly Shoe[];
  readonly #random: Random;
  readonly #pickShoe: (random: Random) => Shoe;
  readonly #released = new Set<Shoe>();
  #nextAtS = FIRST_S;
  #now: Burst | undefined;

  /** `today` is a date as releases are written; what came out before it is no news. */
  constructor(shoes: readonly Shoe[], random: Random, today: string) {
    this.#shoes = shoes;
    this.#random = random;
    this.#pickShoe = makeWeighted(shoes, ({ popularity }) => popularity);
    for (const shoe of shoes) if (shoe.releaseDate < today) this.#released.add(shoe);
  }

  /** The burst of this moment, if there is one. */
  at(nowS: number, today: string): Burst | undefined {
    if (this.#now !== undefined && nowS >= this.#now.endsAtS) this.#now = undefined;
    const released = this.#shoes.find(
      (shoe) => shoe.releaseDate <= today && !this.#released.has(shoe),
    );
    if (released !== undefined) {
      this.#released.add(released);
      this.#now = this.#begin(released, nowS, this.#random.between(60, 180));
    } else if (this.#now === undefined && nowS >= this.#nextAtS) {
      this.#now = this.#begin(this.#pickShoe(this.#random), nowS, this.#random.between(12, 40));
    }
    return this.#now;
  }

  #begin(shoe: Shoe, nowS: number, lengthS: number): Burst {
    const random = this.#random;
    const isUp = random.chance(0.7);
    const move = shoe.volatility * random.between(0.4, 1.2);
    this.#nextAtS = nowS + lengthS - EVERY_S * Math.log(1 - random.next());
    return {
      shoe,
      extra: random.between(0.5, 1.2),
      drift: ((isUp ? 1 : -1) * move) / lengthS,
      buyers: isUp ? 0.72 : 0.3,
      endsAtS: nowS + lengthS,
      pickPair: makeWeighted(shoe.pairs, ({ weight }) => weight),
    };
  }
}
