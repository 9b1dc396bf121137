/**
 * Requests that say by an `Idempotency-Key` that they are to be done once: the same key and request get
 * the first answer again, another request under that key is refused. For a day; what was refused did
 * nothing, and is not kept. Of several gateways all know it, by the fleet; each by itself while Redis is away.
 * What a gateway had begun that died is done again by who is asked next, so it must be the same done twice.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { executionOf, Refused } from "../errors.ts";
import type { Answers, Outcome } from "../fleet/answers.ts";
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
  /** What was refused, which the others could not be told. */
  readonly #refused = new Map<string, { readonly request: string; readonly outcome: Outcome }>();

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
    const found = await findElsewhere(answers, key, request);
    if ("reply" in found) {
      // Should Redis lose its memory, and who did it its life.
      this.#knows(key, JSON.stringify(found.reply));
      return found.reply;
    }
    let reply: Reply;
    try {
      reply = await act();
    } catch (error) {
      const refused = found.isBegun ? unsure(error) : error;
      const outcome = isSure(refused) ? "nothing" : "unknown";
      const isTold = await answers.settle(key, request, outcome, KEPT_MS);
      if (!isTold) this.#refused.set(key, { request, outcome });
      throw refused;
    }
    const answer = JSON.stringify(reply);
    this.#knows(key, answer);
    this.#refused.delete(key);
    await answers.settle(key, request, { answer }, KEPT_MS); // else when Redis is back
    return reply;
  }

  #knows(key: string, answer: string): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) kept.answer = answer;
  }

  /** Redis was away, or lost its memory: what was done meanwhile, and what was not. */
  async #tellAll(answers: Answers): Promise<void> {
    for (const [key, { request, outcome }] of this.#refused) {
      if (await answers.settle(key, request, outcome, KEPT_MS)) this.#refused.delete(key);
    }
    for (const [key, { request, answer, untilMs }] of this.#kept) {
      const leftMs = Math.ceil(untilMs - this.#clockMs());
      if (answer === undefined || leftMs <= 0) continue;
      if (!(await answers.settle(key, request, { answer }, leftMs))) return; // away again
    }
  }

  #sweep(nowMs: number): void {
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs > nowMs) return;
      this.#kept.delete(key);
    }
  }
}

/** What another gateway answered; else it is ours to do: we are the first, who began it is gone, or nobody can be asked. */
async function findElsewhere(
  answers: Answers,
  key: string,
  request: string,
): Promise<{ readonly reply: Reply } | { readonly isBegun: boolean }> {
  const untilMs = performance.now() + PENDING_MS;
  for (;;) {
    const claim = await answers.claim(key, request, KEPT_MS);
    if (claim === undefined) return { isBegun: false };
    if (claim.state === "ours") return claim;
    if (claim.request !== request) throw new Refused({ code: "IDEMPOTENCY_KEY_REUSED" });
    if (claim.state === "answered") return { reply: JSON.parse(claim.answer) as Reply };
    if (claim.state === "unreadable") {
      throw new Refused({ code: "IDEMPOTENCY_KEY_PENDING", message: SAYS_UNREADABLE });
    }
    if (performance.now() > untilMs) throw new Refused({ code: "IDEMPOTENCY_KEY_PENDING" });
    await sleep(LOOK_MS);
  }
}

const SAYS_UNREADABLE =
  "Another gateway has answered it, under a seal that this one has no key of: ask that one, or give " +
  "both the same SOLEBOOK_SECRETS_KEY.";

/** Refused the second time says nothing about the first. */
function unsure(error: unknown): unknown {
  if (!(error instanceof Refused)) return error;
  return new Refused({ ...error.problem, execution: "unknown" }, error.cause, error.headers);
}

/** Whether it certainly did not happen. */
function isSure(error: unknown): boolean {
  return error instanceof Refused && executionOf(error.problem) === "none";
}

/**
 * The name of what a call asks to be done once, for who keeps it with what was done, so that it is known
 * though its gateway and its answer are gone; undefined: it may be done any number of times.
 */
export function onceName(call: Call): string | undefined {
  const key = call.header(HEADER);
  return key === "" ? undefined : hash(`${key}\n${digest(call)}`);
}

function digest({ method, target, bytes }: Call): string {
  return hash(`${method} ${target}\n`, bytes);
}

function hash(text: string, bytes: Uint8Array = new Uint8Array()): string {
  return createHash("sha256").update(text).update(bytes).digest("base64");
}
