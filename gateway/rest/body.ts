/** A request's body as an object, or the refusal that says it is none. */
import { Refused } from "../errors.ts";
import { invalid } from "../orders/decode.ts";
import type { Call } from "./server.ts";

export type Body = Readonly<Record<string, unknown>>;

export function readBody({ body }: Pick<Call, "body">): Body {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Refused(invalid("body", "The body is a JSON object."));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Body;
  throw new Refused(invalid("body", "The body is a JSON object."));
}
