/**
 * Accounts that were given away come back: who logs out ends its session everywhere, and when all are
 * taken, one that nobody used for a day, and that never left anything behind, is given to another.
 */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WebSocket } from "ws";
import { type LocalRegistry, openLocalRegistry } from "../registry/local.ts";
import { JORDAN, type Json, startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { connect } from "../testing/trader.ts";
import { type Answer, askOnce, askSession, openSocket, page, pageAt } from "../testing/visitor.ts";

const SYMBOL = `${JORDAN.style}:US-10`;
const PLACES = 5;
const HOUR_MS = 3_600_000;

let exchange: TestExchange;
let registry: LocalRegistry;
let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "solebook-guests-"));
  exchange = await start();
});
afterEach(async () => {
  await exchange.stop();
  rmSync(dir, { recursive: true });
});

function start(journal: readonly Uint8Array[] = []): Promise<TestExchange> {
  const sizes = { shards: 1, accountsMax: PLACES + 1, instrumentsMax: 512 };
  registry = openLocalRegistry({ dataDir: dir, seed: [JORDAN], ...sizes });
  const limits = { shutdownSpreadMs: 20, guestsSeenEveryMs: 20 };
  return startTestExchange({ registry, dir, journal, limits });
}

const visit = (cookie?: string): Promise<Answer> => askSession(exchange, page(exchange, cookie));
const ask = (cookie: string, method: string, params: object = {}): Promise<Json> =>
  askOnce(exchange, page(exchange, cookie), method, params);
const NOBODY = { success: false, error: { code: "NOT_LOGGED_ON" } };
const FULL = { status: 409, body: { code: "DEMONSTRATION_FULL" }, cookie: "" };
const order = (side: "buy" | "sell", client_order_id: string) => ({
  client_order_id,
  symbol: SYMBOL,
  side,
  type: "limit",
  qty: 1,
  price: "200.00",
});

/** As if every holder had been here so long ago. */
async function age(ms: number): Promise<void> {
  const seen_at = new Date(Date.now() - ms).toISOString();
  const guests = registry.accounts().flatMap(({ account_id: id, guest }) => {
    return guest === undefined ? [] : [[id, { ...guest, seen_at }] as const];
  });
  await registry.keepGuests(new Map(guests));
}

/** Takes every place: an idle one, one with a trade, one with an order, one with a key, one who stays. */
async function fill(): Promise<{ cookies: string[]; stays: WebSocket }> {
  const cookies: string[] = [];
  for (let place = 0; place < PLACES; place++) cookies.push((await visit()).cookie);
  const [, trader, owner] = cookies;
  const keyed = await connect(exchange, await exchange.makeKey("demo-4"));
  await keyed.request("add_order", order("sell", "k1"));
  await ask(trader!, "add_order", order("buy", "t1"));
  keyed.close();
  await ask(owner!, "add_order", order("buy", "o1"));
  const stays = await openSocket(exchange, page(exchange, cookies[4]));
  expect(await visit()).toMatchObject(FULL);
  return { cookies, stays };
}

describe("when every account is taken", () => {
  test("only one that nobody used for a day, and that left nothing behind, is given again", async () => {
    const { cookies, stays } = await fill();
    await age(24 * HOUR_MS);
    expect(await visit()).toMatchObject(FULL);
    await age(26 * HOUR_MS);
    const next = await visit();
    expect(next).toMatchObject({ status: 201, body: { account: "demo-1" } });
    expect(await visit()).toMatchObject(FULL); // the trade, the order, the key and the socket hold theirs

    expect(await ask(cookies[0]!, "account_trades")).toMatchObject(NOBODY);
    expect(await visit(cookies[0])).toMatchObject(FULL);
    for (const known of [next.cookie, ...cookies.slice(1)]) {
      expect(await ask(known, "account_trades")).toMatchObject({ success: true });
    }
    stays.close();
  });

  test("it is still the next one's after a restart, and still not the first one's", async () => {
    const { cookies, stays } = await fill();
    stays.close();
    await age(26 * HOUR_MS);
    const { cookie } = await visit();
    await exchange.stop();
    exchange = await start(exchange.shard.journal);
    expect(await visit(cookie)).toMatchObject({ status: 200, body: { account: "demo-1" } });
    expect(await ask(cookies[0]!, "account_trades")).toMatchObject(NOBODY);
  });

  test("who is here is seen, by an open socket and by a visit", async () => {
    const { cookies, stays } = await fill();
    const seenAt = (id: number): string => registry.accountById(id)!.guest!.seen_at;
    await age(26 * HOUR_MS);
    const old = seenAt(1);
    await visit(cookies[0]);
    while (seenAt(5) === old) await new Promise((resolve) => setTimeout(resolve, 5));
    expect([seenAt(1) > old, seenAt(2) === old]).toEqual([true, true]);
    stays.close();
    expect(await visit()).toMatchObject(FULL);
  });
});

describe("who logs out", () => {
  const leave = (headers: Record<string, string>): Promise<Answer> =>
    askSession(exchange, headers, "DELETE");

  test("ends the session wherever its cookie is, now and after a restart; its orders stay", async () => {
    const { cookie } = await visit();
    await ask(cookie, "add_order", order("sell", "a1"));
    const socket = await openSocket(exchange, page(exchange, cookie));
    const closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve([code, reason.toString()]));
    });
    const left = await leave(page(exchange, cookie));
    expect(left).toMatchObject({
      status: 200,
      body: { account: null },
      cookie: expect.stringMatching(/^solebook-demonstration-\d+=$/),
      attributes: "Path=/v1; HttpOnly; SameSite=Strict; Max-Age=0",
    });
    expect(await closed).toEqual([1008, "SESSION_ENDED"]);
    expect(await ask(cookie, "account_trades")).toMatchObject(NOBODY);
    expect(exchange.shard.stats().ordersOpen).toBe(1);

    await exchange.stop();
    exchange = await start(exchange.shard.journal);
    expect(await ask(cookie, "account_trades")).toMatchObject(NOBODY);
    expect(await visit(cookie)).toMatchObject({ status: 201, body: { account: "demo-2" } });
  });

  test("harms nobody else, and twice is once", async () => {
    const [mine, theirs] = [(await visit()).cookie, (await visit()).cookie];
    for (const cookie of [mine, mine, ""]) {
      expect(await leave(page(exchange, cookie))).toMatchObject({
        status: 200,
        body: { account: null },
      });
    }
    expect(await visit(theirs)).toMatchObject({ status: 200, body: { account: "demo-2" } });
  });

  test("is a page of ours: no other ends a session", async () => {
    const { cookie } = await visit();
    for (const host of ["evil.me", "127.0.0.1:1"]) {
      const answer = await leave({ ...pageAt(host), cookie });
      expect(answer).toMatchObject({ status: 403, body: { code: "SESSION_NOT_OFFERED" } });
    }
    expect(await visit(cookie)).toMatchObject({ status: 200, body: { account: "demo-1" } });
  });
});
