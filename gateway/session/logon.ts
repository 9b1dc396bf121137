/**
 * Proof of who is asking: an Ed25519 signature over a time and what is asked for, checked against
 * the key's public half. A signature counts for five seconds either way, and once.
 */
import { verify } from "node:crypto";
import type { Problem } from "../errors.ts";
import { LogonParams } from "../forms/requests.ts";
import { reader } from "../forms/read.ts";
import { invalid, type Params } from "../orders/decode.ts";
import type { ApiKey, Identity } from "../registry/identity.ts";
import { readTime } from "../written-forms.ts";

const readLogon = reader(LogonParams);

const WINDOW_US = 5_000_000;
const SIGNATURE_BYTES = 64;
/** Old signatures are swept when there are this many, so the table stays small. */
const SWEEP_AT = 1_024;

export interface Proof {
  readonly key: string;
  readonly timestamp: string;
  readonly signature: string;
}

export class Doorkeeper {
  readonly #identity: Identity;
  /** Signature by key, with the time from which its own timestamp would be refused anyway. */
  readonly #used = new Map<string, number>();
  #sweepAt = SWEEP_AT;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  logon(params: Params, nowUs: number): ApiKey | Problem {
    const read = readLogon(params);
    if ("problem" in read) return read.problem;
    return this.check(read.value, "LOGON\n/v1/ws\n", nowUs);
  }

  /** `what` is the signed text after the timestamp's line. */
  check({ key: id, timestamp, signature }: Proof, what: string, nowUs: number): ApiKey | Problem {
    const key = this.#identity.key(id);
    if (key === undefined) return { code: "KEY_INVALID", param: "key" };
    const signedUs = readTime(timestamp);
    if (Number.isNaN(signedUs)) return invalid("timestamp", "timestamp is an RFC 3339 time.");
    if (Math.abs(nowUs - signedUs) > WINDOW_US) {
      return { code: "TIMESTAMP_OUTSIDE_WINDOW", param: "timestamp" };
    }
    // Told apart by its bytes, not by its text: base64url writes the same bytes in several ways.
    const bytes = Buffer.from(signature, "base64url");
    const text = Buffer.from(`${timestamp}\n${what}`);
    if (bytes.length !== SIGNATURE_BYTES || !verify(null, text, key.publicKey, bytes)) {
      return { code: "SIGNATURE_INVALID", param: "signature" };
    }
    const use = `${id}:${bytes.toString("base64url")}`;
    if (this.#used.has(use)) return { code: "REPLAYED_SIGNATURE", param: "signature" };
    this.#sweep(nowUs);
    this.#used.set(use, signedUs + WINDOW_US);
    return key;
  }

  #sweep(nowUs: number): void {
    if (this.#used.size < this.#sweepAt) return;
    for (const [use, untilUs] of this.#used) if (untilUs < nowUs) this.#used.delete(use);
    this.#sweepAt = Math.max(SWEEP_AT, this.#used.size * 2);
  }
}
