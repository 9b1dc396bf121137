// The public client against a real gateway, over a line on which things get lost: what it shows is the
// exchange's truth or said to be old, and no order is ever placed twice.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestExchange, type TestExchange } from "../testing/exchange.ts";
import {
  Book,
  type BookData,
  type BookView,
  type Client,
  connect,
  type Credentials,
  type ExchangeError,
  makeSigner,
  type Push,
  type StaleReason,
} from "./index.ts";
import { Tap, until } from "./testing/tapped-socket.ts";

const SYMBOL = "DZ5485-612:US-10";
const NEVER_RETRIES_LATE = { random: () => 0 };

let exchange: TestExchange;
let maker: Client;
const clients: Client[] = [];

beforeAll(async () => {
  exchange = await startTestExchange();
  maker = await open(new Tap(), await credentialsOf("maker"));
});
afterEach(() => {
  for (const client of clients.splice(1)) client.close();
});
afterAll(async () => {
  maker.close();
  await exchange.stop();
});

async function credentialsOf(account: string): Promise<Credentials> {
  const { key, privateKey } = await exchange.makeKey(account);
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  return { kind: "key", signer: await makeSigner(key, pem) };
}

async function open(tap: Tap, credentials?: Credentials): Promise<Client> {
  const client = connect({
    url: exchange.url,
    makeSocket: tap.makeSocket,
    ...NEVER_RETRIES_LATE,
    ...(credentials === undefined ? {} : { credentials }),
  });
  clients.push(client);
  await until(() => client.connection.phase === "online");
  return client;
}

/** A book as one client sees it, with what it was told about its age. */
function follow(client: Client, name = SYMBOL) {
  const book = new Book();
  const seen = { book, pushes: [] as Push[], stale: [] as StaleReason[], refused: "" };
  client.subscribe("book", name, {
    push: (push) => {
      seen.pushes.push(push);
      if (push.type === "snapshot") book.replace(push.data as BookData);
      else book.apply(push.data as BookData);
    },
    stale: (reason) => seen.stale.push(reason),
    refused: ({ code }) => {
      seen.refused = code;
    },
  });
  return seen;
}

const bid = (price: string) =>
  maker.orders.place({ symbol: SYMBOL, side: "buy", qty: 1, price, tif: "gtc" });
const ORDER = { symbol: SYMBOL, side: "buy", qty: 1, price: "110.00" } as const;
/** Of an order that is to arrive, on a busy machine too, and then to be forgotten. */
const LIFE_MS = 1_000;
const briefly = (ms: number) => ({ ...ORDER, deadline: new Date(Date.now() + ms).toISOString() });

/** An order of `client` trades and is forgotten while its line says nothing; then there is another. */
async function tradeUnheard(tap: Tap, client: Client) {
  await client.orders.place({ ...ORDER, tif: "ioc" });
  const { ordersTotal: before, tradesTotal } = exchange.shard.stats();
  tap.losesIn = (text) => !text.includes("heartbeat");
  const forgottenMs = performance.now() + LIFE_MS;
  const fate = client.orders.place(briefly(LIFE_MS)).catch((error: ExchangeError) => error);
  await until(() => ordersTotal() > before);
  await maker.orders.place({ ...ORDER, side: "sell", tif: "ioc" });
  expect(exchange.shard.stats().tradesTotal).toBe(tradesTotal + 1);
  await until(() => performance.now() > forgottenMs + 100);
  tap.losesIn = () => false;
  tap.cut();
  return { fate };
}
const ordersTotal = (): number => exchange.shard.stats().ordersTotal;

describe("what is shown is the truth, or said to be old", () => {
  test("a follower's book is a newcomer's book", async () => {
    const early = follow(await open(new Tap()));
    await until(() => early.pushes.length === 1);
    for (const price of ["100.00", "101.00", "102.00"]) await bid(price);
    const late = follow(await open(new Tap()));
    await until(() => early.pushes.length === 4 && late.pushes.length > 0);
    expect(early.book.view()).toEqual(late.book.view());
    expect(early.book.view().bids.map((level) => level.price)).toEqual([
      "102.00",
      "101.00",
      "100.00",
    ]);
  });

  test("a push that went missing is noticed with the next one, and made good", async () => {
    const tap = new Tap();
    const seen = follow(await open(tap));
    await until(() => seen.pushes.length === 1);
    tap.losesIn = (text) => text.includes(`"type":"update"`) && text.includes(`"103.00"`);
    await bid("103.00");
    await bid("104.00");
    await until(() => seen.book.view().bids[0]?.price === "104.00");
    expect(seen.stale).toEqual(["gap"]);
    const fresh = follow(await open(new Tap()));
    await until(() => fresh.pushes.length > 0);
    expect(seen.book.view()).toEqual(fresh.book.view());
    expect(tap.opened).toBe(1);
  });

  test("a book that went wrong is noticed by its checksum, and begins anew", async () => {
    const tap = new Tap();
    const client = await open(tap);
    const stale: StaleReason[] = [];
    const seen: BookView[] = [];
    client.book(SYMBOL, { book: (view) => seen.push(view), stale: (why) => stale.push(why) });
    await until(() => seen.length === 1);
    tap.changesIn = (text) => text.replace('["105.00",1,1]', '["105.00",7,1]');
    await bid("105.00");
    await until(() => stale.length > 0);
    tap.changesIn = (text) => text;
    await bid("106.00");
    await until(() => seen.at(-1)!.bids[0]?.price === "106.00");
    expect(stale[0]).toBe("checksum");
    expect(seen.at(-1)!.bids[1]).toMatchObject({ price: "105.00", quantity: 1 });
    expect(seen.flatMap(({ bids }) => bids).filter(({ quantity }) => quantity === 7)).toEqual([]);
  });

  test("a cut line is said at once and comes back by itself, to the same book", async () => {
    const tap = new Tap();
    const seen = follow(await open(tap));
    await until(() => seen.pushes.length === 1);
    tap.cut();
    expect(seen.stale).toEqual(["disconnected"]);
    await bid("107.00");
    await until(() => seen.book.view().bids[0]?.price === "107.00");
    expect(seen.pushes[1]!.type).toBe("update"); // what was missed, and no more
    expect(seen.book.view().bids[0]!.price).toBe("107.00");
    expect(tap.opened).toBe(2);
  });

  test("a symbol that is not there is refused alone, its neighbours are not", async () => {
    const client = await open(new Tap());
    const nobody = follow(client, "NOPE:US-1");
    const somebody = follow(client);
    await until(() => nobody.refused !== "" && somebody.pushes.length > 0);
    expect(nobody.refused).toBe("UNKNOWN_SYMBOL");
    expect(somebody.refused).toBe("");
  });

  test("what nobody listens to any more is not sent", async () => {
    const tap = new Tap();
    const client = await open(tap);
    const stop = client.subscribe("ticker", SYMBOL, { push: () => {} });
    await client.request("ping");
    stop();
    await client.request("ping");
    expect(tap.sent.filter((text) => text.includes(`"unsubscribe"`))).toHaveLength(1);
  });
});

describe("no order is placed twice, and every one's fate is known", () => {
  test("the answer was lost with the line: the exchange is asked, nothing is sent again", async () => {
    const tap = new Tap();
    const client = await open(tap, await credentialsOf("unlucky"));
    const before = ordersTotal();
    tap.losesIn = (text) => text.includes(`"method":"add_order"`);
    const placed = client.orders.place({ symbol: SYMBOL, side: "buy", qty: 2, price: "90.00" });
    await until(() => ordersTotal() > before);
    tap.cut();
    expect(await placed).toMatchObject({ status: "open", qty: 2, open_qty: 2 });
    expect(ordersTotal()).toBe(before + 1);
    expect(tap.sent.filter((text) => text.includes("add_order"))).toHaveLength(1);
  });

  test("the order itself was lost: after its deadline that is certain, and said", async () => {
    const tap = new Tap();
    const client = await open(tap, await credentialsOf("unluckier"));
    await client.orders.place({ ...ORDER, tif: "ioc" });
    const before = ordersTotal();
    tap.losesOut = (text) => text.includes("add_order");
    const failed = client.orders.place(briefly(300)).catch((error: ExchangeError) => error);
    tap.cut();
    expect(await failed).toMatchObject({ code: "CLIENT_NOT_PLACED", execution: "none" });
    expect(ordersTotal()).toBe(before);
  });

  test("it traded, and was forgotten before anybody asked: the reports that were missed tell it", async () => {
    const tap = new Tap();
    const client = await open(tap, await credentialsOf("late"));
    const { fate } = await tradeUnheard(tap, client);
    expect(await fate).toMatchObject({ status: "filled", qty: 1, filled_qty: 1 });
    expect(tap.sent.filter((text) => text.includes("add_order"))).toHaveLength(2);
  });

  test("the same where what was missed is not told: nobody says that it was not placed", async () => {
    const tap = new Tap();
    const client = await open(tap, await credentialsOf("later"));
    tap.changesOut = (text) => text.replace(/,"resume_from_seq":[{][^}]*[}]/, "");
    const { fate } = await tradeUnheard(tap, client);
    expect(await fate).toMatchObject({ code: "CLIENT_FATE_UNKNOWN", execution: "unknown" });
  });

  test("what the exchange refuses is told in its words", async () => {
    const client = await open(new Tap(), await credentialsOf("hasty"));
    const far = { symbol: SYMBOL, side: "buy", qty: 1, price: "9999.00" } as const;
    const failed = await client.orders.place(far).catch((error: ExchangeError) => error);
    expect(failed).toMatchObject({ execution: "none", name: "Error" });
    expect((failed as ExchangeError).code).toBe("PRICE_OUTSIDE_BAND");
  });

  test("a misspelt word is told, for what it meant did not happen", async () => {
    const credentials = await credentialsOf("misspelt");
    const told: unknown[] = [];
    const onIgnored = (...each: unknown[]): void => void told.push(each);
    const client = connect({ url: exchange.url, credentials, onIgnored });
    clients.push(client);
    await until(() => client.connection.phase === "online");
    const order = { ...ORDER, postOnly: true, validate: true };
    await client.orders.place(order);
    expect(told).toEqual([["add_order", ["postOnly"]]]);
  });

  test("without a line nothing is sent, and that is said", async () => {
    const tap = new Tap();
    const client = await open(tap, await credentialsOf("offline"));
    client.close();
    const order = { symbol: SYMBOL, side: "sell", qty: 1, price: "95.00" } as const;
    const failed = await client.orders.place(order).catch((error: ExchangeError) => error);
    expect(failed).toMatchObject({ code: "CLIENT_NOT_CONNECTED", execution: "none" });
  });
});

test("a key that is not known waits with its reason, and market data is not shown as somebody's", async () => {
  const { signer } = (await credentialsOf("someone")) as Extract<Credentials, { kind: "key" }>;
  const credentials: Credentials = { kind: "key", signer: { ...signer, key: "k_nobody" } };
  const client = connect({ url: exchange.url, credentials, ...NEVER_RETRIES_LATE });
  clients.push(client);
  await until(() => client.connection.reason === "KEY_INVALID");
  expect(client.connection).toMatchObject({ phase: "waiting", account: null });
  client.become({ kind: "none" });
  await until(() => client.connection.phase === "online");
});

test("somebody else's reports begin anew", async () => {
  const theirs = await credentialsOf("second");
  const other = await open(new Tap(), theirs);
  for (const _ of [1, 2, 3]) await other.orders.place({ ...ORDER, tif: "ioc" });
  const client = await open(new Tap(), await credentialsOf("first"));
  const seen: Push[] = [];
  client.subscribe("executions", "", { push: (push) => seen.push(push) });
  await client.orders.place({ ...ORDER, tif: "ioc" });
  client.become(theirs);
  const before = seen.length;
  await until(() => client.connection.account === "second");
  await client.orders.place({ ...ORDER, tif: "ioc" });
  await until(() => seen.at(-1)!.type === "update" && seen.length > before);
  expect(seen[before]).toMatchObject({ type: "snapshot", data: [] });
});
