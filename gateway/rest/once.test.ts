/** What is to be done once is done once, however often it is asked for, over real HTTP and by itself. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Refused } from "../errors.ts";
import { startTestExchange, type Json, type TestExchange } from "../testing/exchange.ts";
import { postOnce } from "../testing/post-once.ts";
import { Once } from "./once.ts";
import type { Call, Reply } from "./server.ts";

describe("an operator's POSTs", () => {
  let exchange: TestExchange;
  beforeAll(async () => {
    exchange = await startTestExchange();
  });
  afterAll(() => exchange.stop());

  const post = (key: string, body: object, path?: string) =>
    postOnce(exchange.url, key, body, path);
  const keysMade = async (): Promise<number> =>
    ((await exchange.admin("GET", "keys")).body.keys as unknown as Json[]).length;
  const HMAC = { account: "alice", kind: "hmac" };

  test("the same key and body: one key is made, and its secret told again", async () => {
    const answers = await Promise.all([post("a", HMAC), post("a", HMAC), post("a", HMAC)]);
    expect(answers[0]).toMatchObject({ status: 201, body: { account: "alice" } });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(await post("a", HMAC)).toEqual(answers[0]);
    expect(await keysMade()).toBe(1);
    expect((await post("b", HMAC)).body.key).not.toBe(answers[0]!.body.key);
    expect(await keysMade()).toBe(2);
  });

  // What is asked for under a key that was used | path | body | status | code
  test.each([
    ["another body", "keys", { ...HMAC, label: "another" }, 409, "IDEMPOTENCY_KEY_REUSED"],
    ["another path", "keys/k_nobody", HMAC, 409, "IDEMPOTENCY_KEY_REUSED"],
  ])("the same key and %s", async (_what, path, body, status, code) => {
    await post("c", HMAC);
    const before = await keysMade();
    expect(await post("c", body, path)).toMatchObject({
      status,
      body: { code, execution: "none" },
    });
    expect(await keysMade()).toBe(before);
  });

  test("what was refused did not happen: its key is free", async () => {
    expect((await post("d", { ...HMAC, kind: "no" })).status).toBe(400);
    expect((await post("d", HMAC)).status).toBe(201);
  });

  test("a key that is none", async () => {
    expect(await post("a b", HMAC)).toMatchObject({
      status: 400,
      body: { code: "VALIDATION", param: "Idempotency-Key" },
    });
  });

  test("nobody else's is looked up: who asks comes first", async () => {
    const headers = { "idempotency-key": "a", "content-type": "application/json" };
    const body = JSON.stringify(HMAC);
    const url = `${exchange.url}/v1/admin/keys`;
    expect((await fetch(url, { method: "POST", headers, body })).status).toBe(401);
  });
});

test("an exchange that was killed before anybody heard: started again, it tells the same key and secret", async () => {
  const before = await startTestExchange();
  const ask = ({ url }: TestExchange, label: string) =>
    postOnce(url, "one", { account: "alice", kind: "hmac", label });
  const made = await ask(before, "");
  const { dir, shard } = before;
  const after = await startTestExchange({ dir, journal: shard.journal });
  try {
    expect(await ask(after, "")).toEqual(made);
    expect(after.registry.keys()).toHaveLength(1);
  } finally {
    await after.stop();
    await before.stop();
  }
});

test("keys are kept for a day and never forgotten early: full, a new one is refused", async () => {
  let nowMs = 0;
  let done = 0;
  const once = new Once({ clockMs: () => nowMs, keptMax: 2 });
  const ask = (key: string): Promise<Reply> => {
    const call = { method: "POST", target: "/x", bytes: new Uint8Array(), header: () => key };
    const reply = { status: 200, type: "application/json", body: "{}" };
    return once.do(call as unknown as Call, async () => {
      done++;
      return reply;
    });
  };
  await ask("one");
  nowMs = 60_000;
  await ask("two");
  const refused = await ask("three").catch((error: unknown) => error);
  expect((refused as Refused).problem).toMatchObject({
    code: "RATE_LIMITED",
    retryAfterMs: 24 * 3_600_000 - 60_000,
  });
  await ask("one");
  expect(done).toBe(2);
  nowMs = 24 * 3_600_000;
  await ask("three");
  await ask("one").catch(() => {});
  expect(done).toBe(3);
});
