// Times in force, post-only and self-trade prevention; every day is lived on both books.
import { describe, test } from "@jest/globals";
import { makeDay } from "./testing/day.ts";
import { BOTH_BOOKS } from "./testing/driver.ts";

const IMMEDIATE: Readonly<Record<string, string>> = {
  "IOC trades what it can and drops the rest": `
    place A1 ask 2 @ 250     -> accepted, rested 2
    place A2 ask 2 @ 251     -> accepted, rested 2
    place B1 bid 1 @ 249 ioc -> accepted, cancelled 1 IMMEDIATE_REMAINDER
    place B2 bid 1 @ 250 ioc -> accepted, trade A1 B2 1 @ 250
    place B3 bid 9 @ 250 ioc -> accepted, trade A1 B3 1 @ 250, cancelled 8 IMMEDIATE_REMAINDER
    place B4 bid 9 @ 260 ioc -> accepted, trade A2 B4 2 @ 251, cancelled 7 IMMEDIATE_REMAINDER
    place B5 ask 1 @ 1 ioc   -> accepted, cancelled 1 IMMEDIATE_REMAINDER
    book                     -> - | -`,

  "FOK trades all of it or nothing": `
    place A1 ask 2 @ 250      -> accepted, rested 2
    place A2 ask 2 @ 250      -> accepted, rested 2
    place A3 ask 2 @ 252      -> accepted, rested 2
    place B1 bid 1 @ 249 fok  -> rejected FOK_NOT_FILLABLE
    place B2 bid 5 @ 251 fok  -> rejected FOK_NOT_FILLABLE
    place B3 bid 7 @ 260 fok  -> rejected FOK_NOT_FILLABLE
    book                      -> - | 4/2@250 2/1@252
    place B4 bid 3 @ 250 fok  -> accepted, trade A1 B4 2 @ 250, trade A2 B4 1 @ 250
    place B5 bid 3 @ 252 fok  -> accepted, trade A2 B5 1 @ 250, trade A3 B5 2 @ 252
    place C1 bid 2 @ 90       -> accepted, rested 2
    place C2 bid 2 @ 80       -> accepted, rested 2
    place A4 ask 4 @ 81 fok   -> rejected FOK_NOT_FILLABLE
    place A5 ask 4 @ 80 fok   -> accepted, trade C1 A5 2 @ 90, trade C2 A5 2 @ 80
    place A6 ask 1 market fok -> rejected FOK_NOT_FILLABLE`,

  "post-only rests or is refused": `
    place A1 ask 2 @ 100      -> accepted, rested 2
    place B1 bid 2 @ 100 post -> rejected ORDER_WOULD_CROSS
    place B2 bid 2 @ 101 post -> rejected ORDER_WOULD_CROSS
    place B3 bid 2 @ 99 post  -> accepted, rested 2
    place A2 ask 2 @ 99 post  -> rejected ORDER_WOULD_CROSS
    place A3 ask 2 @ 100 post -> accepted, rested 2
    place B4 bid 1 @ 100      -> accepted, trade A1 B4 1 @ 100`,

  "post-only does not hide behind self-trade prevention": `
    place A1 ask 2 @ 100                       -> accepted, rested 2
    place A2 bid 2 @ 100 post stp cancel_maker -> rejected ORDER_WOULD_CROSS`,
};

const SELF_TRADE: Readonly<Record<string, string>> = {
  "not said: an account may trade with itself": `
    place A1 bid 5 @ 100 -> accepted, rested 5
    place A2 ask 3 @ 90  -> accepted, trade A1 A2 3 @ 100`,

  "cancel maker: own makers go, the taker carries on": `
    place A1 bid 5 @ 100                  -> accepted, rested 5
    place B1 bid 5 @ 100                  -> accepted, rested 5
    place A2 bid 5 @ 95                   -> accepted, rested 5
    place A3 ask 8 @ 90 stp cancel_maker  -> accepted, cancelled A1 5 SELF_TRADE,
                    then trade B1 A3 5 @ 100, cancelled A2 5 SELF_TRADE, rested 3`,

  "cancel maker, IOC and market: nothing rests either": `
    place A1 bid 5 @ 100                     -> accepted, rested 5
    place A2 ask 3 @ 90 ioc stp cancel_maker -> accepted, cancelled A1 5 SELF_TRADE, cancelled 3 IMMEDIATE_REMAINDER
    place A3 bid 5 @ 100                     -> accepted, rested 5
    place A4 ask 3 market stp cancel_maker   -> accepted, cancelled A3 5 SELF_TRADE, cancelled 3 IMMEDIATE_REMAINDER`,

  "cancel taker: the maker stays, what came before it has traded": `
    place B1 bid 1 @ 101                   -> accepted, rested 1
    place A1 bid 5 @ 100                   -> accepted, rested 5
    place A2 ask 3 @ 90 stp cancel_taker   -> accepted, trade B1 A2 1 @ 101, cancelled 2 SELF_TRADE
    place A3 ask 3 market stp cancel_taker -> accepted, cancelled 3 SELF_TRADE
    book                                   -> 5/1@100 | -`,

  "cancel both: one maker and the taker": `
    place A1 bid 5 @ 100                 -> accepted, rested 5
    place A2 bid 5 @ 99                  -> accepted, rested 5
    place A3 ask 3 @ 90 stp cancel_both  -> accepted, cancelled A1 5 SELF_TRADE, cancelled 3 SELF_TRADE
    place A4 ask 3 market stp cancel_both -> accepted, cancelled A2 5 SELF_TRADE, cancelled 3 SELF_TRADE
    book                                 -> - | -`,

  "decrement: the smaller one goes, the larger one shrinks": `
    place A1 bid 5 @ 100               -> accepted, rested 5
    place A2 ask 3 @ 90 stp decrement  -> accepted, prevented A1 A2 3
    status A2                          -> status CANCELLED 3 open 0 filled 0
    status A1                          -> status OPEN 5 open 2 filled 0
    book                               -> 2/1@100 | -
    place A3 ask 4 @ 90 stp decrement  -> accepted, prevented A1 A3 2, rested 2
    status A1                          -> status CANCELLED 5 open 0 filled 0
    place B1 bid 2 @ 90                -> accepted, trade A3 B1 2 @ 90
    status A3                          -> status FILLED 4 open 0 filled 2`,

  "the taker's mode governs, not the maker's": `
    place A1 bid 5 @ 100 stp cancel_maker -> accepted, rested 5
    place A2 ask 3 @ 90 stp cancel_taker  -> accepted, cancelled 3 SELF_TRADE
    place A3 ask 3 @ 90                   -> accepted, trade A1 A3 3 @ 100`,

  "others are not touched by any mode": `
    place A1 bid 5 @ 100                 -> accepted, rested 5
    place B1 ask 3 @ 90 stp cancel_both  -> accepted, trade A1 B1 3 @ 100`,

  "an FOK counts only what would trade": `
    place A1 ask 5 @ 100                     -> accepted, rested 5
    place B1 ask 5 @ 101                     -> accepted, rested 5
    place A2 bid 6 @ 101 fok stp cancel_maker -> rejected FOK_NOT_FILLABLE
    place A3 bid 5 @ 101 fok stp cancel_taker -> rejected FOK_NOT_FILLABLE
    place A4 bid 5 @ 101 fok stp cancel_both  -> rejected FOK_NOT_FILLABLE
    place A5 bid 5 @ 101 fok stp decrement    -> rejected FOK_NOT_FILLABLE
    place A6 bid 5 @ 101 fok stp cancel_maker -> accepted, cancelled A1 5 SELF_TRADE, trade B1 A6 5 @ 101`,
};

describe.each(BOTH_BOOKS)("kinds of order, %s book", (book) => {
  test.each(Object.keys(IMMEDIATE))("%s", (name) => {
    makeDay(book).check(IMMEDIATE[name]!);
  });

  test("an FOK needing more makers than one command may meet is refused", () => {
    const day = makeDay(book);
    for (let n = 0; n < 257; n++) day.check(`place A${n} ask 1 @ 250 -> accepted, rested 1`);
    day.check("place B1 bid 257 @ 250 fok -> rejected FOK_NOT_FILLABLE");
    const trades = Array.from({ length: 256 }, (_, n) => `trade A${n} B2 1 @ 250`).join(", ");
    day.check(`place B2 bid 256 @ 250 fok -> accepted, ${trades}`);
  });
});

describe.each(BOTH_BOOKS)("self-trade prevention, %s book", (book) => {
  test.each(Object.keys(SELF_TRADE))("%s", (name) => {
    makeDay(book).check(SELF_TRADE[name]!);
  });
});
