// Who one is here, and how the page stands: measured as soon as there is a line to measure.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { launch, NEXT_DOOR, seriousOf, visit } from "./browser.ts";
import { offer, PRODUCT, type Stage, setStage } from "./stage.ts";

let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([setStage(), launch()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

test.each([390, 1440])(
  "from next door over plain HTTP: the market is there, and why nobody trades is said, %i pixels wide",
  async (width) => {
    const { page, wrongs, close } = await visit(browser, { width });
    const { port } = new URL(stage.exchange.url);
    await page.goto(`http://${NEXT_DOOR}:${port}${PRODUCT}`);
    await page.getByRole("link", { name: /^Live/ }).waitFor();
    await page.getByText("$250").first().waitFor();
    await page.goto(`http://${NEXT_DOOR}:${port}/my-market`);
    await page.getByText("Trading here needs HTTPS").waitFor();
    expect(await page.getByRole("button", { name: "Log on" }).count()).toBe(0);
    expect(await seriousOf(page, "over HTTP")).toEqual([]);
    // The browser's own word for plain HTTP from afar: a header of ours that it does not heed there.
    expect(wrongs.filter((wrong) => !wrong.includes("Cross-Origin-Opener-Policy"))).toEqual([]);
    await close();
  },
  60_000,
);

test("a release to come is counted down to, and called one to come where it is looked at", async () => {
  const { page, wrongs, close } = await visit(browser, { width: 1440 });
  await page.goto(stage.exchange.url);
  const next = page.getByRole("region", { name: "Releases" }).getByRole("link").first();
  await next.getByText(/^in [12] d \d+ h$/).waitFor();
  await next.click();
  await page.getByRole("term").filter({ hasText: "To be released" }).first().waitFor();
  await page.getByRole("heading", { name: "Sample Court Low Ink", level: 1 }).waitFor();
  expect(wrongs).toEqual([]);
  await close();
}, 60_000);

/** A row of the status screen. */
const row = (page: Page, name: string) =>
  page.getByRole("term").filter({ hasText: name }).locator("xpath=following-sibling::dd");

test("the status screen shows the round trip with the first answer, not with the next tick", async () => {
  const { page, wrongs, close } = await visit(browser, { width: 1440 });
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000); // no timer fires from here on
  await page.goto(`${stage.exchange.url}/status`);
  await row(page, "Round trip")
    .getByText(/^\d+\.\d ms$/)
    .waitFor();
  expect(wrongs).toEqual([]);
  await close();
}, 60_000);

test("a size says how many orders stand behind its prices, one as one", async () => {
  const { page, wrongs, close } = await visit(browser, { width: 1440 });
  await page.goto(`${stage.exchange.url}${PRODUCT}`);
  await page
    .getByRole("radio", { name: "US 9: lowest ask $250, 3 asks; highest bid $246, 3 bids" })
    .waitFor();
  await page.getByRole("radio", { name: "US 8: no asks; no bids" }).waitFor();
  await stage.maker.request("cancel_all", { side: "sell" });
  await offer(stage.maker, "sell", 251, 2);
  await page
    .getByRole("radio", { name: "US 9: lowest ask $251, 1 ask; highest bid $246, 3 bids" })
    .waitFor();
  expect(wrongs).toEqual([]);
  await close();
}, 60_000);
