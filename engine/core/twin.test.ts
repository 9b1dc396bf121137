// The fast book and the plain one live through the same random days and must tell the same story,
// byte for byte, under the auditor's eyes. A failure names its seed: `npm run twins -- --from SEED`.
import { describe, expect, test } from "@jest/globals";
import { CommandType, EventType } from "./codes.ts";
import { EventF64 } from "./event.ts";
import { makeDriver } from "./testing/driver.ts";
import { liveThrough, TINY } from "./testing/twins.ts";

const DAY = { commands: 700, compareEvery: 50 };
const SEEDS = 60;

describe("the twins", () => {
  test("tell the same, and keep what was promised", () => {
    const seen = new Set<number>();
    let trades = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const told = liveThrough(seed, { ...DAY, behaviour: 1 + (seed & 1) });
      trades += told.trades;
      for (const type of told.types) seen.add(type);
    }
    expect(trades).toBeGreaterThan(SEEDS * 50);
    // Every kind of event came up but those of checkpoints and behaviours.
    const { NONE: _none, CHECKPOINTED: _checkpointed, BEHAVIOUR_SET, ...kinds } = EventType;
    seen.delete(BEHAVIOUR_SET);
    expect([...seen].toSorted((a, b) => a - b)).toEqual(Object.values(kinds));
  });

  test("through ten thousand short days in tables that are often full", () => {
    let trades = 0;
    for (let seed = 10_001; seed <= 20_000; seed++) {
      const day = { ...TINY, commands: 40, compareEvery: 40, behaviour: 1 + Math.min(seed & 3, 1) };
      trades += liveThrough(seed, day).trades;
    }
    expect(trades).toBeGreaterThan(20_000);
  });

  test("also when tables are so small that they are often full", () => {
    for (let seed = 1_001; seed <= 1_020; seed++) {
      const small = { ordersMax: 12, idsMax: 30, timersMax: 3, behaviour: 1 + (seed & 1) };
      expect(liveThrough(seed, { ...DAY, ...small }).types.size).toBeGreaterThan(5);
    }
  });

  test("and the same commands give the same bytes every time", () => {
    for (const seed of [3, 14, 15]) {
      const again = liveThrough(seed, DAY);
      expect(liveThrough(seed, DAY).hash).toBe(again.hash);
    }
  });

  test("while different days end in different states", () => {
    const hashes = Array.from({ length: 10 }, (_, n) => liveThrough(500 + n, DAY).hash);
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
