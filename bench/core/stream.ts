/**
 * A workload as commands, made from a seed: the same bytes every time. What rests is known by running
 * every command through a bare book while it is made, so each one names an order that is open.
 */
import * as core from "../../engine/core/index.ts";
import { makeBare } from "./bare.ts";
import { makeTrades } from "./trades.ts";
import type { Workload } from "./workloads.ts";

export interface Stream {
  readonly commands: core.Commands;
  readonly bytes: Uint8Array;
  /** Indexes: the load begins at `load`, the mix at `mix`, and ends at `end`. */
  readonly load: number;
  readonly mix: number;
  readonly end: number;
  /** Accepted places in the whole stream. */
  readonly places: number;
}

const DAY_US = 1_790_000_000_000_000;
const MONTH_US = 30 * 86_400_000_000;
const DEADLINE_US = 1_000_000;
const LOAD_DEADLINE_US = 1_000;
const MOVES = 0.45;
const CROSSING = 0.1; // of what is placed or cancelled
const C = core.CommandI32;
const D = core.CommandF64;

function makeRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Book numbers by Zipf's law: the n-th most wanted is asked for 1/n as often. */
function makeZipf(books: number, random: () => number): () => number {
  const sums = new Float64Array(books);
  let sum = 0;
  for (let n = 0; n < books; n++) sums[n] = sum += 1 / (n + 1);
  return () => {
    const at = random() * sum;
    let low = 0;
    let high = books - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

export function makeStream(workload: Workload, seed: number): Stream {
  const { books, accounts, resting, commands: mixed } = workload;
  const total = books + accounts + 1 + resting + mixed;
  const bytes = new Uint8Array(total * core.COMMAND_BYTES);
  const commands = core.makeCommands(total, bytes.buffer);
  const { u8, i32, f64 } = commands;
  const random = makeRandom(seed);
  const anyBook = makeZipf(books, random);
  const sizes = { books, ordersMax: resting + 65_536, placesMax: resting + mixed };
  const bare = makeBare(core.makeBook, sizes, makeTrades());
  // Of each order id: its book, its side, its account, and of the open ones their place in `open`.
  const bookOf = new Int32Array(sizes.placesMax + 1);
  const sideOf = new Uint8Array(sizes.placesMax + 1);
  const accountOf = new Int32Array(sizes.placesMax + 1);
  const priceOf = new Int32Array(sizes.placesMax + 1);
  const open = new Int32Array(sizes.placesMax + 1);
  let opened = 0;
  let places = 0;
  let count = 0;

  function begin(type: number): number {
    u8[count * core.COMMAND_BYTES] = type;
    f64[count * core.COMMAND_F64 + D.sequence] = count + 1;
    f64[count * core.COMMAND_F64 + D.stampUs] = DAY_US + count * workload.stepUs;
    return count++ * core.COMMAND_I32;
  }

  const middleOf = (book: number): number => {
    const walked = workload.swingTicks * Math.sin((count / total) * 40) * 0.5;
    return Math.round(workload.swingTicks + workload.spreadTicks * 2 + 200 + (book % 400) + walked);
  };

  /** A price on the near side of the middle, most of them close; or a little beyond it. */
  function priceFor(book: number, side: number, crosses: boolean): number {
    const away = 1 + Math.floor(random() ** 3 * workload.spreadTicks);
    const off = crosses ? -Math.min(away, 4) : away;
    return middleOf(book) + (side === core.Side.BID ? -off : off);
  }

  function place(deadlineUs: number, crosses: boolean): void {
    const side = random() < 0.5 ? core.Side.BID : core.Side.ASK;
    const book = anyBook();
    const price = priceFor(book, side, crosses);
    const record = count;
    const at = begin(core.CommandType.PLACE);
    const id = ++places;
    const account = 1 + Math.floor(random() * accounts);
    const expires = random() < workload.expiring;
    u8[record * core.COMMAND_BYTES + core.CommandU8.side] = side;
    u8[record * core.COMMAND_BYTES + core.CommandU8.orderType] = core.OrderType.LIMIT;
    u8[record * core.COMMAND_BYTES + core.CommandU8.tif] = expires
      ? core.TimeInForce.GTD
      : core.TimeInForce.GTC;
    i32[at + C.account] = account;
    i32[at + C.instrument] = book;
    i32[at + C.priceTicks] = price;
    i32[at + C.quantity] = 1 + Math.floor(random() ** 2 * 5);
    i32[at + C.clientOrderId] = Math.floor(random() * 2 ** 32) | 0;
    i32[at + C.clientOrderId + 1] = Math.floor(random() * 2 ** 32) | 0;
    i32[at + C.clientOrderId + 2] = id;
    i32[at + C.clientOrderId + 3] = 1;
    const stampUs = f64[record * core.COMMAND_F64 + D.stampUs]!;
    f64[record * core.COMMAND_F64 + D.deadlineUs] = stampUs + deadlineUs;
    if (expires) f64[record * core.COMMAND_F64 + D.expiresAtUs] = stampUs + MONTH_US;
    bookOf[id] = book;
    sideOf[id] = side;
    accountOf[id] = account;
    priceOf[id] = price;
    bare.run(commands, record, record + 1);
    if (bare.openOf(id) !== 0) open[opened++] = id;
  }

  /** A random open order; those found to have ended leave the list. */
  function anOpenOne(): { readonly id: number; readonly at: number } {
    for (;;) {
      const at = Math.floor(random() * opened);
      const id = open[at]!;
      if (bare.openOf(id) !== 0) return { id, at };
      open[at] = open[--opened]!;
    }
  }

  function change(type: number): void {
    const { id, at: place } = anOpenOne();
    const record = count;
    const price = priceFor(bookOf[id]!, sideOf[id]!, false);
    const at = begin(type);
    i32[at + C.account] = accountOf[id]!;
    f64[record * core.COMMAND_F64 + D.orderId] = id;
    if (type === core.CommandType.AMEND) {
      const moved = price === priceOf[id] ? price + 1 : price;
      i32[at + C.priceTicks] = moved;
      priceOf[id] = moved;
    }
    bare.run(commands, record, record + 1);
    if (bare.openOf(id) === 0) open[place] = open[--opened]!;
  }

  i32[begin(core.CommandType.SET_BEHAVIOUR) + C.behaviour] = core.BEHAVIOUR_NEWEST;
  for (let book = 1; book <= books; book++) {
    const at = begin(core.CommandType.LIST_INSTRUMENT);
    i32[at + C.instrument] = book;
    i32[at + C.tickMinor] = 100;
    i32[at + C.state] = core.InstrumentState.CONTINUOUS;
  }
  for (let account = 1; account <= accounts; account++) {
    const record = count;
    i32[begin(core.CommandType.SET_ACCOUNT) + C.account] = account;
    u8[record * core.COMMAND_BYTES + core.CommandU8.flags] = core.CommandFlag.ALLOWED;
  }
  const load = count;
  for (let n = 0; n < resting; n++) place(LOAD_DEADLINE_US, false);
  const mix = count;
  for (let n = 0; n < mixed; n++) {
    if (random() < MOVES) change(core.CommandType.AMEND);
    else if (opened < resting) place(DEADLINE_US, false);
    else if (random() < CROSSING) place(DEADLINE_US, true);
    else change(core.CommandType.CANCEL);
  }
  return { commands, bytes, load, mix, end: count, places };
}
