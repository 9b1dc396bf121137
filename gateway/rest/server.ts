/**
 * HTTP as the routes see it: a request copied out of uWebSockets while it is valid, a reply written
 * only while somebody still waits for it, and every error as problem+json. Knows no route by itself.
 */
import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import type { Logger } from "pino";
import { addressText, clientAddress, type Networks, rateName } from "../addresses.ts";
import type { RequestRate, Standing } from "../session/limits.ts";
import { CODES, errorMembers, type Problem, Refused, retryAfterOf } from "../errors.ts";

export interface Call {
  readonly method: string;
  readonly path: string;
  /** Parts of the path that the pattern leaves open. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** The request target as it was sent: what a signature covers. */
  readonly target: string;
  readonly header: (name: string) => string;
  /** From this machine itself. */
  readonly loopback: boolean;
  /** Whose request it is, as far as can be known; empty: a proxy's words were no address. */
  readonly address: string;
  readonly body: string;
  /** The body as it came: what a signature covers. */
  readonly bytes: Uint8Array;
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: readonly (readonly [string, string])[];
}

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path with `*` for an open part: `/v1/instruments/*`. */
  readonly path: string;
  readonly bodyBytesMax?: number;
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

/** Each says that somebody stands between us and who asks. */
export const PROXY_HEADERS = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
] as const;

const NO_BODY = { body: "", bytes: new Uint8Array() } as const;
const BODY_BYTES_MAX = 16 * 1024;
const HEADERS = [
  "authorization",
  "solebook-key",
  "solebook-timestamp",
  "solebook-signature",
  "solebook-window",
  "host",
  "origin",
  "cookie",
  "accept-encoding",
  "if-none-match",
  "content-type",
  "content-encoding",
  "idempotency-key",
  ...PROXY_HEADERS,
] as const;
/** Unless a reply has its own. */
const HEADERS_OUT: readonly (readonly [string, string])[] = [
  ["Cache-Control", "no-store"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"],
  ["X-Content-Type-Options", "nosniff"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
];
const STATUS_TEXTS: Record<number, string> = {
  200: "OK",
  201: "Created",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

export interface ServerParts {
  readonly routes: readonly Route[];
  /** What somebody sees who came to a path that leads nowhere; undefined: the problem does. */
  readonly nowhere: (call: Pick<Call, "path" | "header">) => Reply | undefined;
  readonly rate: RequestRate;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly proxies: Networks;
  readonly logger: Logger;
  readonly nextRequestId: () => string;
  /** Counts an answer. */
  readonly replied: (status: number) => void;
}

export function json(status: number, body: string): Reply {
  return { status, type: "application/json", body };
}

export function attachRest(app: TemplatedApp, parts: ServerParts): void {
  const table = parts.routes.map((route) => ({ route, segments: route.path.split("/") }));
  app.any("/*", (response, request) => {
    const method = request.getCaseSensitiveMethod().toUpperCase();
    const exchange = new Exchange(parts, response, method === "HEAD");
    // What is thrown into uWebSockets ends the process.
    try {
      exchange.cameBy(request);
      find(exchange, request, method);
    } catch (error) {
      exchange.fail(error, request.getUrl());
    }
  });

  function find(exchange: Exchange, request: HttpRequest, method: string): void {
    const path = request.getUrl();
    const segments = path.split("/");
    const atPath = table.filter((each) => fits(each.segments, segments));
    const asked = method === "HEAD" ? "GET" : method;
    const found = atPath.find(({ route }) => route.method === asked);
    const isCounted = path.startsWith("/v1/") && !path.startsWith("/v1/admin/");
    if (isCounted && !exchange.isWithinRate()) return;
    if (found !== undefined) {
      return exchange.run(found.route, request, openParts(found.segments, segments));
    }
    const isNowhere = atPath.length === 0 && asked === "GET";
    const header = (name: string): string => request.getHeader(name);
    const shown = isNowhere ? parts.nowhere({ path, header }) : undefined;
    if (shown !== undefined) exchange.reply(shown);
    else exchange.refuseRoute(atPath.map(({ route }) => route.method));
  }
}

/** One request and its one reply. */
class Exchange {
  readonly #parts: ServerParts;
  readonly #response: HttpResponse;
  readonly #headOnly: boolean;
  #from: Whence | undefined;
  #headers: readonly (readonly [string, string])[] = [];
  #gone = false;

  constructor(parts: ServerParts, response: HttpResponse, headOnly: boolean) {
    // Without this, an aborted request would end the process; with it, the response is let go of.
    response.onAborted(() => (this.#gone = true));
    this.#parts = parts;
    this.#response = response;
    this.#headOnly = headOnly;
  }

  /** Before anything else: from where it came. */
  cameBy(request: HttpRequest): void {
    this.#from = whence(this.#response, request, this.#parts.proxies);
  }

  /** Counts the request; one too many is answered here. */
  isWithinRate(): boolean {
    const standing = this.#parts.rate.take(rateName(this.#from!.address));
    if (standing === undefined) return true;
    this.#headers = rateHeaders("address", standing);
    if (standing.waitMs === 0) return true;
    this.#write(this.#problem({ code: "RATE_LIMITED", retryAfterMs: standing.waitMs }), true);
    return false;
  }

  reply(reply: Reply): void {
    this.#write(reply);
  }

  /** By our mistake. */
  fail(error: unknown, path: string): void {
    this.#write(this.#replyTo(error, { path }));
  }

  refuseRoute(allowed: readonly string[]): void {
    if (allowed.length === 0) return this.#write(this.#problem({ code: "NOT_FOUND" }));
    const reply = this.#problem({ code: "METHOD_NOT_ALLOWED" });
    const also = allowed.includes("GET") ? ["HEAD"] : [];
    this.#write({ ...reply, headers: [["Allow", [...allowed, ...also].join(", ")]] });
  }

  run(route: Route, request: HttpRequest, parts: readonly string[]): void {
    const headers = new Map(HEADERS.map((name) => [name as string, request.getHeader(name)]));
    // Declared to be a text always, and undefined when the target has no "?".
    const query = (request.getQuery() as string | undefined) ?? "";
    const path = request.getUrl();
    const call = {
      method: route.method,
      path,
      parts,
      query: new URLSearchParams(query),
      target: query === "" ? path : `${path}?${query}`,
      header: (name: string) => headers.get(name) ?? "",
      ...this.#from!,
    };
    if (route.method === "GET") return this.#answer(route, { ...call, ...NO_BODY });
    const bytesMax = route.bodyBytesMax ?? BODY_BYTES_MAX;
    const chunks: Buffer[] = [];
    let bytes = 0;
    this.#response.onData((chunk, isLast) => {
      bytes += chunk.byteLength;
      if (this.#gone || bytes - chunk.byteLength > bytesMax) return;
      if (bytes > bytesMax) return this.#write(this.#problem({ code: "BODY_TOO_LARGE" }), true);
      chunks.push(Buffer.from(new Uint8Array(chunk))); // a copy: uWebSockets takes its buffer back
      if (!isLast) return;
      if (bytes > 0 && !isPlainJson(call.header)) {
        return this.#write(this.#problem({ code: "UNSUPPORTED_MEDIA_TYPE" }));
      }
      const body = Buffer.concat(chunks);
      this.#answer(route, { ...call, body: body.toString("utf8"), bytes: body });
    });
  }

  #answer(route: Route, call: Call): void {
    let replied: Reply | Promise<Reply>;
    try {
      replied = route.handle(call);
    } catch (error) {
      return this.#write(this.#replyTo(error, call));
    }
    if (!(replied instanceof Promise)) return this.#write(replied);
    replied.then(
      (reply) => this.#write(reply),
      (error: unknown) => this.#write(this.#replyTo(error, call)),
    );
  }

  #replyTo(error: unknown, call: Pick<Call, "path">): Reply {
    const { logger } = this.#parts;
    if (error instanceof Refused) {
      const { problem, cause } = error;
      if (cause !== undefined) logger.error({ code: problem.code, err: cause, path: call.path });
      return this.#problem(problem, error.headers);
    }
    logger.error({ err: error, path: call.path }, "a request failed by our mistake");
    return this.#problem({ code: "INTERNAL" });
  }

  #problem(problem: Problem, headers: Reply["headers"] = []): Reply {
    const { status, message } = CODES[problem.code];
    const afterMs = retryAfterOf(problem);
    const detail = JSON.stringify(problem.message ?? message);
    const head = `{"type":"about:blank","title":"${problem.code}","status":${status},"detail":${detail}`;
    const body = `${head},${errorMembers(problem, this.#parts.nextRequestId())}}`;
    const after: Reply["headers"] =
      afterMs === undefined ? [] : [["Retry-After", String(Math.ceil(afterMs / 1000))]];
    return { status, type: "application/problem+json", body, headers: [...headers, ...after] };
  }

  #write(reply: Reply, close = false): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#parts.replied(reply.status);
    this.#response.cork(() => {
      const text = STATUS_TEXTS[reply.status] ?? "";
      this.#response.writeStatus(`${reply.status} ${text}`);
      this.#response.writeHeader("Content-Type", reply.type);
      const own = reply.headers ?? [];
      for (const [name, value] of HEADERS_OUT) {
        if (!own.some(([each]) => each === name)) this.#response.writeHeader(name, value);
      }
      for (const [name, value] of this.#headers) this.#response.writeHeader(name, value);
      for (const [name, value] of own) this.#response.writeHeader(name, value);
      if (this.#headOnly) this.#response.endWithoutBody(Buffer.byteLength(reply.body), close);
      else this.#response.end(reply.body, close);
    });
  }
}

/** Whose body we read: what says that it is JSON, or says nothing, and is not compressed. */
function isPlainJson(header: Call["header"]): boolean {
  const type = header("content-type").split(";")[0]!.trim().toLowerCase();
  const encoding = header("content-encoding").trim().toLowerCase();
  return ["", "application/json"].includes(type) && ["", "identity"].includes(encoding);
}

/** As in the IETF's draft on RateLimit header fields; `w` and `t` are seconds until all is there again. */
export function rateHeaders(
  of: string,
  { left, burst, perSecond }: Standing,
): readonly (readonly [string, string])[] {
  const seconds = (units: number): number => Math.ceil(units / perSecond);
  return [
    ["RateLimit-Policy", `"${of}";q=${burst};w=${seconds(burst)}`],
    ["RateLimit", `"${of}";r=${left};t=${seconds(burst - left)}`],
  ];
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  if (pattern.length !== path.length) return false;
  return pattern.every((part, at) => (part === "*" ? path[at] !== "" : part === path[at]));
}

function openParts(pattern: readonly string[], path: readonly string[]): string[] {
  return path.filter((_, at) => pattern[at] === "*").map(decodePart);
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return ""; // not well escaped: it names nothing
  }
}

/** Where a request or an upgrade comes from. */
export interface Whence {
  readonly address: string;
  readonly loopback: boolean;
}

export function whence(
  response: Pick<HttpResponse, "getRemoteAddress">,
  request: Pick<HttpRequest, "forEach">,
  proxies: Networks,
): Whence {
  const bytes = new Uint8Array(response.getRemoteAddress());
  const peer = addressText(bytes);
  const forwardedFor = proxies.has(peer) ? forwardedIn(request) : "";
  const address = clientAddress(peer, forwardedFor, proxies);
  // Who comes through a proxy is somewhere else, wherever the proxy is and whatever it says.
  return { address, loopback: isLoopback(bytes) && forwardedFor === "" };
}

/** All lines of it: some proxies add one of their own behind what the client sent, which is not to be believed. */
function forwardedIn(request: Pick<HttpRequest, "forEach">): string {
  const lines: string[] = [];
  request.forEach((name, value) => {
    if (name === "x-forwarded-for") lines.push(value);
  });
  return lines.join(",");
}

/** 127.0.0.0/8, ::1, or the former written as the latter. */
export function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  const head = [...address.subarray(0, 15)];
  if (head.every((byte) => byte === 0)) return address[15] === 1;
  const mapped = head.slice(0, 10).every((byte) => byte === 0) && head[10] === 255;
  return mapped && head[11] === 255 && head[12] === 127;
}
