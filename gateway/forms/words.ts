/**
 * The fields that come up everywhere, each once: its form, its meaning, and the sentence with which
 * another form of it is refused.
 */
import {
  FormatRegistry,
  type SchemaOptions,
  type TLiteral,
  type TSchema,
  type TUnion,
  Type,
} from "@sinclair/typebox";
import { QUANTITY_MAX } from "../../engine/client/layouts.ts";
import { TAG_MAX } from "../orders/decode.ts";
import { readTime } from "../written-forms.ts";
import { SAYS } from "./read.ts";

// What these words mean in a schema here: exactly what the rest of the gateway can read.
FormatRegistry.Set("date-time", (text) => !Number.isNaN(readTime(text)));
FormatRegistry.Set("date", isDate);

type Options = SchemaOptions & { readonly minLength?: number; readonly maxLength?: number };

export const text = (description: string, more: Options = {}) =>
  Type.String({ description, [SAYS]: "{} is a text.", ...more });

export const flag = (description: string, more: Options = {}) =>
  Type.Boolean({ description, [SAYS]: "{} is true or false.", ...more });

export const whole = (description: string, more: Options & WholeOptions = {}) =>
  Type.Integer({ description, [SAYS]: "{} is a whole number.", ...more });

interface WholeOptions {
  readonly minimum?: number;
  readonly maximum?: number;
}

/** From 1 to `most`, said so. */
export const upTo = (most: number, description: string, more: Options = {}) =>
  whole(description, {
    minimum: 1,
    maximum: most,
    [SAYS]: `{} is a whole number from 1 to ${most}.`,
    ...more,
  });

export const oneOf = <const T extends string>(
  words: readonly T[],
  description: string,
  more: Options = {},
): TUnion<TLiteral<T>[]> =>
  Type.Union(
    words.map((each) => Type.Literal(each)),
    { description, [SAYS]: `{} is one of ${words.join(", ")}.`, ...more },
  ) as TUnion<TLiteral<T>[]>;

export const orNull = <T extends TSchema>(schema: T, more: Options = {}) =>
  Type.Union([schema, Type.Null()], more);

export const listOf = <T extends TSchema>(items: T, description: string, more: Options = {}) =>
  Type.Array(items, { description, ...more });

/** A decimal text, as `readMinor` reads it. */
const DECIMAL = /^\d{1,11}(\.\d+)?$/.source;
export const price = (description: string, more: Options = {}) =>
  Type.String({
    description,
    pattern: DECIMAL,
    [SAYS]: '{} is a decimal text, such as "241.00".',
    examples: ["241.00"],
    ...more,
  });

/** One that may be below zero. */
export const signedPrice = (description: string) =>
  Type.String({ description, pattern: /^-?\d{1,13}\.\d\d$/.source, examples: ["-4.00"] });

export const time = (description: string, more: Options = {}) =>
  Type.String({
    description,
    format: "date-time",
    [SAYS]: "{} is an RFC 3339 time, such as 2026-11-21T02:10:00.123456Z.",
    examples: ["2026-11-21T02:10:00.123456Z"],
    ...more,
  });

export const symbol = (description = "The instrument: style code and size.", more: Options = {}) =>
  text(description, { examples: ["DZ5485-612:US-10"], ...more });

export const side = (description = "Whether it buys or sells.") =>
  oneOf(["buy", "sell"], description);

const UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}";
export const clientOrderId = (
  description = "Your own name of the order: a UUID, or 1 to 15 characters of `A-Za-z0-9._:-`. The " +
    "same order sent again under it, until its deadline, is answered and not executed again.",
  more: Options = {},
) =>
  Type.String({
    description,
    pattern: `^([A-Za-z0-9._:-]{1,15}|${UUID})$`,
    [SAYS]: "{} is a UUID, or 1 to 15 characters of A-Za-z0-9._:-",
    ...more,
  });

export const orderId = (description = "The order as we name it: shard and number.") =>
  Type.String({
    description,
    pattern: /^\d{1,3}-[1-9]\d{0,15}$/.source,
    [SAYS]: '{} is the text we gave, such as "0-17".',
    examples: ["0-17"],
  });

export const quantity = (description: string) =>
  whole(description, { minimum: 1, maximum: QUANTITY_MAX });

/** Of an order that may be done. */
export const units = (description: string) => whole(description, { minimum: 0 });

export const sequence = (description: string) =>
  whole(description, { minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const tag = (description: string) =>
  whole(description, {
    minimum: 0,
    maximum: TAG_MAX,
    [SAYS]: `{} is a whole number from 1 to ${TAG_MAX}, or 0: all.`,
  });

function isDate(text: string): boolean {
  const found = /^\d{4}-\d\d-\d\d$/.test(text);
  const date = new Date(`${text}T00:00:00Z`);
  return found && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
