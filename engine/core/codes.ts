/**
 * Every permanent number the core speaks: enumerations and refusal codes.
 *
 * A number here is for ever: never renumbered, never reused, pinned to its proto twin by
 * `engine/shell/proto-pins.test.ts`. Zero is "not said" and is refused at every border where a
 * value is needed. Words for people are made at the public border, not here.
 */

export const CommandType = {
  NONE: 0,
  PLACE: 1,
  CANCEL: 2,
  AMEND: 3,
  REDUCE: 4,
  CANCEL_ALL: 5,
  ORDER_STATUS: 6,
  CLOCK: 7,
  LIST_INSTRUMENT: 8,
  SET_INSTRUMENT_STATE: 9,
  SET_BAND: 10,
  SET_ACCOUNT: 11,
  CHECKPOINT: 12,
  SET_BEHAVIOUR: 13,
  ARM_TIMER: 14,
  RESTORE: 15,
  UNCROSS: 16,
} as const;
export type CommandType = (typeof CommandType)[keyof typeof CommandType];

export const EventType = {
  NONE: 0,
  ACCEPTED: 1,
  REJECTED: 2,
  TRADE: 3,
  RESTED: 4,
  CANCELLED: 5,
  EXPIRED: 6,
  AMENDED: 7,
  PREVENTED: 8,
  STATUS: 9,
  MASS_CANCEL_ACCEPTED: 10,
  INSTRUMENT_LISTED: 11,
  INSTRUMENT_STATE_SET: 12,
  BAND_SET: 13,
  ACCOUNT_SET: 14,
  CHECKPOINTED: 15,
  BEHAVIOUR_SET: 16,
  GROUP_REDUCED: 17,
  AUCTION_COUNTED: 20,
  UNCROSS_ACCEPTED: 21,
  UNCROSSED: 22,
  TIMER_SET: 24,
  TIMER_FIRED: 25,
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

export const Side = { NONE: 0, BID: 1, ASK: 2 } as const;
export type Side = (typeof Side)[keyof typeof Side];

export const OrderType = { NONE: 0, LIMIT: 1, MARKET: 2 } as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

export const TimeInForce = { NONE: 0, GTC: 1, GTD: 2, IOC: 3, FOK: 4 } as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

/** What happens when both sides of a match name one account; the taker's mode governs. */
export const SelfTradePrevention = {
  NONE: 0, // not said: the account may trade with itself
  CANCEL_TAKER: 1,
  CANCEL_MAKER: 2,
  CANCEL_BOTH: 3,
  DECREMENT: 4,
} as const;
export type SelfTradePrevention = (typeof SelfTradePrevention)[keyof typeof SelfTradePrevention];

export const InstrumentState = {
  NONE: 0, // not listed
  CONTINUOUS: 1,
  HALTED: 2, // cancels only
  CLOSED: 3, // cancels only, for good
  PRE_OPEN: 4, // orders are collected for an auction, unseen; from behaviour 2 on
  UNCROSSING: 5, // its uncross is under way: nothing is taken; never set by a command
} as const;
export type InstrumentState = (typeof InstrumentState)[keyof typeof InstrumentState];

export const OrderStatus = {
  NONE: 0,
  OPEN: 1,
  FILLED: 2,
  CANCELLED: 3,
  EXPIRED: 4,
  REJECTED: 5,
} as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

/** Why an order, or the rest of one, was cancelled. Travels in an event's `reason` byte. */
export const CancelReason = {
  NONE: 0,
  REQUESTED: 1,
  MASS_CANCEL: 2,
  IMMEDIATE_REMAINDER: 3, // what an IOC or market order could not fill at once
  SELF_TRADE: 4,
  WORK_BOUND: 5, // the command had made as many events as one command may make
  AMENDED_TO_FILLED: 6, // amended to a total at or below what was already filled
  REDUCED_TO_NOTHING: 7,
  GROUP_FILLED: 8, // a fill of another leg of its group took all it had open
  TIMER: 16, // its session's timer fired
} as const;
export type CancelReason = (typeof CancelReason)[keyof typeof CancelReason];

/** Why a command was refused. Travels in an event's `reason` byte. */
export const Reject = {
  NONE: 0,
  UNKNOWN_COMMAND: 1,
  UNKNOWN_ACCOUNT: 2,
  CLIENT_ORDER_ID_MISSING: 3,
  CLIENT_ORDER_ID_REUSED: 4, // remembered with other parameters
  DEADLINE_PASSED: 5, // an earlier copy may have been executed
  DEADLINE_TOO_FAR: 6,
  ID_TABLE_FULL: 7,
  ACCOUNT_SUSPENDED: 8,
  UNKNOWN_INSTRUMENT: 9,
  INSTRUMENT_HALTED: 10,
  INSTRUMENT_CLOSED: 11,
  MALFORMED: 12, // an enumeration out of range, or words that do not go together
  QUANTITY_TOO_SMALL: 13,
  QUANTITY_TOO_LARGE: 14,
  PRICE_OUT_OF_RANGE: 15,
  PRICE_OUTSIDE_BAND: 16,
  ALREADY_EXPIRED: 17,
  TOO_MANY_OPEN_ORDERS: 18,
  BID_VALUE_LIMIT: 19,
  ORDER_TABLE_FULL: 20,
  ORDER_WOULD_CROSS: 21, // post-only
  FOK_NOT_FILLABLE: 22,
  UNKNOWN_ORDER: 23, // no open order of this account by that id
  UNKNOWN_CLIENT_ORDER_ID: 24, // never seen or forgotten; says nothing about whether it happened
  INSTRUMENT_LISTED_OTHERWISE: 25,
  INSTRUMENT_TABLE_FULL: 26,
  ACCOUNT_TABLE_FULL: 27,
  BEHAVIOUR_UNKNOWN: 28,
  MASS_CANCEL_TABLE_FULL: 29,
  COMPOUND_REFUSED: 30, // another operation of its batch or group was refused, so none happened
  COMPOUND_BROKEN: 31, // a record that came alone, out of turn, or between the records of a compound
  COMPOUND_PARTLY_KNOWN: 32, // other places of this compound are remembered, this one is not
  COMPOUND_ANSWERED: 33, // a change of a compound that was carried out before: it had its turn
  LEG_MISMATCH: 34, // legs that do not make one group
  GROUP_QUANTITY: 35, // an amend that would let a leg trade more than its group may
  TIMER_NOT_AHEAD: 50, // it would fire at or before the command's stamp
  TIMER_TOO_FAR: 51,
  TOO_MANY_TIMERS: 52, // of one account
  TIMER_TABLE_FULL: 53,
  PRIORITY_NOT_EARLIER: 54, // a restored order's priority is none, or not before its command
  RESTORE_TOO_DEEP: 55, // its place lies further from both ends of its level than is looked
  UNCROSSING: 40, // the instrument's uncross is under way: again in a moment
  NOT_IN_AUCTION: 41, // market, IOC, FOK and post-only orders are not collected
  SELF_CROSS: 42, // the account's own order on the other side could meet it in the auction
  SELF_CROSS_UNCHECKED: 43, // the account has more open orders than are looked through for that
  NOT_COLLECTING: 44, // nothing that was named collects orders
  UNCROSS_PENDING: 45, // another uncross is under way
  UNCROSS_NEEDED: 46, // collected orders trade by an uncross only
  BOOK_NOT_EMPTY: 47, // orders rest: collecting begins with an empty book
  BAND_EXCLUDES_ORDERS: 48, // collected orders that may trade lie outside
} as const;
export type Reject = (typeof Reject)[keyof typeof Reject];
