/**
 * Proof of who is asking: a signature over a time and what is asked for, by Ed25519 or HMAC-SHA256,
 * checked against what is known of the key. A signature counts within its window, and once; where the
 * key may be used from, and until when, is asked only of who could sign.
 */
import { createHmac, timingSafeEqual, verify } from "node:crypto";
import type { Problem } from "../errors.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { LogonParams } from "../forms/requests.ts";
import { reader } from "../forms/read.ts";
import { invalid, isProblem, type Params } from "../orders/decode.ts";
import type { ApiKey, Identity, KeyProof } from "../registry/identity.ts";
import { nowUs, readTime } from "../written-forms.ts";
import { UsedSignatures } from "./used.ts";

const readLogon = reader(LogonParams);

const WINDOW_MS = 5_000;
const WINDOW_MS_MAX = 60_000;
/** How far a clock may be ahead of ours, however long the window. */
const AHEAD_US_MAX = 5_000_000;
const US_PER_MS = 1_000;
const ED25519_BYTES = 64;

type Answer = ApiKey | Problem | Promise<ApiKey | Problem>;
const REPLAYED: Problem = { code: "REPLAYED_SIGNATURE", param: "signature" };

export interface Proof {
  readonly key: string;
  readonly timestamp: string;
  readonly signature: string;
  /** As it was sent, in milliseconds; empty: the default. What is sent is signed. */
  readonly window?: string;
}

export interface Signed {
  /** Between the timestamp's line and the body. */
  readonly head: string;
  readonly body: Uint8Array;
  /** Where it came from. */
  readonly address: string;
}

const LOGON = { head: "LOGON\n/v1/ws\n", body: new Uint8Array() };

export class Doorkeeper {
  readonly #identity: Identity;
  readonly #used: UsedSignatures;
  /** Keys that another gateway revoked, until the registry says it, too. */
  readonly #denied = new Set<string>();

  constructor(identity: Identity, fleet?: Fleet) {
    this.#identity = identity;
    this.#used = new UsedSignatures(fleet, nowUs);
  }

  /** Proves nothing from now on. */
  deny(key: string): void {
    this.#denied.add(key);
  }

  logon(params: Params, address: string, nowUs: number): Answer {
    const read = readLogon(params);
    if ("problem" in read) return read.problem;
    return this.check(read.value, { ...LOGON, address }, nowUs);
  }

  /** At once, but for a fleet that has to be asked. */
  check(proof: Proof, signed: Signed, nowUs: number): Answer {
    const { key: id, timestamp, signature, window = "" } = proof;
    const key = this.still(id);
    if (isProblem(key)) return key;
    const signedUs = readTime(timestamp);
    if (Number.isNaN(signedUs)) return invalid("timestamp", "timestamp is an RFC 3339 time.");
    const windowMs = readWindow(window);
    if (windowMs === undefined) {
      return invalid("window", `The window is 1 to ${WINDOW_MS_MAX} milliseconds.`);
    }
    const untilUs = signedUs + windowMs * US_PER_MS;
    if (untilUs < nowUs) return { code: "TIMESTAMP_OUTSIDE_WINDOW", param: "timestamp" };
    if (signedUs - nowUs > AHEAD_US_MAX) return { code: "TIMESTAMP_AHEAD", param: "timestamp" };
    // Told apart by its bytes, not by its text: base64url writes the same bytes in several ways.
    const bytes = Buffer.from(signature, "base64url");
    const first = window === "" ? timestamp : `${timestamp};${window}`;
    const text = Buffer.concat([Buffer.from(`${first}\n${signed.head}`), signed.body]);
    if (key.proof.kind === "hmac" && key.proof.secret === undefined) {
      return { code: "KEY_UNREADABLE", param: "key" };
    }
    if (!isSignedBy(key.proof, text, bytes))
      return { code: "SIGNATURE_INVALID", param: "signature" };
    if (key.expiresMs * US_PER_MS <= nowUs) return { code: "KEY_EXPIRED", param: "key" };
    if (key.addresses?.has(signed.address) === false) {
      return { code: "ADDRESS_NOT_ALLOWED", param: "key" };
    }
    const use = `${id}:${bytes.toString("base64url")}`;
    const isFirst = this.#used.claim(use, untilUs, nowUs);
    if (isFirst === true) return key;
    if (isFirst === false) return REPLAYED;
    return isFirst.then((is) => (is ? this.still(id) : REPLAYED));
  }

  /** The key as it is now: it may have been revoked while something was waited for. */
  still(id: string): ApiKey | Problem {
    return this.#usable(id) ?? { code: "KEY_INVALID", param: "key" };
  }

  #usable(id: string): ApiKey | undefined {
    return this.#denied.has(id) ? undefined : this.#identity.key(id);
  }
}

/** Undefined when it is none that may be asked for. */
function readWindow(text: string): number | undefined {
  if (text === "") return WINDOW_MS;
  const ms = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Infinity;
  return ms <= WINDOW_MS_MAX ? ms : undefined;
}

function isSignedBy(proof: KeyProof, text: Uint8Array, signature: Uint8Array): boolean {
  if (proof.kind === "ed25519") {
    return signature.length === ED25519_BYTES && verify(null, text, proof.publicKey, signature);
  }
  const ours = createHmac("sha256", proof.secret!).update(text).digest();
  return signature.length === ours.length && timingSafeEqual(signature, ours);
}
