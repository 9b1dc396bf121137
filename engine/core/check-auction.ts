/**
 * What else is asked of an order that an auction is to collect: reads only, as `check.ts`.
 *
 * An account's own orders may not meet in an auction. Looking for one that could walks the account's
 * orders, newest first, until it has seen all that are collected on the other side, of which mostly
 * there are none, and gives up by name when too many others lie between them.
 */
import { ACCOUNT_SHIFT, AccountI32 } from "./accounts.ts";
import { assert } from "./assert.ts";
import { ofAccountAt } from "./collected.ts";
import { OrderType, Reject, Side, TimeInForce } from "./codes.ts";
import { SELF_CROSS_EXAMINED_MAX } from "./limits.ts";
import { COLLECTED, ORDER_SHIFT, OrderI32, sideOf } from "./orders.ts";
import type { State } from "./state.ts";

const ROW = ORDER_SHIFT;
const OTHER = Side.BID + Side.ASK;
const { bits: BITS, instrument: INSTRUMENT, priceTicks: PRICE, accountPrev: BEFORE } = OrderI32;

export interface CheckAuction {
  /** Whether an auction may meet the account's own orders at this price. */
  selfCross(account: number, instrument: number, side: number, priceTicks: number): number;
}

/** Only what waits for its price is collected. */
export function isCollectable(orderType: number, tif: number, flags: number): boolean {
  const mayRest = tif === TimeInForce.GTC || tif === TimeInForce.GTD;
  return orderType === OrderType.LIMIT && mayRest && flags === 0;
}

export function makeCheckAuction(state: State): CheckAuction {
  const { orders, accounts, collected } = state;
  const o32 = orders.i32;

  function couldMeet(slot: number, instrument: number, side: number, priceTicks: number): boolean {
    const row = slot << ROW;
    if (o32[row + INSTRUMENT] !== instrument) return false;
    const gap = side === Side.BID ? priceTicks - o32[row + PRICE]! : o32[row + PRICE]! - priceTicks;
    return gap >= 0 && !state.isLapsed(slot);
  }

  function selfCross(
    account: number,
    instrument: number,
    side: number,
    priceTicks: number,
  ): number {
    const other = OTHER - side;
    let left = collected.ofAccount[ofAccountAt(account, other)]!;
    let slot = accounts.i32[(account << ACCOUNT_SHIFT) + AccountI32.tail]!;
    for (let looked = 0; left > 0; looked++) {
      if (looked === SELF_CROSS_EXAMINED_MAX) return Reject.SELF_CROSS_UNCHECKED;
      assert(slot !== 0, "an account's collected orders are among its open ones");
      const bits = o32[(slot << ROW) + BITS]!;
      if ((bits & COLLECTED) !== 0 && sideOf(bits) === other) {
        if (couldMeet(slot, instrument, side, priceTicks)) return Reject.SELF_CROSS;
        left--;
      }
      slot = o32[(slot << ROW) + BEFORE]!;
    }
    return Reject.NONE;
  }

  return { selfCross };
}
