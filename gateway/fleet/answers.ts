/**
 * Answers to what is to be done once, shared by the gateways of an exchange: who is first claims a key,
 * does what was asked, and leaves the answer for the others. An answer may hold a secret, so it is sealed
 * where there is a key to seal with; where there is none, no secrets are made.
 */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Sealer } from "../registry/sealer.ts";
import type { Link } from "./link.ts";

/** What stands under a key: a claim, or the answer. */
interface Kept {
  readonly request: string;
  /** Of a claim: who does it. */
  readonly by?: string;
  readonly answer?: string;
}

export type Claim =
  /** It is ours to do. */
  | { readonly state: "ours" }
  /** Somebody does it, or did and is gone; or we cannot read what came of it. */
  | { readonly state: "pending"; readonly request: string }
  | { readonly state: "answered"; readonly request: string; readonly answer: string };

/** Only where nothing stands, or our own claim: another's answer was first. Without an answer it is let go. */
export const ANSWER_SCRIPT = `
local kept = redis.call('GET', KEYS[1])
if kept and kept ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`;

/** `Link` is opened with the script under this name. */
interface WithScript extends Redis {
  solebookAnswer(keys: 1, key: string, claim: string, answer: string, ms: number): Promise<number>;
}

export class Answers {
  readonly #link: Link;
  readonly #sealer: Sealer | undefined;
  readonly #us = randomUUID();

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
    const claim = this.#claimOf(request);
    const taken = await this.#link.ask(async (redis) => {
      const isOurs = (await redis.set(nameOf(key), claim, "PX", forMs, "NX")) === "OK";
      return isOurs ? claim : ((await redis.get(nameOf(key))) ?? "");
    });
    if (taken === undefined) return undefined;
    // Our own of before: what it was for failed while nobody could be told.
    if (taken === claim) return { state: "ours" };
    if (taken === "") return { state: "pending", request }; // it was let go this moment: ask again
    const kept = JSON.parse(taken) as Kept;
    const answer = kept.answer === undefined ? undefined : this.#open(key, kept.answer);
    if (answer === undefined) return { state: "pending", request: kept.request };
    return { state: "answered", request: kept.request, answer };
  }

  /** What came of it; undefined: nothing, and the key is free. Whether the others can know. */
  async settle(
    key: string,
    request: string,
    answer: string | undefined,
    forMs: number,
  ): Promise<boolean> {
    const text =
      answer === undefined ? "" : JSON.stringify({ request, answer: this.#seal(key, answer) });
    const told = await this.#link.ask((redis) =>
      (redis as WithScript).solebookAnswer(1, nameOf(key), this.#claimOf(request), text, forMs),
    );
    return told !== undefined;
  }

  #claimOf(request: string): string {
    return JSON.stringify({ request, by: this.#us });
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

const PLAIN = "plain:";
const nameOf = (key: string): string => `solebook:once:${key}`;
