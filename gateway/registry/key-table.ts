/**
 * The keys of a registry in memory: how each is stored, how it is used, how an operator sees it. What
 * is stored never holds a secret in clear, and what an operator sees holds none at all.
 */
import { createPublicKey, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { NOWHERE, readNetworks } from "../addresses.ts";
import { Refused } from "../errors.ts";
import { nowUs, writeTime } from "../written-forms.ts";
import type { Account, ApiKey, KeyChange, KeyRequest, KeyRow, Scope } from "./identity.ts";
import type { StoredKey } from "./registry-file.ts";
import type { Sealer } from "./sealer.ts";

/** DER of an Ed25519 public key up to its 32 raw bytes. */
const ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");
const SECRET_BYTES = 32;
const ONCE_MS = 24 * 3_600_000;

export class KeyTable {
  readonly #accountOf: (id: number) => Account;
  readonly #sealer: Sealer | undefined;
  readonly #stored = new Map<string, StoredKey>();
  readonly #usable = new Map<string, ApiKey>();

  constructor(accountOf: (id: number) => Account, sealer: Sealer | undefined) {
    this.#accountOf = accountOf;
    this.#sealer = sealer;
  }

  usable(id: string): ApiKey | undefined {
    return this.#usable.get(id);
  }

  stored(id: string): StoredKey | undefined {
    return this.#stored.get(id);
  }

  all(): StoredKey[] {
    return [...this.#stored.values()];
  }

  /** Keys that could be used if their secrets could be opened here. */
  unreadable(): string[] {
    const nowMs = Date.now();
    const isOut = ({ proof, expiresMs }: ApiKey): boolean =>
      proof.kind === "hmac" && proof.secret === undefined && expiresMs > nowMs;
    return [...this.#usable.values()].filter(isOut).map(({ key }) => key);
  }

  keep(stored: StoredKey): void {
    this.#stored.set(stored.key, stored);
    if (stored.revoked_at !== null) {
      this.#usable.delete(stored.key);
      return;
    }
    const { expires_at: expiresAt, addresses = [], scopes, trading = true } = stored;
    this.#usable.set(stored.key, {
      key: stored.key,
      account: this.#accountOf(stored.account_id),
      scopes: scopes as readonly Scope[],
      proof: this.#proofOf(stored),
      expiresMs: Date.parse(expiresAt ?? "") || Infinity,
      addresses: addresses.length === 0 ? null : (readNetworks(addresses) ?? NOWHERE),
      trading,
    });
  }

  forget(id: string): void {
    this.#stored.delete(id);
    this.#usable.delete(id);
  }

  /** What was made for `once` within the last day, with its secret: it was not heard of, perhaps. */
  madeFor(once: string | undefined): { stored: StoredKey; secret: string | undefined } | undefined {
    if (once === undefined) return undefined;
    const sinceMs = Date.now() - ONCE_MS;
    const stored = this.all().findLast(
      (key) => key.once === once && Date.parse(key.created_at) > sinceMs,
    );
    if (stored === undefined) return undefined;
    const { key, sealed_secret: sealed } = stored;
    return { stored, secret: sealed === undefined ? undefined : this.#sealer?.open(key, sealed) };
  }

  /** A new key, not kept yet, with the secret that is told this once. */
  make(request: KeyRequest, accountId: number): { stored: StoredKey; secret: string | undefined } {
    const id = `k_${randomBytes(12).toString("base64url")}`;
    const isHmac = request.kind === "hmac";
    if (isHmac && this.#sealer?.canSeal !== true) throw new Refused({ code: "HMAC_KEYS_OFF" });
    const secret = isHmac ? randomBytes(SECRET_BYTES).toString("base64url") : undefined;
    const stored: StoredKey = {
      key: id,
      account_id: accountId,
      scopes: request.scopes,
      label: request.label,
      ...(request.kind === "ed25519"
        ? { public_key: request.publicKey }
        : { sealed_secret: this.#sealer!.seal(id, secret!) }),
      created_at: writeTime(nowUs()),
      ...(request.once === undefined ? {} : { once: request.once }),
      expires_at: request.expiresAt,
      addresses: request.addresses,
      trading: request.trading,
      revoked_at: null,
    };
    return { stored, secret };
  }

  row({ sealed_secret: sealed, once: _once, ...stored }: StoredKey): KeyRow {
    const { expires_at: expires, addresses = [], trading = true, public_key: publicKey } = stored;
    return {
      ...stored,
      kind: sealed === undefined ? "ed25519" : "hmac",
      scopes: stored.scopes as readonly Scope[],
      account: this.#accountOf(stored.account_id).name,
      public_key: publicKey ?? null,
      expires_at: expires ?? null,
      addresses,
      trading,
    };
  }

  #proofOf({ key, public_key: publicKey, sealed_secret: sealed }: StoredKey): ApiKey["proof"] {
    if (sealed === undefined) return { kind: "ed25519", publicKey: readPublicKey(publicKey!)! };
    const secret = this.#sealer?.open(key, sealed);
    const opened = secret === undefined ? undefined : createSecretKey(secret, "utf8");
    return { kind: "hmac", secret: opened };
  }
}

export function changed(stored: StoredKey, change: KeyChange): StoredKey {
  const { scopes, label, trading, addresses, expiresAt } = change;
  return {
    ...stored,
    ...(scopes === undefined ? {} : { scopes }),
    ...(label === undefined ? {} : { label }),
    ...(trading === undefined ? {} : { trading }),
    ...(addresses === undefined ? {} : { addresses }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  };
}

/** Whether whoever is logged on by it may do now what could be done before, and no more. */
export function isSameKey(one: KeyRow, other: KeyRow): boolean {
  const told = ({ revoked_at, trading, expires_at, scopes, addresses }: KeyRow): string =>
    [revoked_at, trading, expires_at, scopes.join(), addresses.join()].join(" ");
  return told(one) === told(other);
}

/** The raw 32 bytes as a key, undefined when they are not one. */
export function readPublicKey(text: string): KeyObject | undefined {
  const raw = Buffer.from(text, "base64url");
  if (raw.length !== 32) return undefined;
  return createPublicKey({ key: Buffer.concat([ED25519_SPKI, raw]), format: "der", type: "spki" });
}
