// Who stands between the exchange and a client lies, or says nothing of a channel's last word: the client
// shows no wrong book, does not flood the exchange with its doubts, and finds the hole in what went quiet.
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from "@jest/globals";
import { startTestExchange, type TestExchange } from "../testing/exchange.ts";
import {
  type BookView,
  type Channel,
  type Client,
  connect,
  type Credentials,
  type Doubt,
  type ErrorBody,
  ExchangeError,
  makeSigner,
  type Push,
} from "./index.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Tap, until } from "./testing/tapped-socket.ts";

const SYMBOL = "DZ5485-612:US-10";
const OTHER = "DZ5485-612:US-9";
const clients: Client[] = [];
let exchange: TestExchange;

beforeAll(async () => {
  exchange = await startTestExchange();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => exchange.stop());

async function open(account: string, tap = new Tap()): Promise<Client> {
  const { key, privateKey } = await exchange.makeKey(account);
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  const credentials: Credentials = { kind: "key", signer: await makeSigner(key, pem) };
  const { url } = exchange;
  const client = connect({ url, credentials, makeSocket: tap.makeSocket, random: () => 0 });
  clients.push(client);
  await until(() => client.connection.phase === "online");
  return client;
}

const bid = (client: Client, cents: number, symbol = SYMBOL) =>
  client.orders.place({ symbol, side: "buy", qty: 1, price: `${100 + cents}.00`, tif: "gtc" });

test("a book that every delta damages: never shown, asked for a few times only, right at last", async () => {
  const maker = await open("maker");
  await bid(maker, 0);
  const tap = new Tap();
  let damaged = 0;
  tap.changesIn = (text) => {
    if (!text.includes('"channel":"book"') || !text.includes('"update"')) return text;
    damaged++;
    return text.replace(/(\[\["\d+\.00",)1,/, "$17,");
  };
  const seen: BookView[] = [];
  const doubts: Doubt[] = [];
  const client = await open("reader", tap);
  client.book(SYMBOL, { book: (view) => seen.push(view), doubted: (each) => doubts.push(each) });
  await until(() => seen.length === 1);
  for (let at = 1; at <= 60; at++) {
    await bid(maker, at);
    await until(() => damaged >= at);
  }
  const asked = tap.sent.filter((text) => text.includes('"channel":"book"'));
  expect(asked.length).toBeLessThan(30);
  expect(doubts[0]).toMatchObject({ reason: "checksum", times: 3 });
  expect(doubts.map(({ times }) => times)).toEqual(doubts.map((_, at) => at + 3));
  tap.changesIn = (text) => text;
  await until(() => seen.at(-1)!.bids.length === 61);
  await bid(maker, 61);
  await until(() => seen.at(-1)!.bids.length === 62);
  const quantities = seen.flatMap(({ bids }) => bids.map(({ quantity }) => quantity));
  expect(new Set(quantities)).toEqual(new Set([1]));
});

describe("the last push of a channel is lost, and nothing more happens there", () => {
  // Channel | updates of an order that comes, and is traded
  const QUIET: [Channel, number][] = [
    ["book", 2],
    ["level3", 2],
    ["trades", 1],
    ["ticker", 2],
    ["executions", 2],
    ["orders", 2],
  ];

  test.each(QUIET)("%s: the heartbeat tells, and it is made good", async (channel, updates) => {
    const maker = await open(`maker-${channel}`);
    const tap = new Tap();
    const client = await open(`reader-${channel}`, tap);
    const name = channel === "executions" || channel === "orders" ? "" : OTHER;
    await client.orders.place({ symbol: OTHER, side: "buy", qty: 1, price: "90.00", tif: "ioc" });
    const pushes: Push[] = [];
    const stale: string[] = [];
    client.subscribe(channel, name, {
      push: (push) => pushes.push(push),
      stale: (why) => stale.push(why),
    });
    await until(() => pushes.length > 0);
    let lost = 0;
    tap.losesIn = (text) =>
      text.includes(`"channel":"${channel}","type":"update"`) && ++lost <= updates;
    const order = { symbol: OTHER, qty: 1, price: "150.00" } as const;
    await client.orders.place({ ...order, side: "buy" });
    await maker.orders.place({ ...order, side: "sell" });
    await until(() => lost === updates);
    expect(pushes).toHaveLength(1);
    await until(() => pushes.length > 1);
    expect(stale).toEqual(["gap"]);
    expect(pushes.at(-1)!.seq).toBe(await newestSeq(name === "" ? client : maker, channel, name));
  });

  /** As a newcomer is told. */
  async function newestSeq(by: Client, channel: Channel, name: string): Promise<number> {
    let seq: number | undefined;
    const push = (each: Push): void => {
      if (each.type === "snapshot") seq = each.seq;
    };
    const stop = by.subscribe(channel, name, { push });
    await until(() => seq !== undefined);
    stop();
    return seq!;
  }
});

describe("how often what is wrong is asked for again", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const book = (type: Push["type"], seq: number, prev: number): Push => {
    const data = { bids: [], asks: [] };
    return { channel: "book", type, symbol: "A", seq, prev_seq: prev, ts: "", data };
  };

  function start(chance: number) {
    const asked: object[] = [];
    const doubts: Doubt[] = [];
    const request = (_method: string, params: object): Promise<unknown> => {
      asked.push(params);
      return Promise.resolve({ symbols: [{ symbol: "A", mode: "snapshot", seq: 0 }] });
    };
    const all = new Subscriptions(request, () => chance);
    all.online();
    all.add("book", "A", { push: () => {}, doubted: (each) => doubts.push(each) });
    return { all, asked, doubts };
  }

  // How often it was wrong | the pause without luck | and with the most of it
  /** How long after the last of so many times in a row it is asked for again. */
  async function pauseAfter(times: number, chance: number): Promise<number> {
    const { all, asked, doubts } = start(chance);
    await jest.advanceTimersByTimeAsync(0);
    for (let at = 1; at < times; at++) {
      all.renew("book", "A");
      await jest.advanceTimersByTimeAsync(8_000);
    }
    const before = asked.length;
    all.renew("book", "A");
    const fromMs = Date.now();
    while (asked.length === before) await jest.advanceTimersByTimeAsync(1);
    const toMs = Date.now();
    const said = times > 2 ? [{ reason: "checksum", times, retryAtMs: toMs }] : [];
    expect(doubts.slice(-1)).toEqual(said);
    return toMs - fromMs;
  }

  // How often it was wrong | the pause without luck | and with the most of it
  const PAUSES: [number, number, number][] = [
    [1, 0, 0],
    [2, 0, 0],
    [3, 250, 500],
    [4, 500, 1_000],
    [5, 1_000, 2_000],
    [7, 4_000, 8_000],
    [9, 4_000, 8_000],
  ];
  test.each(PAUSES)("wrong %i times: after %i to %i ms", async (times, least, most) => {
    expect(await pauseAfter(times, 0)).toBe(least);
    expect(await pauseAfter(times, 1)).toBe(most);
  });

  test("gaps that resuming and a snapshot do not fill are asked after in the same pauses", async () => {
    const { all, asked, doubts } = start(0);
    await jest.advanceTimersByTimeAsync(0);
    for (let seq = 10; seq < 1_000; seq += 10) {
      all.push(book("snapshot", seq, 0));
      all.push(book("update", seq + 2, seq + 1));
      await jest.advanceTimersByTimeAsync(0);
    }
    expect(asked.length).toBeLessThan(5);
    expect(doubts.length).toBeGreaterThan(0);
  });

  test("what was right for a while is made good at once again", async () => {
    const { all, asked } = start(1);
    await jest.advanceTimersByTimeAsync(0);
    for (let at = 0; at < 4; at++) all.renew("book", "A");
    await jest.advanceTimersByTimeAsync(60_000);
    const before = asked.length;
    all.renew("book", "A");
    expect(asked).toHaveLength(before + 1);
  });

  test("nothing is asked for a line that is gone, or for nobody", async () => {
    const { all, asked } = start(1);
    const stop = all.add("book", "B", { push: () => {} });
    await jest.advanceTimersByTimeAsync(0);
    for (let at = 0; at < 3; at++) all.renew("book", "A");
    for (let at = 0; at < 3; at++) all.renew("book", "B");
    const before = asked.length;
    stop();
    all.down();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asked.length - before).toBe(1); // that it listens to B no more
  });

  const refusal = (code: string, more: object): ExchangeError => {
    const body = { code, class: "RATE", message: "", retryable: false, request_id: "", ...more };
    return new ExchangeError(body as ErrorBody);
  };
  // What becomes of a request | whether it comes again | whether the listener hears of it
  const FAILURES: [ExchangeError, boolean, boolean][] = [
    [refusal("CLIENT_NO_ANSWER", { execution: "unknown" }), true, false],
    [refusal("OVERLOADED", { retryable: true }), true, true],
    [refusal("SCOPE_MISSING", {}), false, true],
  ];
  test.each(FAILURES)("a request that fails: %s", async (error, comesAgain, isTold) => {
    const asked: object[] = [];
    const refused: unknown[] = [];
    const request = (_method: string, params: object): Promise<unknown> => {
      asked.push(params);
      return Promise.reject(error);
    };
    const all = new Subscriptions(request, () => 1);
    all.online();
    for (const name of ["A", "B"]) {
      all.add("trades", name, { push: () => {}, refused: (why) => refused.push(why) });
    }
    await jest.advanceTimersByTimeAsync(0);
    expect(asked).toEqual([{ channel: "trades", symbols: ["A", "B"] }]);
    expect(refused).toEqual(isTold ? [error, error] : []);
    await jest.advanceTimersByTimeAsync(500 + 1_000 + 2_000);
    expect(asked).toEqual(Array.from({ length: comesAgain ? 4 : 1 }, () => asked[0]));
    all.down();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(comesAgain ? 4 : 1);
  });
});
