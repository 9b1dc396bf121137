/**
 * What is to be done once is done once over two gateways and a real Redis between them: also asked of both
 * at once, with Redis killed meanwhile, and when who began it is gone.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { pino } from "pino";
import { type RedisServer, startRedis } from "../../.ci/servers/redis/server.ts";
import { Sealer, SEALING_KEY_BYTES } from "../registry/sealer.ts";
import { JORDAN, startTestExchange, type TestExchange, TOKEN } from "../testing/exchange.ts";
import { postOnce } from "../testing/post-once.ts";
import { Fleet } from "./fleet.ts";

const HMAC = { account: "alice", kind: "hmac" };
const sealer = new Sealer([Buffer.alloc(SEALING_KEY_BYTES, TOKEN)]);
let redis: RedisServer;
let fleets: Fleet[];
let first: TestExchange;
let second: TestExchange;

beforeAll(async () => {
  redis = await startRedis();
}, 120_000);
afterAll(() => redis.stop());

beforeEach(async () => {
  await redis.kill(); // nothing of the test before is remembered
  await redis.start();
  const logger = pino({ level: "silent" });
  fleets = [];
  for (const _ of [1, 2]) fleets.push(await Fleet.open(redis.url, logger, sealer));
  const more = { limits: { shutdownSpreadMs: 10 } };
  first = await startTestExchange({ ...more, fleet: fleets[0]! });
  second = await startTestExchange({ ...more, fleet: fleets[1]!, registry: first.registry });
  await areShared(true);
});
afterEach(async () => {
  redis.resume();
  await Promise.all([first.stop(), second.stop()]);
  for (const fleet of fleets) fleet.close();
});

const post = (to: TestExchange, key: string, body: object, path?: string) =>
  postOnce(to.url, key, body, path);
const keysMade = (): number => first.registry.keys().length;
const areShared = async (is: boolean): Promise<void> => {
  while (!fleets.every(({ isShared }) => isShared === is)) await pause(10);
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function inRedis<T>(look: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis.url);
  try {
    return await look(client);
  } finally {
    client.disconnect();
  }
}

test("ten of one request at each gateway at once: one key, and its secret to all of them", async () => {
  const asked = Array.from({ length: 20 }, (_, at) => post(at % 2 ? first : second, "k", HMAC));
  const answers = await Promise.all(asked);
  expect(answers[0]).toMatchObject({ status: 201, body: { secret: expect.any(String) } });
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(keysMade()).toBe(1);
  const kept = await inRedis((client) => client.get("solebook:once:k"));
  expect(kept).not.toContain(answers[0]!.body.secret);
});

test("another request under that key is refused at the other gateway, too", async () => {
  await post(first, "k", HMAC);
  expect(await post(second, "k", { ...HMAC, label: "another" })).toMatchObject({
    status: 409,
    body: { code: "IDEMPOTENCY_KEY_REUSED", execution: "none" },
  });
  expect(keysMade()).toBe(1);
});

test("what was refused did not happen: the key is free at both", async () => {
  expect((await post(first, "k", { ...HMAC, kind: "no" })).status).toBe(400);
  expect((await post(second, "k", HMAC)).status).toBe(201);
});

test("Redis killed: each gateway by itself, and afterwards both know it though Redis forgot", async () => {
  const before = await post(first, "before", HMAC);
  await redis.kill();
  await areShared(false);
  const meanwhile = await post(second, "meanwhile", HMAC);
  expect(await post(second, "meanwhile", HMAC)).toEqual(meanwhile);
  expect(await post(first, "before", HMAC)).toEqual(before);
  await redis.start();
  await areShared(true);
  await inRedis(async (client) => {
    while ((await client.exists("solebook:once:before", "solebook:once:meanwhile")) < 2)
      await pause(10);
  });
  expect(await post(first, "meanwhile", HMAC)).toEqual(meanwhile);
  expect(await post(second, "before", HMAC)).toEqual(before);
  expect(keysMade()).toBe(2);
});

test("what was refused while Redis was killed in the middle of it is free when it is back", async () => {
  redis.pause();
  const refused = await post(first, "k", { ...HMAC, kind: "no" });
  expect(refused.status).toBe(400);
  redis.resume();
  await areShared(true);
  let answer = await post(second, "k", HMAC);
  while (answer.status !== 201) answer = await post(second, "k", HMAC);
  expect(keysMade()).toBe(1);
});

test("who began it is gone: the next does it, and what is refused then may have happened", async () => {
  await begunByTheDead("k", "keys", HMAC);
  expect(await post(second, "k", HMAC)).toMatchObject({ status: 201 });
  expect(keysMade()).toBe(1);
  const uncross = `instruments/${JORDAN.style}:US-10/uncross`;
  await begunByTheDead("u", uncross, {});
  for (const each of [second, first, second]) {
    expect(await post(each, "u", {}, uncross)).toMatchObject({
      status: 409,
      body: { code: "NOT_COLLECTING", execution: "unknown" },
    });
  }
});

test("who began it is here: nobody does it again, and the others are told when to come again", async () => {
  const here = fleets[0]!.id;
  await begunByTheDead("k", "keys", HMAC, here);
  expect(await post(second, "k", HMAC)).toMatchObject({
    status: 409,
    body: { code: "IDEMPOTENCY_KEY_PENDING", execution: "unknown", retry_after_ms: 5_000 },
  });
  expect(keysMade()).toBe(0);
});

test("an answer under a seal of which there is no key here is said to be one", async () => {
  await begunByTheDead("k", "keys", HMAC);
  await inRedis(async (client) => {
    const { request } = JSON.parse((await client.get("solebook:once:k"))!) as { request: string };
    await client.set("solebook:once:k", JSON.stringify({ request, answer: "v1.none.AAAA" }));
  });
  expect(await post(second, "k", HMAC)).toMatchObject({
    body: {
      code: "IDEMPOTENCY_KEY_PENDING",
      detail: expect.stringContaining("SOLEBOOK_SECRETS_KEY"),
    },
  });
});

/** As a gateway leaves it in Redis that died of what it was asked. */
async function begunByTheDead(key: string, path: string, body: object, by = "who died") {
  await inRedis(async (client) => {
    const digest = createHash("sha256")
      .update(`POST /v1/admin/${path}\n`)
      .update(JSON.stringify(body))
      .digest("base64");
    await client.set(`solebook:once:${key}`, JSON.stringify({ request: digest, by }));
  });
}
