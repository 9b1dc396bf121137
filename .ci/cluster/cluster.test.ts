/**
 * The exchange as a cluster of processes, under load: a shard's primary and a gateway are killed. No
 * order that was acknowledged is lost, none is executed twice, and orders flow again. And what its
 * gateways share: signatures, keys, limits.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createHmac } from "node:crypto";
import { admin, type Key, logonParams, makeKey } from "../../cli/testing/exchange.ts";
import { type Answer, connectTrader, type Trader } from "../../cli/testing/trader.ts";
import { isLong, percentile, report, sized } from "../../engine/shell/testing/size.ts";
import { type Engine, type ExchangeCluster, startExchangeCluster } from "./cluster.ts";
import { listen, nameOf } from "./testing/listener.ts";
import { listenToStreams } from "./testing/satellite.ts";

const TRADERS = 6;
const ROUNDS = Number(process.env.SOLEBOOK_CLUSTER_ROUNDS ?? sized(1, 20));
const LOAD_MS = 1_500;
const LIMIT_MS = 2_000;
const ORDER_LIFE_MS = 30 * 60_000;
const ORDER = { side: "buy", type: "limit", qty: 1, price: "60.00" };
const PRODUCT = {
  brand: "Jordan",
  model: "Air Jordan 1 High OG",
  colourway: "Chicago",
  retail_price: "180.00",
  release_date: "2022-11-19",
  sizes: ["US-9"],
  tick: "1.00",
  band: null,
  currency: "USD",
};

let cluster: ExchangeCluster;
let symbols: readonly string[];
/** The gateway that was killed last. */
let gone = "";

beforeAll(async () => {
  cluster = await startExchangeCluster({ brokers: isLong ? 3 : 1, shards: 2, gateways: 2 });
  symbols = await symbolsOfBothShards();
}, 240_000);
afterAll(() => cluster?.stop());

test(
  "kill -9 of a shard's primary and of a gateway, under load, and both come back",
  async () => {
    const keys = await Promise.all(
      Array.from({ length: TRADERS }, (_, i) => makeKey(cluster.gateways()[0]!, `trader-${i}`)),
    );
    const before = await ordersOpen();
    const listener = listen(() => connectAnywhere(keys[0]!), DELTAS());
    const satellite = listenToStreams(cluster.streams());
    const load = startLoad(keys);
    const againMs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await sleep(LOAD_MS);
      againMs.push(await killBoth(round % 2, load));
      await sleep(LOAD_MS);
      const dead = cluster.engines().find((engine) => !engine.alive())!;
      const gone = cluster.gateways().find((gateway) => !gateway.alive())!;
      await Promise.all([cluster.startEngineAgain(dead), cluster.startGatewayAgain(gone)]);
    }
    await load.stop();
    const acknowledged = [...load.acknowledged.keys()];

    // All that was asked for was acknowledged in the end: so there are as many orders, and no more.
    expect(acknowledged.length).toBe(load.asked());
    const open = before + acknowledged.length;
    expect(await settled(open)).toEqual(cluster.gateways().map(() => open));
    expect(await missing(keys, load.acknowledged)).toEqual([]);
    const newest = await newestSeqs(keys[0]!);
    const hasHeard = ([name, seq]: [string, number]): boolean =>
      (listener.reached().get(name) ?? 0) >= seq;
    await until(() => [...newest].every(hasHeard));
    await listener.stop();

    // Whoever listened heard every sequence once, through whichever gateway there was.
    expect(listener.wrong).toEqual([]);
    expect(Object.fromEntries(listener.seqs)).toEqual(Object.fromEntries(newest));

    // And a satellite heard of each order once, by streams that no takeover broke.
    const ids = [...load.acknowledged.values()].map(({ orderId }) => String(orderId));
    await until(() => ids.every((id) => satellite.accepted.has(id)));
    await satellite.stop();
    expect(ids.filter((id) => satellite.accepted.get(id) !== 1)).toEqual([]);
    expect(satellite.wrong).toEqual([]);

    const { pushes, lines } = listener.heard();
    expect(pushes).toBeGreaterThan(acknowledged.length);
    report("after SIGKILL of a primary and a gateway orders flow again, ms", {
      rounds: ROUNDS,
      p50: percentile(againMs, 0.5),
      most: Math.max(...againMs),
      acknowledged: acknowledged.length,
      listened: { pushes, lines },
    });
  },
  sized(180_000, 3_600_000),
);

test("one that came back takes over", async () => {
  const open = await Promise.all(cluster.gateways().map(({ url }) => ordersOpenAt(url)));
  expect(open[0]).toBe(open[1]);
  const primary = await primaryOf(0);
  await primary.kill();
  expect(await primaryOf(0)).not.toBe(primary);
  await until(async () => (await ordersOpenAt(cluster.gateways()[0]!.url)) === open[0]);
  // A view that is whole again is not yet a gateway that has found the new primary: orders are.
  const key = await makeKey(cluster.gateways()[0]!, "after");
  for (const { url } of cluster.gateways()) await takesOrders(url, key);
}, 120_000);

describe("what two gateways share", () => {
  const at = (index: number): string => cluster.gateways()[index]!.url;

  test("a logon's signature counts once, wherever it is sent", async () => {
    const key = await makeKey(cluster.gateways()[0]!, "once");
    (await connectSoon(at(1), key)).close(); // it has heard of the key
    const [first, second] = await whileShared([at(0), at(1)], async () => {
      const proof = logonParams(key);
      const lines = [await connectTrader(at(0)), await connectTrader(at(1))];
      const answers: (Answer | null)[] = [];
      for (const line of lines) answers.push(await line.request("session.logon", proof));
      for (const line of lines) line.close();
      return answers;
    });
    expect(first).toMatchObject({ success: true });
    expect(second).toMatchObject({ error: { code: "REPLAYED_SIGNATURE" } });
  });

  test("a secret made at one signs at the other, and a revoked key ends everywhere", async () => {
    const body = { account: "secret", kind: "hmac", trading: true };
    const made = await admin(cluster.gateways()[0]!, "POST", "keys", body);
    const { key, secret } = made as { key: string; secret: string };
    const target = `/v1/orders/none?symbol=${symbols[0]!}`;
    const ask = async (): Promise<unknown> => {
      const timestamp = new Date().toISOString();
      const text = `${timestamp}\nGET\n${target}\n`;
      const headers = {
        "solebook-key": key,
        "solebook-timestamp": timestamp,
        "solebook-signature": createHmac("sha256", secret).update(text).digest("base64url"),
      };
      const answer = await fetch(`${at(1)}${target}`, { headers });
      return ((await answer.json()) as { code: unknown }).code;
    };
    let code: unknown;
    const isEarly = async (): Promise<boolean> =>
      ["KEY_INVALID", "ENGINE_AWAY"].includes(String((code = await ask())));
    await until(async () => !(await isEarly())); // it has heard of the key
    expect(code).toBe("UNKNOWN_CLIENT_ORDER_ID");
    await admin(cluster.gateways()[0]!, "DELETE", `keys/${key}`);
    await until(async () => (await ask()) === "KEY_INVALID");

    const pair = await makeKey(cluster.gateways()[0]!, "ends");
    const line = await connectSoon(at(1), pair);
    await admin(cluster.gateways()[0]!, "DELETE", `keys/${pair.id}`);
    await line.closed;
  });

  test("one limit: what one let through, the other does not", async () => {
    const flags = ["--orders-per-key=2"];
    const limited = [await cluster.addGateway(flags), await cluster.addGateway(flags)];
    const urls = limited.map(({ url }) => url);
    let attempts = 0;
    const { taken, seconds } = await whileShared(urls, async () => {
      const key = await makeKey(limited[0]!, `limited-${++attempts}`);
      const lines = [await connectTrader(urls[0]!, key), await connectSoon(urls[1]!, key)];
      const firstMs = performance.now();
      let count = 0;
      for (let turn = 0; performance.now() - firstMs < LIMIT_MS; turn++) {
        const id = `${attempts}-${turn}`;
        const both = await Promise.all(lines.map((line, at) => placed(line, `${id}-${at}`)));
        count += both.filter((isTaken) => isTaken).length;
        await sleep(50);
      }
      for (const line of lines) line.close();
      return { taken: count, seconds: (performance.now() - firstMs) / 1_000 };
    });
    // One limit lets 2 through and then 2 a second, two would let through twice as many. What both
    // take before they have told each other is paid back.
    expect(taken).toBeGreaterThanOrEqual(2);
    expect(taken).toBeLessThan(1.5 * (2 + 2 * seconds));
  });

  async function placed(line: Trader, id: string): Promise<boolean> {
    const order = { client_order_id: id, symbol: symbols[0], ...ORDER };
    const answer = await answerTo(line, "add_order", order);
    expect(answer).toMatchObject(answer.success ? {} : { error: { code: "RATE_LIMITED" } });
    return answer.success;
  }

  /** What came of it while all of them shared: whom Redis answers too late counts by himself. */
  async function whileShared<T>(urls: readonly string[], work: () => Promise<T>): Promise<T> {
    for (;;) {
      const lost = await timesLost(urls);
      const result = await work();
      if ((await timesLost(urls)) === lost) return result;
    }
  }

  /** How often they lost Redis, once each of them has it. */
  async function timesLost(urls: readonly string[]): Promise<number> {
    let sum = 0;
    for (const url of urls) {
      const text = async (path: string): Promise<string> => (await fetch(`${url}${path}`)).text();
      await until(async () => (await text("/v1/status")).includes('"limits":"shared"'));
      sum += Number(/^solebook_redis_lost_total (\d+)$/m.exec(await text("/metrics"))![1]);
    }
    return sum;
  }

  /** A key that was made at another gateway is heard of within a moment. */
  async function connectSoon(url: string, key: Key): Promise<Trader> {
    for (;;) {
      const line = await connectTrader(url, key).catch(() => null);
      if (line !== null) return line;
      await sleep(20);
    }
  }
});

/** Resolves when the gateway at `url` has had an order of either shard accepted. */
async function takesOrders(url: string, key: Key): Promise<void> {
  for (const [shard, symbol] of symbols.entries()) {
    const client_order_id = `after-${new URL(url).port}-${shard}`;
    const deadline = new Date(Date.now() + ORDER_LIFE_MS).toISOString();
    const order = { client_order_id, symbol, ...ORDER, deadline };
    await until(async () => {
      const line = await connectTrader(url, key).catch(() => null);
      const answer = (await line?.request("add_order", order)) ?? null;
      line?.close();
      expect(answer?.error?.code ?? "ENGINE_AWAY").toBe("ENGINE_AWAY"); // a refusal has no other reason
      return answer?.success === true;
    });
  }
}

/** Kills a shard's primary and a gateway at once; answers after how long its orders flow again. */
async function killBoth(shard: number, load: Load): Promise<number> {
  const primary = await primaryOf(shard);
  const gateway = cluster.gateways()[shard]!;
  gone = gateway.url;
  await Promise.all([primary.kill(), gateway.kill()]);
  const againMs = await flowsAgain(load, shard, performance.now());
  expect(cluster.primaryOf(shard)).not.toBe(primary);
  return againMs;
}

/** Every delta channel of both shards, public ones and an account's. */
const DELTAS = (): ReadonlyMap<string, readonly string[]> =>
  new Map([
    ["book", symbols],
    ["level3", symbols],
    ["orders", ["0", "1"]],
    ["executions", ["0", "1"]],
  ]);

/** Where each of them stands, as a new reader is told. */
async function newestSeqs(key: Key): Promise<Map<string, number>> {
  const line = await connectAnywhere(key);
  const deltas = DELTAS();
  for (const [channel, names] of deltas) {
    const ofSymbols = names === symbols ? { symbols } : {};
    expect(await line.request("subscribe", { channel, ...ofSymbols })).toMatchObject({
      success: true,
    });
  }
  const count = [...deltas.values()].flat().length;
  await until(() => line.pushes.length >= count);
  line.close();
  return new Map(line.pushes.slice(0, count).map((push) => [nameOf(push), push.seq]));
}

interface Acknowledged {
  readonly symbol: string;
  readonly orderId: unknown;
  readonly atMs: number;
  readonly trader: number;
}

interface Load {
  readonly acknowledged: ReadonlyMap<string, Acknowledged>;
  /** Orders that were begun; each is asked for until it is acknowledged. */
  asked(): number;
  /** Resolves when what was begun is acknowledged. */
  stop(): Promise<void>;
}

/** Every trader places one resting bid after the other, in turn on both shards. */
function startLoad(keys: readonly Key[]): Load {
  const acknowledged = new Map<string, Acknowledged>();
  let asked = 0;
  const over = new AbortController();
  const lives = keys.map(async (key, trader) => {
    let line: Trader | null = null;
    for (let count = 0; !over.signal.aborted; count++) {
      const symbol = symbols[count % symbols.length]!;
      const order = {
        client_order_id: `t${trader}-${count}`,
        symbol,
        ...ORDER,
        deadline: new Date(Date.now() + ORDER_LIFE_MS).toISOString(),
      };
      asked++;
      for (;;) {
        line ??= await connectAnywhere(key);
        const answer = await line.request("add_order", order);
        if (answer === null) line = null;
        else if (answer.success) {
          const orderId = answer.result!["order_id"];
          const atMs = performance.now();
          acknowledged.set(order.client_order_id, { symbol, orderId, atMs, trader });
          break;
        } else if (answer.error!.code !== "ENGINE_AWAY") throw new Error(JSON.stringify(answer));
        else await sleep(20);
        // The same message again, deadline and all: whether or not it happened, it happens once.
      }
    }
    line?.close();
  });
  const all = Promise.all(lives);
  all.catch(() => over.abort());
  return {
    acknowledged,
    asked: () => asked,
    stop: async () => {
      over.abort();
      await all;
    },
  };
}

/** How long after the kill the first order of the shard that was then asked for was acknowledged. */
async function flowsAgain(load: Load, shard: number, killedMs: number): Promise<number> {
  const isAgain = ({ symbol, atMs }: Acknowledged): boolean =>
    symbol === symbols[shard] && atMs > killedMs + 50;
  await until(() => [...load.acknowledged.values()].some(isAgain));
  const first = [...load.acknowledged.values()].filter(isAgain).map(({ atMs }) => atMs);
  return Math.round(Math.min(...first) - killedMs);
}

/** Acknowledged orders that their owner's question does not find as they were acknowledged. */
async function missing(
  keys: readonly Key[],
  acknowledged: ReadonlyMap<string, Acknowledged>,
): Promise<string[]> {
  const found = await Promise.all(
    keys.map(async (key, trader) => {
      const line = await connectAnywhere(key);
      const not: string[] = [];
      // One after the other: thousands of questions at once would be refused as too many.
      for (const [id, { symbol, orderId, trader: owner }] of acknowledged) {
        if (owner !== trader) continue;
        const answer = await answerTo(line, "order_status", { client_order_id: id, symbol });
        const isThere = answer.result?.["order_id"] === orderId;
        if (!isThere) not.push(`${id}: ${JSON.stringify(answer)}`);
      }
      line.close();
      return not;
    }),
  );
  return found.flat();
}

async function connectAnywhere(key: Key): Promise<Trader> {
  for (let attempt = 0; ; attempt++) {
    const urls = cluster.gateways().map(({ url }) => url);
    try {
      return await connectTrader(urls[attempt % urls.length]!, key);
    } catch (error) {
      if (attempt > 200) throw error;
      await sleep(20);
    }
  }
}

/** Products of our own: the next two numbers belong to the two shards. Shard 0's first. */
async function symbolsOfBothShards(): Promise<string[]> {
  const [gateway] = cluster.gateways();
  const key = await makeKey(gateway!, "finder");
  const found: string[] = [];
  for (const style of ["CLUSTER-A", "CLUSTER-B"]) {
    await admin(gateway!, "POST", "products", { ...PRODUCT, style });
    const line = await connectTrader(gateway!.url, key);
    const order = { ...ORDER, client_order_id: style, symbol: `${style}:US-9` };
    const { result, error } = await answerTo(line, "add_order", order);
    expect(error).toBeUndefined();
    found[Number(String(result!["order_id"]).split("-")[0])] = order.symbol;
    line.close();
  }
  return found;
}

async function ordersOpenAt(url: string): Promise<number> {
  const stats = (await (await fetch(`${url}/v1/stats`)).json()) as { orders_open: number };
  return stats.orders_open;
}

const ordersOpen = (): Promise<number> =>
  ordersOpenAt(cluster.gateways().find(({ url }) => url !== gone)!.url);

/** Totals come ten times a second: waits for what every gateway should say, and a little for more. */
async function settled(expected: number): Promise<number[]> {
  const said = (): Promise<number[]> =>
    Promise.all(cluster.gateways().map(({ url }) => ordersOpenAt(url)));
  for (let look = 0; look < 600; look++) {
    if ((await said()).every((open) => open >= expected)) break;
    await sleep(50);
  }
  await sleep(300);
  return said();
}

async function primaryOf(shard: number): Promise<Engine> {
  await until(() => cluster.primaryOf(shard) !== undefined);
  return cluster.primaryOf(shard)!;
}

/** Asked again while the engine is away: on a machine that stands still a lease may run out unasked. */
async function answerTo(line: Trader, method: string, params: object): Promise<Answer> {
  for (;;) {
    const answer = await line.request(method, params);
    if (answer === null) throw new Error(`the line broke at ${method}`);
    if (answer.error?.code !== "ENGINE_AWAY") return answer;
    await sleep(20);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(10);
}
