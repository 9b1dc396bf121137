/** The documents by themselves: valid, whole, and their own examples as they say they are. */
import { describe, expect, test } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { createRequire } from "node:module";
import { CODES } from "../errors.ts";
import { Channel } from "../market-data/topics.ts";
import { type AdminParts, adminRoutes } from "../rest/admin.ts";
import { type MarketParts, marketRoutes } from "../rest/market.ts";
import { type OrderParts, orderRoutes } from "../rest/orders.ts";
import { type PublicParts, publicRoutes } from "../rest/public.ts";
import { type SessionParts, sessionRoutes } from "../rest/session.ts";
import { METHOD_NAMES } from "../session/dispatch.ts";
import { asyncApi, nameOf } from "./asyncapi.ts";
import { METHODS } from "./methods.ts";
import { openApi } from "./openapi.ts";
import { OPERATIONS } from "./operations.ts";
import type { Plain } from "./plain.ts";
import { checkerOf, part } from "./testing/checker.ts";

const rest = openApi("test");
const socket = asyncApi("test");
const messages = (socket.components as { messages: Record<string, Plain> }).messages;

/** Routes are only listed here, so their parts are never touched. */
const routes = [
  ...publicRoutes({} as PublicParts),
  ...orderRoutes({} as OrderParts),
  ...marketRoutes({} as MarketParts),
  ...sessionRoutes({} as SessionParts),
  ...adminRoutes({} as AdminParts),
];

describe("valid", () => {
  test("OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(rest));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  test("AsyncAPI 3.0", () => {
    const load = createRequire(import.meta.url);
    const schema = load("@asyncapi/specs/schemas/3.0.0.json") as object;
    // It brings its own copy of draft 7.
    const ajv = new Ajv({ strict: false, meta: false, validateSchema: false });
    (addFormats as unknown as (to: Ajv) => void)(ajv);
    const check = ajv.compile(schema);
    check(socket);
    expect(check.errors).toBeNull();
  });
});

describe("whole", () => {
  test("every method, in the order of its story", () => {
    expect(METHODS.map(({ name }) => name).toSorted()).toEqual([...METHOD_NAMES].toSorted());
  });

  test("every route, and none that is not", () => {
    const documented = OPERATIONS.map(({ method, path }) => {
      return `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "*")}`;
    });
    const served = routes.map(({ method, path }) => `${method} ${path}`);
    expect(documented.toSorted()).toEqual(served.toSorted());
  });

  test.each(Object.values(Channel))("the pushes of %s", (channel) => {
    expect(messages).toHaveProperty([nameOf(`${channel}.push`)]);
    expect(socket.operations).toHaveProperty([nameOf(`push.${channel}`)]);
  });

  test.each([
    ["REST", rest],
    ["the socket", socket],
  ])("every code, for %s", (_of, document) => {
    expect(Object.keys(document["x-error-codes"] as object)).toEqual(Object.keys(CODES));
  });

  test("no word of how we refuse is left in them", () => {
    expect(JSON.stringify([rest, socket])).not.toMatch(/x-says|x-code"/);
  });
});

describe("examples", () => {
  const checker = checkerOf(socket);
  const shown = Object.entries(messages).flatMap(([name, message]) =>
    (message.examples as { name: string; payload: object }[]).map((each) => [name, each] as const),
  );
  test.each(shown)("%s: %j", (name, { payload }) => {
    expect(checker.faults(`/components/messages/${part(name)}/payload`, payload)).toEqual([]);
  });

  const ofRest = checkerOf(rest);
  const sent = OPERATIONS.flatMap((each) =>
    each.examples.map((example) => [each, example] as const),
  );
  const bodies = sent.filter(([, { body }]) => body !== undefined);
  test.each(bodies)("the body of $id: %#", ({ method, path }, { body }) => {
    const at = `/paths/${part(path)}/${method}/requestBody/content/application~1json/schema`;
    expect(ofRest.faults(at, body)).toEqual([]);
  });

  test.each(sent)("path and query of $id: %#", ({ path, query }, example) => {
    const open = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys(example.path ?? {})).toEqual(open);
    const known = Object.keys(query?.properties ?? {});
    expect(known).toEqual(expect.arrayContaining(Object.keys(example.query ?? {})));
  });
});
