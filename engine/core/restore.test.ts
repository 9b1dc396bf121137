// A restored order stands where it would have stood, had it never left; it jumps no queue but its own.
// Sequences count from 7: the day's first line is its shard's seventh command.
import { describe, expect, test } from "@jest/globals";
import { CommandType } from "./codes.ts";
import { RESTORE_WALK_MAX } from "./limits.ts";
import { OrderF64, OrderI32, sideOf } from "./orders.ts";
import { SNAPSHOT_RECORD_BYTES } from "./snapshot.ts";
import type { Shard } from "./shard-api.ts";
import { makeDay, type Day } from "./testing/day.ts";
import { BOTH_BOOKS, type BookKind, makeDriver } from "./testing/driver.ts";
import { makeTraffic } from "./testing/random.ts";

const dayOf = (book: BookKind): Day => makeDay(book, { behaviour: 2 });

const DAYS: Readonly<Record<string, string>> = {
  "it returns behind what is older and before what is later": `
    place A1 ask 1 @ 100            -> accepted, rested 1 // 7
    place B1 ask 2 @ 100            -> accepted, rested 2 // 8
    place C1 ask 3 @ 100            -> accepted, rested 3 // 9
    place D1 bid 2 @ 100            -> accepted, trade A1 D1 1 @ 100, trade B1 D1 1 @ 100 // 10
    restore A2 ask 1 @ 100 priority 7 -> accepted, rested 1 by 7
    restore B2 ask 1 @ 100 priority 8 -> accepted, rested 1 by 8
    book                            -> - | 6/4@100
    place D2 bid 6 @ 100            -> accepted, trade A2 D2 1 @ 100, trade B1 D2 1 @ 100,
                                  then trade B2 D2 1 @ 100, trade C1 D2 3 @ 100`,

  "it returns to the front, to the back, to an empty level, to another price": `
    place A1 bid 1 @ 100            -> accepted, rested 1 // 7
    place A2 bid 2 @ 100            -> accepted, rested 2 // 8
    restore B1 bid 3 @ 100 priority 1 -> accepted, rested 3 by 1
    restore B2 bid 4 @ 100 priority 9 -> accepted, rested 4 by 9
    restore B3 bid 5 @ 99 priority 2 -> accepted, rested 5 by 2
    place A3 bid 6 @ 100            -> accepted, rested 6
    restore B4 bid 7 @ 100 priority 11 -> accepted, rested 7 by 11
    place C1 ask 99 @ 99            -> accepted, trade B1 C1 3 @ 100, trade A1 C1 1 @ 100,
        then trade A2 C1 2 @ 100, trade B2 C1 4 @ 100, trade B4 C1 7 @ 100,
        then trade A3 C1 6 @ 100, trade B3 C1 5 @ 99, rested 71`,

  "among orders that returned with one priority the first stays first": `
    place A1 ask 1 @ 100            -> accepted, rested 1 // 7
    restore B1 ask 1 @ 100 priority 3 -> accepted, rested 1 by 3
    restore B2 ask 1 @ 100 priority 3 -> accepted, rested 1 by 3
    restore B3 ask 1 @ 100 priority 2 -> accepted, rested 1 by 2
    place C1 bid 4 @ 100            -> accepted, trade B3 C1 1 @ 100, trade B1 C1 1 @ 100,
                                  then trade B2 C1 1 @ 100, trade A1 C1 1 @ 100`,

  "where the market has moved it takes, at the makers' prices, and only the rest has its place": `
    place B1 bid 1 @ 110            -> accepted, rested 1 // 7
    place B2 bid 1 @ 105            -> accepted, rested 1
    place A1 ask 1 @ 120            -> accepted, rested 1
    restore A2 ask 3 @ 105 priority 2 -> accepted, trade B1 A2 1 @ 110, trade B2 A2 1 @ 105, rested 1 by 2
    restore A3 ask 1 @ 120 priority 2 stp cancel_taker -> accepted, rested 1 by 2
    book                            -> - | 1/1@105 2/2@120
    restore B3 bid 1 @ 105 priority 2 -> accepted, trade A2 B3 1 @ 105`,

  "sent again it is answered again; with another priority, or as a place, it is another order": `
    place B1 ask 1 @ 100              -> accepted, rested 1 // 7
    restore A1 ask 1 @ 100 priority 6 -> accepted, rested 1 by 6
    restore A1 ask 1 @ 100 priority 6 -> accepted again OPEN 1 open 1 filled 0
    restore A1 ask 1 @ 100 priority 5 -> rejected CLIENT_ORDER_ID_REUSED
    place A1 ask 1 @ 100              -> rejected CLIENT_ORDER_ID_REUSED
    restore B1 ask 1 @ 100 priority 6 -> rejected CLIENT_ORDER_ID_REUSED
    place C1 bid 1 @ 100              -> accepted, trade A1 C1 1 @ 100
    restore A1 ask 1 @ 100 priority 6 -> accepted again FILLED 1 open 0 filled 1`,

  "it lives on like any order": `
    at 10
    place A1 ask 5 @ 100                     -> accepted, rested 5 // 7
    restore B1 ask 5 @ 100 priority 2 gtd 20 -> accepted, rested 5 by 2
    restore B2 ask 5 @ 100 priority 3 tag 7  -> accepted, rested 5 by 3
    reduce B1 1                              -> amended 4 @ 100
    amend B2 6                               -> amended 6 @ 100 requeued, rested 6
    place C1 bid 10 @ 100                    -> accepted, trade B1 C1 4 @ 100, trade A1 C1 5 @ 100, trade B2 C1 1 @ 100
    restore B3 ask 1 @ 100 priority 2 gtd 20 -> accepted, rested 1 by 2
    due                                      -> 20
    cancel-all B tag 7                       -> covered 1, cancelled B2 5 MASS_CANCEL
    at 20
    clock                                    -> expired B3 1`,

  "it is refused as a place is, then for what makes it none": `
    at 10
    place B1 ask 1 @ 100 -> accepted, rested 1 // 7
    set-account A suspended -> account suspended
    restore Z1 ask 1 @ 100 priority 0 tif 3 account Z -> rejected UNKNOWN_ACCOUNT
    restore A1 id none ask 1 @ 100 priority 0 tif 3   -> rejected CLIENT_ORDER_ID_MISSING
    restore A1 ask 1 @ 100 priority 0 tif 3 deadline 9 -> rejected DEADLINE_PASSED
    restore A1 ask 1 @ 100 priority 0 tif 3 -> rejected ACCOUNT_SUSPENDED
    set-account A allowed -> account allowed
    restore A1 ask 1 @ 100 priority 0 tif 3 -> rejected again ACCOUNT_SUSPENDED
    restore A2 ask 0 @ 100 priority 0 tif 3 -> rejected QUANTITY_TOO_SMALL
    restore A3 ask 1 @ 100 priority 0 ioc   -> rejected MALFORMED
    restore A4 ask 1 @ 100 priority 0 fok   -> rejected FOK_NOT_FILLABLE
    restore A5 bid 1 @ 100 priority 0 fok   -> rejected MALFORMED
    restore A6 ask 1 market priority 1      -> rejected MALFORMED
    restore A7 bid 1 @ 100 priority 0 post  -> rejected ORDER_WOULD_CROSS
    restore A8 ask 1 @ 100 priority -1      -> rejected MALFORMED
    restore A9 ask 1 @ 100 priority 1.5     -> rejected MALFORMED
    restore A10 ask 1 @ 100 priority NaN    -> rejected MALFORMED
    restore A11 ask 1 @ 100 priority 0      -> rejected PRIORITY_NOT_EARLIER
    restore A11 ask 1 @ 100 priority 0      -> rejected again PRIORITY_NOT_EARLIER
    restore A12 ask 1 @ 100 priority 26     -> rejected PRIORITY_NOT_EARLIER
    restore A13 ask 1 @ 100 priority Infinity -> rejected PRIORITY_NOT_EARLIER
    restore A14 ask 1 @ 100 priority 27     -> accepted, rested 1 by 27`,
};

describe.each(BOTH_BOOKS)("restored orders, %s book", (book) => {
  test.each(Object.keys(DAYS))("%s", (name) => {
    dayOf(book).check(DAYS[name]!);
  });

  test("not before behaviour 2", () => {
    makeDay(book).check("restore A1 ask 1 @ 100 priority 2 -> rejected UNKNOWN_COMMAND");
  });

  test("a place that is far from both ends is refused by name", () => {
    const day = dayOf(book);
    const side = RESTORE_WALK_MAX;
    // Priorities 7, 8, 9 and so on: as many as can be passed from the front, and from the back.
    for (let n = 0; n < 2 * side; n++) {
      day.check(`place A${n} ask 1 @ 100 -> accepted, rested 1`);
    }
    // Behind 1,023 or 1,024 of them, with as many behind it as are looked at from the back.
    day.check(`
      restore B1 ask 1 @ 100 priority ${6 + side - 1} -> accepted, rested 1 by ${6 + side - 1}
      restore B2 ask 1 @ 100 priority ${6 + side}     -> accepted, rested 1 by ${6 + side}
      restore B3 ask 1 @ 100 priority ${6 + side - 1} -> rejected RESTORE_TOO_DEEP
      restore B4 ask 1 @ 100 priority ${6 + side}     -> accepted, rested 1 by ${6 + side}
      restore B5 ask 1 @ 100 priority ${6 + side - 2} -> accepted, rested 1 by ${6 + side - 2}
      place C1 bid 256 @ 100 ioc -> accepted, ${Array.from({ length: 256 }, (_, n) => `trade A${n} C1 1 @ 100`).join(", ")}`);
  });
});

/** Books as a snapshot tells them: per level the priorities, in the order the book keeps them. */
function priorities(shard: Shard): Map<string, number[]> {
  const levels = new Map<string, number[]>();
  shard.save((bytes) => {
    const i32 = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const f64 = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
    for (let at = 0; at < i32.length; at += SNAPSHOT_RECORD_BYTES / 4) {
      if (i32[at] !== 4) continue; // an order
      const [instrument, price] = [i32[at + OrderI32.instrument], i32[at + OrderI32.priceTicks]];
      const key = `${instrument}/${sideOf(i32[at + OrderI32.bits]!)}/${price}`;
      const priority = f64[at / 2 + OrderF64.priority]!;
      levels.set(key, [...(levels.get(key) ?? []), priority]);
    }
  });
  return levels;
}

test.each(BOTH_BOOKS)("whatever is restored, levels stay in order of priority, %s book", (book) => {
  let restored = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const driver = makeDriver(book, { behaviour: 2 });
    const traffic = makeTraffic(seed, 2);
    for (let n = 0; n < 500; n++) {
      const { type, words, stampUs } = traffic.next();
      driver.setStampUs(stampUs);
      driver.apply(type === CommandType.CHECKPOINT ? CommandType.CLOCK : type, words);
      if (n % 25 !== 0) continue;
      for (const level of priorities(driver.shard).values()) {
        expect(level).toEqual(level.toSorted((a, b) => a - b));
        restored += level.some((at) => at < n - 200) ? 1 : 0;
      }
    }
  }
  expect(restored).toBeGreaterThan(100);
});
