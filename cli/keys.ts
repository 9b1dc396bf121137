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

/** Makes a pair, tells the exchange its public half, and with it the account if it is new. */
export async function createKey(
  admin: Admin,
  account: string,
  scopes: readonly string[],
  label: string | undefined,
): Promise<Key> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" }); // the raw 32 bytes, base64url
  const made = (await admin.post("/v1/admin/keys", {
    account,
    scopes,
    ...(label === undefined ? {} : { label }),
    public_key: x,
  })) as Omit<Key, "privateKey">;
  return { key: made.key, account: made.account, scopes: made.scopes, privateKey };
}

/** The parameters of `session.logon`, signed now: they are good for a few seconds. */
export function logonParams({ key, privateKey }: Pick<Key, "key" | "privateKey">): object {
  const timestamp = new Date().toISOString();
  const signed = Buffer.from(`${timestamp}\nLOGON\n/v1/ws\n`);
  return { key, timestamp, signature: sign(null, signed, privateKey).toString("base64url") };
}
