/**
 * Administration, for the operator of this machine: keys, products, instruments. Loopback only, with
 * the token of the data directory. Every answer means durable: in the registry, then in the journal.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { InstrumentState } from "../../engine/client/layouts.ts";
import { Refused } from "../errors.ts";
import { type STATE_WORDS, StateBody } from "../forms/admin.ts";
import { reader, valueOf } from "../forms/read.ts";
import type { Market } from "../market-data/market.ts";
import { invalid } from "../orders/decode.ts";
import { readMinor } from "../written-forms.ts";
import type { Catalog, Instrument, Product } from "../registry/catalog.ts";
import {
  type Identity,
  type KeyRequest,
  SCOPES,
  SCOPES_DEFAULT,
  type Scope,
} from "../registry/identity.ts";
import type { Listing } from "../registry/listing.ts";
import { readPublicKey, RegistryFull } from "../registry/local.ts";
import { readBand, readProductSpec } from "../registry/product-spec.ts";
import type { ExchangeStatus } from "../status.ts";
import { writeInstrument } from "../market-data/encode.ts";
import { writeProduct } from "./public.ts";
import { type Call, json, type Reply, type Route } from "./server.ts";

const PRODUCT_BODY_MAX = 64 * 1024;
const NAME = /^[A-Za-z0-9._@-]{1,64}$/;

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
}

type Body = Readonly<Record<string, unknown>>;

export function adminRoutes(parts: AdminParts): Route[] {
  const guarded = (
    method: Route["method"],
    path: string,
    handle: (call: Call) => Promise<Reply>,
    bodyBytesMax?: number,
  ): Route => ({
    method,
    path: `/v1/admin/${path}`,
    ...(bodyBytesMax === undefined ? {} : { bodyBytesMax }),
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
  return [
    guarded("POST", "keys", (call) => createKey(parts, call)),
    guarded("GET", "keys", async () => json(200, JSON.stringify({ keys: parts.identity.keys() }))),
    guarded("DELETE", "keys/*", async ({ parts: [key] }) => {
      const row = await parts.identity.revokeKey(key!);
      if (row === undefined) throw new Refused({ code: "UNKNOWN_KEY", param: "key" });
      return json(200, JSON.stringify(row));
    }),
    guarded("POST", "products", (call) => createProduct(parts, call), PRODUCT_BODY_MAX),
    guarded("POST", "instruments/*/state", (call) => setState(parts, call)),
    guarded("POST", "instruments/*/band", (call) => setBand(parts, call)),
    guarded("POST", "products/*/state", (call) => setStates(parts, call)),
    guarded("POST", "instruments/*/uncross", (call) => uncross(parts, call, true)),
    guarded("POST", "products/*/uncross", (call) => uncross(parts, call, false)),
  ];
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

async function createKey({ identity, listing }: AdminParts, call: Call): Promise<Reply> {
  const body = readBody(call);
  const request = readKeyRequest(body);
  const account = await identity.openAccount(request.account);
  await listing.tellAccount(account);
  const same = identity.keys().find((row) => row.revoked_at === null && isSame(row, request));
  const row = same ?? (await identity.addKey(request));
  return json(same === undefined ? 201 : 200, JSON.stringify(row));
}

/** Asking twice with one public key makes one key. */
function isSame(row: ReturnType<Identity["keys"]>[number], request: KeyRequest): boolean {
  return (
    row.public_key === request.publicKey &&
    row.account === request.account &&
    row.label === request.label &&
    row.scopes.join() === request.scopes.join()
  );
}

function readKeyRequest(body: Body): KeyRequest {
  const { account, scopes = SCOPES_DEFAULT, label = "", public_key: publicKey } = body;
  if (typeof account !== "string" || !NAME.test(account)) {
    throw new Refused(invalid("account", "account is 1 to 64 characters of A-Za-z0-9._@-"));
  }
  if (!Array.isArray(scopes) || !(scopes as unknown[]).every(isScope)) {
    throw new Refused(invalid("scopes", `scopes is a list of ${SCOPES.join(", ")}.`));
  }
  if (typeof label !== "string" || label.length > 100) {
    throw new Refused(invalid("label", "label is a text of at most 100 characters."));
  }
  if (typeof publicKey !== "string" || readPublicKey(publicKey) === undefined) {
    throw new Refused(invalid("public_key", "public_key is base64url of 32 raw Ed25519 bytes."));
  }
  return { account, scopes: scopes as Scope[], label, publicKey };
}

const isScope = (value: unknown): boolean => (SCOPES as readonly unknown[]).includes(value);

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

function readBody({ body }: Call): Body {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Refused(invalid("body", "The body is a JSON object."));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Body;
  throw new Refused(invalid("body", "The body is a JSON object."));
}
