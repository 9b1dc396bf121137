/** What everyone sees: best prices and last sales of every instrument that is traded here. */
import { type Client, type Push, readMinor, type TickerData } from "../../gateway/client/index.ts";
import type { Quote } from "./habits.ts";
import type { Pair } from "./shoes.ts";

const NOTHING: Quote = { bidTicks: 0, askTicks: 0, bidQuantity: 0, askQuantity: 0, lastTicks: 0 };

export class Floor {
  readonly #quotes = new Map<Pair, Quote>();
  readonly #missing: Set<Pair>;

  constructor(client: Client, pairs: readonly Pair[]) {
    this.#missing = new Set(pairs);
    for (const pair of pairs) {
      client.subscribe("ticker", pair.symbol, {
        push: (push) => this.#heard(pair, push),
        stale: () => this.#missing.add(pair),
        fresh: () => this.#missing.delete(pair),
      });
    }
  }

  /** Whether what is known is the present, for every instrument. */
  get isReady(): boolean {
    return this.#missing.size === 0;
  }

  quote(pair: Pair): Quote {
    return this.#quotes.get(pair) ?? NOTHING;
  }

  #heard(pair: Pair, push: Push): void {
    if (push.stale === true) this.#missing.add(pair);
    else this.#missing.delete(pair);
    const { tickMinor } = pair.shoe;
    const ticks = (price: string | null): number =>
      price === null ? 0 : readMinor(price) / tickMinor;
    const data = push.data as TickerData;
    this.#quotes.set(pair, {
      bidTicks: ticks(data.bid),
      askTicks: ticks(data.ask),
      bidQuantity: data.bid_qty ?? 0,
      askQuantity: data.ask_qty ?? 0,
      lastTicks: ticks(data.last),
    });
  }
}
