/**
 * The status page at `/`: three small files read at start and served as they are, under a policy
 * that runs nothing but them.
 */
import { readFileSync } from "node:fs";
import type { Route } from "./server.ts";

const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FILES = [
  { path: "/", file: "index.html", type: "text/html; charset=utf-8" },
  { path: "/page.css", file: "page.css", type: "text/css; charset=utf-8" },
  { path: "/page.js", file: "page.js", type: "text/javascript; charset=utf-8" },
  { path: "/icon.svg", file: "icon.svg", type: "image/svg+xml" },
] as const;

export function pageRoutes(): Route[] {
  return FILES.map(({ path, file, type }) => {
    const body = readFileSync(new URL(`./page/${file}`, import.meta.url));
    const headers = [["Content-Security-Policy", POLICY]] as const;
    return { method: "GET", path, handle: () => ({ status: 200, type, body, headers }) };
  });
}
