/**
 * Holds what was said to what is documented, by ajv: another author than of the schemas. Stricter than the
 * documents are to others: a field that they do not name is a fault.
 */
import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Plain } from "../plain.ts";

export interface Checker {
  /** What is wrong with `value`, by the schema at `path` of the document (`/components/…`). */
  faults(path: string, value: unknown): unknown[];
}

export function checkerOf(document: Plain): Checker {
  const options = { strict: false, allErrors: false } as const;
  const ajv = "asyncapi" in document ? new Ajv(options) : new Ajv2020(options);
  (addFormats as unknown as (to: unknown) => void)(ajv);
  ajv.addSchema({ $id: "doc", ...strict(document) });
  const compiled = new Map<string, ValidateFunction>();
  return {
    faults: (path, value) => {
      let check = compiled.get(path);
      if (check === undefined) {
        const pointer = path
          .split("/")
          .map((part) => encodeURIComponent(part))
          .join("/");
        compiled.set(path, (check = ajv.compile({ $ref: `doc#${pointer}` })));
      }
      if (check(value)) return [];
      return (check.errors ?? []).map(({ instancePath, message, params }) => {
        return { at: instancePath, message, params, value };
      });
    },
  };
}

/** Objects have the fields they name, and no more. */
function strict<T>(value: T): T {
  if (Array.isArray(value)) return value.map(strict) as T;
  if (typeof value !== "object" || value === null) return value;
  const out = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, strict(each)]));
  const isForm = out.type === "object" && "properties" in out;
  return (isForm ? { additionalProperties: false, ...out } : out) as T;
}

/** A JSON pointer's part. */
export const part = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
