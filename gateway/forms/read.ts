/**
 * From what somebody sent to what may be used, by one schema: the same that the documents show. Wrong
 * input is answered with the first thing that is wrong, in the order of the schema, as a Problem with
 * its own sentence. Fields the schema does not name are ignored, and left out of what comes back.
 *
 * Not for the hot path: orders have a reader of their own, and a test that both agree.
 */
import { type Static, type TObject, type TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { Value } from "@sinclair/typebox/value";
import { type Code, type Problem, Refused } from "../errors.ts";

/** How a refusal is told; `{}` stands for the parameter's name. Not shown in the documents. */
export const SAYS = "x-says";
/** The refusal's code, where it is not VALIDATION: with the code's own sentence. */
export const CODE = "x-code";

interface Told {
  readonly [SAYS]?: string;
  readonly [CODE]?: Code;
}

type Given = Readonly<Record<string, unknown>>;

/** Whether an answer of a reader is a refusal. */
export type Read<T extends TObject> = { readonly value: Static<T> } | { readonly problem: Problem };

export function reader<T extends TObject>(schema: T): (given: Given) => Read<T> {
  const check = TypeCompiler.Compile(schema);
  const names = Object.keys(schema.properties);
  return (given) => {
    const known: Record<string, unknown> = {};
    for (const name of names) {
      // Own ones only: nobody inherits a parameter.
      if (Object.hasOwn(given, name) && given[name] !== undefined) known[name] = given[name];
    }
    if (check.Check(known)) return { value: known };
    return { problem: problemIn(schema, known, "")! };
  };
}

/** What was read, where refusals are thrown. */
export function valueOf<T extends TObject>(read: Read<T>): Static<T> {
  if ("problem" in read) throw new Refused(read.problem);
  return read.value;
}

/** The same for a query: numbers and flags come as text. */
export function queryReader<T extends TObject>(schema: T): (query: URLSearchParams) => Read<T> {
  const read = reader(schema);
  const fields = Object.entries(schema.properties);
  return (query) => {
    const given: Record<string, unknown> = {};
    for (const [name, field] of fields) {
      const text = query.get(name);
      if (text !== null) given[name] = isInteger(field) ? Number(text) : text;
    }
    return read(given);
  };
}

function isInteger(field: TSchema): boolean {
  return (field as { type?: unknown }).type === "integer";
}

interface Shape {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  /** Of a tuple, one each. */
  readonly items?: TSchema | readonly TSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly anyOf?: readonly TSchema[];
}

/** The first thing that is wrong with `value`; undefined when nothing is. */
function problemIn(schema: TSchema, value: unknown, param: string): Problem | undefined {
  if (Value.Check(schema, value)) return undefined;
  const shape = schema as Shape;
  if (shape.properties !== undefined && isObject(value)) {
    const inside = firstInside(shape.properties, shape.required ?? [], value, param);
    if (inside !== undefined) return inside;
  }
  const { items, minItems = 0, maxItems = Infinity } = shape;
  const list: unknown = value;
  if (items !== undefined && !isTuple(items) && Array.isArray(list)) {
    const isOfLength = list.length >= minItems && list.length <= maxItems;
    const wrong: unknown = isOfLength ? list.find((each) => !Value.Check(items, each)) : undefined;
    if (wrong !== undefined && SAYS in items) return problemIn(items, wrong, param);
  }
  const object = shape.anyOf?.find((each) => (each as Shape).properties !== undefined);
  if (object !== undefined && isObject(value)) return problemIn(object, value, param);
  return toldOf(schema, param);
}

function firstInside(
  properties: Readonly<Record<string, TSchema>>,
  required: readonly string[],
  value: Given,
  param: string,
): Problem | undefined {
  for (const [name, field] of Object.entries(properties)) {
    const path = param === "" ? name : `${param}.${name}`;
    const given = value[name];
    if (given === undefined && !required.includes(name)) continue;
    const problem = given === undefined ? toldOf(field, path) : problemIn(field, given, path);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function toldOf(schema: TSchema, param: string): Problem {
  const { [SAYS]: says, [CODE]: code = "VALIDATION" } = schema as Told;
  const message = says?.replaceAll("{}", param);
  return { code, param, ...(message === undefined ? {} : { message }) };
}

function isTuple(items: TSchema | readonly TSchema[]): items is readonly TSchema[] {
  return Array.isArray(items);
}

function isObject(value: unknown): value is Given {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
