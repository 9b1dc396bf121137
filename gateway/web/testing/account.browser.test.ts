// Who one is here, and how the page stands: measured as soon as there is a line to measure.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { stats } from "../../../cli/testing/exchange.ts";
import { launch, NEXT_DOOR, seriousOf, visit } from "./browser.ts";
import { offer, PRODUCT, type Stage, setStage } from "./stage.ts";

let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([setStage(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

test.each([390, 1440])(
  "who logs out leaves nothing open, is nobody in every tab, and may be somebody new, %i pixels wide",
  async (width) => {
    const { orders_open: before } = await stats(stage.exchange);
    const { page, wrongs, close } = await visit(browser, { width });
    const url = `${stage.exchange.url}/my-market`;
    await page.goto(url);
    const account = page.getByText(/^Demonstration account demo-\d+$/);
    const first = await account.innerText();
    const other = await page.context().newPage();
    await other.goto(url);
    await other.getByText(first).waitFor();
    await page.bringToFront(); // a tab behind another one is drawn once a second
    await bid(page);
    expect((await stats(stage.exchange)).orders_open).toBe(before + 1);

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByText("What it has open, 1 order, is cancelled first.").waitFor();
    expect(await seriousOf(page, "logging out")).toEqual([]);
    await page.getByRole("button", { name: "Stay" }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Cancel 1 order and log out" }).click();
    const again = page.getByRole("button", { name: "Take a new demonstration account" });
    await again.waitFor();
    await other.getByRole("button", { name: "Take a new demonstration account" }).waitFor();
    expect(await account.count()).toBe(0);
    expect((await stats(stage.exchange)).orders_open).toBe(before);

    await again.click();
    await account.waitFor();
    expect(await account.innerText()).not.toBe(first);
    await page.getByText("Nothing is open.").waitFor();
    expect(await page.getByText("Ended just now").count()).toBe(0);
    expect(wrongs).toEqual([]);
    await close();
  },
);

/** Goes and bids, and comes back to My market. */
async function bid(page: Page): Promise<void> {
  await page.goto(`${stage.exchange.url}${PRODUCT}`);
  const trade = page.getByRole("button", { name: /^Buy/ }).filter({ visible: true });
  await trade.first().click();
  const ticket = page.getByRole("region", { name: /^Ticket/ });
  await ticket.getByRole("button", { name: "Bid", exact: true }).click();
  await ticket.getByLabel("Your bid, each").fill("240");
  await ticket.getByRole("button", { name: "Review bid" }).click();
  await ticket.getByRole("button", { name: /^Place bid · / }).click();
  await ticket.getByText("Your bid of $240 stands for 1 pair").waitFor();
  await ticket.getByRole("link", { name: "My market" }).click();
  await page.getByRole("heading", { name: "My market", level: 1 }).waitFor();
}

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
});

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
});

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
});
