// A trader's desk before a real gateway: what is open is never more than it may be, however much is
// asked for at once, and what ends makes room.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  JORDAN,
  startTestExchange,
  TOKEN,
  type TestExchange,
} from "../../gateway/testing/exchange.ts";
import { connect } from "../../gateway/client/index.ts";
import { openAccount } from "./accounts.ts";
import { Desk } from "./desk.ts";
import type { Act, Side } from "./habits.ts";
import { makeShoes, type Pair } from "./shoes.ts";

const OPEN_MAX = 3;

let exchange: TestExchange;
let desk: Desk;
let pair: Pair;
beforeAll(async () => {
  exchange = await startTestExchange();
  const symbols = JORDAN.sizes.map((size) => `${JORDAN.style}:${size}`);
  const pairs = makeShoes([{ ...JORDAN, tick: "1.00", band: null, symbols }], "seed")[0]!.pairs;
  pair = pairs[0]!;
  const signer = await openAccount({ url: exchange.url, adminToken: TOKEN }, "sim-maker-1");
  const client = connect({ url: exchange.url, credentials: { kind: "key", signer } });
  desk = new Desk(client, new Map(pairs.map((each) => [each.symbol, each])));
  desk.openMax = OPEN_MAX;
});
afterAll(async () => {
  desk.close();
  await exchange.stop();
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
const free = (): Promise<void> => until(() => desk.isFree(pair.symbol));
const open = (): number => exchange.shard.stats().ordersOpen;
const place = (priceTicks: number, side: Side = "sell", takes = false): Act => {
  return { kind: "place", pair, side, priceTicks, quantity: 1, takes };
};

test("of five asks at once three are placed, and none of the next five", async () => {
  await free();
  await desk.send(
    pair.symbol,
    [300, 301, 302, 303, 304].map((ticks) => place(ticks)),
  );
  expect(open()).toBe(OPEN_MAX);
  await free();
  await desk.send(
    pair.symbol,
    [305, 306, 307, 308, 309].map((ticks) => place(ticks)),
  );
  expect(open()).toBe(OPEN_MAX);
});

test("one that goes makes room for one, and is not waited for in the same breath", async () => {
  await free();
  const [first] = desk.own(pair.symbol);
  await desk.send(pair.symbol, [{ kind: "cancel", order: first! }, place(310)]);
  expect(open()).toBe(OPEN_MAX - 1);
  await free();
  await desk.send(
    pair.symbol,
    [311, 312].map((ticks) => place(ticks)),
  );
  expect(open()).toBe(OPEN_MAX);
});

test("what rests nowhere is not counted, and an amend is no new order", async () => {
  await free();
  const [first] = desk.own(pair.symbol);
  await desk.send(pair.symbol, [
    place(290, "buy", true),
    { kind: "amend", order: first!, pair, priceTicks: 320 },
  ]);
  await until(() => desk.own(pair.symbol).some(({ priceTicks }) => priceTicks === 320));
  expect(exchange.shard.stats().ordersTotal).toBe(OPEN_MAX + 2); // three, one that made room's, the taker's
  expect(open()).toBe(OPEN_MAX);
});
