/**
 * Two gateways and a real Redis between them: one limit, each signature once, a key revoked everywhere;
 * and what becomes of it when Redis is killed, hangs, and comes back without its memory.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { pino } from "pino";
import { type RedisServer, startRedis } from "../../.ci/servers/redis/server.ts";
import type { LocalRegistry } from "../registry/local.ts";
import {
  signLogon,
  startTestExchange,
  type TestExchange,
  type TestKey,
} from "../testing/exchange.ts";
import { makeSecretKey, send, signRequest } from "../testing/signed.ts";
import { connect, type Trader } from "../testing/trader.ts";
import { Fleet } from "./fleet.ts";

const SYMBOL = "DZ5485-612:US-10";
const BID = { symbol: SYMBOL, side: "buy", type: "limit", qty: 1, price: "100.00" };
/** Nothing comes back within a test. */
const NEVER = 0.001;

let redis: RedisServer;
let fleets: Fleet[];
let first: TestExchange;
let second: TestExchange;

beforeAll(async () => {
  redis = await startRedis();
}, 120_000);
afterAll(() => redis.stop());

/** Both have one registry's keys; `limits` are those of each. */
async function start(limits: object = {}): Promise<void> {
  const logger = pino({ level: "silent" });
  fleets = [await Fleet.open(redis.url, logger), await Fleet.open(redis.url, logger)];
  const more = { limits: { shutdownSpreadMs: 10, ...limits } };
  first = await startTestExchange({ ...more, fleet: fleets[0]! });
  second = await startTestExchange({ ...more, fleet: fleets[1]!, registry: sharedRegistry(first) });
  await areShared(true);
}
beforeEach(async () => {
  await redis.kill(); // nothing of the test before is remembered
  await redis.start();
});
afterEach(async () => {
  redis.resume();
  await Promise.all([first.stop(), second.stop()]);
  for (const fleet of fleets) fleet.close();
});

/** As the second gateway knows it: what is revoked at the first, it hears of by the fleet alone. */
function sharedRegistry(of: TestExchange): LocalRegistry {
  return new Proxy(of.registry, {
    get: (target, name) => {
      if (name === "onKeyChanged") return () => {};
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member as () => unknown).bind(target) : member;
    },
  });
}

/** Both gateways' engines know the account. */
async function aliceKey(): Promise<TestKey> {
  await second.makeKey("alice");
  return first.makeKey("alice");
}

const place = async (trader: Trader, id: string): Promise<string> => {
  const answer = await trader.request("add_order", { ...BID, client_order_id: id });
  return answer.success ? "" : answer.error.code;
};
const limitsOf = async ({ url }: TestExchange): Promise<unknown> =>
  ((await (await fetch(`${url}/v1/status`)).json()) as { limits: unknown }).limits;
const metricOf = async ({ url }: TestExchange, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1]);
};
const areShared = (is: boolean) => until(() => fleets.every(({ isShared }) => isShared === is));

test("a logon's signature that was used at one gateway is refused at the other", async () => {
  await start();
  const proof = signLogon(await aliceKey());
  const [here, there] = [await connect(first), await connect(second)];
  expect(await here.request("session.logon", proof)).toMatchObject({ success: true });
  expect(await there.request("session.logon", proof)).toMatchObject({
    error: { code: "REPLAYED_SIGNATURE" },
  });
});

test("a hundred copies of one signed order, half of them at each gateway: one order", async () => {
  await start();
  await aliceKey();
  const key = await makeSecretKey(first, "alice");
  const body = JSON.stringify({ ...BID, client_order_id: "one" });
  const request = { method: "POST", target: "/v1/orders", body };
  const headers = signRequest(key, request);
  const copies = Array.from({ length: 100 }, (_, i) =>
    send(i % 2 === 0 ? first.url : second.url, request, headers),
  );
  const answers = await Promise.all(copies);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(first.shard.core.ordersTotal() + second.shard.core.ordersTotal()).toBe(1);
});

test("what comes behind a logon waits for it, in order", async () => {
  await start();
  const trader = await connect(first);
  const proof = signLogon(await aliceKey());
  const answers = await Promise.all([
    trader.request("session.logon", proof),
    trader.request("add_order", { ...BID, client_order_id: "a" }),
    trader.request("session.logon", proof),
    trader.request("cancel_order", { client_order_id: "a" }),
  ]);
  expect(answers.map(({ success, error }) => (success ? "" : error.code))).toEqual([
    "",
    "",
    "ALREADY_LOGGED_ON",
    "",
  ]);
});

// Limited per | the limit | how many orders it allows
const LIMITS: [string, object, number][] = [
  ["key", { ordersPerSecond: NEVER, ordersBurst: 4 }, 4],
  ["account", { accountOrdersPerSecond: NEVER }, 1],
  ["address", { addressOrdersPerSecond: NEVER }, 1],
];
test.each(LIMITS)("one limit per %s over both gateways", async (_per, limits, allowed) => {
  await start(limits);
  const key = await aliceKey();
  const here = await connect(first, key);
  const ids = Array.from({ length: allowed }, (_, i) => `here-${i}`);
  for (const id of ids.slice(1)) expect(await place(here, id)).toBe("");
  await settled();
  const there = await connect(second, key);
  expect(await place(there, "there")).toBe(""); // the last one
  await settled();
  expect(await place(there, "e")).toBe("RATE_LIMITED");
  await place(here, "f"); // may pass: nothing was heard here since; it is paid back
  await settled();
  expect(await place(here, "g")).toBe("RATE_LIMITED");
  expect(await here.request("cancel_all")).toMatchObject({ success: true });
});

test("what both let through in the same moment is paid back", async () => {
  await start({ ordersPerSecond: NEVER, ordersBurst: 10 });
  const key = await aliceKey();
  const traders = [await connect(first, key), await connect(second, key)];
  const ids = Array.from({ length: 20 }, (_, i) => i);
  const codes = await Promise.all(
    ids.map((i) => place(traders[i % 2]!, `burst-${i}`)), // ten at each, in one go
  );
  expect(codes.filter((code) => code === "").length).toBeLessThanOrEqual(20);
  await settled();
  const again = [await place(traders[0]!, "x"), await place(traders[1]!, "y")];
  expect(again).toEqual(["RATE_LIMITED", "RATE_LIMITED"]);
});

test("a key revoked at one gateway ends at the other, before its registry is looked at", async () => {
  await start();
  const key = await aliceKey();
  const there = await connect(second, key);
  await first.admin("DELETE", `keys/${key.key}`);
  expect(await there.closed).toEqual({ code: 1008, reason: "KEY_REVOKED" });
});

test("Redis killed: trading goes on, limits and memory are each gateway's own, and it heals", async () => {
  await start({ ordersPerSecond: NEVER, ordersBurst: 4 });
  const key = await aliceKey();
  const [here, there] = [await connect(first, key), await connect(second, key)];
  expect([await limitsOf(first), await metricOf(first, "solebook_redis_up")]).toEqual([
    "shared",
    1,
  ]);
  expect(await place(here, "a")).toBe("");
  await settled();

  const lost = await metricOf(second, "solebook_redis_lost_total");
  await redis.kill();
  await areShared(false);
  expect([await limitsOf(second), await metricOf(second, "solebook_redis_up")]).toEqual([
    "local",
    0,
  ]);
  expect(await metricOf(second, "solebook_redis_lost_total")).toBe(lost + 1);
  const proof = signLogon(key);
  const stranger = await connect(first);
  expect(await stranger.request("session.logon", proof)).toMatchObject({ success: true });
  const again = await connect(first);
  expect(await again.request("session.logon", proof)).toMatchObject({
    error: { code: "REPLAYED_SIGNATURE" }, // its own memory holds
  });
  const codes = [];
  for (let i = 0; i < 5; i++) codes.push(await place(here, `lost-${i}`));
  expect(codes).toEqual(["", "", "", "RATE_LIMITED", "RATE_LIMITED"]); // and its own limit

  await redis.start();
  await areShared(true);
  await settled();
  await usedAreKnown(3); // the logons of both, and of the stranger
  expect(await limitsOf(first)).toBe("shared");
  // What was spent and used meanwhile is known to the other now, though Redis had forgotten all.
  const after = await connect(second);
  expect(await after.request("session.logon", proof)).toMatchObject({
    error: { code: "REPLAYED_SIGNATURE" },
  });
  const other = await connect(second, key); // a logon looks at what is left
  expect(await place(other, "after")).toBe("RATE_LIMITED");
  there.close();
});

test("Redis that hangs is as good as lost: nobody waits for it longer than a moment", async () => {
  await start();
  const key = await aliceKey();
  redis.pause();
  const trader = await connect(first, key); // the logon's answer comes all the same
  expect(await place(trader, "a")).toBe("");
  await areShared(false);
  expect(await limitsOf(first)).toBe("local");
  redis.resume();
  await areShared(true);
});

/** What was spent has been told to Redis, and what it said then is heard. */
const settled = () => until(() => fleets.every(({ settling }) => settling.open === 0));

/** Redis knows of so many signatures that they were used. */
async function usedAreKnown(count: number): Promise<void> {
  const client = new Redis(redis.url);
  await until(async () => (await client.keys("solebook:used:*")).length >= count);
  client.disconnect();
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}
