/**
 * Commands of whoever runs the exchange: instruments, accounts, checkpoints, behaviour.
 */
import {
  ACCOUNT_SHIFT,
  ACCOUNT_SHIFT64,
  AccountF64,
  AccountI32,
  AccountState,
} from "./accounts.ts";
import { assert } from "./assert.ts";
import { collectedBook } from "./book-api.ts";
import { EventType, InstrumentState, Reject, Side } from "./codes.ts";
import { CommandF64, CommandFlag, CommandI32, CommandU8 } from "./command.ts";
import { INSTRUMENT_SHIFT, InstrumentI32 } from "./instruments.ts";
import {
  BEHAVIOUR_AUCTIONS,
  BEHAVIOUR_FIRST,
  BEHAVIOUR_NEWEST,
  HASH_VERSION,
  OPEN_BID_VALUE_MAX_MINOR,
} from "./limits.ts";
import { ORDER_SHIFT, OrderI32, sideOf } from "./orders.ts";
import type { StateHash } from "./shard-api.ts";
import type { State } from "./state.ts";
import { Counter } from "./turn.ts";

export interface Admin {
  listInstrument(): void;
  setInstrumentState(): void;
  setBand(): void;
  setAccount(): void;
  /** To be called before anything else of its command happens: the hash is of the state before it. */
  compareCheckpoint(): void;
  checkpoint(): void;
  setBehaviour(): void;
}

const isBand = (low: number, high: number): boolean =>
  (low === 0 && high === 0) || (low >= 1 && high >= low);

export function makeAdmin(state: State, hash: () => StateHash): Admin {
  const { turn, accounts, instruments, orders, collected, book, emit } = state;
  const { counters } = turn;
  const n32 = instruments.i32;
  const word = (at: number): number => turn.i32[at]!;
  const reject = (reason: number): void => emit.rejected(reason, 0, false);

  /** Auctions came later: before their behaviour such words are as they always were. */
  const hasAuctions = (): boolean => counters[Counter.behaviour]! >= BEHAVIOUR_AUCTIONS;
  const listingFlags = (): number => (hasAuctions() ? turn.u8[CommandU8.flags]! : 0);

  function isState(asked: number): boolean {
    if (asked === InstrumentState.PRE_OPEN) return hasAuctions();
    return asked >= InstrumentState.CONTINUOUS && asked <= InstrumentState.CLOSED;
  }

  function isListedSo(row: number): boolean {
    return (
      n32[row + InstrumentI32.product] === word(CommandI32.product) &&
      n32[row + InstrumentI32.tickMinor] === word(CommandI32.tickMinor) &&
      n32[row + InstrumentI32.quantityMax] === word(CommandI32.quantityMax) &&
      n32[row + InstrumentI32.referenceTicks] === word(CommandI32.referenceTicks) &&
      n32[row + InstrumentI32.flags] === listingFlags() &&
      n32[row + InstrumentI32.listedState] === word(CommandI32.state) &&
      n32[row + InstrumentI32.listedBandLowTicks] === word(CommandI32.bandLowTicks) &&
      n32[row + InstrumentI32.listedBandHighTicks] === word(CommandI32.bandHighTicks)
    );
  }

  function isListingWellFormed(): boolean {
    return (
      word(CommandI32.product) >= 0 &&
      word(CommandI32.tickMinor) >= 1 &&
      word(CommandI32.quantityMax) >= 0 &&
      word(CommandI32.referenceTicks) >= 0 &&
      isState(word(CommandI32.state)) &&
      (listingFlags() & ~CommandFlag.INDICATIVE) === 0 &&
      isBand(word(CommandI32.bandLowTicks), word(CommandI32.bandHighTicks))
    );
  }

  function listInstrument(): void {
    const instrument = word(CommandI32.instrument);
    if (instrument < 1 || !isListingWellFormed()) return reject(Reject.MALFORMED);
    if (instrument >= instruments.capacity) return reject(Reject.INSTRUMENT_TABLE_FULL);
    const row = instrument << INSTRUMENT_SHIFT;
    if (instruments.isListed(instrument)) {
      if (!isListedSo(row)) return reject(Reject.INSTRUMENT_LISTED_OTHERWISE);
      return emit.admin.instrument(EventType.INSTRUMENT_LISTED, instrument, true);
    }
    instruments.know(instrument);
    n32[row + InstrumentI32.product] = word(CommandI32.product);
    n32[row + InstrumentI32.tickMinor] = word(CommandI32.tickMinor);
    n32[row + InstrumentI32.quantityMax] = word(CommandI32.quantityMax);
    n32[row + InstrumentI32.referenceTicks] = word(CommandI32.referenceTicks);
    n32[row + InstrumentI32.state] = word(CommandI32.state);
    n32[row + InstrumentI32.bandLowTicks] = word(CommandI32.bandLowTicks);
    n32[row + InstrumentI32.bandHighTicks] = word(CommandI32.bandHighTicks);
    n32[row + InstrumentI32.flags] = listingFlags();
    n32[row + InstrumentI32.listedState] = word(CommandI32.state);
    n32[row + InstrumentI32.listedBandLowTicks] = word(CommandI32.bandLowTicks);
    n32[row + InstrumentI32.listedBandHighTicks] = word(CommandI32.bandHighTicks);
    emit.admin.instrument(EventType.INSTRUMENT_LISTED, instrument, false);
  }

  function setInstrumentState(): void {
    const instrument = word(CommandI32.instrument);
    if (!instruments.isListed(instrument)) return reject(Reject.UNKNOWN_INSTRUMENT);
    const at = (instrument << INSTRUMENT_SHIFT) + InstrumentI32.state;
    const asked = word(CommandI32.state);
    if (!isState(asked)) return reject(Reject.MALFORMED);
    if (n32[at] === InstrumentState.CLOSED && asked !== InstrumentState.CLOSED) {
      return reject(Reject.INSTRUMENT_CLOSED);
    }
    const why = auctionReject(instrument, n32[at]!, asked);
    if (why !== Reject.NONE) return reject(why);
    n32[at] = asked;
    emit.admin.instrument(EventType.INSTRUMENT_STATE_SET, instrument, false);
  }

  /** What auctions ask of a change of state: they begin with an empty book and end by an uncross. */
  function auctionReject(instrument: number, now: number, asked: number): number {
    if (now === InstrumentState.UNCROSSING) return Reject.UNCROSSING;
    if (asked === InstrumentState.PRE_OPEN) {
      const rests =
        book.first(instrument, Side.BID) !== 0 || book.first(instrument, Side.ASK) !== 0;
      return rests ? Reject.BOOK_NOT_EMPTY : Reject.NONE;
    }
    const isOpening = asked === InstrumentState.CONTINUOUS;
    return isOpening && !collected.isEmpty(instrument) ? Reject.UNCROSS_NEEDED : Reject.NONE;
  }

  /**
   * A band holds every collected order that another may meet, so that the price of the auction lies in
   * it: bids below and asks above do no harm.
   */
  function bandReject(instrument: number, low: number, high: number): number {
    const now = n32[(instrument << INSTRUMENT_SHIFT) + InstrumentI32.state];
    if (now === InstrumentState.UNCROSSING) return Reject.UNCROSSING;
    if (collected.isEmpty(instrument) || high === 0) return Reject.NONE;
    const { capacity } = instruments;
    const bid = book.nextLevel(collectedBook(instrument, Side.BID, capacity), Side.BID, 0);
    const ask = book.nextLevel(collectedBook(instrument, Side.ASK, capacity), Side.ASK, 0);
    return bid > high || (ask !== 0 && ask < low) ? Reject.BAND_EXCLUDES_ORDERS : Reject.NONE;
  }

  function setBand(): void {
    const instrument = word(CommandI32.instrument);
    if (!instruments.isListed(instrument)) return reject(Reject.UNKNOWN_INSTRUMENT);
    const low = word(CommandI32.bandLowTicks);
    const high = word(CommandI32.bandHighTicks);
    if (!isBand(low, high)) return reject(Reject.MALFORMED);
    const why = bandReject(instrument, low, high);
    if (why !== Reject.NONE) return reject(why);
    n32[(instrument << INSTRUMENT_SHIFT) + InstrumentI32.bandLowTicks] = low;
    n32[(instrument << INSTRUMENT_SHIFT) + InstrumentI32.bandHighTicks] = high;
    emit.admin.instrument(EventType.BAND_SET, instrument, false);
  }

  /**
   * What an account's open bids are worth, counted when a bound is first set: without one the sum is
   * not kept, and may be more than a double counts exactly.
   */
  function openBidValue(account: number): number {
    let value = 0;
    let slot = accounts.i32[(account << ACCOUNT_SHIFT) + AccountI32.head]!;
    for (; slot !== 0; slot = orders.i32[(slot << ORDER_SHIFT) + OrderI32.accountNext]!) {
      const row = slot << ORDER_SHIFT;
      if (sideOf(orders.i32[row + OrderI32.bits]!) !== Side.BID) continue;
      if (state.groups.has(slot)) {
        value += groupValue(slot);
        continue;
      }
      const instrument = orders.i32[row + OrderI32.instrument]! << INSTRUMENT_SHIFT;
      const priceMinor =
        orders.i32[row + OrderI32.priceTicks]! * n32[instrument + InstrumentI32.tickMinor]!;
      value += priceMinor * orders.i32[row + OrderI32.open]!;
    }
    return value;
  }

  /** What a group counts, at one leg of it; at the others nothing. */
  function groupValue(slot: number): number {
    const { groups } = state;
    if (!groups.isFirst(slot)) return 0;
    const row = slot << ORDER_SHIFT;
    const { priceTicks, open } = OrderI32;
    groups.worthWith(slot, orders.i32[row + priceTicks]!, orders.i32[row + open]!);
    return groups.worth[0]!;
  }

  function setAccount(): void {
    const account = word(CommandI32.account);
    const flags = turn.u8[CommandU8.flags]!;
    const openOrdersMax = word(CommandI32.openOrdersMax);
    const valueMax = turn.f64[CommandF64.openBidValueMaxMinor]!;
    const isValue =
      valueMax >= 0 && valueMax <= OPEN_BID_VALUE_MAX_MINOR && Math.floor(valueMax) === valueMax;
    if (account < 1 || openOrdersMax < 0 || !isValue) return reject(Reject.MALFORMED);
    if ((flags & ~CommandFlag.ALLOWED) !== 0) return reject(Reject.MALFORMED);
    if (account >= accounts.capacity) return reject(Reject.ACCOUNT_TABLE_FULL);
    const at = account << ACCOUNT_SHIFT64;
    const wasBounded = accounts.f64[at + AccountF64.openBidValueMaxMinor] !== 0;
    let value = wasBounded ? accounts.f64[at + AccountF64.openBidValueMinor]! : 0;
    if (valueMax !== 0 && !wasBounded) value = openBidValue(account);
    if (value > OPEN_BID_VALUE_MAX_MINOR) return reject(Reject.BID_VALUE_LIMIT);
    const row = account << ACCOUNT_SHIFT;
    accounts.know(account);
    accounts.i32[row + AccountI32.state] =
      flags === CommandFlag.ALLOWED ? AccountState.ALLOWED : AccountState.SUSPENDED;
    accounts.i32[row + AccountI32.openOrdersMax] = openOrdersMax;
    accounts.f64[at + AccountF64.openBidValueMaxMinor] = valueMax;
    accounts.f64[at + AccountF64.openBidValueMinor] = valueMax === 0 ? 0 : value;
    emit.admin.accountSet(account);
  }

  /** A hash of the state just before this command must be ours: else the state is broken. */
  function compareCheckpoint(): void {
    if (turn.f64[CommandF64.orderId] !== counters[Counter.sequence]) return;
    if (word(CommandI32.hashVersion) !== HASH_VERSION) return;
    const now = hash();
    assert(
      now.high === word(CommandI32.hashHigh) >>> 0 && now.low === word(CommandI32.hashLow) >>> 0,
      `the state hash at sequence ${counters[Counter.sequence]} is the checkpoint's`,
    );
  }

  function checkpoint(): void {
    const of = turn.f64[CommandF64.orderId]!;
    if (!(of >= 0 && of < counters[Counter.sequence]!)) return reject(Reject.MALFORMED);
    emit.plain(EventType.CHECKPOINTED);
  }

  function setBehaviour(): void {
    const asked = word(CommandI32.behaviour);
    if (asked < BEHAVIOUR_FIRST || asked > BEHAVIOUR_NEWEST)
      return reject(Reject.BEHAVIOUR_UNKNOWN);
    counters[Counter.behaviour] = asked;
    emit.plain(EventType.BEHAVIOUR_SET);
  }

  return {
    listInstrument,
    setInstrumentState,
    setBand,
    setAccount,
    compareCheckpoint,
    checkpoint,
    setBehaviour,
  };
}
