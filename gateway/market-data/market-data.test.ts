/**
 * Whoever comes late knows what everyone knows: in a seeded random run, the book folded from an old
 * subscriber's deltas, a fresh subscriber's snapshot and the shard's own depth are one and the same,
 * and so are trades, ticker and size grid. What the owners are shown as open is that book too, and
 * what an answer says is what order_status says. Also over a restart, folded from the journal.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rmSync } from "node:fs";
import { Side } from "../../engine/client/layouts.ts";
import {
  JORDAN,
  type Message,
  startTestExchange,
  type TestExchange,
  type TestKey,
} from "../testing/exchange.ts";
import { chainsOf, connect, type Trader } from "../testing/trader.ts";

const SYMBOLS = JORDAN.sizes.map((size) => `${JORDAN.style}:${size}`);
const SEED = 20_261_121;
const STEPS = 1_500;

let exchange: TestExchange;
let old: Trader;
beforeAll(async () => {
  exchange = await startTestExchange();
  old = await connect(exchange);
  await subscribeAll(old);
});
afterAll(async () => {
  await exchange.stop();
  rmSync(exchange.dir, { recursive: true, force: true });
});

test("1,500 random orders: old and new subscribers agree with the shard", async () => {
  const keys = [await exchange.makeKey("alice"), await exchange.makeKey("bob")];
  const traders = await Promise.all(keys.map((key) => connect(exchange, key)));
  const random = seeded(SEED);
  for (let step = 0; step < STEPS; step += 50) {
    // Fifty at once, so that batches hold several commands of one instrument.
    await Promise.all(
      Array.from({ length: 50 }, (_, at) => randomStep(traders[at % 2]!, step + at, random)),
    );
    // Ten alone, so that nothing comes between an answer and the question how the order stands.
    for (let at = 0; at < 10; at++) await answerIsStatus(traders[at % 2]!, step + at, random);
    if (step % 300 === 0) {
      await agree();
      await ownersAgree(keys);
    }
  }
  expect(exchange.shard.core.tradesTotal()).toBeGreaterThan(200);
  await agree();
  await ownersAgree(keys);
  for (const trader of traders) trader.close();
});

test("after a restart the market is what it was, sequences included", async () => {
  const before = await connect(exchange);
  await subscribeAll(before);
  const next = await startTestExchange({ dir: exchange.dir, journal: exchange.shard.journal });
  const after = await connect(next);
  await subscribeAll(after);
  await settled(before);
  await settled(after);
  for (const channel of ["book", "trades", "size_grid", "instrument"]) {
    expect(snapshotsOf(after, channel)).toEqual(snapshotsOf(before, channel));
  }
  expect(snapshotsOf(after, "ticker").map(({ data }) => data)).toEqual(
    snapshotsOf(before, "ticker").map(({ data }) => data),
  );
  expect(next.shard.core.hash().text).toBe(exchange.shard.core.hash().text);
  await next.stop();
});

test("what never was is not resumed, and that is said", async () => {
  const symbol = SYMBOLS[0]!;
  const newest = old.pushes.findLast((push) => push.channel === "book" && push.symbol === symbol)!;
  const fresh = await connect(exchange);
  const resume = async (channel: string, seq: number): Promise<unknown> => {
    const params = { channel, symbols: [symbol], resume_from_seq: seq };
    const { result } = await fresh.request("subscribe", params);
    return (result.symbols as unknown as object[])[0];
  };
  const tooOld = { mode: "snapshot", resume: "RESUME_TOO_OLD" };
  expect(await resume("book", newest.seq)).toMatchObject({ mode: "resumed" });
  expect(await resume("book", newest.seq + 1)).toMatchObject(tooOld);
  expect(await fresh.push("book", 0)).toMatchObject({ type: "snapshot", seq: newest.seq });
  expect(await resume("ticker", 1)).toMatchObject(tooOld);
  fresh.close();
});

test("after unsubscribe nothing more comes", async () => {
  const quiet = await connect(exchange);
  await subscribeAll(quiet);
  await settled(quiet);
  for (const channel of ["book", "trades", "ticker", "instrument"]) {
    await quiet.request("unsubscribe", { channel, symbols: SYMBOLS });
  }
  await quiet.request("unsubscribe", { channel: "size_grid", symbols: [JORDAN.style] });
  const before = quiet.pushes.length;
  const trader = await connect(exchange, await exchange.makeKey("carol"));
  await trader.request("add_order", order("u1", SYMBOLS[0]!, "buy", 1, 60));
  await trader.request("cancel_all");
  await quiet.request("ping");
  expect(quiet.pushes.length).toBe(before);
});

/** Every view of the market, side by side. */
async function agree(): Promise<void> {
  const fresh = await connect(exchange);
  await subscribeAll(fresh);
  await settled(fresh);
  await settled(old);
  expect(chainsOf(old).breaks).toEqual([]);
  SYMBOLS.forEach((symbol, at) => {
    const book = snapshotsOf(fresh, "book").find((push) => push.symbol === symbol)!;
    const truth = { bids: depth(at + 1, Side.BID), asks: depth(at + 1, Side.ASK) };
    expect(book.data).toEqual(truth);
    expect(foldBook(old, symbol)).toEqual({ seq: book.seq, ...truth });
  });
  for (const channel of ["ticker", "trades"]) {
    for (const { symbol, data, seq } of snapshotsOf(fresh, channel)) {
      const last = old.pushes.findLast(
        (push) => push.channel === channel && push.symbol === symbol,
      )!;
      expect(seq).toBe(last.seq);
      expect(channel === "ticker" ? last.data : allTrades(symbol!).slice(-50)).toEqual(data);
    }
  }
  expect(foldGrid(old)).toEqual(snapshotsOf(fresh, "size_grid")[0]!.data);
  fresh.close();
}

/** What the owners are shown as open is, added up, the book: nothing ended and nothing missing. */
async function ownersAgree(keys: readonly TestKey[]): Promise<void> {
  const shown = new Map<string, number>();
  for (const key of keys) {
    const owner = await connect(exchange, key);
    await owner.request("subscribe", { channel: "executions" });
    const rows = (await owner.push("executions", 0)).data as unknown as Row[];
    expect(rows.filter((row) => row.open_qty < 1 || row.status !== "open")).toEqual([]);
    for (const { symbol, side, price, open_qty: open } of rows) {
      const level = `${symbol} ${side} ${price}`;
      shown.set(level, (shown.get(level) ?? 0) + open);
    }
    owner.close();
  }
  const book = new Map<string, number>();
  SYMBOLS.forEach((symbol, at) => {
    for (const [price, open] of depth(at + 1, Side.BID)) book.set(`${symbol} buy ${price}`, open);
    for (const [price, open] of depth(at + 1, Side.ASK)) book.set(`${symbol} sell ${price}`, open);
  });
  expect(shown).toEqual(book);
}

interface Row {
  readonly symbol: string;
  readonly side: string;
  readonly price: string;
  readonly open_qty: number;
  readonly status: string;
}

async function answerIsStatus(trader: Trader, step: number, random: () => number): Promise<void> {
  const placed = await randomPlace(trader, `s-${step}`, random);
  const asked = await trader.request("order_status", { client_order_id: `s-${step}` });
  expect(stateOf(asked)).toEqual(stateOf(placed));
}

function stateOf({ result }: Message): unknown[] {
  return [result.status, result.filled_qty, result.open_qty, result.reason];
}

async function subscribeAll(trader: Trader): Promise<void> {
  for (const channel of ["book", "trades", "ticker", "instrument"]) {
    await trader.request("subscribe", { channel, symbols: SYMBOLS });
  }
  await trader.request("subscribe", { channel: "size_grid", symbols: [JORDAN.style] });
}

/** What was pushed before this answer has arrived. */
async function settled(trader: Trader): Promise<void> {
  await trader.push("size_grid", 0);
  await trader.request("ping");
}

function snapshotsOf(trader: Trader, channel: string): Message[] {
  return trader.pushes.filter((push) => push.channel === channel && push.type === "snapshot");
}

type Level = [string, number, number];

/** As a client would: a snapshot, then each delta whose prev_seq is the last one seen. */
function foldBook(trader: Trader, symbol: string): { seq: number; bids: Level[]; asks: Level[] } {
  const sides = { bids: new Map<string, Level>(), asks: new Map<string, Level>() };
  let seq = -1;
  for (const push of trader.pushes) {
    if (push.channel !== "book" || push.symbol !== symbol) continue;
    if (push.type === "update") expect(push.prev_seq).toBe(seq);
    seq = push.seq;
    for (const side of ["bids", "asks"] as const) {
      if (push.type === "snapshot") sides[side].clear();
      for (const level of push.data[side] as unknown as Level[]) {
        if (level[1] === 0) sides[side].delete(level[0]);
        else sides[side].set(level[0], level);
      }
    }
  }
  const sorted = (side: "bids" | "asks", sign: number): Level[] =>
    [...sides[side].values()].toSorted((a, b) => sign * (Number(a[0]) - Number(b[0])));
  return { seq, bids: sorted("bids", -1), asks: sorted("asks", 1) };
}

function foldGrid(trader: Trader): unknown[] {
  const rows = new Map<string, unknown>();
  for (const push of trader.pushes) {
    if (push.channel !== "size_grid") continue;
    for (const row of push.data as unknown as { symbol: string }[]) rows.set(row.symbol, row);
  }
  return [...rows.values()];
}

/** Contiguous by their numbers, from the first. */
function allTrades(symbol: string): unknown[] {
  const pushes = old.pushes.filter((push) => push.channel === "trades" && push.symbol === symbol);
  const trades = pushes.flatMap((push) => push.data as unknown as { trade_id: number }[]);
  expect(trades.map((trade) => trade.trade_id)).toEqual(trades.map((_, at) => at + 1));
  return trades;
}

function depth(instrument: number, side: number): Level[] {
  return exchange.shard.core
    .depth(instrument, side, 10_000)
    .map(({ priceTicks, quantity, orders }) => [`${priceTicks}.00`, quantity, orders]);
}

function order(id: string, symbol: string, side: string, qty: number, ticks: number): object {
  return { client_order_id: id, symbol, side, type: "limit", qty, price: `${ticks}.00` };
}

async function randomStep(trader: Trader, step: number, random: () => number): Promise<void> {
  const pick = (count: number): number => Math.floor(random() * count);
  const what = random();
  const symbol = SYMBOLS[pick(SYMBOLS.length)]!;
  const target = `o-${pick(step + 1)}`;
  const side = random() < 0.5 ? "buy" : "sell";
  const ticks = (side === "buy" ? 190 : 200) + pick(30);
  const qty = 1 + pick(5);
  if (what < 0.7) {
    await randomPlace(trader, `o-${step}`, random);
  } else if (what < 0.85) {
    await trader.request("cancel_order", { client_order_id: target });
  } else if (what < 0.99) {
    const price = random() < 0.5 ? { price: `${ticks}.00`, symbol } : {};
    await trader.request("amend_order", { client_order_id: target, qty, ...price });
  } else {
    await trader.request("cancel_all", { side });
  }
}

async function randomPlace(trader: Trader, id: string, random: () => number): Promise<Message> {
  const pick = (count: number): number => Math.floor(random() * count);
  const symbol = SYMBOLS[pick(SYMBOLS.length)]!;
  const side = random() < 0.5 ? "buy" : "sell";
  const ticks = (side === "buy" ? 190 : 200) + pick(30);
  const stp = ["none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"][pick(5)];
  const tif = random() < 0.1 ? "ioc" : "gtc";
  const words = order(id, symbol, side, 1 + pick(5), ticks);
  return trader.request("add_order", { ...words, stp, tif });
}

/** Mulberry32: the same seed, the same day. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
