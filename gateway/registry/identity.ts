/**
 * What the gateway needs to know about who is asking, whoever owns that. Today the local registry
 * answers; an identity satellite answers the same questions later.
 */
import type { KeyObject } from "node:crypto";

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

/** A key that may be used. The private half never leaves its owner. */
export interface ApiKey {
  readonly key: string;
  readonly account: Account;
  readonly scopes: readonly Scope[];
  readonly publicKey: KeyObject;
}

/** Who asks, once that is proved: by a key, or otherwise. `key` names the proof in limits and logs. */
export type Caller = Pick<ApiKey, "key" | "account" | "scopes">;

/** A key as an operator sees it. */
export interface KeyRow {
  readonly key: string;
  readonly account: string;
  readonly account_id: number;
  readonly scopes: readonly Scope[];
  readonly label: string;
  readonly public_key: string;
  readonly created_at: string;
  readonly revoked_at: string | null;
}

export interface KeyRequest {
  readonly account: string;
  readonly scopes: readonly Scope[];
  readonly label: string;
  /** base64url of the 32 raw bytes. */
  readonly publicKey: string;
}

export interface Identity {
  /** Undefined when there is no such key or it was revoked. */
  key(id: string): ApiKey | undefined;
  keys(): readonly KeyRow[];
  accounts(): readonly Account[];
  accountById(id: number): Account | undefined;
  /** The account of that name, made when it is new; durable when the promise resolves. */
  openAccount(name: string, guest?: Guest): Promise<Account>;
  /** By account id; the accounts exist. Durable when the promise resolves. */
  keepGuests(guests: ReadonlyMap<number, Guest>): Promise<void>;
  /** Durable when the promise resolves. The account exists. */
  addKey(request: KeyRequest): Promise<KeyRow>;
  /** Undefined when there is no such key. Its listeners hear before the promise resolves. */
  revokeKey(id: string): Promise<KeyRow | undefined>;
  onRevoked(listener: (key: string) => void): void;
}
