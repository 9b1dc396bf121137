/**
 * Every code the public can be refused with, once: its class, its HTTP status, whether the same
 * request may succeed later, and a sentence that says what to do. A code is for ever: never
 * renamed, never reused. The core's and the client's numbers are translated here and nowhere else.
 */
import { Refusal } from "../engine/client/shard-client.ts";
import { CancelReason, Reject } from "../engine/client/layouts.ts";

export type ErrorClass =
  | "AUTH"
  | "PERM"
  | "RATE"
  | "VALIDATION"
  | "FILTER"
  | "RISK"
  | "ORDER"
  | "STATE"
  | "SYSTEM";

/** `none`: it certainly did not happen. `unknown`: ask by the client order id. */
export type Execution = "none" | "unknown";

interface CodeRow {
  readonly class: ErrorClass;
  readonly status: number;
  readonly retryable: boolean;
  readonly message: string;
  readonly execution?: Execution;
  /** It may be sent again though it may have happened: it is done once under its key. */
  readonly isDoneOnce?: true;
  readonly retryAfterMs?: number;
  /** The parameter this is about, wherever it comes up. */
  readonly param?: string;
}

const row = (
  errorClass: ErrorClass,
  status: number,
  message: string,
  more: Partial<Omit<CodeRow, "class" | "status" | "message">> = {},
): CodeRow => ({ class: errorClass, status, message, retryable: false, ...more });

const AGAIN = { retryable: true } as const;
const ASK = { execution: "unknown" } as const;
const ID = { param: "client_order_id" } as const;
const QTY = { param: "qty" } as const;
const PRICE = { param: "price" } as const;
const DEADLINE = { param: "deadline" } as const;

export const CODES = {
  // Frames and requests
  MALFORMED_FRAME: row("VALIDATION", 400, "Send one JSON object per text frame."),
  UNSUPPORTED_ENCODING: row(
    "VALIDATION",
    415,
    "Send JSON as text, or open ?encoding=proto for bytes.",
  ),
  FRAME_TOO_LARGE: row("VALIDATION", 413, "Send at most 64 KiB in one frame."),
  BODY_TOO_LARGE: row("VALIDATION", 413, "Send a smaller body."),
  UNSUPPORTED_MEDIA_TYPE: row("VALIDATION", 415, "Send the body as application/json, as it is."),
  UNKNOWN_METHOD: row("VALIDATION", 404, "There is no such method; gateway/API.md lists them."),
  NOT_SUPPORTED: row("VALIDATION", 501, "This is planned and not built yet; leave it out."),
  METHOD_NOT_ALLOWED: row("VALIDATION", 405, "This path does not take that method; see Allow."),
  NOT_FOUND: row("VALIDATION", 404, "There is nothing at this path; /docs lists what there is."),
  VALIDATION: row("VALIDATION", 400, "A parameter is missing or not of its form; see param."),
  UNKNOWN_SYMBOL: row("VALIDATION", 404, "There is no such symbol; see /v1/instruments."),
  UNKNOWN_PRODUCT: row("VALIDATION", 404, "There is no such product; see /v1/products."),
  UNKNOWN_CHANNEL: row("VALIDATION", 404, "There is no such channel; gateway/API.md lists them."),
  UNKNOWN_KEY: row("VALIDATION", 404, "There is no such key; GET /v1/admin/keys lists them."),
  BATCH_TOO_LARGE: row("VALIDATION", 400, "Send at most 100 operations, 32 of them if atomic."),
  BATCH_ACROSS_SHARDS: row("VALIDATION", 400, "Name symbols of one product in an atomic batch."),
  TOO_MANY_SYMBOLS: row("VALIDATION", 400, "Name at most 1,000 symbols in one request."),
  TOO_MANY_SUBSCRIPTIONS: row("RATE", 429, "Unsubscribe from something or open another socket."),
  PRODUCT_EXISTS: row("STATE", 409, "A product of this style exists with other parameters."),
  IDEMPOTENCY_KEY_REUSED: row(
    "STATE",
    409,
    "This Idempotency-Key was another request's; give this one its own.",
    {
      param: "Idempotency-Key",
    },
  ),
  IDEMPOTENCY_KEY_PENDING: row(
    "STATE",
    409,
    "Another gateway does it, or has just died of it: send the same again, with the same key.",
    { ...AGAIN, ...ASK, isDoneOnce: true, retryAfterMs: 5_000, param: "Idempotency-Key" },
  ),
  CATALOG_FULL: row("STATE", 409, "No more products or accounts can be kept here."),

  // Who is asking
  NOT_LOGGED_ON: row("AUTH", 401, "Call session.logon first."),
  ALREADY_LOGGED_ON: row("AUTH", 409, "This socket is logged on; open another for another key."),
  KEY_INVALID: row(
    "AUTH",
    401,
    "This key is not known here or was revoked; check it, or ask for another.",
  ),
  SIGNATURE_INVALID: row("AUTH", 401, "Sign exactly the documented text with the key's own key."),
  TIMESTAMP_OUTSIDE_WINDOW: row("AUTH", 401, "Too late: sign with the present time, send at once."),
  TIMESTAMP_AHEAD: row("AUTH", 401, "This clock is more than 5 s ahead of ours; set it."),
  REPLAYED_SIGNATURE: row("AUTH", 401, "This signature was used already; sign again."),
  KEY_EXPIRED: row("AUTH", 401, "This key has expired; ask for another."),
  KEY_REVOKED: row("AUTH", 401, "This key was revoked; ask for another."),
  KEY_UNREADABLE: row("AUTH", 500, "This gateway cannot read the key's secret; tell its operator."),
  ADDRESS_NOT_ALLOWED: row(
    "PERM",
    403,
    "This key may not be used from this address; the operator can add it.",
  ),
  TRADING_OFF: row("PERM", 403, "Trading is off for this key; the operator can switch it on."),
  HMAC_KEYS_OFF: row("STATE", 409, "Set SOLEBOOK_SECRETS_KEY, so that secrets can be kept."),
  ADMIN_TOKEN_INVALID: row("AUTH", 401, "Send the token of the data directory's admin.token."),
  ADMIN_LOOPBACK_ONLY: row("PERM", 403, "Administration is served on this machine only."),
  SCOPE_MISSING: row(
    "PERM",
    403,
    "This key does not have the scope for that; ask for one that does.",
  ),
  ORIGIN_REFUSED: row("PERM", 403, "Pages of other origins may not connect."),
  SESSION_NOT_OFFERED: row("PERM", 403, "Only this machine's own page may; log on with a key."),
  DEMONSTRATION_FULL: row("STATE", 409, "All demonstration accounts are taken; log on with a key."),

  // How much
  RATE_LIMITED: row(
    "RATE",
    429,
    "Slow down; retry_after_ms says for how long. Whether the request was right was not looked at.",
    AGAIN,
  ),
  TOO_MANY_SOCKETS: row("RATE", 503, "All sockets are taken; try again later.", AGAIN),
  OVERLOADED: row("RATE", 503, "The engine is busy; send it again in a moment.", AGAIN),

  // The system's own state
  STARTING: row("SYSTEM", 503, "The exchange is recovering its journal; try again soon.", AGAIN),
  SHUTTING_DOWN: row("SYSTEM", 503, "The exchange is stopping; connect again later.", AGAIN),
  ENGINE_STOPPED: row("SYSTEM", 503, "The engine of this instrument stopped; see /v1/status."),
  ENGINE_AWAY: row("SYSTEM", 503, "Another engine is taking over; send it again in a moment.", {
    ...AGAIN,
    retryAfterMs: 500,
  }),
  DISK_FULL: row("SYSTEM", 507, "The journal's disk is full; send it again when there is room.", {
    ...AGAIN,
    retryAfterMs: 1_000,
  }),
  REGISTRY_WRITE_FAILED: row(
    "SYSTEM",
    507,
    "The registry could not be written; look after its disk, then send it again.",
    AGAIN,
  ),
  INTERNAL: row("SYSTEM", 500, "This is our mistake; quote the request_id.", ASK),

  // Prices before they reach the engine
  PRICE_NOT_ON_TICK: row("FILTER", 422, "Give a price that is a multiple of the tick.", PRICE),

  // What the core says
  UNKNOWN_COMMAND: row("SYSTEM", 500, "The engine does not know this command."),
  UNKNOWN_ACCOUNT: row("PERM", 403, "This account is not known to the engine; tell the operator."),
  CLIENT_ORDER_ID_MISSING: row("VALIDATION", 400, "Give every order a client_order_id.", ID),
  CLIENT_ORDER_ID_REUSED: row(
    "ORDER",
    409,
    "This client_order_id belongs to another order; give this one its own.",
    ID,
  ),
  DEADLINE_PASSED: row("ORDER", 409, "Too late; ask order_status whether a copy was taken.", {
    ...ASK,
    ...DEADLINE,
  }),
  DEADLINE_TOO_FAR: row("VALIDATION", 400, "Give a deadline at most one hour ahead.", DEADLINE),
  ID_TABLE_FULL: row("RATE", 503, "Too many ids are remembered; use nearer deadlines.", AGAIN),
  ACCOUNT_SUSPENDED: row("PERM", 403, "This account may not trade; ask the operator why."),
  UNKNOWN_INSTRUMENT: row("VALIDATION", 404, "The engine does not list this instrument."),
  INSTRUMENT_HALTED: row("STATE", 409, "Trading is halted; only cancels are taken.", AGAIN),
  INSTRUMENT_CLOSED: row("STATE", 409, "This instrument is closed; only cancels are taken."),
  MALFORMED: row("VALIDATION", 400, "These parameters do not go together; /docs says which do."),
  QUANTITY_TOO_SMALL: row("FILTER", 422, "Give a quantity of at least 1.", QTY),
  QUANTITY_TOO_LARGE: row(
    "FILTER",
    422,
    "Give a quantity of at most the instrument's qty_max.",
    QTY,
  ),
  PRICE_OUT_OF_RANGE: row(
    "FILTER",
    422,
    "Give a price of at least one tick, within bounds.",
    PRICE,
  ),
  PRICE_OUTSIDE_BAND: row("FILTER", 422, "Give a price inside the instrument's band.", PRICE),
  ALREADY_EXPIRED: row("ORDER", 422, "Give an expire_time in the future.", {
    param: "expire_time",
  }),
  TOO_MANY_OPEN_ORDERS: row("RISK", 422, "Cancel an open order first."),
  BID_VALUE_LIMIT: row(
    "RISK",
    422,
    "Open bids of this account would exceed its limit; cancel or lower one first.",
  ),
  ORDER_TABLE_FULL: row(
    "RATE",
    503,
    "The engine holds all the orders it can; send it again later.",
    AGAIN,
  ),
  ORDER_WOULD_CROSS: row("ORDER", 422, "A post-only order must not trade at once; move its price."),
  FOK_NOT_FILLABLE: row(
    "ORDER",
    422,
    "The whole quantity is not there at this price now; ask for less, or use ioc.",
  ),
  UNKNOWN_ORDER: row(
    "ORDER",
    404,
    "No open order of this account has that id; order_status tells what became of it.",
  ),
  UNKNOWN_CLIENT_ORDER_ID: row(
    "ORDER",
    404,
    "Never seen here, or forgotten since; look for it in the reports you have stored.",
    ASK,
  ),
  INSTRUMENT_LISTED_OTHERWISE: row("STATE", 409, "Listed already with other parameters."),
  INSTRUMENT_TABLE_FULL: row("STATE", 409, "The engine lists all the instruments it can."),
  ACCOUNT_TABLE_FULL: row("STATE", 409, "The engine holds all the accounts it can."),
  BEHAVIOUR_UNKNOWN: row("SYSTEM", 500, "The engine does not know that behaviour."),
  MASS_CANCEL_TABLE_FULL: row(
    "RATE",
    503,
    "Too many mass cancels are under way; send it again in a moment.",
    AGAIN,
  ),
  COMPOUND_REFUSED: row("ORDER", 422, "Another operation was refused, so none of them happened."),
  COMPOUND_BROKEN: row("VALIDATION", 400, "Send all operations of a batch or group together."),
  COMPOUND_PARTLY_KNOWN: row(
    "ORDER",
    409,
    "Some of these orders were sent before; send this alone.",
  ),
  COMPOUND_ANSWERED: row("ORDER", 409, "This batch was carried out before; ask for its orders."),
  LEG_MISMATCH: row(
    "VALIDATION",
    400,
    "Give 2 to 32 good-till limit orders of one product, side, quantity and expiry.",
  ),
  GROUP_QUANTITY: row(
    "ORDER",
    422,
    "A leg of a group may only become smaller; place a new group for more.",
  ),
  UNCROSSING: row(
    "STATE",
    409,
    "The auction of this instrument is being concluded; send it again in a moment.",
    AGAIN,
  ),
  NOT_IN_AUCTION: row("ORDER", 422, "Before the opening only good-till limit orders are taken."),
  SELF_CROSS: row(
    "ORDER",
    422,
    "The auction could trade this with an order of your own; cancel that one first.",
  ),
  SELF_CROSS_UNCHECKED: row("RISK", 422, "Cancel open orders first: there are too many to check."),
  NOT_COLLECTING: row("STATE", 409, "No instrument that was named collects orders."),
  UNCROSS_PENDING: row(
    "STATE",
    409,
    "Another auction is being concluded; send it again in a moment.",
    AGAIN,
  ),
  UNCROSS_NEEDED: row("STATE", 409, "Orders were collected: open the instrument by an uncross."),
  BOOK_NOT_EMPTY: row(
    "STATE",
    409,
    "Collecting begins with an empty book; cancel its orders first.",
  ),
  BAND_EXCLUDES_ORDERS: row(
    "STATE",
    409,
    "Collected orders lie outside of this band; widen it, or cancel them first.",
  ),
  TIMER_NOT_AHEAD: row("ORDER", 422, "Give a timer's time in the future."),
  TIMER_TOO_FAR: row("VALIDATION", 400, "Let a timer fire at most one hour ahead."),
  TOO_MANY_TIMERS: row("RATE", 429, "Disarm one of this account's timers first."),
  TIMER_TABLE_FULL: row(
    "RATE",
    503,
    "The engine holds all the timers it can; send it again later.",
    AGAIN,
  ),
  PRIORITY_NOT_EARLIER: row("VALIDATION", 400, "Restore an order with a sequence of the past."),
  RESTORE_TOO_DEEP: row("ORDER", 409, "Too many orders stand around its place; place it anew."),
} as const satisfies Record<string, CodeRow>;

export type Code = keyof typeof CODES;

/** One refusal, before it is written: the code, and what this case adds to its row. */
export interface Problem {
  readonly code: Code;
  readonly message?: string;
  readonly param?: string;
  readonly retryAfterMs?: number;
  readonly execution?: Execution;
  readonly duplicate?: true;
}

/** A refusal on its way up through code that is not hot. */
export class Refused extends Error {
  readonly problem: Problem;
  /** What its answer over HTTP says besides. */
  readonly headers: readonly (readonly [string, string])[];
  /** `cause`: what the operator should find in the log. */
  constructor(problem: Problem, cause?: unknown, headers: Refused["headers"] = []) {
    super(problem.message ?? CODES[problem.code].message, { cause });
    this.problem = problem;
    this.headers = headers;
  }
}

const REJECT_CODES = new Map<number, Code>(
  Object.entries(Reject)
    .filter(([, number]) => number !== Reject.NONE)
    .map(([name, number]) => [number, name as Code]),
);

/** The public code of a core reject: the same word. A number this build does not know is our bug. */
export function codeOfReject(reject: number): Code {
  return REJECT_CODES.get(reject) ?? "INTERNAL";
}

export function codeOfRefusal(refusal: Refusal): Code {
  if (refusal === Refusal.RING_FULL) return "OVERLOADED";
  if (refusal === Refusal.AWAY) return "ENGINE_AWAY";
  return refusal === Refusal.DISK_FULL ? "DISK_FULL" : "ENGINE_STOPPED";
}

/** When the same request may succeed; undefined: not known, or what may have happened is asked about instead. */
export function retryAfterOf(problem: Problem): number | undefined {
  const row: CodeRow = CODES[problem.code];
  return isRetryable(problem) ? (problem.retryAfterMs ?? row.retryAfterMs) : undefined;
}

/** What may have happened is asked about, not sent again, unless it is done once. */
function isRetryable(problem: Problem): boolean {
  const row: CodeRow = CODES[problem.code];
  return row.retryable && (row.isDoneOnce === true || executionOf(problem) === "none");
}

export function executionOf(problem: Problem): Execution {
  const row: CodeRow = CODES[problem.code];
  return problem.execution ?? row.execution ?? "none";
}

/** The error object's members, without braces: the same on the socket and in problem+json. */
export function errorMembers(problem: Problem, requestId: string): string {
  const { class: errorClass, message, ...row }: CodeRow = CODES[problem.code];
  const execution = executionOf(problem);
  const retryable = isRetryable(problem);
  const param = problem.param ?? row.param;
  const retryAfterMs = retryAfterOf(problem);
  return (
    `"code":"${problem.code}","class":"${errorClass}"` +
    `,"message":${JSON.stringify(problem.message ?? message)},"retryable":${retryable}` +
    (retryAfterMs === undefined ? "" : `,"retry_after_ms":${retryAfterMs}`) +
    (param === undefined ? "" : `,"param":${JSON.stringify(param)}`) +
    (problem.duplicate ? `,"duplicate":true` : "") +
    `,"request_id":"${requestId}","execution":"${execution}"`
  );
}

const CANCEL_REASONS = new Map<number, string>(
  Object.entries(CancelReason).map(([name, number]) => [number, name]),
);

/** Why an order, or the rest of it, was cancelled: the core's own word. */
export function nameOfCancelReason(reason: number): string {
  return CANCEL_REASONS.get(reason) ?? "UNKNOWN";
}
