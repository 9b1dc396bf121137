/**
 * What a test of the page plays on: a real exchange with a small book of the test's own, on one size
 * that nobody else trades.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeKey, type RunningExchange, startExchange } from "../../../cli/testing/exchange.ts";
import { connectTrader, type Trader } from "../../../cli/testing/trader.ts";

export const STYLE = "DD1391-100";
export const SIZE = "US-9";
export const SYMBOL = `${STYLE}:${SIZE}`;
export const PRODUCT = `/product/${STYLE}?size=${SIZE}`;

export interface Stage {
  readonly exchange: RunningExchange;
  /** Whose orders the book is made of. */
  readonly maker: Trader;
  readonly dir: string;
  close(): Promise<void>;
}

/** Asks from 250 up and bids from 246 down, `pairs` at each of three prices, and one pair sold. */
export async function setStage(pairs = 5): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), "solebook-page-"));
  const exchange = await startExchange(join(dir, "data"));
  const maker = await connectTrader(exchange.url, await makeKey(exchange, "maker"));
  for (const step of [0, 1, 2]) {
    await offer(maker, "sell", 250 + step, pairs);
    await offer(maker, "buy", 246 - step, pairs);
  }
  const buyer = await connectTrader(exchange.url, await makeKey(exchange, "buyer"));
  await offer(maker, "sell", 248, 1);
  await offer(buyer, "buy", 248, 1);
  buyer.close();
  return {
    exchange,
    maker,
    dir,
    close: async () => {
      maker.close();
      await exchange.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

let orders = 0;

/** Throws unless the order stands. */
export async function offer(
  maker: Trader,
  side: "buy" | "sell",
  dollars: number,
  qty: number,
  symbol = SYMBOL,
): Promise<string> {
  const id = `m${++orders}`;
  const answer = await maker.request("add_order", {
    client_order_id: id,
    symbol,
    side,
    type: "limit",
    qty,
    price: `${dollars}.00`,
  });
  if (answer?.success !== true) throw new Error(`offer: ${JSON.stringify(answer)}`);
  return id;
}
