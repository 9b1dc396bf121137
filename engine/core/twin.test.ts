// The fast book and the plain one live through the same random days and must tell the same story,
// byte for byte, under the auditor's eyes. A failure names its seed.
import { describe, expect, test } from "@jest/globals";
import { CommandType, EventType } from "./codes.ts";
import { EVENT_BYTES, EventF64, EventU8 } from "./event.ts";
import { type Driver, type DriverOptions, makeDriver } from "./testing/driver.ts";
import { makeTraffic } from "./testing/random.ts";

const COMMANDS = 700;
const SEEDS = 60;

function bytesOf(driver: Driver): string {
  const { u8, count } = driver.events;
  return Buffer.from(u8.buffer, 0, count * EVENT_BYTES).toString("hex");
}

interface Told {
  readonly hash: string;
  readonly trades: number;
  readonly types: ReadonlySet<number>;
}

function liveThrough(seed: number, options: DriverOptions): Told {
  const fast = makeDriver("fast", options);
  const plain = makeDriver("plain", options);
  const traffic = makeTraffic(seed, options.behaviour);
  const types = new Set<number>();
  for (let n = 1; n <= COMMANDS; n++) {
    const { type, words, stampUs } = traffic.next();
    // A checkpoint of random content could rightly stop the shard.
    const asked = type === CommandType.CHECKPOINT ? CommandType.CLOCK : type;
    for (const driver of [fast, plain]) {
      driver.setStampUs(stampUs);
      driver.apply(asked, words);
    }
    for (let event = 0; event < fast.events.count; event++) {
      types.add(fast.events.u8[event * EVENT_BYTES + EventU8.type]!);
    }
    if (bytesOf(fast) !== bytesOf(plain)) throw new Error(`command ${n}: other events`);
    if (n % 50 !== 0) continue;
    fast.auditor.compareBooks();
    plain.auditor.compareBooks();
    if (fast.shard.hash().text !== plain.shard.hash().text)
      throw new Error(`command ${n}: other state`);
    if (fast.shard.nextDueUs() !== plain.shard.nextDueUs())
      throw new Error(`command ${n}: other due`);
  }
  return { hash: fast.shard.hash().text, trades: fast.shard.tradesTotal(), types };
}

function withSeed<T>(seed: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
}

describe("the twins", () => {
  test("tell the same, and keep what was promised", () => {
    const seen = new Set<number>();
    let trades = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const told = withSeed(seed, () => liveThrough(seed, { behaviour: 1 + (seed & 1) }));
      trades += told.trades;
      for (const type of told.types) seen.add(type);
    }
    expect(trades).toBeGreaterThan(SEEDS * 50);
    // Every kind of event came up but those of checkpoints and behaviours.
    const { NONE: _none, CHECKPOINTED: _checkpointed, BEHAVIOUR_SET, ...kinds } = EventType;
    seen.delete(BEHAVIOUR_SET);
    expect([...seen].toSorted((a, b) => a - b)).toEqual(Object.values(kinds));
  });

  test("also when tables are so small that they are often full", () => {
    for (let seed = 1_001; seed <= 1_020; seed++) {
      const small = { ordersMax: 12, idsMax: 30, timersMax: 3, behaviour: 1 + (seed & 1) };
      withSeed(seed, () => liveThrough(seed, small));
    }
  });

  test("and the same commands give the same bytes every time", () => {
    for (const seed of [3, 14, 15]) {
      const again = liveThrough(seed, {});
      expect(liveThrough(seed, {}).hash).toBe(again.hash);
    }
  });

  test("while different days end in different states", () => {
    const hashes = Array.from({ length: 10 }, (_, n) => liveThrough(500 + n, {}).hash);
    expect(new Set(hashes).size).toBe(10);
  });
});

test("correlation is echoed and is not state", () => {
  const [one, other] = [makeDriver("fast"), makeDriver("fast")];
  one.apply(CommandType.SET_ACCOUNT, { account: 1, correlation: 5 });
  other.apply(CommandType.SET_ACCOUNT, { account: 1, correlation: 6 });
  expect(one.events.f64[EventF64.correlation]).toBe(5);
  expect(other.events.f64[EventF64.correlation]).toBe(6);
  expect(one.shard.hash()).toEqual(other.shard.hash());
});
