// Exactly once: client order ids, deadlines, and what is remembered for how long.
import { describe, expect, test } from "@jest/globals";
import { CommandType } from "./codes.ts";
import { makeIds } from "./ids.ts";
import { makeOrders, ON_WHEEL, ORDER_WORDS, OrderI32, withStatus } from "./orders.ts";
import { makeDay } from "./testing/day.ts";
import { BOTH_BOOKS } from "./testing/driver.ts";

const DAYS: Readonly<Record<string, string>> = {
  "a place sent again gets its first answer, as the order stands now": `
    at 10
    place A1 ask 3 @ 250              -> accepted, rested 3
    place A1 ask 3 @ 250              -> accepted again OPEN 3 open 3 filled 0
    place B1 bid 1 @ 250              -> accepted, trade A1 B1 1 @ 250
    place A1 ask 3 @ 250              -> accepted again OPEN 3 open 2 filled 1
    cancel A1                         -> cancelled 2
    place A1 ask 3 @ 250              -> accepted again CANCELLED 3 open 0 filled 1
    place B1 bid 1 @ 250              -> accepted again FILLED 1 open 0 filled 1
    book                              -> - | -`,

  "with any other parameter it is another order, and refused": `
    place A1 ask 3 @ 250              -> accepted, rested 3
    place A1 ask 3 @ 251              -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 4 @ 250              -> rejected CLIENT_ORDER_ID_REUSED
    place A1 bid 3 @ 250              -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 3 @ 250 on 2         -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 3 @ 250 ioc          -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 3 @ 250 type 2       -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 3 @ 250 post         -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 3 @ 250 stp decrement -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 3 @ 250 expires 99   -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 3 @ 250 tag 1        -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 3 @ 250 deadline 99  -> accepted again OPEN 3 open 3 filled 0`,

  "ids are an account's own": `
    place A1 ask 3 @ 250              -> accepted, rested 3
    place A1 ask 3 @ 251 account B    -> accepted, rested 3
    cancel A1                         -> cancelled 3
    book                              -> - | 3/1@251`,

  "a refusal is remembered like an acceptance": `
    place A1 ask 0 @ 250              -> rejected QUANTITY_TOO_SMALL
    place A1 ask 0 @ 250              -> rejected again QUANTITY_TOO_SMALL
    place A1 ask 1 @ 250              -> rejected CLIENT_ORDER_ID_REUSED
    status A1                         -> status REJECTED 0 open 0 filled 0
    place B1 bid 1 @ 250 fok          -> rejected FOK_NOT_FILLABLE
    place A2 ask 1 @ 250              -> accepted, rested 1
    place B1 bid 1 @ 250 fok          -> rejected again FOK_NOT_FILLABLE`,

  "after its deadline a place is refused, forgotten or never seen": `
    at 10
    place A1 ask 3 @ 250 ioc deadline 11  -> accepted, cancelled 3 IMMEDIATE_REMAINDER
    at 11
    place A1 ask 3 @ 250 ioc deadline 11  -> accepted again CANCELLED 3 open 0 filled 0
    place A3 ask 3 @ 250 ioc deadline 11  -> accepted, cancelled 3 IMMEDIATE_REMAINDER
    at 11.000001
    place A1 ask 3 @ 250 ioc deadline 11  -> rejected DEADLINE_PASSED
    place A2 ask 3 @ 250 ioc deadline 11  -> rejected DEADLINE_PASSED
    status A1                             -> rejected UNKNOWN_CLIENT_ORDER_ID
    place A1 ask 4 @ 251 deadline 12      -> accepted, rested 4`,

  "while its order rests an id is remembered, deadline or not": `
    at 10
    place A1 ask 3 @ 250 deadline 11  -> accepted, rested 3
    at 5000
    place A1 ask 3 @ 250 deadline 11  -> accepted again OPEN 3 open 3 filled 0
    status A1                         -> status OPEN 3 open 3 filled 0
    cancel A1                         -> cancelled 3
    place A1 ask 3 @ 250 deadline 11  -> rejected DEADLINE_PASSED
    status A1                         -> rejected UNKNOWN_CLIENT_ORDER_ID`,

  "a later deadline counts also when the first one passed while the order rested": `
    at 10
    place A1 ask 3 @ 250 deadline 11  -> accepted, rested 3
    at 5000
    clock                             -> nothing
    place A1 ask 3 @ 250 deadline 5010 -> accepted again OPEN 3 open 3 filled 0
    cancel A1                         -> cancelled 3
    at 5010
    status A1                         -> status CANCELLED 3 open 0 filled 0
    at 5010.000001
    status A1                         -> rejected UNKNOWN_CLIENT_ORDER_ID`,

  "an order that has lapsed rests no longer, also for its id": `
    at 10
    place A1 ask 3 @ 250 gtd 20 deadline 11 -> accepted, rested 3
    at 20
    place A1 ask 3 @ 250 gtd 20 deadline 11 -> expired 3, rejected DEADLINE_PASSED`,

  "no deadline is a deadline in 60 seconds": `
    at 10
    place A1 ask 3 @ 250 ioc          -> accepted, cancelled 3 IMMEDIATE_REMAINDER
    at 70
    status A1                         -> status CANCELLED 3 open 0 filled 0
    at 70.000001
    status A1                         -> rejected UNKNOWN_CLIENT_ORDER_ID`,

  "a copy with a later deadline is remembered until then": `
    at 10
    place A1 ask 3 @ 250 ioc deadline 20 -> accepted, cancelled 3 IMMEDIATE_REMAINDER
    place A1 ask 3 @ 250 ioc deadline 90 -> accepted again CANCELLED 3 open 0 filled 0
    place A1 ask 3 @ 250 ioc deadline 15 -> accepted again CANCELLED 3 open 0 filled 0
    at 90
    place A1 ask 3 @ 250 ioc deadline 20 -> accepted again CANCELLED 3 open 0 filled 0
    place A1 ask 3 @ 250 ioc             -> accepted again CANCELLED 3 open 0 filled 0
    at 150
    status A1                            -> status CANCELLED 3 open 0 filled 0
    place A1 ask 3 @ 250 ioc deadline 9999 -> accepted again CANCELLED 3 open 0 filled 0
    at 150.000001
    status A1                            -> rejected UNKNOWN_CLIENT_ORDER_ID`,

  "a deadline is at most an hour ahead": `
    at 10
    place A1 ask 3 @ 250 deadline 3610.000001 -> rejected DEADLINE_TOO_FAR
    place A1 ask 3 @ 250 deadline 3610        -> accepted, rested 3
    place A2 ask 3 @ 250 deadline noon        -> rejected DEADLINE_TOO_FAR
    place A2 ask 3 @ 250 deadline -9000000000 -> rejected DEADLINE_PASSED`,

  "status asks for an id": `
    status A1 id none                 -> rejected CLIENT_ORDER_ID_MISSING
    status A1 account Z               -> rejected UNKNOWN_ACCOUNT
    status A1                         -> rejected UNKNOWN_CLIENT_ORDER_ID
    place A1 ask 3 @ 250 id none      -> rejected CLIENT_ORDER_ID_MISSING`,
};

describe.each(BOTH_BOOKS)("client order ids, %s book", (book) => {
  test.each(Object.keys(DAYS))("%s", (name) => {
    makeDay(book).check(DAYS[name]!);
  });

  test("a full table refuses by name, forgets nothing early, and finds room again", () => {
    const day = makeDay(book, { idsMax: 3 });
    day.check(`
      at 10
      place A1 ask 1 @ 250 deadline 20     -> accepted, rested 1
      place A2 ask 1 @ 250 ioc deadline 20 -> accepted, cancelled 1 IMMEDIATE_REMAINDER
      place A3 ask 1 @ 250 ioc deadline 30 -> accepted, cancelled 1 IMMEDIATE_REMAINDER
      place A4 ask 1 @ 250                 -> rejected ID_TABLE_FULL
      place A2 ask 1 @ 250 ioc deadline 20 -> accepted again CANCELLED 1 open 0 filled 0
      at 21
      place A2 ask 1 @ 250 deadline 30     -> accepted, rested 1
      place A4 ask 1 @ 250                 -> rejected ID_TABLE_FULL
      at 31
      place A4 ask 1 @ 250                 -> accepted, rested 1
      place A5 ask 1 @ 250                 -> rejected ID_TABLE_FULL
      cancel A1                            -> cancelled 1
      place A5 ask 1 @ 250                 -> accepted, rested 1
      book                                 -> - | 3/3@250`);
  });

  test("what is over is swept, hour after hour", () => {
    const day = makeDay(book, { idsMax: 50 });
    for (let n = 0; n < 2_000; n++) {
      day.check(`at ${10 + n * 97}
        place A${n} ask 1 @ 250 ioc deadline ${10 + n * 97 + 3600} -> accepted,
          then cancelled 1 IMMEDIATE_REMAINDER`);
    }
  });

  test("the table holds ids through a sweep of mixed fates", () => {
    const day = makeDay(book, { idsMax: 400 });
    for (let n = 0; n < 300; n++) day.check(`place A${n} bid 1 @ ${1 + n} -> accepted, rested 1`);
    for (let n = 0; n < 300; n += 3) day.check(`cancel A${n} -> cancelled 1`);
    day.check("at 100");
    for (let n = 0; n < 100; n++) day.driver.apply(CommandType.CLOCK);
    for (let n = 0; n < 300; n++) {
      const wanted =
        n % 3 === 0 ? "rejected UNKNOWN_CLIENT_ORDER_ID" : "status OPEN 1 open 1 filled 0";
      day.check(`status A${n} -> ${wanted}`);
    }
    for (let n = 0; n < 200; n++) day.check(`place B${n} bid 1 @ 1 -> accepted, rested 1`);
    day.check("place C1 bid 1 @ 1 -> rejected ID_TABLE_FULL");
  });
});

test.each([
  ["spread over their lines", 0, 1_000],
  ["however they are spread", 0x5eed, 1_000],
  ["when the table is small", 3, 14],
])("ids are found among many, and forgotten exactly once: %s", (_, seed, idsMax) => {
  const nowUs = new Float64Array(1);
  const untilUs = new Float64Array(1);
  const orders = makeOrders(idsMax);
  const ids = makeIds(orders, nowUs, 0, seed);
  const key = new Int32Array(4);
  const halves = new BigInt64Array(key.buffer);
  const slotOf = (n: number): number => {
    key[0] = n;
    return ids.find(n % 7, key, 0);
  };
  for (let round = 0; round < 20; round++) {
    for (let n = 0; n < idsMax; n++) {
      expect(slotOf(n)).toBe(0);
      untilUs[0] = nowUs[0]! + 1 + n;
      const bits = ids.add(n % 7, halves, 0, 0, untilUs, 0) * ORDER_WORDS + OrderI32.bits;
      orders.i32[bits] = withStatus(orders.i32[bits]! & ON_WHEEL, 2, 0);
    }
    expect(ids.hasRoom(1)).toBe(false);
    for (let n = 0; n < idsMax; n++) {
      expect(orders.i32[slotOf(n) * ORDER_WORDS + OrderI32.clientOrderId]).toBe(n);
    }
    nowUs[0] = nowUs[0]! + 2_000_000;
    // A few per command, until all room is back.
    for (let n = 0; n < 600; n++) ids.sweep();
    expect(orders.used()).toBe(0);
  }
});

test("more ids than a line has room for stand in the lines after it, and leave in any order", () => {
  const nowUs = new Float64Array(1);
  const untilUs = Float64Array.of(1);
  const orders = makeOrders(400);
  const ids = makeIds(orders, nowUs, 0, 0x11e5);
  ids.sweep(); // time begins
  const key = new Int32Array(4);
  const halves = new BigInt64Array(key.buffer);
  const crowd: number[] = [];
  key[0] = 1;
  const line = ids.lineOf(1, key, 0);
  for (let n = 1; crowd.length < 60; n++) {
    key[0] = n;
    if (ids.lineOf(1, key, 0) === line) crowd.push(n);
  }
  const slotOf = (n: number): number => {
    key[0] = n;
    return ids.find(1, key, 0);
  };
  const slots = crowd.map((n) => {
    expect(slotOf(n)).toBe(0);
    const slot = ids.add(1, halves, 0, 0, untilUs, 0);
    const bits = slot * ORDER_WORDS + OrderI32.bits;
    orders.i32[bits] = withStatus(orders.i32[bits]!, 1, 0);
    return slot;
  });
  expect(crowd.map(slotOf)).toEqual(slots);
  // Open, they outlive their deadline; each is forgotten when its order ends.
  nowUs[0] = 100_000;
  for (let n = 0; n < 100; n++) ids.sweep();
  for (let n = 0; n < crowd.length; n++) {
    const at = (n * 17) % crowd.length;
    expect(slotOf(crowd[at]!)).toBe(slots[at]);
    ids.ended(slots[at]!);
    slots[at] = 0;
    expect(crowd.map(slotOf)).toEqual(slots);
  }
  expect(orders.used()).toBe(0);
});
