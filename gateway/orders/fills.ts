/**
 * The latest trades of every account on one shard, folded from its events: what an owner is shown of
 * yesterday, since reports tell only what happens while somebody listens. Bounded over all accounts
 * together: an account sees its newest trades as long as they are among the shard's newest.
 *
 * ```
 * number   70  71  72  73  74   slot = number mod FILLS_KEPT
 * account   3   8   3   3   8
 * before   61  66  70  72  71   the same account's one before: its trades are a chain backwards
 * ```
 *
 * A slot is a row of 48 bytes, in views over one buffer:
 *
 * ```
 * doubles  0       1      2      3      words 8           9      10        11
 *          before  trade  order  stamp        instrument  price  quantity  side, and 4 for a taker
 * ```
 */
import {
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventI32,
  type Events,
  EventType,
  EventU8,
  Side,
} from "../../engine/client/layouts.ts";
import type { InstrumentView } from "../market-data/view.ts";
import { makeRows, type Rows } from "../order-terms.ts";
import { writeMinor, writeOrderId, writeTime } from "../written-forms.ts";

export const FILLS_KEPT = 65_536;
const NOBODY = -1;

const ROW_I32 = 12;
const ROW_F64 = 6;
const [BEFORE, TRADE, ORDER, STAMP] = [0, 1, 2, 3];
const [INSTRUMENT, PRICE, QUANTITY, SIDE] = [8, 9, 10, 11];
/** Beside the side, which is 1 or 2. */
const TAKER = 4;

export class Fills {
  readonly #shard: number;
  readonly #view: (instrumentId: number) => InstrumentView | undefined;
  readonly #kept: number;
  /** Number of each account's newest fill. */
  readonly #newest: number[] = [];
  readonly #rows: Rows;
  #count = 0;

  constructor(
    shard: number,
    view: (instrumentId: number) => InstrumentView | undefined,
    kept = FILLS_KEPT,
  ) {
    this.#shard = shard;
    this.#view = view;
    this.#kept = kept;
    this.#rows = makeRows(kept, ROW_I32);
  }

  onEvent(events: Events, index: number): void {
    if (events.u8[index * EVENT_BYTES + EventU8.type] !== EventType.TRADE) return;
    const i32 = index * EVENT_I32;
    const makerSide = events.u8[index * EVENT_BYTES + EventU8.side]!;
    const takerSide = makerSide === Side.BID ? Side.ASK : Side.BID;
    this.#add(events, index, events.i32[i32 + EventI32.account]!, makerSide, EventF64.orderId);
    const taker = events.i32[i32 + EventI32.takerAccount]!;
    this.#add(events, index, taker, takerSide | TAKER, EventF64.takerOrderId);
  }

  /** Ever, also when its trades are not kept any more. */
  hasTraded(account: number): boolean {
    return this.#newest[account] !== undefined;
  }

  /** Written JSON objects with their times, newest first. */
  ofAccount(account: number, limit: number): { stampUs: number; text: string }[] {
    const rows: { stampUs: number; text: string }[] = [];
    const { f64 } = this.#rows;
    let number = this.#newest[account] ?? NOBODY;
    while (rows.length < limit && number !== NOBODY && number >= this.#count - this.#kept) {
      const slot = number % this.#kept;
      rows.push({ stampUs: f64[slot * ROW_F64 + STAMP]!, text: this.#write(slot) });
      number = f64[slot * ROW_F64 + BEFORE]!;
    }
    return rows;
  }

  #add(events: Events, index: number, account: number, side: number, orderAt: number): void {
    const from64 = index * EVENT_F64;
    const from32 = index * EVENT_I32;
    const number = this.#count++;
    const slot = number % this.#kept;
    const { f64, i32 } = this.#rows;
    const at64 = slot * ROW_F64;
    f64[at64 + BEFORE] = this.#newest[account] ?? NOBODY;
    f64[at64 + TRADE] = events.f64[from64 + EventF64.tradeId]!;
    f64[at64 + ORDER] = events.f64[from64 + orderAt]!;
    f64[at64 + STAMP] = events.f64[from64 + EventF64.stampUs]!;
    const at32 = slot * ROW_I32;
    i32[at32 + INSTRUMENT] = events.i32[from32 + EventI32.instrument]!;
    i32[at32 + PRICE] = events.i32[from32 + EventI32.priceTicks]!;
    i32[at32 + QUANTITY] = events.i32[from32 + EventI32.quantity]!;
    i32[at32 + SIDE] = side;
    this.#newest[account] = number;
  }

  #write(slot: number): string {
    const { f64, i32 } = this.#rows;
    const at64 = slot * ROW_F64;
    const at32 = slot * ROW_I32;
    const view = this.#view(i32[at32 + INSTRUMENT]!);
    const minor = i32[at32 + PRICE]! * (view?.tickMinor ?? 0);
    const side = i32[at32 + SIDE]!;
    return JSON.stringify({
      trade_id: f64[at64 + TRADE],
      order_id: writeOrderId(this.#shard, f64[at64 + ORDER]!),
      symbol: view?.instrument.symbol ?? null,
      side: (side & ~TAKER) === Side.BID ? "buy" : "sell",
      price: writeMinor(minor),
      qty: i32[at32 + QUANTITY],
      liquidity: (side & TAKER) === 0 ? "maker" : "taker",
      ts: writeTime(f64[at64 + STAMP]!),
    });
  }
}

export const FILLS_DEFAULT = 50;
export const FILLS_MAX = 500;

/** The newest of all shards, newest first: the result of `account_trades`. */
export function writeFills(shards: readonly Fills[], account: number, limit: number): string {
  const rows = shards.flatMap((fills) => fills.ofAccount(account, limit));
  const newest = rows.toSorted((a, b) => b.stampUs - a.stampUs).slice(0, limit);
  return `{"trades":[${newest.map(({ text }) => text).join(",")}]}`;
}
