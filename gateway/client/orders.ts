/**
 * Order entry that never resends blindly. Every place carries a client order id and a deadline; when
 * its answer is lost, the exchange is asked by that id, and its reports are heard, until it is certain
 * what happened; what cannot be known any more is said to be unknown.
 */
import { ExchangeError, localError } from "./errors.ts";
import type { Fates, Watch } from "./fates.ts";
import type { Connection, Line } from "./line.ts";
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
  /** A dry run: what the exchange would refuse is refused, and nothing happens. */
  readonly validate?: boolean;
  /** One whole number, by which orders are cancelled together. */
  readonly tags?: readonly [number];
}

/** By a `client_order_id` an exchange of several shards finds an order only with its symbol. */
export type OrderName =
  | { readonly order_id: string }
  | { readonly client_order_id: string; readonly symbol?: string };

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
/** Classes of refusals that asking again does not change. */
const FINAL: ReadonlySet<string> = new Set(["AUTH", "PERM", "VALIDATION"]);

export class Orders {
  readonly #line: Line;
  readonly #fates: Fates;
  readonly #waiting = new Set<() => void>();

  constructor(line: Line, fates: Fates) {
    this.#line = line;
    this.#fates = fates;
  }

  /**
   * Resolves with what became of the order, lost connections included. Rejects with what the exchange
   * refused, with `CLIENT_NOT_PLACED` when it is certain that it never happened, and with
   * `CLIENT_FATE_UNKNOWN` when that cannot be known any more: it may have traded.
   */
  async place(request: PlaceRequest): Promise<OrderResult> {
    const id = request.client_order_id ?? newClientOrderId();
    const isDry = request.validate === true;
    if (!isDry && !this.#fates.hasBegun && this.#phase === "online") await this.#fates.begin();
    const untilMs =
      request.deadline === undefined
        ? this.#line.exchangeNowMs() + DEADLINE_MS
        : Date.parse(request.deadline);
    const deadline = new Date(untilMs).toISOString();
    const params = { type: "limit", ...request, client_order_id: id, deadline };
    const watch = this.#fates.watch(id);
    try {
      return (await this.#line.request("add_order", params)) as OrderResult;
    } catch (error) {
      if (isDry || !isUnknown(error)) throw error;
      return await this.#findOut({ client_order_id: id, symbol: request.symbol }, untilMs, watch);
    } finally {
      watch.end();
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
  async status(clientOrderId: string, symbol?: string): Promise<OrderResult> {
    const params = { client_order_id: clientOrderId, ...(symbol === undefined ? {} : { symbol }) };
    return (await this.#line.request("order_status", params)) as OrderResult;
  }

  /** Whoever waits for the line may go on. */
  online(): void {
    for (const go of this.#waiting) go();
  }

  async #findOut(
    { client_order_id: id, symbol }: { client_order_id: string; symbol: string },
    untilMs: number,
    watch: Watch,
  ): Promise<OrderResult> {
    for (;;) {
      await this.#isOnline();
      const askedMs = this.#line.exchangeNowMs();
      const { isUpToDate } = this.#fates;
      try {
        return await this.status(id, symbol);
      } catch (error) {
        if (!(error instanceof ExchangeError)) throw error;
        if (error.code === "CLIENT_CLOSED") throw localError("CLIENT_CLOSED", "unknown");
        const told = watch.told();
        if (told !== undefined) return told;
        if (error.code === "UNKNOWN_CLIENT_ORDER_ID") {
          // No copy of it is taken any more; but one that was may have ended, and be forgotten.
          const isOver = askedMs > untilMs + GRACE_MS;
          if (isOver && !watch.isUnbroken()) throw localError("CLIENT_FATE_UNKNOWN", "unknown");
          if (isOver && isUpToDate) throw localError("CLIENT_NOT_PLACED", "none");
        } else if (FINAL.has(error.class)) throw localError("CLIENT_NO_ANSWER", "unknown");
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  get #phase(): Connection["phase"] {
    return this.#line.connection.phase;
  }

  #isOnline(): Promise<void> {
    if (this.#phase === "online") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const go = (): void => {
        const phase = this.#phase;
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
