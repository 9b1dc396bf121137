// A run before an exchange that will not: what is about a row costs that row, what is about the whole
// exchange stops the run where it is, and silence is said before it is an end.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import type { Admin } from "../exchange.ts";
import { lockImports } from "./lock.ts";
import { Interrupted, run, type RunResult } from "./run.ts";
import { newRunId } from "./run-id.ts";
import { collectSales } from "./sales.ts";

interface Request {
  readonly method: string;
  readonly req_id: number | string;
  readonly params: { readonly symbols: readonly string[] };
}

type Refusal = Readonly<Record<string, unknown>>;

let server: WebSocketServer;
let dir: string;
let said: string[];
let removed: string[];
/** What an order is answered; null is nothing at all. */
let refusal: Refusal | null;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "solebook-run-"));
  said = [];
  removed = [];
  server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  server.on("connection", (socket) =>
    socket.on("message", (data) => {
      for (const text of answers(JSON.parse((data as Buffer).toString()) as Request)) {
        socket.send(text);
      }
    }),
  );
});
afterEach(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
  rmSync(dir, { recursive: true });
});

function answers({ method, req_id, params }: Request): string[] {
  if (method === "add_order") {
    if (refusal === null) return [];
    return [JSON.stringify({ req_id, success: false, error: refusal })];
  }
  const answer = JSON.stringify({ req_id, success: true, result: { count: 0 } });
  if (method !== "subscribe") return [answer];
  const snapshot = { channel: "trades", type: "snapshot", seq: 0, prev_seq: 0, data: [] };
  return [answer, ...params.symbols.map((symbol) => JSON.stringify({ ...snapshot, symbol }))];
}

/** Keys from before: of a killed run, of ours by hand, and one that is revoked already. */
const KEYS = [
  { key: "k_left", account: "sales-seller", label: "import-sales abcdefg", revoked_at: null },
  { key: "k_hand", account: "sales-seller", label: "mine", revoked_at: null },
  { key: "k_other", account: "ann", label: "import-sales abcdefg", revoked_at: null },
  { key: "k_gone", account: "sales-buyer", label: "import-sales abcdefg", revoked_at: "2026" },
];
let made = 0;
const admin: Admin = {
  get: () => Promise.resolve({ keys: KEYS }),
  post: () => Promise.resolve({ key: `k_${++made}`, account: "a", scopes: [] }),
  remove: (path) => {
    removed.push(path.split("/").at(-1)!);
    return Promise.resolve(null);
  },
};

async function* threeRows() {
  const header =
    "order_date,brand,sneaker_name,sale_price_cents,retail_price_cents,release_date,shoe_size";
  const rows = [
    header,
    ...[7, 8, 9].map((size) => `2017-09-01,A,B,20000,22000,2016-09-24,${size}`),
  ];
  yield await Promise.resolve(
    rows.map((row, index) => ({ line: index + 1, cells: row.split(",") })),
  );
}

async function trade(): Promise<RunResult> {
  const { port } = server.address() as AddressInfo;
  return run({
    exchange: { url: `http://127.0.0.1:${port}`, dir },
    admin,
    sales: await collectSales(threeRows(), () => {}),
    runId: newRunId(Date.now()),
    isSentAgain: false,
    patience: { sayAfterMs: 300, stopAfterMs: 900 },
    say: (words) => said.push(words),
    onProgress: () => {},
    onStop: () => {},
  });
}

/** Why a run stopped that can go on. */
async function interruption(): Promise<string> {
  const error: unknown = await trade().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Interrupted);
  return (error as Interrupted).message;
}

const ABOUT_ALL: readonly (readonly [Refusal, string])[] = [
  [
    { code: "DISK_FULL", class: "SYSTEM", message: "The journal has no room.", execution: "none" },
    "the exchange answered DISK_FULL: The journal has no room.",
  ],
  [
    {
      code: "DISK_FULL",
      class: "SYSTEM",
      message: "The disk is full; again when there is room.",
      retryable: true, // by an operator's time, not by ours
      retry_after_ms: 1_000,
      execution: "none",
    },
    "the exchange answered DISK_FULL: The disk is full; again when there is room.",
  ],
  [
    { code: "ENGINE_STOPPED", class: "SYSTEM", message: "It stopped.", execution: "none" },
    "the exchange answered ENGINE_STOPPED: It stopped.",
  ],
  [
    { code: "NOT_LOGGED_ON", class: "AUTH", message: "Log on.", execution: "none" },
    "the exchange answered NOT_LOGGED_ON: Log on.",
  ],
  [
    {
      code: "INTERNAL",
      class: "SYSTEM",
      message: "This is our mistake; quote the request_id.",
      request_id: "q-17",
      execution: "unknown",
    },
    "the exchange answered INTERNAL: This is our mistake; quote the request_id. (request_id q-17)",
  ],
];

test.each(ABOUT_ALL)("%j stops the run, which can go on later", async (error, words) => {
  refusal = { retryable: false, ...error };
  expect(await interruption()).toBe(words);
});

test("a refusal of one row costs that row only", async () => {
  refusal = { code: "PRICE_OUT_OF_RANGE", class: "FILTER", message: "Lower.", retryable: false };
  const { ledger } = await trade();
  expect(ledger).toMatchObject({ trades: 0, lostRows: 3 });
  expect(ledger.reasons[0]).toBe("line 2: PRICE_OUT_OF_RANGE: Lower.");
});

test("an exchange that falls silent is waited for, aloud, and then left", async () => {
  refusal = null;
  expect(await interruption()).toBe("the exchange has answered nothing for 0.9 s");
  expect(said).toContain("the exchange has answered nothing for 0.3 s; waiting until 0.9 s");
});

test("keys of a killed run are revoked at the start, the run's own at its end, others never", async () => {
  refusal = { code: "PRICE_OUT_OF_RANGE", class: "FILTER", message: "Lower.", retryable: false };
  await trade();
  expect(removed).toEqual([
    "k_left",
    expect.stringMatching(/^k_\d/),
    expect.stringMatching(/^k_\d/),
  ]);
  expect(said).toContain("keys that a killed import left, revoked: 1");
});

test("two imports at once are refused, one after the other is not", async () => {
  refusal = { code: "PRICE_OUT_OF_RANGE", class: "FILTER", message: "Lower.", retryable: false };
  const other = lockImports(dir);
  await expect(trade()).rejects.toThrow(`another import-sales is running on ${dir}`);
  expect(removed).toEqual([]);
  other.release();
  await trade();
  await trade();
});
