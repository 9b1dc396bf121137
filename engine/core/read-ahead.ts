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
import { READ_AHEAD_COMMANDS, READ_AHEAD_ROWS_MIN } from "./limits.ts";
import { ORDER_SHIFT, OrderI32 } from "./orders.ts";
import type { State } from "./state.ts";
import { makeWords } from "./words.ts";

const BYTES = COMMAND_BYTES;
const DOUBLES = COMMAND_F64;
const WORDS = COMMAND_I32;
const PLACE = CommandType.PLACE;
const { account: C_ACCOUNT, instrument: C_INSTRUMENT, clientOrderId: C_KEY } = CommandI32;
const { priceTicks: C_PRICE } = CommandI32;
const C_ORDER = CommandF64.orderId;
const ROW = ORDER_SHIFT;
const { account: ACCOUNT, clientOrderId: KEY } = OrderI32;
const { accountNext: ACCOUNT_NEXT, accountPrev: ACCOUNT_PREV } = OrderI32;
const A_ROW = ACCOUNT_SHIFT;
const A_TAIL = AccountI32.tail;
const COMMANDS = READ_AHEAD_COMMANDS;
const C_SIDE = CommandU8.side;
const ROWS_MIN = READ_AHEAD_ROWS_MIN;

export type ReadAhead = (commands: Commands, from: number, count: number) => void;

export function makeReadAhead(state: State): ReadAhead {
  const { orders, ids, accounts, book, instruments } = state;
  const { i32: o32, buckets } = orders;
  const { lines } = ids;
  const a32 = accounts.i32;
  // Where each command's next read is: loops that only read overlap best.
  const lineAt = new Int32Array(COMMANDS);
  const slotAt = new Int32Array(COMMANDS);
  const seen = makeWords(1); // what was read, so that reading it is not left out

  /** Places: the line of their id. Others: the bucket of their order. */
  function first(commands: Commands, from: number, count: number): void {
    const { u8, i32, f64 } = commands;
    for (let n = 0; n < count; n++) {
      const at = (from + n) * WORDS;
      const isPlace = u8[(from + n) * BYTES] === PLACE;
      lineAt[n] = isPlace ? ids.lineOf(i32[at + C_ACCOUNT]!, i32, at + C_KEY) : 0;
      slotAt[n] = isPlace ? 0 : orders.bucketOf(f64, (from + n) * DOUBLES + C_ORDER);
    }
    let read = 0;
    for (let n = 0; n < count; n++) read ^= lines[lineAt[n]!]!;
    for (let n = 0; n < count; n++) slotAt[n] = buckets[slotAt[n]!]!;
    seen[0] = read;
  }

  /** Their order's row; for places their account's newest order, which theirs will follow. */
  function second(commands: Commands, from: number, count: number): void {
    const { u8, i32 } = commands;
    for (let n = 0; n < count; n++) {
      if (u8[(from + n) * BYTES] !== PLACE) continue;
      const account = i32[(from + n) * WORDS + C_ACCOUNT]!;
      slotAt[n] = accounts.isKnown(account) ? a32[(account << A_ROW) + A_TAIL]! : 0;
    }
    let read = 0;
    for (let n = 0; n < count; n++) {
      const row = slotAt[n]! << ROW;
      read ^= o32[row]! ^ o32[row + KEY]!;
    }
    seen[0] = read;
  }

  /** The neighbours of their order, its level and the line of its id; for places their level. */
  function third(commands: Commands, from: number, count: number): void {
    const { u8, i32 } = commands;
    let read = 0;
    for (let n = 0; n < count; n++) {
      const at = (from + n) * WORDS;
      const slot = slotAt[n]!;
      const row = slot << ROW;
      if (u8[(from + n) * BYTES] === PLACE) {
        lineAt[n] = 0;
        if (!instruments.isListed(i32[at + C_INSTRUMENT]!)) continue;
        read ^= book.touchPrice(
          i32[at + C_INSTRUMENT]!,
          u8[(from + n) * BYTES + C_SIDE]!,
          i32[at + C_PRICE]!,
        );
      } else {
        lineAt[n] = ids.lineOf(o32[row + ACCOUNT]!, o32, row + KEY);
        read ^= book.touchOrder(slot);
      }
    }
    for (let n = 0; n < count; n++) {
      const row = slotAt[n]! << ROW;
      read ^= lines[lineAt[n]!]!;
      read ^= o32[o32[row + ACCOUNT_NEXT]! << ROW]! ^ o32[o32[row + ACCOUNT_PREV]! << ROW]!;
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
