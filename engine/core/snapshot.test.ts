// A snapshot is the whole truth of a shard at one sequence: what is loaded from it has the same hash
// and goes on with the same bytes, whatever its tables and its book; what is damaged is refused.
import { describe, expect, test } from "@jest/globals";
import { CommandType } from "./codes.ts";
import { CommandFlag, makeCommands } from "./command.ts";
import { EVENT_BYTES, makeEvents } from "./event.ts";
import { loadShard, makeShard, SNAPSHOT_RECORD_BYTES, SnapshotError } from "./index.ts";
import { EVENTS_PER_COMMAND_MAX, type ShardOptions } from "./limits.ts";
import type { Shard } from "./shard-api.ts";
import { DAY_START_US, SMALL, writeCommand } from "./testing/driver.ts";
import { makeTraffic } from "./testing/random.ts";

const COMMANDS = 900;
const SAVE_EVERY = 150;

function saved(shard: Shard): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const hash = shard.save((bytes) => chunks.push(bytes.slice()));
  expect(hash).toEqual(shard.hash());
  return chunks;
}

const commands = makeCommands(1);
const events = makeEvents(EVENTS_PER_COMMAND_MAX);

/** The bytes a shard answers a command with. */
function answer(shard: Shard, type: number, words: object, stampUs: number): string {
  writeCommand(commands, 0, type, words);
  commands.f64[1] = shard.sequence() + 1;
  commands.f64[2] = stampUs;
  events.count = 0;
  shard.apply(commands, 0, events);
  return Buffer.from(events.u8.buffer, 0, events.count * EVENT_BYTES).toString("hex");
}

/** Lives a day in one shard and, from every save on, also in the shard loaded from it. */
function liveTwice(seed: number, options: Partial<ShardOptions>): number {
  let saves = 0;
  const behaviour = 1 + (seed & 1);
  const traffic = makeTraffic(seed, behaviour);
  const shard = makeShard({ ...SMALL, ...options });
  answer(shard, CommandType.SET_BEHAVIOUR, { behaviour }, DAY_START_US);
  let again: Shard | null = null;
  for (let n = 1; n <= COMMANDS; n++) {
    const { type, words, stampUs } = traffic.next();
    const asked = type === CommandType.CHECKPOINT ? CommandType.CLOCK : type;
    const told = answer(shard, asked, words, stampUs);
    if (again !== null && answer(again, asked, words, stampUs) !== told) {
      throw new Error(`seed ${seed}, command ${n}: other events after loading`);
    }
    if (n % SAVE_EVERY !== 0) continue;
    const book = (n / SAVE_EVERY) % 2 === 0 ? "plain" : "fast";
    again = loadShard(saved(shard), { ...SMALL, ...options, accountsMax: 100 + n, book });
    expect(again.hash()).toEqual(shard.hash());
    expect(again.nextDueUs()).toBe(shard.nextDueUs());
    expect(Buffer.concat(saved(again)).equals(Buffer.concat(saved(shard)))).toBe(true);
    saves++;
  }
  return saves;
}

describe("a loaded shard", () => {
  test("goes on as the one that was saved", () => {
    for (let seed = 1; seed <= 25; seed++) expect(liveTwice(seed, {})).toBe(6);
  });

  test("also when its tables are often full", () => {
    for (let seed = 101; seed <= 120; seed++) {
      expect(liveTwice(seed, { ordersMax: 12, idsMax: 30, timersMax: 3 })).toBe(6);
    }
  });

  test("is empty when the saved one was", () => {
    const shard = makeShard(SMALL);
    expect(loadShard(saved(shard), SMALL).hash()).toEqual(shard.hash());
  });

  test("answers an id again that was placed before", () => {
    const shard = makeShard(SMALL);
    const place = { account: 1, instrument: 1, side: 2, orderType: 1, tif: 1, priceTicks: 5 };
    const order = { ...place, quantity: 2, clientOrderId: "again" };
    answer(
      shard,
      CommandType.LIST_INSTRUMENT,
      { instrument: 1, tickMinor: 1, state: 1 },
      DAY_START_US,
    );
    answer(shard, CommandType.SET_ACCOUNT, { account: 1, flags: 2 }, DAY_START_US);
    answer(shard, CommandType.PLACE, order, DAY_START_US);
    const loaded = loadShard(saved(shard), SMALL);
    const first = answer(shard, CommandType.PLACE, order, DAY_START_US);
    expect(answer(loaded, CommandType.PLACE, order, DAY_START_US)).toBe(first);
    expect(loaded.ordersOpen()).toBe(1);
  });
});

describe("what cannot be loaded is refused in words", () => {
  const traffic = makeTraffic(7, 2);
  const shard = makeShard(SMALL);
  answer(shard, CommandType.SET_BEHAVIOUR, { behaviour: 2 }, DAY_START_US);
  for (let n = 0; n < 500; n++) {
    const { type, words, stampUs } = traffic.next();
    answer(shard, type === CommandType.CHECKPOINT ? CommandType.CLOCK : type, words, stampUs);
  }
  const whole = Buffer.concat(saved(shard));
  const words = (change: (i32: Int32Array) => void): Uint8Array => {
    const bytes = new Uint8Array(whole);
    change(new Int32Array(bytes.buffer));
    return bytes;
  };

  /** What a shard loaded from these bytes is saved as, or why there is none. */
  const outcomeOf = (bytes: Uint8Array): Buffer | Error => {
    try {
      return Buffer.concat(saved(loadShard([bytes], SMALL)));
    } catch (error) {
      return error as Error;
    }
  };

  test("chunks may be cut anywhere", () => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += 77) pieces.push(whole.subarray(at, at + 77));
    expect(loadShard(pieces, SMALL).hash()).toEqual(shard.hash());
  });

  test.each([
    ["nothing at all", () => [], "cut off"],
    ["no snapshot", () => [new Uint8Array(128)], "not a snapshot"],
    ["another format", () => [words((it) => void (it[1] = 9))], "format 9"],
    ["another hash version", () => [words((it) => void (it[2] = 1))], "hash version 1"],
    ["cut in a record", () => [whole.subarray(0, whole.length - 40)], "cut off"],
    ["cut before its end", () => [whole.subarray(0, whole.length - 128)], "cut off"],
    ["more behind its end", () => [whole, new Uint8Array(1)], "behind its end"],
    [
      "a record lost",
      () => [whole.subarray(0, 256), whole.subarray(256 + SNAPSHOT_RECORD_BYTES)],
      "records are missing|is damaged",
    ],
    ["an unknown kind", () => [words((it) => void (it[32] = 99))], "out of order|unknown kind"],
  ])("%s", (_, chunks, message) => {
    expect(() => loadShard(chunks(), SMALL)).toThrow(SnapshotError);
    expect(() => loadShard(chunks(), SMALL)).toThrow(new RegExp(message));
  });

  test("a bit that is another one, wherever it is, unless nobody reads it", () => {
    let refused = 0;
    let changed = 0;
    for (let bit = 0; bit < whole.length * 8; bit += 997) {
      const bytes = new Uint8Array(whole);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const outcome = outcomeOf(bytes);
      if (outcome instanceof SnapshotError) refused++;
      else if (outcome instanceof Error) throw outcome;
      else changed += outcome.equals(whole) ? 0 : 1;
    }
    expect(changed).toBe(0);
    expect(refused).toBeGreaterThan(whole.length / 997);
  });

  test.each([
    ["accounts", { accountsMax: 2 }],
    ["instruments", { instrumentsMax: 2 }],
    ["open orders", { ordersMax: 1 }],
    ["timers", { timersMax: 1 }],
    ["client order ids", { idsMax: 2, ordersMax: 2 }],
  ])("tables too small for its %s", (_, sizes) => {
    expect(() => loadShard([whole], { ...SMALL, ...sizes })).toThrow("there is no room");
  });
});

test("who saves and loads beside others is asked to rest every few hundred rows, and gets the same", () => {
  const ROWS = 256;
  const shard = makeShard(SMALL);
  const market = {
    instrument: 1,
    product: 1,
    bandLowTicks: 1,
    bandHighTicks: 10_000,
    quantityMax: 100,
  };
  answer(shard, CommandType.LIST_INSTRUMENT, { ...market, tickMinor: 1, state: 1 }, DAY_START_US);
  answer(shard, CommandType.SET_ACCOUNT, { account: 1, flags: CommandFlag.ALLOWED }, DAY_START_US);
  const bid = { account: 1, instrument: 1, side: 1, orderType: 1, tif: 1, quantity: 1 };
  for (let n = 1; n <= 700; n++) {
    answer(
      shard,
      CommandType.PLACE,
      { ...bid, priceTicks: n, clientOrderId: `O${n}` },
      DAY_START_US,
    );
  }
  expect(shard.ordersOpen()).toBe(700);
  let rests = 0;
  const rest = (): void => void rests++;
  const chunks: Uint8Array[] = [];
  const hash = shard.save((bytes) => chunks.push(bytes.slice()), rest);
  expect(Buffer.concat(chunks).equals(Buffer.concat(saved(shard)))).toBe(true);
  const records = Buffer.concat(chunks).length / SNAPSHOT_RECORD_BYTES;
  expect(records).toBeGreaterThan(2 * ROWS);
  expect(rests).toBeGreaterThanOrEqual(Math.floor(records / ROWS)); // its hash alone walks them all
  rests = 0;
  expect(loadShard(chunks, SMALL, rest).hash()).toEqual(hash);
  expect(rests).toBeGreaterThanOrEqual(Math.floor(records / ROWS)); // as they come, and once more
});
