/** Signed REST as a machine sends it: by an HMAC secret or an Ed25519 key, tampered with where a test says so. */
import { createHmac, sign } from "node:crypto";
import { type Json, type TestExchange, type TestKey, TOKEN } from "./exchange.ts";

export interface SecretKey {
  readonly key: string;
  readonly secret: string;
}

export interface SignedRequest {
  readonly method: string;
  readonly target: string;
  readonly body?: string | Uint8Array;
  /** Against our clock. */
  readonly offMs?: number;
  readonly window?: string;
}

export type Headers = Record<string, string>;

/** The headers that sign it. */
export function signRequest(key: SecretKey | TestKey, request: SignedRequest): Headers {
  const { method, target, body = "", offMs = 0, window } = request;
  const timestamp = new Date(Date.now() + offMs).toISOString();
  const first = window === undefined ? timestamp : `${timestamp};${window}`;
  const text = Buffer.concat([Buffer.from(`${first}\n${method}\n${target}\n`), Buffer.from(body)]);
  const signature =
    "secret" in key
      ? createHmac("sha256", key.secret).update(text).digest("base64url")
      : sign(null, text, key.privateKey).toString("base64url");
  return {
    "solebook-key": key.key,
    "solebook-timestamp": timestamp,
    "solebook-signature": signature,
    ...(window === undefined ? {} : { "solebook-window": window }),
  };
}

export async function send(
  url: string,
  { method, target, body }: SignedRequest,
  headers: Headers,
): Promise<{ status: number; body: Json }> {
  const hasBody = body !== undefined && method !== "GET";
  const response = await fetch(`${url}${target}`, {
    method,
    headers,
    ...(hasBody ? { body: Buffer.from(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

/** A fresh HMAC key of `account`; `settings` as the admin interface takes them. */
export async function makeSecretKey(
  exchange: Pick<TestExchange, "url">,
  account: string,
  settings: object = {},
): Promise<SecretKey> {
  const response = await fetch(`${exchange.url}/v1/admin/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ account, kind: "hmac", trading: true, ...settings }),
  });
  const { key, secret } = (await response.json()) as { key: string; secret: string };
  return { key, secret };
}
