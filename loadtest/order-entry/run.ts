/**
 * `order-entry`: how many orders a second the exchange takes, each in a frame of its own and each
 * acknowledged when it is durable, beside what the bare server echoes of the same frames in the same run;
 * and how long one order takes alone, beside an echo and a sync of the same bytes.
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  listMany,
  openAccounts,
  openVenue,
  readMetric,
  readStats,
  startEcho,
  type Venue,
  type VenueAsked,
} from "../venue/exchange.ts";
import { type LineTarget, targetOf } from "../wire/line.ts";
import type { Encoding, Template } from "../wire/order-frames.ts";
import { type Round, Side } from "./side.ts";

export interface OrderEntryAsked extends VenueAsked {
  readonly encoding: Encoding;
  readonly connections: number;
  readonly depth: number;
  /** Of sending in all, half of it at each of the two; less at the exchange when `ORDERS_MAX` were sent. */
  readonly seconds: number;
  readonly rounds: number;
  /** Orders one at a time, per round. */
  readonly singles: number;
  readonly progress: (line: string) => void;
}

export interface OrderEntryFigures {
  readonly orders_per_s: number;
  readonly echo_per_s: number;
  readonly share_of_echo: number;
  readonly ack_p50_ms: number;
  readonly ack_p99_ms: number;
  readonly echo_p50_ms: number;
  readonly sync_p50_ms: number;
  readonly ack_over_echo_plus_sync: number;
}

const PRICE = "200.00";
const RUN_CHARS = 3;
/** Sent before anything counts: both servers and this client are compiled meanwhile. */
const WARM_UP_S = 4;
/**
 * Of the four million ids that an exchange remembers for a minute, what this leaves to who sends one at a time:
 * a machine that is fast enough would else be told that there is no room. A third is the warm-up's.
 */
const ORDERS_MAX = 3_900_000;
/** Of a round's time: one that took less was cut short. */
const WHOLE = 0.99;

export async function runOrderEntry(asked: OrderEntryAsked): Promise<OrderEntryFigures> {
  const venue = await openVenue(asked);
  const echo = await startEcho();
  const open: Side[] = [];
  try {
    const markets = await makeMarkets(venue, asked);
    const target = targetOf(venue.url, asked.encoding.name);
    const bare: LineTarget = { host: "127.0.0.1", port: echo.port, path: "/" };
    const { encoding, connections, depth } = asked;
    const unsigned = markets.map(({ templates }) => ({ templates, signer: null }));
    const side = async (at: LineTarget, lines: typeof markets | typeof unsigned, deep: number) => {
      const made = await Side.open({ target: at, encoding, depth: deep, lines });
      open.push(made);
      return made;
    };
    const many = {
      exchange: await side(target, markets.slice(0, connections), depth),
      echo: await side(bare, unsigned.slice(0, connections), depth),
    };
    const one = {
      exchange: await side(target, markets.slice(connections), 1),
      echo: await side(bare, unsigned.slice(connections), 1),
    };
    const before = await readStats(venue);
    const flow = await measureFlow(asked, many);
    const alone = await measureAlone(asked, venue, one);
    const taken = (await readStats(venue)).orders_total - before.orders_total;
    const sent = many.exchange.answered + one.exchange.answered;
    if (taken !== sent) throw new Error(`${sent} orders acknowledged, the engine took ${taken}`);
    asked.progress(`${sent} orders, each acknowledged once; the engine counts as many`);
    return { ...flow, ...alone };
  } finally {
    for (const side of open) side.close();
    await echo.stop();
    await venue.stop();
  }
}

/**
 * A market per connection, and one for who sends one at a time. Connection n sells on market n and buys
 * on the next, so that books stay short and nobody meets himself.
 */
async function makeMarkets(venue: Venue, { encoding, connections }: OrderEntryAsked) {
  const run = Date.now().toString(36).slice(-RUN_CHARS);
  const symbols = await listMany(venue, connections + 1);
  const names = symbols.map((_, at) => `load-${at}`);
  const signers = await openAccounts(venue, names);
  return symbols.map((symbol, at) => {
    const makeSide = (side: "buy" | "sell", market: string): Template =>
      encoding.makeOrder({ symbol: market, side, price: PRICE, qty: 1, prefix: run });
    const isAlone = at === connections;
    const buys = isAlone ? symbol : symbols[(at + 1) % connections]!;
    const templates = [makeSide("sell", symbol), makeSide("buy", buys)] as const;
    return { templates, signer: signers[at]! };
  });
}

interface Pair {
  readonly exchange: Side;
  readonly echo: Side;
}

async function measureFlow(asked: OrderEntryAsked, { exchange, echo }: Pair) {
  const { seconds, rounds, progress } = asked;
  const each = seconds / rounds / 2;
  const most = (ORDERS_MAX * 2) / 3 / rounds;
  await exchange.round(Math.min(WARM_UP_S, seconds / 4), ORDERS_MAX / 3);
  await echo.round(Math.min(WARM_UP_S, seconds / 4));
  const orders: Round[] = [];
  const echoes: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    orders.push(await exchange.round(each, most));
    echoes.push(await echo.round(each));
    const [ours, bare] = [orders.at(-1)!, echoes.at(-1)!];
    const isWhole = ours.tookS > each * WHOLE;
    progress(
      `orders ${count(ours.perS)}/s, p50 ${ours.p50Ms.toFixed(2)} ms, p99 ${ours.p99Ms.toFixed(2)} ms; ` +
        `echo ${count(bare.perS)}/s, p50 ${bare.p50Ms.toFixed(2)} ms` +
        (isWhole ? "" : `; of ${each} s only ${ours.tookS.toFixed(1)}, for there are no more ids`),
    );
  }
  return {
    orders_per_s: Math.round(middle(orders.map(({ perS }) => perS))),
    echo_per_s: Math.round(middle(echoes.map(({ perS }) => perS))),
    share_of_echo: rounded(middle(orders.map(({ perS }, at) => perS / echoes[at]!.perS))),
  };
}

async function measureAlone(asked: OrderEntryAsked, venue: Venue, { exchange, echo }: Pair) {
  const { rounds, singles, progress } = asked;
  await exchange.oneByOne(singles);
  await echo.oneByOne(singles);
  const bytes = await bytesOfOne(venue, exchange, singles);
  const acks: Round[] = [];
  const echoes: Round[] = [];
  const syncs: number[] = [];
  // A disk has its moments: all three are asked in each of them.
  const disk = openDisk(venue.directory ?? asked.directory ?? tmpdir());
  const few = Math.ceil(singles / SLICES);
  try {
    for (let slice = 0; slice < rounds * SLICES; slice++) {
      acks.push(await exchange.oneByOne(few));
      echoes.push(await echo.oneByOne(few));
      syncs.push(disk.syncMs(bytes, few));
    }
  } finally {
    disk.close();
  }
  const ratios = acks.map(({ p50Ms }, at) => p50Ms / (echoes[at]!.p50Ms + syncs[at]!));
  progress(`one at a time: ${bytes} bytes of journal each, synced alone as often`);
  return {
    ack_p50_ms: rounded(middle(acks.map(({ p50Ms }) => p50Ms))),
    ack_p99_ms: rounded(middle(acks.map(({ p99Ms }) => p99Ms))),
    echo_p50_ms: rounded(middle(echoes.map(({ p50Ms }) => p50Ms))),
    sync_p50_ms: rounded(middle(syncs)),
    ack_over_echo_plus_sync: rounded(middle(ratios)),
  };
}

/** Bytes the journal grows by for an order that comes alone, by what the exchange tells of itself. */
async function bytesOfOne(venue: Venue, exchange: Side, count: number): Promise<number> {
  const before = await readMetric(venue, "solebook_journal_bytes");
  await exchange.oneByOne(count);
  const grown = (await readMetric(venue, "solebook_journal_bytes")) - before;
  const bytes = Math.round(grown / count / PAGE_BYTES) * PAGE_BYTES;
  return Math.max(PAGE_BYTES, bytes);
}

/** Of a round, for the times of one order: each so small that a slow moment is everybody's. */
const SLICES = 8;
const PAGE_BYTES = 4_096;
const FILE_BYTES = 16 * 2 ** 20;
const FILL_BYTES = 2 ** 20;

interface Disk {
  /** The middle of so many writes of so many bytes with a sync each. */
  syncMs(bytes: number, count: number): number;
  close(): void;
}

/** A file filled before, as a journal is. */
function openDisk(directory: string): Disk {
  const path = join(directory, `sync-${process.pid}`);
  const file = openSync(path, "w", 0o600);
  const zeros = new Uint8Array(FILL_BYTES);
  for (let at = 0; at < FILE_BYTES; at += FILL_BYTES) writeSync(file, zeros, 0, FILL_BYTES, at);
  fsyncSync(file);
  let written = 0;
  return {
    syncMs: (bytes, count) => {
      const some = new Uint8Array(bytes).fill(1);
      const tookMs = Array.from({ length: count }, () => {
        const beganMs = performance.now();
        writeSync(file, some, 0, bytes, (written++ * bytes) % (FILE_BYTES - bytes));
        fdatasyncSync(file);
        return performance.now() - beganMs;
      });
      return middle(tookMs);
    },
    close: () => {
      closeSync(file);
      rmSync(path);
    },
  };
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!;
const rounded = (value: number): number => Number(value.toFixed(3));
const count = (value: number): string => Math.round(value).toLocaleString("en");
