/**
 * How the schema's names and the JSON names of one thing go together: a field's unit ends its name
 * there and not here, an enumeration's value is the word in capitals.
 */
import type { DescEnum, DescField } from "@bufbuild/protobuf";
import { readMinor, readTime, writeMinor, writeTime } from "../written-forms.ts";

export type Unit = "minor" | "us" | "none";

export function unitOf(field: DescField): Unit {
  if (field.name.endsWith("_minor")) return "minor";
  return field.name.endsWith("_us") ? "us" : "none";
}

export function jsonNameOf(field: DescField): string {
  return field.name.replace(/_(minor|us)$/, "");
}

/** Words that are no lower-case copies of their value's name. */
const IRREGULAR: Readonly<Record<string, string>> = {
  CHANNEL_BOOK_100MS: "book@100ms",
  METHOD_SESSION_LOGON: "session.logon",
};

/** Of every value but the zero one, which no border takes. */
export function wordsOf(desc: DescEnum): ReadonlyMap<number, string> {
  const prefix = `${snakeOf(desc.name)}_`;
  return new Map(
    desc.values
      .filter(({ number }) => number !== 0)
      .map(({ name, number }) => [
        number,
        IRREGULAR[name] ?? name.slice(prefix.length).toLowerCase(),
      ]),
  );
}

function snakeOf(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
}

/** A decimal text, which may be below zero, in minor units. */
export function minorOf(text: string): number {
  return text.startsWith("-") ? -readMinor(text.slice(1)) : readMinor(text);
}

/** A text that reads as no price when the number is none. */
export function textOfMinor(minor: number): string {
  return minor >= 0 && Number.isSafeInteger(minor) ? writeMinor(minor) : String(minor);
}

export const usOf = readTime;

/** A text that reads as no time when the number is none. */
export function textOfUs(us: number): string {
  return us > 0 && Number.isSafeInteger(us) ? writeTime(us) : String(us);
}
