/**
 * Which exchange a verb speaks to, and how it asks its admin interface. An exchange leaves its URL and
 * its admin token in its data directory; flags say otherwise.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, Failure, UsageError, wordsOf } from "./errors.ts";

export const DATA_DEFAULT = "./solebook-data";
const URL_DEFAULT = "http://127.0.0.1:8787";
const ADMIN_TIMEOUT_MS = 60_000;

/** The flags of every verb that speaks to an exchange. */
export const EXCHANGE_OPTIONS = { url: { type: "string" }, data: { type: "string" } } as const;

export const EXCHANGE_USAGE = `  --data DIR   the exchange's data directory, for its URL and admin token (${DATA_DEFAULT})
  --url URL    where it listens, when not at the URL in DIR
`;

export interface Exchange {
  /** Without a slash at the end. */
  readonly url: string;
  readonly dir: string;
}

export function findExchange(values: { url?: string; data?: string }): Exchange {
  const dir = values.data ?? DATA_DEFAULT;
  const url = values.url ?? readIfThere(join(dir, "url"))?.trim() ?? URL_DEFAULT;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`--url is like ${URL_DEFAULT}, not "${url}"`);
  }
  return { url: url.replace(/\/+$/, ""), dir };
}

export interface Admin {
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown): Promise<unknown>;
  remove(path: string): Promise<unknown>;
}

/** What the exchange refused, with its permanent code. */
export class Refused extends Failure {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function makeAdmin(exchange: Exchange): Admin {
  const token = readIfThere(join(exchange.dir, "admin.token"))?.trim();
  if (token === undefined) {
    throw new Failure(
      `there is no admin.token in ${exchange.dir}: start the exchange on it first, or name its ` +
        "data directory with --data",
    );
  }
  const ask = (method: string, path: string, body?: unknown): Promise<unknown> =>
    request(exchange.url, method, path, { authorization: `Bearer ${token}` }, body);
  return {
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, body),
    remove: (path) => ask("DELETE", path),
  };
}

/** One request; the body of a good answer, or `Refused` with the words of the exchange. */
export async function request(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<unknown> {
  const response = await reach(`${url}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    signal: AbortSignal.timeout(ADMIN_TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = parse(await response.text());
  if (response.ok) return answer;
  const { code, message, detail, param } = (answer ?? {}) as Record<string, string | undefined>;
  const words = message ?? detail ?? `${method} ${path} was answered ${response.status}`;
  const about = param === undefined ? "" : ` (${param})`;
  throw new Refused(code ?? `HTTP_${response.status}`, `the exchange refused: ${words}${about}`);
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const words = codeOf(cause) ?? codeOf(error) ?? wordsOf(error);
    throw new Failure(`no exchange answers at ${new URL(url).origin} (${words})`);
  }
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null; // not from the exchange; its status says enough
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new Failure(`${file} cannot be read: ${wordsOf(error)}`);
  }
}
