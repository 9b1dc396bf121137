/**
 * The page of the interfaces in a real browser, everything folded open, narrow and dark, wide and light:
 * nothing for axe to find (one entry of each kind; in the long size, in all of them), nothing the policy
 * refused, nothing wider than the window, no dead link.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { isLong } from "../../engine/shell/testing/size.ts";
import { startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { launch, visit } from "../web/testing/browser.ts";

const PAGE_BYTES_MAX = 40 * 1024;

let exchange: TestExchange;
let browser: Browser;
beforeAll(async () => {
  [exchange, browser] = await Promise.all([startTestExchange(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await exchange?.stop();
});

const ONE_OF_EACH = ["header", "nav", "h1", "#method-add_order", "#channel-book", "#rest-makeKey"];

async function seriousIn(page: Page): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  if (!isLong) for (const each of ONE_OF_EACH) axe.include(each);
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join(" ")}`);
}

test.each([
  { width: 390, theme: "dark" },
  { width: 1440, theme: "light" },
] as const)(
  "at $width, $theme",
  async ({ width, theme }) => {
    const { page, wrongs, close } = await visit(browser, { width });
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.goto(`${exchange.url}/docs`);
    await page.getByRole("heading", { name: "add_order", exact: true }).waitFor();
    await page.evaluate(
      `document.querySelectorAll("details").forEach((each) => (each.open = true))`,
    );
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await seriousIn(page)).toEqual([]);
    const dead = await page.evaluate<string[]>(
      `[...document.querySelectorAll('a[href^="#"]')].map((each) => each.getAttribute('href'))
        .filter((href) => document.getElementById(href.slice(1)) === null)`,
    );
    expect(dead).toEqual([]);
    expect(wrongs).toEqual([]);
    await close();
  },
  300_000,
);

test("it is light, and asked for again it is not sent again", async () => {
  const asked = await fetch(`${exchange.url}/docs`, { headers: { "accept-encoding": "gzip" } });
  const text = await asked.text();
  expect(text).not.toMatch(/<style|style="|\son\w+="/);
  expect(Number(asked.headers.get("content-length"))).toBeLessThan(PAGE_BYTES_MAX);
  const etag = asked.headers.get("etag")!;
  const again = await fetch(`${exchange.url}/docs`, {
    headers: { "accept-encoding": "gzip", "if-none-match": etag },
  });
  expect(again.status).toBe(304);
});
