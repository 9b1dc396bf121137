/**
 * A real browser for tests of the page: Chromium as the system has it, without a screen. Every page it
 * opens keeps a list of what went wrong on it, so that no test passes over an error nobody looked at.
 */
import { AxeBuilder } from "@axe-core/playwright";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Fails where there is no browser: what was not looked at has not been tested. */
function findChromium(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const name of NAMES) {
    const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) return found;
  }
  throw new Error(
    "The tests of the page need a Chromium in PATH, and there is none of " +
      `${NAMES.join(", ")}. On Debian or Ubuntu: apt-get install chromium`,
  );
}

/** To it, this name is this machine; but not one of loopback, as a machine next door is not. */
export const NEXT_DOOR = "exchange.example";

export function launch(): Promise<Browser> {
  const args = [...FLAGS, `--host-resolver-rules=MAP ${NEXT_DOOR} 127.0.0.1`];
  return chromium.launch({ executablePath: findChromium(), args });
}

export interface Look {
  readonly width: number;
  readonly theme?: "light" | "dark";
}

export interface Visit {
  readonly page: Page;
  /** Errors on the console, uncaught ones, refused by the content security policy. */
  readonly wrongs: string[];
  close(): Promise<void>;
}

const HEIGHTS: Record<number, number> = { 390: 844, 768: 1024 };

/** A browser of its own: no cookie of another visit, reduced motion, so that pictures hold still. */
export async function visit(browser: Browser, { width, theme = "light" }: Look): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width, height: HEIGHTS[width] ?? 900 },
    hasTouch: width < 600,
    colorScheme: theme,
    reducedMotion: "reduce",
    locale: "en-US",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(50_000);
  const wrongs: string[] = [];
  page.on("pageerror", (error) => wrongs.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !isLostLine(message.text())) wrongs.push(message.text());
  });
  return { page, wrongs, close: () => context.close() };
}

/** What the browser itself says of a server that is away, which tests bring about on purpose. */
function isLostLine(text: string): boolean {
  return /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|WebSocket connection to/.test(text);
}

/**
 * What axe finds that keeps somebody from using the page; `where` is put before each. In its legacy
 * mode: the other one puts the parts of frames together on a page of its own, and there are no frames.
 */
export async function seriousOf(page: Page, where: string): Promise<string[]> {
  if (page.frames().length > 1) throw new Error(`${where}: a frame, which nobody looks into`);
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${where}: ${id} ${nodes.map(({ html }) => html).join(" ")}`);
}
