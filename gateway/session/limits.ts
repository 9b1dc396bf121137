/**
 * What one socket may ask of us, in one place. Reaching a limit is answered by name.
 */
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
  /** How often those who are here on an account that was given to them are told of. */
  readonly guestsSeenEveryMs: number;
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
  guestsSeenEveryMs: 30 * 60_000,
  shutdownSpreadMs: 1_000,
};

/** A bucket that refills steadily; `take` answers how long to wait, 0 when there was a token. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = Math.max(burst, 1);
    this.#tokens = this.#burst;
    this.#atMs = nowMs;
  }

  /** All of `count` or none; more than the burst at once has to wait for a full bucket. */
  take(nowMs: number, count = 1): number {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + passedMs * this.#perMs);
    this.#atMs = nowMs;
    const needed = Math.min(count, this.#burst);
    if (this.#tokens >= needed) {
      this.#tokens -= count;
      return 0;
    }
    return Math.ceil((needed - this.#tokens) / this.#perMs);
  }
}

/** One bucket per key; a key's sockets share it. */
export class OrderRate {
  readonly #limits: SessionLimits;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Milliseconds to wait, 0 when the order may go on. */
  take(key: string, count = 1): number {
    const { ordersPerSecond, ordersBurst } = this.#limits;
    if (ordersPerSecond === 0) return 0;
    const nowMs = performance.now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(ordersPerSecond, ordersBurst || ordersPerSecond, nowMs);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(nowMs, count);
  }
}
