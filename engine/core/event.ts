/**
 * The event: what a shard decided, a fact in the past tense. A fixed record of 168 bytes.
 *
 * ```
 * byte   0 u8 type | 1 u8 flags | 2 u8 side | 3 u8 reason | 4 u8 orderType | 5 u8 tif | 6 u8 status | 7 u8 commandType
 *        8 f64 sequence        16 f64 stampUs          of the command that caused it
 *       24 f64 correlation     of that command, on its response only; else 0
 *       32 i32 instrument      36 i32 priceTicks       the level this event changed, if it did
 *       40 i32 quantity        44 i32 levelOrders      orders on that level afterwards
 *       48 f64 levelQuantity   units on that level afterwards (absolute)
 *       56 f64 marketSeq       the instrument's; 0 when the public sees nothing of this event
 *       64 f64 tradeId         contiguous per instrument, from 1; TRADE only (RESTED: priority)
 *       72 f64 orderId         80 f64 accountSeq       the owner: the maker of a TRADE or PREVENTED,
 *       88 i32 account         92 i32 open             else the order's owner
 *       96 i32 filled         100 i32 zero
 *      104 16 bytes clientOrderId
 *      120 f64 takerOrderId   128 f64 takerAccountSeq  the taker of a TRADE or PREVENTED
 *      136 i32 takerAccount   140 i32 takerOpen
 *      144 i32 takerFilled    148 i32 zero
 *      152 16 bytes takerClientOrderId
 * ```
 *
 * `side` is the side of the level changed and of the owner's order: the maker's on a TRADE (the
 * taker's is the other one). `marketSeq` grows by exactly one per public event of an instrument and
 * `accountSeq` by exactly one per event an account hears, so either reader notices a gap.
 *
 * Every command yields exactly one response event, carrying its correlation (the records of a compound
 * all with the last of them, and its sequence); what lapsed before the
 * command's turn comes before it. The last event of a command is flagged LAST.
 *
 * | type | quantity | public (marketSeq) | notes |
 * |---|---|---|---|
 * | ACCEPTED | the order's total | no | response to PLACE and RESTORE; priceTicks is the limit (0 market); open = total, filled = 0; duplicates: flag DUPLICATE, open/filled/status as they are now, firstSequence, no accountSeq |
 * | REJECTED | as asked | no | response; reason is a Reject; accountSeq only when the id is remembered (a new PLACE); duplicates: flag DUPLICATE, firstSequence |
 * | TRADE | traded | yes | at the maker's price; both parties' numbers after it |
 * | RESTED | open | yes | what was left of a taker, or a whole order, joined the back of its level; accountSeq 0 (the owner knew) |
 * | CANCELLED | cancelled | if it rested | reason is a CancelReason; response to CANCEL, REDUCE to nothing, AMEND to filled; status CANCELLED |
 * | EXPIRED | expired | if it rested | status EXPIRED |
 * | AMENDED | units that left the level | yes | response to AMEND and REDUCE; level is the one it stood on; newPriceTicks, newTotal, expiresAtUs say what it is now; flag REQUEUED when it lost its place and comes again as TRADE or RESTED |
 * | PREVENTED | taken off both | yes | self-trade DECREMENT; numbers of both as in TRADE; status of the maker afterwards (OPEN or CANCELLED) |
 * | GROUP_REDUCED | units a fill of another leg took | if it rests | no response; level and order as after it; status OPEN. A leg left with nothing is CANCELLED, GROUP_FILLED |
 * | STATUS | the order's total | no | response to ORDER_STATUS: status, open, filled, orderId, firstSequence; reason when REJECTED |
 * | MASS_CANCEL_ACCEPTED | orders covered | no | response to CANCEL_ALL; tag; CANCELLED follow, in slices, perhaps under later commands |
 * | RESTED of RESTORE | open | yes | flag RESTORED: it stands by `priority`, behind the orders of its level with the same or an earlier one |
 * | TIMER_SET | – | no | response to ARM_TIMER; account, tag, expiresAtUs when it fires (0: disarmed) |
 * | TIMER_FIRED | orders covered | no | no response; account hears it; tag, expiresAtUs when it was due; CANCELLED follow as after a mass cancel |
 * | INSTRUMENT_LISTED, INSTRUMENT_STATE_SET, BAND_SET | – | yes | response; the instrument's parameters in the overlay |
 * | ACCOUNT_SET, CHECKPOINTED, BEHAVIOUR_SET | – | no | response |
 * | AUCTION_COUNTED | – | yes | what an instrument has collected: orders and units of both sides; priceTicks and auctionUnits are indicative, of instruments that tell them |
 * | UNCROSS_ACCEPTED | instruments | no | response to UNCROSS: they take no commands until they open, perhaps under later commands |
 * | UNCROSSED | – | yes | priceTicks (0: nothing trades), auctionUnits that trade at it; what would have bought and sold at it |
 *
 * PREVENTED with takerOpen 0 ends the taker (CANCELLED, SELF_TRADE): nothing is left to tell later.
 * MASS_CANCEL_ACCEPTED and TIMER_FIRED count what waits in an earlier slice too; flagged AT_LEAST they
 * counted only the oldest of the account's orders (MASS_CANCEL_COUNTED_MAX, SLICE_EXAMINED_MAX). An order
 * that a timer covers may be met, and end, before its TIMER_FIRED is told. INSTRUMENT_LISTED flagged DUPLICATE changed
 * nothing and is not public. STATUS of a CANCELLED order says its CancelReason.
 * A command that names an order which has lapsed ends it first (CANCELLED or EXPIRED), then is refused.
 *
 * While an auction collects, orders are unseen: no RESTED; CANCELLED, EXPIRED and AMENDED show no level
 * and have no marketSeq; an AUCTION_COUNTED follows instead. After UNCROSSED come its trades, flagged
 * AUCTION: both orders had waited, the one that came later is the taker, the price is the auction's, no
 * level is shown. Then each order that is left is RESTED, and INSTRUMENT_STATE_SET, no response this
 * time, says that the instrument is open. When a fill elsewhere took a leg out between two slices and
 * what is left crosses, another UNCROSSED prices that before anything is shown.
 *
 * CLOCK makes no response of its own: only what lapsed, and what an uncross does.
 */

export const EVENT_BYTES = 168;
export const EVENT_F64 = EVENT_BYTES / 8;
export const EVENT_I32 = EVENT_BYTES / 4;

/** Offsets into the u8 view, from the record's first byte. */
export const EventU8 = {
  type: 0,
  flags: 1,
  side: 2,
  reason: 3,
  orderType: 4,
  tif: 5,
  status: 6,
  commandType: 7,
} as const;

/** Offsets into the i32 view, from the record's first word. */
export const EventI32 = {
  instrument: 8,
  priceTicks: 9,
  quantity: 10,
  levelOrders: 11,
  account: 22,
  open: 23,
  filled: 24,
  clientOrderId: 26, // four words
  takerAccount: 34,
  takerOpen: 35,
  takerFilled: 36,
  takerClientOrderId: 38, // four words
  // AMENDED
  newPriceTicks: 34,
  newTotal: 35,
  // INSTRUMENT_LISTED, INSTRUMENT_STATE_SET, BAND_SET; UNCROSS_ACCEPTED
  product: 22,
  bandLowTicks: 34,
  bandHighTicks: 35,
  quantityMax: 36,
  tickMinor: 38,
  state: 39,
  referenceTicks: 40,
  // MASS_CANCEL_ACCEPTED, TIMER_SET, TIMER_FIRED (account in its usual place)
  tag: 34,
  instrumentFlags: 41,
  // AUCTION_COUNTED
  bidOrders: 34,
  askOrders: 35,
  // ACCOUNT_SET (account in its usual place)
  openOrdersMax: 34,
  allowed: 35,
} as const;

/** Offsets into the f64 view, from the record's first double. */
export const EventF64 = {
  sequence: 1,
  stampUs: 2,
  correlation: 3,
  levelQuantity: 6,
  marketSeq: 7,
  tradeId: 8,
  orderId: 9,
  accountSeq: 10,
  takerOrderId: 15,
  takerAccountSeq: 16,
  // ACCEPTED, REJECTED, STATUS, AMENDED, RESTED; TIMER_SET, TIMER_FIRED
  expiresAtUs: 15,
  firstSequence: 16, // sequence of the PLACE that first carried this client order id
  // RESTED flagged RESTORED
  priority: 8,
  // ACCOUNT_SET
  openBidValueMaxMinor: 9,
  // AUCTION_COUNTED, UNCROSSED
  auctionUnits: 6,
  bidUnits: 15,
  askUnits: 16,
} as const;

/** Bits of `flags`. */
export const EventFlag = {
  LAST: 1, // the last event of its command
  DUPLICATE: 2, // a remembered client order id got its first answer again
  REQUEUED: 4, // AMENDED: lost its place
  POST_ONLY: 8, // ACCEPTED
  MORE_PENDING: 16, // MASS_CANCEL_ACCEPTED, UNCROSS_ACCEPTED: slices remain
  AUCTION: 64, // TRADE: of an uncross
  RESTORED: 128, // RESTED: not at the back of its level but where its priority says
  AT_LEAST: 32, // MASS_CANCEL_ACCEPTED, TIMER_FIRED: the account has more orders than were counted
} as const;

/** Offsets into the 64-bit view, for copying: pairs of words, and doubles whatever they mean. */
export const EventB64 = {
  sequence: 1,
  stampUs: 2,
  correlation: 3,
  instrumentPrice: 4,
  orderId: 9,
  accountOpen: 11,
  clientOrderId: 13, // two
  expiresAtUs: 15,
  takerOrderId: 15,
  firstSequence: 16,
  takerClientOrderId: 19, // two
} as const;

/** Four views over one buffer of event records; the core appends at `count`, its caller resets it. */
export interface Events {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly b64: BigInt64Array;
  readonly capacity: number;
  count: number;
}

/** Views over `buffer` from `byteOffset` (a multiple of 8), or over a fresh zeroed buffer. */
export function makeEvents(
  capacity: number,
  buffer: ArrayBufferLike = new ArrayBuffer(capacity * EVENT_BYTES),
  byteOffset = 0,
): Events {
  return {
    u8: new Uint8Array(buffer, byteOffset, capacity * EVENT_BYTES),
    i32: new Int32Array(buffer, byteOffset, capacity * EVENT_I32),
    f64: new Float64Array(buffer, byteOffset, capacity * EVENT_F64),
    b64: new BigInt64Array(buffer, byteOffset, capacity * EVENT_F64),
    capacity,
    count: 0,
  };
}

/** Appends all of `from` to `to`, by 64 bits: a double made of an id's bytes may be a NaN. */
export function copyEvents(from: Events, to: Events): void {
  const source = from.b64;
  const target = to.b64;
  const at = to.count * EVENT_F64;
  const count = from.count * EVENT_F64;
  for (let n = 0; n < count; n++) target[at + n] = source[n]!;
  to.count += from.count;
}
