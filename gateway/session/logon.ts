/**
 * Proof of who is asking: a signature over a time and what is asked for, by Ed25519 or HMAC-SHA256,
 * checked against what is known of the key. A signature counts within its window, and once; where the
 * key may be used from, and until when, is asked only of who could sign.
 */
import { createHmac, timingSafeEqual, verify } from "node:crypto";
import type { Problem } from "../errors.ts";
import { LogonParams } from "../forms/requests.ts";
import { reader } from "../forms/read.ts";
import { invalid, type Params } from "../orders/decode.ts";
import type { ApiKey, Identity, KeyProof } from "../registry/identity.ts";
import { readTime } from "../written-forms.ts";

const readLogon = reader(LogonParams);

const WINDOW_MS = 5_000;
const WINDOW_MS_MAX = 60_000;
/** How far a clock may be ahead of ours, however long the window. */
const AHEAD_US_MAX = 5_000_000;
const US_PER_MS = 1_000;
const ED25519_BYTES = 64;
/** Old signatures are swept when there are this many, so the table stays small. */
const SWEEP_AT = 1_024;

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
  /** Signature by key, with the time from which its own timestamp would be refused anyway. */
  readonly #used = new Map<string, number>();
  #sweepAt = SWEEP_AT;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  logon(params: Params, address: string, nowUs: number): ApiKey | Problem {
    const read = readLogon(params);
    if ("problem" in read) return read.problem;
    return this.check(read.value, { ...LOGON, address }, nowUs);
  }

  check(proof: Proof, signed: Signed, nowUs: number): ApiKey | Problem {
    const { key: id, timestamp, signature, window = "" } = proof;
    const key = this.#identity.key(id);
    if (key === undefined) return { code: "KEY_INVALID", param: "key" };
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
    if (this.#used.has(use)) return { code: "REPLAYED_SIGNATURE", param: "signature" };
    this.#sweep(nowUs);
    this.#used.set(use, untilUs);
    return key;
  }

  #sweep(nowUs: number): void {
    if (this.#used.size < this.#sweepAt) return;
    for (const [use, untilUs] of this.#used) if (untilUs < nowUs) this.#used.delete(use);
    this.#sweepAt = Math.max(SWEEP_AT, this.#used.size * 2);
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
