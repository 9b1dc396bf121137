// An uncross takes many commands when an auction is large, and the market goes on meanwhile: what
// happens elsewhere between two slices, and what each of them costs.
import { describe, expect, test } from "@jest/globals";
import { CommandType, EventType } from "./codes.ts";
import { EVENT_BYTES, EventU8 } from "./event.ts";
import { BOTH_BOOKS } from "./testing/driver.ts";
import { type Day, makeDay } from "./testing/day.ts";

const LIMIT = { orderType: 1, tif: 1 };
const [BID, ASK] = [1, 2];

/** So many bids of A at 100 against as many asks of B at 80, on instrument 2, of one unit each. */
function release(book: "fast" | "plain", orders: number): Day {
  const day = makeDay(book, { behaviour: 2 });
  day.check("list 2 state pre_open reference 100 -> listed");
  const words = { ...LIMIT, instrument: 2, quantity: 1 };
  for (let n = 0; n < orders; n++) {
    const bid = {
      ...words,
      account: 1,
      side: BID,
      priceTicks: 100,
      clientOrderId: `A${1_000 + n}`,
    };
    const ask = { ...words, account: 2, side: ASK, priceTicks: 80, clientOrderId: `B${1_000 + n}` };
    day.driver.apply(CommandType.PLACE, bid);
    day.driver.apply(CommandType.PLACE, ask);
  }
  return day;
}

function settle({ driver }: Day): void {
  for (let n = 0; driver.shard.nextDueUs() === 0; n++) {
    if (n > 1_000) throw new Error("an uncross ends");
    driver.apply(CommandType.CLOCK);
  }
  driver.auditor.compareBooks();
}

/** Events of one type in what the last command made. */
function countOf({ driver }: Day, type: number): number {
  const { u8, count } = driver.events;
  let found = 0;
  for (let n = 0; n < count; n++) if (u8[n * EVENT_BYTES + EventU8.type] === type) found++;
  return found;
}

describe.each(BOTH_BOOKS)("while an auction is uncrossed (%s)", (book) => {
  test("a leg filled elsewhere leaves it, and who would have met it gets another price", () => {
    const day = release(book, 200);
    day.check(`
      place C1 bid 1 @ 100 on 2 leg part 1/2 -> nothing
      place C2 bid 1 @ 99 on 1 leg part 2/2  -> accepted, accepted, counts 201/201 200/200, rested 1
      place B1 ask 1 @ 80 on 2               -> accepted, counts 201/201 201/201
      place D1 bid 1 @ 90 on 2               -> accepted, counts 202/202 201/201
    `);
    day.driver.apply(CommandType.UNCROSS, { instrument: 2 });
    expect(day.driver.shard.tradesTotal()).toBeLessThan(200);
    const taker = { ...LIMIT, instrument: 1, account: 4, side: ASK, priceTicks: 99, quantity: 1 };
    day.driver.apply(CommandType.PLACE, { ...taker, clientOrderId: "D9" });
    settle(day);
    day.check(`
      status C1 -> status CANCELLED 1 open 0 filled 0
      status D1 -> status FILLED 1 open 0 filled 1
      status B1 -> status FILLED 1 open 0 filled 1
      book 2    -> - | -
    `);
  });

  test("a timer that was due before takes its orders out, also when it fires out of turn", () => {
    const day = release(book, 1);
    const words = { ...LIMIT, tif: 2, instrument: 2, account: 3, side: BID, quantity: 1 };
    const expiresAtUs = day.driver.stampUs() + 5_000_000;
    for (let n = 0; n < 300; n++) {
      const gtd = { ...words, priceTicks: 1, expiresAtUs, clientOrderId: `G${n}` };
      day.driver.apply(CommandType.PLACE, gtd);
    }
    day.check(`
      place D1 bid 1 @ 101 on 2 tag 7 -> accepted, counts 302/302 1/1
      timer D tag 7 fires 5              -> timer 7 5
      at 6
    `);
    day.driver.apply(CommandType.UNCROSS, { instrument: 2 });
    day.driver.apply(CommandType.ARM_TIMER, { account: 4, tag: 7, expiresAtUs: 0 });
    expect(countOf(day, EventType.TIMER_FIRED)).toBe(1);
    settle(day);
    day.check(`
      status D1 -> status CANCELLED 1 open 0 filled 0
      status A1000 -> status FILLED 1 open 0 filled 1
    `);
  });

  test("what lapses later waits for it, and is out when it is over", () => {
    const day = release(book, 200);
    day.check(`
      place C1 ask 1 @ 100 on 2 gtd 5 -> accepted, counts 200/200 201/201
      timer A fires 5                    -> timer 0 5
    `);
    day.driver.apply(CommandType.UNCROSS, { instrument: 2 });
    day.check("at 6");
    settle(day);
    expect(day.driver.shard.tradesTotal()).toBe(200);
    day.check(`
      status C1 -> status EXPIRED 1 open 0 filled 0
      book 2    -> - | -
    `);
  });
});
