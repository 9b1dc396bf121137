/**
 * Every bound of the core, in one place, checked against each other when this module loads.
 * Sizes a shard is made with are in `ShardOptions`; the defaults here are for one machine.
 * Reaching a bound is refused by name; nothing grows without one.
 */
import { assert } from "./assert.ts";
import type { Events } from "./event.ts";
import { powerOfTwo } from "./words.ts";

/** Largest price (ticks) and quantity (units): a positive int32. Sums are float64 and exact to 2^53. */
export const PRICE_TICKS_MAX = 2 ** 31 - 1;
export const QUANTITY_MAX = 2 ** 31 - 1;

/** A client may set a deadline at most this far ahead of the stamp; one that sets none gets the default. */
export const DEADLINE_AHEAD_MAX_US = 3_600_000_000;
export const DEADLINE_DEFAULT_US = 60_000_000;

/** Commands in one journaled batch: with a frame header, under 64 KB. */
export const BATCH_COMMANDS_MAX = 512;

/** Records one view may hold, so that an index, known to be below it, needs no further check. */
export const COMMANDS_VIEW_MAX = 2 ** 26;

/** Makers one taker may meet (filled, prevented or found lapsed) before its remainder is cancelled. */
export const MAKERS_PER_COMMAND_MAX = 256;

/** Pending work (due expiries, mass-cancelled orders) one command carries on before its own turn. */
export const SLICE_ORDERS_MAX = 64;

/** Orders one command may look at to find those a mass cancel covers. */
export const SLICE_EXAMINED_MAX = 1_024;

/** Orders of an account a filtered mass cancel counts at its command; see AT_LEAST. */
export const MASS_CANCEL_COUNTED_MAX = 4_096;

/** Levels an uncross looks at for its price, per command. */
export const UNCROSS_LEVELS_MAX = 1_024;
/** Events of an uncross per CLOCK, which has nothing else to tell; SLICE_ORDERS_MAX of others. */
export const UNCROSS_IDLE_EVENTS_MAX = 192;
/** Instruments looked at per command for the next one that uncrosses. */
export const UNCROSS_INSTRUMENTS_MAX = 16_384;
/** Levels looked at for an indicative price, each time it is told; with more there is none. */
export const INDICATIVE_LEVELS_MAX = 256;
/** Orders of its account looked at when an order is collected, to find one it could meet. */
export const SELF_CROSS_EXAMINED_MAX = 4_096;

/** Remembered ids that are over, given back per command: more than one command can add. */
export const IDS_FORGOTTEN_PER_COMMAND_MAX = 2;
/** Commands worth reading ahead for at once, and the rows in use from which on it pays. */
export const READ_AHEAD_COMMANDS = 32;
export const READ_AHEAD_ROWS_MIN = 65_536;

/** Largest bound on the value of an account's open bids in minor currency: sums to it are exact. */
export const OPEN_BID_VALUE_MAX_MINOR = 2 ** 53 - 1;

/** Operations of a batch, legs of a group. */
export const COMPOUND_RECORDS_MAX = 32;

/**
 * One response, one event per maker met or sibling of it, rested or cancelled remainder, and a slice;
 * a compound has for each leg one that it lapsed (two of one that was collected), was accepted, lost
 * units before and after, rested.
 */
export const EVENTS_PER_COMMAND_MAX = 512;

/** Slots of the ring in which a shard publishes; a whole batch at its worst must fit. */
export const EVENT_RING_SLOTS = 262_144;
export const COMMAND_RING_SLOTS = 16_384;

/** Mass cancels that may be waiting to be carried on at the same time. */
export const MASS_CANCELS_PENDING_MAX = 1_024;

/** Session timers: how far ahead one may fire, and how many an account may have. */
export const TIMER_AHEAD_MAX_US = 3_600_000_000;
export const TIMERS_PER_ACCOUNT_MAX = 64;

/** Orders of its level, from either end, a restored order's place is looked for among. */
export const RESTORE_WALK_MAX = 1_024;

/**
 * What a state hash covers. It changes when the state has more in it, which changes no rule: a
 * checkpoint of another version is answered and not compared.
 */
export const HASH_VERSION = 3;

/**
 * The rules this build knows how to replay; see SET_BEHAVIOUR. A shard begins with the first. What
 * came with a later one is refused before it as if it did not exist.
 */
export const BEHAVIOUR_FIRST = 1;
/** The first with session timers, restored orders, tags of mass cancels, deadlines of changes. */
export const BEHAVIOUR_SESSIONS = 2;
/** The first with batches and groups. */
export const BEHAVIOUR_COMPOUNDS = 2;
/** The first with call auctions. */
export const BEHAVIOUR_AUCTIONS = 2;
export const BEHAVIOUR_NEWEST = 2;

/**
 * Sizes of one shard's tables. Tables are zero-filled typed arrays, so what is not used yet costs
 * address space and no memory.
 */
export interface ShardOptions {
  /** Account ids are 1 .. accountsMax - 1. */
  readonly accountsMax: number;
  /** Instrument ids are 1 .. instrumentsMax - 1. */
  readonly instrumentsMax: number;
  /** Orders resting at the same time. */
  readonly ordersMax: number;
  /** Client order ids remembered at the same time (resting orders and unexpired deadlines). */
  readonly idsMax: number;
  /**
   * Rows whose memory is there from the start, of `idsMax`. All others are had from the system when they
   * are first used, a page of them at a time, which costs that command microseconds.
   */
  readonly readyRows?: number;
  /** Session timers armed at the same time. */
  readonly timersMax: number;
  /** Any int32 nobody outside can know, so that ids cannot be chosen to collide; never state. */
  readonly idSeed: number;
  /**
   * The buffer the shard writes its events to. A caller that passes this same one to `apply` finds
   * them there; into any other they are copied.
   */
  readonly events?: Events;
}

export const SHARD_OPTIONS_DEFAULT: ShardOptions = {
  accountsMax: 65_536,
  instrumentsMax: 131_072,
  ordersMax: 2_097_152,
  idsMax: 4_000_000,
  timersMax: 65_536,
  idSeed: 0,
};

assert(
  MAKERS_PER_COMMAND_MAX === powerOfTwo(MAKERS_PER_COMMAND_MAX),
  "one less than it is a mask (MATCH_MASK), which must keep every row of a match as it is",
);
assert(
  COMMANDS_VIEW_MAX === powerOfTwo(COMMANDS_VIEW_MAX),
  "one less than it is a mask, which must keep every index of a command as it is",
);
assert(
  3 + MAKERS_PER_COMMAND_MAX + 2 + SLICE_ORDERS_MAX <= EVENTS_PER_COMMAND_MAX,
  "a command's events must fit the bound",
);
assert(
  UNCROSS_IDLE_EVENTS_MAX + 1 <= EVENTS_PER_COMMAND_MAX,
  "the slice of an uncross must fit the bound",
);
assert(
  1 + 2 * (COMPOUND_RECORDS_MAX - 1) <= SLICE_ORDERS_MAX,
  "a slice has room for a trade of two legs",
);
assert(
  6 * COMPOUND_RECORDS_MAX + MAKERS_PER_COMMAND_MAX + SLICE_ORDERS_MAX <= EVENTS_PER_COMMAND_MAX,
  "a compound's events must fit the bound",
);
assert(
  COMPOUND_RECORDS_MAX <= MAKERS_PER_COMMAND_MAX,
  "a maker and its siblings can always be met",
);
assert(
  BATCH_COMMANDS_MAX * EVENTS_PER_COMMAND_MAX <= EVENT_RING_SLOTS,
  "a batch must fit the ring",
);
assert(BATCH_COMMANDS_MAX <= COMMAND_RING_SLOTS, "a batch must come from the ring");
assert(SHARD_OPTIONS_DEFAULT.idsMax < 2 ** 24, "a row's number fits 24 bits");
assert(SHARD_OPTIONS_DEFAULT.ordersMax <= SHARD_OPTIONS_DEFAULT.idsMax, "an order has an id");
assert(DEADLINE_DEFAULT_US <= DEADLINE_AHEAD_MAX_US, "the default deadline must be allowed");
