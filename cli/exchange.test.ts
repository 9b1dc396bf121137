// What the exchange refuses, told to a person: its words, what they are about, and what to quote.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { request } from "./exchange.ts";

let answer: { status: number; body: string };
const server = createServer((_, response) => {
  response.writeHead(answer.status, { "content-type": "application/problem+json" });
  response.end(answer.body);
});
beforeAll(() => once(server.listen(0, "127.0.0.1"), "listening"));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const QUOTE = "This is our mistake; quote the request_id.";

test.each([
  [
    500,
    { code: "INTERNAL", class: "SYSTEM", message: QUOTE, detail: QUOTE, request_id: "q-17" },
    { code: "INTERNAL", isAboutAll: true },
    `the exchange refused: ${QUOTE} (request_id q-17)`,
  ],
  [
    400,
    { code: "VALIDATION", class: "VALIDATION", detail: "No.", param: "style", request_id: "q-18" },
    { code: "VALIDATION", isAboutAll: false },
    "the exchange refused: No. (style)",
  ],
  [
    502,
    "<html>",
    { code: "HTTP_502", isAboutAll: false },
    "the exchange refused: GET /v1/thing was answered 502",
  ],
])("%i %j", async (status, body, facts, words) => {
  answer = { status, body: typeof body === "string" ? body : JSON.stringify(body) };
  const { port } = server.address() as AddressInfo;
  const error: unknown = await request(`http://127.0.0.1:${port}`, "GET", "/v1/thing").catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ ...facts, message: words });
});
