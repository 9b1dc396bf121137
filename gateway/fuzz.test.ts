/**
 * Strangers send what nobody should, thousands of frames with every change and a million by
 * `npm run test:long`: the gateway goes on, each line is served or closed with a code, nothing fails by
 * our mistake, and somebody who trades meanwhile is answered right all along.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { sized, report } from "../engine/shell/testing/size.ts";
import type { Asked } from "./testing/binary.ts";
import {
  JORDAN,
  signLogon,
  startTestExchange,
  type TestExchange,
  type TestKey,
} from "./testing/exchange.ts";
import { type End, Random, sendGarbage, sendStrange } from "./testing/fuzz.ts";
import { connect, chainsOf } from "./testing/trader.ts";

const FRAMES = sized(4_000, 1_000_000);
const FRAMES_PER_LINE = sized(20, 100);
const AT_ONCE = 8;
const SEED = 20_261_121;
const OURS = [1008, 1009];
/** What the canary trades is named in no frame of a stranger's. */
const CANARY = { ...JORDAN, style: "CANARY-1", sizes: ["US-8"] };
const SYMBOL = "DZ5485-612:US-10";

/** Strangers begin with an empty book, or what they are shown of it would be most of the work. */
const NONE_LEFT: Asked = { method: "cancel_all" };
/** Longer than this machine may stand still. */
const WAIT_MS = 120_000;
const CANARY_EVERY_MS = 5;

let exchange: TestExchange;
let key: TestKey;
beforeAll(async () => {
  const limits = { malformedFramesMax: sized(10, 120), shutdownSpreadMs: 20 };
  exchange = await startTestExchange({ seed: [JORDAN, CANARY], limits });
  key = await exchange.makeKey("stranger");
});
afterAll(() => exchange.stop());

function soundOf(random: Random): Asked[] {
  const id = `f-${random.below(1e6)}`;
  const order = { client_order_id: id, symbol: SYMBOL, side: "buy", type: "limit", qty: 2 };
  const deadline = new Date(Date.now() + 5_000).toISOString(); // ids are remembered no longer
  const place = { ...order, price: `${100 + random.below(5)}.00`, deadline };
  const book = { channel: "book", symbols: [SYMBOL], snapshot: true, resume_from_seq: 3 };
  const group = ["US-9", "US-10"].map((size, at) => ({
    client_order_id: `${id}-${at}`,
    symbol: `DZ5485-612:${size}`,
    price: "100.00",
  }));
  const ops = [
    { method: "add_order", params: { ...place, client_order_id: `${id}-b` } },
    { method: "cancel_order", params: { client_order_id: id } },
  ];
  const { side, type, qty } = order;
  const asked: [string, object][] = [
    ["add_order", place],
    ["add_order", { ...place, side: "sell", tif: "ioc", stp: "none", tags: [7] }],
    ["add_order", { side, type, qty, deadline, group }],
    ["amend_order", { client_order_id: id, qty: 3, price: "101.00", symbol: SYMBOL }],
    ["cancel_order", { order_id: `0-${1 + random.below(1_000)}` }],
    ["batch", { mode: random.of(["atomic", "independent"]), ops }],
    ["cancel_all", { symbol: SYMBOL, side: "buy" }],
    ["order_status", { client_order_id: id }],
    ["cancel_after", { timeout_s: random.below(2) * 60, tag: 7 }],
    ["cancel_on_disconnect", { scope: random.of(["account", "none"]) }],
    ["account_trades", { limit: 3 }],
    ["subscribe", book],
    ["subscribe", { channel: random.of(["executions", "level3", "ticker"]), symbols: [SYMBOL] }],
    ["unsubscribe", { channel: "book", symbols: [SYMBOL] }],
    ["session.logon", signLogon(key)],
  ];
  return asked.map(([method, params], at) => ({ method, params, req_id: at }));
}

/** Trades all the time, and tells what was not as it should have been. */
async function canary(isOver: () => boolean) {
  const keys = [await exchange.makeKey("seller"), await exchange.makeKey("buyer")] as const;
  const seller = await connect(exchange, keys[0], "json", WAIT_MS);
  const buyer = await connect(exchange, keys[1], "proto", WAIT_MS);
  await buyer.request("subscribe", { channel: "executions" });
  const order = { symbol: `${CANARY.style}:US-8`, type: "limit", qty: 1, price: "250.00" };
  const wrong: unknown[] = [];
  let trades = 0;
  for (; !isOver(); trades++) {
    const sell = { ...order, side: "sell", client_order_id: `s-${trades}` };
    const buy = { ...order, side: "buy", client_order_id: `b-${trades}` };
    const asked = await seller.request("add_order", sell);
    const taken = await buyer.request("add_order", buy);
    if (asked.result?.status !== ("open" as unknown)) wrong.push(asked);
    if (taken.result?.status !== ("filled" as unknown)) wrong.push(taken);
    await sleep(CANARY_EVERY_MS);
  }
  const { links, breaks } = chainsOf(buyer);
  seller.close();
  buyer.close();
  return { trades, wrong, links, breaks };
}

/** Frames that reached the gateway: what was still on its way when a line was closed did not. */
async function framesIn(): Promise<number> {
  const text = await (await fetch(`${exchange.url}/metrics`)).text();
  return Number(/^solebook_frames_in_total (\d+)$/m.exec(text)![1]);
}

async function strangers(ends: Map<End, number>, count: number, seeds: Random): Promise<void> {
  let left = count;
  const one = async (): Promise<void> => {
    while (left > 0) {
      const random = new Random(seeds.below(2 ** 32));
      const frames = Math.min(left, 1 + random.below(FRAMES_PER_LINE * 2));
      const isGarbage = random.below(20) === 0;
      if (!isGarbage) left -= frames;
      const sound = soundOf(random);
      const first = random.below(2) === 0 ? [sound.at(-1)!, NONE_LEFT] : [];
      const encoding = random.of(["json", "proto", "proto"] as const);
      const end = isGarbage
        ? await sendGarbage(exchange.url, random)
        : await sendStrange({ url: exchange.url, encoding, sound, first, frames }, random);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

test(
  `${FRAMES} frames of strangers: each line is served or closed with a code`,
  async () => {
    const ends = new Map<End, number>();
    let isOver = false;
    const watched = canary(() => isOver);
    const beganMs = performance.now();
    const seeds = new Random(SEED);
    try {
      for (let left = FRAMES; left > 0; left = FRAMES - (await framesIn())) {
        await strangers(ends, left, seeds);
      }
    } finally {
      isOver = true;
    }
    const { trades, wrong, links, breaks } = await watched;
    const seconds = Math.round((performance.now() - beganMs) / 1_000);
    report("fuzz", { frames: await framesIn(), seconds, trades, ends: Object.fromEntries(ends) });
    const strange = [...ends.keys()].filter(
      (end) => end !== "served" && !OURS.includes(end as number),
    );
    expect({ strange, wrong, breaks }).toEqual({ strange: [], wrong: [], breaks: [] });
    expect(ends.get("served")).toBeGreaterThan(0);
    expect(ends.get(1008)).toBeGreaterThan(0);
    expect(trades).toBeGreaterThan(10);
    expect(links).toBeGreaterThanOrEqual(trades);
    expect(exchange.logs.filter((line) => (line.level as number) >= 50)).toEqual([]);
    expect((await fetch(`${exchange.url}/readyz`)).status).toBe(200);
  },
  sized(120_000, 7_200_000),
);
