// Batches, of which all operations happen or none, and groups, of which one quantity is filled in all.
import { describe, expect, test } from "@jest/globals";
import { CommandType } from "./codes.ts";
import { BOTH_BOOKS } from "./testing/driver.ts";
import { type Day, makeDay } from "./testing/day.ts";

const day = (book: "fast" | "plain", options = {}): Day => {
  const made = makeDay(book, { ...options, behaviour: 2 });
  made.check(`
    list 2 -> listed
    list 3 -> listed
    list 4 product 9 -> listed
  `);
  return made;
};

describe.each(BOTH_BOOKS)("a batch (%s)", (book) => {
  test("happens with its last record, each operation answered in turn", () => {
    day(book).check(`
      place A1 ask 2 @ 10           -> accepted, rested 2
      place B1 bid 1 @ 10 part 1/3  -> nothing
      clock                         -> nothing
      place B2 bid 1 @ 9 part 2/3   -> nothing
      place B3 bid 1 @ 8 on 2 part 3/3 -> accepted, trade A1 B1 1 @ 10, accepted, rested 1, accepted, rested 1
      book 1                        -> 1/1@9 | 1/1@10
    `);
  });

  test("of changes, in order: what one gives back the next may use", () => {
    day(book).check(`
      set-account B allowed orders 1 value 2000 -> account allowed
      place B1 bid 2 @ 10           -> accepted, rested 2
      place B2 bid 2 @ 10           -> rejected TOO_MANY_OPEN_ORDERS
      cancel B1 part 1/2            -> nothing
      place B3 bid 2 @ 10 part 2/2  -> cancelled B1 2, accepted, rested 2
      reduce B3 1 part 1/2          -> nothing
      amend B3 @ 20 part 2/2        -> rejected COMPOUND_REFUSED, rejected BID_VALUE_LIMIT
    `);
  });

  const REFUSED = `rejected COMPOUND_REFUSED`;

  test("of which one is refused does nothing; its ids remember that", () => {
    day(book).check(`
      place A1 ask 1 @ 10 part 1/3   -> nothing
      place A2 ask 0 @ 10 part 2/3   -> nothing
      place A3 ask 1 @ 10 on 7 part 3/3 -> ${REFUSED}, rejected QUANTITY_TOO_SMALL, rejected UNKNOWN_INSTRUMENT
      book 1                         -> - | -
      place A1 ask 1 @ 10            -> rejected again COMPOUND_REFUSED
      cancel A1 part 1/2             -> nothing
      place A4 ask 1 @ 10 part 2/2   -> rejected UNKNOWN_ORDER, ${REFUSED}
      reduce A1 0 part 1/2           -> nothing
      place A5 ask 1 @ 10 part 2/2   -> rejected UNKNOWN_ORDER, ${REFUSED}
    `);
  });

  test("is checked as a whole against the account's bounds and the tables", () => {
    day(book, { ordersMax: 2, idsMax: 6 }).check(`
      set-account A allowed orders 1 -> account allowed
      place A1 ask 1 @ 10 part 1/2   -> nothing
      place A2 ask 1 @ 10 part 2/2   -> ${REFUSED}, rejected TOO_MANY_OPEN_ORDERS
      set-account B allowed value 1500 -> account allowed
      place B1 bid 1 @ 10 part 1/2   -> nothing
      place B2 bid 1 @ 10 part 2/2   -> ${REFUSED}, rejected BID_VALUE_LIMIT
      place C1 ask 1 @ 10 part 1/3   -> nothing
      place C2 ask 1 @ 10 part 2/3   -> nothing
      place C3 ask 1 @ 10 part 3/3   -> ${REFUSED}, ${REFUSED}, rejected ID_TABLE_FULL
      place C1 ask 1 @ 10 part 1/2   -> nothing
      place C2 ask 1 @ 10 part 2/2   -> accepted, rested 1, accepted, rested 1
    `);
  });

  test("also when orders that may rest are too many", () => {
    day(book, { ordersMax: 2 }).check(`
      place C1 ask 1 @ 10 part 1/3   -> nothing
      place C2 ask 1 @ 10 part 2/3   -> nothing
      place C3 ask 1 @ 10 part 3/3   -> ${REFUSED}, ${REFUSED}, rejected ORDER_TABLE_FULL
      place C4 ask 1 @ 10 part 1/3   -> nothing
      place C5 ask 1 @ 10 part 2/3   -> nothing
      place C6 ask 1 @ 10 ioc part 3/3 -> accepted, rested 1, accepted, rested 1, accepted, cancelled 1 IMMEDIATE_REMAINDER
    `);
  });

  test("leaves what depends on the book to each operation's turn", () => {
    day(book).check(`
      place A1 ask 1 @ 10            -> accepted, rested 1
      place B1 bid 1 @ 10 part 1/4   -> nothing
      place B2 bid 1 @ 10 fok part 2/4 -> nothing
      place B3 bid 1 @ 11 post part 3/4 -> nothing
      place B4 ask 1 @ 11 post part 4/4 -> accepted, trade A1 B1 1 @ 10, rejected FOK_NOT_FILLABLE, accepted, rested 1, rejected ORDER_WOULD_CROSS
    `);
  });

  test("sent again is answered as it was, and changes nothing", () => {
    day(book).check(`
      place A1 ask 5 @ 10            -> accepted, rested 5
      place A2 ask 1 @ 11 part 1/2   -> nothing
      amend A1 @ 12 part 2/2         -> accepted, rested 1, amended 5 @ 12 requeued, rested 5
      amend A1 @ 13                  -> amended 5 @ 13 requeued, rested 5
      place A2 ask 1 @ 11 part 1/2   -> nothing
      amend A1 @ 12 part 2/2         -> accepted again OPEN 1 open 1 filled 0, rejected COMPOUND_ANSWERED
      place A2 ask 1 @ 11            -> accepted again OPEN 1 open 1 filled 0
      place A2 ask 1 @ 11 part 1/3   -> nothing
      place A2 ask 9 @ 11 part 2/3   -> nothing
      place A3 ask 1 @ 11 part 3/3   -> accepted again OPEN 1 open 1 filled 0, rejected CLIENT_ORDER_ID_REUSED, rejected COMPOUND_PARTLY_KNOWN
      place A4 ask 1 @ 11 part 1/2   -> nothing
      place A4 ask 2 @ 11 part 2/2   -> ${REFUSED}, rejected CLIENT_ORDER_ID_REUSED
      place A4 ask 2 @ 11            -> accepted, rested 2
      book 1                         -> - | 3/2@11 5/1@13
    `);
  });

  test("after its deadline did not happen, as far as anybody knows", () => {
    day(book).check(`
      place A1 ask 1 @ 10 deadline 1 part 1/2 -> nothing
      at 2
      place A2 ask 1 @ 10 part 2/2   -> rejected DEADLINE_PASSED, ${REFUSED}
      place A2 ask 1 @ 10            -> accepted, rested 1
    `);
  });

  const BROKEN = "rejected COMPOUND_BROKEN";

  test("must come whole", () => {
    day(book).check(`
      place A1 ask 1 @ 10 part 2/2   -> ${BROKEN}
      place A1 ask 1 @ 10 part 1/33  -> ${BROKEN}
      place A1 ask 1 @ 10 part 1/3   -> nothing
      place A2 ask 1 @ 10 part 3/3   -> ${BROKEN}, ${BROKEN}
      place A1 ask 1 @ 10 part 1/3   -> nothing
      place A2 ask 1 @ 10 part 2/4   -> ${BROKEN}, ${BROKEN}
      place A1 ask 1 @ 10 part 1/3   -> nothing
      place B2 ask 1 @ 10 part 2/3   -> ${BROKEN}, ${BROKEN}
      place A1 ask 1 @ 10 part 1/3   -> nothing
      cancel-all B part 2/3          -> ${BROKEN}, ${BROKEN}
      place A1 ask 1 @ 10 part 1/3   -> nothing
      place B3 ask 1 @ 10            -> ${BROKEN}, accepted, rested 1
      place A1 ask 1 @ 10 part 1/3   -> nothing
      place A1 ask 1 @ 10 part 1/1   -> ${BROKEN}, accepted, rested 1
      place A2 ask 1 @ 10 part 2/3   -> ${BROKEN}
      place C1 ask 1 @ 10 part 1/2   -> nothing
      place D1 ask 1 @ 10 part 1/2   -> ${BROKEN}
      place D2 ask 1 @ 10 part 2/2   -> accepted, rested 1, accepted, rested 1
    `);
  });

  test("is no batch under the first behaviour", () => {
    const first = makeDay(book);
    first.check(`
      place A1 ask 1 @ 10 part 1/2   -> accepted, rested 1
      place A2 ask 1 @ 10 part 7/3   -> accepted, rested 1
      place A3 ask 1 @ 10 leg        -> rejected MALFORMED
    `);
    expect(first.driver.shard.behaviour()).toBe(1);
  });

  test("meets no more makers than one command may", () => {
    const { driver, check } = day(book);
    const whole = { instrument: 1, orderType: 1, tif: 1, priceTicks: 10 };
    for (let n = 0; n < 300; n++) {
      const ask = { account: 1, clientOrderId: `A${n}`, side: 2, quantity: 1 };
      driver.apply(CommandType.PLACE, { ...whole, ...ask });
    }
    [200, 90].forEach((quantity, compoundIndex) => {
      const bid = { account: 2, clientOrderId: `B${compoundIndex + 1}`, side: 1, quantity };
      driver.apply(CommandType.PLACE, { ...whole, ...bid, compoundIndex, compoundCount: 2 });
    });
    expect(driver.shard.tradesTotal()).toBe(256);
    check(`
      status B1 -> status FILLED 200 open 0 filled 200
      status B2 -> status CANCELLED 90 open 0 filled 56
      place C1 bid 44 @ 10 fok -> accepted${Array.from({ length: 44 }, (_, n) => `, trade A${n + 256} C1 1 @ 10`).join("")}
    `);
  });
});

describe.each(BOTH_BOOKS)("a group (%s)", (book) => {
  test("rests on every leg, and a fill of one takes from all", () => {
    day(book).check(`
      place B1 bid 3 @ 10 leg part 1/3      -> nothing
      place B2 bid 3 @ 11 on 2 leg part 2/3 -> nothing
      place B3 bid 3 @ 12 on 3 leg part 3/3 -> accepted, accepted, accepted, rested 3, rested 3, rested 3
      place A1 ask 1 @ 11 on 2 -> accepted, trade B2 A1 1 @ 11, reduced B3 1 open 2, reduced B1 1 open 2
      book 1 -> 2/1@10 | -
      book 2 -> 2/1@11 | -
      book 3 -> 2/1@12 | -
      place A2 ask 5 @ 10 -> accepted, trade B1 A2 2 @ 10, cancelled B2 2 GROUP_FILLED, cancelled B3 2 GROUP_FILLED, rested 3
      status B1 -> status FILLED 3 open 0 filled 2
    `);
  });

  test("takes on every leg what it can, in order, once", () => {
    day(book).check(`
      place A1 ask 1 @ 10                   -> accepted, rested 1
      place A2 ask 5 @ 10 on 2              -> accepted, rested 5
      place A3 ask 5 @ 10 on 3              -> accepted, rested 5
      place B1 bid 3 @ 10 leg part 1/3      -> nothing
      place B2 bid 3 @ 10 on 2 leg part 2/3 -> nothing
      place B3 bid 3 @ 10 on 3 leg part 3/3 -> accepted, trade A1 B1 1 @ 10, accepted, reduced B2 1 open 2,
          then trade A2 B2 2 @ 10, accepted, cancelled 3 GROUP_FILLED, cancelled B1 2 GROUP_FILLED
      book 2                                -> - | 3/1@10
      book 3                                -> - | 5/1@10
    `);
  });

  test("may fill in part at once and rest with what is left of all", () => {
    day(book).check(`
      place A1 ask 1 @ 10 on 2              -> accepted, rested 1
      place B1 bid 3 @ 10 leg part 1/2      -> nothing
      place B2 bid 3 @ 10 on 2 leg part 2/2 -> accepted, accepted, trade A1 B2 1 @ 10, reduced B1 1 open 2, rested 2, rested 2
      cancel B1                             -> cancelled 2
      place A2 ask 9 @ 10 on 2              -> accepted, trade B2 A2 2 @ 10, rested 7
    `);
  });

  test("counts once, at its dearest leg", () => {
    day(book).check(`
      set-account B allowed orders 2 value 3000 -> account allowed
      place B1 bid 1 @ 10 leg part 1/3      -> nothing
      place B2 bid 1 @ 20 on 2 leg part 2/3 -> nothing
      place B3 bid 1 @ 15 on 3 leg part 3/3 -> accepted, accepted, accepted, rested 1, rested 1, rested 1
      place B4 bid 1 @ 11 ioc               -> rejected BID_VALUE_LIMIT
      place B5 bid 1 @ 10                   -> accepted, rested 1
      place B6 bid 1 @ 1                    -> rejected TOO_MANY_OPEN_ORDERS
      cancel B2                             -> cancelled 1
      place B7 bid 1 @ 6 ioc                -> rejected BID_VALUE_LIMIT
      place B8 bid 1 @ 5 ioc                -> accepted, cancelled 1 IMMEDIATE_REMAINDER
      amend B1 @ 21                         -> rejected BID_VALUE_LIMIT
      amend B1 @ 20                         -> amended 1 @ 20 requeued, rested 1
      amend B5 @ 9                          -> amended 1 @ 9 requeued, rested 1
      place A1 ask 1 @ 15 on 3              -> accepted, trade B3 A1 1 @ 15, cancelled B1 1 GROUP_FILLED
      place B9 bid 1 @ 22 ioc               -> rejected BID_VALUE_LIMIT
      place B10 bid 1 @ 21 ioc              -> accepted, cancelled 1 IMMEDIATE_REMAINDER
      place B11 bid 1 @ 21                  -> accepted, rested 1
    `);
  });

  test("is counted when a bound is set while it is open", () => {
    day(book).check(`
      place B1 bid 1 @ 10 leg part 1/2      -> nothing
      place B2 bid 1 @ 20 on 2 leg part 2/2 -> accepted, accepted, rested 1, rested 1
      set-account B allowed value 3000      -> account allowed
      place B3 bid 1 @ 11                   -> rejected BID_VALUE_LIMIT
      place B4 bid 1 @ 10                   -> accepted, rested 1
      cancel-all B                          -> covered 3, cancelled B1 1 MASS_CANCEL, cancelled B2 1 MASS_CANCEL, cancelled B4 1 MASS_CANCEL
      place B5 bid 1 @ 30                   -> accepted, rested 1
    `);
  });

  test("an amend of a leg keeps the promise", () => {
    day(book).check(`
      place A1 ask 1 @ 12                   -> accepted, rested 1
      place B1 bid 3 @ 10 leg part 1/2      -> nothing
      place B2 bid 3 @ 10 on 2 leg part 2/2 -> accepted, accepted, rested 3, rested 3
      amend B1 4                            -> rejected GROUP_QUANTITY
      amend B1 @ 12                         -> amended 3 @ 12 requeued, trade A1 B1 1 @ 12, rested 2, reduced B2 1 open 2
      amend B1 3                            -> amended 3 @ 12
      amend B1 2                            -> amended 2 @ 12
      place A2 ask 9 @ 10 on 2              -> accepted, trade B2 A2 2 @ 10, cancelled B1 1 GROUP_FILLED, rested 7
      place B4 bid 3 @ 9 leg part 1/2       -> nothing
      place B5 bid 3 @ 9 on 2 leg part 2/2  -> accepted, accepted, rested 3, rested 3
      reduce B4 1                           -> amended 2 @ 9
      amend B5 @ 10                         -> amended 3 @ 10 requeued, trade A2 B5 3 @ 10, cancelled B4 2 GROUP_FILLED
      book 1                                -> - | -
      book 2                                -> - | 4/1@10
    `);
  });

  test("expires, and keeps out of its own way, leg by leg", () => {
    day(book).check(`
      place B1 bid 1 @ 10 gtd 5 leg part 1/2      -> nothing
      place B2 bid 1 @ 10 gtd 5 on 2 leg part 2/2 -> accepted, accepted, rested 1, rested 1
      place B3 ask 1 @ 10 stp cancel_maker        -> accepted, cancelled B1 1 SELF_TRADE, rested 1
      at 6
      place A1 ask 1 @ 10 on 2                    -> expired B2 1, accepted, rested 1
      place B4 bid 1 @ 10 stp cancel_taker leg part 1/2 -> nothing
      place B5 bid 1 @ 10 on 2 leg part 2/2       -> accepted, cancelled B4 1 SELF_TRADE, accepted, trade A1 B5 1 @ 10
    `);
  });

  const FIRST = "rejected COMPOUND_REFUSED, rejected LEG_MISMATCH";

  test.each([
    ["place B2 bid 2 @ 10 on 2 leg", FIRST],
    ["place B2 ask 1 @ 10 on 2 leg", FIRST],
    ["place B2 bid 1 @ 10 on 1 leg", FIRST],
    ["place B2 bid 1 @ 10 on 4 leg", FIRST],
    ["place B2 bid 1 @ 10 on 2 leg gtd 9", FIRST],
    ["place B2 bid 1 @ 10 on 2 leg ioc", FIRST],
    ["place B2 bid 1 @ 10 on 2 flags 65", FIRST],
    ["place B2 bid 1 @ 10 on 2", "rejected LEG_MISMATCH, rejected COMPOUND_REFUSED"],
    ["place B2 bid 1 @ 10 on 9 leg", "rejected COMPOUND_REFUSED, rejected UNKNOWN_INSTRUMENT"],
    ["cancel B1", "rejected LEG_MISMATCH, rejected UNKNOWN_ORDER"],
  ])("is none with %s", (second, outcome) => {
    day(book).check(`
      place B1 bid 1 @ 10 leg part 1/2 -> nothing
      ${second} part 2/2               -> ${outcome}
      place B1 bid 1 @ 10              -> rejected CLIENT_ORDER_ID_REUSED
    `);
  });

  test("sent again is answered as it was", () => {
    day(book).check(`
      place B1 bid 1 @ 10 leg part 1/2      -> nothing
      place B2 bid 1 @ 10 on 2 leg part 2/2 -> accepted, accepted, rested 1, rested 1
      place A1 ask 1 @ 10 on 2              -> accepted, trade B2 A1 1 @ 10, cancelled B1 1 GROUP_FILLED
      place B1 bid 1 @ 10 leg part 1/2      -> nothing
      place B2 bid 1 @ 10 on 2 leg part 2/2 -> accepted again CANCELLED 1 open 0 filled 0, accepted again FILLED 1 open 0 filled 1
    `);
  });

  test("costs a taker what its fills tell", () => {
    const { driver, check } = day(book, { instrumentsMax: 64 });
    for (let n = 5; n < 40; n++) check(`list ${n} -> listed`);
    const bid = {
      account: 2,
      side: 1,
      orderType: 1,
      tif: 1,
      flags: 64,
      priceTicks: 10,
      quantity: 1,
    };
    for (let n = 0; n < 9 * 31; n++) {
      const leg = n % 31;
      const part = { compoundIndex: leg, compoundCount: 31, clientOrderId: `B${n}` };
      driver.apply(CommandType.PLACE, { ...bid, ...part, instrument: leg < 3 ? leg + 1 : leg + 2 });
    }
    const ask = { account: 1, side: 2, orderType: 1, tif: 1, priceTicks: 10, quantity: 9 };
    driver.apply(CommandType.PLACE, { ...ask, clientOrderId: "A1", instrument: 2 });
    // 256 has room for eight makers with thirty siblings each.
    check(`
      status A1 -> status CANCELLED 9 open 0 filled 8
      book 3    -> 1/1@10 | -
    `);
  });
});
