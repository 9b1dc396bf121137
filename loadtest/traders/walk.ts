/**
 * What a model is worth at this moment: a walk of the logarithm around the model's base price that
 * is drawn home over hours. Trades push it a little, a burst pushes it for a while.
 */
import type { Random } from "./random.ts";
import { clamp, type Pair, type Shoe } from "./shoes.ts";

/** Home is this far away, in seconds. */
const HOME_S = 7_200;
const AWAY_MAX = 1.2;
/** Of the volatility, what one trade moves the price by. */
const PUSH = 0.004;

export class Walk {
  readonly #shoe: Shoe;
  #away = 0;

  constructor(shoe: Shoe) {
    this.#shoe = shoe;
  }

  /** Goes on where the last sales left off. */
  resume(sales: readonly { readonly pair: Pair; readonly lastTicks: number }[]): void {
    const logs = sales
      .map(({ pair, lastTicks }) => Math.log(lastTicks / (this.#shoe.baseTicks * pair.factor)))
      .toSorted((a, b) => a - b);
    const middle = logs[logs.length >> 1];
    if (middle !== undefined) this.#away = clamp(middle, -AWAY_MAX, AWAY_MAX);
  }

  /** `drift` is the change of the logarithm a second that a burst adds. */
  step(seconds: number, random: Random, drift = 0): void {
    const { volatility } = this.#shoe;
    const home = (this.#away * seconds) / HOME_S;
    const noise = volatility * Math.sqrt((2 * seconds) / HOME_S) * random.normal();
    this.#away = clamp(this.#away - home + noise + drift * seconds, -AWAY_MAX, AWAY_MAX);
  }

  traded(takerSide: "buy" | "sell"): void {
    this.#away += this.#shoe.volatility * PUSH * (takerSide === "buy" ? 1 : -1);
  }

  /** In ticks, not rounded: whoever quotes rounds to his own side. */
  fairTicks(pair: Pair): number {
    const { baseTicks, lowTicks, highTicks } = this.#shoe;
    return clamp(baseTicks * Math.exp(this.#away) * pair.factor, lowTicks + 2, highTicks - 2);
  }
}
