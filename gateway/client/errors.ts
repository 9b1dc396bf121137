/** How a request fails: refused by the exchange in its own words, or lost on the way. */
import type { ErrorBody, Execution } from "./wire.ts";

export class ExchangeError extends Error {
  readonly code: string;
  readonly class: string;
  readonly retryable: boolean;
  /** `none`: certainly nothing happened. `unknown`: it may have. */
  readonly execution: Execution;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string;

  constructor(body: ErrorBody) {
    super(body.message);
    this.code = body.code;
    this.class = body.class;
    this.retryable = body.retryable;
    this.execution = body.execution ?? "none";
    this.param = body.param;
    this.retryAfterMs = body.retry_after_ms;
    this.requestId = body.request_id;
  }
}

/** Codes of our own, for what no answer of the exchange can say. They begin with CLIENT_. */
export type LocalCode =
  | "CLIENT_NOT_CONNECTED"
  | "CLIENT_CONNECTION_LOST"
  | "CLIENT_NO_ANSWER"
  | "CLIENT_CLOSED"
  | "CLIENT_NOT_PLACED"
  | "CLIENT_FATE_UNKNOWN";

const MESSAGES: Record<LocalCode, string> = {
  CLIENT_NOT_CONNECTED: "There is no connection to the exchange; nothing was sent.",
  CLIENT_CONNECTION_LOST: "The connection was lost before the answer came.",
  CLIENT_NO_ANSWER: "The exchange did not answer in time.",
  CLIENT_CLOSED: "This client was closed.",
  CLIENT_NOT_PLACED: "The order did not reach the exchange before its deadline; it was not placed.",
  CLIENT_FATE_UNKNOWN:
    "It was asked too late what became of the order: it may have traded; see your trades.",
};

export function localError(code: LocalCode, execution: Execution): ExchangeError {
  return new ExchangeError({
    code,
    class: "SYSTEM",
    message: MESSAGES[code],
    retryable: execution === "none",
    request_id: "",
    execution,
  });
}
