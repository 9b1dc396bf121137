/** What is read by a schema: the first wrong thing is named in its own words, the unknown is left out. */
import { describe, expect, test } from "@jest/globals";
import { ProductBody } from "./admin.ts";
import { queryReader, reader } from "./read.ts";
import { CancelAfterParams, LogonParams, SubscribeParams } from "./requests.ts";
import { SearchQuery } from "./rest.ts";

const SHOE = {
  style: "DZ5485-612",
  brand: "Jordan",
  model: "Air Jordan 1",
  retail_price: "180.00",
  release_date: "2022-11-19",
  sizes: ["US-9"],
};

// form | what is sent | param, sentence or code
const WRONG: [string, Parameters<typeof reader>[0], object, string, string][] = [
  ["nothing at all", LogonParams, {}, "key", "key is a text."],
  ["the second wrong of two", LogonParams, { key: "a", signature: 1 }, "timestamp", "timestamp is"],
  ["a wrong word", SubscribeParams, { channel: "gossip" }, "channel", "UNKNOWN_CHANNEL"],
  ["an inherited word", SubscribeParams, { channel: "toString" }, "channel", "UNKNOWN_CHANNEL"],
  ["no list", SubscribeParams, { channel: "book", symbols: "x" }, "symbols", "at least one symbol"],
  ["wrong items", SubscribeParams, { channel: "book", symbols: [1] }, "symbols", "list of texts"],
  ["too much", CancelAfterParams, { timeout_s: 1e9 }, "timeout_s", "seconds up to 3540"],
  ["null", CancelAfterParams, { timeout_s: null }, "timeout_s", "seconds up to 3540"],
  [
    "a day that is not",
    ProductBody,
    { ...SHOE, release_date: "2015-02-30" },
    "release_date",
    "date",
  ],
  ["no sizes", ProductBody, { ...SHOE, sizes: [] }, "sizes", "a list of 1 to 200"],
  ["one wrong size", ProductBody, { ...SHOE, sizes: ["US-9", "9"] }, "sizes", "such as US-10.5"],
  ["half a band", ProductBody, { ...SHOE, band: { low: "1.00" } }, "band.high", "band.high is a d"],
  ["no band", ProductBody, { ...SHOE, band: 7 }, "band", "band is null or an object"],
  ["two colours", ProductBody, { ...SHOE, colours: ["#ffffff", "#000000"] }, "colours", "of three"],
  ["three, one is none", ProductBody, { ...SHOE, colours: [1, 2, 3] }, "colours", "of three"],
  ["a tick of zero", ProductBody, { ...SHOE, tick: "0.00" }, "tick", "above zero"],
];

test.each(WRONG)("%s", (_what, form, sent, param, says) => {
  const read = reader(form)(sent as Record<string, unknown>);
  expect(read).toMatchObject({ problem: { param } });
  expect(JSON.stringify(read)).toContain(says);
});

describe("what is taken", () => {
  test("unknown fields are left out, and a null that means something stays", () => {
    const read = reader(ProductBody)({ ...SHOE, band: null, code: "VALIDATION", admin: true });
    expect(read).toEqual({ value: { ...SHOE, band: null } });
  });

  test("nothing is inherited", () => {
    const sent = Object.create({ key: "k", timestamp: "t", signature: "s" }) as object;
    expect(reader(LogonParams)({ ...sent })).toMatchObject({ problem: { param: "key" } });
    expect(reader(LogonParams)(sent as Record<string, unknown>)).toMatchObject({
      problem: { param: "key" },
    });
  });

  test.each([
    ["limit=7&q=dunk", { value: { limit: 7, q: "dunk" } }],
    ["", { value: {} }],
    ["limit=", { problem: { param: "limit", message: expect.stringContaining("from 1 to 100") } }],
    ["limit=1.5", { problem: { param: "limit" } }],
    ["limit=101", { problem: { param: "limit" } }],
    [`q=${"a".repeat(101)}`, { problem: { param: "q" } }],
  ])("the query %s", (query, read) => {
    expect(queryReader(SearchQuery)(new URLSearchParams(query))).toMatchObject(read);
  });
});
