/**
 * What is documented is what happens: every example is sent to a live gateway, in the order in which the
 * documents tell it, and whatever it says must be of the documented form, to the last field.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { request } from "node:http";
import { CODES } from "../errors.ts";
import { Channel } from "../market-data/topics.ts";
import {
  JORDAN,
  type Json,
  type LogonParams,
  signLogon,
  startTestExchange,
  type TestExchange,
  type TestKey,
  TOKEN,
} from "../testing/exchange.ts";
import { signRequest } from "../testing/signed.ts";
import { connect, type Trader } from "../testing/trader.ts";
import { pageAt } from "../testing/visitor.ts";
import { nameOf } from "./asyncapi.ts";
import { METHODS } from "./methods.ts";
import { isCounted } from "./openapi.ts";
import type { Operation, Sent } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import type { Plain } from "./plain.ts";
import { type Checker, checkerOf, part } from "./testing/checker.ts";

const SYMBOL = `${JORDAN.style}:US-10`;
const payload = (name: string): string => `/components/messages/${part(nameOf(name))}/payload`;

async function documentAt(url: string): Promise<Checker> {
  return checkerOf((await (await fetch(url)).json()) as Plain);
}

describe.each(["json", "proto"] as const)("the socket, in %s", (encoding) => {
  let exchange: TestExchange;
  let checker: Checker;
  let key: TestKey;
  let trader: Trader;
  beforeAll(async () => {
    exchange = await startTestExchange();
    checker = await documentAt(`${exchange.url}/asyncapi.json`);
    key = await exchange.makeKey("alice");
    trader = await connect(exchange, undefined, encoding);
  });
  afterAll(() => exchange.stop());

  const told = METHODS.flatMap(({ name, examples }) => {
    return examples.map((example) => [`${name}: ${example.says}`, name, example.params] as const);
  });
  test.each(told)("%s", async (_says, method, params) => {
    // A signature counts for seconds, and once: everything else goes as it is shown.
    const sent: object | LogonParams = method === "session.logon" ? signLogon(key) : params;
    const answer = await trader.request(method, sent);
    expect(answer).toMatchObject({ success: true });
    expect(checker.faults(payload(`${method}.answer`), answer)).toEqual([]);
  });

  // method | params | code
  const WRONG: [string, object, keyof typeof CODES][] = [
    ["session.logon", {}, "ALREADY_LOGGED_ON"],
    ["add_order", { client_order_id: "x" }, "VALIDATION"],
    ["cancel_order", { order_id: "0-999" }, "UNKNOWN_ORDER"],
    ["order_status", { client_order_id: "never", symbol: SYMBOL }, "UNKNOWN_CLIENT_ORDER_ID"],
  ];
  // Binary frames have no words for these.
  if (encoding === "json") {
    WRONG.push(
      ["buy_all", {}, "UNKNOWN_METHOD"],
      ["subscribe", { channel: "x" }, "UNKNOWN_CHANNEL"],
    );
  }
  test.each(WRONG)("%s %j is refused as it says", async (method, params, code) => {
    const answer = await trader.request(method, params);
    expect(answer).toMatchObject({ success: false, error: { code } });
    expect(checker.faults(payload("refusal"), answer)).toEqual([]);
  });

  test("every kind of push, as snapshot and as update", async () => {
    const bob = await connect(exchange, await exchange.makeKey("bob"));
    const watcher = await connect(exchange, key, encoding);
    for (const channel of Object.values(Channel)) {
      const symbols = [channel === Channel.sizeGrid ? JORDAN.style : SYMBOL];
      await watcher.request("subscribe", { channel, symbols });
    }
    await haveADay(exchange, watcher, bob);
    await watcher.until(({ channel }) => channel === Channel.heartbeat);
    await watcher.push("auction", 2);
    await exchange.gateway.close();
    await watcher.closed;
    const seen = new Set(watcher.pushes.map(({ channel, type }) => `${channel} ${type}`));
    const both = Object.values(Channel).flatMap((each) => [`${each} snapshot`, `${each} update`]);
    expect([...seen].toSorted()).toEqual(
      both.filter((each) => each !== "heartbeat snapshot").toSorted(),
    );
    for (const push of [...watcher.pushes, ...trader.pushes]) {
      expect(checker.faults(payload(`${push.channel}.push`), push)).toEqual([]);
    }
  });
});

/** A bit of everything: rests, trades, amends, cancels, a rejection, a halt, an auction, a timer. */
async function haveADay(exchange: TestExchange, alice: Trader, bob: Trader): Promise<void> {
  const order = { symbol: SYMBOL, type: "limit", side: "buy", qty: 2, price: "250.00" };
  const add = async (by: Trader, id: string, more: object = {}): Promise<void> => {
    await by.request("add_order", { ...order, client_order_id: id, ...more });
  };
  await add(alice, "a1", { tif: "gtd", expire_time: "2030-01-01T00:00:00Z" });
  await add(bob, "b1", { side: "sell", qty: 1 });
  await alice.request("amend_order", { client_order_id: "a1", symbol: SYMBOL, price: "249.00" });
  await add(alice, "a2", { side: "sell", price: "249.00", stp: "cancel_taker" });
  await add(alice, "a3", { tif: "fok", price: "100.00" });
  await add(alice, "a4", { price: undefined, type: "market" });
  await alice.request("cancel_order", { client_order_id: "a1", symbol: SYMBOL });
  await add(alice, "a5", { tags: [7] });
  await alice.request("cancel_after", { timeout_s: 0.05, tag: 7 });
  await alice.until(
    ({ data }) => (data as Json | undefined)?.exec_type === ("timer_fired" as never),
  );
  await alice.request("cancel_all");
  const state = (word: string) =>
    exchange.admin("POST", `instruments/${SYMBOL}/state`, { state: word });
  await state("halted");
  await state("pre_open");
  await add(alice, "a6");
  await add(bob, "b2", { side: "sell", price: "240.00", qty: 1 });
  await exchange.admin("POST", `instruments/${SYMBOL}/uncross`);
}

describe("REST", () => {
  let exchange: TestExchange;
  let checker: Checker;
  let key: TestKey;
  let cookie = "";
  beforeAll(async () => {
    exchange = await startTestExchange();
    checker = await documentAt(`${exchange.url}/openapi.json`);
    key = await exchange.makeKey("alice");
  });
  afterAll(() => exchange.stop());

  /** fetch may set neither Host nor Origin. */
  async function send(operation: Operation, example: Sent, isProved = true) {
    const { method, by } = operation;
    const target = targetOf(operation, example, key.key);
    const body = example.body === undefined ? "" : JSON.stringify(example.body);
    const headers: Record<string, string> = {
      ...(body === "" ? {} : { "content-type": "application/json" }),
      ...(isProved && by === "operator" ? { authorization: `Bearer ${TOKEN}` } : {}),
      ...(isProved && by === "browser"
        ? { ...pageAt(`127.0.0.1:${exchange.gateway.port}`), cookie }
        : {}),
      ...(isProved && by === "key"
        ? signRequest(key, { method: method.toUpperCase(), target, body })
        : {}),
    };
    return ask(exchange.gateway.port, method, target, headers, body);
  }

  const told = OPERATIONS.flatMap((operation) =>
    operation.examples.map((example) => {
      return [`${operation.id}: ${example.says}`, operation, example] as const;
    }),
  );
  // What is revoked is used no more: last.
  const last = ({ id }: Operation): number => Number(id === "revokeKey");
  test.each(told.toSorted(([, a], [, b]) => last(a) - last(b)))(
    "%s",
    async (_, operation, example) => {
      const answer = await send(operation, example);
      cookie = answer.cookie || cookie;
      expect(Object.keys(operation.answers)).toContain(String(answer.status));
      expect(answer.status).toBeLessThan(300);
      const schema = operation.answers[answer.status]!;
      const isText = typeof schema === "string";
      expect(answer.type).toContain(isText ? schema : "application/json");
      const response = `/paths/${part(operation.path)}/${operation.method}/responses/${answer.status}`;
      const at = `${response}/content/${isText ? "text~1plain" : "application~1json"}/schema`;
      expect(checker.faults(at, isText ? answer.body : JSON.parse(answer.body))).toEqual([]);
      expect(answer.hasRate).toBe(isCounted(operation.path));
    },
  );

  const guarded = OPERATIONS.filter(({ by }) => by !== "anyone");
  test.each(guarded.map((each) => [each.id, each] as const))(
    "%s by nobody",
    async (_id, operation) => {
      const answer = await send(operation, operation.examples[0]!, false);
      const problem = JSON.parse(answer.body) as { code: keyof typeof CODES; status: number };
      expect(answer.type).toBe("application/problem+json");
      expect(checker.faults("/components/schemas/Problem", problem)).toEqual([]);
      expect(operation.refusals).toContain(problem.code);
      expect([answer.status, problem.status]).toEqual(Array(2).fill(CODES[problem.code].status));
    },
  );
});

function targetOf({ path }: Operation, { path: open = {}, query = {} }: Sent, key: string): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === "key" ? key : encodeURIComponent(open[name]!),
  );
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) asked.set(name, String(value));
  return asked.size === 0 ? filled : `${filled}?${asked.toString()}`;
}

interface Said {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly cookie: string;
  readonly hasRate: boolean;
}

function ask(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, method: method.toUpperCase(), path, headers }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => {
        const { headers: said, statusCode } = answer;
        const cookie = (said["set-cookie"]?.[0] ?? "").split(";")[0]!;
        const hasRate = "ratelimit" in said && "ratelimit-policy" in said;
        const type = said["content-type"] ?? "";
        resolve({ status: statusCode!, type, body: text, cookie, hasRate });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
