/** REST as an OpenAPI 3.1 document, made from the schemas the gateway reads by. */
import type { TObject, TSchema } from "@sinclair/typebox";
import { CODES, type Code } from "../errors.ts";
import { ProblemJson } from "../forms/trouble.ts";
import { errorCodes } from "./asyncapi.ts";
import type { Operation, Sent } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { type Plain, plain } from "./plain.ts";

const DIALECT = "2020-12";
const JSON_TYPE = "application/json";

export function openApi(version: string): Plain {
  const paths: Record<string, Record<string, Plain>> = {};
  for (const operation of OPERATIONS) {
    (paths[operation.path] ??= {})[operation.method] = written(operation);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Solebook over REST", version, description: ABOUT, license: LICENSE },
    servers: [{ url: "/" }],
    security: [],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: { Problem: plain(ProblemJson, DIALECT) },
      headers: HEADERS,
      securitySchemes: SECURITY,
    },
    "x-error-codes": errorCodes(),
  };
}

const LICENSE = { name: "Apache-2.0", identifier: "Apache-2.0" };
const ABOUT =
  "What a person asks for now and then; market data and orders of machines go over the WebSocket, see " +
  "/asyncapi.json. Unknown fields are ignored, and named in the answer; ignore those you do not " +
  "know, too.";
const TAGS: Record<Operation["by"], string> = {
  anyone: "Needs no key.",
  key: "Signed by a key.",
  operator: "From this machine only, with the text of the data directory's `admin.token`.",
  browser: "From this machine's own page only.",
};

const HEADERS: Plain = {
  RateLimit: {
    description:
      "What is left: `r` requests (`address`) or orders (`orders`), all of them again in `t` seconds.",
    schema: { type: "string", examples: ['"address";r=999;t=1'] },
  },
  "RateLimit-Policy": {
    description: "The limit: `q` requests at once, all of them again after `w` seconds.",
    schema: { type: "string", examples: ['"address";q=1000;w=5'] },
  },
  "Retry-After": {
    description: "With `retry_after_ms`: the same in seconds.",
    schema: { type: "integer", minimum: 1 },
  },
  Allow: {
    description: "With 405: the methods of the path.",
    schema: { type: "string", examples: ["GET, HEAD"] },
  },
};

const inHeader = (name: string, description: string): Plain => ({
  type: "apiKey",
  in: "header",
  name,
  description,
});
const SECURITY: Plain = {
  key: inHeader("Solebook-Key", "The key's id."),
  timestamp: inHeader("Solebook-Timestamp", "The present time, RFC 3339, within 5 s."),
  signature: inHeader(
    "Solebook-Signature",
    "base64url, by Ed25519 or HMAC-SHA256, over `${timestamp}\\n${method}\\n${path and query}\\n${body}`; " +
      "counts once.",
  ),
  operator: { type: "http", scheme: "bearer", description: TAGS.operator },
};
const WINDOW: Plain = {
  name: "Solebook-Window",
  in: "header",
  required: false,
  description:
    "How old the request may be. It is signed, too: the text begins `${timestamp};${window}`.",
  schema: { type: "integer", minimum: 1, maximum: 60_000, default: 5_000 },
};
const ONCE: Plain = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "The same request under it gets the first answer again, for a day and from every gateway; another " +
    "one is refused. What was refused did nothing, and leaves it free.",
  schema: { type: "string", pattern: "^[!-~]{1,255}$" },
};
/** Operations that may be asked for under a key. */
const isOnce = ({ by, method }: Operation): boolean => by === "operator" && method === "post";
const SECURITY_OF: Record<Operation["by"], Plain[]> = {
  anyone: [],
  key: [{ key: [], timestamp: [], signature: [] }],
  operator: [{ operator: [] }],
  browser: [],
};

/** Requests that are counted: those below `/v1`, administration apart. */
export const isCounted = (path: string): boolean =>
  path.startsWith("/v1/") && !path.startsWith("/v1/admin/");

const headerRef = (name: string): Plain => ({ $ref: `#/components/headers/${name}` });
const LEFT = {
  RateLimit: headerRef("RateLimit"),
  "RateLimit-Policy": headerRef("RateLimit-Policy"),
};

function written(operation: Operation): Plain {
  const { id, says, by, path, body, examples } = operation;
  const parameters = [
    ...inPath(path, examples),
    ...inQuery(operation.query, examples),
    ...(by === "key" ? [WINDOW] : []),
    ...(isOnce(operation) ? [ONCE] : []),
  ];
  return {
    operationId: id,
    summary: says,
    tags: [by],
    security: SECURITY_OF[by],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBody(body, examples) }),
    responses: responses(operation),
  };
}

function inPath(path: string, examples: readonly Sent[]): Plain[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
    examples: examplesOf(examples, (each) => each.path?.[name!]),
  }));
}

function inQuery(query: TObject | undefined, examples: readonly Sent[]): Plain[] {
  if (query === undefined) return [];
  const { properties, required = [] } = query;
  return Object.entries(properties).map(([name, field]) => {
    const { description, ...schema } = plain(field, DIALECT);
    const shown = examplesOf(examples, (each) => each.query?.[name]);
    return {
      name,
      in: "query",
      required: required.includes(name),
      description,
      schema,
      ...(Object.keys(shown).length === 0 ? {} : { examples: shown }),
    };
  });
}

function examplesOf(examples: readonly Sent[], read: (each: Sent) => unknown): Plain {
  const shown = examples.map((each) => [each.says, read(each)] as const);
  return Object.fromEntries(
    shown.filter(([, value]) => value !== undefined).map(([says, value]) => [says, { value }]),
  );
}

function requestBody(body: TSchema, examples: readonly Sent[]): Plain {
  const shown = examplesOf(examples, (each) => each.body);
  const content = { [JSON_TYPE]: { schema: plain(body, DIALECT), examples: shown } };
  return { required: true, content };
}

function responses(operation: Operation): Plain {
  const { answers, path } = operation;
  const onceOnly: readonly Code[] = isOnce(operation)
    ? ["IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_KEY_PENDING"]
    : [];
  const refusals = [...operation.refusals, ...onceOnly];
  const headers = isCounted(path) ? LEFT : {};
  const written = Object.entries(answers).map(([status, answer]) => {
    const isText = typeof answer === "string";
    const schema = isText ? { type: "string" } : plain(answer, DIALECT);
    const content = { [isText ? answer : JSON_TYPE]: { schema } };
    return [status, { description: SAYS[status] ?? "As asked.", headers, content }] as const;
  });
  const codes = refusals.map((code) => `\`${code}\` (${CODES[code].status})`);
  const counted = isCounted(path) ? ["`RATE_LIMITED` (429)"] : [];
  return {
    ...Object.fromEntries(written),
    default: {
      description: `Refused: ${[...codes, ...counted, "`INTERNAL` (500)"].join(", ")}.`,
      headers: { ...headers, "Retry-After": headerRef("Retry-After"), Allow: headerRef("Allow") },
      content: {
        "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
      },
    },
  };
}

const SAYS: Record<string, string> = {
  200: "As asked.",
  201: "Made.",
  503: "Not now.",
};
