// The traders' habits and the market's character, without an exchange: what each does next, and that
// the same seed makes the same market.
import { expect, test } from "@jest/globals";
import { Bursts } from "./bursts.ts";
import {
  bargain,
  beFirst,
  type Quote,
  type Resting,
  type Side,
  type Situation,
  takeBest,
  tendLadder,
} from "./habits.ts";
import { makeRandom, makeWeighted } from "./random.ts";
import { makeShoes, type ProductRow, sizeWeights } from "./shoes.ts";
import { Walk } from "./walk.ts";

const SIZES = ["US-4", "US-6.5", "US-7", "US-9", "US-9.5", "US-10", "US-13", "US-15"];

function product(style: string, more: Partial<ProductRow> = {}): ProductRow {
  return {
    style,
    retail_price: "200.00",
    release_date: "2022-01-01",
    tick: "1.00",
    band: { low: "25.00", high: "4000.00" },
    symbols: SIZES.map((size) => `${style}:${size}`),
    ...more,
  };
}

const shoes = makeShoes([product("A-1"), product("B-2"), product("SALE-A-1")], "seed");
const pair = shoes[0]!.pairs[3]!;
const FAIR = 300;

function situation(quote: Partial<Quote> = {}): Situation {
  const none = { bidTicks: 0, askTicks: 0, bidQuantity: 0, askQuantity: 0, lastTicks: 0 };
  return { pair, fairTicks: FAIR, quote: { ...none, ...quote } };
}

const resting = (side: Side, priceTicks: number): Resting => ({
  orderId: `0-${side}-${priceTicks}`,
  symbol: pair.symbol,
  side,
  priceTicks,
});

test("the same seed makes the same market, another seed another; imported products are not in it", () => {
  const again = makeShoes([product("SALE-A-1"), product("B-2"), product("A-1")], "seed");
  const facts = (list: typeof shoes): string =>
    JSON.stringify(list.map(({ style, baseTicks, volatility }) => [style, baseTicks, volatility]));
  expect(facts(again)).toBe(facts(shoes));
  expect(facts(makeShoes([product("A-1"), product("B-2")], "other"))).not.toBe(facts(shoes));
  expect(shoes.map(({ style }) => style).toSorted()).toEqual(["A-1", "B-2"]);
});

test("sizes in the middle trade most, the ends hardly ever, extra wide ones seldom", () => {
  const weights = sizeWeights([...SIZES, "US-10-2E"].map((size) => `A-1:${size}`));
  const of = (size: string): number => weights[[...SIZES, "US-10-2E"].indexOf(size)]!;
  expect(of("US-10")).toBeGreaterThan(of("US-7"));
  expect(of("US-7")).toBeGreaterThan(of("US-4") * 3);
  expect(of("US-9")).toBeGreaterThan(of("US-15") * 10);
  expect(of("US-10-2E")).toBeLessThan(of("US-10") / 2);
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
});

test("chance follows the weights, and what has none never happens", () => {
  const random = makeRandom("weights");
  const counts = { often: 0, seldom: 0, never: 0 };
  const pickOne = makeWeighted(Object.keys(counts), (w) => ({ often: 9, seldom: 1 })[w] ?? 0);
  for (let left = 5_000; left > 0; left--) counts[pickOne(random) as keyof typeof counts]++;
  expect(counts.never).toBe(0);
  expect(counts.often / counts.seldom).toBeGreaterThan(6);
});

test("a maker builds a ladder, leaves it alone while it stands, and mends what is worn", () => {
  const random = makeRandom("maker");
  const built = tendLadder(situation(), [], random, 100);
  const own = built.map((act) => {
    if (act.kind !== "place") throw new Error(`${act.kind} on an empty book`);
    return resting(act.side, act.priceTicks);
  });
  const side = (wanted: Side): number[] =>
    own.filter((order) => order.side === wanted).map((order) => order.priceTicks);
  expect(side("buy")).toHaveLength(pair.levels);
  expect(side("sell")).toHaveLength(pair.levels);
  expect(new Set(side("buy")).size).toBe(pair.levels);
  expect(Math.max(...side("buy"))).toBeLessThan(FAIR);
  expect(Math.min(...side("sell"))).toBeGreaterThan(FAIR);

  expect(tendLadder(situation(), own, random, 100)).toEqual([]);
  const best = Math.min(...side("sell"));
  const worn = own.filter((order) => order.priceTicks !== best);
  expect(tendLadder(situation(), worn, random, 100)).toMatchObject([
    { kind: "place", side: "sell", priceTicks: best, takes: false },
  ]);
});

test("when a price has gone elsewhere a maker moves his orders, a few at a time, and never across", () => {
  const far = [resting("buy", 500), resting("buy", 490), resting("sell", 510)];
  const acts = tendLadder(situation({ bidTicks: 320, askTicks: 322 }), far, makeRandom("m"), 3);
  expect(acts).toHaveLength(3);
  expect(acts[0]).toMatchObject({ kind: "amend", order: { side: "buy" } });
  const all = tendLadder(situation({ bidTicks: 320, askTicks: 322 }), [], makeRandom("m"), 100);
  const prices = (side: Side): number[] =>
    all.flatMap((act) => (act.kind === "place" && act.side === side ? [act.priceTicks] : []));
  expect(Math.min(...prices("sell"))).toBeGreaterThan(320);
  expect(Math.max(...prices("buy"))).toBeLessThan(322);
});

test("resellers and patient buyers step in front by a tick, and never take", () => {
  const random = makeRandom("queue");
  const quote = { bidTicks: 280, askTicks: 330 };
  let fronts = 0;
  for (let left = 200; left > 0; left--) {
    const ask = beFirst(situation(quote), "sell", undefined, random);
    const bid = beFirst(situation(quote), "buy", undefined, random);
    if (ask?.kind !== "place" || bid?.kind !== "place") throw new Error("both place");
    expect(ask.priceTicks).toBeGreaterThan(280);
    expect(bid.priceTicks).toBeLessThan(330);
    expect(ask.takes || bid.takes).toBe(false);
    if (ask.priceTicks === 329) fronts++;
  }
  expect(fronts).toBeGreaterThan(100);
  // Who is first already does not undercut himself.
  const first = resting("sell", 330);
  const acts = Array.from({ length: 100 }, () => beFirst(situation(quote), "sell", first, random));
  expect(acts.some((act) => act?.kind === "amend" && act.priceTicks === 329)).toBe(false);
});

test("takers take what is there at its price; a bargain is one for them only beyond a margin", () => {
  const random = makeRandom("taker");
  const quote = { bidTicks: 299, bidQuantity: 1, askTicks: 301, askQuantity: 4 };
  expect(takeBest(situation(quote), "buy", random)).toMatchObject({ priceTicks: 301, takes: true });
  expect(takeBest(situation(), "buy", random)).toBeUndefined();
  expect(takeBest(situation(quote), "sell", random)).toMatchObject({ quantity: 1 });

  expect(bargain(situation(quote))).toBeUndefined();
  expect(bargain(situation({ ...quote, askTicks: 250 }))).toBe("buy");
  expect(bargain(situation({ ...quote, bidTicks: 400, askTicks: 420 }))).toBe("sell");
});

test("prices go on from the last sales, wander, and stay within reach and band", () => {
  const walk = new Walk(pair.shoe);
  walk.resume([{ pair, lastTicks: 123 }]);
  expect(walk.fairTicks(pair)).toBeCloseTo(123, 6);
  const random = makeRandom("walk");
  const seen: number[] = [];
  for (let minutes = 0; minutes < 24 * 60; minutes++) {
    walk.step(60, random);
    seen.push(walk.fairTicks(pair));
  }
  expect(new Set(seen.map(Math.round)).size).toBeGreaterThan(5);
  const base = pair.shoe.baseTicks * pair.factor;
  expect(seen.at(-1)).toBeGreaterThan(base * 0.6);
  expect(seen.at(-1)).toBeLessThan(base * 1.6);
});

test("a release day begins with a burst on its model, once", () => {
  const news = makeShoes(
    [product("OLD-1"), product("NEW-1", { release_date: "2026-12-05" })],
    "seed",
  );
  const bursts = new Bursts(news, makeRandom("bursts"), "2026-12-04");
  expect(bursts.at(1, "2026-12-04")).toBeUndefined();
  const release = bursts.at(2, "2026-12-05");
  expect(release?.shoe.style).toBe("NEW-1");
  expect(bursts.at(3, "2026-12-05")).toBe(release);
  const later = new Bursts(news, makeRandom("bursts"), "2026-12-06");
  expect(later.at(2, "2026-12-06")).toBeUndefined();
});
