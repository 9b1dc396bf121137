/**
 * Orders over HTTP, for who has no socket open: each request signed by itself. What is asked, checked
 * and answered is what the socket's methods ask, check and answer.
 */
import { type Problem, Refused } from "../errors.ts";
import type { Asker } from "../orders/answer.ts";
import { ignoredIn, writeIgnored } from "../forms/ignored.ts";
import { isProblem, type Params } from "../orders/decode.ts";
import type { OrderEntry } from "../orders/entry.ts";
import { makePlacer, type OrderRate } from "../session/limits.ts";
import type { Doorkeeper } from "../session/logon.ts";
import { permit } from "../session/permission.ts";
import type { ExchangeStatus } from "../status.ts";
import { nowUs, writeTime } from "../written-forms.ts";
import { readBody } from "./body.ts";
import { type Call, json, rateHeaders, type Reply, type Route } from "./server.ts";

export interface OrderParts {
  readonly status: ExchangeStatus;
  readonly doorkeeper: Doorkeeper;
  readonly entry: OrderEntry;
  readonly rate: OrderRate;
}

type Ask = (asker: Asker, account: number, timeInUs: number) => void;

export function orderRoutes(parts: OrderParts): Route[] {
  const { entry } = parts;
  const one = "/v1/orders/*";
  return [
    {
      method: "POST",
      path: "/v1/orders",
      handle: (call) =>
        signed(parts, call, "add_order", readBody, (params) => (asker, account, timeInUs) => {
          entry.place(asker, account, params, timeInUs);
        }),
    },
    {
      method: "GET",
      path: one,
      handle: (call) =>
        signed(parts, call, "order_status", named, (params) => (asker, account) => {
          entry.status(asker, account, params);
        }),
    },
    {
      method: "DELETE",
      path: one,
      handle: (call) =>
        signed(parts, call, "cancel_order", named, (params) => (asker, account) => {
          entry.cancel(asker, account, params);
        }),
    },
  ];
}

/** Who signed it is asked before what it says. */
async function signed(
  { status, doorkeeper, rate }: OrderParts,
  call: Call,
  method: string,
  read: (call: Call) => Params,
  askOf: (params: Params) => Ask,
): Promise<Reply> {
  const timeInUs = nowUs();
  if (status.state === "starting") throw new Refused({ code: "STARTING" });
  if (status.state === "shutting_down") throw new Refused({ code: "SHUTTING_DOWN" });
  const caller = await signer(doorkeeper, call, timeInUs);
  if (isProblem(caller)) throw new Refused(caller);
  const params = read(call);
  const orders = permit(caller, method, params);
  if (typeof orders !== "number") throw new Refused(orders);
  const account = caller.account.account_id;
  const placer = makePlacer(caller.key, account, call.address);
  if (orders > 0) await rate.look(placer);
  const standing = rate.take(placer, orders);
  const headers = standing === undefined ? [] : rateHeaders("orders", standing);
  const refused = (problem: Problem): Refused => new Refused(problem, undefined, headers);
  const waitMs = standing?.waitMs ?? 0;
  if (waitMs > 0) throw refused({ code: "RATE_LIMITED", retryAfterMs: waitMs });
  const ignored = writeIgnored(ignoredIn(method, params));
  return new Promise((resolve, reject) => {
    const waiting: Asker = {
      answer: (result) => resolve({ ...json(200, withTimes(result, timeInUs, ignored)), headers }),
      refuse: (problem) => reject(refused(problem)),
    };
    askOf(params)(waiting, account, timeInUs);
  });
}

/** As beside a result on the socket: when it came, when it is answered, what nobody here knows. */
function withTimes(result: string, timeInUs: number, ignored: string): string {
  const times = `"time_in":"${writeTime(timeInUs)}","time_out":"${writeTime(nowUs())}"`;
  return `${result.slice(0, -1)},${times}${ignored}}`;
}

function signer(
  doorkeeper: Doorkeeper,
  call: Call,
  timeInUs: number,
): ReturnType<Doorkeeper["check"]> {
  const key = call.header("solebook-key");
  if (key === "") return { code: "NOT_LOGGED_ON", message: SIGN_HEADERS };
  const proof = {
    key,
    timestamp: call.header("solebook-timestamp"),
    signature: call.header("solebook-signature"),
    window: call.header("solebook-window"),
  };
  const head = `${call.method}\n${call.target}\n`;
  return doorkeeper.check(proof, { head, body: call.bytes, address: call.address }, timeInUs);
}

/** The order of the path, on the shard of `symbol` where it is said. */
function named({ parts: [id], query }: Call): Params {
  const symbol = query.get("symbol");
  return { client_order_id: id, ...(symbol === null ? {} : { symbol }) };
}

const SIGN_HEADERS = "Send Solebook-Key, Solebook-Timestamp and Solebook-Signature.";
