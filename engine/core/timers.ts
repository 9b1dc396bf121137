/**
 * Session timers, the dead man's switch: each says when an account's orders of one tag (0: all of
 * them) are to end unless it is armed again before.
 *
 * ```
 * row    word 0 account  1 tag  2 next  3 prev   the account's timers (next: also the free list)
 *             4 heapAt
 *        f64  3 firesAtUs   4 armedSequence      who fires first: earlier time, then armed earlier
 *             5 lastOrderId                      newest order it covers; Infinity: whatever is older
 *                                                than its firing
 * heap   rows, the one that fires first on top
 * heads  account ──► its first row
 * ```
 *
 * A timer whose time has come covers its orders at once, however many others are due: they trade and
 * count no more (`covers`). Saying so and taking them out is done a few at a time (`sessions.ts`). An
 * account that places an order meanwhile draws the line first (`drawLine`), so that no timer takes
 * what came after its time.
 *
 * State: every armed row, all of its fields but the links. `walk` tells them in firing order.
 */
import { assert } from "./assert.ts";
import { ORDER_SHIFT, ORDER_SHIFT64, OrderF64, OrderI32, type Orders } from "./orders.ts";
import { makeDoubles } from "./words.ts";

const ROW = ORDER_SHIFT;
const ROW64 = ORDER_SHIFT64;
const { account: O_ACCOUNT, tag: O_TAG } = OrderI32;
const { orderId: O_ORDER_ID } = OrderF64;

export const TIMER_WORDS = 12;
export const TIMER_DOUBLES = 6;
export const TimerI32 = { account: 0, tag: 1 } as const;
export const TimerF64 = { firesAtUs: 3, armedSequence: 4, lastOrderId: 5 } as const;

const WORDS = TIMER_WORDS;
const DOUBLES = TIMER_DOUBLES;
const { account: ACCOUNT, tag: TAG } = TimerI32;
const { firesAtUs: FIRES, armedSequence: ARMED, lastOrderId: LAST_ORDER } = TimerF64;
const NEXT = 2;
const PREV = 3;
const HEAP_AT = 4;
const NO_LINE = Number.POSITIVE_INFINITY;

export interface Timers {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  /** `firstUs[0]`: when the first one fires; Infinity when none is armed. */
  readonly firstUs: Float64Array;
  isEmpty(): boolean;
  isFull(): boolean;
  /** How many this account has. */
  countOf(account: number): number;
  /** The row of this account and tag, or 0. */
  find(account: number, tag: number): number;
  /** Whether the row's time has come. */
  isDue(row: number): boolean;
  /** The row that fires first, or 0. */
  first(): number;
  /** Arms a timer that is not in the table, to fire at `us[usAt]`; `sequence[sequenceAt]` armed it. */
  add(
    account: number,
    tag: number,
    us: Float64Array,
    usAt: number,
    sequence: Float64Array,
    sequenceAt: number,
  ): number;
  remove(row: number): void;
  /** Whether a timer that is due covers this order. */
  covers(slot: number): boolean;
  /** Timers of this account that are due cover nothing newer than the order `lastOrderId[at]`. */
  drawLine(account: number, lastOrderId: Float64Array, at: number): void;
  /** Visits the armed rows, the one that fires first first; for hashes. Allocates. */
  walk(visit: (row: number) => void): void;
}

interface Heap {
  top(): number;
  count(): number;
  add(row: number): void;
  remove(row: number): void;
}

/** Rows by the time they fire, then by when they were armed; a row knows its place. */
function makeHeap(i32: Int32Array, f64: Float64Array, rowsMax: number): Heap {
  const heap = new Int32Array(rowsMax + 1); // from 1; children of n are 2n and 2n + 1
  let count = 0;

  function isBefore(a: number, b: number): boolean {
    const firesA = f64[a * DOUBLES + FIRES]!;
    const firesB = f64[b * DOUBLES + FIRES]!;
    if (firesA !== firesB) return firesA < firesB;
    return f64[a * DOUBLES + ARMED]! < f64[b * DOUBLES + ARMED]!;
  }

  function put(at: number, row: number): void {
    heap[at] = row;
    i32[row * WORDS + HEAP_AT] = at;
  }

  function rise(from: number, row: number): number {
    let at = from;
    for (; at > 1 && isBefore(row, heap[at >> 1]!); at >>= 1) put(at, heap[at >> 1]!);
    return at;
  }

  function sink(from: number, row: number): number {
    let at = from;
    for (let child = at * 2; child <= count; child = at * 2) {
      if (child < count && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, row)) break;
      put(at, heap[child]!);
      at = child;
    }
    return at;
  }

  function add(row: number): void {
    count++;
    put(rise(count, row), row);
  }

  function remove(row: number): void {
    const at = i32[row * WORDS + HEAP_AT]!;
    const last = heap[count]!;
    i32[row * WORDS + HEAP_AT] = 0;
    heap[count] = 0;
    count--;
    if (last !== row) put(rise(sink(at, last), last), last);
  }

  return { top: () => (count === 0 ? 0 : heap[1]!), count: () => count, add, remove };
}

/** `nowUs[nowAt]` is the stamp of the command being applied. */
export function makeTimers(
  timersMax: number,
  accountsMax: number,
  orders: Orders,
  nowUs: Float64Array,
  nowAt: number,
): Timers {
  const buffer = new ArrayBuffer((timersMax + 1) * WORDS * 4);
  const i32 = new Int32Array(buffer);
  const f64 = new Float64Array(buffer);
  const heads = new Int32Array(accountsMax);
  const heap = makeHeap(i32, f64, timersMax);
  const firstUs = makeDoubles(1).fill(Number.POSITIVE_INFINITY);
  const { i32: o32, f64: o64 } = orders;
  let highest = 0;
  let freeRow = 0;

  function isDue(row: number): boolean {
    return f64[row * DOUBLES + FIRES]! <= nowUs[nowAt]!;
  }

  function find(account: number, tag: number): number {
    let row = heads[account]!;
    while (row !== 0 && i32[row * WORDS + TAG] !== tag) row = i32[row * WORDS + NEXT]!;
    return row;
  }

  function countOf(account: number): number {
    let count = 0;
    for (let row = heads[account]!; row !== 0; row = i32[row * WORDS + NEXT]!) count++;
    return count;
  }

  function takeRow(): number {
    assert(heap.count() < timersMax, "the timer table is not full when a row is taken");
    if (freeRow === 0) return ++highest;
    const row = freeRow;
    freeRow = i32[row * WORDS + NEXT]!;
    return row;
  }

  /** The heap changed. */
  function look(): void {
    const row = heap.top();
    firstUs[0] = row === 0 ? Number.POSITIVE_INFINITY : f64[row * DOUBLES + FIRES]!;
  }

  function add(
    account: number,
    tag: number,
    us: Float64Array,
    usAt: number,
    sequence: Float64Array,
    sequenceAt: number,
  ): number {
    const row = takeRow();
    const at = row * WORDS;
    const head = heads[account]!;
    i32[at + ACCOUNT] = account;
    i32[at + TAG] = tag;
    i32[at + NEXT] = head;
    i32[at + PREV] = 0;
    if (head !== 0) i32[head * WORDS + PREV] = row;
    heads[account] = row;
    f64[row * DOUBLES + FIRES] = us[usAt]!;
    f64[row * DOUBLES + ARMED] = sequence[sequenceAt]!;
    f64[row * DOUBLES + LAST_ORDER] = NO_LINE;
    heap.add(row);
    look();
    return row;
  }

  function remove(row: number): void {
    const at = row * WORDS;
    const next = i32[at + NEXT]!;
    const prev = i32[at + PREV]!;
    if (prev === 0) heads[i32[at + ACCOUNT]!] = next;
    else i32[prev * WORDS + NEXT] = next;
    if (next !== 0) i32[next * WORDS + PREV] = prev;
    heap.remove(row);
    look();
    i32[at + NEXT] = freeRow;
    freeRow = row;
  }

  function covers(slot: number): boolean {
    if (!(firstUs[0]! <= nowUs[nowAt]!)) return false;
    const tag = o32[(slot << ROW) + O_TAG]!;
    let row = heads[o32[(slot << ROW) + O_ACCOUNT]!]!;
    for (; row !== 0; row = i32[row * WORDS + NEXT]!) {
      const of = i32[row * WORDS + TAG]!;
      if ((of !== 0 && of !== tag) || !isDue(row)) continue;
      if (o64[(slot << ROW64) + O_ORDER_ID]! <= f64[row * DOUBLES + LAST_ORDER]!) return true;
    }
    return false;
  }

  function drawLine(account: number, lastOrderId: Float64Array, at: number): void {
    if (!(firstUs[0]! <= nowUs[nowAt]!)) return;
    for (let row = heads[account]!; row !== 0; row = i32[row * WORDS + NEXT]!) {
      const line = row * DOUBLES + LAST_ORDER;
      if (isDue(row) && f64[line] === NO_LINE) f64[line] = lastOrderId[at]!;
    }
  }

  const walk: Timers["walk"] = (visit) => {
    const rows: number[] = [];
    for (let row = 1; row <= highest; row++) {
      if (i32[row * WORDS + HEAP_AT] !== 0) rows.push(row);
    }
    const by = (a: number, b: number, at: number): number =>
      f64[a * DOUBLES + at]! - f64[b * DOUBLES + at]!;
    for (const row of rows.toSorted((a, b) => by(a, b, FIRES) || by(a, b, ARMED))) visit(row);
  };

  return {
    i32,
    f64,
    firstUs,
    isEmpty: () => heap.count() === 0,
    isFull: () => heap.count() === timersMax,
    countOf,
    find,
    isDue,
    first: heap.top,
    add,
    remove,
    covers,
    drawLine,
    walk,
  };
}
