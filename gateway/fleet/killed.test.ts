/**
 * What a gateway had begun under an Idempotency-Key when it was killed is settled by the next one that is
 * asked: with a real Redis, a real Postgres and a real kill, before and after it was kept.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { type RedisServer, startRedis } from "../../.ci/servers/redis/server.ts";
import { startTestDatabase, type TestDatabase } from "../../engine/shell/testing/database.ts";
import { openSharedRegistry, type SharedRegistry } from "../registry/postgres.ts";
import { startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { postOnce } from "../testing/post-once.ts";
import { Fleet } from "./fleet.ts";
import { BOUNDS, SEALER } from "./testing/shared.ts";

const PROGRAM = fileURLToPath(new URL("testing/dying-gateway.ts", import.meta.url));
const HMAC = { account: "alice", kind: "hmac" };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let redis: RedisServer;
let database: TestDatabase;
let fleet: Fleet;
let registry: SharedRegistry;
let living: TestExchange;

beforeAll(async () => {
  [redis, database] = await Promise.all([startRedis(), startTestDatabase()]);
  fleet = await Fleet.open(redis.url, pino({ level: "silent" }), SEALER);
  registry = await openSharedRegistry(database.url, BOUNDS);
  living = await startTestExchange({ fleet, registry });
  while (!fleet.isShared) await pause(10);
}, 120_000);
afterAll(async () => {
  await living.stop();
  fleet.close();
  await registry.close();
  await Promise.all([redis.stop(), database.stop()]);
});

const post = (url: string, key: string, path = "keys", body: object = HMAC) =>
  postOnce(url, key, body, path);

/** As a client does that was told to come again: the same, until it is answered. */
async function settled(key: string) {
  for (;;) {
    const answer = await post(living.url, key);
    if (answer.status !== 409) return answer;
    expect(answer).toMatchObject({
      retryAfter: "5",
      body: {
        code: "IDEMPOTENCY_KEY_PENDING",
        execution: "unknown",
        retryable: true,
        retry_after_ms: 5_000,
      },
    });
    await pause(100);
  }
}

async function killedWhile(key: string, when: "before" | "after"): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, redis.url, database.url, when], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  try {
    const [url] = (await once(child.stdout, "data")) as [Buffer];
    await expect(post(String(url).trim(), key)).rejects.toThrow("fetch failed");
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

test.each(["before", "after"] as const)(
  "killed %s the key was kept: one key in the end, its secret told, the same from then on",
  async (when) => {
    const keysBefore = registry.keys().length;
    await killedWhile(when, when);
    const answer = await settled(when);
    expect(answer).toMatchObject({ status: 201, body: { secret: expect.any(String) } });
    expect(await post(living.url, when)).toEqual(answer);
    await registry.refresh();
    expect(registry.keys()).toHaveLength(keysBefore + 1);
    expect(registry.key(String(answer.body.key as unknown))).toBeDefined();
    expect(await post(living.url, when, "keys", { ...HMAC, label: "another" })).toMatchObject({
      status: 409,
      body: { code: "IDEMPOTENCY_KEY_REUSED" },
    });
  },
  60_000,
);
