/**
 * Seeded randomness and seeded traffic for tests: the same seed gives the same commands anywhere.
 */
import { CommandType } from "../codes.ts";
import { DAY_START_US, type Words } from "./driver.ts";

export interface Random {
  /** A whole number, 0 .. below - 1. */
  below(below: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  pick<T>(from: readonly T[]): T;
}

export function makeRandom(seed: number): Random {
  let state = seed | 0;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
  const below = (max: number): number => next() % max;
  return { below, once: (times) => below(times) === 0, pick: (from) => from[below(from.length)]! };
}

export interface Traffic {
  /** The next command; its stamp is not below the one before. */
  next(): { readonly type: number; readonly words: Words; readonly stampUs: number };
}

const INSTRUMENTS = 3;
const ACCOUNTS = 4;

/**
 * What a small market sees, and what it should not: every command, now and then with nonsense in it.
 * A seed's day is for ever as long as behaviour 1 is asked for: what came later is mixed in only then.
 */
export function makeTraffic(seed: number, behaviour = 1): Traffic {
  const random = makeRandom(seed);
  // Some seeds trade on few prices, some on many; some use up ids and orders, some do not.
  const spread = random.pick([3, 12, 400, 2_000_000]);
  const idsInUse = random.pick([40, 400, 4_000]);
  const hurryUs = random.pick([1, 2_000, 900_000]);
  // On calm days little is cancelled and much expires at once, so books grow and slices fill.
  const isCalm = random.once(3);
  let stampUs = DAY_START_US;
  let count = 0;
  const waiting: [number, Words][] = []; // records of a compound that has begun
  let lastCompound: [number, Words][] = [];

  const account = (): number => 1 + random.below(ACCOUNTS);
  const anId = (): string => `id${random.below(idsInUse)}`;
  // Some days of the second behaviour begin before the opening, and releases go on all day.
  const isAuctionDay = behaviour >= 2 && random.once(3);
  let listed = INSTRUMENTS;
  const instrument = (): number => {
    if (isAuctionDay && random.once(2)) return Math.max(1, listed - random.below(3));
    return random.once(50) ? random.below(6) : 1 + random.below(INSTRUMENTS);
  };
  // Calm days keep bids and asks mostly apart.
  const apart = (): number => (isCalm && !random.once(20) ? (count & 1) * spread : 0);
  const priceTicks = (): number =>
    1_000 + random.below(Math.min(spread, isAuctionDay ? 60 : spread)) + apart();
  const expiresAtUs = (): number => {
    const gridUs = hurryUs * 400;
    const someUs = stampUs + random.below(hurryUs * 300);
    return isCalm ? someUs + gridUs - (someUs % gridUs) : someUs;
  };
  const quantity = (): number => (random.once(40) ? random.below(2_000) : 1 + random.below(9));

  function place(): Words {
    const isMarket = random.once(15);
    const isGtd = !isMarket && random.once(4);
    const tif = isMarket ? 3 + random.below(2) : isGtd ? 2 : random.pick([1, 1, 1, 1, 3, 4]);
    return {
      account: account(),
      clientOrderId: anId(),
      instrument: instrument(),
      side: random.once(100) ? random.below(5) : isCalm ? 1 + (count & 1) : 1 + random.below(2),
      orderType: isMarket ? 2 : 1,
      tif: random.once(100) ? random.below(7) : tif,
      stp: random.once(3) ? random.below(5) : 0,
      flags: random.once(10) ? 1 : 0,
      priceTicks: isMarket ? 0 : priceTicks(),
      quantity: quantity(),
      deadlineUs: random.once(3) ? stampUs + random.below(3_000_000) - 100_000 : 0,
      expiresAtUs: isGtd ? expiresAtUs() : 0,
      tag: random.below(3),
    };
  }

  function change(): Words {
    return {
      account: account(),
      ...(random.once(3) ? { orderId: random.below(count + 2) } : { clientOrderId: anId() }),
      priceTicks: random.once(2) ? 0 : priceTicks(),
      quantity: random.once(2) ? 0 : quantity(),
      expiresAtUs: random.once(4) ? expiresAtUs() : 0,
    };
  }

  /** What came with behaviour 2, or a command of before with the fields that came with it. */
  function newer(): [number, Words] {
    if (isAuctionDay && random.once(4)) return auction();
    switch (random.below(9)) {
      case 6:
      case 7:
      case 8:
        return compound();
      case 0:
        return [
          CommandType.CANCEL_ALL,
          {
            account: account(),
            tag: random.below(4),
            instrument: random.once(2) ? 0 : instrument(),
            deadlineUs: random.once(4) ? stampUs + random.below(3) - 1 : 0,
          },
        ];
      case 1: {
        const type = random.pick([CommandType.CANCEL, CommandType.AMEND, CommandType.REDUCE]);
        return [type, { ...change(), deadlineUs: stampUs + random.below(3) - 1 }];
      }
      case 2:
      case 3: {
        // Where it comes to rest, not what it takes, is what is new.
        const rests = random.once(10) ? {} : { orderType: 1, tif: 1, expiresAtUs: 0, flags: 0 };
        return [CommandType.RESTORE, { ...place(), ...rests, priority: random.below(count + 3) }];
      }
      default:
        return [CommandType.ARM_TIMER, timer()];
    }
  }

  /** Releases: instruments that begin by collecting, and the ends of their auctions. */
  function auction(): [number, Words] {
    if (random.once(3)) {
      if (random.once(2) && listed < 40) listed++;
      const release = { instrument: listed, product: 1 + (listed & 1), tickMinor: 1, state: 4 };
      return [CommandType.LIST_INSTRUMENT, { ...release, referenceTicks: 1_000 + (listed & 7) }];
    }
    if (random.once(3)) {
      const state = random.pick([1, 2, 4, 4]);
      return [CommandType.SET_INSTRUMENT_STATE, { instrument: instrument(), state }];
    }
    const named = random.pick([{}, {}, { product: 1 }, { instrument: instrument() }]);
    return [CommandType.UNCROSS, named];
  }

  /** The legs of a group, now and then with one that does not fit. */
  function legs(size: number): [number, Words][] {
    const all = { ...place(), orderType: 1, flags: 64, tif: random.once(3) ? 2 : 1 };
    const common = {
      ...all,
      expiresAtUs: all.tif === 2 ? expiresAtUs() : 0,
      side: 1 + (count & 1),
    };
    return Array.from({ length: size }, (_, n) => {
      const leg = { ...common, clientOrderId: anId(), instrument: 1 + n, priceTicks: priceTicks() };
      return [CommandType.PLACE, random.once(60) ? { ...leg, quantity: quantity() } : leg];
    });
  }

  function operations(size: number): [number, Words][] {
    const who = account();
    return Array.from({ length: size }, (): [number, Words] => {
      const kinds = [CommandType.PLACE, CommandType.CANCEL, CommandType.AMEND, CommandType.REDUCE];
      const type = random.pick([...kinds, CommandType.PLACE, CommandType.PLACE]);
      const words = type === CommandType.PLACE ? place() : change();
      // Places that are in order, and orders that are likely to be there, so that many batches happen.
      const isTame = !random.once(8);
      const tame = type === CommandType.PLACE ? { side: 1 + (count & 1), quantity: 1 } : {};
      return [type, { ...words, ...(isTame ? tame : {}), deadlineUs: 0, account: who }];
    });
  }

  /** Its first record; those that follow wait for their turn, where something may come between. */
  function compound(): [number, Words] {
    const isGroup = random.once(2);
    const size = 2 + random.below(isGroup ? INSTRUMENTS - 1 : 4);
    const again = random.once(6) && lastCompound.length > 0;
    const records = again ? lastCompound : isGroup ? legs(size) : operations(size);
    lastCompound = records;
    const numbered = records.map(([type, words], n): [number, Words] => [
      type,
      { ...words, compoundIndex: n, compoundCount: records.length },
    ]);
    waiting.push(...numbered.slice(1));
    return numbered[0]!;
  }

  function timer(): Words {
    const aheadUs = random.once(20) ? 3_599_000_000 + random.below(2_000_000) : 0;
    const firesAtUs = random.once(6) ? 0 : expiresAtUs() + aheadUs;
    return {
      account: random.once(50) ? 9 : account(),
      tag: random.below(4),
      expiresAtUs: firesAtUs,
    };
  }

  function setUp(): [number, Words] | null {
    const n = count - 1;
    if (n < INSTRUMENTS) {
      const opening = isAuctionDay
        ? { state: 4, flags: 4 * (n & 1), referenceTicks: 1_003 }
        : { state: 1 };
      const listing = { instrument: n + 1, product: 1, tickMinor: 1 + n, ...opening };
      return [CommandType.LIST_INSTRUMENT, n === 2 ? { ...listing, quantityMax: 50 } : listing];
    }
    if (n >= INSTRUMENTS + ACCOUNTS) return null;
    const bounds = n === INSTRUMENTS ? { openOrdersMax: 20, openBidValueMaxMinor: 2_000_000 } : {};
    return [CommandType.SET_ACCOUNT, { account: 1 + n - INSTRUMENTS, flags: 2, ...bounds }];
  }

  function rare(): [number, Words] {
    switch (random.below(6)) {
      case 0:
        return [CommandType.CANCEL_ALL, { account: account() }];
      case 1: {
        const selection = { instrument: random.below(INSTRUMENTS + 1), side: random.below(3) };
        return [CommandType.CANCEL_ALL, { account: account(), ...selection }];
      }
      case 2:
        return [CommandType.SET_INSTRUMENT_STATE, { instrument: 1, state: 1 + random.below(2) }];
      case 3: {
        const low = random.once(2) ? 0 : 1_000;
        const band = { bandLowTicks: low, bandHighTicks: low === 0 ? 0 : 1_000 + spread };
        return [CommandType.SET_BAND, { instrument: 1 + random.below(INSTRUMENTS), ...band }];
      }
      case 4:
        return [CommandType.SET_ACCOUNT, { account: 4, flags: random.once(3) ? 0 : 2 }];
      default:
        return [random.below(256), { account: random.below(9), quantity: random.below(20) - 5 }];
    }
  }

  function next(): ReturnType<Traffic["next"]> {
    count++;
    if (!random.once(3)) stampUs += random.below(hurryUs);
    if (random.once(500)) stampUs += 30_000_000;
    const first = setUp();
    if (first !== null) return { type: first[0], words: first[1], stampUs };
    const kind = isCalm && !random.once(8) ? random.below(55) : random.below(100);
    let made: [number, Words];
    if (waiting.length > 0 && !random.once(60)) made = waiting.shift()!;
    else if (behaviour >= 2 && random.once(8)) made = newer();
    else if (kind < 55) made = [CommandType.PLACE, place()];
    else if (kind < 67) made = [CommandType.CANCEL, change()];
    else if (kind < 79) made = [CommandType.AMEND, change()];
    else if (kind < 85) made = [CommandType.REDUCE, change()];
    else if (kind < 90) made = [CommandType.ORDER_STATUS, change()];
    else if (kind < 95) made = [CommandType.CLOCK, {}];
    else made = rare();
    return { type: made[0], words: made[1], stampUs };
  }

  return { next };
}
