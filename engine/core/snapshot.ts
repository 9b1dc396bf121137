/**
 * The state of a shard as bytes, and back. A snapshot is a list of records of 128 bytes, each with its
 * kind in word 0, in an order that no table decides: what comes first is needed by what comes after.
 *
 * ```
 * HEADER       1 format  2 hash version   f64 from 8: sequence, stamp, behaviour, orders and trades so far
 * INSTRUMENT   1 id      f64 from 6: marketSeq, tradeId     words from 16: the row
 * ACCOUNT      1 id  2 state  3 openOrdersMax  4 openOrders f64 from 8: sequence, bid value, its bound
 * ORDER        the row of an open order, links left out     books by instrument, bids then asks, in priority
 * REMEMBERED   the row of an id whose order has ended       by the sequence of its place
 * MASS_CANCEL  1 account 2 instrument 3 side 4 tag 5 reason f64 from 8: its newest order, the one to look at next
 * TIMER        1 account 2 tag                              f64 from 8: when it fires, armed at, its newest order
 * UNCROSS      1 phase 2 turn 3 left 4 price                f64 from 4: stamp, fence, the price search
 * GROUP        f64 from 8: a leg's order, the next leg's    each group from one leg on, the last one back left out
 * STAGED       words from 4: a record of a compound          in the order they came
 * END          1 hash high  2 hash low  3 records before it
 * ```
 *
 * Loading gives a shard with the same hash that goes on with the same bytes, whatever its tables' sizes
 * and whichever its book. What cannot be loaded is refused in words; a half-loaded shard is thrown away.
 */
import { ACCOUNT_SHIFT, AccountF64, AccountI32, AccountState } from "./accounts.ts";
import { insist, loading } from "./assert.ts";
import { SEARCH_DOUBLES } from "./auction-price.ts";
import { collectedBook } from "./book-api.ts";
import { InstrumentState, Side } from "./codes.ts";
import { INSTRUMENT_SHIFT, INSTRUMENT_WORDS, InstrumentF64, InstrumentI32 } from "./instruments.ts";
import { BEHAVIOUR_NEWEST, HASH_VERSION } from "./limits.ts";
import { ON_WHEEL, ORDER_SHIFT, ORDER_SHIFT64, ORDER_WORDS, OrderF64, OrderI32 } from "./orders.ts";
import { UncrossF64, UncrossI32, UncrossPhase } from "./pending-uncross.ts";
import { NO_REST, perRow } from "./rest.ts";
import type { StateHash } from "./shard-api.ts";
import { loadGroup, loadStaged, saveGroups, saveStaged } from "./snapshot-compounds.ts";
import { endedRows, linkAccounts } from "./snapshot-order.ts";
import type { State } from "./state.ts";
import { TIMER_DOUBLES, TIMER_WORDS, TimerF64, TimerI32 } from "./timers.ts";
import { COUNTERS_HASHED, Counter } from "./turn.ts";
import { hashState } from "./walk.ts";

export const SNAPSHOT_RECORD_BYTES = 128;
export const SNAPSHOT_FORMAT = 1;
const RECORD_WORDS = 32;
/** 128 KiB: what becomes of a chunk takes a processor about a millisecond. */
const CHUNK_RECORDS = 1_024;

const Kind = {
  HEADER: 1,
  INSTRUMENT: 2,
  ACCOUNT: 3,
  ORDER: 4,
  REMEMBERED: 5,
  MASS_CANCEL: 6,
  TIMER: 7,
  UNCROSS: 8,
  GROUP: 20,
  STAGED: 21,
  END: 127,
} as const;

/** Words of a row that say where it lies, not what it is. */
const LINKS = [
  OrderI32.next,
  OrderI32.prev,
  OrderI32.level,
  OrderI32.accountNext,
  OrderI32.accountPrev,
  OrderI32.keyHash,
  OrderI32.heapAt,
  OrderI32.chainNext,
  OrderI32.groupNext,
] as const;

/** Words of a row that only an open order has. */
const OPEN_ONLY = [OrderI32.priceTicks, OrderI32.open, OrderI32.tag] as const;
const OPEN_ONLY_F64 = [OrderF64.expiresAtUs, OrderF64.priority] as const;

interface Writer {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  /** Begins a record of zeroes; answers its first word. */
  record(kind: number): number;
  count(): number;
  flush(): void;
}

function makeWriter(sink: (bytes: Uint8Array) => void): Writer {
  const bytes = new Uint8Array(CHUNK_RECORDS * SNAPSHOT_RECORD_BYTES);
  const i32 = new Int32Array(bytes.buffer);
  let inChunk = 0;
  let total = 0;

  function flush(): void {
    if (inChunk > 0) sink(bytes.subarray(0, inChunk * SNAPSHOT_RECORD_BYTES));
    inChunk = 0;
  }

  function record(kind: number): number {
    if (inChunk === CHUNK_RECORDS) flush();
    const at = inChunk++ * RECORD_WORDS;
    total++;
    i32.fill(0, at, at + RECORD_WORDS);
    i32[at] = kind;
    return at;
  }

  return { i32, f64: new Float64Array(bytes.buffer), record, count: () => total, flush };
}

function saveInstrument(state: State, writer: Writer, instrument: number): void {
  const { i32, f64 } = state.instruments;
  const row = instrument << INSTRUMENT_SHIFT;
  if (i32[row + InstrumentI32.state] === InstrumentState.NONE) return;
  const at = writer.record(Kind.INSTRUMENT);
  writer.i32[at + 1] = instrument;
  for (let n = 0; n < INSTRUMENT_WORDS; n++) writer.i32[at + 16 + n] = i32[row + n]!;
  const doubles = row >> 1;
  writer.f64[(at >> 1) + 6] = f64[doubles + InstrumentF64.marketSeq]!;
  writer.f64[(at >> 1) + 7] = f64[doubles + InstrumentF64.tradeId]!;
}

function saveAccount(state: State, writer: Writer, account: number): void {
  const { i32, f64 } = state.accounts;
  const row = account << ACCOUNT_SHIFT;
  if (i32[row + AccountI32.state] === AccountState.UNKNOWN) return;
  const at = writer.record(Kind.ACCOUNT);
  writer.i32[at + 1] = account;
  writer.i32[at + 2] = i32[row + AccountI32.state]!;
  writer.i32[at + 3] = i32[row + AccountI32.openOrdersMax]!;
  writer.i32[at + 4] = i32[row + AccountI32.openOrders]!;
  const doubles = row >> 1;
  writer.f64[(at >> 1) + 8] = f64[doubles + AccountF64.sequence]!;
  writer.f64[(at >> 1) + 9] = f64[doubles + AccountF64.openBidValueMinor]!;
  writer.f64[(at >> 1) + 10] = f64[doubles + AccountF64.openBidValueMaxMinor]!;
}

function saveRow(state: State, writer: Writer, slot: number, kind: number): void {
  const at = writer.record(kind);
  const row = slot << ORDER_SHIFT;
  for (let n = 0; n < ORDER_WORDS; n++) writer.i32[at + n] = state.orders.i32[row + n]!;
  for (const link of LINKS) writer.i32[at + link] = 0;
  writer.i32[at] = kind;
  writer.i32[at + OrderI32.bits] = writer.i32[at + OrderI32.bits]! & ~ON_WHEEL;
  if (kind === Kind.ORDER) return;
  for (const field of OPEN_ONLY) writer.i32[at + field] = 0;
  for (const field of OPEN_ONLY_F64) writer.f64[(at >> 1) + field] = 0;
}

function saveUncross({ uncross, priceSearch, massCancels }: State, writer: Writer): void {
  if (uncross.i32[UncrossI32.phase] === UncrossPhase.NONE) return;
  const at = writer.record(Kind.UNCROSS);
  writer.i32.set(uncross.i32, at + 1);
  const ahead = uncross.f64[UncrossF64.fence]! - massCancels.done();
  writer.f64.set([uncross.f64[UncrossF64.stampUs]!, Math.max(0, ahead)], (at >> 1) + 4);
  writer.f64.set(priceSearch.f64, (at >> 1) + 6);
}

function savePending({ massCancels, timers, orders }: State, writer: Writer): void {
  const { i32, f64 } = writer;
  massCancels.walk(({ account, instrument, side, tag, reason, cursor, row }) => {
    const at = writer.record(Kind.MASS_CANCEL);
    i32.set([account, instrument, side, tag, reason], at + 1);
    f64[(at >> 1) + 8] = massCancels.orderIds[row]!;
    f64[(at >> 1) + 9] = orders.f64[(cursor << ORDER_SHIFT64) + OrderF64.orderId]!;
  });
  timers.walk((row) => {
    const at = writer.record(Kind.TIMER);
    i32[at + 1] = timers.i32[row * TIMER_WORDS + TimerI32.account]!;
    i32[at + 2] = timers.i32[row * TIMER_WORDS + TimerI32.tag]!;
    f64[(at >> 1) + 8] = timers.f64[row * TIMER_DOUBLES + TimerF64.firesAtUs]!;
    f64[(at >> 1) + 9] = timers.f64[row * TIMER_DOUBLES + TimerF64.armedSequence]!;
    f64[(at >> 1) + 10] = timers.f64[row * TIMER_DOUBLES + TimerF64.lastOrderId]!;
  });
}

/**
 * Writes the whole state to `sink`, in chunks of at most 128 KiB; the bytes are the sink's only until it
 * returns. Answers the state's hash. Walks everything: for followers, never for a primary.
 */
export function saveState(
  state: State,
  sink: (bytes: Uint8Array) => void,
  rest = NO_REST,
): StateHash {
  const { turn, instruments, accounts, book } = state;
  const writer = makeWriter(sink);
  const row = perRow(rest);
  const header = writer.record(Kind.HEADER);
  writer.i32[header + 1] = SNAPSHOT_FORMAT;
  writer.i32[header + 2] = HASH_VERSION;
  for (let n = 0; n < COUNTERS_HASHED; n++) {
    writer.f64[(header >> 1) + 8 + n] = turn.counters[n]!;
  }
  for (let n = 1; n <= instruments.highest(); n++) saveInstrument(state, writer, n);
  for (let n = 1; n <= accounts.highest(); n++) saveAccount(state, writer, n);
  for (let n = 1; n <= instruments.highest(); n++) {
    row();
    if (!instruments.isListed(n)) continue;
    book.walk(n, Side.BID, (slot) => saveRow(state, writer, slot, Kind.ORDER));
    book.walk(n, Side.ASK, (slot) => saveRow(state, writer, slot, Kind.ORDER));
    for (const side of [Side.BID, Side.ASK]) {
      const collected = collectedBook(n, side, instruments.capacity);
      book.walk(collected, side, (slot) => saveRow(state, writer, slot, Kind.ORDER));
    }
  }
  for (const slot of endedRows(state, rest)) saveRow(state, writer, slot, Kind.REMEMBERED);
  savePending(state, writer);
  saveUncross(state, writer);
  saveGroups(state, () => writer.record(Kind.GROUP), writer);
  saveStaged(state, () => writer.record(Kind.STAGED), writer);
  const hash = hashState(state, rest);
  const records = writer.count();
  const end = writer.record(Kind.END);
  writer.i32[end + 1] = hash.high | 0;
  writer.i32[end + 2] = hash.low | 0;
  writer.i32[end + 3] = records;
  writer.flush();
  return hash;
}

interface Reader {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

function loadHeader(state: State, { i32, f64 }: Reader): void {
  insist(i32[0] === Kind.HEADER, "this is not a snapshot of a shard");
  insist(
    i32[1] === SNAPSHOT_FORMAT && i32[2] === HASH_VERSION,
    `the snapshot is of format ${i32[1]} and hash version ${i32[2]}; this build reads ` +
      `${SNAPSHOT_FORMAT} and ${HASH_VERSION}: replay the journal instead`,
  );
  for (let n = 0; n < COUNTERS_HASHED; n++) state.turn.counters[n] = f64[8 + n]!;
  const behaviour = f64[8 + Counter.behaviour]!;
  insist(behaviour <= BEHAVIOUR_NEWEST, `the snapshot is of behaviour ${behaviour}: too new`);
  state.ids.sweep(); // the wheel begins at the snapshot's stamp
}

function loadInstrument({ instruments }: State, { i32, f64 }: Reader): void {
  const instrument = i32[1]!;
  insist(instrument < instruments.capacity, `there is no room for instrument ${instrument}`);
  instruments.know(instrument);
  const row = instrument << INSTRUMENT_SHIFT;
  for (let n = 0; n < INSTRUMENT_WORDS; n++) instruments.i32[row + n] = i32[16 + n]!;
  instruments.f64[(row >> 1) + InstrumentF64.marketSeq] = f64[6]!;
  instruments.f64[(row >> 1) + InstrumentF64.tradeId] = f64[7]!;
}

function loadAccount({ accounts }: State, { i32, f64 }: Reader): void {
  const account = i32[1]!;
  insist(account < accounts.capacity, `there is no room for account ${account}`);
  accounts.know(account);
  const row = account << ACCOUNT_SHIFT;
  accounts.i32[row + AccountI32.state] = i32[2]!;
  accounts.i32[row + AccountI32.openOrdersMax] = i32[3]!;
  const doubles = row >> 1;
  accounts.f64[doubles + AccountF64.sequence] = f64[8]!;
  accounts.f64[doubles + AccountF64.openBidValueMinor] = f64[9]!;
  accounts.f64[doubles + AccountF64.openBidValueMaxMinor] = f64[10]!;
}

function loadRow(state: State, { i32 }: Reader): number {
  const { orders, ids, book, expiry } = state;
  const isOpen = i32[0] === Kind.ORDER;
  const isOfUs =
    state.accounts.isKnown(i32[OrderI32.account]!) &&
    (!isOpen || state.instruments.isListed(i32[OrderI32.instrument]!));
  insist(isOfUs, "the snapshot is damaged: an order of no account or no instrument");
  insist(orders.used() < orders.capacity, "there is no room for the snapshot's client order ids");
  insist(!isOpen || !orders.isFull(), "there is no room for the snapshot's open orders");
  const slot = orders.take();
  const row = slot << ORDER_SHIFT;
  for (let n = 1; n < ORDER_WORDS; n++) orders.i32[row + n] = i32[n]!;
  ids.adopt(slot);
  if (!isOpen) return slot;
  if (state.collected.has(slot)) state.collected.add(slot, 1, i32[OrderI32.open]!);
  orders.index(slot);
  book.rest(slot);
  if (orders.f64[(slot << ORDER_SHIFT64) + OrderF64.expiresAtUs] !== 0) expiry.add(slot);
  return slot;
}

function loadMassCancel({ orders, massCancels }: State, { i32, f64 }: Reader): void {
  const cursor = f64[9] === 0 ? 0 : orders.find(f64, 9);
  const [account, instrument, side] = [i32[1]!, i32[2]!, i32[3]!];
  const pending = { account, instrument, side, tag: i32[4]!, reason: i32[5]!, cursor };
  massCancels.resume(pending, f64, 8);
}

function loadTimer({ accounts, timers }: State, { i32, f64 }: Reader): void {
  const account = i32[1]!;
  insist(accounts.isKnown(account), "the snapshot is damaged: a timer of no account");
  insist(!timers.isFull(), "there is no room for the snapshot's timers");
  const row = timers.add(account, i32[2]!, f64, 8, f64, 9);
  timers.f64[row * TIMER_DOUBLES + TimerF64.lastOrderId] = f64[10]!;
}

function loadUncross({ uncross, priceSearch }: State, { i32, f64 }: Reader): void {
  uncross.i32.set(i32.subarray(1, 5));
  uncross.f64.set(f64.subarray(4, 6)); // no mass cancel has been done yet: the fence is what is ahead
  priceSearch.f64.set(f64.subarray(6, 6 + SEARCH_DOUBLES));
}

/** Fills an empty state from the chunks of a snapshot, cut anywhere. Throws a SnapshotError. */
export function loadState(state: State, chunks: Iterable<Uint8Array>, rest = NO_REST): StateHash {
  const bytes = new Uint8Array(SNAPSHOT_RECORD_BYTES);
  const record = { i32: new Int32Array(bytes.buffer), f64: new Float64Array(bytes.buffer) };
  let filled = 0;
  let records = 0;
  let lastKind = 0;
  const row = perRow(rest);
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      insist(lastKind !== Kind.END, "the snapshot goes on behind its end");
      const take = Math.min(SNAPSHOT_RECORD_BYTES - filled, chunk.length - at);
      bytes.set(chunk.subarray(at, at + take), filled);
      at += take;
      filled += take;
      if (filled < SNAPSHOT_RECORD_BYTES) break;
      filled = 0;
      row();
      const kind = record.i32[0]!;
      const isLater = kind >= lastKind && (kind !== Kind.HEADER || records === 0);
      insist(isLater, `record ${records} of the snapshot is out of order`);
      if (kind > Kind.REMEMBERED && lastKind <= Kind.REMEMBERED) linkAccounts(state, rest);
      const place = records;
      loading(() => loadRecord(state, record, place), `the snapshot is damaged at record ${place}`);
      lastKind = kind;
      records++;
    }
  }
  insist(lastKind === Kind.END, "the snapshot is cut off");
  const hash = hashState(state, rest);
  insist(
    hash.high === record.i32[1]! >>> 0 && hash.low === record.i32[2]! >>> 0,
    "the snapshot is damaged: what was loaded does not have its hash",
  );
  return hash;
}

function loadRecord(state: State, record: Reader, records: number): void {
  const kind = record.i32[0]!;
  if (records === 0) return loadHeader(state, record);
  if (kind === Kind.INSTRUMENT) return loadInstrument(state, record);
  if (kind === Kind.ACCOUNT) return loadAccount(state, record);
  if (kind === Kind.ORDER || kind === Kind.REMEMBERED) return void loadRow(state, record);
  if (kind === Kind.MASS_CANCEL) return loadMassCancel(state, record);
  if (kind === Kind.TIMER) return loadTimer(state, record);
  if (kind === Kind.UNCROSS) return loadUncross(state, record);
  if (kind === Kind.GROUP) return loadGroup(state, record);
  if (kind === Kind.STAGED) return loadStaged(state, record);
  insist(kind === Kind.END, `record ${records} of the snapshot is of unknown kind ${kind}`);
  insist(record.i32[3] === records, "records are missing from the snapshot");
}
