/** The operator's operations as they are documented. */
import { type TObject, Type } from "@sinclair/typebox";
import * as admin from "../forms/admin.ts";
import * as rest from "../forms/rest.ts";
import { Ignored } from "../forms/trouble.ts";
import type { Operation } from "./operation.ts";

const SYMBOL = { symbol: "DZ5485-612:US-10" };
const STYLE = { style: "DZ5485-612" };
const get = { method: "get", by: "operator" } as const;
const make = { method: "post", by: "operator" } as const;
const plainly = [{ says: "As it is" }] as const;

const refusedToOthers = ["ADMIN_LOOPBACK_ONLY", "ADMIN_TOKEN_INVALID", "STARTING"] as const;
const bad = [...refusedToOthers, "VALIDATION", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE"] as const;

/** Of a request with a body. */
const told = (answer: TObject): TObject =>
  Type.Object({ ...answer.properties, ignored: Type.Optional(Ignored) });

export const ADMIN: readonly Operation[] = [
  {
    ...make,
    id: "makeKey",
    path: "/v1/admin/keys",
    says: "Makes a key: of a public half (the same twice makes one), or with a secret of its own.",
    body: admin.KeyBody,
    answers: { 200: told(admin.KeyAnswer), 201: told(admin.NewKeyAnswer) },
    refusals: [...bad, "HMAC_KEYS_OFF", "CATALOG_FULL", "REGISTRY_WRITE_FAILED"],
    examples: [
      {
        says: "A reader of orders",
        body: {
          account: "alice",
          public_key: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
          scopes: ["orders:read"],
          label: "reports",
        },
      },
      {
        says: "A secret, for one network and for some time",
        body: {
          account: "alice",
          kind: "hmac",
          addresses: ["127.0.0.1", "203.0.113.0/24"],
          expires_at: "2030-01-01T00:00:00Z",
        },
      },
    ],
  },
  {
    ...make,
    id: "changeKey",
    path: "/v1/admin/keys/{key}",
    says: "Changes what a key may do, from where and until when; at once, also of open sockets.",
    body: admin.KeyChangeBody,
    answers: { 200: told(admin.KeyAnswer) },
    refusals: [...bad, "UNKNOWN_KEY", "REGISTRY_WRITE_FAILED"],
    examples: [{ says: "It may trade", path: { key: "k_9f2c" }, body: { trading: true } }],
  },
  {
    ...get,
    id: "listKeys",
    path: "/v1/admin/keys",
    says: "Every key, also those that were revoked.",
    answers: { 200: admin.KeysAnswer },
    refusals: refusedToOthers,
    examples: plainly,
  },
  {
    method: "delete",
    id: "revokeKey",
    path: "/v1/admin/keys/{key}",
    says: "Revokes a key; its sockets are closed.",
    by: "operator",
    answers: { 200: admin.KeyAnswer },
    refusals: [...refusedToOthers, "UNKNOWN_KEY"],
    examples: [{ says: "By its id", path: { key: "k_9f2c" } }],
  },
  {
    ...make,
    id: "makeProduct",
    path: "/v1/admin/products",
    says: "Lists a product, or more sizes of one. The same twice makes one.",
    body: admin.ProductBody,
    answers: { 200: told(rest.ProductAnswer), 201: told(rest.ProductAnswer) },
    refusals: [...bad, "PRODUCT_EXISTS", "CATALOG_FULL", "REGISTRY_WRITE_FAILED"],
    examples: [
      {
        says: "A model of two sizes",
        body: {
          style: "DD1391-100",
          brand: "Nike",
          model: "Dunk Low",
          colourway: "Panda",
          retail_price: "110.00",
          release_date: "2021-03-10",
          sizes: ["US-9", "US-10"],
          band: { low: "40.00", high: "900.00" },
          colours: ["#ffffff", "#111111", "#ffffff"],
        },
      },
    ],
  },
  {
    ...make,
    id: "setBand",
    path: "/v1/admin/instruments/{symbol}/band",
    says: "Prices outside of it are refused.",
    body: admin.BandBody,
    answers: { 200: told(rest.InstrumentAnswer) },
    refusals: [...bad, "UNKNOWN_SYMBOL", "PRICE_NOT_ON_TICK", "BAND_EXCLUDES_ORDERS"],
    examples: [
      { says: "A band", path: SYMBOL, body: { low: "60.00", high: "4000.00" } },
      { says: "None", path: SYMBOL, body: { band: null } },
    ],
  },
  {
    ...make,
    id: "setState",
    path: "/v1/admin/instruments/{symbol}/state",
    says: "Halts, closes or opens an instrument, or lets a release auction collect.",
    body: admin.StateBody,
    answers: { 200: told(rest.InstrumentAnswer) },
    refusals: [...bad, "UNKNOWN_SYMBOL", "BOOK_NOT_EMPTY", "UNCROSS_NEEDED"],
    examples: [{ says: "Collect", path: SYMBOL, body: { state: "pre_open" } }],
  },
  {
    ...make,
    id: "uncross",
    path: "/v1/admin/instruments/{symbol}/uncross",
    says: "Concludes its auction: one price, then continuous trading.",
    answers: { 200: admin.UncrossAnswer },
    refusals: [...refusedToOthers, "UNKNOWN_SYMBOL", "NOT_COLLECTING", "UNCROSS_PENDING"],
    examples: [{ says: "One", path: SYMBOL }],
  },
  {
    ...make,
    id: "setStates",
    path: "/v1/admin/products/{style}/state",
    says: "The same of all sizes of a product, size by size.",
    body: admin.StateBody,
    answers: { 200: told(admin.StatesAnswer) },
    refusals: [...bad, "UNKNOWN_PRODUCT", "BOOK_NOT_EMPTY", "UNCROSS_NEEDED"],
    examples: [{ says: "Collect", path: STYLE, body: { state: "pre_open" } }],
  },
  {
    ...make,
    id: "uncrossAll",
    path: "/v1/admin/products/{style}/uncross",
    says: "Concludes the auctions of a product's sizes.",
    answers: { 200: admin.UncrossAnswer },
    refusals: [...refusedToOthers, "UNKNOWN_PRODUCT", "NOT_COLLECTING", "UNCROSS_PENDING"],
    examples: [{ says: "All of them", path: STYLE }],
  },
];
