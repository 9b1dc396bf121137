/**
 * Requests that say by an `Idempotency-Key` that they are to be done once: the same key and request get
 * the first answer again, another request under that key is refused. In memory, of one gateway, for a
 * day; what was refused did nothing, and is not kept.
 */
import { createHash } from "node:crypto";
import { Refused } from "../errors.ts";
import { invalid } from "../orders/decode.ts";
import type { Call, Reply } from "./server.ts";

const HEADER = "idempotency-key";
const KEY = /^[\x21-\x7e]{1,255}$/;
const KEPT_MS = 24 * 3_600_000;
const KEPT_MAX = 10_000;

interface Kept {
  readonly request: string;
  readonly reply: Promise<Reply>;
  readonly untilMs: number;
}

export class Once {
  readonly #clockMs: () => number;
  readonly #keptMax: number;
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();

  constructor(clockMs: () => number = () => performance.now(), keptMax = KEPT_MAX) {
    this.#clockMs = clockMs;
    this.#keptMax = keptMax;
  }

  /** `act`, unless it was done under the call's key; without a key, always. */
  async do(call: Call, act: () => Promise<Reply>): Promise<Reply> {
    const key = call.header(HEADER);
    if (key === "") return act();
    if (!KEY.test(key)) {
      throw new Refused(invalid("Idempotency-Key", "It is 1 to 255 visible ASCII characters."));
    }
    const nowMs = this.#clockMs();
    this.#sweep(nowMs);
    const request = digest(call);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.request === request) return kept.reply;
    if (kept !== undefined) throw new Refused({ code: "IDEMPOTENCY_KEY_REUSED" });
    // Forgetting one early would do twice what was to be done once.
    const [oldest] = this.#kept.values();
    if (oldest !== undefined && this.#kept.size >= this.#keptMax) {
      const retryAfterMs = Math.ceil(oldest.untilMs - nowMs);
      throw new Refused({ code: "RATE_LIMITED", param: "Idempotency-Key", retryAfterMs });
    }
    const reply = act();
    this.#kept.set(key, { request, reply, untilMs: nowMs + KEPT_MS });
    reply.catch(() => this.#kept.delete(key));
    return reply;
  }

  #sweep(nowMs: number): void {
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs > nowMs) return;
      this.#kept.delete(key);
    }
  }
}

function digest({ method, target, bytes }: Call): string {
  return createHash("sha256").update(`${method} ${target}\n`).update(bytes).digest("base64");
}
