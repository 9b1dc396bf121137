// The line is cut, the exchange killed and started again: the page says so at once, the ticket sleeps,
// and without a reload it comes back to the very book that a page opened now shows. And when the book
// changes five hundred times a second, the page still has time for whoever uses it.
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { makeKey, type RunningExchange, startExchange } from "../../../cli/testing/exchange.ts";
import { connectTrader, type Trader } from "../../../cli/testing/trader.ts";
import { launch, seriousOf, type Visit, visit } from "./browser.ts";
import { type Line, makeLine } from "./line.ts";
import { offer, PRODUCT, type Stage, setStage } from "./stage.ts";

let stage: Stage;
let exchange: RunningExchange;
let maker: Trader;
let line: Line;
let browser: Browser;
let visitor: Visit;
beforeAll(async () => {
  [stage, browser] = await Promise.all([setStage(), launch()]);
  ({ exchange, maker } = stage);
  line = await makeLine(exchange.url);
});
beforeEach(async () => {
  visitor = await visit(browser, { width: 1440 });
  await visitor.page.goto(`${line.url}${PRODUCT}`);
  await live(visitor.page);
});
afterAll(async () => {
  await browser?.close();
  await line?.close();
  await exchange?.kill();
  await stage?.close();
});

const live = (page: Page): Promise<void> => page.getByRole("link", { name: /^Live/ }).waitFor();
const offline = (page: Page): Promise<void> =>
  page
    .getByText(/No connection/)
    .filter({ visible: true })
    .first()
    .waitFor();
const ticketOf = (page: Page): Locator => page.getByRole("region", { name: /^Ticket/ });

async function openReview(page: Page): Promise<Locator> {
  const prices = page.getByRole("region", { name: "Prices of US 9" });
  await prices.getByRole("button", { name: "Buy now" }).click();
  await ticketOf(page).getByRole("button", { name: "Review buy now" }).click();
  const send = ticketOf(page).getByRole("button", { name: /^Buy now · / });
  await send.waitFor();
  return send;
}

/** Prices with pairs on them, as the ladder shows them. */
async function bookOf(page: Page): Promise<string[]> {
  const rows = page.getByRole("table", { name: /^Bids and asks/ }).locator("tr[data-filled]");
  await rows.first().waitFor();
  return rows.allInnerTexts();
}

/** A page that knows nothing of before shows the same. */
async function expectFreshPageAlike(page: Page): Promise<void> {
  const fresh = await visit(browser, { width: 1440 });
  await fresh.page.goto(`${line.url}${PRODUCT}`);
  await live(fresh.page);
  const wanted = await bookOf(fresh.page);
  expect(wanted.length).toBeGreaterThan(4);
  await fresh.close();
  await expectSoon(() => bookOf(page), wanted);
}

async function expectSoon<T>(read: () => Promise<T>, wanted: T): Promise<void> {
  for (
    let tries = 500;
    tries > 0 && JSON.stringify(await read()) !== JSON.stringify(wanted);
    tries--
  )
    await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await read()).toEqual(wanted);
}

test("the line is cut: said at once, the ticket asleep, and back to what happened meanwhile", async () => {
  const { page, wrongs } = visitor;
  const send = await openReview(page);
  expect(await send.isEnabled()).toBe(true);

  line.cut();
  await offline(page);
  expect(await send.isEnabled()).toBe(false);
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    expect(await seriousOf(page, `asleep, ${theme}`)).toEqual([]);
  }
  const asOf = page.getByText(/^As of \d\d:\d\d:\d\d\./).first();
  const lost = (await asOf.innerText()).slice(0, 14);
  await offer(maker, "buy", 247, 7);
  await offer(maker, "sell", 253, 3);
  await page
    .getByText(/Trying again in [2-5] s/)
    .first()
    .waitFor();
  expect((await asOf.innerText()).slice(0, 14)).toBe(lost); // old prices do not grow younger

  line.mend(exchange.url);
  await live(page);
  await expectFreshPageAlike(page);
  expect(await bookOf(page)).toContainEqual(expect.stringMatching(/7\s+\$247/));
  await expectSoon(() => send.isEnabled(), true);
  expect(wrongs).toEqual([]);
  await visitor.close();
});

test("a planned restart is called one, and everything is there afterwards", async () => {
  const { page, wrongs } = visitor;
  const send = await openReview(page);
  const stopped = exchange.stop();
  await page
    .getByText(/The exchange is restarting|No connection/)
    .filter({ visible: true })
    .first()
    .waitFor();
  expect(await send.isEnabled()).toBe(false);
  expect(await stopped).toBe(0);
  line.cut();
  await restart();
  await live(page);
  await expectFreshPageAlike(page);
  expect(wrongs).toEqual([]);
  await visitor.close();
});

test("the engine is killed: what was acknowledged is there when it comes back", async () => {
  const { page, wrongs } = visitor;
  await offer(maker, "buy", 248, 9);
  await expectSoon(async () => (await bookOf(page)).some((row) => row.includes("$248")), true);
  await exchange.kill();
  line.cut();
  await offline(page);
  await restart();
  await live(page);
  await expectFreshPageAlike(page);
  expect(await bookOf(page)).toContainEqual(expect.stringMatching(/9\s+\$248/));
  expect(wrongs).toEqual([]);
  await visitor.close();
});

async function restart(): Promise<void> {
  exchange = await startExchange(join(stage.dir, "data"));
  maker = await connectTrader(exchange.url, await makeKey(exchange, "maker"));
  line.mend(exchange.url);
}
