/**
 * What is written to the log of a day on which everything secret came by: keys, signatures, cookies and
 * the operator's token, right and wrong. None of it is there, and every line is an object with words.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { pino } from "pino";
import { LOG_HIDES } from "../cli/running.ts";
import { signLogon, startTestExchange, type TestExchange, TOKEN } from "./testing/exchange.ts";
import { makeSecretKey, send, signRequest } from "./testing/signed.ts";
import { connect } from "./testing/trader.ts";
import { askSession, openSocket, page } from "./testing/visitor.ts";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ limits: { frameBytesMax: 2_000, shutdownSpreadMs: 20 } });
});
afterAll(() => exchange.stop());

test("a day of secrets leaves none of them in the log", async () => {
  const secrets = new Map<string, string>([["the admin token", TOKEN]]);
  const key = await exchange.makeKey("alice");
  const hmac = await makeSecretKey(exchange, "alice");
  secrets.set("a key's secret", hmac.secret);
  const good = signLogon(key);
  secrets.set("a signature", good.signature);
  const trader = await connect(exchange);
  await trader.request("session.logon", { ...good, key: "nobody" });
  await trader.request("session.logon", good);
  trader.socket.send("x".repeat(3_000)); // closed, and that is logged
  await trader.closed;
  const asked = { method: "GET", target: "/v1/orders/a" } as const;
  const headers = signRequest(hmac, asked);
  secrets.set("a request's signature", headers["solebook-signature"]!);
  await send(exchange.url, asked, headers);
  await send(exchange.url, asked, headers); // again: refused
  const wrong = { authorization: "Bearer not-the-token-of-this-machine" };
  secrets.set("a wrong token", "not-the-token-of-this-machine");
  await fetch(`${exchange.url}/v1/admin/keys`, { headers: wrong });
  const { cookie } = await askSession(exchange, page(exchange));
  secrets.set("a cookie", cookie.split("=")[1]!);
  (await openSocket(exchange, page(exchange, cookie))).close();
  await exchange.admin("DELETE", `keys/${hmac.key}`);
  expect(exchange.logs.length).toBeGreaterThan(0);
  const text = JSON.stringify(exchange.logs);
  const told = [...secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => what);
  expect(told).toEqual([]);
  for (const line of exchange.logs) expect(typeof (line.msg ?? line.code)).toBe("string");
});

test("should a line hold one all the same, the log hides it", () => {
  const lines: string[] = [];
  const logger = pino({ redact: [...LOG_HIDES] }, { write: (line: string) => lines.push(line) });
  const secret = "hunter2";
  for (const name of ["secret", "token", "signature", "authorization", "cookie", "password"]) {
    logger.info({ [name]: secret, headers: { [name]: secret } }, name);
  }
  expect(lines).toHaveLength(6);
  expect(lines.join("")).not.toContain(secret);
});
