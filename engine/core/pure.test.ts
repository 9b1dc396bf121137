// The core cannot see the world: with everything that could tell it the time, toss a coin or call
// out made to throw, it lives a day as before. Linters ban the names; this also catches an alias.
import { expect, test } from "@jest/globals";
import { CommandType } from "./codes.ts";
import { makeDriver } from "./testing/driver.ts";
import { makeTraffic } from "./testing/random.ts";

const WORLD = [
  "Date",
  "performance",
  "process",
  "crypto",
  "console",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "fetch",
  "Promise",
  "BigInt",
  "Intl",
] as const;

/** Runs `live` while whatever touches the world throws. */
function blindfolded<T>(live: () => T): T {
  const kept = new Map(
    WORLD.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]),
  );
  const random = Math.random;
  const touch = (name: string) => (): never => {
    throw new Error(`the core touched ${name}`);
  };
  for (const name of WORLD) {
    Object.defineProperty(globalThis, name, { get: touch(name), configurable: true });
  }
  Math.random = touch("Math.random");
  try {
    return live();
  } finally {
    Math.random = random;
    for (const [name, descriptor] of kept) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
}

function liveADay(book: "fast" | "plain"): string {
  const driver = makeDriver(book);
  const traffic = makeTraffic(77);
  for (let n = 0; n < 2_000; n++) {
    const { type, words, stampUs } = traffic.next();
    driver.setStampUs(stampUs);
    driver.apply(type === CommandType.CHECKPOINT ? CommandType.CLOCK : type, words);
  }
  return driver.shard.hash().text;
}

test("a day without clock, chance or process is the same day", () => {
  const seeing = liveADay("fast");
  expect(blindfolded(() => liveADay("fast"))).toBe(seeing);
  expect(blindfolded(() => liveADay("plain"))).toBe(seeing);
});

test("the blindfold would be noticed", () => {
  expect(() => blindfolded(() => Date.now())).toThrow("the core touched Date");
  expect(() => blindfolded(() => Math.random())).toThrow("the core touched Math.random");
  expect(Date.now()).toBeGreaterThan(0);
});

test("the same day has had the same state since the first behaviour", () => {
  // Pinned: if this changes, old journals no longer replay. New rules belong behind SET_BEHAVIOUR.
  expect(liveADay("fast")).toBe("51115e627218b931");
});
