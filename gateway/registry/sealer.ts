/**
 * Secrets of HMAC keys as they are kept: sealed with a key that is not where they are (AES-256-GCM), so
 * that a copy of the registry signs nothing. Each is bound to its API key's id. Several sealing keys
 * may be known: the first one seals, all of them open, so that one can be exchanged for another.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

export const SEALING_KEY_BYTES = 32;
const FORM = "v1";
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class Sealer {
  readonly #keys: readonly (readonly [name: string, key: Buffer])[];

  /** With no keys at all nothing is sealed or opened. */
  constructor(keys: readonly Buffer[]) {
    this.#keys = keys.map((key) => {
      if (key.length !== SEALING_KEY_BYTES) throw new Error("a sealing key has 32 bytes");
      return [createHash("sha256").update(key).digest("base64url").slice(0, 8), key];
    });
  }

  get canSeal(): boolean {
    return this.#keys.length > 0;
  }

  seal(id: string, secret: string): string {
    const [name, key] = this.#keys[0]!;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(id));
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    const bytes = Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
    return [FORM, name, bytes.toString("base64url")].join(".");
  }

  /** Undefined when no key here opens it, or it was changed. */
  open(id: string, sealed: string): string | undefined {
    const [form, name, text = ""] = sealed.split(".");
    const key = this.#keys.find(([each]) => each === name)?.[1];
    const bytes = Buffer.from(text, "base64url");
    if (form !== FORM || key === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) {
      return undefined;
    }
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
    const opening = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(id))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([opening.update(body), opening.final()]).toString("utf8");
    } catch {
      return undefined; // sealed for another key's id, or changed: whoever asks says so
    }
  }
}
