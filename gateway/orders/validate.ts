/**
 * Bounds and combinations of a decoded request, against what the catalog and the market know. Only
 * what the gateway alone can know or must translate: state, band, limits and identity of the order
 * are decided by the core, once, in sequence.
 */
import {
  DEADLINE_AHEAD_MAX_US,
  InstrumentState,
  OrderType,
  PRICE_TICKS_MAX,
  QUANTITY_MAX,
  Side,
  TimeInForce,
} from "../../engine/client/layouts.ts";
import type { Problem } from "../errors.ts";
import type { Levels } from "../market-data/depth.ts";
import type { InstrumentView } from "../market-data/view.ts";
import { NOT_A_DECIMAL, readMinor, TOO_FINE } from "../written-forms.ts";
import { invalid, mustBePrice, type PlaceRequest } from "./decode.ts";

/** What `readTicks` answers instead of ticks. */
const BAD_PRICES: Record<number, Problem> = {
  [-1]: mustBePrice("price"),
  [-2]: { code: "PRICE_NOT_ON_TICK", param: "price" },
  [-3]: { code: "PRICE_OUT_OF_RANGE", param: "price" },
};
const NOT_A_PRICE = -1;
const OFF_TICK = -2;
const OUT_OF_RANGE = -3;

/** A written price in ticks of `view`, or a negative number for `problemOfTicks`. */
export function readTicks(view: InstrumentView, price: string): number {
  const minor = readMinor(price);
  if (minor === NOT_A_DECIMAL) return NOT_A_PRICE;
  if (minor === TOO_FINE || minor % view.tickMinor !== 0) return OFF_TICK;
  const ticks = minor / view.tickMinor;
  return ticks < 1 || ticks > PRICE_TICKS_MAX ? OUT_OF_RANGE : ticks;
}

export function problemOfTicks(ticks: number): Problem {
  return BAD_PRICES[ticks]!;
}

/** Whether the words of an order go together; undefined when they do. */
export function checkPlace(place: PlaceRequest, nowUs: number): Problem | undefined {
  const isMarket = place.orderType === OrderType.MARKET;
  const isImmediate = place.tif === TimeInForce.IOC || place.tif === TimeInForce.FOK;
  if (place.quantity < 1) return { code: "QUANTITY_TOO_SMALL", param: "qty" };
  if (place.quantity > QUANTITY_MAX) return { code: "QUANTITY_TOO_LARGE", param: "qty" };
  if (isMarket && place.price !== undefined) {
    return invalid("price", "A market order has no price.");
  }
  if (!isMarket && place.price === undefined) return invalid("price", "A limit order has a price.");
  if (isMarket && place.tif !== TimeInForce.IOC) {
    return invalid("tif", "A market order is ioc: it never rests.");
  }
  if (place.tif === TimeInForce.GTD && place.expiresAtUs === 0) {
    return invalid("expire_time", "A gtd order has an expire_time.");
  }
  if (place.tif !== TimeInForce.GTD && place.expiresAtUs !== 0) {
    return invalid("expire_time", "Only a gtd order has an expire_time.");
  }
  if (place.postOnly && (isMarket || isImmediate)) {
    return invalid("post_only", "An order that never rests cannot be post_only.");
  }
  if (place.deadlineUs > nowUs + DEADLINE_AHEAD_MAX_US) {
    return { code: "DEADLINE_TOO_FAR", param: "deadline" };
  }
  return undefined;
}

/** What a dry run adds: what the core would refuse as things stand, as far as can be seen from here. */
export function checkDry(
  place: PlaceRequest,
  view: InstrumentView,
  ticks: number,
  nowUs: number,
): Problem | undefined {
  if (view.state === InstrumentState.HALTED) return { code: "INSTRUMENT_HALTED" };
  if (view.state === InstrumentState.CLOSED) return { code: "INSTRUMENT_CLOSED" };
  if (view.state === InstrumentState.UNCROSSING) return { code: "UNCROSSING" };
  const mayRest = place.tif === TimeInForce.GTC || place.tif === TimeInForce.GTD;
  if (view.state === InstrumentState.PRE_OPEN && (!mayRest || place.postOnly)) {
    return { code: "NOT_IN_AUCTION" };
  }
  if (place.quantity > view.quantityMax) return { code: "QUANTITY_TOO_LARGE", param: "qty" };
  const banded = view.bandLowTicks !== 0 || view.bandHighTicks !== 0;
  const isOutside = ticks < view.bandLowTicks || ticks > view.bandHighTicks;
  if (banded && isOutside && place.price !== undefined) {
    return { code: "PRICE_OUTSIDE_BAND", param: "price" };
  }
  if (place.expiresAtUs !== 0 && place.expiresAtUs <= nowUs) {
    return { code: "ALREADY_EXPIRED", param: "expire_time" };
  }
  if (place.deadlineUs !== 0 && place.deadlineUs < nowUs) return { code: "DEADLINE_PASSED" };
  if (view.state !== InstrumentState.CONTINUOUS) return undefined; // collected, unseen
  const there = unitsWithin(place.side === Side.BID ? view.asks : view.bids, ticks);
  if (place.postOnly && there > 0) return { code: "ORDER_WOULD_CROSS" };
  if (place.tif === TimeInForce.FOK && there < place.quantity) return { code: "FOK_NOT_FILLABLE" };
  return undefined;
}

/** What rests on the other side at `ticks` or better, whoever's it is. */
function unitsWithin({ side, priceTicks, quantity }: Levels, ticks: number): number {
  const sign = side === Side.BID ? 1 : -1;
  let units = 0;
  for (let at = priceTicks.length - 1; at >= 0; at--) {
    if (sign * (priceTicks[at]! - ticks) < 0) break;
    units += quantity[at]!;
  }
  return units;
}
