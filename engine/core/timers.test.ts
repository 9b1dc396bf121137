// Session timers: a session that goes silent takes its orders with it, at its time, however busy the
// shard is. And what else came with sessions: tags of mass cancels, deadlines of changes.
import { describe, expect, test } from "@jest/globals";
import { CommandType, EventType, Reject } from "./codes.ts";
import { EventU8 } from "./event.ts";
import { TIMERS_PER_ACCOUNT_MAX } from "./limits.ts";
import { makeTimers } from "./timers.ts";
import { makeOrders } from "./orders.ts";
import { makeDay, type Day } from "./testing/day.ts";
import {
  BOTH_BOOKS,
  type BookKind,
  type DriverOptions,
  type Driver,
  makeDriver,
} from "./testing/driver.ts";
import { makeRandom } from "./testing/random.ts";

const dayOf = (book: BookKind, options: DriverOptions = {}): Day =>
  makeDay(book, { behaviour: 2, ...options });

const list = (from: number, to: number, say: (n: number) => string): string =>
  Array.from({ length: to - from }, (_, n) => say(from + n)).join(", ");
const gone = (n: number): string => `cancelled A${n} 1 TIMER`;

const DAYS: Readonly<Record<string, string>> = {
  "a timer takes all orders of its account, at its time and before the command's own turn": `
    at 10
    place A1 ask 1 @ 100      -> accepted, rested 1
    place A2 bid 2 @ 90 tag 7 -> accepted, rested 2
    place B1 ask 3 @ 100      -> accepted, rested 3
    due                       -> Infinity
    timer A fires 20          -> timer 0 20
    due                       -> 20
    at 19.999999
    clock                     -> nothing
    at 20
    place C1 bid 4 @ 100      -> timer 0 fired covering 2, cancelled A1 1 TIMER, cancelled A2 2 TIMER,
                            then accepted, trade B1 C1 3 @ 100, rested 1
    due                       -> Infinity
    status A1                 -> status CANCELLED 1 open 0 filled 0
    place A3 ask 1 @ 110      -> accepted, rested 1
    at 99
    clock                     -> nothing`,

  "a session's timer takes the orders of its tag": `
    at 10
    place A1 ask 1 @ 100 tag 7 -> accepted, rested 1
    place A2 ask 2 @ 101 tag 8 -> accepted, rested 2
    place A3 ask 3 @ 102       -> accepted, rested 3
    place B1 ask 4 @ 103 tag 7 -> accepted, rested 4
    timer A tag 7 fires 20     -> timer 7 20
    timer A tag 8 fires 21     -> timer 8 21
    at 30
    clock                      -> timer 7 fired covering 1, timer 8 fired covering 1, cancelled A1 1 TIMER, cancelled A2 2 TIMER
    book                       -> - | 3/1@102 4/1@103`,

  "armed again it waits longer, or shorter; disarmed it does not fire": `
    at 10
    place A1 ask 1 @ 100      -> accepted, rested 1
    timer A fires 20          -> timer 0 20
    at 19
    timer A fires 30          -> timer 0 30
    due                       -> 30
    at 25
    timer A fires 26          -> timer 0 26
    due                       -> 26
    timer A fires 60          -> timer 0 60
    timer A                   -> timer 0 off
    timer A                   -> timer 0 off
    due                       -> Infinity
    at 99
    clock                     -> nothing
    book                      -> - | 1/1@100`,

  "a timer has an hour at most, and is refused one check after the other": `
    at 10
    place A1 ask 1 @ 100      -> accepted, rested 1
    set-account A suspended   -> account suspended
    timer Z fires 5           -> rejected UNKNOWN_ACCOUNT
    timer A fires 10.0000005  -> timer 0 10.000001
    timer A fires -9000000000 -> rejected MALFORMED
    timer A fires noon        -> rejected MALFORMED
    timer A fires 9           -> rejected TIMER_NOT_AHEAD
    timer A fires 10          -> rejected TIMER_NOT_AHEAD
    timer A fires 3610.000001 -> rejected TIMER_TOO_FAR
    timer A fires Infinity    -> rejected TIMER_TOO_FAR
    timer A fires 3610        -> timer 0 3610
    at 3610
    clock                     -> timer 0 fired covering 1, cancelled A1 1 TIMER`,

  "timers fire by time, then by which was armed earlier; an order that is due expires first": `
    at 10
    place A1 ask 1 @ 100 tag 1 gtd 20 -> accepted, rested 1
    place A2 ask 1 @ 100 tag 1 -> accepted, rested 1
    place B1 ask 1 @ 100       -> accepted, rested 1
    timer A tag 3 fires 19     -> timer 3 19
    timer A tag 1 fires 20     -> timer 1 20
    timer B fires 19           -> timer 0 19
    timer A tag 2 fires 18     -> timer 2 18
    timer A tag 3 fires 19     -> timer 3 19
    at 30
    clock                      -> expired A1 1, timer 2 fired covering 0, timer 0 fired covering 1,
                               then timer 3 fired covering 0, timer 1 fired covering 1,
                               then cancelled B1 1 TIMER, cancelled A2 1 TIMER`,

  "an order met by two timers ends once, for the first": `
    at 10
    place A1 ask 1 @ 100 tag 1 -> accepted, rested 1
    timer A fires 20           -> timer 0 20
    timer A tag 1 fires 20     -> timer 1 20
    at 20
    clock                      -> timer 0 fired covering 1, timer 1 fired covering 1, cancelled A1 1 TIMER
    due                        -> Infinity`,

  "a mass cancel may take one tag": `
    list 2                        -> listed
    place A1 ask 1 @ 100 tag 7    -> accepted, rested 1
    place A2 ask 2 @ 101 tag 8    -> accepted, rested 2
    place A3 bid 3 @ 90 tag 7     -> accepted, rested 3
    place A4 ask 4 @ 80 tag 7 on 2 -> accepted, rested 4
    place A5 ask 5 @ 102          -> accepted, rested 5
    cancel-all A tag 7 ask        -> covered 2, cancelled A1 1 MASS_CANCEL, cancelled A4 4 MASS_CANCEL
    cancel-all A tag 9            -> covered 0
    cancel-all A tag 7            -> covered 1, cancelled A3 3 MASS_CANCEL
    cancel-all A                  -> covered 2, cancelled A2 2 MASS_CANCEL, cancelled A5 5 MASS_CANCEL`,

  "a change that says until when does not happen later": `
    at 10
    place A1 ask 5 @ 100          -> accepted, rested 5
    cancel A1 deadline 9.999999   -> rejected DEADLINE_PASSED
    cancel A1 deadline -9000000000 -> rejected DEADLINE_PASSED
    cancel A1 deadline never      -> rejected DEADLINE_PASSED
    reduce A1 1 deadline 9        -> rejected DEADLINE_PASSED
    amend A1 4 deadline 9         -> rejected DEADLINE_PASSED
    cancel-all A deadline 9       -> rejected DEADLINE_PASSED
    cancel A2 deadline 9          -> rejected DEADLINE_PASSED
    cancel A1 account Z deadline 9 -> rejected UNKNOWN_ACCOUNT
    cancel-all Z deadline 9       -> rejected UNKNOWN_ACCOUNT
    cancel-all A on 9 deadline 9  -> rejected DEADLINE_PASSED
    amend A1 4 deadline 10        -> amended 4 @ 100
    reduce A1 1 deadline 99999    -> amended 3 @ 100
    cancel A1 deadline 10         -> cancelled 3`,
};

/** Before behaviour 2 the same words mean what they meant then: nothing, or an unknown command. */
const BEFORE = `
  at 10
  place A1 ask 5 @ 100 tag 7 -> accepted, rested 5
  place A2 ask 5 @ 101       -> accepted, rested 5
  place A3 ask 5 @ 101       -> accepted, rested 5
  timer A fires 20           -> rejected UNKNOWN_COMMAND
  amend A1 4 deadline 9      -> amended 4 @ 100
  reduce A1 1 deadline 9     -> amended 3 @ 100
  cancel A2 deadline 9       -> cancelled 5
  cancel-all A tag 7         -> covered 2, cancelled A1 3 MASS_CANCEL, cancelled A3 5 MASS_CANCEL
  due                        -> Infinity`;

describe.each(BOTH_BOOKS)("sessions, %s book", (book) => {
  test.each(Object.keys(DAYS))("%s", (name) => {
    dayOf(book).check(DAYS[name]!);
  });

  test("none of it before behaviour 2", () => {
    makeDay(book).check(BEFORE);
  });

  test("an account has so many timers, and the shard so many", () => {
    const day = dayOf(book, { timersMax: TIMERS_PER_ACCOUNT_MAX + 1 });
    for (let tag = 1; tag <= TIMERS_PER_ACCOUNT_MAX; tag++) {
      day.check(`timer A tag ${tag} fires 20 -> timer ${tag} 20`);
    }
    day.check(`
      timer A tag 99 fires 20 -> rejected TOO_MANY_TIMERS
      timer B fires 20        -> timer 0 20
      timer C fires 20        -> rejected TIMER_TABLE_FULL
      timer C                 -> timer 0 off
      timer A tag 64 fires 30 -> timer 64 30
      timer A tag 64          -> timer 64 off
      timer C fires 20        -> timer 0 20
      timer A tag 99 fires 20 -> rejected TIMER_TABLE_FULL`);
  });
});

describe.each(BOTH_BOOKS)("timers in slices, %s book", (book) => {
  /** 140 asks of A at one price, then one of B, and A's timer at 20. */
  function crowded(): Day {
    const day = dayOf(book);
    day.check("at 10");
    for (let n = 0; n < 140; n++) day.check(`place A${n} ask 1 @ 100 -> accepted, rested 1`);
    day.check(`
      place B1 ask 1 @ 100 -> accepted, rested 1
      timer A fires 20     -> timer 0 20
      at 20`);
    return day;
  }

  test("what a timer covers trades no more from its time on", () => {
    crowded().check(`
      place C1 bid 1 @ 100 -> timer 0 fired covering 140, ${list(0, 63, gone)},
           then accepted, ${list(63, 140, gone)}, trade B1 C1 1 @ 100
      book                 -> - | -
      due                  -> 0
      clock                -> nothing
      due                  -> Infinity`);
  });

  test("it does not count for a fill-or-kill, nor stand in the way of a post-only", () => {
    crowded().check(`
      place C1 bid 2 @ 100 fok -> timer 0 fired covering 140, ${list(0, 63, gone)}, rejected FOK_NOT_FILLABLE
      cancel B1                -> ${list(63, 127, gone)}, cancelled 1
      place C2 bid 1 @ 100 post -> ${list(127, 140, gone)}, accepted, rested 1`);
  });

  test("it cannot be cancelled, amended or asked for as if it were open", () => {
    crowded().check(`
      cancel A139          -> timer 0 fired covering 140, ${list(0, 63, gone)}, cancelled 1 TIMER, rejected UNKNOWN_ORDER
      status A138          -> ${list(63, 127, gone)}, cancelled 1 TIMER, status CANCELLED 1 open 0 filled 0
      amend A137 @ 99      -> ${list(127, 137, gone)}, cancelled 1 TIMER, rejected UNKNOWN_ORDER`);
  });

  test("what its account places afterwards stays", () => {
    crowded().check(`
      place A200 ask 2 @ 90 -> timer 0 fired covering 140, ${list(0, 63, gone)}, accepted, rested 2
      place C1 bid 1 @ 90   -> ${list(63, 127, gone)}, accepted, trade A200 C1 1 @ 90
      clock                 -> ${list(127, 140, gone)}
      book                  -> - | 1/1@90 1/1@100`);
  });

  /** Every account has 50 timers, due at once: A an order for each of its first ten, D for its last. */
  function manyDue(): Day {
    const day = dayOf(book);
    day.check("at 10");
    for (let tag = 1; tag <= 10; tag++) {
      day.check(`place A${tag} ask 1 @ ${100 + tag} tag ${tag} -> accepted, rested 1`);
    }
    day.check("place D1 ask 1 @ 100 tag 50 -> accepted, rested 1");
    for (const account of ["B", "C", "A", "D"]) {
      for (let tag = 1; tag <= 50; tag++) {
        day.check(`timer ${account} tag ${tag} fires 20 -> timer ${tag} 20`);
      }
    }
    day.check("at 20");
    return day;
  }
  const none = (from: number, to: number): string =>
    list(from, to, (n) => `timer ${n} fired covering 0`);
  /** The first 64, the next 64 (of C, then of A), the 64 after them (of A, then of D). */
  const first = `${none(1, 51)}, ${none(1, 15)}`;
  const second = `${none(15, 51)}, ${list(1, 11, (n) => `timer ${n} fired covering 1`)}, ${none(11, 29)}`;
  const third = `${none(29, 51)}, ${none(1, 43)}`;

  test("many due at once cover at once, and are told by and by", () => {
    manyDue().check(`
      place B1 bid 1 @ 100 tag 1  -> ${first}, accepted, cancelled D1 1 TIMER, rested 1
      due                         -> 0
      place C1 bid 1 @ 100 tag 50 -> ${second}, accepted, rested 1
      due                         -> 0
      clock                       -> ${third}
      book                        -> 2/2@100 | ${list(1, 11, (n) => `1/1@${100 + n}`).replaceAll(",", "")}
      clock                       -> ${none(43, 51)}, ${list(1, 11, gone)}
      due                         -> Infinity
      book                        -> 2/2@100 | -`);
  });

  test("one that is due but not told yet does not take what its account places now", () => {
    manyDue().check(`
      place A90 bid 1 @ 90 tag 30 -> ${first}, accepted, rested 1
      place D90 bid 1 @ 90 tag 50 -> ${second}, accepted, rested 1
      place D91 bid 1 @ 90 tag 50 -> ${third}, accepted, rested 1
      clock -> ${none(43, 50)}, timer 50 fired covering 1, ${list(1, 11, gone)}, cancelled D1 1 TIMER
      due   -> Infinity
      book  -> 3/3@90 | -`);
  });

  test("one whose time has come fires before it is armed again or disarmed", () => {
    manyDue().check(`
      timer D tag 50 fires 30 -> ${first}, timer 50 fired covering 1, timer 50 30
      timer A tag 40          -> ${second}, timer 40 fired covering 0, timer 40 off
      place D2 ask 1 @ 99 tag 50 -> ${none(29, 40)}, ${none(41, 51)}, ${none(1, 44)}, accepted, rested 1
      clock                   -> ${none(44, 50)}, cancelled D1 1 TIMER, ${list(1, 11, gone)}
      due                     -> 30
      at 30
      clock                   -> timer 50 fired covering 1, cancelled D2 1 TIMER`);
  });
});

/**
 * So many mass cancels wait that nothing is added, for each looks at thousands of orders of account 1
 * and finds none of its tag; account 2 has a due timer and one order.
 */
function fullOfMassCancels(): Driver {
  const driver = makeDriver("fast", { ordersMax: 14_000, behaviour: 2 });
  const { apply, events } = driver;
  apply(CommandType.LIST_INSTRUMENT, { instrument: 1, tickMinor: 1, state: 1 });
  for (const account of [1, 2, 3]) apply(CommandType.SET_ACCOUNT, { account, flags: 2 });
  const resting = { instrument: 1, side: 1, orderType: 1, tif: 1, quantity: 1 };
  for (let n = 0; n < 12_000; n++) {
    const words = { ...resting, account: 1, priceTicks: 1 + (n % 999) };
    apply(CommandType.PLACE, { ...words, clientOrderId: `n${n}` });
  }
  apply(CommandType.PLACE, { ...resting, account: 2, priceTicks: 2_000, clientOrderId: "last" });
  apply(CommandType.ARM_TIMER, { account: 2, expiresAtUs: driver.stampUs() + 1 });
  do apply(CommandType.CANCEL_ALL, { account: 1, tag: 9 });
  while (events.u8[EventU8.type] === EventType.MASS_CANCEL_ACCEPTED);
  expect(events.u8[EventU8.reason]).toBe(Reject.MASS_CANCEL_TABLE_FULL);
  driver.setStampUs(driver.stampUs() + 1);
  return driver;
}

test("a timer that finds no room to cancel stays due, covers, and fires when there is", () => {
  const { apply, events, shard } = fullOfMassCancels();
  const last = (at: number): number => events.u8[(events.count - 1) * 168 + at]!;
  apply(CommandType.ARM_TIMER, { account: 2 });
  expect(last(EventU8.reason)).toBe(Reject.MASS_CANCEL_TABLE_FULL);
  const taker = { account: 3, instrument: 1, side: 2, orderType: 1, tif: 3, quantity: 1 };
  apply(CommandType.PLACE, { ...taker, priceTicks: 2_000, clientOrderId: "taker" });
  const types = Array.from({ length: 3 }, (_, n) => events.u8[(events.count - 3 + n) * 168]);
  expect(types).toEqual([EventType.ACCEPTED, EventType.CANCELLED, EventType.CANCELLED]);
  let fired = 0;
  while (shard.nextDueUs() === 0) {
    apply(CommandType.CLOCK);
    for (let n = 0; n < events.count; n++)
      fired += events.u8[n * 168] === EventType.TIMER_FIRED ? 1 : 0;
  }
  expect(fired).toBe(1);
  expect(shard.ordersOpen()).toBe(12_000);
});

test("a timer by tag counts a bounded number of orders, and says so", () => {
  const day = dayOf("fast");
  const words = { account: 1, instrument: 1, side: 1, orderType: 1, tif: 1, quantity: 1, tag: 5 };
  for (let n = 0; n < 1_100; n++) {
    const clientOrderId = `bulk${n}`;
    day.driver.apply(CommandType.PLACE, { ...words, priceTicks: 1 + (n % 50), clientOrderId });
  }
  day.check(`
    at 10
    timer A tag 5 fires 20 -> timer 5 20
    timer A tag 6 fires 20 -> timer 6 20
    at 20`);
  day.driver.apply(CommandType.CLOCK);
  const { events, shard } = day.driver;
  expect(events.u8[1]).toBe(32); // AT_LEAST
  expect(events.i32[10]).toBe(1_024);
  while (shard.nextDueUs() === 0) day.driver.apply(CommandType.CLOCK);
  expect(shard.ordersOpen()).toBe(0);
});

test("the table is a heap: rows come out by time, then by when they were armed", () => {
  const random = makeRandom(5);
  const nowUs = Float64Array.of(0);
  const timers = makeTimers(500, 100, makeOrders(4), nowUs, 0);
  const armed = new Map<string, [us: number, sequence: number]>();
  const words = new Float64Array(2);
  for (let sequence = 1; sequence <= 5_000; sequence++) {
    const [account, tag] = [random.below(99) + 1, random.below(5)];
    const row = timers.find(account, tag);
    expect(row !== 0).toBe(armed.has(`${account}/${tag}`));
    if (row !== 0) timers.remove(row);
    armed.delete(`${account}/${tag}`);
    if (random.once(3)) continue;
    words.set([random.below(40), sequence]);
    timers.add(account, tag, words, 0, words, 1);
    armed.set(`${account}/${tag}`, [words[0]!, sequence]);
  }
  const wanted = [...armed.values()].toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const of = (row: number): number[] => [timers.f64[row * 6 + 3]!, timers.f64[row * 6 + 4]!];
  const walked: number[][] = [];
  timers.walk((row) => walked.push(of(row)));
  expect(walked).toEqual(wanted);
  const taken: number[][] = [];
  for (let row = timers.first(); row !== 0; row = timers.first()) {
    expect(timers.firstUs[0]).toBe(of(row)[0]);
    taken.push(of(row));
    timers.remove(row);
  }
  expect(taken).toEqual(wanted);
  expect(timers.firstUs[0]).toBe(Number.POSITIVE_INFINITY);
});
