/**
 * Again and again the exchange dies in the middle of its work, by SIGKILL, and is started again on the
 * same directory. Two resellers keep what they were told; whatever was acknowledged must be there,
 * once, with the same order id; what was under way is sent again with its id and its deadline.
 */
import { afterAll, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { admin, makeKey, type RunningExchange, startExchange, stats } from "./testing/exchange.ts";
import { type Answer, connectTrader, type Trader } from "./testing/trader.ts";
import { sized } from "../engine/shell/testing/size.ts";

const KILLS = sized(6, 20);
const ROWS = sized(1_000, 3_000);
const SIZES = 12;
const SEED = 4_213;

const dir = mkdtempSync(join(tmpdir(), "solebook-crash-"));
let exchange: RunningExchange;
afterAll(async () => {
  await exchange?.kill();
  rmSync(dir, { recursive: true, force: true });
});

interface Acked {
  readonly orderId: unknown;
  readonly engineSeq: unknown;
}

test("killed again and again: every acknowledged order is there, once", async () => {
  const random = seeded(SEED);
  exchange = await startExchange(dir);
  await admin(exchange, "POST", "products", product());
  const [sellerKey, buyerKey] = [
    await makeKey(exchange, "seller"),
    await makeKey(exchange, "buyer"),
  ];
  const deadline = new Date(Date.now() + 50 * 60_000).toISOString();
  const acked = { ask: new Map<number, Acked>(), bid: new Map<number, Acked>() };
  let checked = 0;

  for (let cycle = 0; cycle <= KILLS; cycle++) {
    const seller = await connectTrader(exchange.url, sellerKey);
    const buyer = await connectTrader(exchange.url, buyerKey);
    checked += await everyAckStands(seller, acked.ask, random);
    checked += await everyAckStands(buyer, acked.bid, random);
    const target = acked.bid.size + 40 + Math.floor(random() * 100);
    const last = cycle === KILLS;
    // The kill comes between two acknowledgements, while orders of every size are on their way.
    const onAck = (): void => {
      if (!last && acked.bid.size >= target) exchange.child.kill("SIGKILL");
    };
    await Promise.all(
      Array.from({ length: SIZES }, (_, size) =>
        tradeRows({ size, seller, buyer, acked, deadline, onAck }),
      ),
    );
    if (last) {
      seller.close();
      buyer.close();
      break;
    }
    await exchange.kill();
    exchange = await startExchange(dir);
  }

  expect([acked.ask.size, acked.bid.size]).toEqual([ROWS, ROWS]);
  expect(checked).toBeGreaterThan(KILLS * 50);
  const after = await stats(exchange);
  expect(after).toMatchObject({ trades_total: ROWS, orders_total: ROWS * 2, orders_open: 0 });

  // A clean stop writes the hash of the state; the next start replays everything and compares.
  expect(await exchange.stop()).toBe(0);
  exchange = await startExchange(dir);
  expect(await stats(exchange)).toMatchObject({ trades_total: ROWS, orders_total: ROWS * 2 });
}, 240_000);

interface Lane {
  readonly size: number;
  readonly seller: Trader;
  readonly buyer: Trader;
  readonly acked: { ask: Map<number, Acked>; bid: Map<number, Acked> };
  readonly deadline: string;
  readonly onAck: () => void;
}

/** One size's rows in order: an ask, and once it is acknowledged the bid that takes it. */
async function tradeRows(lane: Lane): Promise<void> {
  const { acked } = lane;
  for (let row = lane.size; row < ROWS; row += SIZES) {
    if (acked.bid.has(row)) continue;
    if (!acked.ask.has(row)) {
      const ask = await place(lane, lane.seller, "sell", row);
      if (ask === null) return;
      acked.ask.set(row, ask);
    }
    const bid = await place(lane, lane.buyer, "buy", row);
    if (bid === null) return;
    acked.bid.set(row, bid);
    lane.onAck();
  }
}

async function place(
  lane: Lane,
  trader: Trader,
  side: "buy" | "sell",
  row: number,
): Promise<Acked | null> {
  const answer = await trader.request("add_order", {
    client_order_id: `r-${row}`,
    symbol: symbol(lane.size),
    side,
    type: "limit",
    qty: 1,
    price: `${100 + (row % 50)}.00`,
    deadline: lane.deadline,
  });
  if (answer === null) return null;
  if (!answer.success && answer.error!.execution === "unknown") return null; // it was stopping under us
  expect(answer).toMatchObject({ success: true });
  if (side === "buy") expect(answer.result).toMatchObject({ status: "filled", filled_qty: 1 });
  return { orderId: answer.result!.order_id, engineSeq: answer.result!.engine_seq };
}

/** Asks the exchange about a hundred of the orders it acknowledged, the newest among them. */
async function everyAckStands(
  trader: Trader,
  acked: Map<number, Acked>,
  random: () => number,
): Promise<number> {
  const rows = [...acked.keys()];
  const asked = rows
    .slice(-60)
    .concat(rows.slice(0, -60).filter(() => random() < 40 / rows.length));
  const answers = await Promise.all(
    asked.map((row) => trader.request("order_status", { client_order_id: `r-${row}` })),
  );
  asked.forEach((row, index) => {
    const expected = acked.get(row)!;
    const answer = answers[index] as Answer;
    expect({ row, ...answer }).toMatchObject({
      row,
      success: true,
      result: { order_id: expected.orderId, engine_seq: expected.engineSeq },
    });
  });
  return asked.length;
}

const symbol = (size: number): string => `CRASH-1:US-${4 + size}`;

function product(): object {
  return {
    style: "CRASH-1",
    brand: "Test",
    model: "Crash",
    colourway: "Black / White",
    retail_price: "100.00",
    release_date: "2020-01-01",
    sizes: Array.from({ length: SIZES }, (_, size) => `US-${4 + size}`),
    tick: "1.00",
    band: null,
    currency: "USD",
  };
}

/** Mulberry32: the same seed, the same kills. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
