/**
 * Mass cancels that are not finished: a queue, oldest first, each with a cursor into its account's
 * list of orders.
 *
 * A mass cancel covers the orders accepted before it (their ids are lower), so from its own sequence
 * on they trade and count no more, although it may take several commands to take them all out.
 */
import { AccountI32, ACCOUNT_WORDS, type Accounts } from "./accounts.ts";
import { assert } from "./assert.ts";
import { MASS_CANCELS_PENDING_MAX } from "./limits.ts";
import { ORDER_DOUBLES, ORDER_WORDS, OrderF64, OrderI32, type Orders, sideOf } from "./orders.ts";

const WORDS_OF_ORDER = ORDER_WORDS;
const DOUBLES_OF_ORDER = ORDER_DOUBLES;
const { account: ACCOUNT, instrument: INSTRUMENT, bits: BITS, accountNext: NEXT } = OrderI32;
const { orderId: ORDER_ID } = OrderF64;
const { head: HEAD, massCancels: MASS_CANCELS } = AccountI32;

const WORDS = 4;
const M_ACCOUNT = 0;
const M_INSTRUMENT = 1; // 0: all
const M_SIDE = 2; // 0: both
const M_CURSOR = 3; // slot of the next order to look at

export interface MassCancels {
  isFull(): boolean;
  isEmpty(): boolean;
  count(): number;
  /** How many have been carried out since this table was made; not state. */
  done(): number;
  /** Covers what the account has open; `lastOrderId[at]` is the newest order accepted so far. */
  add(
    account: number,
    instrument: number,
    side: number,
    lastOrderId: Float64Array,
    at: number,
  ): void;
  /** Takes one up again as `walk` told it; `lastOrderId[at]` is the newest order it covers. */
  resume(
    account: number,
    instrument: number,
    side: number,
    cursor: number,
    lastOrderId: Float64Array,
    at: number,
  ): void;
  /** Whether a pending mass cancel covers this order. */
  covers(slot: number): boolean;
  /** The next covered order, or 0 when there is none or `examinedMax` were looked at. */
  next(examinedMax: number): number;
  /** How many orders the last `next` looked at. */
  examined(): number;
  /** To be called before an order leaves its account's list. */
  leaving(slot: number): void;
  /** Visits what is pending, oldest first; for hashes. The cursor is told as a slot. */
  walk(
    visit: (account: number, instrument: number, side: number, cursor: number, row: number) => void,
  ): void;
  /** `orderIds[row]`: the newest order that a pending one covers. */
  readonly orderIds: Float64Array;
}

/** Whether an order is of this selection (0: any). */
export function isSelected(
  o32: Int32Array,
  slot: number,
  instrument: number,
  side: number,
): boolean {
  const row = slot * WORDS_OF_ORDER;
  if (instrument !== 0 && o32[row + INSTRUMENT] !== instrument) return false;
  return side === 0 || sideOf(o32[row + BITS]!) === side;
}

export function makeMassCancels(orders: Orders, accounts: Accounts): MassCancels {
  const o32 = orders.i32;
  const o64 = orders.f64;
  const a32 = accounts.i32;
  const rows = new Int32Array(MASS_CANCELS_PENDING_MAX * WORDS);
  const orderIds = new Float64Array(MASS_CANCELS_PENDING_MAX);
  let first = 0;
  let count = 0;
  let looked = 0;
  let done = 0;

  const rowAt = (n: number): number => (first + n) % MASS_CANCELS_PENDING_MAX;

  function add(
    account: number,
    instrument: number,
    side: number,
    lastOrderId: Float64Array,
    at: number,
  ): void {
    assert(
      count < MASS_CANCELS_PENDING_MAX,
      "the mass cancel table is not full when a row is taken",
    );
    const row = rowAt(count++);
    rows[row * WORDS + M_ACCOUNT] = account;
    rows[row * WORDS + M_INSTRUMENT] = instrument;
    rows[row * WORDS + M_SIDE] = side;
    rows[row * WORDS + M_CURSOR] = a32[account * ACCOUNT_WORDS + HEAD]!;
    orderIds[row] = lastOrderId[at]!;
    const pendingAt = account * ACCOUNT_WORDS + MASS_CANCELS;
    a32[pendingAt] = a32[pendingAt]! + 1;
  }

  function resume(
    account: number,
    instrument: number,
    side: number,
    cursor: number,
    lastOrderId: Float64Array,
    at: number,
  ): void {
    add(account, instrument, side, lastOrderId, at);
    rows[rowAt(count - 1) * WORDS + M_CURSOR] = cursor;
  }

  function isCovered(row: number, slot: number): boolean {
    if (o64[slot * DOUBLES_OF_ORDER + ORDER_ID]! > orderIds[row]!) return false;
    return isSelected(o32, slot, rows[row * WORDS + M_INSTRUMENT]!, rows[row * WORDS + M_SIDE]!);
  }

  function covers(slot: number): boolean {
    const account = o32[slot * WORDS_OF_ORDER + ACCOUNT]!;
    let pending = a32[account * ACCOUNT_WORDS + MASS_CANCELS]!;
    for (let n = 0; pending > 0; n++) {
      const row = rowAt(n);
      if (rows[row * WORDS + M_ACCOUNT] !== account) continue;
      if (isCovered(row, slot)) return true;
      pending--;
    }
    return false;
  }

  function dropFirst(): void {
    const pendingAt = rows[first * WORDS + M_ACCOUNT]! * ACCOUNT_WORDS + MASS_CANCELS;
    a32[pendingAt] = a32[pendingAt]! - 1;
    first = rowAt(1);
    count--;
    done++;
  }

  function next(examinedMax: number): number {
    looked = 0;
    while (count > 0) {
      const at = first * WORDS;
      const slot = rows[at + M_CURSOR]!;
      if (slot === 0 || o64[slot * DOUBLES_OF_ORDER + ORDER_ID]! > orderIds[first]!) {
        dropFirst();
        continue;
      }
      if (looked === examinedMax) return 0;
      looked++;
      if (isCovered(first, slot)) return slot; // its leaving moves the cursor on
      rows[at + M_CURSOR] = o32[slot * WORDS_OF_ORDER + NEXT]!;
    }
    return 0;
  }

  function leaving(slot: number): void {
    const account = o32[slot * WORDS_OF_ORDER + ACCOUNT]!;
    let pending = a32[account * ACCOUNT_WORDS + MASS_CANCELS]!;
    for (let n = 0; pending > 0; n++) {
      const at = rowAt(n) * WORDS;
      if (rows[at + M_ACCOUNT] !== account) continue;
      if (rows[at + M_CURSOR] === slot) rows[at + M_CURSOR] = o32[slot * WORDS_OF_ORDER + NEXT]!;
      pending--;
    }
  }

  const walk: MassCancels["walk"] = (visit) => {
    for (let n = 0; n < count; n++) {
      const at = rowAt(n) * WORDS;
      visit(
        rows[at + M_ACCOUNT]!,
        rows[at + M_INSTRUMENT]!,
        rows[at + M_SIDE]!,
        rows[at + M_CURSOR]!,
        rowAt(n),
      );
    }
  };

  return {
    isFull: () => count === MASS_CANCELS_PENDING_MAX,
    isEmpty: () => count === 0,
    count: () => count,
    done: () => done,
    add,
    resume,
    covers,
    next,
    examined: () => looked,
    leaving,
    walk,
    orderIds,
  };
}
