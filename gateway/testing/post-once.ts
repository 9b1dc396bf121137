/** What an operator asks to be done once, by its Idempotency-Key, over real HTTP. */
import { type Json, TOKEN } from "./exchange.ts";

export interface OnceAnswer {
  readonly status: number;
  /** Seconds until it is worth asking again; null when nothing was said of it. */
  readonly retryAfter: string | null;
  readonly body: Json;
}

/** `url`: of the exchange; `path`: below `/v1/admin/`. */
export async function postOnce(
  url: string,
  key: string,
  body: object,
  path = "keys",
): Promise<OnceAnswer> {
  const response = await fetch(`${url}/v1/admin/${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/json",
      "idempotency-key": key,
    },
    body: JSON.stringify(body),
  });
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, retryAfter, body: (await response.json()) as Json };
}
