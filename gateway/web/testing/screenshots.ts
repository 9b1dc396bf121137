/**
 * Takes pictures of every screen at three widths in both themes, of a market that moves, for eyes to
 * look at: `node gateway/web/testing/screenshots.ts [--out DIR] [--only NAME] [--width W]`.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { startExchange, stats } from "../../../cli/testing/exchange.ts";
import { launch, NEXT_DOOR, visit } from "./browser.ts";

const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(tmpdir(), "solebook-screenshots") },
    only: { type: "string" },
    width: { type: "string" },
    theme: { type: "string" },
    /** An exchange that runs already, instead of one of our own. */
    url: { type: "string" },
  },
});

const STYLE = "DD1391-100";
const PRODUCT = `/product/${STYLE}`;
const SIZE = `${PRODUCT}?size=US-9`;
const SHOTS: Readonly<Record<string, (page: Page, url: string) => Promise<void>>> = {
  home: async (page, url) => void (await page.goto(url)),
  search: async (page, url) => {
    await page.goto(url);
    await page.getByRole("searchbox").or(page.getByRole("combobox")).first().fill("jordan 1");
  },
  "search-none": async (page, url) => {
    await page.goto(url);
    await page.getByRole("searchbox").or(page.getByRole("combobox")).first().fill("zzzz");
  },
  product: async (page, url) => void (await page.goto(`${url}${SIZE}`)),
  "product-rare": async (page, url) => void (await page.goto(`${url}/product/508214-660`)),
  bid: async (page, url) => openTicket(page, url, "Bid"),
  review: async (page, url) => {
    await openTicket(page, url, "Buy now");
    await page.getByRole("button", { name: "Review buy now" }).click();
  },
  done: async (page, url) => {
    await openTicket(page, url, "Buy now");
    await page.getByRole("button", { name: "Review buy now" }).click();
    await ticketOf(page)
      .getByRole("button", { name: /^Buy now · / })
      .click();
  },
  "my-market": async (page, url) => {
    await openTicket(page, url, "Bid");
    await page.getByRole("button", { name: "Review bid" }).click();
    await ticketOf(page)
      .getByRole("button", { name: /^Place bid · / })
      .click();
    await ticketOf(page).getByRole("link", { name: "My market" }).click();
  },
  "my-market-empty": async (page, url) => void (await page.goto(`${url}/my-market`)),
  "log-out": async (page, url) => {
    await page.goto(`${url}/my-market`);
    await page.getByRole("button", { name: "Log out" }).click();
  },
  "logged-out": async (page, url) => {
    await page.goto(`${url}/my-market`);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Log out for good" }).click();
  },
  "next-door": async (page, url) => {
    await page.goto(`${url.replace("127.0.0.1", NEXT_DOOR)}/my-market`);
  },
  "to-be-released": async (page, url) => void (await page.goto(`${url}/product/SAMPLE-01`)),
  status: async (page, url) => void (await page.goto(`${url}/status`)),
  nowhere: async (page, url) => void (await page.goto(`${url}/foo`)),
  "not-found": async (page, url) => void (await page.goto(`${url}/product/NO-SUCH`)),
};

const ticketOf = (page: Page) => page.getByRole("region", { name: /^Ticket/ });

async function openTicket(page: Page, url: string, verb: string): Promise<void> {
  await page.goto(`${url}${SIZE}`);
  await page
    .getByRole("button", { name: new RegExp(`^${verb}`) })
    .first()
    .click();
}

mkdirSync(values.out, { recursive: true });
const dir = mkdtempSync(join(tmpdir(), "solebook-shots-"));
const exchange =
  values.url === undefined ? await startExchange(dir, ["--traders-rate", "20"]) : undefined;
const url = values.url ?? exchange!.url;
if (exchange !== undefined) {
  while ((await stats(exchange)).trades_total < 900) await new Promise((r) => setTimeout(r, 250));
}
const browser = await launch();
const widths = values.width === undefined ? [390, 768, 1440] : [Number(values.width)];
const themes = (["light", "dark"] as const).filter((name) => name === (values.theme ?? name));
for (const width of widths) {
  for (const theme of themes) {
    for (const [name, go] of Object.entries(SHOTS)) {
      if (values.only !== undefined && !values.only.split(",").includes(name)) continue;
      await shoot(width, theme, name, go);
    }
  }
}
await browser.close();
await exchange?.stop();
rmSync(dir, { recursive: true, force: true });

async function shoot(
  width: number,
  theme: "light" | "dark",
  name: string,
  go: (page: Page, url: string) => Promise<void>,
): Promise<void> {
  const { page, wrongs, close } = await visit(browser, { width, theme });
  const file = join(values.out, `${name}-${width}-${theme}.png`);
  try {
    await go(page, url);
    await page.waitForTimeout(1_200);
  } catch (error) {
    wrongs.push(String(error).split("\n")[0]!);
  }
  await page.screenshot({ path: file });
  if (!/ticket|bid|review|done/.test(name)) {
    await page.screenshot({ path: file.replace(".png", "-full.png"), fullPage: true });
  }
  console.log(file, ...wrongs);
  await close();
}
