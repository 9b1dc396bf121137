/**
 * From a request's params to a typed request: shape only. Unknown fields are ignored, everything
 * known must be of its type. Answers a Problem instead of throwing: bad input is normal.
 */
import {
  COMPOUND_RECORDS_MAX,
  OrderType,
  QUANTITY_MAX,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "../../engine/client/layouts.ts";
import type { Problem } from "../errors.ts";
import { readOrderId, readTime } from "../written-forms.ts";

export type Params = Readonly<Record<string, unknown>>;

export interface PlaceRequest {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly quantity: number;
  /** As written; undefined when there is none. */
  readonly price: string | undefined;
  readonly tif: TimeInForce;
  /** 0: none. */
  readonly expiresAtUs: number;
  readonly deadlineUs: number;
  readonly postOnly: boolean;
  readonly stp: SelfTradePrevention;
  /** 0: none. */
  readonly tag: number;
  /** A dry run of the gateway's checks. */
  readonly validate: boolean;
}

/** Which open order is meant: by its id, or by the client's. */
export interface Target {
  /** 0: by client order id. */
  readonly orderId: number;
  readonly clientOrderId: string;
  /** By order id: the shard in it. By client order id: that of `symbol`, when given. */
  readonly shard: number | undefined;
  readonly symbol: string | undefined;
}

export interface AmendRequest {
  readonly target: Target;
  /** 0: keep. */
  readonly quantity: number;
  readonly price: string | undefined;
  readonly expiresAtUs: number;
}

export interface CancelAllRequest {
  readonly symbol: string | undefined;
  /** NONE: both. */
  readonly side: Side;
  /** 0: all. */
  readonly tag: number;
}

/** Orders of which one quantity is filled in all; each leg as an order of its own. */
export interface GroupRequest {
  readonly legs: readonly PlaceRequest[];
}

export interface BatchRequest {
  readonly isAtomic: boolean;
  readonly ops: readonly BatchOp[];
}

/** One operation of a batch: a method that a frame may call alone, and its params. */
export interface BatchOp {
  readonly method: string;
  readonly params: Params;
}

const SIDES: Words<Side> = new Map([
  ["buy", Side.BID],
  ["sell", Side.ASK],
]);
const TYPES: Words<OrderType> = new Map([
  ["limit", OrderType.LIMIT],
  ["market", OrderType.MARKET],
]);
const TIFS: Words<TimeInForce> = new Map([
  ["gtc", TimeInForce.GTC],
  ["gtd", TimeInForce.GTD],
  ["ioc", TimeInForce.IOC],
  ["fok", TimeInForce.FOK],
]);
const STPS: Words<SelfTradePrevention> = new Map([
  ["none", SelfTradePrevention.NONE],
  ["cancel_taker", SelfTradePrevention.CANCEL_TAKER],
  ["cancel_maker", SelfTradePrevention.CANCEL_MAKER],
  ["cancel_both", SelfTradePrevention.CANCEL_BOTH],
  ["decrement", SelfTradePrevention.DECREMENT],
]);

/** Operations of a batch. */
export const BATCH_OPS_MAX = 100;
export const TAG_MAX = 2 ** 31 - 1;

type Words<T> = ReadonlyMap<unknown, T>;

export function isProblem(value: object): value is Problem {
  return "code" in value;
}

export function invalid(param: string, message: string): Problem {
  return { code: "VALIDATION", param, message };
}

export function decodePlace(params: Params): PlaceRequest | Problem {
  const { client_order_id: clientOrderId, symbol, qty, price } = params;
  if (clientOrderId === undefined) {
    return { code: "CLIENT_ORDER_ID_MISSING", param: "client_order_id" };
  }
  if (typeof clientOrderId !== "string") return mustBeText("client_order_id");
  if (typeof symbol !== "string") return mustBeText("symbol");
  const side = SIDES.get(params.side);
  if (side === undefined) return oneOf("side", SIDES);
  const orderType = TYPES.get(params.type);
  if (orderType === undefined) return oneOf("type", TYPES);
  if (!isWhole(qty)) return mustBeWhole("qty");
  if (price !== undefined && typeof price !== "string") return mustBePrice("price");
  const isMarket = orderType === OrderType.MARKET;
  const tif =
    params.tif === undefined
      ? isMarket
        ? TimeInForce.IOC
        : TimeInForce.GTC
      : TIFS.get(params.tif);
  if (tif === undefined) return oneOf("tif", TIFS);
  const stp = params.stp === undefined ? SelfTradePrevention.CANCEL_TAKER : STPS.get(params.stp);
  if (stp === undefined) return oneOf("stp", STPS);
  const expiresAtUs = timeOf(params.expire_time);
  if (Number.isNaN(expiresAtUs)) return mustBeTime("expire_time");
  const deadlineUs = timeOf(params.deadline);
  if (Number.isNaN(deadlineUs)) return mustBeTime("deadline");
  const tag = tagOf(params.tags);
  if (Number.isNaN(tag)) return MUST_BE_TAGS;
  const { post_only: postOnly = false, validate = false } = params;
  if (typeof postOnly !== "boolean") return mustBeBoolean("post_only");
  if (typeof validate !== "boolean") return mustBeBoolean("validate");
  return {
    clientOrderId,
    symbol,
    side,
    orderType,
    quantity: qty,
    price,
    tif,
    expiresAtUs,
    deadlineUs,
    postOnly,
    stp,
    tag,
    validate,
  };
}

const LEG_OWN = ["client_order_id", "symbol", "price"] as const;

/** `group` lists what the legs do not share; the rest of the params is theirs together. */
export function decodeGroup(params: Params): GroupRequest | Problem {
  const { group, ...shared } = params;
  if (!Array.isArray(group) || group.length < 2 || group.length > COMPOUND_RECORDS_MAX) {
    return invalid("group", `group is a list of 2 to ${COMPOUND_RECORDS_MAX} legs.`);
  }
  const own = LEG_OWN.find((name) => shared[name] !== undefined);
  if (own !== undefined) return invalid(own, `Each leg of the group has its own ${own}.`);
  const legs: PlaceRequest[] = [];
  for (const [at, leg] of (group as unknown[]).entries()) {
    if (!isParams(leg)) return invalid(`group[${at}]`, "A leg is an object.");
    const { client_order_id, symbol, price } = leg;
    const place = decodePlace({ ...shared, client_order_id, symbol, price });
    if (isProblem(place)) return inLeg(place, at);
    legs.push(place);
  }
  return { legs };
}

/** A leg's own parameter is named with the leg; what all share, as it is. */
export function inLeg(problem: Problem, at: number): Problem {
  const { param } = problem;
  const isOwn = (LEG_OWN as readonly unknown[]).includes(param);
  return isOwn ? { ...problem, param: `group[${at}].${param}` } : problem;
}

export function decodeBatch({ mode, ops }: Params): BatchRequest | Problem {
  if (mode !== "atomic" && mode !== "independent") {
    return invalid("mode", "mode is atomic or independent.");
  }
  if (!Array.isArray(ops) || ops.length === 0) {
    return invalid("ops", `ops is a list of 1 to ${BATCH_OPS_MAX} operations.`);
  }
  const isAtomic = mode === "atomic";
  const most = isAtomic ? COMPOUND_RECORDS_MAX : BATCH_OPS_MAX;
  if (ops.length > most) {
    const message = `Send at most ${most} operations in one batch that is ${mode}.`;
    return { code: "BATCH_TOO_LARGE", param: "ops", message };
  }
  const read: BatchOp[] = [];
  for (const [at, op] of (ops as unknown[]).entries()) {
    const { method, params } = isParams(op) ? op : {};
    if (typeof method !== "string" || !isParams(params)) {
      return invalid(`ops[${at}]`, "An operation is an object of method and params.");
    }
    read.push({ method, params });
  }
  return { isAtomic, ops: read };
}

export function decodeTarget(params: Params): Target | Problem {
  const { order_id: orderId, client_order_id: clientOrderId, symbol } = params;
  if ((orderId === undefined) === (clientOrderId === undefined)) {
    return invalid("order_id", "Name the order by order_id or by client_order_id, by one of them.");
  }
  if (symbol !== undefined && typeof symbol !== "string") return mustBeText("symbol");
  if (orderId === undefined) {
    if (typeof clientOrderId !== "string") return mustBeText("client_order_id");
    return { orderId: 0, clientOrderId, shard: undefined, symbol };
  }
  const parts = typeof orderId === "string" ? readOrderId(orderId) : null;
  if (parts === null) return invalid("order_id", 'order_id is the text we gave, such as "0-17".');
  return { orderId: parts.orderId, clientOrderId: "", shard: parts.shard, symbol };
}

export function decodeAmend(params: Params): AmendRequest | Problem {
  const target = decodeTarget(params);
  if (isProblem(target)) return target;
  const { qty, price, expire_time: expireTime } = params;
  if (qty === undefined && price === undefined && expireTime === undefined) {
    return invalid("qty", "Say what to amend: qty, price or expire_time.");
  }
  if (qty !== undefined && !isWhole(qty)) return mustBeWhole("qty");
  if (qty !== undefined && qty < 1) return { code: "QUANTITY_TOO_SMALL", param: "qty" };
  if (qty !== undefined && qty > QUANTITY_MAX) return { code: "QUANTITY_TOO_LARGE", param: "qty" };
  if (price !== undefined && typeof price !== "string") return mustBePrice("price");
  const expiresAtUs = timeOf(expireTime);
  if (Number.isNaN(expiresAtUs)) return mustBeTime("expire_time");
  return { target, quantity: qty ?? 0, price, expiresAtUs };
}

export function decodeCancelAll(params: Params): CancelAllRequest | Problem {
  const { symbol } = params;
  if (symbol !== undefined && typeof symbol !== "string") return mustBeText("symbol");
  const side = params.side === undefined ? Side.NONE : SIDES.get(params.side);
  if (side === undefined) return oneOf("side", SIDES);
  const tag = params.tag === undefined ? 0 : params.tag;
  if (!isTag(tag)) return MUST_BE_TAG;
  return { symbol, side, tag };
}

/** Of an order, or 0: whatever they have. */
export function isTag(value: unknown): value is number {
  return isWhole(value) && value >= 0 && value <= TAG_MAX;
}

/** The core keeps one tag per order; 0 when absent, NaN when not a tag. */
function tagOf(tags: unknown): number {
  if (tags === undefined) return 0;
  if (!Array.isArray(tags) || tags.length > 1) return Number.NaN;
  if (tags.length === 0) return 0;
  const tag: unknown = tags[0];
  return isWhole(tag) && tag >= 1 && tag <= TAG_MAX ? tag : Number.NaN;
}

function isParams(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** 0 when absent, NaN when not a time. */
function timeOf(value: unknown): number {
  if (value === undefined) return 0;
  const us = typeof value === "string" ? readTime(value) : Number.NaN;
  return us > 0 ? us : Number.NaN;
}

export const MUST_BE_TAG = invalid("tag", `tag is a whole number from 1 to ${TAG_MAX}, or 0: all.`);
const MUST_BE_TAGS = invalid("tags", `tags is a list of one whole number from 1 to ${TAG_MAX}.`);
const mustBeText = (param: string): Problem => invalid(param, `${param} is a text.`);
const mustBeWhole = (param: string): Problem => invalid(param, `${param} is a whole number.`);
const mustBeBoolean = (param: string): Problem => invalid(param, `${param} is true or false.`);
const mustBeTime = (param: string): Problem =>
  invalid(param, `${param} is an RFC 3339 time, such as 2026-11-21T02:10:00.123456Z.`);
export const mustBePrice = (param: string): Problem =>
  invalid(param, `${param} is a decimal text, such as "241.00".`);
const oneOf = (param: string, words: Words<unknown>): Problem =>
  invalid(param, `${param} is one of ${[...words.keys()].join(", ")}.`);
