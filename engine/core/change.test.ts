// Amend, reduce, cancel, mass cancel and expiry; every day is lived on both books.
import { describe, expect, test } from "@jest/globals";
import { makeDay } from "./testing/day.ts";
import { BOTH_BOOKS } from "./testing/driver.ts";

const AMENDS: Readonly<Record<string, string>> = {
  "a smaller quantity keeps its place": `
    place A1 bid 10 @ 90     -> accepted, rested 10
    place B1 bid 10 @ 90     -> accepted, rested 10
    amend A1 5               -> amended 5 @ 90
    book                     -> 15/2@90 | -
    place C1 ask 7 @ 90 ioc  -> accepted, trade A1 C1 5 @ 90, trade B1 C1 2 @ 90`,

  "a larger quantity goes to the back": `
    place A1 bid 10 @ 90     -> accepted, rested 10
    place B1 bid 10 @ 90     -> accepted, rested 10
    amend A1 11              -> amended 11 @ 90 requeued, rested 11
    place C1 ask 12 @ 90 ioc -> accepted, trade B1 C1 10 @ 90, trade A1 C1 2 @ 90`,

  "a price there and back goes to the end of the queue": `
    place A1 bid 10 @ 90     -> accepted, rested 10
    place B1 bid 10 @ 90     -> accepted, rested 10
    amend A1 @ 91            -> amended 10 @ 91 requeued, rested 10
    amend A1 @ 90            -> amended 10 @ 90 requeued, rested 10
    book                     -> 20/2@90 | -
    place C1 ask 12 @ 90 ioc -> accepted, trade B1 C1 10 @ 90, trade A1 C1 2 @ 90`,

  "its own price again, and nothing at all, keep its place": `
    place A1 bid 10 @ 90     -> accepted, rested 10
    place B1 bid 10 @ 90     -> accepted, rested 10
    amend A1 10 @ 90         -> amended 10 @ 90
    amend A1                 -> amended 10 @ 90
    place C1 ask 2 @ 90 ioc  -> accepted, trade A1 C1 2 @ 90`,

  "the quantity is the total, filled units included": `
    place A1 ask 10 @ 250    -> accepted, rested 10
    place B1 bid 4 @ 250     -> accepted, trade A1 B1 4 @ 250
    amend A1 7               -> amended 7 @ 250
    status A1                -> status OPEN 7 open 3 filled 4
    amend A1 12 @ 251        -> amended 12 @ 251 requeued, rested 8
    amend A1 4 @ 999         -> cancelled 8 AMENDED_TO_FILLED
    status A1                -> status CANCELLED 12 open 0 filled 4
    amend A1 20              -> rejected UNKNOWN_ORDER`,

  "a late amend does not bring back what was prevented": `
    place A1 bid 10 @ 100              -> accepted, rested 10
    place A2 ask 4 @ 100 stp decrement -> accepted, prevented A1 A2 4
    amend A1 10                        -> amended 10 @ 100
    book                               -> 6/1@100 | -
    amend A1 4                         -> cancelled 6 AMENDED_TO_FILLED`,

  "an amend that crosses trades at the makers' prices": `
    place A1 bid 10 @ 90     -> accepted, rested 10
    place B1 ask 3 @ 100     -> accepted, rested 3
    place B2 ask 3 @ 101     -> accepted, rested 3
    amend A1 @ 101           -> amended 10 @ 101 requeued, trade B1 A1 3 @ 100, trade B2 A1 3 @ 101, rested 4
    place B3 ask 9 @ 110     -> accepted, rested 9
    amend A1 12 @ 110        -> amended 12 @ 110 requeued, trade B3 A1 6 @ 110
    status A1                -> status FILLED 12 open 0 filled 12
    cancel A1                -> rejected UNKNOWN_ORDER
    book                     -> - | 3/1@110`,

  "an order keeps its own self-trade mode when it crosses": `
    place A1 bid 5 @ 90 stp cancel_taker  -> accepted, rested 5
    place A2 ask 5 @ 100                  -> accepted, rested 5
    place B1 ask 1 @ 99                   -> accepted, rested 1
    amend A1 @ 100                        -> amended 5 @ 100 requeued, trade B1 A1 1 @ 99, cancelled 4 SELF_TRADE
    status A1                             -> status CANCELLED 5 open 0 filled 1
    book                                  -> - | 5/1@100`,

  "a post-only order may not be amended into others": `
    place A1 bid 5 @ 90 post -> accepted, rested 5
    place B1 ask 5 @ 100     -> accepted, rested 5
    amend A1 @ 100           -> rejected ORDER_WOULD_CROSS
    amend A1 6 @ 99          -> amended 6 @ 99 requeued, rested 6
    book                     -> 6/1@99 | 5/1@100`,

  "a later expiry keeps its place and makes it GTD": `
    at 10
    place A1 bid 5 @ 90      -> accepted, rested 5
    place A2 bid 5 @ 90      -> accepted, rested 5
    amend A1 expires 20      -> amended 5 @ 90
    due                      -> 20
    amend A1 expires 30      -> amended 5 @ 90
    place B1 ask 1 @ 90      -> accepted, trade A1 B1 1 @ 90
    at 30
    clock                    -> expired A1 4
    due                      -> Infinity`,

  "amends are refused one check after the other": `
    set-account A allowed orders 1 value 100000 -> account allowed
    at 10
    place A1 bid 5 @ 100 post           -> accepted, rested 5
    place B1 ask 5 @ 150                -> accepted, rested 5
    amend A1 -1 account Z               -> rejected UNKNOWN_ACCOUNT
    amend A1 -1 account B               -> rejected UNKNOWN_ORDER
    amend A1 -1 account B order 1       -> rejected UNKNOWN_ORDER
    set-account A suspended value 100000 -> account suspended
    amend A1 -1 @ -1 expires 5          -> rejected ACCOUNT_SUSPENDED
    set-account A allowed value 100000  -> account allowed
    set-state 1 state HALTED            -> state HALTED
    amend A1 -1 @ -1 expires 5          -> rejected INSTRUMENT_HALTED
    set-state 1 state CONTINUOUS        -> state CONTINUOUS
    amend A1 -1 @ -1 expires -9000000000 -> rejected MALFORMED
    amend A1 -1 @ -1 expires 5          -> rejected QUANTITY_TOO_SMALL
    amend A1 11 @ -1 expires 5          -> rejected PRICE_OUT_OF_RANGE
    set-band 1 band 90..180             -> band 90..180
    amend A1 11 @ 181 expires 5         -> rejected PRICE_OUTSIDE_BAND
    amend A1 11 @ 180 expires 5         -> rejected ALREADY_EXPIRED
    amend A1 11 @ 180                   -> rejected BID_VALUE_LIMIT
    amend A1 5 @ 180                    -> rejected ORDER_WOULD_CROSS
    amend A1 10 @ 100                   -> amended 10 @ 100 requeued, rested 10
    status A1                           -> status OPEN 10 open 10 filled 0`,
};

const CANCELS: Readonly<Record<string, string>> = {
  "a reduce keeps its place": `
    place A1 ask 10 @ 100    -> accepted, rested 10
    place B1 ask 10 @ 100    -> accepted, rested 10
    reduce A1 4              -> amended 6 @ 100
    book                     -> - | 16/2@100
    place C1 bid 8 @ 100 ioc -> accepted, trade A1 C1 6 @ 100, trade B1 C1 2 @ 100`,

  "a reduce by all or more removes, by nothing is refused": `
    place A1 ask 10 @ 100    -> accepted, rested 10
    place A2 ask 10 @ 100    -> accepted, rested 10
    reduce A1 0              -> rejected QUANTITY_TOO_SMALL
    reduce A1 -3             -> rejected QUANTITY_TOO_SMALL
    reduce A1 10             -> cancelled 10 REDUCED_TO_NOTHING
    reduce A2 11             -> cancelled 10 REDUCED_TO_NOTHING
    reduce A2 1              -> rejected UNKNOWN_ORDER
    book                     -> - | -`,

  "only its owner names an order, by either id": `
    place A1 ask 10 @ 100               -> accepted, rested 10
    cancel A1 account B                 -> rejected UNKNOWN_ORDER
    cancel A1 account B order 1         -> rejected UNKNOWN_ORDER
    reduce A1 1 account B order 1       -> rejected UNKNOWN_ORDER
    cancel A1 account Z order 1         -> rejected UNKNOWN_ACCOUNT
    cancel A1 order 2                   -> rejected UNKNOWN_ORDER
    cancel A1 order -1                  -> rejected UNKNOWN_ORDER
    cancel A1 order 0.5                 -> rejected UNKNOWN_ORDER
    cancel A1 id none                   -> rejected UNKNOWN_ORDER
    cancel A1 order 1                   -> cancelled 10`,

  "cancels and reduces are taken while halted, closed or suspended": `
    place A1 ask 10 @ 100    -> accepted, rested 10
    place A2 ask 10 @ 100    -> accepted, rested 10
    set-state 1 state HALTED -> state HALTED
    set-account A suspended  -> account suspended
    reduce A1 1              -> amended 9 @ 100
    set-state 1 state CLOSED -> state CLOSED
    cancel A1                -> cancelled 9
    cancel-all A             -> covered 1, cancelled A2 10 MASS_CANCEL`,

  "a mass cancel takes one account's selection, oldest first": `
    list 2                    -> listed
    place A1 ask 1 @ 100      -> accepted, rested 1
    place B1 ask 2 @ 100      -> accepted, rested 2
    place A2 bid 3 @ 90       -> accepted, rested 3
    place A3 ask 4 @ 80 on 2  -> accepted, rested 4
    place A4 ask 5 @ 99       -> accepted, rested 5
    cancel-all A on 2 bid     -> covered 0
    cancel-all A ask on 1     -> covered 2, cancelled A1 1 MASS_CANCEL, cancelled A4 5 MASS_CANCEL
    cancel-all A              -> covered 2, cancelled A2 3 MASS_CANCEL, cancelled A3 4 MASS_CANCEL
    cancel-all A              -> covered 0
    cancel-all Z              -> rejected UNKNOWN_ACCOUNT
    cancel-all A on 9         -> rejected UNKNOWN_INSTRUMENT
    cancel-all A side 3       -> rejected MALFORMED
    book                      -> - | 2/1@100
    status A2                 -> status CANCELLED 3 open 0 filled 0`,

  "expiry: by time, then by age, before the command's own turn": `
    at 10
    place A1 ask 1 @ 101 gtd 20 -> accepted, rested 1
    place A2 ask 1 @ 100 gtd 15 -> accepted, rested 1
    place A3 ask 1 @ 102 gtd 15 -> accepted, rested 1
    place A4 ask 1 @ 100 gtd 10 -> rejected ALREADY_EXPIRED
    due                         -> 15
    at 14.999999
    clock                       -> nothing
    at 15
    place B1 bid 2 @ 101        -> expired A2 1, expired A3 1, accepted, trade A1 B1 1 @ 101, rested 1
    status A2                   -> status EXPIRED 1 open 0 filled 0
    due                         -> Infinity`,

  "a cancelled order does not expire": `
    at 10
    place A1 ask 1 @ 101 gtd 20 -> accepted, rested 1
    place A2 ask 1 @ 101 gtd 21 -> accepted, rested 1
    place A3 ask 1 @ 101 gtd 22 -> accepted, rested 1
    cancel A1                   -> cancelled 1
    cancel A2                   -> cancelled 1
    due                         -> 22
    at 30
    clock                       -> expired A3 1`,
};

describe.each(BOTH_BOOKS)("amends, %s book", (book) => {
  test.each(Object.keys(AMENDS))("%s", (name) => {
    makeDay(book).check(AMENDS[name]!);
  });
});

describe.each(BOTH_BOOKS)("cancels and expiries, %s book", (book) => {
  test.each(Object.keys(CANCELS))("%s", (name) => {
    makeDay(book).check(CANCELS[name]!);
  });
});

const list = (from: number, to: number, say: (n: number) => string): string =>
  Array.from({ length: to - from }, (_, n) => say(from + n)).join(", ");

describe.each(BOTH_BOOKS)("work in slices, %s book", (book) => {
  test("a mass cancel beyond a slice goes on under the commands that follow", () => {
    const day = makeDay(book);
    for (let n = 0; n < 150; n++) day.check(`place A${n} ask 1 @ ${100 + n} -> accepted, rested 1`);
    const gone = (n: number): string => `cancelled A${n} 1 MASS_CANCEL`;
    day.check(`cancel-all A           -> covered 150 more, ${list(0, 64, gone)}
      due                             -> 0
      place A200 ask 1 @ 300          -> ${list(64, 128, gone)}, accepted, rested 1
      due                             -> 0
      clock                           -> ${list(128, 150, gone)}
      due                             -> Infinity
      book                            -> - | 1/1@300`);
  });

  test("what is covered trades and counts no more, wherever it is met", () => {
    const day = makeDay(book);
    for (let n = 0; n < 200; n++) day.check(`place A${n} ask 1 @ ${299 - n} -> accepted, rested 1`);
    const gone = (n: number): string => `cancelled A${n} 1 MASS_CANCEL`;
    day.check(`
      place B1 ask 1 @ 105      -> accepted, rested 1
      cancel-all A              -> covered 200 more, ${list(0, 64, gone)}
      place C1 bid 1 @ 104 fok  -> ${list(64, 128, gone)}, rejected FOK_NOT_FILLABLE
      cancel-all B              -> ${list(128, 192, gone)}, covered 1, ${list(192, 200, gone)},
            then cancelled B1 1 MASS_CANCEL`);
  });

  test("a taker takes what is covered out of its way", () => {
    const day = makeDay(book);
    for (let n = 0; n < 140; n++) day.check(`place A${n} ask 1 @ 100 -> accepted, rested 1`);
    const gone = (n: number): string => `cancelled A${n} 1 MASS_CANCEL`;
    day.check(`
      place B1 ask 1 @ 100      -> accepted, rested 1
      cancel-all A              -> covered 140 more, ${list(0, 64, gone)}
      place C1 bid 1 @ 100      -> ${list(64, 128, gone)}, accepted, ${list(128, 140, gone)}, trade B1 C1 1 @ 100
      book                      -> - | -`);
  });

  test("a post-only order rests where only covered orders stand", () => {
    const day = makeDay(book);
    for (let n = 0; n < 140; n++) day.check(`place A${n} ask 1 @ 100 -> accepted, rested 1`);
    const gone = (n: number): string => `cancelled A${n} 1 MASS_CANCEL`;
    day.check(`
      cancel-all A              -> covered 140 more, ${list(0, 64, gone)}
      place C1 bid 1 @ 100 post -> ${list(64, 128, gone)}, accepted, ${list(128, 140, gone)}, rested 1
      book                      -> 1/1@100 | -`);
  });

  test("a covered order that is named ends first and is then not found", () => {
    const day = makeDay(book);
    for (let n = 0; n < 140; n++) day.check(`place A${n} ask 1 @ 100 -> accepted, rested 1`);
    const gone = (n: number): string => `cancelled A${n} 1 MASS_CANCEL`;
    day.check(`
      cancel-all A   -> covered 140 more, ${list(0, 64, gone)}
      cancel A139    -> ${list(64, 128, gone)}, cancelled 1 MASS_CANCEL, rejected UNKNOWN_ORDER
      due            -> 0
      status A139    -> ${list(128, 139, gone)}, status CANCELLED 1 open 0 filled 0`);
  });

  test("later orders of the account are not covered", () => {
    const day = makeDay(book);
    for (let n = 0; n < 200; n++) day.check(`place A${n} ask 1 @ 300 -> accepted, rested 1`);
    const gone = (n: number): string => `cancelled A${n} 1 MASS_CANCEL`;
    day.check(`
      cancel-all A          -> covered 200 more, ${list(0, 64, gone)}
      place A300 ask 2 @ 90 -> ${list(64, 128, gone)}, accepted, rested 2
      place B1 bid 1 @ 90   -> ${list(128, 192, gone)}, accepted, trade A300 B1 1 @ 90
      clock                 -> ${list(192, 200, gone)}
      status A300           -> status OPEN 2 open 1 filled 1`);
  });

  test("a place sent again for a covered order finds it ended", () => {
    const day = makeDay(book);
    for (let n = 0; n < 140; n++) day.check(`place A${n} ask 1 @ 100 -> accepted, rested 1`);
    const gone = (n: number): string => `cancelled A${n} 1 MASS_CANCEL`;
    day.check(`
      cancel-all A           -> covered 140 more, ${list(0, 64, gone)}
      place A139 ask 1 @ 100 -> ${list(64, 128, gone)}, cancelled 1 MASS_CANCEL,
          then accepted again CANCELLED 1 open 0 filled 0`);
  });

  test("so many expiries at once take several commands, and none of them trades", () => {
    const day = makeDay(book);
    day.check("at 10");
    for (let n = 0; n < 130; n++) {
      day.check(`place A${n} ask 1 @ ${100 + (n % 3)} gtd 20 -> accepted, rested 1`);
    }
    const gone = (n: number): string => `expired A${n} 1`;
    day.check(`
      at 20
      clock                  -> ${list(0, 64, gone)}
      due                    -> 0
      place B1 bid 1 @ 102   -> ${list(64, 128, gone)}, accepted, expired A129 1, expired A128 1, rested 1
      due                    -> Infinity`);
  });

  test("a filter looks at a bounded number of orders per command", () => {
    const day = makeDay(book, { ordersMax: 8_000 });
    day.check("list 2 -> listed");
    for (let n = 0; n < 4_200; n++) day.driver.apply(1, { ...bulk(n), instrument: 1 });
    day.check(`place A9999 ask 1 @ 100 on 2 -> accepted, rested 1
      cancel-all A on 2 -> covered 0 more at least`);
    let slices = 0;
    while (day.driver.shard.nextDueUs() === 0) {
      day.driver.apply(7);
      slices++;
    }
    expect(slices).toBe(4);
    day.check("status A9999 -> status CANCELLED 1 open 0 filled 0");
  });
});

/** A resting bid of account A far below any other price. */
function bulk(n: number): Record<string, number | string> {
  const words = {
    account: 1,
    side: 1,
    orderType: 1,
    tif: 1,
    quantity: 1,
    clientOrderId: `bulk${n}`,
  };
  return { ...words, priceTicks: 1 + (n % 50) };
}
