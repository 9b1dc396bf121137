/**
 * Days in the life of an exchange, as orders on schedule: `steady`, the rush of a release (`burst`), everybody
 * wanting out at once (`cancel-storm`). Each answers how long orders took in each of its phases.
 */
import { Flow } from "../open-loop/flow.ts";
import {
  type Generator,
  percentileMs,
  type PhaseFigures,
  type Request,
  wordsOf,
} from "../open-loop/generator.ts";
import type { Phase } from "../open-loop/schedule.ts";
import { openTraders } from "../open-loop/traders.ts";
import { listMany, openVenue, readStats, type VenueAsked } from "../venue/exchange.ts";
import type { Encoding } from "../wire/order-frames.ts";

export const PROFILES = ["steady", "burst", "cancel-storm"] as const;
export type Profile = (typeof PROFILES)[number];

export interface ProfileAsked extends VenueAsked {
  readonly profile: Profile;
  readonly encoding: Encoding;
  readonly seconds: number;
  readonly ordersPerS: number;
  readonly instruments: number;
  readonly progress: (line: string) => void;
}

export interface PhaseRow {
  readonly name: string;
  readonly offered_per_s: number;
  readonly accepted: number;
  readonly refused: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly p999_ms: number;
  readonly max_ms: number;
}

export interface ProfileMeasured {
  readonly figures: { readonly profile: Profile; readonly phases: readonly PhaseRow[] };
  readonly phases: readonly PhaseFigures[];
}

const TRADERS = 20;
/** A rush is so many times what is usual, and most of it on the sizes of one pair. */
const RUSH = 10;
const RUSH_SYMBOLS = 12;
const RUSH_SHARE = 0.9;

export async function runProfile(asked: ProfileAsked): Promise<ProfileMeasured> {
  const venue = await openVenue(asked);
  try {
    const symbols = await listMany(venue, asked.instruments);
    const traders = await openTraders(venue, asked.encoding, TRADERS);
    const before = await readStats(venue);
    const flow = new Flow(asked.encoding, traders.prefix, asked.profile);
    const plan = PLANS[asked.profile](asked, { flow, symbols, generator: traders.generator });
    const phases = await traders.generator.run(plan.phases, plan.pick);
    const after = await readStats(venue);
    traders.close();
    for (const each of phases) asked.progress(wordsOf(each));
    plan.check(phases, after.orders_total - before.orders_total);
    return { phases, figures: { profile: asked.profile, phases: phases.map(rowOf) } };
  } finally {
    await venue.stop();
  }
}

interface Parts {
  readonly flow: Flow;
  readonly symbols: readonly string[];
  readonly generator: Generator;
}

interface Plan {
  readonly phases: readonly Phase[];
  readonly pick: (number: number, line: number) => Request;
  readonly check: (phases: readonly PhaseFigures[], taken: number) => void;
}

/** Every order was taken, and none but these. */
function allTaken(phases: readonly PhaseFigures[], taken: number): void {
  const offered = phases.reduce((sum, each) => sum + each.offered, 0);
  const accepted = phases.reduce((sum, each) => sum + each.accepted.totalCount, 0);
  if (accepted === offered && accepted === taken) return;
  throw new Error(`${offered} orders sent, ${accepted} acknowledged, ${taken} taken by the engine`);
}

const PLANS: Readonly<Record<Profile, (asked: ProfileAsked, parts: Parts) => Plan>> = {
  steady: ({ seconds, ordersPerS }, { flow, symbols }) => ({
    phases: [{ name: "steady", seconds, perS: ordersPerS }],
    pick: () => ({ template: flow.pick(symbols) }),
    check: allTaken,
  }),

  burst: ({ seconds, ordersPerS }, { flow, symbols, generator }) => {
    const third = seconds / 3;
    const calm = Math.round(third * ordersPerS);
    const rushFrom = generator.nextNumber + calm;
    const rushTo = rushFrom + Math.round(third * ordersPerS * RUSH);
    return {
      phases: [
        { name: "calm", seconds: third, perS: ordersPerS },
        { name: "rush", seconds: third, perS: ordersPerS * RUSH },
        { name: "after", seconds: third, perS: ordersPerS },
      ],
      pick: (number) => {
        const isRush = number >= rushFrom && number < rushTo && number % 10 < RUSH_SHARE * 10;
        return { template: flow.pick(symbols, isRush ? RUSH_SYMBOLS : symbols.length) };
      },
      check: allTaken,
    };
  },

  "cancel-storm": (asked, { flow, symbols, generator }) => {
    const { seconds, ordersPerS } = asked;
    const half = seconds / 2;
    const count = Math.round(half * ordersPerS);
    const first = generator.nextNumber;
    const lines: number[] = []; // on whose each order was sent: he alone can cancel it
    const cancels = symbols.map((symbol) => flow.cancel(symbol));
    return {
      phases: [
        { name: "rest", seconds: half, perS: ordersPerS },
        { name: "cancel", seconds: half / RUSH, perS: ordersPerS * RUSH },
      ],
      pick: (number, line) => {
        const at = number - first;
        if (at < count) {
          const symbol = symbols[at % symbols.length]!;
          lines[at] = line;
          return { template: flow.make({ symbol, side: "buy", price: "150.00", qty: 1 }) };
        }
        const order = at - count;
        const template = cancels[order % symbols.length]!;
        return { template, order: first + order, line: lines[order]! };
      },
      check: (phases, taken) => {
        const [rested, cancelled] = phases.map((each) => each.accepted.totalCount);
        if (rested === count && cancelled === count && taken === count) return;
        throw new Error(`${count} orders to rest, ${rested} did, ${cancelled} were cancelled`);
      },
    };
  },
};

function rowOf({ name, seconds, offered, accepted, refused }: PhaseFigures): PhaseRow {
  return {
    name,
    offered_per_s: Math.round(offered / seconds),
    accepted: accepted.totalCount,
    refused: refused.totalCount,
    p50_ms: percentileMs(accepted, 50),
    p95_ms: percentileMs(accepted, 95),
    p99_ms: percentileMs(accepted, 99),
    p999_ms: percentileMs(accepted, 99.9),
    max_ms: percentileMs(accepted, 100),
  };
}
