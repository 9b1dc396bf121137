/**
 * Order entry that never resends blindly. Every place carries a client order id and a deadline; when
 * its answer is lost, the exchange is asked by that id until it is certain what happened.
 */
import { ExchangeError, localError } from "./errors.ts";
import type { Line } from "./line.ts";
import type { CancelResult, OrderResult, Side, Tif } from "./wire.ts";

export interface PlaceRequest {
  /** Made when left out; `newClientOrderId()` makes one beforehand. */
  readonly client_order_id?: string;
  readonly symbol: string;
  readonly side: Side;
  /** `limit` when left out. */
  readonly type?: "limit" | "market";
  readonly qty: number;
  readonly price?: string;
  readonly tif?: Tif;
  readonly expire_time?: string;
  readonly post_only?: boolean;
  readonly stp?: "none" | "cancel_taker" | "cancel_maker" | "cancel_both" | "decrement";
  /** RFC 3339; ten seconds from now when left out. */
  readonly deadline?: string;
  readonly validate?: boolean;
}

export type OrderName = { readonly order_id: string } | { readonly client_order_id: string };

export interface OrderChange {
  /** The order's total, what is filled included. */
  readonly qty?: number;
  readonly price?: string;
  readonly expire_time?: string;
}

const DEADLINE_MS = 10_000;
/** After a deadline the order is refused; this much later nothing of it can be under way. */
const GRACE_MS = 500;
const ASK_AGAIN_MS = 400;

export class Orders {
  readonly #line: Line;
  readonly #waiting = new Set<() => void>();

  constructor(line: Line) {
    this.#line = line;
  }

  /**
   * Resolves with what became of the order, lost connections included. Rejects with what the exchange
   * refused, or with `CLIENT_NOT_PLACED` when it is certain that it never arrived.
   */
  async place(request: PlaceRequest): Promise<OrderResult> {
    const id = request.client_order_id ?? newClientOrderId();
    const untilMs =
      request.deadline === undefined
        ? this.#line.exchangeNowMs() + DEADLINE_MS
        : Date.parse(request.deadline);
    const deadline = new Date(untilMs).toISOString();
    const params = { type: "limit", ...request, client_order_id: id, deadline };
    try {
      return (await this.#line.request("add_order", params)) as OrderResult;
    } catch (error) {
      if (!isUnknown(error) || request.validate === true) throw error;
      return this.#findOut(id, untilMs);
    }
  }

  async amend(name: OrderName, change: OrderChange): Promise<OrderResult> {
    return (await this.#line.request("amend_order", { ...name, ...change })) as OrderResult;
  }

  async cancel(name: OrderName): Promise<CancelResult> {
    return (await this.#line.request("cancel_order", name)) as CancelResult;
  }

  async cancelAll(
    which: { readonly symbol?: string; readonly side?: Side } = {},
  ): Promise<{ readonly count: number; readonly engine_seq: number }> {
    const result = await this.#line.request("cancel_all", which);
    return result as { count: number; engine_seq: number };
  }

  /** Goes through the journal like a command, so that the answer cannot be old. */
  async status(clientOrderId: string): Promise<OrderResult> {
    const params = { client_order_id: clientOrderId };
    return (await this.#line.request("order_status", params)) as OrderResult;
  }

  /** Whoever waits for the line may go on. */
  online(): void {
    for (const go of this.#waiting) go();
  }

  async #findOut(id: string, untilMs: number): Promise<OrderResult> {
    for (;;) {
      await this.#isOnline();
      const askedMs = this.#line.exchangeNowMs();
      try {
        return await this.status(id);
      } catch (error) {
        if (!(error instanceof ExchangeError)) throw error;
        if (error.code === "CLIENT_CLOSED") throw localError("CLIENT_CLOSED", "unknown");
        const isMissing = error.code === "UNKNOWN_CLIENT_ORDER_ID";
        if (isMissing && askedMs > untilMs + GRACE_MS) {
          throw localError("CLIENT_NOT_PLACED", "none");
        }
        if (error.class === "PERM") throw localError("CLIENT_NO_ANSWER", "unknown");
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  #isOnline(): Promise<void> {
    if (this.#line.connection.phase === "online") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const go = (): void => {
        const { phase } = this.#line.connection;
        if (phase !== "online" && phase !== "closed") return;
        this.#waiting.delete(go);
        if (phase === "online") resolve();
        else reject(localError("CLIENT_CLOSED", "unknown"));
      };
      this.#waiting.add(go);
    });
  }
}

/** A UUID; `crypto.randomUUID` is not there on pages that came over plain HTTP from afar. */
export function newClientOrderId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const cuts = [0, 8, 12, 16, 20, 32] as const;
  return cuts
    .slice(1)
    .map((to, at) => hex.slice(cuts[at], to))
    .join("-");
}

function isUnknown(error: unknown): boolean {
  return error instanceof ExchangeError && error.execution === "unknown";
}
