/**
 * A product as somebody asks for it, checked: what comes out is in one canonical form, so that two
 * ways to write the same product compare equal and every text that becomes part of a symbol or a
 * push needs no escape.
 */
import { PRICE_TICKS_MAX } from "../../engine/client/layouts.ts";
import { type Problem, Refused } from "../errors.ts";
import { readMinor, writeMinor } from "../written-forms.ts";
import type { Colours, ProductSpec } from "./catalog.ts";

const STYLE = /^[A-Za-z0-9._-]{1,64}$/;
const SIZE = /^[A-Za-z]{1,8}-[A-Za-z0-9./-]{1,16}(:[A-Za-z0-9._-]{1,16})?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const COLOUR = /^#[0-9a-f]{6}$/;
const SIZES_MAX = 200;
const TEXT_MAX = 200;
/** So that the highest price in minor units stays exact: 2^31 ticks of at most a million. */
const TICK_MINOR_MAX = 1_000_000;
/** The most units of one order: a guard against slips of the finger, far above any lot. */
export const QUANTITY_MAX_DEFAULT = 1_000_000;

/** Throws Refused, naming the parameter. */
export function readProductSpec(body: Readonly<Record<string, unknown>>): ProductSpec {
  const tickMinor = readPrice(body.tick ?? "1.00", "tick");
  if (tickMinor > TICK_MINOR_MAX) throw refused("tick", "tick is at most 10000.00.");
  const currency = body.currency ?? "USD";
  if (currency !== "USD") throw refused("currency", "currency is USD.");
  return {
    style: readPattern(body.style, "style", STYLE, "1 to 64 characters of A-Za-z0-9._-"),
    brand: readText(body.brand, "brand"),
    model: readText(body.model, "model"),
    colourway: readText(body.colourway ?? "", "colourway"),
    retail_price: writeMinor(readPrice(body.retail_price, "retail_price")),
    release_date: readDate(body.release_date),
    sizes: readSizes(body.sizes),
    tick: writeMinor(tickMinor),
    band: body.band === undefined || body.band === null ? null : readBand(body.band, tickMinor),
    currency,
    ...(body.colours === undefined ? {} : { colours: readColours(body.colours) }),
  };
}

/** A band whose ends are on the tick, in canonical form. Throws Refused. */
export function readBand(value: unknown, tickMinor: number): { low: string; high: string } {
  if (typeof value !== "object" || value === null) {
    throw refused("band", "band is null or an object of low and high.");
  }
  const { low, high } = value as { low?: unknown; high?: unknown };
  const lowMinor = readPrice(low, "band.low");
  const highMinor = readPrice(high, "band.high");
  if (lowMinor > highMinor) throw refused("band", "low is at most high.");
  if (lowMinor % tickMinor !== 0 || highMinor % tickMinor !== 0) {
    throw new Refused({ code: "PRICE_NOT_ON_TICK", param: "band" });
  }
  if (highMinor / tickMinor > PRICE_TICKS_MAX) {
    throw new Refused({ code: "PRICE_OUT_OF_RANGE", param: "band" });
  }
  return { low: writeMinor(lowMinor), high: writeMinor(highMinor) };
}

/** What the engine is told of a product's instruments. */
export function termsOf(spec: ProductSpec): {
  readonly tickMinor: number;
  readonly bandLowTicks: number;
  readonly bandHighTicks: number;
  readonly quantityMax: number;
  readonly referenceTicks: number;
} {
  const tickMinor = readMinor(spec.tick);
  const ticks = (price: string): number => readMinor(price) / tickMinor;
  return {
    tickMinor,
    bandLowTicks: spec.band === null ? 0 : ticks(spec.band.low),
    bandHighTicks: spec.band === null ? 0 : ticks(spec.band.high),
    quantityMax: QUANTITY_MAX_DEFAULT,
    // The retail price rounded to the nearest tick, half up; at least one.
    referenceTicks: Math.max(
      1,
      Math.floor((readMinor(spec.retail_price) * 2 + tickMinor) / (tickMinor * 2)),
    ),
  };
}

function readSizes(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > SIZES_MAX) {
    throw refused("sizes", `sizes is a list of 1 to ${SIZES_MAX} sizes.`);
  }
  const sizes = (value as unknown[]).map((size) =>
    readPattern(size, "sizes", SIZE, "a system and a size, such as US-10.5"),
  );
  if (new Set(sizes).size !== sizes.length) throw refused("sizes", "A size is named twice.");
  return sizes;
}

function readColours(value: unknown): Colours {
  const message = "colours is a list of three: upper, accent, sole, each such as #c8102e.";
  if (!Array.isArray(value) || value.length !== 3) throw refused("colours", message);
  const [upper, accent, sole] = value.map((each: unknown) => {
    if (typeof each !== "string" || !COLOUR.test(each)) throw refused("colours", message);
    return each;
  });
  return [upper!, accent!, sole!];
}

function readPrice(value: unknown, param: string): number {
  const minor = typeof value === "string" ? readMinor(value) : -1;
  if (minor < 1) throw refused(param, `${param} is a decimal text above zero, such as "241.00".`);
  return minor;
}

function readDate(value: unknown): string {
  const message = "release_date is a date, such as 2015-02-14.";
  if (typeof value !== "string" || !DATE.test(value)) throw refused("release_date", message);
  const date = new Date(`${value}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(value)) {
    throw refused("release_date", message);
  }
  return value;
}

function readText(value: unknown, param: string): string {
  if (typeof value === "string" && value.length <= TEXT_MAX) return value.trim();
  throw refused(param, `${param} is a text of at most ${TEXT_MAX} characters.`);
}

function readPattern(value: unknown, param: string, pattern: RegExp, form: string): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw refused(param, `${param} is ${form}.`);
}

function refused(param: string, message: string): Refused {
  return new Refused({ code: "VALIDATION", param, message } satisfies Problem);
}
