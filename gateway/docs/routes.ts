/**
 * The documents, and the page of them for people, served from memory: each written when it is first asked
 * for, and once, for they change with the code only.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { kept } from "../rest/page.ts";
import type { Route } from "../rest/server.ts";
import { asyncApi } from "./asyncapi.ts";
import { openApi } from "./openapi.ts";
import { docsPage } from "./page.ts";

export function docRoutes(version: string): Route[] {
  const type = "application/json";
  return [
    served("/docs", "text/html; charset=utf-8", () => docsPage(version)),
    served("/docs.css", "text/css; charset=utf-8", writeStyles),
    served("/openapi.json", type, () => JSON.stringify(openApi(version))),
    served("/asyncapi.json", type, () => JSON.stringify(asyncApi(version))),
  ];
}

/** The trading page's colours and steps, without its font, which is Vite's to place; then our own. */
function writeStyles(): string {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
  const tokens = read("../web/styles/tokens.css").replace(/@font-face \{[^}]*\}/, "");
  return tokens + read("docs.css");
}

function served(path: string, type: string, write: () => string): Route {
  let reply: Route["handle"] | undefined;
  const first = (): Route["handle"] => {
    const body = Buffer.from(write());
    return kept(type, body, [{ encoding: "gzip", body: gzipSync(body) }]);
  };
  return { method: "GET", path, handle: (call) => (reply ??= first())(call) };
}
