// The page's files: which path answers what, compressed for who reads that, and once for who has it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { pageNowhere, pageRoutes, SCREENS } from "./page.ts";
import type { Call, Reply } from "./server.ts";

let dist: string;

beforeAll(() => {
  dist = mkdtempSync(join(tmpdir(), "solebook-page-"));
  mkdirSync(join(dist, "assets"));
  writeFileSync(join(dist, "index.html"), "<!doctype html>");
  writeFileSync(join(dist, ".sources"), "not for anybody");
  writeFileSync(join(dist, "theme.js"), "plain");
  writeFileSync(join(dist, "assets", "index-a1.js"), "script");
  writeFileSync(join(dist, "assets", "index-a1.js.br"), "brotli");
  writeFileSync(join(dist, "assets", "index-a1.js.gz"), "gzipped");
});

afterAll(() => rmSync(dist, { recursive: true }));

function ask(path: string, headers: Record<string, string> = {}, from = dist): Reply {
  const route = pageRoutes(from).find((each) => each.path === path)!;
  return route.handle({ header: (name) => headers[name] ?? "" } as Call) as Reply;
}

const header = ({ headers = [] }: Reply, name: string): string | undefined =>
  headers.find(([each]) => each === name)?.[1];

// accept-encoding | body | content-encoding
const ENCODINGS: [string, string, string | undefined][] = [
  ["gzip, deflate, br, zstd", "brotli", "br"],
  ["gzip", "gzipped", "gzip"],
  ["gzip, br;q=0", "gzipped", "gzip"],
  ["identity", "script", undefined],
  ["", "script", undefined],
];

describe("an asset", () => {
  test.each(ENCODINGS)("for who accepts %p is %s", (accepted, body, encoding) => {
    const reply = ask("/assets/index-a1.js", { "accept-encoding": accepted });
    expect(String(reply.body)).toBe(body);
    expect(header(reply, "Content-Encoding")).toBe(encoding);
    expect(header(reply, "Vary")).toBe("Accept-Encoding");
  });

  test("is kept for ever, for its name changes with it; the document is asked for each time", () => {
    expect(header(ask("/assets/index-a1.js"), "Cache-Control")).toContain("immutable");
    expect(header(ask("/"), "Cache-Control")).toBe("no-cache");
  });

  test("is not sent again to who has it in this form", () => {
    const has = header(ask("/theme.js"), "ETag")!;
    expect(ask("/theme.js", { "if-none-match": has })).toMatchObject({ status: 304, body: "" });
    const plain = header(ask("/assets/index-a1.js"), "ETag")!;
    const other = { "if-none-match": plain, "accept-encoding": "br" };
    expect(ask("/assets/index-a1.js", other).status).toBe(200);
  });
});

test("every screen is the document, nothing that is not of the page has a path", () => {
  for (const path of SCREENS) expect(String(ask(path).body)).toBe("<!doctype html>");
  expect(pageRoutes(dist).map(({ path }) => path)).toEqual([
    ...SCREENS,
    "/theme.js",
    "/assets/index-a1.js",
  ]);
});

test("the gateway serves the paths that the page routes", () => {
  const table = readFileSync(new URL("../web/routes.tsx", import.meta.url), "utf8");
  const paths = [...table.matchAll(/path: "(\/[^"]*)"/g)].map(([, path]) => path);
  expect(paths).toEqual([...SCREENS]);
});

test("a page that was not built says how to build it", () => {
  const reply = ask("/", {}, join(dist, "nowhere"));
  expect(reply.status).toBe(503);
  expect(String(reply.body)).toContain("npm run page");
  const asked = { path: "/foo", header: () => "text/html" };
  expect(pageNowhere(join(dist, "nowhere"))(asked)).toBeUndefined();
});
