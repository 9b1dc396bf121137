// The example of driving the core from outside runs, and says what its comments promise.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

test("the example runs", () => {
  const example = fileURLToPath(new URL("./example.ts", import.meta.url));
  const flags = ["--disable-warning=ExperimentalWarning", example];
  const lines = execFileSync(process.execPath, flags, { encoding: "utf8" }).trim().split("\n");
  expect(lines.filter((line) => !line.startsWith("state hash"))).toEqual([
    "INSTRUMENT_LISTED: 0 at 0 ticks, public number 1",
    "ACCOUNT_SET: 0 at 0 ticks, public number 0",
    "ACCOUNT_SET: 0 at 0 ticks, public number 0",
    "ACCEPTED: 2 at 241 ticks, public number 0",
    "RESTED: 2 at 241 ticks, public number 2",
    "ACCEPTED: 1 at 245 ticks, public number 0",
    "TRADE: 1 at 241 ticks, public number 3",
    'left in the book: [{"priceTicks":241,"quantity":1,"orders":1}]',
    "bare book: 1 at 241 ticks",
    "bare book: 0 levels of asks are left",
  ]);
  expect(lines.some((line) => /^state hash [0-9a-f]{16}$/.test(line))).toBe(true);
});
