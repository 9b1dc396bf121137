/**
 * A product as somebody asks for it, checked: what comes out is in one canonical form, so that two
 * ways to write the same product compare equal and every text that becomes part of a symbol or a
 * push needs no escape.
 */
import { Type } from "@sinclair/typebox";
import { PRICE_TICKS_MAX } from "../../engine/client/layouts.ts";
import { type Problem, Refused } from "../errors.ts";
import { readMinor, writeMinor } from "../written-forms.ts";
import { Band, ProductBody } from "../forms/admin.ts";
import { reader, valueOf } from "../forms/read.ts";
import type { ProductSpec } from "./catalog.ts";

/** So that the highest price in minor units stays exact: 2^31 ticks of at most a million. */
const TICK_MINOR_MAX = 1_000_000;
/** The most units of one order: a guard against slips of the finger, far above any lot. */
export const QUANTITY_MAX_DEFAULT = 1_000_000;

const readBody = reader(ProductBody);
const readBandOf = reader(Type.Object({ band: Band }));

/** Throws Refused, naming the parameter. */
export function readProductSpec(body: Readonly<Record<string, unknown>>): ProductSpec {
  const given = valueOf(readBody(body));
  const { style, brand, model, colourway = "", sizes, band = null, colours } = given;
  const tickMinor = readMinor(given.tick ?? "1.00");
  if (tickMinor > TICK_MINOR_MAX) throw refused("tick", "tick is at most 10000.00.");
  if (new Set(sizes).size !== sizes.length) throw refused("sizes", "A size is named twice.");
  return {
    style,
    brand: brand.trim(),
    model: model.trim(),
    colourway: colourway.trim(),
    retail_price: writeMinor(readMinor(given.retail_price)),
    release_date: given.release_date,
    sizes,
    tick: writeMinor(tickMinor),
    band: band === null ? null : bandOf(band, tickMinor),
    currency: "USD",
    ...(colours === undefined ? {} : { colours }),
  };
}

/** A band whose ends are on the tick, in canonical form. Throws Refused. */
export function readBand(
  body: Readonly<Record<string, unknown>>,
  tickMinor: number,
): { low: string; high: string } {
  return bandOf(valueOf(readBandOf({ band: body })).band, tickMinor);
}

function bandOf(
  { low, high }: { readonly low: string; readonly high: string },
  tickMinor: number,
): { low: string; high: string } {
  const lowMinor = readMinor(low);
  const highMinor = readMinor(high);
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

function refused(param: string, message: string): Refused {
  return new Refused({ code: "VALIDATION", param, message } satisfies Problem);
}
