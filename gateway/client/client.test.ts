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
    await until(() => stale.length === 1);
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
    const before = ordersTotal();
    tap.losesOut = (text) => text.includes("add_order");
    const deadline = new Date(Date.now() + 300).toISOString();
    const order = { symbol: SYMBOL, side: "buy", qty: 1, price: "90.00", deadline } as const;
    const failed = client.orders.place(order).catch((error: ExchangeError) => error);
    tap.cut();
    expect(await failed).toMatchObject({ code: "CLIENT_NOT_PLACED", execution: "none" });
    expect(ordersTotal()).toBe(before);
  });

  test("what the exchange refuses is told in its words", async () => {
    const client = await open(new Tap(), await credentialsOf("hasty"));
    const far = { symbol: SYMBOL, side: "buy", qty: 1, price: "9999.00" } as const;
    const failed = await client.orders.place(far).catch((error: ExchangeError) => error);
    expect(failed).toMatchObject({ execution: "none", name: "Error" });
    expect((failed as ExchangeError).code).toBe("PRICE_OUTSIDE_BAND");
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
