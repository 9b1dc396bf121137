/**
 * A consumer that reconnects at seeded random instants of a long run hears every sequence exactly once
 * on every delta channel, public and private: what it put together from its many sockets is, push by
 * push, what somebody heard who never left. From memory, and from stored events where memory is small; from a
 * shard of this process, and from one of a cluster whose primary changes meanwhile.
 */
import { expect, test } from "@jest/globals";
import { freePorts } from "../../.ci/servers/ports.ts";
import { openEntryClient } from "../../engine/client/entry-client.ts";
import { openEntryPast } from "../../engine/client/entry-past.ts";
import type { StoredEvents } from "../../engine/client/stored-events.ts";
import { startTestEngine, type TestEngine } from "../../engine/shell/testing/cluster-engine.ts";
import { makeMemoryBroker } from "../../engine/shell/testing/memory-broker.ts";
import { sized } from "../../engine/shell/testing/size.ts";
import {
  JORDAN,
  type Message,
  startTestExchange,
  type TestExchange,
  type TestKey,
  type TestOptions,
} from "../testing/exchange.ts";
import { connect, type Trader } from "../testing/trader.ts";

const SYMBOLS = JORDAN.sizes.map((size) => `${JORDAN.style}:${size}`);
const PUBLIC = ["book", "level3", "trades"] as const;
const PRIVATE = ["orders", "executions"] as const;
const SEED = 4_213;
const ROUNDS = Number(process.env.SOLEBOOK_RESUME_ROUNDS ?? sized(30, 200));
const ORDERS_PER_ROUND = 30;

/** What the gateway stands before. */
interface Behind {
  readonly options: TestOptions;
  /** How often stored events were read. */
  reads(): number;
  /** What may befall it in the middle. */
  strike?(): Promise<void>;
  end(): Promise<void>;
}

const here = async (): Promise<Behind> => ({
  options: {},
  reads: () => 0,
  end: async () => {},
});

// Where its shard is | what memory holds | events it keeps
const MEMORIES: [string, string, number, () => Promise<Behind>][] = [
  ["in its process", "all of it", 131_072, here],
  ["in its process", "only the newest", 64, here],
  ["in a cluster that loses primaries", "only the newest", 64, inCluster],
];

const LIMIT_MS = sized(120_000, 3 * 3_600_000);
test.each(MEMORIES)("every sequence once: a shard %s, memory holding %s", everyOnce, LIMIT_MS);

async function everyOnce(
  _where: string,
  _what: string,
  recentEvents: number,
  start: () => Promise<Behind>,
): Promise<void> {
  const behind = await start();
  const exchange = await startTestExchange({ recentEvents, ...behind.options });
  const key = await exchange.makeKey("alice");
  const traders = [
    await connect(exchange, key),
    await connect(exchange, await exchange.makeKey("bob")),
  ];
  const steady = await connect(exchange, key);
  await listen(steady, new Map());
  const random = seeded(SEED);
  const restless = new Restless(exchange, key);
  let joins = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (random() < 0.7) {
      await restless.join();
      joins++;
    }
    const half = Math.floor(random() * ORDERS_PER_ROUND);
    const steps = Array.from({ length: ORDERS_PER_ROUND }, (_, at) => async () => {
      if (at === half && random() < 0.7) restless.leave();
      await step(traders[at % 2]!, round * ORDERS_PER_ROUND + at, random);
    });
    const isStruck = behind.strike !== undefined && round % STRIKE_EVERY === STRIKE_EVERY - 1;
    await Promise.all([...steps.map((each) => each()), isStruck ? behind.strike!() : null]);
  }
  await restless.join();
  await restless.catchUp(steady);
  expect(exchange.shard.reads + behind.reads() > 0).toBe(recentEvents < 1_000);
  expect(joins).toBeGreaterThan(ROUNDS / 3);
  const heard = linesOf(steady.pushes);
  const pieced = linesOf(restless.pushes);
  expect([...pieced.keys()].toSorted()).toEqual([...heard.keys()].toSorted());
  expect(heard.size).toBe(SYMBOLS.length * PUBLIC.length + PRIVATE.length);
  for (const [name, lines] of heard) {
    expect(lines.length).toBeGreaterThan(ROUNDS);
    expect([name, pieced.get(name)]).toEqual([name, lines]);
  }
  for (const trader of [...traders, steady]) trader.close();
  restless.leave();
  await exchange.stop();
  await behind.end();
}

const STRIKE_EVERY = 15;

/** Two engines over gRPC, a journal in memory: now and then the primary ends, and another one begins. */
async function inCluster(): Promise<Behind> {
  const broker = makeMemoryBroker();
  const sizes = { accountsMax: 64, instrumentsMax: 512, ordersMax: 65_536, idsMax: 131_072 };
  const ports = await freePorts(2); // they come back where they were
  const engines: TestEngine[] = [];
  for (const port of ports) engines.push(await startTestEngine(broker, sizes, port));
  const addresses = engines.map(({ address }) => address);
  const client = openEntryClient({ shard: 0, addresses });
  const past = openEntryPast({ shard: 0, addresses });
  let reads = 0;
  const stored: StoredEvents = {
    read: async (wanted, onEvents) => {
      await past.read(wanted, onEvents);
      reads++;
    },
  };
  return {
    options: { clients: [client], stored: [stored] },
    reads: () => reads,
    strike: async () => {
      const gone = engines.shift()!;
      const { port } = new URL(`http://${gone.address}`);
      await gone.handle.stop();
      engines.push(await startTestEngine(broker, sizes, Number(port)));
    },
    end: async () => {
      past.stop();
      client.close();
      await Promise.all(engines.map(({ handle }) => handle.stop()));
    },
  };
}

/** Comes and goes; asks each time for what came after the last push it has seen. */
class Restless {
  readonly pushes: Message[] = [];
  readonly #exchange: TestExchange;
  readonly #key: TestKey;
  readonly #seqs = new Map<string, number>();
  #trader: Trader | undefined;
  #joined = 0;

  constructor(exchange: TestExchange, key: TestKey) {
    this.#exchange = exchange;
    this.#key = key;
  }

  async join(): Promise<void> {
    this.leave();
    const trader = await connect(this.#exchange, this.#key);
    this.#trader = trader;
    this.#joined++;
    await listen(trader, this.#seqs, this.#joined === 1);
  }

  /** In the middle of things: what was sent to it and not read is lost. */
  leave(): void {
    const trader = this.#trader;
    if (trader === undefined) return;
    this.#trader = undefined;
    trader.socket.terminate();
    this.#take(trader);
  }

  async catchUp(steady: Trader): Promise<void> {
    const wanted = seqsOf(steady.pushes);
    const trader = this.#trader!;
    await expectSoon(() => {
      const has = new Map([...this.#seqs, ...seqsOf(trader.pushes)]);
      return [...wanted].every(([name, seq]) => (has.get(name) ?? 0) >= seq);
    });
    this.#take(trader);
  }

  #take(trader: Trader): void {
    // A first socket that left before its snapshots were there has nothing to go on from.
    for (const push of trader.pushes) {
      if (push.channel === "heartbeat") continue;
      const name = nameOf(push);
      const seen = this.#seqs.get(name);
      const fits = push.type === "update" ? push.prev_seq === seen : seen === undefined;
      if (!fits) throw new Error(`${name}: after ${seen} came ${JSON.stringify(push)}`);
      this.#seqs.set(name, push.seq);
      this.pushes.push(push);
    }
    trader.pushes.length = 0;
  }
}

const nameOf = ({ channel, symbol, shard }: Message): string => `${channel} ${symbol ?? shard}`;

function seqsOf(pushes: readonly Message[]): Map<string, number> {
  return new Map(pushes.map((push) => [nameOf(push), push.seq]));
}

/** All delta channels; those of which something was seen go on from there. */
async function listen(
  trader: Trader,
  seqs: ReadonlyMap<string, number>,
  isFirst = true,
): Promise<void> {
  for (const channel of [...PUBLIC, ...PRIVATE]) {
    const names = channel === "orders" || channel === "executions" ? ["0"] : SYMBOLS;
    const from = names.flatMap((name) => {
      const seq = seqs.get(`${channel} ${name}`);
      return seq === undefined ? [] : [[name, seq]];
    });
    const symbols = names === SYMBOLS ? { symbols: SYMBOLS } : {};
    const resume = isFirst ? {} : { resume_from_seq: Object.fromEntries(from) as object };
    const { success } = await trader.request("subscribe", { channel, ...symbols, ...resume });
    expect(success).toBe(true);
  }
  if (isFirst) for (const channel of PRIVATE) await trader.push(channel, 0);
  if (isFirst) for (const channel of PUBLIC) await trader.push(channel, SYMBOLS.length - 1);
}

/** What was heard, line by line; trades one by one, for pushes hold several. */
function linesOf(pushes: readonly Message[]): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const push of pushes) {
    if (push.type === "snapshot" || push.channel === "heartbeat") continue;
    const name = nameOf(push);
    const { seq, prev_seq: prev, data } = push;
    const ts = (push as unknown as { ts: string }).ts;
    const rows =
      push.channel === "trades" ? (data as unknown as object[]) : [{ seq, prev, ts, data }];
    const texts = rows.map((row) => JSON.stringify(row));
    const known = lines.get(name);
    if (known === undefined) lines.set(name, texts);
    else for (const text of texts) known.push(text);
  }
  return lines;
}

async function step(trader: Trader, at: number, random: () => number): Promise<void> {
  const pick = (count: number): number => Math.floor(random() * count);
  const symbol = SYMBOLS[pick(SYMBOLS.length)]!;
  const side = random() < 0.5 ? "buy" : "sell";
  const price = `${(side === "buy" ? 190 : 200) + pick(30)}.00`;
  const what = random();
  const qty = 1 + pick(5);
  if (what < 0.75) {
    const id = { client_order_id: `o-${at}`, symbol, side, qty, price, type: "limit" };
    const stp = ["none", "cancel_taker", "cancel_maker", "decrement"][pick(4)];
    await trader.request("add_order", { ...id, stp, tif: random() < 0.1 ? "ioc" : "gtc" });
  } else if (what < 0.85) {
    await trader.request("cancel_order", { client_order_id: `o-${pick(at + 1)}` });
  } else if (what < 0.99) {
    const amended = random() < 0.5 ? { price, symbol } : {};
    await trader.request("amend_order", { client_order_id: `o-${pick(at + 1)}`, qty, ...amended });
  } else {
    await trader.request("cancel_all", { side });
  }
}

async function expectSoon(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error("it never came");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
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
