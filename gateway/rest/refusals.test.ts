/** Requests that lead nowhere: each is refused by its own code, as problem+json, and says what would do. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { gzipSync } from "node:zlib";
import { CODES } from "../errors.ts";
import { startTestExchange, type TestExchange, TOKEN } from "../testing/exchange.ts";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange();
});
afterAll(() => exchange.stop());

const JSON_TYPE = "application/json";
const KEYS = "/v1/admin/keys";
const BODY = '{"account":"a","public_key":"x"}';
const LONG = JSON.stringify({ label: "x".repeat(17 * 1024) });

type Sent = { type?: string; encoding?: string; body?: string | Uint8Array<ArrayBuffer> };
// method | path | what is sent | status, code | Allow
const REFUSED: [string, string, Sent, number, keyof typeof CODES, string | null][] = [
  ["GET", "/v1/nothing", {}, 404, "NOT_FOUND", null],
  ["GET", "/v1/instruments/%zz", {}, 404, "UNKNOWN_SYMBOL", null],
  ["GET", "/v1/instruments/", {}, 404, "NOT_FOUND", null],
  ["POST", "/v1/nothing", { type: JSON_TYPE, body: "{}" }, 404, "NOT_FOUND", null],
  ["PATCH", "/v1/status", {}, 405, "METHOD_NOT_ALLOWED", "GET, HEAD"],
  ["OPTIONS", "/v1/session", {}, 405, "METHOD_NOT_ALLOWED", "POST, DELETE"],
  ["PUT", KEYS, { type: JSON_TYPE, body: BODY }, 405, "METHOD_NOT_ALLOWED", "POST, GET, HEAD"],
  ["POST", "/metrics", {}, 405, "METHOD_NOT_ALLOWED", "GET, HEAD"],
  ["POST", KEYS, { type: JSON_TYPE, body: LONG }, 413, "BODY_TOO_LARGE", null],
  ["POST", KEYS, { type: "text/plain", body: LONG }, 413, "BODY_TOO_LARGE", null],
  ["POST", KEYS, { type: "text/plain", body: BODY }, 415, "UNSUPPORTED_MEDIA_TYPE", null],
  ["POST", KEYS, { type: "application/jsonp", body: BODY }, 415, "UNSUPPORTED_MEDIA_TYPE", null],
  [
    "POST",
    KEYS,
    { type: "application/x-www-form-urlencoded", body: "account=a" },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    null,
  ],
  [
    "POST",
    KEYS,
    { type: JSON_TYPE, encoding: "gzip", body: new Uint8Array(gzipSync(BODY)) },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    null,
  ],
  // These are read: what they say is refused, not how.
  ["POST", KEYS, { type: "Application/JSON; charset=utf-8", body: BODY }, 400, "VALIDATION", null],
  ["POST", KEYS, { type: JSON_TYPE, encoding: "identity", body: BODY }, 400, "VALIDATION", null],
  ["POST", KEYS, { type: JSON_TYPE, body: "{" }, 400, "VALIDATION", null],
];

test.each(REFUSED)("%s %s with %j", async (method, path, sent, status, code, allow) => {
  const { type, encoding, body } = sent;
  const answer = await fetch(`${exchange.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(type === undefined ? {} : { "content-type": type }),
      ...(encoding === undefined ? {} : { "content-encoding": encoding }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const problem: unknown = await answer.json();
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.headers.get("allow")).toBe(allow);
  expect(problem).toMatchObject({ title: code, status, code, class: CODES[code].class });
  expect(problem).toMatchObject({ execution: "none", detail: expect.any(String) });
});
