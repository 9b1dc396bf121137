/**
 * The engines under measurement, behind one face: they take the same commands and answer with the same
 * trades. Each is made in a process of its own.
 */
import * as core from "../../engine/core/index.ts";
import { makeBare } from "./bare.ts";
import type { Engine, EngineSizes } from "./engine-api.ts";
import type { Trades } from "./trades.ts";
import type { Workload } from "./workloads.ts";

export const ENGINES = ["shard", "book", "plain", "nodejs-order-book"] as const;
export type EngineName = (typeof ENGINES)[number];

export function sizesOf(workload: Workload, places: number): EngineSizes {
  const { books, accounts, resting, stepUs } = workload;
  const ordersMax = Math.ceil(resting * 1.02) + 2_048;
  const remembered = Math.ceil((0.4 * 1_000_000) / stepUs);
  return { books, accounts, resting, places, ordersMax, idsMax: ordersMax + remembered };
}

const { priceTicks: E_PRICE, quantity: E_QUANTITY } = core.EventI32;
const { orderId: D_ORDER, takerOrderId: D_TAKER_ORDER } = core.EventF64;
const { TRADE, REJECTED } = core.EventType;
const E_WORDS = core.EVENT_I32;
const EVENTS = 32 * 64;
const AHEAD = core.READ_AHEAD_COMMANDS;

/** The whole shard: ids, accounts, checks, books, events; the events are read for their trades. */
function makeShardEngine(sizes: EngineSizes, trades: Trades): Engine {
  const events = core.makeEvents(EVENTS + core.EVENTS_PER_COMMAND_MAX);
  const shard = core.makeShard({
    accountsMax: sizes.accounts + 1,
    instrumentsMax: sizes.books + 1,
    ordersMax: sizes.ordersMax,
    idsMax: sizes.idsMax,
    readyRows: sizes.readyRows ?? 0,
    events,
  });
  const { u8: e8, i32: e32, f64: e64 } = events;

  /** What the bare book does at each trade, done for the trades of all events together. */
  function read(): void {
    const types = e32;
    const words = events.count * E_WORDS;
    for (let at = 0; at < words; at += E_WORDS) {
      const type = types[at]! & 255;
      if (type === REJECTED) throw new Error(`the shard refused: code ${e8[at * 4 + 3]}`);
      if (type !== TRADE) continue;
      const maker = e64[(at >> 1) + D_ORDER]!;
      const taker = e64[(at >> 1) + D_TAKER_ORDER]!;
      trades.add(maker, taker, e32[at + E_PRICE]!, e32[at + E_QUANTITY]!);
    }
    events.count = 0;
  }

  return {
    run(commands, from, to) {
      for (let n = from; n < to; ) {
        const end = Math.min(n + AHEAD, to);
        shard.readAhead(commands, n, end - n);
        for (; n < end; n++) shard.apply(commands, n, events);
        read();
      }
    },
  };
}

/**
 * The package from npm is loaded by who runs it alone: it changes a prototype of a Uint8Array, after which V8
 * asks at each access to one whether it is still what it was.
 */
export async function makeEngine(
  name: EngineName,
  sizes: EngineSizes,
  trades: Trades,
): Promise<Engine> {
  if (name === "shard") return makeShardEngine(sizes, trades);
  if (name === "nodejs-order-book") {
    const { makeRivalEngine } = await import("./rival.ts");
    return makeRivalEngine(sizes, trades);
  }
  const makeBook = name === "book" ? core.makeBook : core.makePlainBook;
  const { books, ordersMax, places } = sizes;
  return makeBare(makeBook, { books, ordersMax, placesMax: places }, trades);
}
