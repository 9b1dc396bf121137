/**
 * The traders' accounts and keys. A trader's private key is derived from the exchange's admin token,
 * so that it is the same at every start, no list of keys grows, and nothing secret is stored twice.
 */
import { createHmac, createPrivateKey, createPublicKey } from "node:crypto";
import { makeSigner, type Signer } from "../../gateway/client/index.ts";

export interface Exchange {
  /** Without a slash at the end. */
  readonly url: string;
  readonly adminToken: string;
}

const LABEL = "simulated trader";
const SCOPES = ["md:read", "orders:read", "orders:write"];
/** DER of an Ed25519 private key up to its 32 bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** The signer of the account of that name; account and key are made when they are new. */
export async function openAccount(exchange: Exchange, account: string): Promise<Signer> {
  const seed = createHmac("sha256", exchange.adminToken).update(`${LABEL} ${account}`).digest();
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, seed]),
    format: "der",
    type: "pkcs8",
  });
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const response = await fetch(`${exchange.url}/v1/admin/keys`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${exchange.adminToken}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ account, scopes: SCOPES, label: LABEL, public_key: x, trading: true }),
  });
  if (!response.ok) throw new Error(`no key for ${account}: ${await response.text()}`);
  const { key } = (await response.json()) as { key: string };
  return makeSigner(key, seed.toString("base64url"));
}
