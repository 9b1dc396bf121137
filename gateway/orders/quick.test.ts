/**
 * The short way and the long way of an order are one: two exchanges are told the same, one so that it
 * takes the short way (a number as `req_id`), one so that it cannot (a text). Their journals hold the
 * same records, and their traders hear the same answers.
 */
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { COMMAND_BYTES, CommandF64 } from "../../engine/client/layouts.ts";
import { encodeFrame } from "../testing/binary.ts";
import {
  type Message,
  startTestExchange,
  type TestExchange,
  type TestOptions,
} from "../testing/exchange.ts";
import { connect, type Trader } from "../testing/trader.ts";
import { QuickOrders } from "./quick.ts";

const SYMBOLS = ["DZ5485-612:US-9", "DZ5485-612:US-10", "NOPE:US-1"];
const ORDERS = 400;
const NAMES = ["alice", "bob"];

interface Venue {
  readonly exchange: TestExchange;
  readonly traders: readonly Trader[];
}
const open = async (options: TestOptions = {}): Promise<Venue> => {
  const exchange = await startTestExchange(options);
  const traders: Trader[] = [];
  for (const name of NAMES) {
    traders.push(await connect(exchange, await exchange.makeKey(name), "proto"));
  }
  return { exchange, traders };
};
let short: Venue;
let long: Venue;

beforeAll(async () => {
  short = await open();
  long = await open();
});
afterAll(async () => {
  await short.exchange.stop();
  await long.exchange.stop();
});

/** A small generator of our own, so that a failure can be had again. */
let state = 20_261_121;
const random = (below: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const oneOf = <T>(...values: readonly T[]): T => values[random(values.length)]!;
const maybe = (share: number, more: object): object => (random(100) < share ? more : {});
const UUIDS = [
  "0190b1a8-7c1e-7bbb-8bbb-0123456789ab",
  "0190B1A8-7C1E-7BBB-8BBB-0123456789AB",
  "0190b1a8-7c1e-7bbb-7bbb-0123456789ab",
];
const idOf = (number: number): string =>
  random(3) > 0 ? `o-${number}` : oneOf("x".repeat(16), "a b", "", ...UUIDS);

function somePlace(number: number): { method: string; params: object } {
  const minor = 100 * (100 + random(8)) + oneOf(0, 0, 0, 0, 0, 50);
  const params = {
    client_order_id: idOf(number),
    symbol: oneOf(SYMBOLS[0], SYMBOLS[0], SYMBOLS[0], SYMBOLS[1], SYMBOLS[1], ...SYMBOLS),
    side: oneOf("buy", "sell"),
    type: random(10) > 0 ? "limit" : "market",
    qty: random(8) > 0 ? 1 + random(3) : oneOf(0, -1, 2 ** 31),
    price: `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, "0")}`,
    deadline: FAR,
    ...maybe(20, { tif: oneOf("gtc", "ioc", "fok", "gtd") }),
    ...maybe(10, { post_only: true }),
    ...maybe(10, { stp: oneOf("none", "cancel_maker", "cancel_both", "decrement") }),
    ...maybe(5, { tags: [7] }),
    ...maybe(5, { validate: true }),
    ...maybe(3, { deadline: PAST }),
  };
  return { method: "add_order", params };
}
const FAR = new Date(Date.now() + 1_800_000).toISOString();
const PAST = new Date(Date.now() - 1_800_000).toISOString();

function someChange(number: number): { method: string; params: object } {
  const which = number - random(20);
  const target = oneOf(
    { client_order_id: `o-${which}` },
    { order_id: `0-${random(number) + 1}` },
    { order_id: oneOf("0-0", "0-01", "1-1", "0-", "-1", "0-1x", "0-99999999999999999") },
    { order_id: "0-1", client_order_id: "o-1" },
  );
  const symbol = maybe(60, { symbol: oneOf(...SYMBOLS, SYMBOLS[0]) });
  if (random(2) === 0) return { method: "cancel_order", params: { ...target, ...symbol } };
  const change = {
    ...maybe(70, { qty: oneOf(1, 2, 5, 0, -1) }),
    ...maybe(50, { price: oneOf("101.00", "104.00", "104.50", "-1.00") }),
  };
  return { method: "amend_order", params: { ...target, ...symbol, ...change } };
}

/** What may differ: when it was, and the request's own numbers. */
function bare(message: Message): unknown {
  const { time_in: _in, req_id: _id, ...rest } = message as Message & { time_out?: string };
  delete rest.time_out;
  const hide = (name: string, value: unknown): unknown =>
    name === "request_id" || name === "ts" || name === "retry_after_ms" ? "" : value;
  return JSON.parse(JSON.stringify(rest, hide));
}

const WITHOUT_DEADLINE = { symbol: SYMBOLS[0]!, side: "buy", type: "limit", qty: 1 };

test("the short way writes the same records and says the same answers as the long one", async () => {
  const take = jest.spyOn(QuickOrders.prototype, "take");
  const journals = [short, long].map(({ exchange }) => exchange.shard.journal.length);
  for (let number = 1; number <= ORDERS; number++) {
    const asked = random(3) === 0 ? someChange(number) : somePlace(number);
    const who = random(NAMES.length);
    const answers = await Promise.all(
      [short, long].map(async ({ traders }, at) => {
        const id = at === 0 ? 10_000 + number : `n${number}`;
        traders[who]!.socket.send(encodeFrame({ ...asked, req_id: id }));
        return traders[who]!.until((message) => message.req_id === id);
      }),
    );
    expect([asked, bare(answers[0]!)]).toEqual([asked, bare(answers[1]!)]);
  }
  const taken = take.mock.results.filter(({ value }) => value === true).length;
  expect(taken).toBeGreaterThan(ORDERS / 5);
  const [ours, theirs] = [short, long].map(({ exchange }, at) =>
    exchange.shard.journal.slice(journals[at]).map(recordOf),
  );
  expect(ours).toEqual(theirs);
  expect(ours!.length).toBeGreaterThan(ORDERS / 5);
});

test("limits count the same on both ways, refuse the same orders, and let cancels through", async () => {
  const limits = { limits: { ordersPerSecond: 0.001, ordersBurst: 5 } };
  const venues = [await open(limits), await open(limits)];
  const take = jest.spyOn(QuickOrders.prototype, "take").mockClear();
  const said = await Promise.all(
    venues.map(async ({ traders }, at) => {
      const answers: unknown[] = [];
      const ask = async (method: string, params: object): Promise<void> => {
        const number = 100 + answers.length; // a trader's own requests have the first numbers
        const id = at === 0 ? number : `n${number}`;
        traders[0]!.socket.send(encodeFrame({ method, params, req_id: id }));
        answers.push(bare(await traders[0]!.until((message) => message.req_id === id)));
      };
      const place = { ...WITHOUT_DEADLINE, price: "100.00" };
      for (let n = 0; n < 3; n++) await ask("add_order", { ...place, client_order_id: `a${n}` });
      await ask("amend_order", { client_order_id: "a0", symbol: place.symbol, qty: 2 });
      await ask("add_order", { ...place, client_order_id: "a0", qty: 3 }); // the core refuses it
      await ask("amend_order", { client_order_id: "a1", symbol: place.symbol, qty: 3 });
      await ask("add_order", { ...place, client_order_id: "b" });
      await ask("add_order", { ...place, client_order_id: "c", price: "100.50" }); // not even read
      await ask("cancel_order", { client_order_id: "a2", symbol: place.symbol });
      return answers as { success: boolean; limits: object; error?: { code: string } }[];
    }),
  );
  expect(said[0]).toEqual(said[1]);
  const codes = said[0]!.map(({ error }) => error?.code ?? "-").join(" ");
  expect(codes).toBe("- - - - CLIENT_ORDER_ID_REUSED RATE_LIMITED RATE_LIMITED RATE_LIMITED -");
  expect(said[0]!.map(({ limits: left }) => left)).toMatchObject(
    [4, 3, 2, 1, 0, 0, 0, 0, 0].map((orders_left) => ({ orders_left })),
  );
  expect(take.mock.results.filter(({ value }) => value === true)).toHaveLength(9);
  const [ours, theirs] = venues.map(({ exchange }) => exchange.shard.journal.length);
  expect(ours).toBe(theirs);
  for (const { exchange } of venues) await exchange.stop();
});

test("an order for which the ring has no room counts once", async () => {
  const options = { limits: { ordersPerSecond: 0.001, ordersBurst: 100_000 } };
  const { exchange, traders } = await open(options);
  const trader = traders[0]!;
  const ask = (number: number): void => {
    const params = { ...WITHOUT_DEADLINE, price: "100.00", client_order_id: `r${number}` };
    trader.socket.send(encodeFrame({ method: "add_order", params, req_id: 100 + number }));
  };
  exchange.shard.hold();
  const room = exchange.shard.commands.capacity;
  for (let number = 0; number <= room; number++) ask(number);
  const refused = await trader.until(({ error }) => error?.code === "OVERLOADED");
  exchange.shard.release();
  expect(refused).toMatchObject({
    req_id: 100 + room,
    limits: { orders_left: 100_000 - room - 1 },
  });
  await exchange.stop();
});

test("without a deadline it is a minute on both ways", async () => {
  const deadlines: number[] = [];
  for (const [at, { exchange, traders }] of [short, long].entries()) {
    const params = { ...WITHOUT_DEADLINE, client_order_id: "no-deadline", price: "100.00" };
    const id = at === 0 ? 1_000_000 : "n";
    traders[0]!.socket.send(encodeFrame({ method: "add_order", params, req_id: id }));
    await traders[0]!.until((message) => message.req_id === id);
    const record = new Float64Array(exchange.shard.journal.at(-1)!.slice().buffer);
    deadlines.push(record[CommandF64.deadlineUs]! - record[CommandF64.stampUs]!);
  }
  for (const aheadUs of deadlines) expect(Math.abs(aheadUs - 60_000_000)).toBeLessThan(5_000_000);
});

/** A record but for its stamp, and for the correlation, which counts requests. */
function recordOf(bytes: Uint8Array): readonly number[] {
  const record = new Float64Array(bytes.slice(0, COMMAND_BYTES).buffer);
  record[CommandF64.stampUs] = 0;
  record[CommandF64.correlation] = 0;
  return [...new Uint8Array(record.buffer)];
}
