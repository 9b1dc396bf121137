/**
 * One trader's desk: his line to the exchange, his open orders as the exchange tells them, and his
 * acts as requests. An instrument with an act under way is busy, so that nothing is done twice, and
 * what he may have open is bounded here, whatever habits ask for.
 */
import {
  type Client,
  ExchangeError,
  type OrderData,
  type Push,
  readMinor,
  writeMinor,
} from "../../gateway/client/index.ts";
import type { Act, Resting } from "./habits.ts";
import type { Pair } from "./shoes.ts";

/** Short: an order that is late is not wanted any more, and its id is soon forgotten. */
const DEADLINE_MS = 5_000;
/** A trader who never comes back does not stand in the book for ever. */
const EXPIRY_MS = 12 * 3_600_000;
/** Between an answer and the report that goes with it. */
const SETTLE_MS = 300;
const PAUSE_MS = 1_000;

export class Desk {
  readonly #client: Client;
  readonly #pairs: ReadonlyMap<string, Pair>;
  readonly #open = new Map<string, Resting>();
  readonly #bySymbol = new Map<string, Set<Resting>>();
  readonly #busy = new Set<string>();
  /** Orders that may come to rest by what is under way. */
  #placing = 0;
  #isReady = false;
  #pausedUntilMs = 0;
  /** Told of an instrument in which an order of this desk was filled. */
  onFill: (symbol: string) => void = () => {};
  /** Orders that may rest at once; what would be one more is not sent. */
  openMax = 0;

  constructor(client: Client, pairs: ReadonlyMap<string, Pair>) {
    this.#client = client;
    this.#pairs = pairs;
    client.subscribe("executions", "", {
      push: (push) => this.#heard(push),
      stale: () => (this.#isReady = false),
      fresh: () => (this.#isReady = true),
    });
  }

  /** Whether an act may be sent; `symbol` is the instrument it is for. */
  isFree(symbol: string): boolean {
    return this.#isReady && !this.#busy.has(symbol) && performance.now() >= this.#pausedUntilMs;
  }

  own(symbol: string): Resting[] {
    return [...(this.#bySymbol.get(symbol) ?? [])];
  }

  close(): void {
    this.#client.close();
  }

  /** Sends acts for one instrument. What becomes of them is told by the exchange's reports. */
  async send(symbol: string, acts: readonly Act[]): Promise<void> {
    this.#busy.add(symbol);
    let room = this.openMax - this.#open.size - this.#placing;
    const sent = acts.filter((act) => !rests(act) || room-- > 0);
    const placing = sent.filter(rests).length;
    this.#placing += placing;
    await Promise.all(sent.map((act) => this.#request(act).catch((e) => this.#failed(act, e))));
    setTimeout(() => {
      this.#busy.delete(symbol);
      this.#placing -= placing; // its reports have come: they are among the open ones, or ended
    }, SETTLE_MS).unref();
  }

  async #request(act: Act): Promise<void> {
    const { orders } = this.#client;
    if (act.kind === "cancel") {
      await orders.cancel({ order_id: act.order.orderId });
      return;
    }
    const price = writeMinor(act.priceTicks * act.pair.shoe.tickMinor);
    if (act.kind === "amend") {
      await orders.amend({ order_id: act.order.orderId }, { price });
      return;
    }
    const nowMs = Date.now();
    const expires = new Date(nowMs + EXPIRY_MS).toISOString();
    await orders.place({
      symbol: act.pair.symbol,
      side: act.side,
      qty: act.quantity,
      price,
      deadline: new Date(nowMs + DEADLINE_MS).toISOString(),
      ...(act.takes ? { tif: "ioc" } : { tif: "gtd", expire_time: expires, post_only: true }),
    });
  }

  #failed(act: Act, error: unknown): void {
    if (!(error instanceof ExchangeError)) throw error;
    // The order is not what we thought it was: its place is free again.
    if (act.kind !== "place" && error.code === "UNKNOWN_ORDER") this.#remove(act.order.orderId);
    if (error.class === "SYSTEM" || error.class === "RATE") {
      this.#pausedUntilMs = performance.now() + Math.max(PAUSE_MS, error.retryAfterMs ?? 0);
    }
  }

  #heard(push: Push): void {
    if (push.type === "snapshot") {
      for (const id of this.#open.keys()) {
        if (id.startsWith(`${push.shard}-`)) this.#remove(id);
      }
      for (const order of push.data as readonly OrderData[]) this.#put(order);
      this.#isReady = push.stale !== true;
      return;
    }
    const report = push.data as OrderData & { readonly exec_type: string };
    if (report.order_id === null) return;
    this.#remove(report.order_id);
    if (report.open_qty > 0 && report.status === "open") this.#put(report);
    if (report.exec_type === "trade") this.onFill(report.symbol);
  }

  #put({ order_id: orderId, symbol, side, price }: OrderData): void {
    const pair = this.#pairs.get(symbol);
    if (pair === undefined || orderId === null || price === null) return;
    const priceTicks = readMinor(price) / pair.shoe.tickMinor;
    const order: Resting = { orderId, symbol, side, priceTicks };
    this.#open.set(orderId, order);
    const orders = this.#bySymbol.get(symbol);
    if (orders === undefined) this.#bySymbol.set(symbol, new Set([order]));
    else orders.add(order);
  }

  #remove(orderId: string): void {
    const order = this.#open.get(orderId);
    if (order === undefined) return;
    this.#open.delete(orderId);
    this.#bySymbol.get(order.symbol)?.delete(order);
  }
}

function rests(act: Act): boolean {
  return act.kind === "place" && !act.takes;
}
