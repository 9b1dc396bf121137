/** From the schemas that the gateway reads by to those that others read: plain JSON Schema. */
import type { TSchema } from "@sinclair/typebox";
import { CODE, SAYS } from "../forms/read.ts";

export type Plain = { [name: string]: unknown };

/** OpenAPI 3.1 speaks 2020-12, AsyncAPI 3.0 draft 7: they write tuples in two ways. */
export type Dialect = "2020-12" | "draft-07";

export function plain(schema: TSchema, dialect: Dialect): Plain {
  // TypeBox's own marks are symbols, which JSON leaves out.
  return simplify(JSON.parse(JSON.stringify(schema)) as Plain, dialect);
}

function simplify(schema: Plain, dialect: Dialect): Plain {
  const { [SAYS]: _says, [CODE]: _code, ...rest } = schema;
  const words = wordsOf(rest.anyOf);
  if (words !== undefined) {
    const { anyOf: _anyOf, ...more } = rest;
    const type = words.every((each) => typeof each === "string") ? "string" : "integer";
    return { type, enum: words, ...more };
  }
  const out: Plain = {};
  for (const [name, value] of Object.entries(rest)) {
    if (name === "properties" || name === "patternProperties") {
      const fields = Object.entries(value as Record<string, Plain>);
      out[name] = Object.fromEntries(fields.map(([key, each]) => [key, simplify(each, dialect)]));
    } else if (Array.isArray(value) && (name === "anyOf" || name === "items")) {
      out[name] = (value as Plain[]).map((each) => simplify(each, dialect));
    } else if (name === "items") {
      out[name] = simplify(value as Plain, dialect);
    } else out[name] = value;
  }
  return dialect === "2020-12" && Array.isArray(out.items) ? newTuple(out) : out;
}

function newTuple({ items, additionalItems: _none, ...rest }: Plain): Plain {
  return { ...rest, prefixItems: items, items: false };
}

/** The words of a choice among constants. */
function wordsOf(anyOf: unknown): unknown[] | undefined {
  if (!Array.isArray(anyOf)) return undefined;
  const constants = (anyOf as Plain[]).map((each) => each.const);
  return constants.includes(undefined) ? undefined : constants;
}
