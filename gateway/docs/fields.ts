/** A schema as rows for people: every field by its path, what it is, and what it means. */
import type { TSchema } from "@sinclair/typebox";
import { type Plain, plain } from "./plain.ts";

export interface Field {
  readonly path: string;
  readonly kind: string;
  readonly isRequired: boolean;
  readonly says: string;
}

/** One form, or several of which it is one. */
export function fieldsOf(schema: TSchema): Field[][] {
  const whole = plain(schema, "2020-12");
  const forms = (whole.anyOf as Plain[] | undefined) ?? [whole];
  return forms.map((form) => inside(form, ""));
}

function inside(schema: Plain, path: string): Field[] {
  const { properties, items } = schema as { properties?: Record<string, Plain>; items?: Plain };
  if (properties !== undefined) {
    const required = (schema.required ?? []) as string[];
    return Object.entries(properties).flatMap(([name, field]) => {
      const at = path === "" ? name : `${path}.${name}`;
      return [rowOf(field, at, required.includes(name)), ...inside(field, at)];
    });
  }
  if (items) return inside(items, `${path}[]`);
  const choices = (schema.anyOf ?? []) as Plain[];
  return choices.flatMap((choice) => inside(choice, path));
}

function rowOf(field: Plain, path: string, isRequired: boolean): Field {
  const { description = "", default: otherwise } = field;
  const known = otherwise === undefined ? "" : ` Left out: \`${JSON.stringify(otherwise)}\`.`;
  return { path, kind: kindOf(field), isRequired, says: `${description as string}${known}` };
}

function kindOf(schema: Plain): string {
  if (schema.enum !== undefined) return (schema.enum as unknown[]).map(String).join(" · ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) {
    return [...new Set((schema.anyOf as Plain[]).map(kindOf))].join(" or ");
  }
  if (schema.format === "date-time") return "time";
  if (schema.format === "date") return "date";
  if (schema.type === "array") {
    if (schema.items) return `list of ${kindOf(schema.items as Plain)}`;
    return `[${((schema.prefixItems ?? []) as Plain[]).map(kindOf).join(", ")}]`;
  }
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  const word = WORDS[schema.type as string] ?? "anything";
  if (maximum === undefined || maximum === Number.MAX_SAFE_INTEGER) return word;
  return `${word}, ${minimum ?? 0} to ${maximum}`;
}

const WORDS: Record<string, string> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  object: "object",
  null: "null",
};
