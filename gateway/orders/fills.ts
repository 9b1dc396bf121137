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
import { writeMinor, writeOrderId, writeTime } from "../written-forms.ts";

export const FILLS_KEPT = 65_536;
const NOBODY = -1;

export class Fills {
  readonly #shard: number;
  readonly #view: (instrumentId: number) => InstrumentView | undefined;
  readonly #kept: number;
  /** Number of each account's newest fill. */
  readonly #newest = new Map<number, number>();
  readonly #before: Float64Array;
  readonly #instrument: Int32Array;
  readonly #priceTicks: Int32Array;
  readonly #quantity: Int32Array;
  readonly #tradeId: Float64Array;
  readonly #orderId: Float64Array;
  readonly #stampUs: Float64Array;
  readonly #side: Uint8Array;
  readonly #isTaker: Uint8Array;
  #count = 0;

  constructor(
    shard: number,
    view: (instrumentId: number) => InstrumentView | undefined,
    kept = FILLS_KEPT,
  ) {
    this.#shard = shard;
    this.#view = view;
    this.#kept = kept;
    this.#before = new Float64Array(kept);
    this.#instrument = new Int32Array(kept);
    this.#priceTicks = new Int32Array(kept);
    this.#quantity = new Int32Array(kept);
    this.#tradeId = new Float64Array(kept);
    this.#orderId = new Float64Array(kept);
    this.#stampUs = new Float64Array(kept);
    this.#side = new Uint8Array(kept);
    this.#isTaker = new Uint8Array(kept);
  }

  onEvent(events: Events, index: number): void {
    if (events.u8[index * EVENT_BYTES + EventU8.type] !== EventType.TRADE) return;
    const i32 = index * EVENT_I32;
    const makerSide = events.u8[index * EVENT_BYTES + EventU8.side]!;
    const takerSide = makerSide === Side.BID ? Side.ASK : Side.BID;
    this.#add(events, index, events.i32[i32 + EventI32.account]!, makerSide, EventF64.orderId, 0);
    const taker = events.i32[i32 + EventI32.takerAccount]!;
    this.#add(events, index, taker, takerSide, EventF64.takerOrderId, 1);
  }

  /** Ever, also when its trades are not kept any more. */
  hasTraded(account: number): boolean {
    return this.#newest.has(account);
  }

  /** Written JSON objects with their times, newest first. */
  ofAccount(account: number, limit: number): { stampUs: number; text: string }[] {
    const rows: { stampUs: number; text: string }[] = [];
    let number = this.#newest.get(account) ?? NOBODY;
    while (rows.length < limit && number !== NOBODY && number >= this.#count - this.#kept) {
      const slot = number % this.#kept;
      rows.push({ stampUs: this.#stampUs[slot]!, text: this.#write(slot) });
      number = this.#before[slot]!;
    }
    return rows;
  }

  #add(
    events: Events,
    index: number,
    account: number,
    side: number,
    orderAt: number,
    isTaker: number,
  ): void {
    const f64 = index * EVENT_F64;
    const i32 = index * EVENT_I32;
    const number = this.#count++;
    const slot = number % this.#kept;
    this.#before[slot] = this.#newest.get(account) ?? NOBODY;
    this.#newest.set(account, number);
    this.#instrument[slot] = events.i32[i32 + EventI32.instrument]!;
    this.#priceTicks[slot] = events.i32[i32 + EventI32.priceTicks]!;
    this.#quantity[slot] = events.i32[i32 + EventI32.quantity]!;
    this.#tradeId[slot] = events.f64[f64 + EventF64.tradeId]!;
    this.#orderId[slot] = events.f64[f64 + orderAt]!;
    this.#stampUs[slot] = events.f64[f64 + EventF64.stampUs]!;
    this.#side[slot] = side;
    this.#isTaker[slot] = isTaker;
  }

  #write(slot: number): string {
    const view = this.#view(this.#instrument[slot]!);
    const minor = this.#priceTicks[slot]! * (view?.tickMinor ?? 0);
    return JSON.stringify({
      trade_id: this.#tradeId[slot],
      order_id: writeOrderId(this.#shard, this.#orderId[slot]!),
      symbol: view?.instrument.symbol ?? null,
      side: this.#side[slot] === Side.BID ? "buy" : "sell",
      price: writeMinor(minor),
      qty: this.#quantity[slot],
      liquidity: this.#isTaker[slot] === 1 ? "taker" : "maker",
      ts: writeTime(this.#stampUs[slot]!),
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
