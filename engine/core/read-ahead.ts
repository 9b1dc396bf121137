/**
 * Reading ahead: a shard whose tables are larger than the processor's caches spends its time waiting
 * for memory, one place after another. Whoever has the next commands in hand lets the shard read, for
 * all of them together, what each will need, so that the waits overlap. Changes nothing, and may be
 * left out.
 *
 * Each pass follows the links the pass before it brought near: from a command to its line of ids or its
 * order's bucket, from there to the row, from the row to its neighbours.
 */
import { ACCOUNT_SHIFT, AccountI32 } from "./accounts.ts";
import { CommandType } from "./codes.ts";
import {
  COMMAND_BYTES,
  COMMAND_F64,
  COMMAND_I32,
  CommandF64,
  CommandI32,
  CommandU8,
} from "./command.ts";
import type { Commands } from "./command.ts";
import { INSTRUMENT_SHIFT } from "./instruments.ts";
import { COMMANDS_VIEW_MAX, READ_AHEAD_COMMANDS, READ_AHEAD_ROWS_MIN } from "./limits.ts";
import { ON_WHEEL as ON_WHEEL_BIT, ORDER_SHIFT, OrderBits, OrderI32 } from "./orders.ts";
import type { State } from "./state.ts";
import { makeWords } from "./words.ts";

const BYTES = COMMAND_BYTES;
const INDEX_MASK = COMMANDS_VIEW_MAX - 1;
const DOUBLES = COMMAND_F64;
const WORDS = COMMAND_I32;
const { PLACE, CANCEL } = CommandType;
const { account: C_ACCOUNT, instrument: C_INSTRUMENT, clientOrderId: C_KEY } = CommandI32;
const { priceTicks: C_PRICE } = CommandI32;
const C_ORDER = CommandF64.orderId;
const ROW = ORDER_SHIFT;
const { instrument: INSTRUMENT, bits: BITS, clientOrderId: KEY, keyHash: HASH } = OrderI32;
const ON_WHEEL = ON_WHEEL_BIT;
const { sideOf } = OrderBits;
const N_ROW = INSTRUMENT_SHIFT;
const { accountNext: ACCOUNT_NEXT, accountPrev: ACCOUNT_PREV } = OrderI32;
const A_ROW = ACCOUNT_SHIFT;
const A_TAIL = AccountI32.tail;
const COMMANDS = READ_AHEAD_COMMANDS;
const C_SIDE = CommandU8.side;
const ROWS_MIN = READ_AHEAD_ROWS_MIN;

export type ReadAhead = (commands: Commands, from: number, count: number) => void;

export function makeReadAhead(state: State): ReadAhead {
  const { orders, ids, accounts, book, instruments } = state;
  const { mask: oMask } = orders;
  const { mask: aMask } = accounts;
  const { lineOf, lineOfHash } = ids;
  const { bucketOf } = orders;
  const { touchPrice, touchOrder } = book;
  const { mask: nMask } = instruments;
  // Where each command's next read is: loops that only read overlap best.
  const lineAt = makeWords(COMMANDS);
  const slotAt = makeWords(COMMANDS);
  const seen = makeWords(1); // what was read, so that reading it is not left out

  // Arrays are bound inside of each function: what a closure has is looked up again in every turn of a loop.

  /** Places: the line of their id. Others: the bucket of their order. */
  function first({ u8, i32, f64 }: Commands, from: number, count: number): void {
    const ahead = lineAt;
    const slots = slotAt;
    for (let n = 0; n < count; n++) {
      const index = (from + n) & INDEX_MASK;
      const at = index * WORDS;
      const isPlace = u8[index * BYTES] === PLACE;
      ahead[n] = isPlace ? lineOf(i32[at + C_ACCOUNT]!, i32, at + C_KEY) : 0;
      slots[n] = isPlace ? 0 : bucketOf(f64, index * DOUBLES + C_ORDER);
    }
    const { lines } = ids;
    const { buckets } = orders;
    let read = 0;
    for (let n = 0; n < count; n++) read ^= lines[ahead[n]!]!;
    for (let n = 0; n < count; n++) slots[n] = buckets[slots[n]!]!;
    seen[0] = read;
  }

  /** The account's row; from it, for places, the newest order, which theirs will follow; others' order. */
  function second({ u8, i32 }: Commands, from: number, count: number): void {
    const slots = slotAt;
    const a32 = accounts.i32;
    let read = 0;
    for (let n = 0; n < count; n++) {
      const index = (from + n) & INDEX_MASK;
      const tail = a32[((i32[index * WORDS + C_ACCOUNT]! & aMask) << A_ROW) + A_TAIL]!;
      if (u8[index * BYTES] === PLACE) slots[n] = tail;
      else read ^= tail;
    }
    const o32 = orders.i32;
    for (let n = 0; n < count; n++) {
      const row = (slots[n]! & oMask) << ROW;
      read ^= o32[row]! ^ o32[row + KEY]!;
    }
    seen[0] = read;
  }

  /** Where the order leaves, and where it comes to; of cancels also what the account and the id leave. */
  function third({ u8, i32 }: Commands, from: number, count: number): void {
    const slots = slotAt;
    const o32 = orders.i32;
    const n32 = instruments.i32;
    const { lines } = ids;
    let read = 0;
    for (let n = 0; n < count; n++) {
      const index = (from + n) & INDEX_MASK;
      const at = index * WORDS;
      const type = u8[index * BYTES]!;
      const slot = slots[n]!;
      const row = (slot & oMask) << ROW;
      const isPlace = type === PLACE;
      const instrument = (isPlace ? i32[at + C_INSTRUMENT]! : o32[row + INSTRUMENT]!) & nMask;
      read ^= n32[instrument << N_ROW]!;
      if (!isPlace) read ^= touchOrder(slot);
      if (type === CANCEL) {
        read ^= o32[(o32[row + ACCOUNT_NEXT]! & oMask) << ROW]!;
        read ^= o32[(o32[row + ACCOUNT_PREV]! & oMask) << ROW]!;
        if ((o32[row + BITS]! & ON_WHEEL) === 0) read ^= lines[lineOfHash(o32[row + HASH]!)]!;
        continue;
      }
      const side = isPlace ? u8[index * BYTES + C_SIDE]! & 3 : sideOf(o32[row + BITS]!);
      read ^= touchPrice(instrument, side, i32[at + C_PRICE]!);
    }
    seen[0] = read;
  }

  return (commands, from, count) => {
    if (orders.highest() < ROWS_MIN) return;
    const most = count < COMMANDS ? count : COMMANDS;
    first(commands, from, most);
    second(commands, from, most);
    third(commands, from, most);
  };
}
