/**
 * `connections`: thousands of readers of books while orders come on schedule. Some readers stop reading, are
 * closed for it and resume; at the end every reader's books are compared with the exchange's, and those with
 * what the owners of all open orders say.
 */
import { Flow } from "../open-loop/flow.ts";
import { percentileMs, type PhaseFigures } from "../open-loop/generator.ts";
import { booksOfOwners, openTraders } from "../open-loop/traders.ts";
import { type CrowdTally, RemoteCrowd } from "../readers/remote.ts";
import {
  listMany,
  memoryOf,
  openVenue,
  processorSeconds,
  readMetric,
  readStats,
  type Venue,
  type VenueAsked,
} from "../venue/exchange.ts";
import { needFiles } from "../venue/files.ts";
import type { Encoding } from "../wire/order-frames.ts";

export interface ConnectionsAsked extends VenueAsked {
  readonly encoding: Encoding;
  readonly connections: number;
  readonly seconds: number;
  readonly instruments: number;
  readonly booksEach: number;
  readonly ordersPerS: number;
  readonly pausedShare: number;
  readonly pauseMs: number;
  /** Lose all connections at once in the middle. */
  readonly storm: boolean;
  readonly progress: (line: string) => void;
}

export interface ConnectionsFigures {
  readonly connections: number;
  readonly p95_ms: number;
  readonly books_wrong: number;
  readonly sequence_gaps: number;
  readonly closed_slow: number;
  readonly resumed: number;
  /** Of the exchange's process at most; null when it is not ours. */
  readonly rss_mb: number | null;
}

export interface ConnectionsMeasured {
  readonly figures: ConnectionsFigures;
  readonly phases: readonly PhaseFigures[];
}

const TRADERS = 20;
/** After a pause its readers have time to come back before the next ones stop. */
const PAUSE_EVERY_MORE_MS = 10_000;
const REPORT_MS = 10_000;

export async function runConnections(asked: ConnectionsAsked): Promise<ConnectionsMeasured> {
  const { connections, progress } = asked;
  needFiles(connections);
  const venue = await openVenue(asked);
  const crowd = new RemoteCrowd();
  try {
    const symbols = await listMany(venue, asked.instruments);
    const traders = await openTraders(venue, asked.encoding, TRADERS);
    const before = await readStats(venue);
    const beganMs = performance.now();
    await crowd.open({ url: venue.url, connections, symbols, booksEach: asked.booksEach });
    const tookS = (performance.now() - beganMs) / 1_000;
    progress(
      `${connections} readers of ${asked.booksEach} books each, of ${symbols.length}: there after ` +
        `${tookS.toFixed(1)} s; ${memoryWords(venue)}`,
    );
    const phases = await trade(asked, venue, crowd, { traders, symbols });
    await crowd.readOn();
    const end = await crowd.finish();
    const tally = await crowd.tally();
    const wrong = await compareWithOwners(venue, traders.signers, end.books, before.orders_open);
    traders.close();
    tell(asked, phases, tally, await readMetric(venue, "solebook_slow_readers_closed_total"));
    if (wrong > 0) progress(`${wrong} books of the exchange are not what its orders add up to`);
    return {
      phases,
      figures: {
        connections,
        p95_ms: percentileMs(phases[0]!.accepted, 95),
        books_wrong: end.booksWrong + wrong,
        sequence_gaps: tally.sequenceGaps,
        closed_slow: tally.closedSlow,
        resumed: tally.resumed,
        rss_mb: memoryOf(venue)?.mostMb ?? null,
      },
    };
  } finally {
    await crowd.stop();
    await venue.stop();
  }
}

type Parts = {
  readonly traders: Awaited<ReturnType<typeof openTraders>>;
  readonly symbols: readonly string[];
};

/** The orders, and meanwhile what happens to the readers. */
async function trade(
  asked: ConnectionsAsked,
  venue: Venue,
  crowd: RemoteCrowd,
  { traders, symbols }: Parts,
): Promise<PhaseFigures[]> {
  const { seconds, ordersPerS, pausedShare: share, pauseMs, progress } = asked;
  if (share > 0) {
    await crowd.startPauses({ share, pauseMs, everyMs: pauseMs + PAUSE_EVERY_MORE_MS });
  }
  const report = setInterval(reportTo(asked, venue, crowd), REPORT_MS);
  const storm = asked.storm ? stormAt(crowd, (seconds * 1_000) / 2, progress) : null;
  const flow = new Flow(asked.encoding, traders.prefix, "connections");
  try {
    const phases = [{ name: "orders", seconds, perS: ordersPerS }];
    const figures = await traders.generator.run(phases, () => ({ template: flow.pick(symbols) }));
    await storm;
    for (const words of traders.generator.troubles) progress(words);
    return figures;
  } finally {
    clearInterval(report);
  }
}

function reportTo({ progress }: ConnectionsAsked, venue: Venue, crowd: RemoteCrowd): () => void {
  let messages = 0;
  let processorS = processorSeconds(venue) ?? 0;
  const tell = (tally: CrowdTally): void => {
    const perS = Math.round(((tally.messages - messages) * 1_000) / REPORT_MS);
    ({ messages } = tally);
    const usedS = (processorSeconds(venue) ?? 0) - processorS;
    processorS += usedS;
    progress(
      `${perS} messages/s out, ${tally.closedSlow} closed as slow, ${tally.resumed} resumed, ` +
        `${tally.sequenceGaps} gaps; ${memoryWords(venue)}, ` +
        `${(usedS / (REPORT_MS / 1_000)).toFixed(2)} cores`,
    );
  };
  return () => void crowd.tally().then(tell, () => {}); // it fails when the run is over
}

async function stormAt(
  crowd: RemoteCrowd,
  ms: number,
  progress: (line: string) => void,
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  const tookMs = await crowd.storm();
  progress(`all readers lost their network at once and were back after ${Math.round(tookMs)} ms`);
}

/** Books that are not the sum of their open orders; all, when the engine counts other orders than we. */
async function compareWithOwners(
  venue: Venue,
  signers: Parts["traders"]["signers"],
  books: readonly (readonly [string, string])[],
  openBefore: number,
): Promise<number> {
  const owned = await booksOfOwners(venue, signers);
  const wrong = books.filter(([symbol, text]) => text !== (owned.get(symbol) ?? "|")).length;
  const open = (await readStats(venue)).orders_open - openBefore;
  const shown = books.reduce((sum, [, text]) => sum + ordersIn(text), 0);
  return shown === open ? wrong : Math.max(1, wrong);
}

/** Orders on all levels of a book's text. */
function ordersIn(text: string): number {
  const levels = text.split(/[|;]/).filter((level) => level !== "");
  return levels.reduce((sum, level) => sum + Number(level.split(",")[2]), 0);
}

function tell(
  { progress }: ConnectionsAsked,
  [orders]: readonly PhaseFigures[],
  tally: CrowdTally,
  closedByMetric: number,
): void {
  const { accepted, refused, codes, offered } = orders!;
  progress(
    `${offered} orders: ${accepted.totalCount} taken, ${refused.totalCount} refused ` +
      `${JSON.stringify(Object.fromEntries(codes))}; from due to answered p50 ` +
      `${percentileMs(accepted, 50)} ms, p95 ${percentileMs(accepted, 95)}, p99 ` +
      `${percentileMs(accepted, 99)}, most ${percentileMs(accepted, 100)}`,
  );
  progress(
    `${tally.messages} messages, ${Math.round(tally.bytes / 1e6)} MB; paused ${tally.pausedOnce}, ` +
      `closed as slow ${tally.closedSlow} (the exchange counts ${closedByMetric}), otherwise ` +
      `${tally.closedOtherwise}; resumed ${tally.resumed}, begun again ${tally.begunAgain}, ` +
      `refused ${tally.refused}; ${JSON.stringify(tally.reasons)}`,
  );
}

function memoryWords(venue: Venue): string {
  const memory = memoryOf(venue);
  return memory === null ? "memory unknown" : `${memory.nowMb} MB`;
}
