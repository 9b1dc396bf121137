/**
 * Token buckets that several gateways share. Each spends from its own copy at once and settles a few
 * milliseconds later: what was spent since goes to the bucket in Redis, for every bucket in one script
 * and one round trip, and what that one holds comes back as the truth. So nobody waits, and Redis
 * away means copies that are not corrected: limits hold, each gateway's by itself.
 *
 *        take ─► copy ─┐ spent since         ┌─► copy = shared − spent while asking
 *        take ─► copy ─┴──── every 5 ms ─────┘
 */
import type { Redis } from "ioredis";
import type { Link } from "./link.ts";

const SETTLE_MS = 5;
/** Buckets of one script: Redis does nothing else meanwhile. */
const BUCKETS_PER_ASK = 500;
/** Buckets we owe for while Redis is away; the oldest are forgiven beyond. */
const OWING_MAX = 100_000;

/** A copy. */
export interface SharedBucket {
  readonly perSecond: number;
  readonly burst: number;
  left(nowMs: number): number;
  /** What is left is this. */
  correct(nowMs: number, tokens: number): void;
}

interface Owing {
  readonly bucket: SharedBucket;
  spent: number;
}

/**
 * Per bucket: tokens a millisecond, burst, spent, and what our copy held before: a bucket that Redis
 * does not know (it lost its memory) begins with that. It may fall below zero by a burst: what two
 * gateways let through in the same moment is paid back. Times are Redis' own.
 */
export const SETTLE_SCRIPT = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local left = {}
for i = 1, #KEYS do
  local per, burst = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local spent, tokens = tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
  local kept = redis.call('HMGET', KEYS[i], 'tokens', 'at')
  if kept[1] then
    tokens = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * per)
  end
  tokens = math.max(-burst, tokens - spent)
  if spent > 0 then
    redis.call('HSET', KEYS[i], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.3f', now))
    redis.call('PEXPIRE', KEYS[i], math.ceil((burst - tokens) / per) + 1000)
  end
  left[i] = string.format('%.6f', tokens)
end
return left`;

/** `Link` is opened with the script under this name. */
interface WithScript extends Redis {
  solebookSettle(buckets: number, ...rest: (string | number)[]): Promise<string[]>;
}

export class Settling {
  readonly #link: Link;
  #owing = new Map<string, Owing>();
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #underWay = 0;

  constructor(link: Link) {
    this.#link = link;
    link.onChange((isUp) => {
      if (isUp) this.#soon(); // what was spent while it was away
    });
  }

  /** Buckets of which something was spent, or is asked, that Redis has not answered yet. */
  get open(): number {
    return this.#owing.size + this.#underWay;
  }

  /** `count` was taken from the copy. */
  spent(name: string, bucket: SharedBucket, count: number): void {
    const owing = this.#owing.get(name);
    if (owing !== undefined) owing.spent += count;
    else this.#owing.set(name, { bucket, spent: count });
    this.#soon();
  }

  /** Corrects copies before they are used for the first time in a while. */
  async look(buckets: Iterable<readonly [name: string, bucket: SharedBucket]>): Promise<void> {
    if (!this.#link.isUp) return;
    for (const [name, bucket] of buckets) {
      if (!this.#owing.has(name)) this.#owing.set(name, { bucket, spent: 0 });
    }
    await this.#settle();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#owing.clear();
  }

  #soon(): void {
    if (!this.#link.isUp) {
      if (this.#owing.size > OWING_MAX) this.#owing.delete(this.#owing.keys().next().value!);
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#settle();
    }, SETTLE_MS);
  }

  /** One after the other: an answer must know all that was spent since it was asked for. */
  #settle(): Promise<void> {
    return (this.#turn = this.#turn.then(async () => {
      const rows = [...this.#owing];
      for (let at = 0; at < rows.length && this.#link.isUp; at += BUCKETS_PER_ASK) {
        await this.#ask(rows.slice(at, at + BUCKETS_PER_ASK));
      }
    }));
  }

  async #ask(rows: readonly (readonly [string, Owing])[]): Promise<void> {
    const nowMs = performance.now();
    const names = rows.map(([name]) => `solebook:limit:${name}`);
    const figures = rows.flatMap(([name, { bucket, spent }]) => {
      this.#owing.delete(name);
      return [bucket.perSecond / 1_000, bucket.burst, spent, bucket.left(nowMs) + spent];
    });
    this.#underWay = rows.length; // one asking at a time
    const left = await this.#link.ask((redis) =>
      (redis as WithScript).solebookSettle(names.length, ...names, ...figures),
    );
    this.#underWay = 0;
    const thenMs = performance.now();
    for (const [at, [name, { bucket, spent }]] of rows.entries()) {
      if (left !== undefined) {
        bucket.correct(thenMs, Number(left[at]) - (this.#owing.get(name)?.spent ?? 0));
      } else if (spent > 0) this.#oweAgain(name, bucket, spent);
    }
  }

  /** It may have been counted after all: then it counts twice, which is the safe side. */
  #oweAgain(name: string, bucket: SharedBucket, spent: number): void {
    const owing = this.#owing.get(name);
    if (owing === undefined) this.#owing.set(name, { bucket, spent });
    else owing.spent += spent;
  }
}
