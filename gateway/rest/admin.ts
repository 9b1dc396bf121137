/**
 * Administration, for the operator of this machine: keys, products, instruments. Loopback only, with
 * the token of the data directory. Every answer means durable: in the registry, then in the journal.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { TSchema } from "@sinclair/typebox";
import { InstrumentState } from "../../engine/client/layouts.ts";
import { Refused } from "../errors.ts";
import {
  BandBody,
  KeyBody,
  KeyChangeBody,
  ProductBody,
  type STATE_WORDS,
  StateBody,
} from "../forms/admin.ts";
import { ignoredBy, writeIgnored } from "../forms/ignored.ts";
import { reader, valueOf } from "../forms/read.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Market } from "../market-data/market.ts";
import { readMinor } from "../written-forms.ts";
import type { Catalog, Instrument, Product } from "../registry/catalog.ts";
import type { Identity } from "../registry/identity.ts";
import type { Listing } from "../registry/listing.ts";
import { RegistryFull } from "../registry/local.ts";
import { readBand, readProductSpec } from "../registry/product-spec.ts";
import type { ExchangeStatus } from "../status.ts";
import { writeInstrument } from "../market-data/encode.ts";
import { changeKey, createKey, revokeKey } from "./keys.ts";
import { Once } from "./once.ts";
import { writeProduct } from "./public.ts";
import { readBody } from "./body.ts";
import { type Call, json, type Reply, type Route } from "./server.ts";

const PRODUCT_BODY_MAX = 64 * 1024;

const readStateBody = reader(StateBody);
const STATES: Readonly<Record<(typeof STATE_WORDS)[number], InstrumentState>> = {
  continuous: InstrumentState.CONTINUOUS,
  halted: InstrumentState.HALTED,
  closed: InstrumentState.CLOSED,
  pre_open: InstrumentState.PRE_OPEN,
};

export interface AdminParts {
  readonly identity: Identity;
  readonly catalog: Catalog;
  readonly listing: Listing;
  readonly market: Market;
  readonly status: ExchangeStatus;
  readonly token: string;
  readonly fleet: Fleet | undefined;
}

export function adminRoutes(parts: AdminParts): Route[] {
  const once = new Once({ answers: parts.fleet?.answers });
  const guarded = (
    method: Route["method"],
    path: string,
    handle: (call: Call) => Promise<Reply>,
  ): Route => ({
    method,
    path: `/v1/admin/${path}`,
    handle: async (call) => {
      guard(parts, call);
      try {
        return await handle(call);
      } catch (error) {
        if (error instanceof RegistryFull) throw new Refused({ code: "CATALOG_FULL" });
        throw error;
      }
    },
  });
  const post = (
    path: string,
    form: TSchema | undefined,
    handle: (call: Call) => Promise<Reply>,
  ): Route =>
    guarded("POST", path, (call) =>
      once.do(call, async () => withIgnored(await handle(call), form, call)),
    );
  return [
    post("keys", KeyBody, (call) => createKey(parts, call)),
    guarded("GET", "keys", async () => json(200, JSON.stringify({ keys: parts.identity.keys() }))),
    post("keys/*", KeyChangeBody, (call) => changeKey(parts, call)),
    guarded("DELETE", "keys/*", (call) => revokeKey(parts, call)),
    {
      ...post("products", ProductBody, (call) => createProduct(parts, call)),
      bodyBytesMax: PRODUCT_BODY_MAX,
    },
    post("instruments/*/state", StateBody, (call) => setState(parts, call)),
    post("instruments/*/band", BandBody, (call) => setBand(parts, call)),
    post("products/*/state", StateBody, (call) => setStates(parts, call)),
    post("instruments/*/uncross", undefined, (call) => uncross(parts, call, true)),
    post("products/*/uncross", undefined, (call) => uncross(parts, call, false)),
  ];
}

/** A misspelt `addresses` makes a key that may be used from anywhere: who asked is told what was not known. */
function withIgnored(reply: Reply, form: TSchema | undefined, call: Call): Reply {
  if (form === undefined) return reply; // takes no body
  const ignored = writeIgnored(ignoredBy(form, readBody(call)));
  return ignored === ""
    ? reply
    : { ...reply, body: `${String(reply.body).slice(0, -1)}${ignored}}` };
}

function guard({ token, status }: AdminParts, call: Call): void {
  if (!call.loopback) throw new Refused({ code: "ADMIN_LOOPBACK_ONLY" });
  const given = /^Bearer (.+)$/.exec(call.header("authorization"))?.[1] ?? "";
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  if (!timingSafeEqual(digest(given), digest(token))) {
    throw new Refused({ code: "ADMIN_TOKEN_INVALID" });
  }
  if (status.state === "starting") throw new Refused({ code: "STARTING" });
}

async function createProduct(parts: AdminParts, call: Call): Promise<Reply> {
  const spec = readProductSpec(readBody(call));
  const added = await parts.catalog.addProduct(spec);
  if (added.outcome === "conflict") {
    const message = `A product ${spec.style} exists with another ${added.param}.`;
    throw new Refused({ code: "PRODUCT_EXISTS", param: added.param, message });
  }
  await parts.listing.tellInstruments(added.instruments);
  const status = added.outcome === "created" ? 201 : 200;
  return json(status, writeProduct(parts.catalog.product(spec.style)!));
}

function readState(call: Call): InstrumentState {
  return STATES[valueOf(readStateBody(readBody(call))).state];
}

async function setState(parts: AdminParts, call: Call): Promise<Reply> {
  const instrument = instrumentOf(parts, call);
  await parts.listing.setState(instrument, readState(call));
  return asItIs(parts, instrument);
}

/** Size by size: what one refuses is the answer, and those before it are as was asked. */
async function setStates(parts: AdminParts, call: Call): Promise<Reply> {
  const { spec } = productOf(parts, call);
  const state = readState(call);
  const symbols = spec.sizes.map((size) => `${spec.style}:${size}`);
  for (const symbol of symbols) {
    await parts.listing.setState(parts.catalog.instrument(symbol)!, state);
  }
  return json(200, JSON.stringify({ symbols }));
}

async function uncross(parts: AdminParts, call: Call, isOne: boolean): Promise<Reply> {
  const instrument = isOne ? instrumentOf(parts, call) : undefined;
  const product = instrument?.product ?? productOf(parts, call);
  const instruments = await parts.listing.uncross(product, instrument);
  return json(200, JSON.stringify({ instruments }));
}

async function setBand(parts: AdminParts, call: Call): Promise<Reply> {
  const instrument = instrumentOf(parts, call);
  const body = readBody(call);
  const tickMinor = readMinor(instrument.product.spec.tick);
  if (body.band === null) {
    await parts.listing.setBand(instrument, 0, 0);
  } else {
    const { low, high } = readBand(body, tickMinor);
    await parts.listing.setBand(
      instrument,
      readMinor(low) / tickMinor,
      readMinor(high) / tickMinor,
    );
  }
  return asItIs(parts, instrument);
}

function asItIs({ market }: AdminParts, { instrument_id: id }: Instrument): Reply {
  return json(200, writeInstrument(market.feedById(id)!.view));
}

function instrumentOf({ catalog }: AdminParts, { parts: [symbol] }: Call): Instrument {
  const instrument = catalog.instrument(symbol!);
  if (instrument === undefined) throw new Refused({ code: "UNKNOWN_SYMBOL", param: "symbol" });
  return instrument;
}

function productOf({ catalog }: AdminParts, { parts: [style] }: Call): Product {
  const product = catalog.product(style!);
  if (product === undefined) throw new Refused({ code: "UNKNOWN_PRODUCT", param: "style" });
  return product;
}
