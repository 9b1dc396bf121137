/**
 * Order entry that never resends blindly. Every place carries a client order id and a deadline; when
 * its answer is lost, the exchange is asked by that id, and its reports are heard, until it is certain
 * what happened; what cannot be known any more is said to be unknown.
 */
import { ExchangeError, localError } from "./errors.ts";
import type { Fates, Watch } from "./fates.ts";
import type { Connection, Line } from "./line.ts";
import type { CancelResult, OperationResult, OrderResult, Side, Tif } from "./wire.ts";

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

/** One order of a group: what it does not share with the others. */
export interface GroupLeg {
  readonly client_order_id?: string;
  readonly symbol: string;
  readonly price: string;
}

/** Legs on sizes of one product, of which `qty` is filled in all: what one trades, every other loses. */
export interface GroupRequest extends Omit<PlaceRequest, "client_order_id" | "symbol" | "price"> {
  readonly group: readonly GroupLeg[];
}

/** One operation of a batch: what `place`, `amend` and `cancel` are given. No dry runs. */
export type Operation =
  | { readonly place: Omit<PlaceRequest, "validate"> }
  | { readonly amend: OrderName & OrderChange }
  | { readonly cancel: OrderName };

/** What became of one operation; an error's `execution` says whether it may have happened. */
export type OperationOutcome =
  | { readonly place: OrderResult }
  | { readonly amend: OrderResult }
  | { readonly cancel: CancelResult }
  | { readonly error: ExchangeError };

/** An order from before it is sent. */
interface Sent {
  readonly id: string;
  readonly symbol: string;
  readonly untilMs: number;
  readonly watch: Watch;
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
    const isDry = request.validate === true;
    if (!isDry && this.#hasToBegin) await this.#fates.begin();
    const { params, sent } = this.#sending(request);
    try {
      return (await this.#line.request("add_order", params)) as OrderResult;
    } catch (error) {
      if (isDry || !isUnknown(error)) throw error;
      return await this.#findOut(sent);
    } finally {
      sent.watch.end();
    }
  }

  /**
   * Resolves with what became of each leg, as `place` does. Rejects with what the exchange refused, which
   * it does as a whole, with `CLIENT_NOT_PLACED` when certainly no leg was placed, and else with
   * `CLIENT_FATE_UNKNOWN`.
   */
  async placeGroup(request: GroupRequest): Promise<readonly OrderResult[]> {
    const isDry = request.validate === true;
    if (!isDry && this.#hasToBegin) await this.#fates.begin();
    const { group: legs, ...shared } = request;
    const deadline = this.#deadlineOf(request);
    const each = legs.map((leg) => this.#sending({ ...shared, deadline, ...leg }));
    const group = each.map(({ params: { client_order_id, symbol, price } }) => {
      return { client_order_id, symbol, price };
    });
    try {
      const params = { type: "limit", ...shared, deadline, group };
      const result = await this.#line.request("add_order", params);
      return (result as { readonly legs: readonly OrderResult[] }).legs;
    } catch (error) {
      if (isDry || !isUnknown(error)) throw error;
      return asOne(await Promise.allSettled(each.map(({ sent }) => this.#findOut(sent))));
    } finally {
      for (const { sent } of each) sent.watch.end();
    }
  }

  /**
   * Several operations in one message: `atomic` (up to 32, on one product's shard), all or none in one
   * step, or `independent` (up to 100), each for itself. Resolves with what became of each in its place:
   * of a place all that `place` finds out, of an amend or cancel whose answer was lost no more than
   * that. Rejects with what the exchange refused as a whole; then nothing happened.
   */
  async batch(
    mode: "atomic" | "independent",
    operations: readonly Operation[],
  ): Promise<readonly OperationOutcome[]> {
    const places = operations.some((each) => "place" in each);
    if (places && this.#hasToBegin) await this.#fates.begin();
    const each = operations.map((operation) => this.#operation(operation));
    const ops = each.map(({ method, params }) => ({ method, params }));
    try {
      const result = await this.#line.request("batch", { mode, ops });
      const { results } = result as { readonly results: readonly OperationResult[] };
      return await Promise.all(
        results.map(async (row, at) =>
          row.success ? told(row) : this.#failed(new ExchangeError(row.error), each[at]!.sent),
        ),
      );
    } catch (error) {
      if (!(error instanceof ExchangeError) || !isUnknown(error)) throw error;
      return await Promise.all(each.map(({ sent }) => this.#failed(error, sent)));
    } finally {
      for (const { sent } of each) sent?.watch.end();
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

  /** Reports are heard before the first order is sent. */
  get #hasToBegin(): boolean {
    return !this.#fates.hasBegun && this.#phase === "online";
  }

  #deadlineOf({ deadline }: { readonly deadline?: string }): string {
    return deadline ?? new Date(this.#line.exchangeNowMs() + DEADLINE_MS).toISOString();
  }

  /** Under a name, with a deadline, and watched from here on. */
  #sending(request: PlaceRequest) {
    const id = request.client_order_id ?? newClientOrderId();
    const deadline = this.#deadlineOf(request);
    const params = { type: "limit", ...request, client_order_id: id, deadline };
    const { symbol } = request;
    const sent = { id, symbol, untilMs: Date.parse(deadline), watch: this.#fates.watch(id) };
    return { params, sent };
  }

  #operation(operation: Operation): { method: string; params: object; sent: Sent | undefined } {
    if ("place" in operation) return { method: "add_order", ...this.#sending(operation.place) };
    if ("amend" in operation) {
      return { method: "amend_order", params: operation.amend, sent: undefined };
    }
    return { method: "cancel_order", params: operation.cancel, sent: undefined };
  }

  /** Of a place that may have happened it is found out whether it did. */
  async #failed(error: ExchangeError, sent: Sent | undefined): Promise<OperationOutcome> {
    if (sent === undefined || !isUnknown(error)) return { error };
    try {
      return { place: await this.#findOut(sent) };
    } catch (found) {
      if (found instanceof ExchangeError) return { error: found };
      throw found;
    }
  }

  async #findOut({ id, symbol, untilMs, watch }: Sent): Promise<OrderResult> {
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

function told(row: Extract<OperationResult, { success: true }>): OperationOutcome {
  if (row.method === "cancel_order") return { cancel: row.result };
  return row.method === "add_order" ? { place: row.result } : { amend: row.result };
}

/** A group is there, or it is not; nobody knows where its legs say both. */
function asOne(legs: readonly PromiseSettledResult<OrderResult>[]): readonly OrderResult[] {
  const placed = legs.flatMap((leg) => (leg.status === "fulfilled" ? [leg.value] : []));
  if (placed.length === legs.length) return placed;
  const errors = legs.flatMap((leg) => (leg.status === "rejected" ? [leg.reason as unknown] : []));
  const strange = errors.find((error) => !(error instanceof ExchangeError));
  if (strange !== undefined) throw strange;
  const codes = new Set(errors.map((error) => (error as ExchangeError).code));
  const isSure = placed.length === 0 && codes.size === 1 && !codes.has("CLIENT_FATE_UNKNOWN");
  throw isSure ? errors[0] : localError("CLIENT_FATE_UNKNOWN", "unknown");
}

function isUnknown(error: unknown): boolean {
  return error instanceof ExchangeError && error.execution === "unknown";
}
