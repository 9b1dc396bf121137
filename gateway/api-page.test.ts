/** API.md is the whole of it: every method, channel, path and code of this gateway stands there. */
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { CODES } from "./errors.ts";
import { Channel } from "./market-data/topics.ts";
import { type AdminParts, adminRoutes } from "./rest/admin.ts";
import { type MarketParts, marketRoutes } from "./rest/market.ts";
import { type PublicParts, publicRoutes } from "./rest/public.ts";
import { type SessionParts, sessionRoutes } from "./rest/session.ts";
import { METHOD_NAMES } from "./session/dispatch.ts";

const page = readFileSync(new URL("API.md", import.meta.url), "utf8");
/** Routes are only listed here, so their parts are never touched. */
const routes = [
  ...publicRoutes({} as PublicParts),
  ...marketRoutes({} as MarketParts),
  ...sessionRoutes({} as SessionParts),
  ...adminRoutes({} as AdminParts),
];

test.each(METHOD_NAMES)("the method %s", (name) => {
  expect(page).toContain(`| \`${name}\` |`);
});

test.each(Object.values(Channel))("the channel %s", (name) => {
  expect(page).toContain(`| \`${name}\` |`);
});

test.each([...new Set(routes.map(({ path }) => path))])("the path %s", (path) => {
  expect(page.replaceAll(/\{\w+\}/g, "*")).toContain(path);
});

test.each(Object.entries(CODES))("the code %s, under its class", (code, row) => {
  const line = page.split("\n").find((each) => each.startsWith(`| ${row.class} |`));
  expect(line).toContain(`\`${code}\``);
});
