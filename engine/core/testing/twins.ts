/**
 * A random day lived through by both books at once: they must tell the same, byte for byte, and end in
 * the same state, under an auditor's eyes.
 */
import { CommandType } from "../codes.ts";
import { EVENT_BYTES, EventU8 } from "../event.ts";
import { type Driver, type DriverOptions, makeDriver } from "./driver.ts";
import { makeTraffic, type Traffic } from "./random.ts";

export interface Told {
  readonly hash: string;
  readonly trades: number;
  /** Types of events that came up. */
  readonly types: ReadonlySet<number>;
}

export interface Day extends DriverOptions {
  readonly commands: number;
  /** After how many commands books and states are compared, not events alone. */
  readonly compareEvery: number;
  /** The day's commands; by default those of `random.ts`. */
  readonly makeTraffic?: (seed: number) => Traffic;
}

/** Tables so small that making them costs nothing, and that they are often full. */
export const TINY: DriverOptions = {
  accountsMax: 16,
  instrumentsMax: 64,
  ordersMax: 48,
  idsMax: 160,
  timersMax: 6,
};

function bytesOf(driver: Driver): Buffer {
  const { u8, count } = driver.events;
  return Buffer.from(u8.buffer, 0, count * EVENT_BYTES);
}

function compare(fast: Driver, plain: Driver): void {
  fast.auditor.compareBooks();
  plain.auditor.compareBooks();
  if (fast.shard.hash().text !== plain.shard.hash().text) throw new Error("other state");
  if (fast.shard.nextDueUs() !== plain.shard.nextDueUs()) throw new Error("other due");
}

/** Throws with the seed, and the command it stopped at. */
export function liveThrough(seed: number, day: Day): Told {
  const { commands, compareEvery, makeTraffic: make, ...options } = day;
  const fast = makeDriver("fast", options);
  const plain = makeDriver("plain", options);
  const traffic = make === undefined ? makeTraffic(seed, options.behaviour) : make(seed);
  const types = new Set<number>();
  let n = 1;
  try {
    for (; n <= commands; n++) {
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
      if (!bytesOf(fast).equals(bytesOf(plain))) throw new Error("other events");
      if (n % compareEvery === 0) compare(fast, plain);
    }
    compare(fast, plain);
  } catch (error) {
    const message = `seed ${seed}, command ${n}: ${(error as Error).message}`;
    throw new Error(message, { cause: error });
  }
  return { hash: fast.shard.hash().text, trades: fast.shard.tradesTotal(), types };
}
