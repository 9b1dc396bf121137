/**
 * What orders a market sees: three in five rest at one of ten prices, two in five take what is best on the
 * other side, one unit or two; as much is taken as comes, so that books stay a few dozen levels deep however
 * long it goes on. Prices and markets come from a seed.
 */
import { makeRandom } from "../traders/random.ts";
import type { Encoding, OrderAsked, Template } from "../wire/order-frames.ts";

const MIDDLE = 200;
const LEVELS = 10;
const MAKERS = 0.6;
const FAR = { buy: "300.00", sell: "100.00" } as const;

export class Flow {
  readonly #encoding: Encoding;
  readonly #prefix: string;
  readonly #templates = new Map<string, Template>();
  readonly #random: () => number;

  constructor(encoding: Encoding, prefix: string, seed: string) {
    this.#encoding = encoding;
    this.#prefix = prefix;
    this.#random = makeRandom(seed).next;
  }

  /** An order on one of the first `among` of the symbols. */
  pick(symbols: readonly string[], among = symbols.length): Template {
    const symbol = symbols[Math.floor(this.#random() * among)]!;
    const side = this.#random() < 0.5 ? "buy" : "sell";
    if (this.#random() >= MAKERS) {
      const qty = this.#random() < 0.5 ? 1 : 2;
      return this.make({ symbol, side, price: FAR[side], qty, tif: "ioc" });
    }
    const away = 1 + Math.floor(this.#random() * LEVELS);
    const price = `${side === "buy" ? MIDDLE - away : MIDDLE + away}.00`;
    return this.make({ symbol, side, price, qty: 1 });
  }

  /** The cancel of an order on that symbol, by its number. */
  cancel(symbol: string): Template {
    return this.#encoding.makeCancel(symbol, this.#prefix);
  }

  make(asked: Omit<OrderAsked, "prefix">): Template {
    const { symbol, side, price, qty, tif = "gtc" } = asked;
    const name = `${symbol} ${side} ${price} ${qty} ${tif}`;
    let template = this.#templates.get(name);
    if (template === undefined) {
      template = this.#encoding.makeOrder({ ...asked, prefix: this.#prefix });
      this.#templates.set(name, template);
    }
    return template;
  }
}
