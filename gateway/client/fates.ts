/**
 * What became of orders whose answers may be lost, as the account's own reports tell it. The exchange
 * forgets the id of an order that has ended once its deadline has passed, so that who asks late hears
 * "never seen, or forgotten": only who has heard every report since the order was sent knows which.
 *
 * It listens from before the first order on, and knows when it may have missed something.
 */
import type { Subscriptions } from "./subscriptions.ts";
import type { OrderData, OrderResult, Push, ReportData } from "./wire.ts";

const CHANNEL = "executions";
/** The longest that a first order waits. */
const BEGIN_MS = 2_000;

/** Of one order, from before it is sent until it is known what became of it. */
export interface Watch {
  /** Every report since then was heard, or will be before `isUpToDate`. */
  isUnbroken(): boolean;
  /** What the reports say of it; undefined: nothing. */
  told(): OrderResult | undefined;
  end(): void;
}

export class Fates {
  readonly #subscriptions: Subscriptions;
  /** By client order id, those that are watched. */
  readonly #told = new Map<string, OrderResult | undefined>();
  readonly #waiting: (() => void)[] = [];
  #isListening = false;
  #isRefused = false;
  /** Reports of every shard have begun. */
  #hasBegun = false;
  /** How often reports may have been missed. */
  #breaks = 0;

  constructor(subscriptions: Subscriptions) {
    this.#subscriptions = subscriptions;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** All reports that there were when this line came to be were heard, and each since. */
  get isUpToDate(): boolean {
    return this.#subscriptions.isWhole(CHANNEL, "");
  }

  /** Resolves when reports are heard, or when an order should not wait for them any longer. */
  begin(): Promise<void> {
    if (!this.#isListening) this.#listen();
    if (this.#hasBegun || this.#isRefused) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      setTimeout(resolve, BEGIN_MS);
    });
  }

  watch(id: string): Watch {
    this.#told.set(id, undefined);
    const since = this.#hasBegun ? this.#breaks : undefined;
    return {
      isUnbroken: () => since === this.#breaks,
      told: () => this.#told.get(id),
      end: () => void this.#told.delete(id),
    };
  }

  #listen(): void {
    this.#isListening = true;
    const goOn = (): void => {
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    this.#subscriptions.add(CHANNEL, "", {
      push: (push) => this.#heard(push),
      whole: () => {
        this.#hasBegun = true;
        goOn();
      },
      stale: () => {
        this.#isRefused = false; // another line may be another account's
        goOn();
      },
      refused: () => {
        this.#isRefused = true;
        goOn();
      },
    });
  }

  #heard({ type, data }: Push): void {
    if (type === "update") return this.#report(data as ReportData);
    // Instead of what was missed; at first nothing was.
    if (this.#hasBegun) this.#breaks++;
  }

  #report(report: ReportData): void {
    const id = report.client_order_id as string | undefined; // a timer's report has none
    if (id === undefined || !this.#told.has(id)) return;
    const first = this.#told.get(id);
    this.#told.set(id, resultOf(report, first?.engine_seq ?? report.engine_seq));
  }
}

/** The order as it is after the report, in the words of an answer. */
function resultOf(
  report: OrderData & { readonly reason?: string },
  engineSeq: number,
): OrderResult {
  const { order_id, client_order_id, symbol, status, qty, filled_qty, open_qty, reason } = report;
  const order = { order_id, client_order_id, symbol, status, qty, filled_qty, open_qty };
  return { ...order, engine_seq: engineSeq, ...(reason === undefined ? {} : { reason }) };
}
