// Every screen in both themes and at four widths: nothing serious for axe to find, nothing the content
// security policy refused, nothing wider than the window; and not too much script. With every change axe
// sees each screen twice, wide and light, narrow and dark; the long size has every pair of the two.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { isLong } from "../../../engine/shell/testing/size.ts";
import { launch, seriousOf, visit } from "./browser.ts";
import { PRODUCT, type Stage, setStage } from "./stage.ts";

const SCRIPT_BYTES_MAX = 180 * 1024;
const WIDTHS = [390, 768, 1440, 2560];
const AXE_WIDTHS = [390, 1440];

interface Look {
  readonly theme: "light" | "dark";
  readonly width: number;
  readonly hasAxe: boolean;
}

/** A colour makes nothing wider: without the long size, one theme has most of the widths. */
const LOOKS: readonly Look[] = (["light", "dark"] as const)
  .flatMap((theme) => WIDTHS.map((width) => ({ theme, width, hasAxe: isLookedAt(theme, width) })))
  .filter(({ theme, hasAxe }) => isLong || theme === "light" || hasAxe);

function isLookedAt(theme: string, width: number): boolean {
  return AXE_WIDTHS.includes(width) && (isLong || (theme === "light") === (width === 1440));
}

let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([setStage(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const openTicket = async (page: Page): Promise<void> => {
  const prices = page.getByRole("region", { name: "Prices of US 9" });
  await prices.getByRole("button", { name: "Bid", exact: true }).click();
  await page.getByText("You pay").waitFor();
};

const SCREENS: readonly {
  readonly name: string;
  readonly path: string;
  readonly shows: string;
  readonly unfold?: (page: Page) => Promise<void>;
}[] = [
  { name: "home", path: "/", shows: "Most traded" },
  { name: "search", path: "/?q=jordan%201", shows: "Air Jordan 1 Retro High OG Dark Mocha" },
  { name: "a search for nothing there", path: "/?q=zzzz", shows: "0 products" },
  { name: "product", path: PRODUCT, shows: "$250" },
  { name: "ticket", path: PRODUCT, shows: "$250", unfold: openTicket },
  { name: "an empty book", path: "/product/CP9654", shows: "Yeezy Boost 350 V2 Zebra" },
  { name: "my market", path: "/my-market", shows: "Nothing is open" },
  { name: "status", path: "/status", shows: "orders are taken" },
  { name: "a path that leads nowhere", path: "/foo", shows: "There is nothing at this address" },
  { name: "a product that is not there", path: "/product/NO-SUCH", shows: "Not found" },
];

test.each(SCREENS)(
  "$name",
  async ({ path, shows, unfold }) => {
    const { page, wrongs, close } = await visit(browser, { width: 1440 });
    await page.goto(`${stage.exchange.url}${path}`);
    await page.getByText(shows).first().waitFor();
    await unfold?.(page);
    const found: string[] = [];
    for (const { theme, width, hasAxe } of LOOKS) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      const scrolls = await settledWidth(page, width);
      if (scrolls > width) found.push(`${width} ${theme}: ${scrolls} pixels wide`);
      if (hasAxe) found.push(...(await seriousOf(page, `${width} ${theme}`)));
    }
    expect(found).toEqual([]);
    expect(wrongs.filter((wrong) => !wrong.includes("404"))).toEqual([]);
    await close();
  },
  120_000,
);

/** How wide the page is once it had time to follow its window: a layout changes a frame or two later. */
async function settledWidth(page: Page, width: number): Promise<number> {
  const until = performance.now() + 3_000;
  for (;;) {
    const scrolls = await page.evaluate<number>("document.documentElement.scrollWidth");
    if (scrolls <= width || performance.now() > until) return scrolls;
    await page.waitForTimeout(50);
  }
}

test("the product page needs no more script than it may", async () => {
  const { page, close } = await visit(browser, { width: 390 });
  await page.goto(`${stage.exchange.url}${PRODUCT}`);
  await page.getByText("$250").first().waitFor();
  const bytes = await page.evaluate<number[]>(
    `performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".js"))
      .map(({ encodedBodySize }) => encodedBodySize)`,
  );
  expect(bytes.length).toBeGreaterThan(0);
  expect(Math.min(...bytes)).toBeGreaterThan(0);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(SCRIPT_BYTES_MAX);
  await close();
});
