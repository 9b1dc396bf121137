/**
 * An order is placed as one step, however many makers it meets.
 *
 * One command of the core meets at most MAKERS_PER_COMMAND_MAX makers; what is left then is cancelled
 * as WORK_BOUND, and an order that must fill whole is refused if it would need more. Nobody else can
 * come between two commands here, so the step goes on: the rest is placed again, with the same words,
 * and an all-or-none that the core refused is looked at once more over the whole side.
 */
import {
  MAKERS_PER_COMMAND_MAX,
  OrderType,
  Reject,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "../../engine/core/index.ts";
import type { Core } from "./core.ts";
import type { Order, Orders } from "./orders.ts";

export interface Terms {
  readonly orderType: number;
  readonly tif: number;
  readonly postOnly: boolean;
}

export const MARKET: Terms = {
  orderType: OrderType.MARKET,
  tif: TimeInForce.IOC,
  postOnly: false,
};

export function placeWhole(
  core: Core,
  orders: Orders,
  order: Order,
  qty: number,
  terms: Terms,
): void {
  const { outcome } = orders;
  send(core, orders, order, qty, terms);
  const isAllOrNone = terms.tif === TimeInForce.FOK;
  if (isAllOrNone && outcome.reject === Reject.FOK_NOT_FILLABLE) {
    if (!isFillable(core, orders, order, qty)) {
      outcome.canceled = qty;
      return;
    }
    outcome.reject = Reject.NONE;
    send(core, orders, order, qty, { ...terms, tif: TimeInForce.IOC });
  }
  const onward = isAllOrNone ? { ...terms, tif: TimeInForce.IOC } : terms;
  placeRest(core, orders, order, onward);
}

/** Places what the bound left over, until nothing is. */
export function placeRest(core: Core, orders: Orders, order: Order, terms: Terms): void {
  const { outcome } = orders;
  while (outcome.unfinished > 0) {
    const qty = outcome.unfinished;
    outcome.unfinished = 0;
    send(core, orders, order, qty, terms);
    if (outcome.reject === Reject.NONE) continue;
    // No room for it any more. What went before stands, so this is no refusal.
    outcome.reject = Reject.NONE;
    outcome.canceled += qty;
  }
}

function send(core: Core, orders: Orders, order: Order, qty: number, terms: Terms): void {
  const { account, instrument, side, stp, mark } = order;
  const px = terms.orderType === OrderType.MARKET ? 0 : order.px;
  core.place({ account, instrument, side, stp, mark, qty, px, ...terms });
  orders.read(core.events, order);
}

/** Whether an order the core would not fill whole could be filled by more makers than it looks at. */
function isFillable(core: Core, orders: Orders, order: Order, qty: number): boolean {
  const { instrument, px, stp } = order;
  const makerSide = order.side === Side.BID ? Side.ASK : Side.BID;
  const sign = order.side === Side.BID ? 1 : -1;
  const isWithin = (makerPx: number): boolean => sign * (px - makerPx) >= 0;
  // Every level holds a maker, so one level more than the bound shows whether there are more makers.
  const top = core.shard.depth(instrument, makerSide, MAKERS_PER_COMMAND_MAX + 1);
  const near = top.filter((level) => isWithin(level.priceTicks));
  if (near.reduce((sum, level) => sum + level.orders, 0) <= MAKERS_PER_COMMAND_MAX) return false;
  const side = core.shard.depth(instrument, makerSide, Number.MAX_SAFE_INTEGER);
  const within = side.filter((level) => isWithin(level.priceTicks));
  if (within.reduce((sum, level) => sum + level.quantity, 0) < qty) return false;
  if (stp === SelfTradePrevention.NONE) return true;

  const makers = [...orders.all()].filter(
    (maker) => maker.instrument === instrument && maker.side === makerSide && isWithin(maker.px),
  );
  makers.sort((a, b) => sign * (a.px - b.px) || a.priority - b.priority);
  let remaining = qty;
  for (const maker of makers) {
    const isOwn = maker.account === order.account;
    if (isOwn && stp !== SelfTradePrevention.CANCEL_MAKER) return false;
    if (!isOwn) remaining -= maker.open;
    if (remaining <= 0) return true;
  }
  return false;
}
