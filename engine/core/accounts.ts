/**
 * The accounts of a shard: whether they may trade, their bounds, what they have open.
 *
 * Changed by commands only. An account's open orders hang in a list, oldest first, through their
 * rows, so that a mass cancel costs what the account has and not what the shard holds.
 */
import { ORDER_SHIFT, OrderI32, type Orders } from "./orders.ts";
import { powerOfTwo } from "./words.ts";

export const ACCOUNT_WORDS = 16;
export const ACCOUNT_SHIFT = 4;
export const ACCOUNT_SHIFT64 = 3;

/**
 * flags, bounds and list; `massCancels` counts the pending ones of this account, `extraLegs` the open
 * orders that count as one with another leg of their group.
 */
export const AccountI32 = {
  state: 0,
  openOrders: 1,
  openOrdersMax: 2,
  head: 3,
  tail: 4,
  massCancels: 5,
  extraLegs: 12,
} as const;
export const AccountF64 = { sequence: 3, openBidValueMinor: 4, openBidValueMaxMinor: 5 } as const;
export const AccountState = { UNKNOWN: 0, SUSPENDED: 1, ALLOWED: 2 } as const;

const ROW = ORDER_SHIFT;
// An exported constant is loaded at each use, by its own file too.
const A_ROW = ACCOUNT_SHIFT;
const A_STATE = AccountState;
const { openOrders: OPEN_ORDERS, head: HEAD, tail: TAIL } = AccountI32;
const { accountNext: NEXT, accountPrev: PREV, account: ACCOUNT } = OrderI32;

export interface Accounts {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly capacity: number;
  /** Of an account: its row is in range. */
  readonly mask: number;
  /** Accounts above this one were never set. */
  highest(): number;
  isKnown(account: number): boolean;
  /** Marks an account as set. */
  know(account: number): void;
  /** Puts an order at the end of its account's list. */
  append(slot: number): void;
  unlink(slot: number): void;
}

/**
 * `value` while there is a slot, else `other`. By arithmetic: an order is as often as not the first or the
 * last of its account, and a branch guessed wrong costs more than what either way does.
 */
const unless = (slot: number, value: number, other: number): number => {
  const none = (slot - 1) >> 31;
  return (value & ~none) | (other & none);
};

export function makeAccounts(capacity: number, orders: Orders): Accounts {
  const rows = powerOfTwo(capacity);
  const aMask = rows - 1;
  const { mask: oMask } = orders;
  const buffer = new ArrayBuffer(rows * ACCOUNT_WORDS * 4);
  const i32 = new Int32Array(buffer);
  const f64 = new Float64Array(buffer);
  const o32 = orders.i32;
  let highestAccount = 0;

  function isKnown(account: number): boolean {
    return account > 0 && account < capacity && i32[(account & aMask) << A_ROW] !== A_STATE.UNKNOWN;
  }

  function know(account: number): void {
    if (account > highestAccount) highestAccount = account;
  }

  function append(slot: number): void {
    const row = (slot & oMask) << ROW;
    const at = (o32[row + ACCOUNT]! & aMask) << A_ROW;
    const tail = i32[at + TAIL]!;
    o32[row + NEXT] = 0;
    o32[row + PREV] = tail;
    i32[at + HEAD] = unless(tail, i32[at + HEAD]!, slot);
    o32[((tail & oMask) << ROW) + NEXT] = slot; // of nobody, too, whose links nobody reads
    i32[at + TAIL] = slot;
    i32[at + OPEN_ORDERS] = i32[at + OPEN_ORDERS]! + 1;
  }

  function unlink(slot: number): void {
    const row = (slot & oMask) << ROW;
    const at = (o32[row + ACCOUNT]! & aMask) << A_ROW;
    const prev = o32[row + PREV]!;
    const next = o32[row + NEXT]!;
    i32[at + HEAD] = unless(prev, i32[at + HEAD]!, next);
    i32[at + TAIL] = unless(next, i32[at + TAIL]!, prev);
    o32[((prev & oMask) << ROW) + NEXT] = next;
    o32[((next & oMask) << ROW) + PREV] = prev;
    i32[at + OPEN_ORDERS] = i32[at + OPEN_ORDERS]! - 1;
  }

  return {
    i32,
    f64,
    capacity,
    mask: aMask,
    highest: () => highestAccount,
    isKnown,
    know,
    append,
    unlink,
  };
}
