/**
 * `overload`: five times the orders an exchange lets in, on schedule. It should go on taking what it may, say
 * no to the rest at once and by name, and be itself again soon after.
 */
import { Flow } from "../open-loop/flow.ts";
import { type Answered, percentileMs, type PhaseFigures, wordsOf } from "../open-loop/generator.ts";
import { openTraders } from "../open-loop/traders.ts";
import { listMany, openVenue, readStats, type VenueAsked } from "../venue/exchange.ts";
import type { Encoding } from "../wire/order-frames.ts";

export interface OverloadAsked extends VenueAsked {
  readonly encoding: Encoding;
  /** Orders a second the exchange lets in: ours is told so; another's has to be known. */
  readonly limit: number;
  readonly times: number;
  readonly seconds: number;
  /** How long each of the phases around the overload takes, at least. */
  readonly calmSeconds: number;
  readonly progress: (line: string) => void;
}

export interface OverloadFigures {
  readonly limit_per_s: number;
  readonly offered_per_s: number;
  readonly goodput_per_s: number;
  readonly goodput_share: number;
  /** From due to read by us. */
  readonly refused_p99_ms: number;
  /** Of which ours, from due to sent; and the exchange's, from sent to its word that it said no. */
  readonly sent_late_p99_ms: number;
  readonly refused_after_sent_p99_ms: number;
  readonly accepted_p99_ms: number;
  /** Until each order, of half the limit, was taken within the time that is called well. */
  readonly recovery_s: number;
}

export interface OverloadMeasured {
  readonly figures: OverloadFigures;
  readonly phases: readonly PhaseFigures[];
}

const TRADERS = 20;
const INSTRUMENTS = 100;
/** The time after it in which it has to be itself again, in calm ones. */
const AFTER_CALMS = 3;
/** An order that is answered later than this is not well. */
const WELL_MS = 50;
const OVERLOAD = 2;
const AFTER = 3;
const MAY_REFUSE = new Set(["RATE_LIMITED", "OVERLOADED"]);

export async function runOverload(asked: OverloadAsked): Promise<OverloadMeasured> {
  const { limit, times, seconds, calmSeconds, progress } = asked;
  const venue = await openVenue({ ...asked, flags: ["--orders-per-address", String(limit)] });
  try {
    const symbols = await listMany(venue, INSTRUMENTS);
    const traders = await openTraders(venue, asked.encoding, TRADERS);
    const flow = new Flow(asked.encoding, traders.prefix, "overload");
    const before = await readStats(venue);
    const calm = { seconds: calmSeconds, perS: limit / 2 };
    const phases = [
      { name: "calm", ...calm },
      // The limit lets in as many as a second's worth at once before it bites.
      { name: "begin", seconds: calmSeconds, perS: limit * times },
      { name: "overload", seconds, perS: limit * times },
      { name: "after", seconds: calmSeconds * AFTER_CALMS, perS: limit / 2 },
    ];
    const overMs = (2 * calmSeconds + seconds) * 1_000;
    let wellFromMs = overMs;
    const watch = ({ phase, refused, us, atMs }: Answered): void => {
      if (atMs > overMs && (phase < AFTER || refused !== null || us > WELL_MS * 1_000)) {
        wellFromMs = atMs;
      }
    };
    const figures = await traders.generator.run(phases, () => ({ template: flow.pick(symbols) }), {
      watch,
    });
    const taken = (await readStats(venue)).orders_total - before.orders_total;
    check(figures, taken, traders.generator.troubles);
    traders.close();
    for (const each of figures) progress(wordsOf(each));
    const recoveryS = (wellFromMs - overMs) / 1_000;
    return { phases: figures, figures: summary(asked, figures[OVERLOAD]!, recoveryS) };
  } finally {
    await venue.stop();
  }
}

function summary(
  { limit, seconds }: OverloadAsked,
  { sentInTime, acceptedInTime, accepted, refused, refusedAfter, late }: PhaseFigures,
  recoveryS: number,
): OverloadFigures {
  return {
    limit_per_s: limit,
    offered_per_s: Math.round(sentInTime / seconds),
    goodput_per_s: Math.round(acceptedInTime / seconds),
    goodput_share: Number((acceptedInTime / seconds / limit).toFixed(3)),
    refused_p99_ms: percentileMs(refused, 99),
    sent_late_p99_ms: percentileMs(late, 99),
    refused_after_sent_p99_ms: percentileMs(refusedAfter, 99),
    accepted_p99_ms: percentileMs(accepted, 99),
    recovery_s: Number(recoveryS.toFixed(2)),
  };
}

/** Under whatever load: what was acknowledged is what the engine took, and a no has the right name. */
function check(figures: readonly PhaseFigures[], taken: number, troubles: readonly string[]): void {
  if (troubles.length > 0) throw new Error(troubles.join("; "));
  const codes = figures.flatMap((each) => [...each.codes.keys()]);
  const other = codes.find((code) => !MAY_REFUSE.has(code));
  if (other !== undefined) throw new Error(`orders were refused for another reason: ${other}`);
  const accepted = figures.reduce((sum, each) => sum + each.accepted.totalCount, 0);
  if (accepted !== taken) {
    throw new Error(`${accepted} orders acknowledged, the engine took ${taken}`);
  }
}
