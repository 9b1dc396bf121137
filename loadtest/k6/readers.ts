/**
 * Readers of books, while `orders.ts` runs beside them:
 * `k6 run -e PROFILE=connections|reconnect-storm loadtest/k6/readers.ts`; also CONNECTIONS, SECONDS, BOOKS, ORDERS_PER_S. No
 * sequence may be missing, also over a loss of the connection; `npm run loadtest` looks at the books, too.
 */
import { Counter } from "k6/metrics";
import type { Options } from "k6/options";
import { WebSocket } from "k6/websockets";
import {
  type Answer,
  type Ground,
  listen,
  logOn,
  prepare,
  setting,
  socketUrl,
} from "./exchange.ts";

const profile = __ENV.PROFILE ?? "connections";
const connections = setting("CONNECTIONS", 200);
const seconds = setting("SECONDS", 30);
const books = setting("BOOKS", 2);
const perS = setting("ORDERS_PER_S", 100);
const SIZES = 100;
const SPREAD_MS = 1_000;

const updates = new Counter("updates");
const ordersRefused = new Counter("orders_refused");
const gaps = new Counter("sequence_gaps");
const resumed = new Counter("resumed");
const begunAgain = new Counter("begun_again");
const closed = new Counter("closed_by_exchange");

export const options: Options = {
  scenarios: {
    readers: {
      executor: "per-vu-iterations",
      vus: connections,
      iterations: 1,
      exec: "readBooks",
      maxDuration: `${seconds + 60}s`,
    },
    trader: {
      executor: "per-vu-iterations",
      vus: 1,
      iterations: 1,
      exec: "trade",
      maxDuration: `${seconds + 60}s`,
    },
  },
  thresholds: {
    sequence_gaps: ["count==0"],
    begun_again: ["count==0"],
    closed_by_exchange: ["count==0"],
    orders_refused: ["count==0"],
    updates: ["count>0"],
  },
};

export function setup(): Ground {
  return prepare(SIZES, 1);
}

export function readBooks({ symbols }: Ground): void {
  const mine = Array.from({ length: books }, (_, book) => symbols[(__VU * books + book) % SIZES]!);
  const seqs = new Map<string, number>();
  const endMs = Date.now() + seconds * 1_000;
  open(mine, seqs, endMs);
}

/** One connection until the end, or until it is lost on purpose and comes back. */
function open(mine: readonly string[], seqs: Map<string, number>, endMs: number): void {
  const socket = new WebSocket(socketUrl);
  const isBack = seqs.size > 0;
  let isEnding = false;
  const close = (): void => {
    isEnding = true;
    socket.close();
  };
  const opened = (): void => {
    const known = isBack ? { resume_from_seq: Object.fromEntries(seqs) } : {};
    const params = { channel: "book", symbols: mine, ...known };
    socket.send(JSON.stringify({ method: "subscribe", params }));
    const leftMs = endMs - Date.now();
    if (profile !== "reconnect-storm" || isBack) return void setTimeout(close, leftMs);
    setTimeout(() => {
      close();
      setTimeout(() => open(mine, seqs, endMs), Math.random() * SPREAD_MS);
    }, leftMs / 2);
  };
  const gone = (): void => {
    if (!isEnding) closed.add(1);
  };
  const told = (answer: Answer): void => {
    const { method, result, channel, type, symbol, seq, prev_seq: before } = answer;
    if (method === "subscribe" && isBack) {
      const rows = result?.symbols ?? [];
      resumed.add(rows.filter(({ mode }) => mode === "resumed").length);
      begunAgain.add(rows.filter(({ mode }) => mode !== "resumed").length);
    }
    if (channel !== "book" || isEnding) return;
    if (type === "update") updates.add(1);
    if (type === "update" && seqs.get(symbol!) !== before) gaps.add(1);
    seqs.set(symbol!, seq!);
  };
  listen(socket, { opened, told, closed: gone });
}

/** Somebody who moves the books: bids that come and go. */
export function trade({ symbols, keys, run }: Ground): void {
  const socket = new WebSocket(socketUrl);
  let sent = 0;
  const told = (answer: Answer): void => {
    if (answer.success === false) ordersRefused.add(1);
    if (answer.method !== "session.logon") return;
    const beganMs = Date.now();
    const timer = setInterval(() => {
      const passedMs = Date.now() - beganMs;
      for (; sent < (passedMs / 1_000) * perS; sent++) {
        const params = {
          symbol: symbols[sent % SIZES],
          side: "buy",
          type: "limit",
          qty: 1,
          price: `${100 + (sent % 90)}.00`,
          client_order_id: `${run}-${sent}`,
        };
        socket.send(JSON.stringify({ method: "add_order", req_id: sent, params }));
      }
      if (passedMs < seconds * 1_000) return;
      clearInterval(timer);
      socket.close();
    }, 10);
  };
  listen(socket, { opened: () => logOn(socket, keys[0]!), told });
}
