// Batches and groups through the typed client, against a real gateway and over a line on which answers get
// lost: all that single orders promise holds for each of several.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestExchange, type TestExchange } from "../testing/exchange.ts";
import {
  type Client,
  connect,
  type Credentials,
  type ExchangeError,
  makeSigner,
  type Operation,
  type OperationOutcome,
} from "./index.ts";
import { Tap, until } from "./testing/tapped-socket.ts";

const SYMBOL = "DZ5485-612:US-10";
const OTHER = "DZ5485-612:US-9";
const clients: Client[] = [];
let exchange: TestExchange;
let count = 0;

beforeAll(async () => {
  exchange = await startTestExchange();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => exchange.stop());

async function open(tap = new Tap()): Promise<Client> {
  const { key, privateKey } = await exchange.makeKey(`account-${++count}`);
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  const credentials: Credentials = { kind: "key", signer: await makeSigner(key, pem) };
  const { url } = exchange;
  const client = connect({ url, credentials, makeSocket: tap.makeSocket, random: () => 0 });
  clients.push(client);
  await until(() => client.connection.phase === "online");
  return client;
}

const BID = { symbol: SYMBOL, side: "buy", qty: 1, price: "60.00" } as const;
const soon = (ms: number) => ({ deadline: new Date(Date.now() + ms).toISOString() });
const place = (id: string, more: object = {}): Operation => ({
  place: { ...BID, client_order_id: id, ...more },
});
const ordersTotal = (): number => exchange.shard.stats().ordersTotal;
const sentTimes = (tap: Tap, method: string): number =>
  tap.sent.filter((text) => text.includes(`{"method":"${method}"`)).length;

/** What became of each, in a word. */
function words(outcomes: readonly OperationOutcome[]): string[] {
  return outcomes.map((each) => {
    if ("error" in each) return `${each.error.code} ${each.error.execution}`;
    if ("cancel" in each) return `cancel ${each.cancel.cancelled_qty}`;
    if ("amend" in each) return `amend ${each.amend.open_qty}`;
    return `place ${each.place.status} ${each.place.open_qty}`;
  });
}
const codeOf = async (failing: Promise<unknown>): Promise<string> => {
  const error = await failing.then(
    () => undefined,
    (why: unknown) => why as ExchangeError,
  );
  return `${error?.code} ${error?.execution}`;
};

describe("what the exchange answers", () => {
  // Mode | operations | what becomes of each
  const ROWS: ["atomic" | "independent", Operation[], string[]][] = [
    ["atomic", [place("a1"), place("a2", { qty: 3 })], ["place open 1", "place open 3"]],
    [
      "atomic",
      [{ amend: { client_order_id: "r", symbol: SYMBOL, qty: 4 } }, place("a3")],
      ["amend 4", "place open 1"],
    ],
    [
      "atomic",
      [{ cancel: { client_order_id: "r", symbol: SYMBOL } }, place("a9")],
      ["cancel 2", "place open 1"],
    ],
    [
      "atomic",
      [place("a4"), place("a5", { qty: 0 })],
      ["COMPOUND_REFUSED none", "QUANTITY_TOO_SMALL none"],
    ],
    [
      "independent",
      [place("a6"), { cancel: { client_order_id: "nobody", symbol: SYMBOL } }, place("a7")],
      ["place open 1", "UNKNOWN_ORDER none", "place open 1"],
    ],
    ["independent", [place("a8", { price: "9999.00" })], ["PRICE_OUTSIDE_BAND none"]],
  ];
  test.each(ROWS)("%s, operation by operation: %#", async (mode, operations, outcomes) => {
    const client = await open();
    await client.orders.place({ ...BID, client_order_id: "r", qty: 2 });
    expect(words(await client.orders.batch(mode, operations))).toEqual(outcomes);
  });

  test("a batch that is refused as a whole did nothing", async () => {
    const client = await open();
    const before = ordersTotal();
    const tooMany = Array.from({ length: 33 }, (_, at) => place(`m${at}`));
    expect(await codeOf(client.orders.batch("atomic", tooMany))).toBe("BATCH_TOO_LARGE none");
    expect(ordersTotal()).toBe(before);
  });

  test("a group: what one leg trades, the other loses", async () => {
    const [client, seller] = [await open(), await open()];
    const group = [
      { symbol: SYMBOL, price: "70.00" },
      { symbol: OTHER, price: "75.00" },
    ];
    const request = { side: "buy", qty: 1, group } as const;
    expect(await client.orders.placeGroup({ ...request, validate: true })).toHaveLength(2);
    const legs = await client.orders.placeGroup(request);
    expect(legs.map(({ symbol, status }) => [symbol, status])).toEqual([
      [SYMBOL, "open"],
      [OTHER, "open"],
    ]);
    await seller.orders.place({ symbol: OTHER, side: "sell", qty: 1, price: "75.00", tif: "ioc" });
    const after = await Promise.all(
      legs.map((leg) => client.orders.status(leg.client_order_id, leg.symbol)),
    );
    expect(after.map(({ status, reason }) => [status, reason])).toEqual([
      ["cancelled", "GROUP_FILLED"],
      ["filled", undefined],
    ]);
  });

  test("a group is refused as a whole", async () => {
    const client = await open();
    const group = [
      { symbol: SYMBOL, price: "70.00" },
      { symbol: OTHER, price: "9999.00" },
    ];
    const failing = client.orders.placeGroup({ side: "buy", qty: 1, group });
    expect(await codeOf(failing)).toBe("PRICE_OUTSIDE_BAND none");
  });
});

describe("the answer is lost", () => {
  const GROUP = [
    { symbol: SYMBOL, price: "61.00" },
    { symbol: OTHER, price: "61.00" },
  ] as const;

  test("of a batch: each place is found, nothing is sent again, changes stay unknown", async () => {
    const tap = new Tap();
    const client = await open(tap);
    await client.orders.place({ ...BID, client_order_id: "r" });
    const before = ordersTotal();
    tap.losesIn = (text) => text.includes('"method":"batch"');
    const cancel: Operation = { cancel: { client_order_id: "r", symbol: SYMBOL } };
    const batch = client.orders.batch("atomic", [place("b1"), cancel, place("b2", { qty: 2 })]);
    await until(() => ordersTotal() === before + 2);
    tap.cut();
    expect(words(await batch)).toEqual([
      "place open 1",
      "CLIENT_CONNECTION_LOST unknown",
      "place open 2",
    ]);
    expect([ordersTotal(), sentTimes(tap, "batch")]).toEqual([before + 2, 1]);
  });

  test("of a group: its legs are found", async () => {
    const tap = new Tap();
    const client = await open(tap);
    await client.orders.place({ ...BID, tif: "ioc" });
    const before = ordersTotal();
    tap.losesIn = (text) => text.includes('"method":"add_order"');
    const placed = client.orders.placeGroup({ side: "buy", qty: 1, group: GROUP });
    await until(() => ordersTotal() === before + 2);
    tap.cut();
    expect((await placed).map(({ status, open_qty: left }) => [status, left])).toEqual([
      ["open", 1],
      ["open", 1],
    ]);
    expect([ordersTotal(), sentTimes(tap, "add_order")]).toEqual([before + 2, 2]);
  });

  test("because nothing arrived: after the deadline that is certain", async () => {
    const tap = new Tap();
    const client = await open(tap);
    await client.orders.place({ ...BID, tif: "ioc" });
    const before = ordersTotal();
    tap.losesOut = (text) => text.includes('"method":"batch"') || text.includes('"group"');
    const batch = client.orders.batch("independent", [
      place("c1", soon(300)),
      place("c2", soon(300)),
    ]);
    const group = client.orders.placeGroup({ side: "buy", qty: 1, group: GROUP, ...soon(300) });
    const groupCode = codeOf(group);
    tap.cut();
    expect(words(await batch)).toEqual(["CLIENT_NOT_PLACED none", "CLIENT_NOT_PLACED none"]);
    expect(await groupCode).toBe("CLIENT_NOT_PLACED none");
    expect(ordersTotal()).toBe(before);
  });

  test("and nobody can tell any more: nobody says that it was not placed", async () => {
    const tap = new Tap();
    const client = await open(tap);
    await client.orders.place({ ...BID, tif: "ioc" });
    const before = ordersTotal();
    tap.losesIn = (text) => !text.includes("heartbeat");
    tap.changesOut = (text) => text.replace(/,"resume_from_seq":[{][^}]*[}]/, "");
    const lifeMs = 1_000; // they are to arrive, on a busy machine too
    const deadlineMs = performance.now() + lifeMs;
    const ended = { tif: "ioc", ...soon(lifeMs) } as const;
    const batch = client.orders.batch("atomic", [place("d1", ended), place("d2", ended)]);
    await until(() => ordersTotal() === before + 2);
    await until(() => performance.now() > deadlineMs + 100); // both ended at once: forgotten
    tap.losesIn = () => false;
    tap.cut();
    expect(words(await batch)).toEqual([
      "CLIENT_FATE_UNKNOWN unknown",
      "CLIENT_FATE_UNKNOWN unknown",
    ]);
  });
});
