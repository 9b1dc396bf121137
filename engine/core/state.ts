/**
 * All tables of one shard, made once and together. Nothing else in the core holds state.
 */
import { type Accounts, makeAccounts } from "./accounts.ts";
import { makePriceSearch, type PriceSearch } from "./auction-price.ts";
import type { Book, MakeBook } from "./book-api.ts";
import { type Collected, makeCollected } from "./collected.ts";
import { InstrumentState } from "./codes.ts";
import { makeEmit } from "./emit.ts";
import type { Emit } from "./emit-api.ts";
import { type Events, makeEvents } from "./event.ts";
import { type Expiry, makeExpiry } from "./expiry.ts";
import { type Groups, makeGroups } from "./groups.ts";
import { type Ids, makeIds } from "./ids.ts";
import { INSTRUMENT_SHIFT, type Instruments, makeInstruments } from "./instruments.ts";
import { BEHAVIOUR_FIRST, EVENTS_PER_COMMAND_MAX, type ShardOptions } from "./limits.ts";
import { makeMassCancels, type MassCancels } from "./mass-cancel.ts";
import {
  makeOrders,
  ORDER_SHIFT,
  ORDER_SHIFT64,
  OrderF64,
  OrderI32,
  type Orders,
} from "./orders.ts";
import {
  makePendingUncross,
  type PendingUncross,
  UncrossI32,
  UncrossPhase,
} from "./pending-uncross.ts";
import { makeStaged, type Staged } from "./staged.ts";
import { makeTimers, type Timers } from "./timers.ts";
import { Counter, makeTurn, type Turn } from "./turn.ts";
import { makeWords } from "./words.ts";

const COUNTER = Counter;
const ORDER = OrderI32;
const N_STATE = InstrumentState;
const UNCROSS = UncrossI32;
const PHASES = UncrossPhase;
const N_ROW = INSTRUMENT_SHIFT;
const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const EXPIRES = OrderF64.expiresAtUs;
const STAMP = Counter.stampUs;

export interface State {
  readonly turn: Turn;
  readonly orders: Orders;
  readonly ids: Ids;
  readonly accounts: Accounts;
  readonly instruments: Instruments;
  readonly expiry: Expiry;
  readonly massCancels: MassCancels;
  readonly collected: Collected;
  readonly uncross: PendingUncross;
  /** For the price of the instrument whose turn it is in an uncross. */
  readonly priceSearch: PriceSearch;
  readonly timers: Timers;
  readonly groups: Groups;
  /** The records of a compound that is not complete yet. */
  readonly staged: Staged;
  readonly book: Book;
  readonly emit: Emit;
  /** The buffer events are written to. */
  readonly events: Events;
  /** Whether a resting order trades and counts no more: due, or covered by a mass cancel or timer. */
  readonly isLapsed: (slot: number) => boolean;
  /** `waiting[0]` is not 0 while lapsed orders may rest in the books; set once per command. */
  readonly waiting: Int32Array;
}

export function makeState(options: ShardOptions, makeBook: MakeBook): State {
  const turn = makeTurn();
  const { counters } = turn;
  counters[COUNTER.behaviour] = BEHAVIOUR_FIRST;
  const orders = makeOrders(options.idsMax, options.ordersMax, options.readyRows);
  const ids = makeIds(orders, counters, COUNTER.stampUs, options.idSeed);
  const accounts = makeAccounts(options.accountsMax, orders);
  const instruments = makeInstruments(options.instrumentsMax);
  const expiry = makeExpiry(orders);
  const massCancels = makeMassCancels(orders, accounts);
  const { instrumentsMax, accountsMax } = options;
  const collected = makeCollected(orders, instrumentsMax, accountsMax);
  const uncross = makePendingUncross();
  const waiting = makeWords(1);
  const timers = makeTimers(options.timersMax, accountsMax, orders, counters, STAMP);
  const groups = makeGroups(orders, accounts, instruments);
  const { i32: o32, f64: o64, mask: oMask } = orders;

  /** Whether an uncross under way has this order: it happened before what lapses now. */
  function uncrosses(slot: number): boolean {
    if (uncross.i32[UNCROSS.phase] === PHASES.NONE) return false;
    const instrument = o32[(slot << ROW) + ORDER.instrument]!;
    return instruments.i32[(instrument & instruments.mask) << N_ROW] === N_STATE.UNCROSSING;
  }

  function isLapsed(slot: number): boolean {
    if (waiting[0] === 0) return false;
    const expiresAtUs = o64[((slot & oMask) << ROW64) + EXPIRES]!;
    if (uncrosses(slot)) return false;
    if (expiresAtUs !== 0 && expiresAtUs <= counters[STAMP]!) return true;
    return massCancels.coveredBy(slot) !== 0 || timers.covers(slot);
  }

  const book = makeBook({ instrumentsMax, orders, isLapsed });
  const { matches, touched } = book;
  const events = options.events ?? makeEvents(EVENTS_PER_COMMAND_MAX);
  const tables = {
    turn,
    events,
    orders,
    accounts,
    instruments,
    timers,
    matches,
    touched,
    collected,
  };
  const emit = makeEmit({ ...tables, indicative: makePriceSearch(book, instruments) });
  return {
    turn,
    orders,
    ids,
    accounts,
    instruments,
    expiry,
    massCancels,
    collected,
    uncross,
    priceSearch: makePriceSearch(book, instruments),
    timers,
    groups,
    staged: makeStaged(),
    book,
    emit,
    events,
    isLapsed,
    waiting,
  };
}
