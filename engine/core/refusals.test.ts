// Each refusal has a row, in the order the checks run; and commands of whoever runs the exchange.
import { describe, expect, test } from "@jest/globals";
import { CommandType, EventType, Reject } from "./codes.ts";
import { CommandF64, makeCommands } from "./command.ts";
import { EventU8, makeEvents } from "./event.ts";
import { makeShard } from "./index.ts";
import { EVENTS_PER_COMMAND_MAX, HASH_VERSION, MASS_CANCELS_PENDING_MAX } from "./limits.ts";
import { makeDay } from "./testing/day.ts";
import { BOTH_BOOKS, makeDriver, SMALL, writeCommand } from "./testing/driver.ts";

/** One place, wrong in every way; each row mends what the row before was refused for. */
const PLACES = `
  at 10
  place B9 ask 3 @ 190 -> accepted, rested 3
  set-account A suspended orders 1 value 19000000 -> account suspended
  list 1 -> listed again
  set-state 1 state HALTED -> state HALTED
  set-band 1 band 100..200 -> band 100..200
  place A1 id none side 7 on 9 0 @ -1 gtd 5 deadline 9999 account Z -> rejected UNKNOWN_ACCOUNT
  place A1 id none side 7 on 9 0 @ -1 gtd 5 deadline 9999 -> rejected CLIENT_ORDER_ID_MISSING
  place A1 side 7 on 9 0 @ -1 gtd 5 deadline 9999 -> rejected DEADLINE_TOO_FAR
  place A1 side 7 on 9 0 @ -1 gtd 5 deadline 9    -> rejected DEADLINE_PASSED
  place A1 side 7 on 9 0 @ -1 gtd 5 -> rejected ACCOUNT_SUSPENDED
  set-account A allowed orders 1 value 19000000 -> account allowed
  place A1 side 7 on 9 0 @ -1 gtd 5 -> rejected again ACCOUNT_SUSPENDED
  place A2 side 7 on 9 0 @ -1 gtd 5 -> rejected UNKNOWN_INSTRUMENT
  place A3 side 7 0 @ -1 gtd 5 -> rejected INSTRUMENT_HALTED
  set-state 1 state CONTINUOUS -> state CONTINUOUS
  place A4 side 7 0 @ -1 gtd 5 -> rejected MALFORMED
  place A5 bid 0 @ -1 gtd 5 -> rejected QUANTITY_TOO_SMALL
  list 2 max 10 -> listed
  place A6 bid 11 @ -1 gtd 5 on 2 -> rejected QUANTITY_TOO_LARGE
  place A7 bid 11 @ -1 gtd 5 -> rejected PRICE_OUT_OF_RANGE
  place A8 bid 11 @ 0 gtd 5  -> rejected PRICE_OUT_OF_RANGE
  place A9 bid 11 @ 99 gtd 5 -> rejected PRICE_OUTSIDE_BAND
  place A10 bid 11 @ 201 gtd 5 -> rejected PRICE_OUTSIDE_BAND
  place A11 bid 1100 @ 200 gtd 10 -> rejected ALREADY_EXPIRED
  place A12 ask 1 @ 195 -> accepted, rested 1
  place A13 bid 1100 @ 200 gtd 11 -> rejected TOO_MANY_OPEN_ORDERS
  cancel A12 -> cancelled 1
  place A14 bid 1100 @ 200 gtd 11 post -> rejected BID_VALUE_LIMIT
  place A15 bid 950 @ 200 gtd 11 post -> rejected ORDER_WOULD_CROSS
  place A16 bid 4 @ 190 fok -> rejected FOK_NOT_FILLABLE
  place A17 bid 3 @ 190 fok -> accepted, trade B9 A17 3 @ 190
  set-state 1 state CLOSED -> state CLOSED
  place A18 side 7 0 @ -1 gtd 5 -> rejected INSTRUMENT_CLOSED`;

/** Words that do not go together; each is the only thing wrong. */
const MALFORMED = [
  "side 0",
  "side 3",
  "bid type 0",
  "bid type 3",
  "bid tif 0",
  "bid tif 5",
  "bid stp 5",
  "bid flags 2",
  "bid flags 128",
  "bid tif 2",
  "bid expires 20",
  "bid ioc expires 20",
  "bid gtd 20 expires -9000000000",
  "bid gtd noon",
  "bid ioc post",
  "bid fok post",
  "bid market",
  "bid type 2 tif 1 @ 0",
  "bid type 2 tif 2 expires 20 @ 0",
  "bid market post @ 0",
];

const BID_VALUES = `
  set-account A allowed value 100000 -> account allowed
  place A1 bid 6 @ 100 -> accepted, rested 6
  place A2 bid 5 @ 100 -> rejected BID_VALUE_LIMIT
  place A3 bid 4 @ 100 -> accepted, rested 4
  place A4 bid 1 @ 1 ioc -> rejected BID_VALUE_LIMIT
  place A5 ask 900 @ 500 -> accepted, rested 900
  place B1 ask 2 @ 100 -> accepted, trade A1 B1 2 @ 100
  place A6 bid 2 @ 100 -> accepted, rested 2
  reduce A6 1 -> amended 1 @ 100
  amend A3 3 -> amended 3 @ 100
  place A7 bid 2 @ 100 -> accepted, rested 2
  cancel A7 -> cancelled 2
  amend A1 8 -> amended 8 @ 100 requeued, rested 6
  amend A1 9 -> rejected BID_VALUE_LIMIT
  cancel-all A bid -> covered 3, cancelled A1 6 MASS_CANCEL, cancelled A3 3 MASS_CANCEL, cancelled A6 1 MASS_CANCEL
  place A8 bid 1000 market -> accepted, cancelled 1000 SELF`;

describe.each(BOTH_BOOKS)("refusals, %s book", (book) => {
  test("of a place, one after the other", () => {
    makeDay(book).check(PLACES);
  });

  test.each(MALFORMED)("malformed: %s", (words) => {
    const day = makeDay(book);
    day.check("at 10");
    const price = words.includes("@") ? "" : "@ 250";
    day.check(`place A1 1 ${price} ${words} -> rejected MALFORMED`);
  });

  test("a full order table takes what does not rest", () => {
    makeDay(book, { ordersMax: 2 }).check(`
      place A1 ask 1 @ 250 -> accepted, rested 1
      place A2 ask 1 @ 250 -> accepted, rested 1
      place A3 ask 1 @ 250 -> rejected ORDER_TABLE_FULL
      place B1 bid 1 @ 250 -> rejected ORDER_TABLE_FULL
      place B2 bid 1 @ 250 ioc -> accepted, trade A1 B2 1 @ 250
      place B3 bid 1 @ 249 -> accepted, rested 1`);
  });

  test("a command nobody knows", () => {
    const driver = makeDriver(book);
    for (const type of [0, 14, 255]) {
      driver.apply(type);
      expect(driver.events.count).toBe(1);
      expect(driver.events.u8[EventU8.type]).toBe(EventType.REJECTED);
      expect(driver.events.u8[EventU8.reason]).toBe(Reject.UNKNOWN_COMMAND);
    }
  });

  test("what is refused leaves no trace but its sequence", () => {
    const [refused, idle] = [makeDay(book), makeDay(book)];
    refused.check(`
      cancel A1 -> rejected UNKNOWN_ORDER
      place A1 ask 1 @ 250 deadline 99999 -> rejected DEADLINE_TOO_FAR
      set-band 1 band 9..1 -> rejected MALFORMED
      cancel-all A on 77 -> rejected UNKNOWN_INSTRUMENT`);
    idle.check(`clock -> nothing
      clock -> nothing
      clock -> nothing
      clock -> nothing`);
    expect(refused.driver.shard.hash()).toEqual(idle.driver.shard.hash());
  });
});

describe.each(BOTH_BOOKS)("whoever runs the exchange, %s book", (book) => {
  test("listing is idempotent, whatever was set since", () => {
    makeDay(book).check(`
      list 2 product 7 tick 50 max 9 band 10..20 reference 15 -> listed
      set-band 2 band 11..19 -> band 11..19
      set-state 2 state HALTED -> state HALTED
      list 2 product 7 tick 50 max 9 band 10..20 reference 15 -> listed again
      list 2 product 8 tick 50 max 9 band 10..20 reference 15 -> rejected INSTRUMENT_LISTED_OTHERWISE
      list 2 product 7 tick 50 max 9 band 11..19 reference 15 -> rejected INSTRUMENT_LISTED_OTHERWISE
      list 3 tick 0 -> rejected MALFORMED
      list 3 max -1 -> rejected MALFORMED
      list 3 reference -1 -> rejected MALFORMED
      list 3 product -1 -> rejected MALFORMED
      list 3 state NONE -> rejected MALFORMED
      list 3 state PRE_OPEN -> rejected MALFORMED
      list 3 band 0..5 -> rejected MALFORMED
      list 0 -> rejected MALFORMED
      list 64 -> rejected INSTRUMENT_TABLE_FULL
      list 63 -> listed`);
  });

  test("states and bands", () => {
    makeDay(book).check(`
      set-state 9 state HALTED -> rejected UNKNOWN_INSTRUMENT
      set-state 1 state PRE_OPEN -> rejected MALFORMED
      set-band 9 band 1..2 -> rejected UNKNOWN_INSTRUMENT
      set-band 1 band 5..4 -> rejected MALFORMED
      set-band 1 band 5..5 -> band 5..5
      place A1 ask 1 @ 6 -> rejected PRICE_OUTSIDE_BAND
      place A2 ask 1 @ 5 -> accepted, rested 1
      set-band 1 band 0..0 -> band 0..0
      place A3 ask 1 @ 6 -> accepted, rested 1
      set-state 1 state CLOSED -> state CLOSED
      set-state 1 state CONTINUOUS -> rejected INSTRUMENT_CLOSED
      set-state 1 state CLOSED -> state CLOSED`);
  });

  test("accounts", () => {
    makeDay(book).check(`
      place F1 ask 1 @ 5 -> rejected UNKNOWN_ACCOUNT
      set-account F suspended -> account suspended
      place F1 ask 1 @ 5 -> rejected ACCOUNT_SUSPENDED
      set-account F allowed -> account allowed
      place F2 ask 1 @ 5 -> accepted, rested 1
      set-account F orders -1 -> rejected MALFORMED
      set-account F value -1 -> rejected MALFORMED
      set-account F value 0.5 -> rejected MALFORMED
      set-account F flags 1 -> rejected MALFORMED
      set-account @ -> rejected MALFORMED`);
    const driver = makeDriver(book);
    driver.apply(CommandType.SET_ACCOUNT, { account: 64 });
    expect(driver.events.u8[EventU8.reason]).toBe(Reject.ACCOUNT_TABLE_FULL);
  });

  test("the value of open bids is bounded while they are open", () => {
    const selfTrade = "trade A5 A8 900 @ 500, cancelled 100 IMMEDIATE_REMAINDER";
    makeDay(book).check(BID_VALUES.replace("cancelled 1000 SELF", selfTrade));
  });

  test("without a bound the value is not counted; with one, open bids count from then on", () => {
    makeDay(book).check(`
      place A1 bid 2147483647 @ 2147483647 -> accepted, rested 2147483647
      place A2 bid 2147483647 @ 41943 -> accepted, rested 2147483647
      set-account A allowed value 100000 -> rejected BID_VALUE_LIMIT
      cancel A1 -> cancelled 2147483647
      cancel A2 -> cancelled 2147483647
      place A3 bid 9 @ 100 -> accepted, rested 9
      place A4 ask 9 @ 900 -> accepted, rested 9
      set-account A allowed value 100000 -> account allowed
      place A5 bid 2 @ 100 -> rejected BID_VALUE_LIMIT
      place A6 bid 1 @ 100 -> accepted, rested 1
      set-account A allowed -> account allowed
      place A7 bid 1000 @ 100 -> accepted, rested 1000`);
  });

  test("behaviour changes to known versions only", () => {
    makeDay(book).check(`
      set-behaviour 0 -> rejected BEHAVIOUR_UNKNOWN
      set-behaviour 2 -> behaviour_set
      set-behaviour 3 -> rejected BEHAVIOUR_UNKNOWN
      set-behaviour 1 -> behaviour_set`);
  });

  test("a checkpoint stops a shard whose state is not what it was", () => {
    const { driver, check } = makeDay(book);
    check("place A1 ask 1 @ 5 gtd 9 -> accepted, rested 1");
    const { high, low } = driver.shard.hash();
    const of = driver.shard.sequence();
    const checkpoint = (orderId: number, hashLow: number): void =>
      driver.apply(CommandType.CHECKPOINT, {
        orderId,
        hashVersion: HASH_VERSION,
        hashHigh: high,
        hashLow,
      });
    driver.setStampUs(driver.stampUs() + 20_000_000);
    expect(() => checkpoint(of, low ^ 1)).toThrow("the checkpoint's");
    checkpoint(of, low);
    expect(driver.events.u8[EventU8.type]).toBe(EventType.EXPIRED);
    expect(driver.events.u8[168 + EventU8.type]).toBe(EventType.CHECKPOINTED);
    checkpoint(of, low);
    expect(driver.events.u8[EventU8.type]).toBe(EventType.CHECKPOINTED);
    checkpoint(of + 9, low);
    expect(driver.events.u8[EventU8.type]).toBe(EventType.REJECTED);
  });

  test("a sequence that skips and a stamp that goes back are the caller's fault", () => {
    const shard = makeShard({ ...SMALL, book });
    const commands = makeCommands(1);
    const events = makeEvents(EVENTS_PER_COMMAND_MAX);
    const clock = (sequence: number, stampUs: number): void => {
      writeCommand(commands, 0, CommandType.CLOCK, {});
      commands.f64[CommandF64.sequence] = sequence;
      commands.f64[CommandF64.stampUs] = stampUs;
      shard.apply(commands, 0, events);
    };
    clock(1, 100);
    expect(() => clock(1, 100)).toThrow("sequences have no gap");
    expect(() => clock(3, 100)).toThrow("sequences have no gap");
    expect(() => clock(2, 99)).toThrow("stamps do not go back");
    expect(() => clock(2, Number.NaN)).toThrow("stamps do not go back");
    clock(2, 100);
    events.count = 1;
    expect(() => clock(3, 100)).toThrow("room for a command's events");
  });
});

test("so many mass cancels pending that another is refused by name", () => {
  const { apply, events, shard } = makeDriver("fast", { ordersMax: 140_000, idsMax: 140_000 });
  apply(CommandType.LIST_INSTRUMENT, { instrument: 1, tickMinor: 1, state: 1 });
  apply(CommandType.SET_ACCOUNT, { account: 1, flags: 2 });
  const resting = { account: 1, instrument: 1, side: 1, orderType: 1, tif: 1, quantity: 1 };
  for (let n = 0; n < 135_000; n++) {
    apply(CommandType.PLACE, { ...resting, priceTicks: 1 + (n % 999), clientOrderId: `n${n}` });
  }
  for (let n = 0; n < MASS_CANCELS_PENDING_MAX; n++) {
    apply(CommandType.CANCEL_ALL, { account: 1 });
  }
  expect(shard.ordersOpen()).toBeGreaterThan(0);
  apply(CommandType.CANCEL_ALL, { account: 1 });
  expect(events.u8[(events.count - 1) * 168 + EventU8.reason]).toBe(Reject.MASS_CANCEL_TABLE_FULL);
  while (shard.nextDueUs() === 0) apply(CommandType.CLOCK);
  expect(shard.ordersOpen()).toBe(0);
});
