/** What is told of names that are not known: those, where they stand, and no others. */
import { expect, test } from "@jest/globals";
import { METHODS } from "../docs/methods.ts";
import { ignoredIn, writeIgnored } from "./ignored.ts";

const OP = { method: "add_order", params: { client_order_id: "a", postOnly: true } };

// Method | params | what is told
const ROWS: [string, object, string[]][] = [
  ["add_order", { qty: 1, post_only: true, group: [], validate: true }, []],
  ["add_order", { qty: 1, postOnly: true, Qty: 2 }, ["postOnly", "Qty"]],
  ["add_order", { group: [{ symbol: "A" }, { symbol: "B", qty: 2 }] }, ["group[1].qty"]],
  ["add_order", { group: "none", ops: [] }, ["ops"]],
  ["amend_order", { order_id: "0-1", quantity: 2 }, ["quantity"]],
  ["batch", { mode: "atomic", ops: [OP, null, 7] }, ["ops[0].params.postOnly"]],
  [
    "batch",
    { ops: [{ ...OP, id: 1 }], modus: "" },
    ["modus", "ops[0].id", "ops[0].params.postOnly"],
  ],
  ["batch", { ops: [{ method: "__proto__", params: { x: 1 } }] }, []],
  ["cancel_after", { timeout_s: 1, timeout: 2 }, ["timeout"]],
  ["ping", { x: 1 }, ["x"]],
  ["buy_everything", { x: 1 }, []],
  [
    "add_order",
    JSON.parse('{"__proto__":1,"constructor":2}') as object,
    ["__proto__", "constructor"],
  ],
];
test.each(ROWS)("%s %j: %j", (method, params, names) => {
  expect(ignoredIn(method, params as Record<string, unknown>)).toEqual(names);
});

test("of every method, and in no example of the documents", () => {
  for (const { name, examples } of METHODS) {
    expect([name, ignoredIn(name, { strange: 1 })]).toEqual([name, ["strange"]]);
    for (const { params } of examples) {
      expect(ignoredIn(name, params as Record<string, unknown>)).toEqual([]);
    }
  }
});

test("a bound on how much of it is repeated", () => {
  const many = Object.fromEntries(
    Array.from({ length: 500 }, (_, at) => [`${at} ${"x".repeat(500)}`, 1]),
  );
  const names = ignoredIn("add_order", many);
  expect(names).toHaveLength(16);
  expect(Math.max(...names.map(({ length }) => length))).toBe(64);
  expect(writeIgnored(['a"b'])).toBe(',"ignored":["a\\"b"]');
  expect(writeIgnored([])).toBe("");
});
