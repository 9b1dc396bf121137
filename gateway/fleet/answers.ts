/**
 * Answers to what is to be done once, shared by the gateways of an exchange: who is first claims a key,
 * does what was asked, and leaves the answer for the others. Who is gone before that loses its claim to the
 * next that asks, who does it again: what is done so must be the same when it is done twice. An answer may hold
 * a secret, so it is sealed where there is a key to seal with; where there is none, no secrets are made.
 */
import type { Redis } from "ioredis";
import type { Sealer } from "../registry/sealer.ts";
import { hereKey, type Link } from "./link.ts";

/** What stands under a key: a claim, or the answer. */
interface Kept {
  readonly request: string;
  /** Of a claim: who does it. */
  readonly by?: string;
  readonly answer?: string;
}

export type Claim =
  /** It is ours to do; `isBegun`: somebody who is gone began it, and may have done it. */
  | { readonly state: "ours"; readonly isBegun: boolean }
  /** Somebody does it, or is gone since a moment. */
  | { readonly state: "pending"; readonly request: string }
  /** It was answered, under a seal that we have no key of. */
  | { readonly state: "unreadable"; readonly request: string }
  | { readonly state: "answered"; readonly request: string; readonly answer: string };

/** Only where nothing stands, or our own claim: another's answer was first. Without an answer it is let go. */
export const ANSWER_SCRIPT = `
local kept = redis.call('GET', KEYS[1])
if kept and kept ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`;

/** A claim becomes another's: it stands as it was seen, and who had it is not here. */
export const TAKE_OVER_SCRIPT = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** `Link` is opened with the scripts under these names. */
interface WithScripts extends Redis {
  solebookAnswer(keys: 1, key: string, claim: string, answer: string, ms: number): Promise<number>;
  solebookTakeOver(
    keys: 2,
    key: string,
    here: string,
    seen: string,
    claim: string,
    ms: number,
  ): Promise<number>;
}

/** What came of it: an answer; nothing, so that the key is free; or nobody can say, for a gateway had begun it. */
export type Outcome = { readonly answer: string } | "nothing" | "unknown";

/** Who is never here. */
const NOBODY = "";

export class Answers {
  readonly #link: Link;
  readonly #sealer: Sealer | undefined;

  constructor(link: Link, sealer: Sealer | undefined) {
    this.#link = link;
    this.#sealer = sealer;
  }

  /** Redis is here again, perhaps without its memory. */
  onBack(listener: () => void): void {
    this.#link.onChange((isUp) => {
      if (isUp) listener();
    });
  }

  /** Undefined: Redis is away, so nobody else is asked. */
  async claim(key: string, request: string, forMs: number): Promise<Claim | undefined> {
    const claim = claimOf(request, this.#link.id);
    const found = await this.#link.ask(async (redis) => {
      const isOurs = (await redis.set(nameOf(key), claim, "PX", forMs, "NX")) === "OK";
      return isOurs ? claim : ((await redis.get(nameOf(key))) ?? "");
    });
    if (found === undefined) return undefined;
    // Our own of before: what it was for failed while nobody could be told.
    if (found === claim) return { state: "ours", isBegun: false };
    if (found === "") return { state: "pending", request }; // it was let go this moment: ask again
    const kept = JSON.parse(found) as Kept;
    if (kept.answer !== undefined) {
      const answer = this.#open(key, kept.answer);
      if (answer === undefined) return { state: "unreadable", request: kept.request };
      return { state: "answered", request: kept.request, answer };
    }
    const isTaken = kept.request === request && (await this.#takeOver(key, found, kept, forMs));
    if (isTaken) return { state: "ours", isBegun: true };
    return { state: "pending", request: kept.request };
  }

  /** Whether the others can know. */
  async settle(key: string, request: string, outcome: Outcome, forMs: number): Promise<boolean> {
    const claim = claimOf(request, this.#link.id);
    const told = await this.#link.ask((redis) =>
      (redis as WithScripts).solebookAnswer(
        1,
        nameOf(key),
        claim,
        this.#written(key, request, outcome),
        forMs,
      ),
    );
    return told !== undefined;
  }

  async #takeOver(key: string, seen: string, { by, request }: Kept, forMs: number) {
    const claim = claimOf(request, this.#link.id);
    const taken = await this.#link.ask((redis) =>
      (redis as WithScripts).solebookTakeOver(
        2,
        nameOf(key),
        hereKey(by ?? NOBODY),
        seen,
        claim,
        forMs,
      ),
    );
    return taken === 1;
  }

  #written(key: string, request: string, outcome: Outcome): string {
    if (outcome === "nothing") return "";
    if (outcome === "unknown") return claimOf(request, NOBODY);
    return JSON.stringify({ request, answer: this.#seal(key, outcome.answer) });
  }

  #seal(key: string, answer: string): string {
    const sealer = this.#sealer;
    return sealer?.canSeal === true ? sealer.seal(nameOf(key), answer) : `${PLAIN}${answer}`;
  }

  #open(key: string, kept: string): string | undefined {
    if (kept.startsWith(PLAIN)) return kept.slice(PLAIN.length);
    return this.#sealer?.open(nameOf(key), kept);
  }
}

function claimOf(request: string, by: string): string {
  return JSON.stringify({ request, by } satisfies Kept);
}

const PLAIN = "plain:";
const nameOf = (key: string): string => `solebook:once:${key}`;
