/**
 * Where each field of the match stream's messages is found in the core's event record. A table and
 * nothing else: `encode.ts` compiles it, and refuses to load when a message has a field that stands
 * here not, or the other way round, so that record and contract cannot drift apart.
 */
import type { DescMessage } from "@bufbuild/protobuf";
import { EventType, OrderStatus } from "../../core/codes.ts";
import { EventF64, EventFlag, EventI32, EventU8 } from "../../core/event.ts";
import * as proto from "../../../proto/gen/solebook/match/v1/match_pb.ts";

/** How a field is read from a record. */
export type Source =
  | { readonly kind: "byte" | "word" | "double" | "id"; readonly at: number }
  | { readonly kind: "flag"; readonly bit: number }
  /** The byte `reason`, whose meaning depends on the order's status. */
  | { readonly kind: "reasonIf"; readonly status: number }
  | { readonly kind: "message"; readonly fields: Fields };

export interface Fields {
  readonly schema: DescMessage;
  readonly sources: Readonly<Record<string, Source>>;
}

const byte = (at: number): Source => ({ kind: "byte", at });
const word = (at: number): Source => ({ kind: "word", at });
const double = (at: number): Source => ({ kind: "double", at });
const id = (at: number): Source => ({ kind: "id", at });
const flag = (bit: number): Source => ({ kind: "flag", bit });
const reasonIf = (status: number): Source => ({ kind: "reasonIf", status });
const message = (schema: DescMessage, sources: Fields["sources"]): Source => ({
  kind: "message",
  fields: { schema, sources },
});

const E = EventI32;
const D = EventF64;
const B = EventU8;

const level = message(proto.LevelSchema, {
  instrument: word(E.instrument),
  side: byte(B.side),
  priceTicks: word(E.priceTicks),
  quantity: double(D.levelQuantity),
  orders: word(E.levelOrders),
  marketSeq: double(D.marketSeq),
});

/** The owner of the order an event is about; on a trade the maker. */
const owner = message(proto.PartySchema, {
  account: word(E.account),
  accountSeq: double(D.accountSeq),
  orderId: double(D.orderId),
  clientOrderId: id(E.clientOrderId),
  open: word(E.open),
  filled: word(E.filled),
});

const taker = message(proto.PartySchema, {
  account: word(E.takerAccount),
  accountSeq: double(D.takerAccountSeq),
  orderId: double(D.takerOrderId),
  clientOrderId: id(E.takerClientOrderId),
  open: word(E.takerOpen),
  filled: word(E.takerFilled),
});

const instrument = message(proto.InstrumentSchema, {
  instrument: word(E.instrument),
  product: word(E.product),
  tickMinor: word(E.tickMinor),
  bandLowTicks: word(E.bandLowTicks),
  bandHighTicks: word(E.bandHighTicks),
  quantityMax: word(E.quantityMax),
  referenceTicks: word(E.referenceTicks),
  state: word(E.state),
  marketSeq: double(D.marketSeq),
});

/** What every event says, but for its index, which is counted. */
export const COMMON: Readonly<Record<string, Source>> = {
  type: byte(B.type),
  sequence: double(D.sequence),
  stampUs: double(D.stampUs),
  correlation: double(D.correlation),
  commandType: byte(B.commandType),
  last: flag(EventFlag.LAST),
};

type Named = Exclude<keyof typeof EventType, "NONE">;

/** By event type, what it says besides. */
export const BY_TYPE: Readonly<Record<Named, Fields["sources"]>> = {
  ACCEPTED: {
    party: owner,
    instrument: word(E.instrument),
    side: byte(B.side),
    orderType: byte(B.orderType),
    timeInForce: byte(B.tif),
    postOnly: flag(EventFlag.POST_ONLY),
    priceTicks: word(E.priceTicks),
    quantity: word(E.quantity),
    expiresAtUs: double(D.expiresAtUs),
    status: byte(B.status),
    duplicate: flag(EventFlag.DUPLICATE),
    firstSequence: double(D.firstSequence),
  },
  REJECTED: {
    party: owner,
    instrument: word(E.instrument),
    side: byte(B.side),
    orderType: byte(B.orderType),
    timeInForce: byte(B.tif),
    priceTicks: word(E.priceTicks),
    quantity: word(E.quantity),
    reject: byte(B.reason),
    duplicate: flag(EventFlag.DUPLICATE),
    firstSequence: double(D.firstSequence),
  },
  TRADE: {
    level,
    tradeId: double(D.tradeId),
    auction: flag(EventFlag.AUCTION),
    quantity: word(E.quantity),
    maker: owner,
    taker,
  },
  RESTED: {
    level,
    party: owner,
    expiresAtUs: double(D.expiresAtUs),
    restored: flag(EventFlag.RESTORED),
    priority: double(D.priority),
  },
  CANCELLED: { level, party: owner, quantity: word(E.quantity), reason: byte(B.reason) },
  GROUP_REDUCED: { level, party: owner, quantity: word(E.quantity) },
  EXPIRED: { level, party: owner, quantity: word(E.quantity) },
  AMENDED: {
    level,
    party: owner,
    quantity: word(E.quantity),
    priceTicks: word(E.newPriceTicks),
    total: word(E.newTotal),
    expiresAtUs: double(D.expiresAtUs),
    requeued: flag(EventFlag.REQUEUED),
  },
  PREVENTED: {
    level,
    quantity: word(E.quantity),
    maker: owner,
    taker,
    makerStatus: byte(B.status),
  },
  STATUS: {
    party: owner,
    instrument: word(E.instrument),
    status: byte(B.status),
    quantity: word(E.quantity),
    reject: reasonIf(OrderStatus.REJECTED),
    firstSequence: double(D.firstSequence),
    expiresAtUs: double(D.expiresAtUs),
    cancelReason: reasonIf(OrderStatus.CANCELLED),
  },
  MASS_CANCEL_ACCEPTED: {
    account: word(E.account),
    accountSeq: double(D.accountSeq),
    orders: word(E.quantity),
    morePending: flag(EventFlag.MORE_PENDING),
    tag: word(E.tag),
    atLeast: flag(EventFlag.AT_LEAST),
  },
  TIMER_SET: { account: word(E.account), tag: word(E.tag), firesAtUs: double(D.expiresAtUs) },
  TIMER_FIRED: {
    account: word(E.account),
    accountSeq: double(D.accountSeq),
    tag: word(E.tag),
    firesAtUs: double(D.expiresAtUs),
    orders: word(E.quantity),
    atLeast: flag(EventFlag.AT_LEAST),
  },
  AUCTION_COUNTED: {
    instrument: word(E.instrument),
    marketSeq: double(D.marketSeq),
    bidOrders: word(E.bidOrders),
    askOrders: word(E.askOrders),
    bidUnits: double(D.bidUnits),
    askUnits: double(D.askUnits),
    indicativePriceTicks: word(E.priceTicks),
    indicativeUnits: double(D.auctionUnits),
  },
  UNCROSS_ACCEPTED: {
    instrument: word(E.instrument),
    product: word(E.product),
    instruments: word(E.quantity),
    morePending: flag(EventFlag.MORE_PENDING),
  },
  UNCROSSED: {
    instrument: word(E.instrument),
    marketSeq: double(D.marketSeq),
    priceTicks: word(E.priceTicks),
    units: double(D.auctionUnits),
    bidUnits: double(D.bidUnits),
    askUnits: double(D.askUnits),
  },
  INSTRUMENT_LISTED: { instrument, duplicate: flag(EventFlag.DUPLICATE) },
  INSTRUMENT_STATE_SET: { instrument },
  BAND_SET: { instrument },
  ACCOUNT_SET: {
    account: word(E.account),
    allowed: word(E.allowed),
    openOrdersMax: word(E.openOrdersMax),
    openBidValueMaxMinor: double(D.openBidValueMaxMinor),
  },
  CHECKPOINTED: {},
  BEHAVIOUR_SET: {},
};
