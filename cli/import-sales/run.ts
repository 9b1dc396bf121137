/**
 * A run from beginning to end: products, keys, sockets, trading, and the reckoning. If the exchange
 * goes away in the middle it says so and leaves; the same run id sends the same orders again.
 */
import { Failure, wordsOf } from "../errors.ts";
import { type Admin, type Exchange, Refused } from "../exchange.ts";
import { createKey, type Key, logonParams } from "../keys.ts";
import { connect, type Connection, type Listener } from "./connection.ts";
import { type Ledger, makeLedger } from "./ledger.ts";
import { lockImports } from "./lock.ts";
import { addProducts } from "./products.ts";
import type { RunId } from "./run-id.ts";
import type { Sales } from "./sales.ts";
import { makeSilence, type Patience } from "./silence.ts";
import { clientOrderId, makeTrading } from "./trading.ts";
import { makeWatch, type Watch } from "./watch.ts";

/**
 * Rows on their way at the same time. The longest instrument's rows go one after the other, so its
 * time grows with every row that shares the exchange with it; fewer than this leave batches empty.
 */
export const IN_FLIGHT_MAX = 64;

const SELLER = "sales-seller";
const BUYER = "sales-buyer";
/** How long the trades channel may be silent while trades are still missing. */
const SILENCE_MS = 3_000;
const POLL_MS = 10;
const LOOK_MS = 200;
/** For its keys a run that ends waits this long at most: the exchange may be why it ends. */
const REVOKE_TIMEOUT_MS = 5_000;
const LABEL = "import-sales ";
const STATUS_AT_ONCE = 256;

export interface RunOptions {
  readonly exchange: Exchange;
  readonly admin: Admin;
  readonly sales: Sales;
  readonly runId: RunId;
  /** Orders of an earlier life of this run may rest and are wanted; of other runs they are not. */
  readonly isSentAgain: boolean;
  readonly patience: Patience;
  /** Words for people, a line each. */
  readonly say: (words: string) => void;
  readonly onProgress: (rowsDone: number) => void;
  /** Ends the run early, with a reason. */
  readonly onStop: (stop: (why: string) => void) => void;
}

export interface RunResult {
  readonly ledger: Ledger;
  readonly seconds: number;
}

/** The run cannot go on, but can be sent again. */
export class Interrupted extends Failure {}

export async function run(options: RunOptions): Promise<RunResult> {
  const { exchange, sales } = options;
  if (sales.lines.length === 0) return { ledger: makeLedger(sales), seconds: 0 };
  const lock = lockImports(exchange.dir);
  try {
    return await runAlone(options);
  } finally {
    lock.release();
  }
}

async function runAlone(options: RunOptions): Promise<RunResult> {
  const { exchange, admin, sales, runId } = options;
  await revokeLeftovers(admin, options.say);
  await addProducts(exchange, admin, sales.models);
  const label = LABEL + runId.text;
  const keys = [
    await createKey(admin, SELLER, { label, trading: true }),
    await createKey(admin, BUYER, { label, trading: true }),
  ] as const;
  try {
    return await tradeAll(options, keys);
  } finally {
    await Promise.all(keys.map(({ key }) => revoke(admin, key)));
  }
}

interface ListedKey {
  readonly key: string;
  readonly account: string;
  readonly label?: string | null;
  readonly revoked_at: string | null;
}

/** We hold the lock, so whatever keys imports have are those of runs that were killed. */
async function revokeLeftovers(admin: Admin, say: (words: string) => void): Promise<void> {
  const { keys } = (await admin.get("/v1/admin/keys")) as { readonly keys: readonly ListedKey[] };
  const left = keys.filter(
    ({ account, label, revoked_at }) =>
      revoked_at === null &&
      (account === SELLER || account === BUYER) &&
      label?.startsWith(LABEL) === true,
  );
  for (const { key } of left) await admin.remove(`/v1/admin/keys/${key}`);
  if (left.length > 0) say(`keys that a killed import left, revoked: ${left.length}`);
}

/** A run whose exchange has gone leaves its keys; the next run revokes them. */
async function revoke(admin: Admin, key: string): Promise<void> {
  try {
    await admin.remove(`/v1/admin/keys/${key}`, REVOKE_TIMEOUT_MS);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

async function tradeAll(
  options: RunOptions,
  [sellerKey, buyerKey]: readonly [Key, Key],
): Promise<RunResult> {
  const { exchange, sales } = options;
  const { models, instruments } = sales;
  const symbols = instruments.map(({ model, size }) => `${models[model]!.style}:${size}`);
  const ledger = makeLedger(sales);
  let stop!: (why: string) => void;
  const stopped = new Promise<never>((_, reject) => {
    stop = (why) => reject(new Interrupted(why));
  });
  stopped.catch(() => {}); // whoever races with it hears of it; before that, nobody need
  options.onStop(stop);
  const trading = makeTrading({
    ...options,
    symbols,
    ledger,
    inFlightMax: IN_FLIGHT_MAX,
    onStuck: stop,
  });
  const watch = makeWatch(symbols, () => ledger);
  const sockets: Connection[] = [];
  const open = async (listener: Partial<Listener>, key?: Key): Promise<Connection> => {
    const socket = await connect(exchange.url, {
      ...DEAF,
      onLost: (why) => stop(lost(why)),
      ...listener,
    });
    sockets.push(socket);
    if (key !== undefined) await socket.request("session.logon", logonParams(key));
    return socket;
  };
  const work = async (): Promise<RunResult> => {
    const seller = await open({ onAnswer: (answer) => trading.onAskAnswer(answer) }, sellerKey);
    const buyer = await open({ onAnswer: (answer) => trading.onBidAnswer(answer) }, buyerKey);
    const watcher = await open({ onPush: (push) => watch.onPush(push) });
    if (!options.isSentAgain) await clear([seller, buyer], options.say);
    await watch.start(watcher);
    const startMs = performance.now();
    await trading.start(seller, buyer);
    await reckon(options, ledger, watch, buyer);
    const seconds = (performance.now() - startMs) / 1_000;
    if (ledger.lostRows > 0) await clear([seller, buyer], options.say);
    return { ledger, seconds };
  };
  const silence = makeSilence(options.patience, options.say, stop);
  const timer = setInterval(() => {
    options.onProgress(trading.rowsDone());
    silence.look(
      sockets.reduce((sum, socket) => sum + socket.heard(), 0),
      performance.now(),
    );
  }, LOOK_MS);
  try {
    return await Promise.race([work(), stopped]);
  } catch (error) {
    // With rows done there is something to go on with, once the exchange can.
    if (error instanceof Refused && error.isAboutAll && trading.rowsDone() > 0) {
      throw new Interrupted(error.message);
    }
    throw error;
  } finally {
    clearInterval(timer);
    for (const socket of sockets) socket.close();
  }
}

const DEAF: Listener = { onAnswer() {}, onPush() {}, onLost() {} };

function lost(why: string): string {
  return `lost the connection to the exchange (${why})`;
}

/** Takes out what another run of these accounts left in the books: it would trade with ours. */
async function clear(sockets: readonly Connection[], say: (words: string) => void): Promise<void> {
  let count = 0;
  for (const socket of sockets) count += Number((await socket.request("cancel_all", {})).count);
  if (count > 0) say(`orders of these accounts taken out of the books first: ${count}`);
}

/** Waits for the trades still to be seen; asks about those that the channel does not show. */
async function reckon(
  options: RunOptions,
  ledger: Ledger,
  watch: Watch,
  buyer: Connection,
): Promise<void> {
  const { sales, runId, say } = options;
  let waiting = ledger.waiting();
  let sinceMs = performance.now();
  while (ledger.waiting() > 0 && performance.now() - sinceMs < SILENCE_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (ledger.waiting() === waiting) continue;
    waiting = ledger.waiting();
    sinceMs = performance.now();
  }
  const rows = ledger.waitingRows();
  if (watch.gaps() > 0) say(`the trades channel had gaps for ${watch.gaps()} instruments`);
  if (rows.length > 0) say(`asking for the ${rows.length} orders whose trades it did not show`);
  for (let from = 0; from < rows.length; from += STATUS_AT_ONCE) {
    const some = rows.slice(from, from + STATUS_AT_ONCE);
    await Promise.all(some.map((row) => ask(row)));
  }

  async function ask(row: number): Promise<void> {
    const id = clientOrderId(runId, sales.lines[row]!);
    try {
      const { status } = await buyer.request("order_status", { client_order_id: id });
      if (status === "filled") ledger.settled(row);
      else ledger.lost(row, `its bid is ${status as string}`);
    } catch (error) {
      if (!(error instanceof Refused) || error.isAboutAll) throw error;
      ledger.lost(row, wordsOf(error));
    }
  }
}
