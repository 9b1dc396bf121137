/**
 * The state of a shard, walked in an order that no table decides: counters, then instruments with
 * their books in priority order, then accounts by id, then what is pending, oldest first. Remembered
 * ids are a set, so the sum of their hashes stands for them. Whatever decides what happens next is
 * in here; where rows lie is not. What an auction collects stands behind what an instrument shows.
 */
import {
  ACCOUNT_SHIFT,
  ACCOUNT_SHIFT64,
  AccountF64,
  AccountI32,
  AccountState,
} from "./accounts.ts";
import { collectedBook } from "./book-api.ts";
import { CancelReason, InstrumentState, Side } from "./codes.ts";
import { type Hasher, makeHasher } from "./hash.ts";
import {
  INSTRUMENT_SHIFT,
  INSTRUMENT_SHIFT64,
  InstrumentF64,
  InstrumentI32,
} from "./instruments.ts";
import { BEHAVIOUR_AUCTIONS } from "./limits.ts";
import { ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, ON_WHEEL } from "./orders.ts";
import { NO_REST, perRow, type Rest } from "./rest.ts";
import type { StateHash } from "./shard-api.ts";
import type { State } from "./state.ts";
import { UncrossF64, UncrossI32, UncrossPhase } from "./pending-uncross.ts";
import { TIMER_DOUBLES, TIMER_WORDS, TimerF64, TimerI32 } from "./timers.ts";
import { COUNTERS_HASHED, Counter } from "./turn.ts";

/** Of an order in its book. Its row says the rest once more, with all that is remembered. */
const ORDER_FIELDS = [
  OrderI32.instrument,
  OrderI32.priceTicks,
  OrderI32.open,
  OrderI32.account,
  OrderI32.tag,
] as const;

const ID_FIELDS = [
  OrderI32.clientOrderId,
  OrderI32.clientOrderId + 1,
  OrderI32.clientOrderId + 2,
  OrderI32.clientOrderId + 3,
  OrderI32.account,
  OrderI32.filled,
  OrderI32.total,
  OrderI32.instrument,
  OrderI32.fingerprint,
] as const;

function hashInstrument(state: State, instrument: number, hasher: Hasher, row: Rest): void {
  const { instruments, orders, book } = state;
  const at = instrument << INSTRUMENT_SHIFT;
  if (instruments.i32[at + InstrumentI32.state] === InstrumentState.NONE) return;
  hasher.word(instrument);
  for (let word = 0; word <= InstrumentI32.listedBandHighTicks; word++) {
    hasher.word(instruments.i32[at + word]!);
  }
  hasher.double(instruments.f64[(instrument << INSTRUMENT_SHIFT64) + InstrumentF64.marketSeq]!);
  hasher.double(instruments.f64[(instrument << INSTRUMENT_SHIFT64) + InstrumentF64.tradeId]!);
  hashLater(state, at, hasher);
  for (const side of [Side.BID, Side.ASK]) {
    const hashOrder = (slot: number): void => {
      row();
      for (const field of ORDER_FIELDS) hasher.word(orders.i32[(slot << ORDER_SHIFT) + field]!);
      hasher.double(orders.f64[(slot << ORDER_SHIFT64) + OrderF64.orderId]!);
      hasher.double(orders.f64[(slot << ORDER_SHIFT64) + OrderF64.expiresAtUs]!);
      hasher.double(orders.f64[(slot << ORDER_SHIFT64) + OrderF64.priority]!);
      const leg = orders.i32[(slot << ORDER_SHIFT) + OrderI32.groupNext]!;
      if (leg !== 0) hasher.double(orders.f64[(leg << ORDER_SHIFT64) + OrderF64.orderId]!);
    };
    book.walk(instrument, side, hashOrder);
    book.walk(collectedBook(instrument, side, instruments.capacity), side, hashOrder);
  }
}

/** What came with auctions adds nothing before their behaviour, so that old hashes stay. */
function hashLater({ turn, instruments }: State, row: number, hasher: Hasher): void {
  if (turn.counters[Counter.behaviour]! < BEHAVIOUR_AUCTIONS) return;
  hasher.word(instruments.i32[row + InstrumentI32.lastTicks]!);
  hasher.word(instruments.i32[row + InstrumentI32.flags]!);
}

function hashUncross({ uncross, priceSearch, massCancels }: State, hasher: Hasher): void {
  if (uncross.i32[UncrossI32.phase] === UncrossPhase.NONE) return;
  for (const word of uncross.i32) hasher.word(word);
  hasher.double(uncross.f64[UncrossF64.stampUs]!);
  hasher.double(Math.max(0, uncross.f64[UncrossF64.fence]! - massCancels.done()));
  for (const double of priceSearch.f64) hasher.double(double);
}

function hashAccount(state: State, account: number, hasher: Hasher): void {
  const { accounts } = state;
  const row = account << ACCOUNT_SHIFT;
  if (accounts.i32[row + AccountI32.state] === AccountState.UNKNOWN) return;
  hasher.word(account);
  hasher.word(accounts.i32[row + AccountI32.state]!);
  hasher.word(accounts.i32[row + AccountI32.openOrders]!);
  hasher.word(accounts.i32[row + AccountI32.openOrdersMax]!);
  const at = account << ACCOUNT_SHIFT64;
  hasher.double(accounts.f64[at + AccountF64.sequence]!);
  hasher.double(accounts.f64[at + AccountF64.openBidValueMinor]!);
  hasher.double(accounts.f64[at + AccountF64.openBidValueMaxMinor]!);
}

function hashIds(state: State, hasher: Hasher, row: Rest): void {
  const { i32, f64, highest } = state.orders;
  const { isRemembered } = state.ids;
  const one = makeHasher();
  let high = 0;
  let low = 0;
  let count = 0;
  for (let slot = 1; slot <= highest(); slot++) {
    row();
    const at = slot << ORDER_SHIFT;
    if (!isRemembered(slot)) continue;
    one.reset();
    for (const field of ID_FIELDS) one.word(i32[at + field]!);
    one.word(i32[at + OrderI32.bits]! & ~ON_WHEEL);
    one.double(f64[(slot << ORDER_SHIFT64) + OrderF64.firstSequence]!);
    one.double(f64[(slot << ORDER_SHIFT64) + OrderF64.orderId]!);
    one.double(f64[(slot << ORDER_SHIFT64) + OrderF64.deadlineUs]!);
    high = (high + one.high()) >>> 0;
    low = (low + one.low()) >>> 0;
    count++;
  }
  hasher.word(high);
  hasher.word(low);
  hasher.word(count);
}

/** What came after the first behaviour adds nothing while it is not used, so that old hashes stay. */
function hashPending(state: State, hasher: Hasher): void {
  const { massCancels, orders, timers, staged } = state;
  massCancels.walk(({ account, instrument, side, tag, reason, cursor, row }) => {
    hasher.word(account);
    hasher.word(instrument);
    hasher.word(side);
    if (tag !== 0) hasher.word(tag);
    if (reason !== CancelReason.MASS_CANCEL) hasher.word(reason);
    hasher.double(massCancels.orderIds[row]!);
    hasher.double(cursor === 0 ? 0 : orders.f64[(cursor << ORDER_SHIFT64) + OrderF64.orderId]!);
  });
  timers.walk((row) => {
    hasher.word(timers.i32[row * TIMER_WORDS + TimerI32.account]!);
    hasher.word(timers.i32[row * TIMER_WORDS + TimerI32.tag]!);
    const at = row * TIMER_DOUBLES;
    hasher.double(timers.f64[at + TimerF64.firesAtUs]!);
    hasher.double(timers.f64[at + TimerF64.armedSequence]!);
    hasher.double(timers.f64[at + TimerF64.lastOrderId]!);
  });
  hashUncross(state, hasher);
  staged.walk((word) => hasher.word(word));
}

export function hashState(state: State, rest = NO_REST): StateHash {
  const { turn, orders, instruments, accounts } = state;
  const hasher = makeHasher();
  const row = perRow(rest);
  for (let at = 0; at < COUNTERS_HASHED; at++) hasher.double(turn.counters[at]!);
  hasher.word(orders.count());
  for (let n = 1; n <= instruments.highest(); n++) {
    row();
    hashInstrument(state, n, hasher, row);
  }
  for (let n = 1; n <= accounts.highest(); n++) {
    row();
    hashAccount(state, n, hasher);
  }
  hashPending(state, hasher);
  hashIds(state, hasher, row);
  return hasher.finish();
}
