// A conversation with the core, line by line: what goes in stands left, what comes out right.
import { expect, test } from "@jest/globals";
import { makeSession } from "../match/session.ts";

const NOTHING = `"trades":[],"rests":0,"canceled":0,"stpCanceled":[]`;
const done = (trades: string, rests: number, canceled: number, stpCanceled = ""): string =>
  `{"ok":true,"trades":[${trades}],"rests":${rests},"canceled":${canceled},"stpCanceled":[${stpCanceled}]}`;
const refused = (code: string): string => `{"ok":false,"code":"${code}",${NOTHING}}`;

/** Each pair is a line and its answer. */
function check(rows: readonly (readonly [line: string, answer: string])[]): void {
  const session = makeSession();
  const answers = rows.map(([line], index) => session.answer(line, index + 1));
  expect(rows.map(([line], index) => [line, answers[index]])).toEqual(
    rows.map(([line, answer]) => [line, `${answer}\n`]),
  );
}

test("orders rest, trade at the maker's price, oldest first, and the rest stays", () => {
  check([
    [`{"op":"limit","id":"a","side":"buy","px":90,"qty":10}`, done("", 10, 0)],
    [`{"op":"limit","id":"b","side":"buy","px":91,"qty":2}`, done("", 2, 0)],
    [`{"op":"limit","id":"c","side":"buy","px":90,"qty":3}`, done("", 3, 0)],
    [
      `{"op":"limit","id":"d","side":"sell","px":90,"qty":13}`,
      done(`["b",91,2],["a",90,10],["c",90,1]`, 0, 0),
    ],
    [`{"op":"order","id":"c"}`, `{"open":2,"px":90,"side":"buy"}`],
    [`{"op":"order","id":"a"}`, `{"open":null}`],
    [`{"op":"limit","id":"e","side":"sell","px":90,"qty":5}`, done(`["c",90,2]`, 3, 0)],
    [`{"op":"book"}`, `{"bids":[],"asks":[[90,3,1]]}`],
  ]);
});

test("market, IOC and FOK never rest; a post-only never trades", () => {
  check([
    [`{"op":"limit","id":"a","side":"sell","px":100,"qty":5}`, done("", 5, 0)],
    [`{"op":"limit","id":"b","side":"sell","px":2000000000,"qty":5}`, done("", 5, 0)],
    [
      `{"op":"limit","id":"i","side":"buy","px":100,"qty":7,"tif":"IOC"}`,
      done(`["a",100,5]`, 0, 2),
    ],
    [
      `{"op":"limit","id":"f","side":"buy","px":2000000000,"qty":6,"tif":"FOK"}`,
      `{"ok":false,"code":"FOK_NOT_FILLABLE","trades":[],"rests":0,"canceled":6,"stpCanceled":[]}`,
    ],
    [
      `{"op":"limit","id":"f","side":"buy","px":2000000000,"qty":1,"tif":"FOK"}`,
      done(`["b",2000000000,1]`, 0, 0),
    ],
    [
      `{"op":"limit","id":"p","side":"buy","px":2000000000,"qty":1,"postOnly":true}`,
      refused("ORDER_WOULD_CROSS"),
    ],
    [
      `{"op":"limit","id":"p","side":"buy","px":1999999999,"qty":1,"postOnly":true}`,
      done("", 1, 0),
    ],
    [`{"op":"market","id":"m","side":"buy","qty":9}`, done(`["b",2000000000,4]`, 0, 5)],
    [`{"op":"market","id":"m","side":"buy","qty":9}`, done("", 0, 9)],
  ]);
});

test("an id is its order's while that rests, and free afterwards", () => {
  check([
    [`{"op":"limit","id":"a","side":"buy","px":9,"qty":1}`, done("", 1, 0)],
    [`{"op":"limit","id":"a","side":"buy","px":9,"qty":1}`, refused("CLIENT_ORDER_ID_REUSED")],
    [`{"op":"limit","id":"a","side":"sell","px":9,"qty":1}`, refused("CLIENT_ORDER_ID_REUSED")],
    [`{"op":"cancel","id":"a"}`, done("", 0, 1)],
    [`{"op":"cancel","id":"a"}`, refused("UNKNOWN_ORDER")],
    [`{"op":"limit","id":"a","side":"sell","px":9,"qty":1}`, done("", 1, 0)],
    [`{"op":"limit","id":"b","side":"buy","px":9,"qty":1}`, done(`["a",9,1]`, 0, 0)],
    [`{"op":"limit","id":"a","side":"buy","px":9,"qty":1}`, done("", 1, 0)],
    [`{"op":"order","id":"a"}`, `{"open":1,"px":9,"side":"buy"}`],
  ]);
});

test("a replaced quantity is what shall be open; less keeps its place, more or elsewhere loses it", () => {
  check([
    [`{"op":"limit","id":"a","side":"buy","px":90,"qty":10}`, done("", 10, 0)],
    [`{"op":"limit","id":"b","side":"buy","px":90,"qty":10}`, done("", 10, 0)],
    [`{"op":"limit","id":"s","side":"sell","px":90,"qty":4}`, done(`["a",90,4]`, 0, 0)],
    [`{"op":"replace","id":"a","qty":5}`, done("", 5, 0)],
    [`{"op":"limit","id":"s","side":"sell","px":90,"qty":1}`, done(`["a",90,1]`, 0, 0)],
    [`{"op":"replace","id":"a","qty":6}`, done("", 6, 0)],
    [
      `{"op":"limit","id":"s","side":"sell","px":90,"qty":11}`,
      done(`["b",90,10],["a",90,1]`, 0, 0),
    ],
    [`{"op":"limit","id":"s","side":"sell","px":95,"qty":3}`, done("", 3, 0)],
    [`{"op":"replace","id":"a","px":96}`, done(`["s",95,3]`, 2, 0)],
    [
      `{"op":"replace","id":"a","px":0}`,
      `{"ok":false,"code":"PRICE_OUT_OF_RANGE","trades":[],"rests":2,"canceled":0,"stpCanceled":[]}`,
    ],
    [
      `{"op":"replace","id":"a","qty":0}`,
      `{"ok":false,"code":"QUANTITY_TOO_SMALL","trades":[],"rests":2,"canceled":0,"stpCanceled":[]}`,
    ],
    [`{"op":"replace","id":"a","qty":2147483647}`, done("", 2147483647, 0)],
    [`{"op":"book"}`, `{"bids":[[96,2147483647,1]],"asks":[]}`],
    [`{"op":"replace","id":"nobody","qty":1}`, refused("UNKNOWN_ORDER")],
  ]);
});

test("reduce keeps the place, removes at the end, and refuses nothing and less", () => {
  check([
    [`{"op":"limit","id":"a","side":"sell","px":10,"qty":10}`, done("", 10, 0)],
    [`{"op":"limit","id":"b","side":"sell","px":10,"qty":10}`, done("", 10, 0)],
    [`{"op":"reduce","id":"a","by":4}`, done("", 6, 4)],
    [
      `{"op":"limit","id":"t","side":"buy","px":10,"qty":7,"tif":"IOC"}`,
      done(`["a",10,6],["b",10,1]`, 0, 0),
    ],
    [
      `{"op":"reduce","id":"b","by":0}`,
      `{"ok":false,"code":"QUANTITY_TOO_SMALL","trades":[],"rests":9,"canceled":0,"stpCanceled":[]}`,
    ],
    [
      `{"op":"reduce","id":"b","by":-3000000000}`,
      `{"ok":false,"code":"QUANTITY_TOO_SMALL","trades":[],"rests":9,"canceled":0,"stpCanceled":[]}`,
    ],
    [`{"op":"reduce","id":"b","by":9000000000}`, done("", 0, 9)],
    [`{"op":"book"}`, `{"bids":[],"asks":[]}`],
  ]);
});

test("accounts: own orders are met as told, and only their owner touches them", () => {
  check([
    [`{"op":"limit","id":"a","side":"sell","px":10,"qty":1,"account":"7"}`, done("", 1, 0)],
    [
      `{"op":"cancel","id":"a","account":"8"}`,
      `{"ok":false,"code":"UNKNOWN_ORDER","trades":[],"rests":1,"canceled":0,"stpCanceled":[]}`,
    ],
    [
      `{"op":"replace","id":"a","px":9,"account":"8"}`,
      `{"ok":false,"code":"UNKNOWN_ORDER","trades":[],"rests":1,"canceled":0,"stpCanceled":[]}`,
    ],
    [
      `{"op":"limit","id":"n","side":"buy","px":10,"qty":1,"stp":"expire-both"}`,
      done(`["a",10,1]`, 0, 0),
    ],
    [`{"op":"limit","id":"a","side":"sell","px":10,"qty":1,"account":"7"}`, done("", 1, 0)],
    [`{"op":"limit","id":"b","side":"sell","px":11,"qty":2,"account":"8"}`, done("", 2, 0)],
    [
      `{"op":"limit","id":"t","side":"buy","px":11,"qty":1,"account":"7","stp":"expire-taker"}`,
      done("", 0, 1),
    ],
    [
      `{"op":"limit","id":"t","side":"buy","px":11,"qty":1,"account":"7","stp":"expire-maker"}`,
      done(`["b",11,1]`, 0, 0, `"a"`),
    ],
    [
      `{"op":"limit","id":"t","side":"buy","px":11,"qty":2,"account":"8","stp":"expire-both"}`,
      done("", 0, 2, `"b"`),
    ],
    [`{"op":"book"}`, `{"bids":[],"asks":[]}`],
    [`{"op":"limit","id":"n","side":"sell","px":5,"qty":1}`, done("", 1, 0)],
    [
      `{"op":"limit","id":"m","side":"buy","px":5,"qty":1,"stp":"expire-taker"}`,
      done(`["n",5,1]`, 0, 0),
    ],
    [`{"op":"limit","id":"x","side":"sell","px":5,"qty":1}`, done("", 1, 0)],
    [
      `{"op":"cancel","id":"x","account":"7"}`,
      `{"ok":false,"code":"UNKNOWN_ORDER","trades":[],"rests":1,"canceled":0,"stpCanceled":[]}`,
    ],
  ]);
});

test("books are apart, ids are not; reset empties all of them", () => {
  check([
    [`{"op":"limit","id":"a","side":"sell","px":10,"qty":1,"book":"x"}`, done("", 1, 0)],
    [`{"op":"limit","id":"b","side":"buy","px":10,"qty":1,"book":"y"}`, done("", 1, 0)],
    [
      `{"op":"limit","id":"a","side":"buy","px":10,"qty":1,"book":"y"}`,
      refused("CLIENT_ORDER_ID_REUSED"),
    ],
    [`{"op":"book","book":"x","depth":5}`, `{"bids":[],"asks":[[10,1,1]]}`],
    [`{"op":"book","book":"nowhere"}`, `{"bids":[],"asks":[]}`],
    [`{"op":"cancel","id":"a","book":"y"}`, refused("UNKNOWN_ORDER")],
    [`{"op":"cancel","id":"a"}`, done("", 0, 1)],
    [`{"op":"reset"}`, `{"ok":true}`],
    [`{"op":"order","id":"b"}`, `{"open":null}`],
    [`{"op":"limit","id":"b","side":"buy","px":10,"qty":1,"book":"y"}`, done("", 1, 0)],
  ]);
});

test("numbers an order cannot have are refused, and change nothing", () => {
  check([
    [`{"op":"limit","id":"a","side":"buy","px":0,"qty":1}`, refused("PRICE_OUT_OF_RANGE")],
    [`{"op":"limit","id":"a","side":"buy","px":-1,"qty":1}`, refused("PRICE_OUT_OF_RANGE")],
    [`{"op":"limit","id":"a","side":"buy","px":2147483648,"qty":1}`, refused("PRICE_OUT_OF_RANGE")],
    [`{"op":"limit","id":"a","side":"buy","px":1,"qty":0}`, refused("QUANTITY_TOO_SMALL")],
    [`{"op":"limit","id":"a","side":"buy","px":1,"qty":-5}`, refused("QUANTITY_TOO_SMALL")],
    [`{"op":"limit","id":"a","side":"buy","px":1,"qty":2147483648}`, refused("QUANTITY_TOO_LARGE")],
    [`{"op":"market","id":"a","side":"buy","qty":0}`, refused("QUANTITY_TOO_SMALL")],
    [
      `{"op":"limit","id":"a","side":"sell","px":2147483647,"qty":2147483647}`,
      done("", 2147483647, 0),
    ],
    [
      `{"op":"limit","id":"b","side":"sell","px":2147483647,"qty":2147483647}`,
      done("", 2147483647, 0),
    ],
    [`{"op":"book"}`, `{"bids":[],"asks":[[2147483647,4294967294,2]]}`],
  ]);
});

const malformed = (line: number, message: string): string =>
  JSON.stringify({ ok: false, code: "MALFORMED", line, message });

test("a line that is no command is named by its number, and the stream goes on", () => {
  check([
    ["", malformed(1, "not JSON")],
    [`{"op":"limit"`, malformed(2, "not JSON")],
    ["17", malformed(3, "not an object")],
    ["[]", malformed(4, "not an object")],
    ["{}", malformed(5, "op is missing")],
    [
      `{"op":"buy"}`,
      malformed(6, "op is one of limit, market, cancel, reduce, replace, book, order, reset"),
    ],
    [`{"op":"limit","side":"buy","px":1,"qty":1}`, malformed(7, "id is missing")],
    [
      `{"op":"limit","id":"","side":"buy","px":1,"qty":1}`,
      malformed(8, "id is a string of 1 to 256 characters"),
    ],
    [
      `{"op":"limit","id":"a","side":"bid","px":1,"qty":1}`,
      malformed(9, "side is one of buy, sell"),
    ],
    [
      `{"op":"limit","id":"a","side":"buy","px":1.5,"qty":1}`,
      malformed(10, "px is a whole number"),
    ],
    [
      `{"op":"limit","id":"a","side":"buy","px":1,"qty":"1"}`,
      malformed(11, "qty is a whole number"),
    ],
    [
      `{"op":"limit","id":"a","side":"buy","px":1,"qty":1,"tif":"GTD"}`,
      malformed(12, "tif is one of GTC, IOC, FOK"),
    ],
    [`{"op":"replace","id":"a"}`, malformed(13, "replace takes px, qty or both")],
    [
      `{"op":"__proto__"}`,
      malformed(14, "op is one of limit, market, cancel, reduce, replace, book, order, reset"),
    ],
    [`{"op":"limit","id":"\\"q\\\\","side":"buy","px":1,"qty":1}`, done("", 1, 0)],
    [`{"op":"market","id":"m","side":"sell","qty":1}`, done(`["\\"q\\\\",1,1]`, 0, 0)],
  ]);
});

test.each([
  [`"op":"market"`, "postOnly does not go with market"],
  [`"op":"limit","px":9,"tif":"IOC"`, "postOnly does not go with IOC"],
  [`"op":"limit","px":9,"tif":"FOK"`, "postOnly does not go with FOK"],
])("an order that must trade at once and must not is refused: %s", (words, message) => {
  const order = (postOnly: string): string =>
    `{${words},"id":"t","side":"buy","qty":1,"postOnly":${postOnly}}`;
  check([
    [`{"op":"limit","id":"a","side":"sell","px":9,"qty":1}`, done("", 1, 0)],
    [order("true"), malformed(2, message)],
    [order(`"yes"`), malformed(3, "postOnly is true or false")],
    [order("false"), done(`["a",9,1]`, 0, 0)],
  ]);
});

/** A book with more makers than one command of the core may meet: one unit each, two to a price. */
function deepBook(makers: number, account = "deep"): ReturnType<typeof makeSession> {
  const session = makeSession();
  for (let n = 0; n < makers; n++) {
    const px = 100 + (n >> 1);
    session.answer(
      `{"op":"limit","id":"m${n}","side":"sell","px":${px},"qty":1,"account":"${account}"}`,
      n,
    );
  }
  return session;
}

interface StepAnswer {
  readonly ok: boolean;
  readonly trades: readonly (readonly [string, number, number])[];
  readonly rests: number;
  readonly canceled: number;
  readonly stpCanceled: readonly string[];
}

/** How many makers were met, in order from m0 on, and what is left. */
function outcomeOf(session: ReturnType<typeof makeSession>, line: string): object {
  const answer = JSON.parse(session.answer(line, 0)) as StepAnswer;
  const { ok, trades, rests, canceled, stpCanceled } = answer;
  const inOrder = trades.every(([id, px], n) => id === `m${n}` && px === 100 + (n >> 1));
  return { ok, trades: trades.length, inOrder, rests, canceled, stpCanceled: stpCanceled.length };
}

const MAKERS = 1_000; // the core's bound is 256
const deep = [
  [`"limit","side":"buy","px":9999,"qty":1200`, { trades: 1_000, rests: 200, canceled: 0 }],
  [`"limit","side":"buy","px":349,"qty":1200`, { trades: 500, rests: 700, canceled: 0 }],
  [
    `"limit","side":"buy","px":9999,"qty":1200,"tif":"IOC"`,
    { trades: 1_000, rests: 0, canceled: 200 },
  ],
  [`"market","side":"buy","qty":900`, { trades: 900, rests: 0, canceled: 0 }],
  [
    `"limit","side":"buy","px":9999,"qty":1000,"tif":"FOK"`,
    { trades: 1_000, rests: 0, canceled: 0 },
  ],
  [
    `"limit","side":"buy","px":9999,"qty":1001,"tif":"FOK"`,
    { ok: false, trades: 0, rests: 0, canceled: 1_001 },
  ],
  [
    `"limit","side":"buy","px":349,"qty":501,"tif":"FOK"`,
    { ok: false, trades: 0, rests: 0, canceled: 501 },
  ],
  [
    `"limit","side":"buy","px":349,"qty":500,"tif":"FOK","account":"other","stp":"expire-maker"`,
    { trades: 500, rests: 0, canceled: 0 },
  ],
  [
    `"limit","side":"buy","px":9999,"qty":300,"account":"deep","stp":"expire-maker"`,
    { trades: 0, rests: 300, canceled: 0, stpCanceled: 1_000 },
  ],
  [
    `"limit","side":"buy","px":9999,"qty":300,"tif":"FOK","account":"deep","stp":"expire-maker"`,
    { ok: false, trades: 0, rests: 0, canceled: 300 },
  ],
] as const;

test.each(deep)("one step meets any number of makers: %s", (words, expected) => {
  const line = `{"id":"taker","op":${words}}`;
  expect(outcomeOf(deepBook(MAKERS), line)).toEqual({
    ok: true,
    inOrder: true,
    stpCanceled: 0,
    ...expected,
  });
});

test("a replace that crosses meets any number of makers, too", () => {
  const session = deepBook(MAKERS);
  session.answer(`{"op":"limit","id":"taker","side":"buy","px":1,"qty":1100}`, 0);
  const met = outcomeOf(session, `{"op":"replace","id":"taker","px":9999}`);
  expect(met).toMatchObject({ ok: true, trades: 1_000, inOrder: true, rests: 100, canceled: 0 });
  expect(session.answer(`{"op":"replace","id":"taker","qty":50}`, 0)).toBe(`${done("", 50, 0)}\n`);
});

test("an all-or-none counts others' orders only, behind its own ones as well", () => {
  const session = deepBook(300, "own");
  for (let n = 0; n < 5; n++) {
    session.answer(`{"op":"limit","id":"x${n}","side":"sell","px":5000,"qty":1}`, 0);
  }
  const fok = (qty: number): string =>
    `{"op":"limit","id":"t","side":"buy","px":5000,"qty":${qty},"tif":"FOK","account":"own","stp":"expire-maker"}`;
  expect(outcomeOf(session, fok(6))).toMatchObject({ ok: false, canceled: 6 });
  expect(outcomeOf(session, fok(5))).toMatchObject({ ok: true, trades: 5, stpCanceled: 300 });
});

test("the summary's sums are exact beyond 2^53", () => {
  const session = makeSession();
  for (let n = 0; n < 3; n++) {
    session.answer(`{"op":"limit","id":"a","side":"sell","px":2147483647,"qty":4000000}`, 0);
    session.answer(`{"op":"market","id":"b","side":"buy","qty":4000000}`, 0);
  }
  session.answer("?", 7);
  const hash = (JSON.parse(session.summary()) as { state_hash: string }).state_hash;
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  expect(session.summary()).toBe(
    `{"commands":6,"malformed":1,"trades":3,"qty":12000000,"qty_px":25769803764000000,"state_hash":"${hash}"}\n`,
  );
});
