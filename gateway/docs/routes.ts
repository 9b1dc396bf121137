/**
 * The documents, served from memory: each written when it is first asked for, and once, for they change
 * with the code only.
 */
import { gzipSync } from "node:zlib";
import { kept } from "../rest/page.ts";
import type { Route } from "../rest/server.ts";
import { asyncApi } from "./asyncapi.ts";
import { openApi } from "./openapi.ts";

export function docRoutes(version: string): Route[] {
  const type = "application/json";
  return [
    served("/openapi.json", type, () => JSON.stringify(openApi(version))),
    served("/asyncapi.json", type, () => JSON.stringify(asyncApi(version))),
  ];
}

function served(path: string, type: string, write: () => string): Route {
  let reply: Route["handle"] | undefined;
  const first = (): Route["handle"] => {
    const body = Buffer.from(write());
    return kept(type, body, [{ encoding: "gzip", body: gzipSync(body) }]);
  };
  return { method: "GET", path, handle: (call) => (reply ??= first())(call) };
}
