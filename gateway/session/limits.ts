/**
 * What one socket may ask of us, in one place. Reaching a limit is answered by name.
 */
import { rateName } from "../addresses.ts";
import type { Settling, SharedBucket } from "../fleet/settling.ts";

export interface SessionLimits {
  /** Larger frames close the socket with 1009. */
  readonly frameBytesMax: number;
  readonly socketsMax: number;
  readonly symbolsPerRequestMax: number;
  readonly subscriptionsMax: number;
  /** Frames that were not JSON objects before the socket is closed with 1008. */
  readonly malformedFramesMax: number;
  /** A reader with more unsent bytes than this is slow. */
  readonly unsentBytesMax: number;
  readonly pingEveryMs: number;
  /** A reader that left a ping unanswered for this long is slow. */
  readonly pongWithinMs: number;
  /** Places and amends a second per key; 0: no limit. Cancels are never refused for rate. */
  readonly ordersPerSecond: number;
  readonly ordersBurst: number;
  /** The same per account and per address, whatever the key. */
  readonly accountOrdersPerSecond: number;
  readonly addressOrdersPerSecond: number;
  /** REST requests a second per address, administration and health apart; 0: no limit. */
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
  /** How often those who are here on an account that was given to them are told of. */
  readonly guestsSeenEveryMs: number;
  /** How far ahead the timer of `cancel_on_disconnect` is armed: so long after our death it fires. */
  readonly leashMs: number;
  /** The longest of the spread over which sockets are closed at a planned shutdown. */
  readonly shutdownSpreadMs: number;
}

export const SESSION_LIMITS: SessionLimits = {
  frameBytesMax: 64 * 1024,
  socketsMax: 20_000,
  symbolsPerRequestMax: 1_000,
  subscriptionsMax: 20_000,
  malformedFramesMax: 10,
  unsentBytesMax: 2 * 1024 * 1024,
  pingEveryMs: 2_000,
  pongWithinMs: 8_000,
  ordersPerSecond: 0,
  ordersBurst: 0,
  accountOrdersPerSecond: 0,
  addressOrdersPerSecond: 0,
  requestsPerSecond: 200,
  requestsBurst: 1_000,
  guestsSeenEveryMs: 30 * 60_000,
  leashMs: 10_000,
  shutdownSpreadMs: 1_000,
};

/** A bucket that refills steadily; `take` answers how long to wait, 0 when there was a token. */
export class TokenBucket implements SharedBucket {
  readonly perSecond: number;
  readonly burst: number;
  readonly #perMs: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.perSecond = perSecond;
    this.#perMs = perSecond / 1000;
    this.burst = Math.max(burst, 1);
    this.#tokens = this.burst;
    this.#atMs = nowMs;
  }

  /** All of `count` or none; more than the burst at once has to wait for a full bucket. */
  take(nowMs: number, count = 1): number {
    const waitMs = this.waitMs(nowMs, count);
    if (waitMs === 0) this.#tokens -= count;
    return waitMs;
  }

  /** What `take` would answer, taking nothing. */
  waitMs(nowMs: number, count: number): number {
    const needed = Math.min(count, this.burst);
    const left = this.left(nowMs);
    return left >= needed ? 0 : Math.ceil((needed - left) / this.#perMs);
  }

  /** What others took, too, is known now. */
  correct(nowMs: number, tokens: number): void {
    this.#tokens = Math.min(this.burst, tokens);
    this.#atMs = nowMs;
  }

  /** Tokens there are now; below 0 after more than the burst was taken at once. */
  left(nowMs: number): number {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#tokens = Math.min(this.burst, this.#tokens + passedMs * this.#perMs);
    this.#atMs = nowMs;
    return this.#tokens;
  }
}

/** What is left to one who asks, said in every answer. */
export interface Standing {
  /** 0: taken. */
  readonly waitMs: number;
  readonly left: number;
  readonly burst: number;
  readonly perSecond: number;
}

/** Buckets by name, as many as are not full: one that is says no more than none would. */
const BUCKETS_SWEEP_AT = 8_192;

class Buckets {
  readonly perSecond: number;
  readonly burst: number;
  readonly #kind: string;
  readonly #settling: Settling | undefined;
  readonly #buckets = new Map<string, TokenBucket>();
  #sweepAt = BUCKETS_SWEEP_AT;

  /** `settling` shares them with other gateways' of the same kind. */
  constructor(kind: string, perSecond: number, burst: number, settling: Settling | undefined) {
    this.#kind = kind;
    this.#settling = settling;
    this.perSecond = perSecond;
    this.burst = Math.max(burst || perSecond, 1);
  }

  of(name: string, nowMs: number): TokenBucket {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      this.#sweep(nowMs);
      bucket = new TokenBucket(this.perSecond, this.burst, nowMs);
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  take(name: string, bucket: TokenBucket, nowMs: number, count: number): number {
    const waitMs = bucket.take(nowMs, count);
    if (waitMs === 0) this.#settling?.spent(this.sharedName(name), bucket, count);
    return waitMs;
  }

  sharedName(name: string): string {
    return `${this.#kind}:${name}`;
  }

  #sweep(nowMs: number): void {
    if (this.#buckets.size < this.#sweepAt) return;
    for (const [name, bucket] of this.#buckets) {
      if (bucket.left(nowMs) >= this.burst) this.#buckets.delete(name);
    }
    this.#sweepAt = Math.max(BUCKETS_SWEEP_AT, this.#buckets.size * 2);
  }
}

/** Who places an order, in the three ways in which orders are counted. */
export interface Placer {
  readonly key: string;
  readonly account: string;
  /** As `rateName` names it: made once, for it costs more than the counting. */
  readonly address: string;
}

export function makePlacer(key: string, account: number, address: string): Placer {
  return { key, account: String(account), address: rateName(address) };
}

interface Limited {
  readonly of: keyof Placer;
  readonly buckets: Buckets;
}

/** Places and amends per key, per account and per address; a limit of 0 is none. */
export class OrderRate {
  readonly #limited: readonly Limited[];
  readonly #settling: Settling | undefined;

  constructor(limits: SessionLimits, settling?: Settling) {
    const { ordersPerSecond: perKey, ordersBurst } = limits;
    const { accountOrdersPerSecond: perAccount, addressOrdersPerSecond: perAddress } = limits;
    const all: readonly Limited[] = [
      { of: "key", buckets: new Buckets("key", perKey, ordersBurst, settling) },
      { of: "account", buckets: new Buckets("account", perAccount, 0, settling) },
      { of: "address", buckets: new Buckets("address", perAddress, 0, settling) },
    ];
    this.#limited = all.filter(({ buckets }) => buckets.perSecond > 0);
    this.#settling = settling;
  }

  /** Learns what other gateways have left of them; at once where there is nothing to learn. */
  look(placer: Placer): Promise<void> | undefined {
    if (this.#limited.length === 0) return undefined;
    const nowMs = performance.now();
    return this.#settling?.look(
      this.#limited.map(({ of, buckets }) => {
        const name = placer[of];
        return [buckets.sharedName(name), buckets.of(name, nowMs)];
      }),
    );
  }

  /** There are no limits: nothing is counted, and answers do not speak of them. */
  get isOff(): boolean {
    return this.#limited.length === 0;
  }

  /**
   * Takes `count` from each or from none; how things stand where the least is left. With a count of 0
   * it only says so. Undefined: there are no limits.
   */
  take(placer: Placer, count: number): Standing | undefined {
    if (this.#limited.length === 0) return undefined;
    const nowMs = performance.now();
    const waitMs = count > 0 ? this.#waitMs(placer, nowMs, count) : 0;
    if (count > 0 && waitMs === 0) {
      for (const { of, buckets } of this.#limited) {
        buckets.take(placer[of], buckets.of(placer[of], nowMs), nowMs, count);
      }
    }
    return this.#standing(placer, nowMs, waitMs);
  }

  /** How things stand with one who may not place a single order now; undefined: he may. Takes nothing. */
  refusal(placer: Placer): Standing | undefined {
    if (this.#limited.length === 0) return undefined;
    const nowMs = performance.now();
    const waitMs = this.#waitMs(placer, nowMs, 1);
    return waitMs === 0 ? undefined : this.#standing(placer, nowMs, waitMs);
  }

  #waitMs(placer: Placer, nowMs: number, count: number): number {
    let waitMs = 0;
    for (const { of, buckets } of this.#limited) {
      waitMs = Math.max(waitMs, buckets.of(placer[of], nowMs).waitMs(nowMs, count));
    }
    return waitMs;
  }

  #standing(placer: Placer, nowMs: number, waitMs: number): Standing {
    let left = Infinity;
    let tightest = this.#limited[0]!.buckets;
    for (const { of, buckets } of this.#limited) {
      const here = Math.max(0, Math.floor(buckets.of(placer[of], nowMs).left(nowMs)));
      if (here < left) {
        left = here;
        tightest = buckets;
      }
    }
    return { waitMs, left, burst: tightest.burst, perSecond: tightest.perSecond };
  }
}

/** REST requests per address. */
export class RequestRate {
  readonly #buckets: Buckets;

  constructor({ requestsPerSecond, requestsBurst }: SessionLimits, settling?: Settling) {
    this.#buckets = new Buckets("requests", requestsPerSecond, requestsBurst, settling);
  }

  take(address: string): Standing | undefined {
    const { perSecond, burst } = this.#buckets;
    if (perSecond === 0) return undefined;
    const nowMs = performance.now();
    const bucket = this.#buckets.of(address, nowMs);
    const waitMs = this.#buckets.take(address, bucket, nowMs, 1);
    return { waitMs, left: Math.max(0, Math.floor(bucket.left(nowMs))), burst, perSecond };
  }
}
