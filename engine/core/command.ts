/**
 * The command: what the outside asks of a shard. A fixed record of 96 bytes, journaled as it is.
 *
 * ```
 * byte   0 u8 type | 1 u8 side | 2 u8 orderType | 3 u8 tif | 4 u8 stp | 5 u8 flags | 6 u8 compoundIndex | 7 u8 compoundCount
 *        8 f64 sequence        16 f64 stampUs          written by the shell, never by a client
 *       24 i32 account         28 i32 instrument
 *       32 i32 priceTicks      36 i32 quantity
 *       40 f64 deadlineUs      48 f64 expiresAtUs      56 f64 orderId
 *       64 16 bytes clientOrderId                      see client-order-id.ts
 *       80 i32 tag             84 i32 zero
 *       88 f64 correlation     opaque; echoed in the command's response event; not state
 * ```
 *
 * Which fields a type reads (all others must be zero):
 *
 * | type | fields |
 * |---|---|
 * | PLACE | account, instrument, side, orderType, tif, stp, flags, priceTicks (0 for market), quantity, clientOrderId, deadlineUs (0: default), expiresAtUs (GTD), tag |
 * | CANCEL | account, orderId or (orderId 0) clientOrderId; deadlineUs (0: none) |
 * | AMEND | as CANCEL; priceTicks (0: keep), quantity (new total, filled included; 0: keep), expiresAtUs (0: keep; makes it GTD) |
 * | REDUCE | as CANCEL; quantity = units to take off what is open |
 * | CANCEL_ALL | account, instrument (0: all), side (0: both), tag (0: all); deadlineUs (0: none) |
 * | ORDER_STATUS | account, clientOrderId |
 * | CLOCK | nothing: its stamp is the message |
 * | LIST_INSTRUMENT | instrument, flags (INDICATIVE), and the overlay below |
 * | SET_INSTRUMENT_STATE | instrument, state |
 * | SET_BAND | instrument, bandLowTicks, bandHighTicks (0, 0: no band) |
 * | SET_ACCOUNT | account, flags (ALLOWED), openOrdersMax (0: no bound but the table's), openBidValueMaxMinor (0: no bound) |
 * | CHECKPOINT | orderId = sequence the hash is of, clientOrderId[0..1] = hash high, low, quantity = hash version |
 * | SET_BEHAVIOUR | quantity = behaviour number |
 * | ARM_TIMER | account, tag (0: all its orders), expiresAtUs = when it fires (0: disarm) |
 * | RESTORE | as PLACE, a limit order GTC or GTD; priority = the sequence it returns with |
 * | UNCROSS | instrument, or product (0, 0: all that collect) |
 *
 * A market order says IOC or FOK. `state` is CONTINUOUS, HALTED, CLOSED or PRE_OPEN. A CHECKPOINT
 * whose sequence is the last before it is compared with the state (a difference stops the shard);
 * one of an earlier sequence is only answered. PRE_OPEN, UNCROSS and flags of a listing came with
 * behaviour BEHAVIOUR_AUCTIONS.
 *
 * A change (CANCEL, AMEND, REDUCE, CANCEL_ALL) stamped after its deadline is refused, so that what waited
 * for a disk never happens late. Tags of CANCEL_ALL, deadlines of changes, ARM_TIMER and RESTORE came with behaviour
 * BEHAVIOUR_SESSIONS; before it the fields are not looked at and the commands are not known.
 *
 * Records with a compoundCount of 2 or more belong together: so many, of one account, numbered by
 * compoundIndex from 0, each with its own sequence and correlation, CLOCK and CHECKPOINT alone between
 * them. The last one makes all of them happen, or none: a *batch* of PLACE, CANCEL, AMEND and REDUCE, or,
 * when every one is a PLACE flagged LEG, a *group* whose legs cancel each other as they fill. They came with
 * BEHAVIOUR_COMPOUNDS; before it the two bytes are not looked at.
 *
 * A record lives at an index of a `Commands` view: byte offset `index * COMMAND_BYTES`. Views over
 * plain and shared buffers look the same, so a ring slot, a frame and a test array are one thing.
 */

import { assert } from "./assert.ts";
import { COMMANDS_VIEW_MAX } from "./limits.ts";

export const COMMAND_BYTES = 96;
export const COMMAND_F64 = COMMAND_BYTES / 8;
export const COMMAND_I32 = COMMAND_BYTES / 4;

/** Offsets into the u8 view, from the record's first byte. */
export const CommandU8 = {
  type: 0,
  side: 1,
  orderType: 2,
  tif: 3,
  stp: 4,
  flags: 5,
  compoundIndex: 6,
  compoundCount: 7,
} as const;

/** Offsets into the i32 view, from the record's first word. */
export const CommandI32 = {
  account: 6,
  instrument: 7,
  priceTicks: 8,
  quantity: 9,
  clientOrderId: 16, // four words
  tag: 20,
  // LIST_INSTRUMENT, SET_INSTRUMENT_STATE, SET_BAND, UNCROSS
  product: 6,
  bandLowTicks: 8,
  quantityMax: 9,
  bandHighTicks: 16,
  tickMinor: 17, // price in minor currency = priceTicks * tickMinor
  state: 18,
  referenceTicks: 19, // retail price; what an auction leans on before a first sale
  // SET_ACCOUNT
  openOrdersMax: 9,
  // CHECKPOINT
  hashVersion: 9, // what the hash covers; one of another version is not compared
  hashHigh: 16,
  hashLow: 17,
  // SET_BEHAVIOUR
  behaviour: 9,
} as const;

/** Offsets into the f64 view, from the record's first double. */
export const CommandF64 = {
  sequence: 1,
  stampUs: 2,
  deadlineUs: 5,
  expiresAtUs: 6,
  orderId: 7,
  correlation: 11,
  // RESTORE
  priority: 7, // of the sequence at which an earlier order joined its level; before the command's own
  // SET_ACCOUNT
  openBidValueMaxMinor: 5,
} as const;

/** Offsets into the 64-bit view, for copying. */
export const CommandB64 = { sequence: 1, stampUs: 2, expiresAtUs: 6, correlation: 11 } as const;

/** Bits of `flags`. */
export const CommandFlag = {
  POST_ONLY: 1, // PLACE
  ALLOWED: 2, // SET_ACCOUNT: the account may trade
  LEG: 64, // PLACE: of a group; every record of its compound is one
  INDICATIVE: 4, // LIST_INSTRUMENT: the price an auction would have now is public while it collects
} as const;

/** Four views over one buffer of command records; `b64` is for copying, whatever the bytes mean. */
export interface Commands {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly b64: BigInt64Array;
  readonly capacity: number;
}

/**
 * Views over `buffer` from `byteOffset` (a multiple of 8) for `capacity` records; without a buffer,
 * a fresh zeroed one.
 */
export function makeCommands(
  capacity: number,
  buffer: ArrayBufferLike = new ArrayBuffer(capacity * COMMAND_BYTES),
  byteOffset = 0,
): Commands {
  assert(capacity <= COMMANDS_VIEW_MAX, "a view of commands is of a bounded size");
  return {
    u8: new Uint8Array(buffer, byteOffset, capacity * COMMAND_BYTES),
    i32: new Int32Array(buffer, byteOffset, capacity * COMMAND_I32),
    f64: new Float64Array(buffer, byteOffset, capacity * COMMAND_F64),
    b64: new BigInt64Array(buffer, byteOffset, capacity * COMMAND_F64),
    capacity,
  };
}

/** Zeroes a record before its fields are set: a ring slot still holds the command of a lap ago. */
export function clearCommand(commands: Commands, index: number): void {
  commands.f64.fill(0, index * COMMAND_F64, (index + 1) * COMMAND_F64);
}
