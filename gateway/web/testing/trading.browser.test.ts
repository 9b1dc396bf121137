// Somebody who never saw the page buys a pair, sells one, bids, changes his mind about the price and
// then about the bid: on a phone and on a desktop, in a real browser on a real exchange.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Locator, Page } from "playwright-core";
import { stats } from "../../../cli/testing/exchange.ts";
import { launch, visit } from "./browser.ts";
import { PRODUCT, type Stage, setStage } from "./stage.ts";

let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([setStage(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const button = (within: Page | Locator, name: string | RegExp): Locator =>
  within.getByRole("button", { name });
const ticketOf = (page: Page): Locator => page.getByRole("region", { name: /^Ticket/ });

/** On a phone the bar under the thumb, on a desktop the button under the price. */
async function press(page: Page, width: number, phone: RegExp, desktop: string): Promise<Locator> {
  const bar = page.getByRole("group", { name: "Trade US 9" });
  const prices = page.getByRole("region", { name: "Prices of US 9" });
  await (width < 900
    ? button(bar, phone)
    : prices.getByRole("button", { name: desktop, exact: true })
  ).click();
  return ticketOf(page);
}

async function toMyMarket(page: Page, ticket: Locator): Promise<void> {
  await ticket.getByRole("link", { name: "My market" }).click();
  await page.getByRole("heading", { name: "My market", level: 1 }).waitFor();
}

test.each([390, 1440])("a pair is bought and one sold, %i pixels wide", async (width) => {
  const before = await stats(stage.exchange);
  const { page, wrongs, close } = await visit(browser, { width });
  await page.goto(`${stage.exchange.url}${PRODUCT}`);

  const buying = await press(page, width, /^Buy \$250/, "Buy now");
  await buying.getByText("$274.95").waitFor(); // 250, 4 % and shipping: all of it before the review
  await button(buying, "Review buy now").click();
  await button(buying, "Buy now · $274.95").click();
  await buying.getByText("Bought 1 pair").waitFor();
  await toMyMarket(page, buying);
  const trade = page.getByRole("listitem").filter({ hasText: "Bought" }).first();
  await trade.getByText("$250").waitFor();
  await trade.getByText("Bought").click();
  await trade.getByText("$274.95").first().waitFor();

  await page.goto(`${stage.exchange.url}${PRODUCT}`);
  const selling = await press(page, width, /^Sell \$246/, "Sell now");
  await selling.getByText("$216.48").waitFor(); // 246 less 9 % and 3 %
  await button(selling, "Review sell now").click();
  await button(selling, "Sell now · $216.48").click();
  await selling.getByText("Sold 1 pair").waitFor();
  await page.keyboard.press("Escape"); // what is sent is sent: there is nothing to go back to
  await selling.waitFor({ state: "detached" });

  expect((await stats(stage.exchange)).trades_total).toBe(before.trades_total + 2);
  expect(wrongs).toEqual([]);
  await close();
});

test.each([390, 1440])("a bid is placed, amended and cancelled, %i pixels wide", async (width) => {
  const before = await stats(stage.exchange);
  const { page, wrongs, close } = await visit(browser, { width });
  await page.goto(`${stage.exchange.url}${PRODUCT}`);
  const ticket = await press(page, width, /^Buy \$250/, "Bid");
  if (width < 900) await ticket.getByRole("button", { name: "Bid", exact: true }).click();
  await ticket.getByLabel("Your bid, each").fill("248");
  await ticket.getByText("$2 above the highest bid: first in line.").waitFor();
  await button(ticket, "Review bid").click();
  await button(ticket, /^Place bid · /).click();
  await ticket.getByText("Your bid of $248 stands for 1 pair").waitFor();
  expect((await stats(stage.exchange)).orders_open).toBe(before.orders_open + 1);

  await toMyMarket(page, ticket);
  const order = page.getByRole("listitem").filter({ hasText: "Nike Dunk Low Retro Panda" }).first();
  await order.getByText("At the highest bid").waitFor();
  await button(order, /^Amend/).click();
  await order.getByLabel("New price, each").fill("243");
  await button(order, "Save price").click();
  await order.getByText("$3 below the highest bid").waitFor();

  await button(order, /^Cancel/).click();
  await button(order, "Cancel this bid").click();
  await page.getByText("Nothing is open.").waitFor();
  expect(await stats(stage.exchange)).toMatchObject({
    orders_open: before.orders_open,
    trades_total: before.trades_total,
  });
  expect(wrongs).toEqual([]);
  await close();
});

test("a market that moves during the review is shown, and accepted before anything is sent", async () => {
  const { page, wrongs, close } = await visit(browser, { width: 1440 });
  await page.goto(`${stage.exchange.url}${PRODUCT}`);
  const ticket = await press(page, 1440, /x/, "Buy now");
  await button(ticket, "Review buy now").click();
  const send = button(ticket, /^Buy now · /);
  await send.waitFor();
  await page.keyboard.press("Escape");
  await button(ticket, "Review buy now").click();
  await send.waitFor();
  await stage.maker.request("cancel_all", { side: "sell" });
  await ticket.getByText("The market moved").waitFor();
  expect(await send.isDisabled()).toBe(true);
  expect(wrongs).toEqual([]);
  await close();
});
