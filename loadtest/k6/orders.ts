/**
 * Orders on schedule, timed from when they were due:
 * `k6 run -e PROFILE=steady|burst|cancel-storm|overload|order-entry loadtest/k6/orders.ts`; also CONNECTIONS, SECONDS,
 * ORDERS_PER_S, for `order-entry` DEPTH. `overload` is for an exchange with a limit of a fifth of ORDERS_PER_S.
 */
import { Counter, Trend } from "k6/metrics";
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

const profile = __ENV.PROFILE ?? "steady";
const connections = setting("CONNECTIONS", 20);
const seconds = setting("SECONDS", 30);
const perS = setting("ORDERS_PER_S", 1_000);
const depth = setting("DEPTH", 16);
const RUSH = 10;
const SIZES = 50;
const TICK_MS = 5;
const GRACE_MS = 10_000;

const took = new Trend("order_ms", true);
const refusedIn = new Trend("refused_ms", true);
const accepted = new Counter("orders_accepted");
const refused = new Counter("orders_refused");
/** Refused by a name that the profile does not know, not answered, or closed: there may be none. */
const wrong = new Counter("orders_wrong");

interface Phase {
  readonly seconds: number;
  readonly perS: number;
  readonly isCancel?: boolean;
}

const PHASES: Readonly<Record<string, readonly Phase[]>> = {
  steady: [{ seconds, perS }],
  burst: [perS, perS * RUSH, perS].map((rate) => ({ seconds: seconds / 3, perS: rate })),
  "cancel-storm": [
    { seconds: seconds / 2, perS },
    { seconds: seconds / 2 / RUSH, perS: perS * RUSH, isCancel: true },
  ],
  overload: [perS / 10, perS, perS / 10].map((rate) => ({ seconds: seconds / 3, perS: rate })),
  "order-entry": [],
};

export const options: Options = {
  scenarios: {
    orders: {
      executor: "per-vu-iterations",
      vus: connections,
      iterations: 1,
      maxDuration: `${seconds + 60}s`,
    },
  },
  thresholds: { orders_wrong: ["count==0"], orders_accepted: ["count>0"] },
  summaryTrendStats: ["min", "med", "p(95)", "p(99)", "max"],
};

export function setup(): Ground {
  if (PHASES[profile] === undefined) throw new Error(`there is no profile ${profile}`);
  return prepare(SIZES, connections);
}

export default function trade({ symbols, keys, run }: Ground): void {
  const at = __VU - 1;
  const socket = new WebSocket(socketUrl);
  const symbolOf = (order: number): string => symbols[(at + order) % symbols.length]!;
  const due = new Map<number, number>();
  let next = 1;
  let isEnding = false;

  const send = (dueMs: number, cancelled?: number): void => {
    const id = `${run}-${at}-${cancelled ?? next}`;
    const symbol = symbolOf(cancelled ?? next);
    const order = { symbol, type: "limit", qty: 1, ...sideOf(next), client_order_id: id };
    const frame =
      cancelled === undefined
        ? { method: "add_order", req_id: next, params: order }
        : { method: "cancel_order", req_id: next, params: { symbol, client_order_id: id } };
    due.set(next++, dueMs);
    socket.send(JSON.stringify(frame));
  };
  const end = (): void => {
    isEnding = true;
    wrong.add(due.size);
    socket.close();
  };

  const opened = (): void => logOn(socket, keys[at]!);
  const closed = (): void => {
    if (!isEnding) wrong.add(1);
  };
  const told = (answer: Answer): void => {
    if (answer.method === "session.logon") {
      if (answer.success !== true) wrong.add(1);
      else if (profile === "order-entry") keepInFlight(send, end, due);
      else follow(PHASES[profile]!, send, end, due);
      return;
    }
    const dueMs = due.get(answer.req_id ?? 0);
    if (dueMs === undefined) return wrong.add(1);
    due.delete(answer.req_id!);
    const ms = Date.now() - dueMs;
    if (answer.success === true) {
      took.add(ms);
      accepted.add(1);
    } else {
      refusedIn.add(ms);
      refused.add(1, { code: answer.error?.code ?? "" });
      if (profile !== "overload" || answer.error?.code !== "RATE_LIMITED") {
        wrong.add(1);
        if (!isTold) console.error(`an order was refused: ${JSON.stringify(answer.error)}`);
        isTold = true;
      }
    }
    if (profile === "order-entry" && !isEnding && isOn) send(Date.now());
  };
  listen(socket, { opened, told, closed });
}

type Send = (dueMs: number, cancelled?: number) => void;

/** Sides in turns; to rest and be cancelled they are all bids, else all at one price. */
function sideOf(order: number): object {
  if (profile === "cancel-storm") return { side: "buy", price: "150.00" };
  return { side: order % 2 === 0 ? "buy" : "sell", price: "200.00" };
}

let isOn = false;
/** The first refusal of a connection is shown. */
let isTold = false;

/** So many on their way at once, the next with each answer. */
function keepInFlight(send: Send, end: () => void, due: ReadonlyMap<number, number>): void {
  isOn = true;
  for (let count = 0; count < depth; count++) send(Date.now());
  setTimeout(() => {
    isOn = false;
    endWhenAnswered(end, due);
  }, seconds * 1_000);
}

/** This connection's part of all phases; then the end. */
function follow(
  phases: readonly Phase[],
  send: Send,
  end: () => void,
  due: ReadonlyMap<number, number>,
): void {
  let beganMs = Date.now();
  let phaseAt = 0;
  let taken = 0;
  let rested = 0;
  const timer = setInterval(() => {
    for (;;) {
      const phase = phases[phaseAt];
      if (phase === undefined) {
        clearInterval(timer);
        return endWhenAnswered(end, due);
      }
      const mine = phase.perS / connections;
      if (taken >= Math.round(mine * phase.seconds)) {
        beganMs += phase.seconds * 1_000;
        phaseAt++;
        taken = 0;
        continue;
      }
      const dueMs = beganMs + (taken * 1_000) / mine;
      if (dueMs > Date.now()) return;
      taken++;
      if (phase.isCancel === true) send(dueMs, taken);
      else rested = taken;
      if (phase.isCancel !== true) send(dueMs);
      if (phase.isCancel === true && taken >= rested) taken = Math.round(mine * phase.seconds);
    }
  }, TICK_MS);
}

function endWhenAnswered(end: () => void, due: ReadonlyMap<number, number>): void {
  const untilMs = Date.now() + GRACE_MS;
  const timer = setInterval(() => {
    if (due.size > 0 && Date.now() < untilMs) return;
    clearInterval(timer);
    end();
  }, TICK_MS);
}
