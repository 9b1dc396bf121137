/**
 * What the gateway needs to know about who is asking, whoever owns that. Today the local registry
 * answers; an identity satellite answers the same questions later.
 */
import type { KeyObject } from "node:crypto";
import type { Networks } from "../addresses.ts";

export const SCOPES = [
  "md:read",
  "orders:read",
  "orders:write",
  "account:read",
  "payouts:write",
  "admin:*",
] as const;
export type Scope = (typeof SCOPES)[number];
export const SCOPES_DEFAULT: readonly Scope[] = ["md:read", "orders:read", "orders:write"];

export interface Account {
  readonly account_id: number;
  readonly name: string;
  /** Only of an account that is given to whoever comes, without a key. */
  readonly guest?: Guest;
}

/** Who has such an account now. */
export interface Guest {
  /** The first, the second …: what an earlier holder was given to show says nothing any more. */
  readonly holder: number;
  /** When its holder was last known to be here; some hours coarse. */
  readonly seen_at: string;
}

/** A key that was not revoked. What its owner signs with is here, and never shown or logged. */
export interface ApiKey {
  readonly key: string;
  readonly account: Account;
  readonly scopes: readonly Scope[];
  readonly proof: KeyProof;
  /** From then on it proves nothing; Infinity: it does not expire. */
  readonly expiresMs: number;
  /** Where it may be used from; null: anywhere. */
  readonly addresses: Networks | null;
  /** Places and amends are refused until it is switched on. */
  readonly trading: boolean;
}

export type KeyProof =
  | { readonly kind: "ed25519"; readonly publicKey: KeyObject }
  /** Undefined when it was sealed with a key that is not known here. */
  | { readonly kind: "hmac"; readonly secret: KeyObject | undefined };
export type KeyKind = KeyProof["kind"];

/** Who asks, once that is proved: by a key, or otherwise. `key` names the proof in limits and logs. */
export type Caller = Omit<ApiKey, "proof">;

/** A key as an operator sees it. */
export interface KeyRow {
  readonly key: string;
  readonly kind: KeyKind;
  readonly account: string;
  readonly account_id: number;
  readonly scopes: readonly Scope[];
  readonly label: string;
  /** Of Ed25519. */
  readonly public_key: string | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  /** None: anywhere. */
  readonly addresses: readonly string[];
  readonly trading: boolean;
  readonly revoked_at: string | null;
}

interface KeySettings {
  readonly scopes: readonly Scope[];
  readonly label: string;
  readonly expiresAt: string | null;
  readonly addresses: readonly string[];
  readonly trading: boolean;
}

export type KeyRequest = KeySettings & {
  readonly account: string;
  /** The same within a day is the same key, whoever is asked. */
  readonly once?: string | undefined;
} & (
    | { readonly kind: "hmac" }
    /** base64url of the 32 raw bytes. */
    | { readonly kind: "ed25519"; readonly publicKey: string }
  );

export interface NewKey {
  readonly row: KeyRow;
  /** Of HMAC, told this once: the text itself is the key that signs. */
  readonly secret: string | undefined;
}

/** What is not named stays as it is. */
export type KeyChange = Partial<KeySettings>;

export interface Identity {
  /** Undefined when there is no such key or it was revoked. Whether it expired is the asker's to see. */
  key(id: string): ApiKey | undefined;
  keys(): readonly KeyRow[];
  accounts(): readonly Account[];
  accountById(id: number): Account | undefined;
  /** The account of that name, made when it is new; durable when the promise resolves. */
  openAccount(name: string, guest?: Guest): Promise<Account>;
  /** By account id; the accounts exist. Durable when the promise resolves. */
  keepGuests(guests: ReadonlyMap<number, Guest>): Promise<void>;
  /** Durable when the promise resolves. The account exists. */
  addKey(request: KeyRequest): Promise<NewKey>;
  /** Undefined when there is no such key, or it was revoked. */
  changeKey(id: string, change: KeyChange): Promise<KeyRow | undefined>;
  /** Undefined when there is no such key. */
  revokeKey(id: string): Promise<KeyRow | undefined>;
  /** Before a change's or a revocation's promise resolves; what it is now, `key` answers. */
  onKeyChanged(listener: (key: string) => void): void;
}
