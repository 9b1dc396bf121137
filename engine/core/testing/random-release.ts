/**
 * The morning of a release: auctions larger than a slice, groups with legs in them and beside them, and
 * a market that goes on while they are uncrossed. Fewer kinds of commands than `random.ts`, more of
 * what may come between two slices.
 */
import { CommandType } from "../codes.ts";
import { CommandFlag } from "../command.ts";
import { DAY_START_US, type Words } from "./driver.ts";
import { makeRandom, type Traffic } from "./random.ts";

/** Instrument 1 trades all the time; the others open this morning. */
const INSTRUMENTS = 5;
const ACCOUNTS = 8;
const SECOND_US = 1_000_000;

const { PLACE, UNCROSS, CLOCK, CANCEL, CANCEL_ALL, AMEND, REDUCE } = CommandType;
const [BID, ASK] = [1, 2];

export function makeRelease(seed: number): Traffic {
  const random = makeRandom(seed);
  const spread = random.pick([6, 40, 3_000]);
  const hasGroups = !random.once(4);
  const collected = random.pick([100, 300, 600]);
  // On most mornings everybody wants the same size, so that its auction takes many slices.
  const hot = random.once(3) ? 0 : 2 + random.below(3);
  let stampUs = DAY_START_US;
  let count = 0;
  let ids = 0;
  const waiting: [number, Words][] = [];

  const priceTicks = (): number => 5_000 + random.below(spread);
  const anId = (): string => `id${random.below(ids + 2)}`;
  // Accounts mostly buy or mostly sell: else nearly all of them would meet themselves.
  const sideOf = (account: number): number => {
    const usual = 1 + (account & 1);
    return random.once(25) ? BID + ASK - usual : usual;
  };

  function order(instrument: number): Words {
    const account = 1 + random.below(ACCOUNTS);
    const isGtd = random.once(6);
    return {
      account,
      clientOrderId: `id${++ids}`,
      instrument,
      side: sideOf(account),
      orderType: 1,
      tif: isGtd ? 2 : 1,
      priceTicks: priceTicks(),
      quantity: 1 + random.below(random.once(20) ? 40 : 2),
      expiresAtUs: isGtd ? stampUs + random.below(400) * SECOND_US : 0,
      tag: random.below(3),
    };
  }

  /** The instruments of a group, often the one that trades and the one that everybody wants. */
  function sizes(): number[] {
    if (hot !== 0 && !random.once(3)) return [1, hot];
    const size = 2 + random.below(3);
    const from = 1 + random.below(INSTRUMENTS - size);
    return Array.from({ length: size }, (_, n) => from + n);
  }

  /** Legs on some sizes; what trades already is bid for below all asks, and asked for above all bids. */
  function group(): [number, Words] {
    const first = order(1);
    const quiet = first.side === BID ? 4_000 : 9_000;
    const instruments = sizes();
    const size = instruments.length;
    for (const [n, instrument] of instruments.entries()) {
      const apart = instrument === 1 ? quiet + random.below(9) : priceTicks();
      const words = { ...first, clientOrderId: `id${++ids}`, instrument, priceTicks: apart };
      const part = { compoundIndex: n, compoundCount: size, flags: CommandFlag.LEG };
      waiting.push([PLACE, { ...words, ...part }]);
    }
    return waiting.shift()!;
  }

  /** Takes what rests on the instrument that trades: legs of groups, at their prices. */
  function take(): [number, Words] {
    const words = order(1);
    const limit = words.side === BID ? 10_000 : 3_000;
    const all = { tif: random.pick([1, 3]), expiresAtUs: 0, quantity: 1 + random.below(9) };
    return [PLACE, { ...words, ...all, priceTicks: limit }];
  }

  function change(): [number, Words] {
    const named = { account: 1 + random.below(ACCOUNTS), clientOrderId: anId() };
    const type = random.pick([CANCEL, AMEND, REDUCE]);
    return [type, { ...named, quantity: random.below(4), priceTicks: priceTicks() }];
  }

  function sweep(): [number, Words] {
    const selection = { instrument: random.below(INSTRUMENTS + 1), side: random.below(3) };
    return [CANCEL_ALL, { account: 1 + random.below(ACCOUNTS), ...selection }];
  }

  function timer(): [number, Words] {
    const account = 1 + random.below(ACCOUNTS);
    const ahead = { expiresAtUs: stampUs + (1 + random.below(300)) * SECOND_US };
    return [CommandType.ARM_TIMER, { account, tag: random.below(3), ...ahead }];
  }

  function setUp(): [number, Words] {
    if (count > INSTRUMENTS) {
      return [
        CommandType.SET_ACCOUNT,
        { account: count - INSTRUMENTS, flags: CommandFlag.ALLOWED },
      ];
    }
    const release = count === 1 ? { state: 1 } : { state: 4, flags: 4 * (count & 1) };
    const listing = { instrument: count, product: count === INSTRUMENTS ? 2 : 1, tickMinor: 1 };
    return [CommandType.LIST_INSTRUMENT, { ...listing, ...release, referenceTicks: priceTicks() }];
  }

  function collecting(): [number, Words] {
    if (hasGroups && random.once(4)) return group();
    if (random.once(12)) return change();
    if (random.once(90)) return random.once(2) ? sweep() : timer();
    const isHot = hot !== 0 && !random.once(4);
    return [PLACE, order(isHot ? hot : 1 + random.below(INSTRUMENTS))];
  }

  function uncrossing(): [number, Words] {
    if (random.once(12)) return [UNCROSS, random.pick([{}, { product: 1 }, { instrument: 5 }])];
    if (random.once(12)) return [CLOCK, {}];
    if (random.once(2)) return take();
    if (random.once(3)) return change();
    if (random.once(9)) return random.once(2) ? sweep() : timer();
    return [PLACE, order(1 + random.below(INSTRUMENTS))];
  }

  function next(): ReturnType<Traffic["next"]> {
    count++;
    const isCollecting = count < collected;
    if (random.once(isCollecting ? 20 : 4)) stampUs += random.below(20) * SECOND_US;
    let made: [number, Words];
    if (count <= INSTRUMENTS + ACCOUNTS) made = setUp();
    else if (waiting.length > 0) made = waiting.shift()!;
    else if (isCollecting) made = collecting();
    else if (count === collected) made = [UNCROSS, random.pick([{}, {}, { product: 1 }])];
    else made = uncrossing();
    return { type: made[0], words: made[1], stampUs };
  }

  return { next };
}
