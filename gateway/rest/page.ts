/**
 * The page: what Vite left in `gateway/web/dist`, read once at start and served from memory, compressed
 * beforehand, under a policy that runs nothing but these files. Every path of a screen answers with the
 * same document, and so does one that leads nowhere; the screens themselves are the page's business.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Call, Reply, Route } from "./server.ts";

const DIST = fileURLToPath(new URL("../web/dist/", import.meta.url));
/** Kept in step with `ROUTES` of gateway/web/routes.tsx; a test compares the two. */
export const SCREENS = ["/", "/product/*", "/my-market", "/status"] as const;

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
/** Their names change with their content. */
const FOR_EVER = "public, max-age=31536000, immutable";
const ASK_EACH_TIME = "no-cache";
const HEADERS = [
  ["Content-Security-Policy", POLICY],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"],
] as const;
const NOT_BUILT =
  "<!doctype html><title>Solebook</title><p>The exchange runs, its page is not built: " +
  "<code>npm run page</code>, then start again.";

/** `dist` is a parameter for tests. */
export function pageRoutes(dist = DIST): Route[] {
  if (!existsSync(join(dist, "index.html"))) return SCREENS.map(notBuilt);
  const document = fileRoute(join(dist, "index.html"), ASK_EACH_TIME);
  const screens = SCREENS.map((path): Route => ({ method: "GET", path, handle: document }));
  const plain = filesIn(dist).filter((name) => name !== "index.html");
  const assets = existsSync(join(dist, "assets")) ? filesIn(join(dist, "assets")) : [];
  return [
    ...screens,
    ...plain.map((name) => route(`/${name}`, fileRoute(join(dist, name), ASK_EACH_TIME))),
    ...assets.map((name) =>
      route(`/assets/${name}`, fileRoute(join(dist, "assets", name), FOR_EVER)),
    ),
  ];
}

/**
 * The same document for a browser that came to a path which leads nowhere: the page says so itself.
 * Not for the API's paths, which speak to machines whoever looks.
 */
export function pageNowhere(
  dist = DIST,
): (call: Pick<Call, "path" | "header">) => Reply | undefined {
  const file = join(dist, "index.html");
  const document = existsSync(file) ? fileRoute(file, ASK_EACH_TIME) : undefined;
  return ({ path, header }) => {
    if (document === undefined || /^\/v1(\/|$)/.test(path)) return undefined;
    if (!accepts(header("accept"), "text/html")) return undefined;
    const { headers = [], ...reply } = document({
      header: (name) => (name === "if-none-match" ? "" : header(name)),
    });
    const kept = headers.filter(([name]) => name !== "ETag" && name !== "Vary");
    return { ...reply, status: 404, headers: [...kept, ["Vary", "Accept, Accept-Encoding"]] };
  };
}

const route = (path: string, handle: Route["handle"]): Route => ({ method: "GET", path, handle });

/** The files of a folder that are asked for by name: those of a type we know. */
function filesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => extname(name) in TYPES);
}

function notBuilt(path: string): Route {
  const type = TYPES[".html"]!;
  return route(path, () => ({ status: 503, type, body: NOT_BUILT, headers: HEADERS }));
}

/** One file with its compressed forms. */
function fileRoute(file: string, cacheControl: string): (call: Pick<Call, "header">) => Reply {
  const forms = [
    { encoding: "br", body: readIfThere(`${file}.br`) },
    { encoding: "gzip", body: readIfThere(`${file}.gz`) },
  ];
  return kept(TYPES[extname(file)]!, readFileSync(file), forms, cacheControl);
}

/** What is served from memory, in the form that was asked for, and 304 for who has it. */
export function kept(
  type: string,
  body: Uint8Array,
  forms: readonly { readonly encoding: string; readonly body: Uint8Array | undefined }[],
  cacheControl = ASK_EACH_TIME,
): (call: Pick<Call, "header">) => Reply {
  const digest = createHash("sha256").update(body).digest("base64url").slice(0, 27);
  return ({ header }) => {
    const accepted = header("accept-encoding");
    const form = forms.find((each) => each.body !== undefined && accepts(accepted, each.encoding));
    const tag = `"${digest}${form === undefined ? "" : `-${form.encoding}`}"`;
    const headers: [string, string][] = [
      ...HEADERS.map(([name, value]): [string, string] => [name, value]),
      ["Cache-Control", cacheControl],
      ["ETag", tag],
      ["Vary", "Accept-Encoding"],
    ];
    if (header("if-none-match") === tag) return { status: 304, type, body: "", headers };
    if (form?.body === undefined) return { status: 200, type, body, headers };
    headers.push(["Content-Encoding", form.encoding]);
    return { status: 200, type, body: form.body, headers };
  };
}

/** `gzip, br;q=0` takes gzip alone. What is only covered by an asterisk was not asked for. */
function accepts(header: string, encoding: string): boolean {
  return header.split(",").some((part) => {
    const [name, ...more] = part.split(";").map((each) => each.trim());
    return name === encoding && !more.some((each) => /^q=0(\.0*)?$/.test(each));
  });
}

function readIfThere(file: string): Buffer | undefined {
  return existsSync(file) ? readFileSync(file) : undefined;
}
