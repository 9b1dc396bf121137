/**
 * Requests that say by an `Idempotency-Key` that they are to be done once: the same key and request get
 * the first answer again, another request under that key is refused. For a day; what was refused did
 * nothing, and is not kept. Of several gateways all know it, by the fleet; each by itself while Redis is away.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Refused } from "../errors.ts";
import type { Answers } from "../fleet/answers.ts";
import { invalid } from "../orders/decode.ts";
import type { Call, Reply } from "./server.ts";

const HEADER = "idempotency-key";
const KEY = /^[\x21-\x7e]{1,255}$/;
const KEPT_MS = 24 * 3_600_000;
const KEPT_MAX = 10_000;
/** How long another gateway's answer is waited for, and how often it is looked for. */
const PENDING_MS = 2_000;
const LOOK_MS = 25;

interface Kept {
  readonly request: string;
  readonly reply: Promise<Reply>;
  readonly untilMs: number;
  /** Once it is known, and others may have to be told: the reply, written. */
  answer?: string;
}

export interface OnceOptions {
  readonly answers?: Answers | undefined;
  readonly clockMs?: () => number;
  readonly keptMax?: number;
}

export class Once {
  readonly #answers: Answers | undefined;
  readonly #clockMs: () => number;
  readonly #keptMax: number;
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();
  /** Keys that are free again, which the others could not be told; with their requests. */
  readonly #freed = new Map<string, string>();

  constructor({ answers, clockMs, keptMax = KEPT_MAX }: OnceOptions = {}) {
    this.#answers = answers;
    this.#clockMs = clockMs ?? (() => performance.now());
    this.#keptMax = keptMax;
    answers?.onBack(() => void this.#tellAll(answers));
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
    const answers = this.#answers;
    const reply = answers === undefined ? act() : this.#among(answers, key, request, act);
    this.#kept.set(key, { request, reply, untilMs: nowMs + KEPT_MS });
    reply.catch(() => this.#kept.delete(key));
    return reply;
  }

  /** The first of all gateways does it; the others wait for its answer. */
  async #among(
    answers: Answers,
    key: string,
    request: string,
    act: () => Promise<Reply>,
  ): Promise<Reply> {
    const elsewhere = await elsewhereDone(answers, key, request);
    if (elsewhere !== undefined) {
      this.#knows(key, JSON.stringify(elsewhere)); // should Redis lose its memory, and who did it its life
      return elsewhere;
    }
    let reply: Reply;
    try {
      reply = await act();
    } catch (error) {
      const isTold = await answers.settle(key, request, undefined, KEPT_MS);
      if (!isTold) this.#freed.set(key, request);
      throw error;
    }
    const answer = JSON.stringify(reply);
    this.#knows(key, answer);
    this.#freed.delete(key);
    await answers.settle(key, request, answer, KEPT_MS); // else when Redis is back
    return reply;
  }

  #knows(key: string, answer: string): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) kept.answer = answer;
  }

  /** Redis was away, or lost its memory: what was done meanwhile, and what was not. */
  async #tellAll(answers: Answers): Promise<void> {
    for (const [key, request] of this.#freed) {
      if (await answers.settle(key, request, undefined, KEPT_MS)) this.#freed.delete(key);
    }
    for (const [key, { request, answer, untilMs }] of this.#kept) {
      const leftMs = Math.ceil(untilMs - this.#clockMs());
      if (answer === undefined || leftMs <= 0) continue;
      if (!(await answers.settle(key, request, answer, leftMs))) return; // away again
    }
  }

  #sweep(nowMs: number): void {
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs > nowMs) return;
      this.#kept.delete(key);
    }
  }
}

/** What another gateway answered; undefined: it is ours to do, for we are the first or nobody can be asked. */
async function elsewhereDone(
  answers: Answers,
  key: string,
  request: string,
): Promise<Reply | undefined> {
  const untilMs = performance.now() + PENDING_MS;
  for (;;) {
    const claim = await answers.claim(key, request, KEPT_MS);
    if (claim === undefined || claim.state === "ours") return undefined;
    if (claim.request !== request) throw new Refused({ code: "IDEMPOTENCY_KEY_REUSED" });
    if (claim.state === "answered") return JSON.parse(claim.answer) as Reply;
    if (performance.now() > untilMs) throw new Refused({ code: "IDEMPOTENCY_KEY_PENDING" });
    await sleep(LOOK_MS);
  }
}

function digest({ method, target, bytes }: Call): string {
  return createHash("sha256").update(`${method} ${target}\n`).update(bytes).digest("base64");
}
