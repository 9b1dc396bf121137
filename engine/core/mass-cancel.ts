/**
 * Mass cancels that are not finished: a queue, oldest first, each with a cursor into its account's
 * list of orders.
 *
 * A mass cancel covers the orders accepted before it (their ids are lower), so from its own sequence
 * on they trade and count no more, although it may take several commands to take them all out. A
 * session timer that has fired (`timers.ts`) goes on as one of these.
 */
import { AccountI32, ACCOUNT_SHIFT, type Accounts } from "./accounts.ts";
import { assert } from "./assert.ts";
import { MASS_CANCELS_PENDING_MAX } from "./limits.ts";
import { ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, type Orders, sideOf } from "./orders.ts";
import { makeWords } from "./words.ts";

const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const { account: ACCOUNT, instrument: INSTRUMENT, bits: BITS, accountNext: NEXT } = OrderI32;
const TAG = OrderI32.tag;
const { orderId: ORDER_ID } = OrderF64;
const { head: HEAD, tail: TAIL, massCancels: MASS_CANCELS, openOrders: OPEN_ORDERS } = AccountI32;

const WORDS = 8;
const M_ACCOUNT = 0;
const M_INSTRUMENT = 1; // 0: all
const M_SIDE = 2; // 0: both
const M_CURSOR = 3; // slot of the next order to look at
const M_TAG = 4; // 0: all
const M_REASON = 5; // told of every order it ends

export interface PendingMassCancel {
  readonly account: number;
  readonly instrument: number;
  readonly side: number;
  readonly tag: number;
  readonly reason: number;
  /** Slot of the next order to look at, or 0. */
  readonly cursor: number;
  readonly row: number;
}

export interface MassCancels {
  isFull(): boolean;
  isEmpty(): boolean;
  /** How many wait. */
  pending(): number;
  /** How many have been carried out since this table was made; not state. */
  done(): number;
  /** Covers what the account has open of a selection, up to the order id `lastOrderId[at]`. */
  add(
    account: number,
    instrument: number,
    side: number,
    tag: number,
    reason: number,
    lastOrderId: Float64Array,
    at: number,
  ): void;
  /** Takes one up again as `walk` told it; `lastOrderId[at]` is the newest order it covers. */
  resume(pending: Omit<PendingMassCancel, "row">, lastOrderId: Float64Array, at: number): void;
  /**
   * How many orders `add` with these words would cover, looking at no more than `examinedMax` of the
   * account's oldest; negative, and one more, when it has others.
   */
  count(
    account: number,
    instrument: number,
    side: number,
    tag: number,
    lastOrderId: Float64Array,
    at: number,
    examinedMax: number,
  ): number;
  /** The reason of the oldest pending mass cancel that covers this order, or 0. */
  coveredBy(slot: number): number;
  /** The next covered order, or 0 when there is none or `examinedMax` were looked at. */
  next(examinedMax: number): number;
  /** How many orders the last `next` or `count` looked at. */
  examined(): number;
  /** Why the order that `next` answered ends. */
  reason(): number;
  /** To be called before an order leaves its account's list. */
  leaving(slot: number): void;
  /** Visits what is pending, oldest first; for hashes. Allocates. */
  walk(visit: (pending: PendingMassCancel) => void): void;
  /** `orderIds[row]`: the newest order that a pending one covers. */
  readonly orderIds: Float64Array;
}

/** Whether an order is of this selection (0: any). */
export function isSelected(
  o32: Int32Array,
  slot: number,
  instrument: number,
  side: number,
  tag: number,
): boolean {
  const row = slot << ROW;
  if (instrument !== 0 && o32[row + INSTRUMENT] !== instrument) return false;
  if (tag !== 0 && o32[row + TAG] !== tag) return false;
  return side === 0 || sideOf(o32[row + BITS]!) === side;
}

// Of `now`.
const PENDING = 0; // mass cancels that wait

export function makeMassCancels(orders: Orders, accounts: Accounts): MassCancels {
  const o32 = orders.i32;
  const o64 = orders.f64;
  const a32 = accounts.i32;
  const rows = new Int32Array(MASS_CANCELS_PENDING_MAX * WORDS);
  const orderIds = new Float64Array(MASS_CANCELS_PENDING_MAX);
  let first = 0;
  const now = makeWords(1);
  let looked = 0;
  let done = 0;

  const rowAt = (n: number): number => (first + n) % MASS_CANCELS_PENDING_MAX;

  function add(
    account: number,
    instrument: number,
    side: number,
    tag: number,
    reason: number,
    lastOrderId: Float64Array,
    at: number,
  ): void {
    assert(
      now[PENDING]! < MASS_CANCELS_PENDING_MAX,
      "the mass cancel table is not full when a row is taken",
    );
    const row = rowAt(now[PENDING]!);
    now[PENDING] = now[PENDING]! + 1;
    rows[row * WORDS + M_ACCOUNT] = account;
    rows[row * WORDS + M_INSTRUMENT] = instrument;
    rows[row * WORDS + M_SIDE] = side;
    rows[row * WORDS + M_TAG] = tag;
    rows[row * WORDS + M_REASON] = reason;
    rows[row * WORDS + M_CURSOR] = a32[(account << ACCOUNT_SHIFT) + HEAD]!;
    orderIds[row] = lastOrderId[at]!;
    const pendingAt = (account << ACCOUNT_SHIFT) + MASS_CANCELS;
    a32[pendingAt] = a32[pendingAt]! + 1;
  }

  const resume: MassCancels["resume"] = (is, lastOrderId, at) => {
    add(is.account, is.instrument, is.side, is.tag, is.reason, lastOrderId, at);
    rows[rowAt(now[PENDING]! - 1) * WORDS + M_CURSOR] = is.cursor;
  };

  function count(
    account: number,
    instrument: number,
    side: number,
    tag: number,
    lastOrderId: Float64Array,
    at: number,
    examinedMax: number,
  ): number {
    looked = 0;
    const ofAccount = account << ACCOUNT_SHIFT;
    const newest = a32[ofAccount + TAIL]!;
    const isAll = instrument === 0 && side === 0 && tag === 0;
    if (isAll && (newest === 0 || o64[(newest << ROW64) + ORDER_ID]! <= lastOrderId[at]!)) {
      return a32[ofAccount + OPEN_ORDERS]!;
    }
    let slot = a32[ofAccount + HEAD]!;
    let found = 0;
    while (slot !== 0 && o64[(slot << ROW64) + ORDER_ID]! <= lastOrderId[at]!) {
      if (looked === examinedMax) return -found - 1;
      looked++;
      if (isSelected(o32, slot, instrument, side, tag)) found++;
      slot = o32[(slot << ROW) + NEXT]!;
    }
    return found;
  }

  function isCovered(row: number, slot: number): boolean {
    if (o64[(slot << ROW64) + ORDER_ID]! > orderIds[row]!) return false;
    const m = row * WORDS;
    return isSelected(o32, slot, rows[m + M_INSTRUMENT]!, rows[m + M_SIDE]!, rows[m + M_TAG]!);
  }

  function coveredBy(slot: number): number {
    const account = o32[(slot << ROW) + ACCOUNT]!;
    let mine = a32[(account << ACCOUNT_SHIFT) + MASS_CANCELS]!;
    for (let n = 0; mine > 0; n++) {
      const row = rowAt(n);
      if (rows[row * WORDS + M_ACCOUNT] !== account) continue;
      if (isCovered(row, slot)) return rows[row * WORDS + M_REASON]!;
      mine--;
    }
    return 0;
  }

  function dropFirst(): void {
    const pendingAt = (rows[first * WORDS + M_ACCOUNT]! << ACCOUNT_SHIFT) + MASS_CANCELS;
    a32[pendingAt] = a32[pendingAt]! - 1;
    first = rowAt(1);
    now[PENDING] = now[PENDING]! - 1;
    done++;
  }

  function next(examinedMax: number): number {
    looked = 0;
    while (now[PENDING]! > 0) {
      const at = first * WORDS;
      const slot = rows[at + M_CURSOR]!;
      if (slot === 0 || o64[(slot << ROW64) + ORDER_ID]! > orderIds[first]!) {
        dropFirst();
        continue;
      }
      if (looked === examinedMax) return 0;
      looked++;
      if (isCovered(first, slot)) return slot; // its leaving moves the cursor on
      rows[at + M_CURSOR] = o32[(slot << ROW) + NEXT]!;
    }
    return 0;
  }

  function leaving(slot: number): void {
    const account = o32[(slot << ROW) + ACCOUNT]!;
    let mine = a32[(account << ACCOUNT_SHIFT) + MASS_CANCELS]!;
    for (let n = 0; mine > 0; n++) {
      const at = rowAt(n) * WORDS;
      if (rows[at + M_ACCOUNT] !== account) continue;
      if (rows[at + M_CURSOR] === slot) rows[at + M_CURSOR] = o32[(slot << ROW) + NEXT]!;
      mine--;
    }
  }

  const walk: MassCancels["walk"] = (visit) => {
    for (let n = 0; n < now[PENDING]!; n++) {
      const row = rowAt(n);
      const at = row * WORDS;
      visit({
        account: rows[at + M_ACCOUNT]!,
        instrument: rows[at + M_INSTRUMENT]!,
        side: rows[at + M_SIDE]!,
        tag: rows[at + M_TAG]!,
        reason: rows[at + M_REASON]!,
        cursor: rows[at + M_CURSOR]!,
        row,
      });
    }
  };

  return {
    pending: () => now[PENDING]!,
    done: () => done,
    isFull: () => now[PENDING] === MASS_CANCELS_PENDING_MAX,
    isEmpty: () => now[PENDING] === 0,
    add,
    resume,
    count,
    coveredBy,
    next,
    examined: () => looked,
    reason: () => rows[first * WORDS + M_REASON]!,
    leaving,
    walk,
    orderIds,
  };
}
