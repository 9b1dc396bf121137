/**
 * From a frame to the methods it names: who may call what, and exactly one answer per request,
 * with the gateway's times of receipt and reply.
 */
import type { Logger } from "pino";
import { errorMembers, type Problem } from "../errors.ts";
import { findRequests, readRequest, REQUESTS_MAX, soleRequest } from "../frames/decode.ts";
import type { Metrics } from "../metrics.ts";
import type { Asker } from "../orders/answer.ts";
import { ignoredIn, writeIgnored } from "../forms/ignored.ts";
import { reader } from "../forms/read.ts";
import { AccountTradesParams } from "../forms/requests.ts";
import { invalid, isProblem, type Params } from "../orders/decode.ts";
import type { OrderEntry } from "../orders/entry.ts";
import type { QuickOrders } from "../orders/quick.ts";
import type { QuickAsker } from "../orders/quick-answer.ts";
import { FILLS_DEFAULT, type Fills, writeFills } from "../orders/fills.ts";
import type { ApiKey, Caller } from "../registry/identity.ts";
import type { ExchangeStatus } from "../status.ts";
import { nowUs, writeTime } from "../written-forms.ts";
import type { DeadMan, Leash } from "./dead-man.ts";
import { makePlacer, type OrderRate, type Placer, type Standing } from "./limits.ts";
import type { Doorkeeper } from "./logon.ts";
import { isPrivate, mayTrade, permit } from "./permission.ts";
import { CloseCode, type Session } from "./session.ts";
import { type Subscribables, subscribe, unsubscribe } from "./subscribe.ts";

export interface DispatchParts {
  readonly doorkeeper: Doorkeeper;
  readonly entry: OrderEntry;
  readonly quick: QuickOrders;
  readonly deadMan: DeadMan;
  readonly fills: readonly Fills[];
  readonly rate: OrderRate;
  readonly subscribables: Subscribables;
  readonly metrics: Metrics;
  readonly status: ExchangeStatus;
  readonly logger: Logger;
  readonly nextRequestId: () => string;
}

const readAccountTrades = reader(AccountTradesParams);

type Handle = (
  parts: DispatchParts,
  session: Session,
  request: SocketRequest,
  params: Params,
) => void;

/** One request of a socket: what its answer repeats. */
class SocketRequest implements Asker {
  readonly #parts: DispatchParts;
  readonly #session: Session;
  readonly #method: string;
  readonly #reqId: string;
  readonly timeInUs: number;
  readonly isOrder: boolean;
  limits: Standing | undefined;
  /** What its answer says of names that are not known here, written. */
  ignored = "";

  constructor(parts: DispatchParts, session: Session, method: string, reqId: string, inUs: number) {
    this.#parts = parts;
    this.#session = session;
    this.#method = method;
    this.#reqId = reqId;
    this.timeInUs = inUs;
    this.isOrder = isPrivate(method);
  }

  answer(result: string): void {
    this.#finish(`"success":true,"result":${result}`, "ok");
  }

  refuse(problem: Problem): void {
    const members = errorMembers(problem, this.#parts.nextRequestId());
    this.#finish(`"success":false,"error":{${members}}`, problem.code);
  }

  #finish(outcome: string, code: string): void {
    const outUs = nowUs();
    if (this.isOrder) this.#parts.metrics.orderAnswered(this.#method, code, outUs - this.timeInUs);
    this.#session.push(
      `{"method":${JSON.stringify(this.#method)},"req_id":${this.#reqId},${outcome}` +
        `,"time_in":"${writeTime(this.timeInUs)}","time_out":"${writeTime(outUs)}"${writeLimits(this.limits)}${this.ignored}}`,
    );
  }
}

/** What is left of the limit on orders that comes first; nothing where there is none. */
function writeLimits(standing: Standing | undefined): string {
  if (standing === undefined) return "";
  const { left, burst, perSecond } = standing;
  return `,"limits":{"orders_left":${left},"burst":${burst},"per_second":${perSecond}}`;
}

const METHODS = new Map<string, Handle>([
  ["ping", (_parts, _session, request) => request.answer("{}")],
  ["session.logon", logon],
  [
    "subscribe",
    (parts, session, request, params) => subscribe(parts.subscribables, session, request, params),
  ],
  [
    "unsubscribe",
    (parts, session, request, params) => unsubscribe(parts.subscribables, session, request, params),
  ],
  [
    "add_order",
    ({ entry }, session, request, params) =>
      entry.place(request, session.key!.account.account_id, params, request.timeInUs),
  ],
  [
    "amend_order",
    ({ entry }, session, request, params) =>
      entry.amend(request, session.key!.account.account_id, params),
  ],
  [
    "cancel_order",
    ({ entry }, session, request, params) =>
      entry.cancel(request, session.key!.account.account_id, params),
  ],
  [
    "cancel_all",
    ({ entry }, session, request, params) =>
      entry.cancelAll(request, session.key!.account.account_id, params),
  ],
  [
    "batch",
    ({ entry }, session, request, params) =>
      entry.batch(request, session.key!.account.account_id, params, request.timeInUs),
  ],
  [
    "cancel_after",
    ({ deadMan }, session, request, params) =>
      deadMan.cancelAfter(request, session.key!.account.account_id, params),
  ],
  [
    "cancel_on_disconnect",
    ({ deadMan }, session, request, params) => {
      const keep = (leash: Leash | undefined): void => session.keepLeash(leash, deadMan);
      const account = session.key!.account.account_id;
      deadMan.cancelOnDisconnect(request, account, params, keep, session.leash);
    },
  ],
  [
    "order_status",
    ({ entry }, session, request, params) =>
      entry.status(request, session.key!.account.account_id, params),
  ],
  ["account_trades", accountTrades],
]);

export const METHOD_NAMES: readonly string[] = [...METHODS.keys()];

/** Requests that wait for a logon. */
const HELD_MAX = 1_024;
/** Text in a method's name that we repeat in an answer: no more than this. */
const METHOD_CHARS_MAX = 64;

/** One text frame: one request. `timeInUs`: when it was read. */
export function dispatch(
  parts: DispatchParts,
  session: Session,
  text: string,
  timeInUs: number,
): void {
  const frame = parseFrame(text);
  if (frame === undefined) {
    malformed(parts, session, { code: "MALFORMED_FRAME" }, timeInUs);
    return;
  }
  serve(parts, session, frame, timeInUs);
}

const NO_FRAME: Problem = {
  code: "MALFORMED_FRAME",
  message: `Send a Frame of 1 to ${REQUESTS_MAX} requests; nothing of this one happened.`,
};
const NO_REQUEST: Problem = {
  code: "MALFORMED_FRAME",
  message: "One request of this frame is none; the others were taken.",
};

/** The same of a binary frame, which may hold many requests: each is served as if it came alone. */
export function dispatchBinary(
  parts: DispatchParts,
  session: Session,
  bytes: Uint8Array,
  timeInUs: number,
): void {
  const quick = quickAsker(parts, session);
  const sole = soleRequest(bytes);
  const end = bytes.length;
  if (sole > 0) {
    if (quick !== undefined && parts.quick.take(quick, bytes, sole, end, timeInUs)) return;
    return serveBinary(parts, session, readRequest(bytes, sole, end), timeInUs);
  }
  const places = findRequests(bytes);
  if (places === null) return malformed(parts, session, NO_FRAME, timeInUs);
  for (let each = 0; each < places.length && !session.closed; each += 2) {
    const [from, to] = [places[each]!, places[each + 1]!];
    if (quick !== undefined && parts.quick.take(quick, bytes, from, to, timeInUs)) continue;
    serveBinary(parts, session, readRequest(bytes, from, to), timeInUs);
  }
}

function serveBinary(
  parts: DispatchParts,
  session: Session,
  request: Frame | null,
  timeInUs: number,
): void {
  if (request === null) malformed(parts, session, NO_REQUEST, timeInUs);
  else serve(parts, session, request, timeInUs);
}

/** Who may trade without further questions; undefined: the long way has some, or an answer. */
function quickAsker(parts: DispatchParts, session: Session): QuickAsker | undefined {
  const { key } = session;
  if (key === undefined || session.held !== undefined) return undefined;
  if (parts.status.state === "shutting_down") return undefined;
  const { quick } = session;
  if (quick?.key === key) return quick;
  if (!mayTrade(key)) return undefined;
  const placer = placerOf(session, key);
  return (session.quick = {
    key,
    accountId: key.account.account_id,
    answerTo: () => session.answerTo(),
    answered: (method, code, waitedUs) => parts.metrics.orderAnswered(method, code, waitedUs),
    refuse: (method, { reqId, timeInUs, standing }, problem) => {
      const id = Number.isNaN(reqId) ? "null" : String(reqId);
      const request = new SocketRequest(parts, session, method, id, timeInUs);
      request.limits = standing;
      request.refuse(problem);
    },
    refusal: () => parts.rate.refusal(placer),
    admit: (method) => parts.rate.take(placer, method === "cancel_order" ? 0 : 1),
    nextRequestId: () => parts.nextRequestId(),
  });
}

function serve(parts: DispatchParts, session: Session, frame: Frame, timeInUs: number): void {
  // After a logon that is being looked into, in the order in which they came.
  if (session.held !== undefined && session.held.length < HELD_MAX) {
    session.held.push(() => serve(parts, session, frame, timeInUs));
    return;
  }
  const { method, req_id: reqId, params = {} } = frame;
  const written = writeReqId(reqId);
  const name = typeof method === "string" ? method.slice(0, METHOD_CHARS_MAX) : "";
  const request = new SocketRequest(parts, session, name, written ?? "null", timeInUs);
  if (written === undefined) {
    return request.refuse(invalid("req_id", "req_id is a whole number or a text of 64 at most."));
  }
  const handle = METHODS.get(method as string);
  if (handle === undefined) return request.refuse(noSuchMethod());
  if (!isObject(params)) return request.refuse(invalid("params", "params is an object."));
  if (session.held !== undefined) return request.refuse({ code: "OVERLOADED" });
  // Bytes have no names: what is not known of them was passed over.
  if (session.encoding === "json") request.ignored = writeIgnored(ignoredIn(name, params));
  if (request.isOrder) {
    const problem = mayNot(parts, session, name, params, request);
    if (problem !== undefined) return request.refuse(problem);
  }
  try {
    handle(parts, session, request, params);
  } catch (error) {
    parts.logger.error(
      { session: session.id, method: name, err: error },
      "a request failed by our mistake",
    );
    request.refuse({ code: "INTERNAL" });
  }
}

function noSuchMethod(): Problem {
  const message = `There is no such method; there are ${METHOD_NAMES.join(", ")}.`;
  return { code: "UNKNOWN_METHOD", param: "method", message };
}

/** A frame that is no request: it is answered, and a socket that goes on like that is closed. */
export function malformed(
  parts: DispatchParts,
  session: Session,
  problem: Problem,
  timeInUs = nowUs(),
): void {
  new SocketRequest(parts, session, "", "null", timeInUs).refuse(problem);
  if (++session.malformedFrames < session.limits.malformedFramesMax) return;
  session.close(CloseCode.POLICY, `${problem.code}: too many frames that are not requests`);
}

function mayNot(
  parts: DispatchParts,
  session: Session,
  method: string,
  params: Params,
  request: SocketRequest,
): Problem | undefined {
  const { key } = session;
  if (key === undefined) return { code: "NOT_LOGGED_ON" };
  const orders = permit(key, method, params);
  if (typeof orders !== "number") return orders;
  if (parts.status.state === "shutting_down") return { code: "SHUTTING_DOWN" };
  const standing = parts.rate.take(placerOf(session, key), orders);
  if (standing === undefined) return undefined;
  request.limits = standing;
  const { waitMs } = standing;
  return waitMs > 0 ? { code: "RATE_LIMITED", retryAfterMs: waitMs } : undefined;
}

function logon(
  parts: DispatchParts,
  session: Session,
  request: SocketRequest,
  params: Params,
): void {
  if (session.key !== undefined) return request.refuse({ code: "ALREADY_LOGGED_ON" });
  const key = parts.doorkeeper.logon(params, session.address, request.timeInUs);
  if (!(key instanceof Promise)) return loggedOn(session, request, key);
  session.held = [];
  const look = async (): Promise<void> => {
    const found = await key;
    if (isProblem(found)) return request.refuse(found);
    await parts.rate.look(placerOf(session, found));
    loggedOn(session, request, parts.doorkeeper.still(found.key));
  };
  look()
    .catch((error: unknown) => {
      parts.logger.error({ session: session.id, err: error }, "a logon failed by our mistake");
      request.refuse({ code: "INTERNAL" });
    })
    .finally(() => {
      const { held = [] } = session;
      session.held = undefined;
      for (const run of held) if (!session.closed) run();
    });
}

function loggedOn(session: Session, request: SocketRequest, key: ApiKey | Problem): void {
  if (isProblem(key)) return request.refuse(key);
  session.key = key;
  request.answer(JSON.stringify({ account: key.account.name, scopes: key.scopes }));
}

function placerOf({ address }: Session, { key, account }: Caller): Placer {
  return makePlacer(key, account.account_id, address);
}

function accountTrades(
  parts: DispatchParts,
  session: Session,
  request: SocketRequest,
  params: Params,
): void {
  const read = readAccountTrades(params);
  if ("problem" in read) return request.refuse(read.problem);
  const { account_id: account } = session.key!.account;
  request.answer(writeFills(parts.fills, account, read.value.limit ?? FILLS_DEFAULT));
}

interface Frame {
  readonly method?: unknown;
  readonly req_id?: unknown;
  readonly params?: unknown;
}

function parseFrame(text: string): Frame | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // not JSON: the caller answers MALFORMED_FRAME
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The request's own id as it goes back: null when it had none, undefined when it may not be one. */
function writeReqId(reqId: unknown): string | undefined {
  if (reqId === undefined || reqId === null) return "null";
  if (typeof reqId === "number") return Number.isSafeInteger(reqId) ? String(reqId) : undefined;
  if (typeof reqId !== "string" || reqId.length > 64) return undefined;
  return JSON.stringify(reqId);
}
