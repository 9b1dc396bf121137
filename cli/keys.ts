/** Key pairs of traders: made here, so that a private key never travels; and what they sign. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Admin } from "./exchange.ts";

export const SCOPES_DEFAULT: readonly string[] = ["md:read", "orders:read", "orders:write"];

export interface Key {
  /** The exchange's name for it. */
  readonly key: string;
  readonly account: string;
  readonly scopes: readonly string[];
  readonly privateKey: KeyObject;
}

/** What a key may be said to be; what is left out is the exchange's default. */
export interface KeySettings {
  readonly scopes?: readonly string[];
  readonly label?: string;
  /** RFC 3339; null: never. */
  readonly expires_at?: string | null;
  /** Addresses and networks it may be used from; none: anywhere. */
  readonly addresses?: readonly string[];
  readonly trading?: boolean;
}

/** Makes a pair, tells the exchange its public half, and with it the account if it is new. */
export async function createKey(
  admin: Admin,
  account: string,
  settings: KeySettings,
): Promise<Key> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" }); // the raw 32 bytes, base64url
  const asked = { account, ...settings, public_key: x };
  const made = (await admin.post("/v1/admin/keys", asked)) as Omit<Key, "privateKey">;
  return { key: made.key, account: made.account, scopes: made.scopes, privateKey };
}

export interface SecretKey extends Omit<Key, "privateKey"> {
  readonly secret: string;
}

/** A key for HMAC: the exchange makes the secret, for it has to know it. Of one name: one key. */
export async function createSecretKey(
  admin: Admin,
  account: string,
  settings: KeySettings,
  name?: string,
): Promise<SecretKey> {
  const asked = { account, ...settings, kind: "hmac" };
  return (await admin.post("/v1/admin/keys", asked, name)) as SecretKey;
}

/** The parameters of `session.logon`, signed now: they are good for a few seconds. */
export function logonParams({ key, privateKey }: Pick<Key, "key" | "privateKey">): object {
  const timestamp = new Date().toISOString();
  const signed = Buffer.from(`${timestamp}\nLOGON\n/v1/ws\n`);
  return { key, timestamp, signature: sign(null, signed, privateKey).toString("base64url") };
}
