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
  /** With an Idempotency-Key, sent again it is answered as the first time. */
  post(path: string, body: unknown, idempotencyKey?: string): Promise<unknown>;
  /** Waits `timeoutMs` at most, where that is said. */
  remove(path: string, timeoutMs?: number): Promise<unknown>;
}

/** What the exchange says when it refuses, on its socket and in problem+json alike. */
export interface Problem {
  readonly code: string;
  readonly class?: string;
  readonly message: string;
  readonly param?: string;
  readonly request_id?: string;
}

const CLASSES_ABOUT_ALL: readonly unknown[] = ["AUTH", "PERM", "RATE", "SYSTEM"];

/** Whether a refusal is about the exchange or who asks, so that any other request meets it, too. */
export function isAboutAll(problem: Pick<Problem, "class">): boolean {
  return CLASSES_ABOUT_ALL.includes(problem.class);
}

/** Its words; where they speak of the request id, with it. */
export function problemWords({ message, param, request_id }: Problem): string {
  const about = param === undefined ? "" : ` (${param})`;
  const isQuoted = request_id !== undefined && message.includes("request_id");
  return `${message}${about}${isQuoted ? ` (request_id ${request_id})` : ""}`;
}

/** What the exchange refused, with its permanent code. */
export class Refused extends Failure {
  readonly code: string;
  readonly isAboutAll: boolean;

  constructor(problem: Pick<Problem, "code" | "class">, message: string) {
    super(message);
    this.code = problem.code;
    this.isAboutAll = isAboutAll(problem);
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
  const headers = { authorization: `Bearer ${token}` };
  return {
    get: (path) => request(exchange.url, "GET", path, { headers }),
    post: (path, body, name) => {
      const named = name === undefined ? headers : { ...headers, "idempotency-key": name };
      return request(exchange.url, "POST", path, { headers: named, body });
    },
    remove: (path, timeoutMs) => request(exchange.url, "DELETE", path, { headers, timeoutMs }),
  };
}

interface RequestMore {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeoutMs?: number | undefined;
}

/** One request; the body of a good answer, or `Refused` with the words of the exchange. */
export async function request(
  url: string,
  method: string,
  path: string,
  { headers, body, timeoutMs = ADMIN_TIMEOUT_MS }: RequestMore = {},
): Promise<unknown> {
  const response = await reach(`${url}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = parse(await response.text());
  if (response.ok) return answer;
  const said = (answer ?? {}) as Partial<Problem> & { readonly detail?: string };
  const { code = `HTTP_${response.status}`, detail } = said;
  const message = said.message ?? detail ?? `${method} ${path} was answered ${response.status}`;
  const problem = { ...said, code, message };
  throw new Refused(problem, `the exchange refused: ${problemWords(problem)}`);
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
