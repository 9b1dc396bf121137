// Call auctions: orders wait unseen, one price is found for all of them, what is left opens the book.
import { describe, expect, test } from "@jest/globals";
import { CommandType, EventType } from "./codes.ts";
import { EVENT_BYTES, EVENT_F64, EventF64, EventU8 } from "./event.ts";
import { EVENTS_PER_COMMAND_MAX, SLICE_ORDERS_MAX, UNCROSS_IDLE_EVENTS_MAX } from "./limits.ts";
import { BOTH_BOOKS } from "./testing/driver.ts";
import { type Day, makeDay } from "./testing/day.ts";

const day = (book: "fast" | "plain", options = {}): Day => {
  const made = makeDay(book, { ...options, behaviour: 2 });
  made.check(`
    list 2 state pre_open reference 100 -> listed
    list 3 state pre_open reference 100 indicative -> listed
  `);
  return made;
};

describe.each(BOTH_BOOKS)("an auction (%s)", (book) => {
  test("collects unseen, and only counts are public", () => {
    day(book).check(`
      place A1 bid 2 @ 105 on 2 -> accepted, counts 1/2 0/0
      place B1 ask 3 @ 95 on 2  -> accepted, counts 1/2 1/3
      book 2                    -> - | -
      amend A1 3                -> amended 3 @ 105 requeued, counts 1/3 1/3
      reduce A1 1               -> amended 2 @ 105, counts 1/2 1/3
      amend B1 @ 96             -> amended 3 @ 96 requeued, counts 1/2 1/3
      cancel A1                 -> cancelled 2, counts 0/0 1/3
      status B1                 -> status OPEN 3 open 3 filled 0
      cancel-all B              -> covered 1, cancelled B1 3 MASS_CANCEL, counts 0/0 0/0
    `);
  });

  test("tells what its price would be when the instrument says so", () => {
    day(book).check(`
      place A1 bid 2 @ 105 on 3 -> accepted, counts 1/2 0/0
      place B1 ask 3 @ 95 on 3  -> accepted, counts 1/2 1/3 would 2 @ 100
      place C1 bid 1 @ 101 on 3 -> accepted, counts 2/3 1/3 would 3 @ 100
    `);
  });

  test.each([
    ["market", "NOT_IN_AUCTION"],
    ["@ 100 ioc", "NOT_IN_AUCTION"],
    ["@ 100 fok", "NOT_IN_AUCTION"],
    ["@ 100 post", "NOT_IN_AUCTION"],
    ["@ 0", "PRICE_OUT_OF_RANGE"],
    ["@ 100 tif 9", "MALFORMED"],
  ])("does not collect a place %s", (words, code) => {
    day(book).check(`place A1 bid 1 ${words} on 2 -> rejected ${code}`);
  });

  test("keeps an account from meeting itself", () => {
    day(book).check(`
      place A1 ask 1 @ 100 on 2 -> accepted, counts 0/0 1/1
      place A2 bid 1 @ 100 on 2 -> rejected SELF_CROSS
      place A3 bid 1 @ 99 on 2  -> accepted, counts 1/1 1/1
      place A4 bid 1 @ 100 on 3 -> accepted, counts 1/1 0/0
      amend A3 @ 100            -> rejected SELF_CROSS
      amend A1 @ 99             -> rejected SELF_CROSS
      amend A1 @ 101            -> amended 1 @ 101 requeued, counts 1/1 1/1
      place B1 bid 1 @ 150 on 2 -> accepted, counts 2/2 1/1
    `);
  });

  test("of an account with too many orders to look through is refused by name", () => {
    const { driver, check } = day(book, { ordersMax: 8_000, idsMax: 16_000 });
    check("place A1 ask 1 @ 100 on 2 -> accepted, counts 0/0 1/1");
    const resting = { account: 1, instrument: 1, side: 1, orderType: 1, tif: 1, quantity: 1 };
    for (let n = 0; n < 4_096; n++) {
      driver.apply(CommandType.PLACE, { ...resting, priceTicks: 9, clientOrderId: `R${n}` });
    }
    check(`
      place A2 bid 1 @ 90 on 2  -> rejected SELF_CROSS_UNCHECKED
      place A3 ask 1 @ 100 on 2 -> accepted, counts 0/0 2/2
    `);
  });

  // bids | asks | reference, then the price and what it trades
  test.each([
    ["most units", "5@110 1@100", "3@90 3@100", 100, "uncrossed 6 @ 100 of 6 and 6"],
    ["least imbalance", "4@104", "4@96 2@102", 120, "uncrossed 4 @ 101 of 4 and 4"],
    ["an imbalance that cannot be none", "5@104", "3@100", 90, "uncrossed 3 @ 100 of 5 and 3"],
    ["nearest the reference", "1@110", "1@90", 97, "uncrossed 1 @ 97 of 1 and 1"],
    ["below all prices", "1@110", "1@90", 50, "uncrossed 1 @ 90 of 1 and 1"],
    ["above all prices", "1@110", "1@90", 500, "uncrossed 1 @ 110 of 1 and 1"],
    ["the lower of two as near", "3@105 1@100", "3@95 1@100", 100, "uncrossed 4 @ 100 of 4 and 4"],
    ["bids left at both ends", "3@104 2@101", "2@100 2@103", 100, "uncrossed 3 @ 103 of 3 and 4"],
    ["nothing", "3@99", "3@100", 100, "uncrossed nothing"],
    ["no asks", "3@99", "", 100, "uncrossed nothing"],
  ])("finds %s", (_what, bids, asks, reference, price) => {
    const { driver, check } = makeDay(book, { behaviour: 2 });
    check(`list 5 state pre_open reference ${reference} -> listed`);
    const order = (name: string, side: number, text: string): void => {
      const [quantity, priceTicks] = text.split("@").map(Number);
      const words = {
        instrument: 5,
        orderType: 1,
        tif: 1,
        quantity: quantity!,
        priceTicks: priceTicks!,
      };
      driver.apply(CommandType.PLACE, { ...words, account: side, side, clientOrderId: name });
    };
    bids.split(" ").forEach((text, n) => order(`A${n}`, 1, text));
    if (asks !== "") asks.split(" ").forEach((text, n) => order(`B${n}`, 2, text));
    driver.apply(CommandType.UNCROSS, { instrument: 5 });
    const { u8, f64, i32, count } = driver.events;
    let told = "";
    for (let n = 0; n < count; n++) {
      if (u8[n * EVENT_BYTES + EventU8.type] !== EventType.UNCROSSED) continue;
      const units = f64[n * EVENT_F64 + EventF64.auctionUnits]!;
      const both = `of ${f64[n * EVENT_F64 + EventF64.bidUnits]} and ${f64[n * EVENT_F64 + EventF64.askUnits]}`;
      told = units === 0 ? "uncrossed nothing" : `uncrossed ${units} @ ${i32[n * 42 + 9]} ${both}`;
    }
    expect(told).toBe(price);
    driver.auditor.compareBooks();
  });

  test("trades by price and time at one price, then opens with what is left", () => {
    day(book).check(`
      place A1 bid 2 @ 105 on 2 -> accepted, counts 1/2 0/0
      place A2 bid 2 @ 105 on 2 -> accepted, counts 2/4 0/0
      place A3 bid 9 @ 90 on 2  -> accepted, counts 3/13 0/0
      place B1 ask 3 @ 95 on 2  -> accepted, counts 3/13 1/3
      place B2 ask 9 @ 110 on 2 -> accepted, counts 3/13 2/12
      uncross 2                 -> uncrosses 1, uncrossed 3 @ 100 of 4 and 3,
          then trade A1 B1 2 @ 100, trade A2 B1 1 @ 100, rested 1, rested 9, rested 9, state CONTINUOUS
      book 2                    -> 1/1@105 9/1@90 | 9/1@110
      place C1 ask 1 @ 105 on 2 -> accepted, trade A2 C1 1 @ 105
      status A1                 -> status FILLED 2 open 0 filled 2
      uncross 2                 -> rejected NOT_COLLECTING
    `);
  });

  test("of several instruments goes by their ids, and leans on the last sale", () => {
    const { check } = day(book);
    check(`
      place A1 bid 1 @ 120 on 3 -> accepted, counts 1/1 0/0
      place B1 ask 1 @ 80 on 3  -> accepted, counts 1/1 1/1 would 1 @ 100
      uncross 0                 -> uncrosses 2, uncrossed nothing, state CONTINUOUS, uncrossed 1 @ 100 of 1 and 1, trade A1 B1 1 @ 100, state CONTINUOUS
      place A2 ask 1 @ 83 on 3  -> accepted, rested 1
      place B2 bid 1 @ 90 on 3  -> accepted, trade A2 B2 1 @ 83
      set-state 3 state pre_open -> state PRE_OPEN
      place A3 bid 1 @ 120 on 3 -> accepted, counts 1/1 0/0
      place B3 ask 1 @ 80 on 3  -> accepted, counts 1/1 1/1 would 1 @ 83
      uncross 7                 -> rejected UNKNOWN_INSTRUMENT
    `);
  });

  test("begins with an empty book and ends by an uncross", () => {
    day(book).check(`
      place A1 bid 1 @ 100      -> accepted, rested 1
      set-state 1 state pre_open -> rejected BOOK_NOT_EMPTY
      cancel A1                 -> cancelled 1
      set-state 1 state pre_open -> state PRE_OPEN
      set-state 1 state continuous -> state CONTINUOUS
      set-state 1 state pre_open -> state PRE_OPEN
      place A2 bid 1 @ 100      -> accepted, counts 1/1 0/0
      set-state 1 state continuous -> rejected UNCROSS_NEEDED
      set-band 1 band 1..99     -> rejected BAND_EXCLUDES_ORDERS
      set-band 1 band 1..100    -> band 1..100
      set-state 1 state halted  -> state HALTED
      place A3 bid 1 @ 100      -> rejected INSTRUMENT_HALTED
      cancel A2                 -> cancelled 1, counts 0/0 0/0
      set-state 1 state uncrossing -> rejected MALFORMED
      set-state 1 state continuous -> state CONTINUOUS
    `);
  });

  test("is unknown to the first behaviour", () => {
    makeDay(book).check(`
      list 2 state pre_open -> rejected MALFORMED
      set-state 1 state pre_open -> rejected MALFORMED
      uncross 1 -> rejected UNKNOWN_COMMAND
    `);
  });

  test("takes the siblings of what it fills out before the next price", () => {
    day(book).check(`
      place A1 bid 1 @ 100 on 2 leg part 1/2 -> nothing
      place A2 bid 1 @ 100 on 3 leg part 2/2 -> accepted, accepted, counts 1/1 0/0, counts 1/1 0/0
      place B1 ask 1 @ 90 on 2  -> accepted, counts 1/1 1/1
      place B2 ask 1 @ 90 on 3  -> accepted, counts 1/1 1/1 would 1 @ 100
      uncross 0                 -> uncrosses 2, uncrossed 1 @ 100 of 1 and 1, trade A1 B1 1 @ 100, cancelled A2 1 GROUP_FILLED, state CONTINUOUS, uncrossed nothing, rested 1, state CONTINUOUS
      book 3                    -> - | 1/1@90
    `);
  });

  test("has a restored order where its priority puts it", () => {
    day(book).check(`
      place A1 bid 1 @ 100 on 2            -> accepted, counts 1/1 0/0
      restore B1 bid 1 @ 100 on 2 priority 3 -> accepted, counts 2/2 0/0
      place C1 ask 1 @ 100 on 2            -> accepted, counts 2/2 1/1
      uncross 2                            -> uncrosses 1, uncrossed 1 @ 100 of 2 and 1, trade B1 C1 1 @ 100, rested 1, state CONTINUOUS
    `);
  });

  const many = (orders: number): Day => {
    const made = day(book);
    const words = { instrument: 2, orderType: 1, tif: 1, priceTicks: 100, quantity: 1 };
    for (let n = 0; n < orders; n++) {
      const mine = { account: 1 + (n & 1), side: 1 + (n & 1), clientOrderId: `X${n}` };
      made.driver.apply(CommandType.PLACE, { ...words, ...mine });
    }
    return made;
  };

  test("works in slices, and takes no commands meanwhile", () => {
    const { driver, check } = many(400);
    driver.apply(CommandType.UNCROSS, {});
    expect(driver.events.count).toBeLessThanOrEqual(SLICE_ORDERS_MAX + 1);
    expect(driver.shard.nextDueUs()).toBe(0);
    expect(driver.shard.tradesTotal()).toBeLessThan(200);
    driver.apply(CommandType.UNCROSS, {});
    expect(driver.events.u8[(driver.events.count - 1) * EVENT_BYTES + EventU8.reason]).toBe(45);
    const made = driver.shard.tradesTotal();
    const refused = (type: number, words: object): number => {
      driver.apply(type, { account: 1, instrument: 2, ...words });
      return driver.events.u8[(driver.events.count - 1) * EVENT_BYTES + EventU8.reason]!;
    };
    const place = { side: 1, orderType: 1, tif: 1, priceTicks: 100, quantity: 1 };
    expect(refused(CommandType.PLACE, { ...place, clientOrderId: "late" })).toBe(40);
    expect(driver.shard.tradesTotal()).toBeGreaterThan(made);
    driver.apply(CommandType.CLOCK);
    expect(driver.events.count).toBeLessThanOrEqual(UNCROSS_IDLE_EVENTS_MAX + 1);
    driver.apply(CommandType.CLOCK);
    expect(driver.shard.tradesTotal()).toBe(200);
    check(`
      due -> Infinity
      place A9 ask 1 @ 100 on 2 -> accepted, rested 1
    `);
  });

  test("refuses to change what it is about to trade", () => {
    const { driver } = many(2_000);
    driver.apply(CommandType.UNCROSS, {});
    const reasons = [
      [CommandType.CANCEL, { clientOrderId: "X1998" }],
      [CommandType.AMEND, { clientOrderId: "X1998", quantity: 2 }],
      [CommandType.REDUCE, { clientOrderId: "X1998", quantity: 1 }],
      [CommandType.CANCEL_ALL, {}],
    ].map(([type, words]) => {
      driver.apply(type as number, { account: 1, ...(words as object) });
      return driver.events.u8[(driver.events.count - 1) * EVENT_BYTES + EventU8.reason];
    });
    expect(reasons).toEqual([40, 40, 40, 40]);
    const states = [2, 4, 1].map((state) => {
      driver.apply(CommandType.SET_INSTRUMENT_STATE, { instrument: 3, state });
      return driver.events.u8[(driver.events.count - 1) * EVENT_BYTES + EventU8.reason];
    });
    expect(states).toEqual([40, 40, 40]);
  });

  test("also legs of groups elsewhere, but not what fills them", () => {
    const { driver, check } = many(2_000);
    check(`
      place C1 bid 1 @ 99 on 2 leg part 1/2 -> nothing
      place C2 bid 1 @ 99 on 1 leg part 2/2 -> accepted, accepted, counts 1001/1001 1000/1000, rested 1
    `);
    driver.apply(CommandType.UNCROSS, { instrument: 2 });
    const reasonOf = (type: number, words: object): number => {
      driver.apply(type, { account: 3, ...words });
      return driver.events.u8[(driver.events.count - 1) * EVENT_BYTES + EventU8.reason]!;
    };
    expect(reasonOf(CommandType.CANCEL, { clientOrderId: "C2" })).toBe(40);
    expect(reasonOf(CommandType.CANCEL_ALL, {})).toBe(40);
    const ask = { instrument: 1, side: 2, orderType: 1, tif: 1, priceTicks: 99, quantity: 1 };
    driver.apply(CommandType.PLACE, { ...ask, account: 4, clientOrderId: "D1" });
    for (let n = 0; n < 20; n++) driver.apply(CommandType.CLOCK);
    check(`
      status C1 -> status CANCELLED 1 open 0 filled 0
      status C2 -> status FILLED 1 open 0 filled 1
      book 2    -> - | -
    `);
  });

  test("has what had lapsed before it out of its way, and nothing that lapses later", () => {
    day(book).check(`
      place A1 bid 1 @ 100 on 2 gtd 5  -> accepted, counts 1/1 0/0
      place A2 bid 1 @ 100 on 2 gtd 50 -> accepted, counts 2/2 0/0
      place B1 ask 2 @ 100 on 2        -> accepted, counts 2/2 1/2
      at 6
      uncross 2                        -> expired A1 1, counts 1/1 1/2, uncrosses 1, uncrossed 1 @ 100 of 1 and 2, trade A2 B1 1 @ 100, rested 1, state CONTINUOUS
    `);
  });
});

test("the events of a command stay within their bound", () => {
  expect(UNCROSS_IDLE_EVENTS_MAX).toBeLessThan(EVENTS_PER_COMMAND_MAX);
});
