// What a ticket's lines are called: the rate where it decided, and what decided where it did not.
import { expect, test } from "@jest/globals";
import type { QuoteLine } from "./quote.ts";
import { lineWords } from "./words.ts";

// line | pairs | words
const ROWS: [Omit<QuoteLine, "amount">, number, string][] = [
  [{ code: "price", rate_bp: null }, 1, "Price"],
  [{ code: "price", rate_bp: null }, 2, "Price, 2 pairs"],
  [{ code: "processing", rate_bp: 400 }, 1, "Processing (4\u00a0%)"],
  [{ code: "processing", rate_bp: 400, applied: "minimum" }, 1, "Processing (least fee)"],
  [{ code: "transaction", rate_bp: 850 }, 1, "Transaction fee (8.5\u00a0%)"],
  [{ code: "transaction", rate_bp: 900, applied: "minimum" }, 1, "Transaction fee (least fee)"],
  [{ code: "transaction", rate_bp: 900, applied: "cap" }, 1, "Transaction fee (no more is left)"],
  [{ code: "shipping", rate_bp: null }, 1, "Shipping"],
  [{ code: "tax", rate_bp: 0 }, 1, "Tax, none charged here"],
];
test.each(ROWS)("%p for %i", (line, pairs, words) => {
  expect(lineWords({ ...line, amount: "1.00" }, pairs)).toBe(words);
});
