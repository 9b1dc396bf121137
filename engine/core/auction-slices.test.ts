// An uncross takes many commands when an auction is large, and the market goes on meanwhile: what
// happens elsewhere between two slices, and what each of them costs.
import { describe, expect, test } from "@jest/globals";
import { CommandType, EventType } from "./codes.ts";
import { CommandF64, CommandFlag, CommandI32, makeCommands } from "./command.ts";
import { EVENT_BYTES, EventU8, makeEvents } from "./event.ts";
import { loadShard, makeShard } from "./index.ts";
import {
  EVENTS_PER_COMMAND_MAX,
  SLICE_ORDERS_MAX,
  UNCROSS_IDLE_EVENTS_MAX,
  UNCROSS_LEVELS_MAX,
} from "./limits.ts";
import type { Shard } from "./shard-api.ts";
import { BOTH_BOOKS, DAY_START_US, SMALL, type Words, writeCommand } from "./testing/driver.ts";
import { type Day, makeDay } from "./testing/day.ts";
import { makeRelease } from "./testing/random-release.ts";
import { liveThrough } from "./testing/twins.ts";

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

/** A shard to be driven without an auditor. */
interface Hand {
  readonly events: ReturnType<typeof makeEvents>;
  apply(type: number, words: Words): void;
  /** A limit order of one unit; its number is its id, its side its account. */
  place(instrument: number, side: number, priceTicks: number, id: number): void;
  bytes(): string;
}

const bytesOf = ({ u8, count }: Hand["events"]): string =>
  Buffer.from(u8.buffer, 0, count * EVENT_BYTES).toString("hex");

function handOf(shard: Shard): Hand {
  const commands = makeCommands(1);
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  const give = (): void => {
    commands.f64[CommandF64.sequence] = shard.sequence() + 1;
    commands.f64[CommandF64.stampUs] = DAY_START_US;
    events.count = 0;
    shard.apply(commands, 0, events);
  };
  function apply(type: number, words: Words): void {
    writeCommand(commands, 0, type, words);
    give();
  }
  function place(instrument: number, side: number, priceTicks: number, id: number): void {
    const { i32 } = commands;
    i32.fill(0);
    i32[0] = CommandType.PLACE | (side << 8) | (LIMIT.orderType << 16) | (LIMIT.tif << 24);
    i32[CommandI32.account] = side;
    i32[CommandI32.instrument] = instrument;
    i32[CommandI32.priceTicks] = priceTicks;
    i32[CommandI32.quantity] = 1;
    i32[CommandI32.clientOrderId] = id;
    give();
  }
  return { events, apply, place, bytes: () => bytesOf(events) };
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

  test("orders that lapse before it are told in slices that keep their bound", () => {
    const { driver, check } = release(book, 0);
    const expiresAtUs = driver.stampUs() + 5_000_000;
    const words = { ...LIMIT, tif: 2, account: 3, side: BID, quantity: 1, priceTicks: 1 };
    const gtd = { ...words, expiresAtUs };
    driver.apply(CommandType.PLACE, { ...gtd, instrument: 1, clientOrderId: "shown" });
    for (let n = 0; n < 100; n++) {
      driver.apply(CommandType.PLACE, { ...gtd, instrument: 2, clientOrderId: `G${n}` });
    }
    check("at 6");
    driver.apply(CommandType.CLOCK);
    expect(driver.events.count).toBe(SLICE_ORDERS_MAX - 1); // a collected one is told by two
    settle({ driver, check });
    expect(driver.shard.ordersOpen()).toBe(0);
  });

  test("a leg that the search for the price has come past leaves it, and it begins again", () => {
    const { driver, check } = makeDay(book, { behaviour: 2 });
    check("list 2 state pre_open reference 5000 -> listed");
    const words = { ...LIMIT, instrument: 2, quantity: 1 };
    const levels = UNCROSS_LEVELS_MAX;
    for (let n = 0; n < levels; n++) {
      const bid = { ...words, account: 1, side: BID, clientOrderId: `A${n}` };
      const ask = { ...words, account: 2, side: ASK, clientOrderId: `B${n}` };
      driver.apply(CommandType.PLACE, { ...bid, priceTicks: 6_000 + n });
      driver.apply(CommandType.PLACE, { ...ask, priceTicks: 5_000 - n });
    }
    check(`
      place C1 bid 1 @ 9999 on 2 leg part 1/2 -> nothing
      place C2 bid 1 @ 99 on 1 leg part 2/2   -> accepted, accepted, counts ${levels + 1}/${levels + 1} ${levels}/${levels}, rested 1
      place B8888 ask 1 @ 5000 on 2           -> accepted, counts ${levels + 1}/${levels + 1} ${levels + 1}/${levels + 1}
      uncross 2                               -> uncrosses 1 more
      place D1 ask 1 @ 99                     -> accepted, trade C2 D1 1 @ 99, cancelled C1 1 GROUP_FILLED
    `);
    settle({ driver, check });
    expect(driver.shard.tradesTotal()).toBe(levels + 1);
    check("book 2 -> - | 1/1@5000");
  });

  test("it can be saved in its middle, and goes on with the same bytes in the other book", () => {
    const { driver } = release(book, 200);
    driver.apply(CommandType.UNCROSS, { instrument: 2 });
    const chunks: Uint8Array[] = [];
    driver.shard.save((bytes) => chunks.push(bytes.slice()));
    const again = loadShard(chunks, { ...SMALL, book: book === "fast" ? "plain" : "fast" });
    const hand = handOf(again);
    for (let n = 0; n < 4; n++) {
      driver.apply(CommandType.CLOCK, { correlation: n + 1 });
      hand.apply(CommandType.CLOCK, { correlation: n + 1 });
      expect(hand.bytes()).toBe(bytesOf(driver.events));
      expect(again.hash()).toEqual(driver.shard.hash());
    }
    expect(again.nextDueUs()).toBe(Number.POSITIVE_INFINITY);
  });
});

test("random mornings are the same in both books, and keep what was promised", () => {
  const sizes = { accountsMax: 16, instrumentsMax: 16, ordersMax: 2_000, idsMax: 4_000 };
  let trades = 0;
  // Of these some have an order taken out that others were about to meet.
  for (const seed of [1, 2, 3, 4, 5, 6, 1_013, 1_044]) {
    const day = { ...sizes, commands: 760, compareEvery: 20, behaviour: 2, timersMax: 64 };
    trades += liveThrough(seed, { ...day, makeTraffic: makeRelease }).trades;
  }
  expect(trades).toBeGreaterThan(1_000);
});

test("of a million orders no command has more than its slice, and others are served meanwhile", () => {
  const orders = 1_000_000;
  const levels = 20_000;
  const shard = makeShard({ accountsMax: 8, instrumentsMax: 4, ordersMax: orders + 9 });
  const { apply, events, place } = handOf(shard);
  apply(CommandType.SET_BEHAVIOUR, { behaviour: 2 });
  apply(CommandType.LIST_INSTRUMENT, { instrument: 1, tickMinor: 1, state: 1 });
  apply(CommandType.LIST_INSTRUMENT, { instrument: 2, tickMinor: 1, state: 4 });
  for (const account of [1, 2, 3]) {
    apply(CommandType.SET_ACCOUNT, { account, flags: CommandFlag.ALLOWED });
  }
  for (let n = 0; n < orders; n++) place(2, 1 + (n & 1), 1_000 + ((n * 7_919) % levels), n + 1);
  expect(shard.ordersOpen()).toBe(orders);

  apply(CommandType.UNCROSS, {});
  let [searched, largest, largestOfOthers, others, served] = [0, 0, 0, 0, 0];
  for (let n = 0; shard.nextDueUs() === 0; n++) {
    if (n % 3 === 0) {
      place(1, 1, 1 + others, orders + ++others);
      if (events.u8[(events.count - 2) * EVENT_BYTES] === EventType.ACCEPTED) served++;
      largestOfOthers = Math.max(largestOfOthers, events.count);
      continue;
    }
    apply(CommandType.CLOCK, {});
    if (events.count === 0) searched++;
    largest = Math.max(largest, events.count);
  }
  expect(served).toBe(others);
  expect(largest).toBe(UNCROSS_IDLE_EVENTS_MAX);
  expect(largestOfOthers).toBe(SLICE_ORDERS_MAX + 2);
  expect(searched).toBeGreaterThan(levels / 2 / UNCROSS_LEVELS_MAX / 3);
  expect(shard.tradesTotal()).toBe(orders / 4);
  expect(shard.ordersOpen()).toBe(orders / 2 + others);
  const [bid, ask] = [BID, ASK].map((side) => shard.depth(2, side, 1)[0]!.priceTicks);
  expect(bid).toBeLessThan(ask!);
});
