/**
 * What a shard can tell of an order: the face of `emit.ts`, and the tables its numbers are read from.
 */
import type { Accounts } from "./accounts.ts";
import type { Matches, Touched } from "./book-api.ts";
import type { PriceSearch } from "./auction-price.ts";
import type { Collected } from "./collected.ts";
import type { EmitAdmin } from "./emit-admin.ts";
import type { EmitSession } from "./emit-session.ts";
import type { EmitAuction } from "./emit-auction.ts";
import type { Events } from "./event.ts";
import type { Instruments } from "./instruments.ts";
import type { Orders } from "./orders.ts";
import type { Timers } from "./timers.ts";
import type { Turn } from "./turn.ts";

export interface Emit {
  begin(): void;
  /** Flags the command's last event, if it made any, and counts all of them in. */
  end(): void;
  /** Response to PLACE; a duplicate says how the order stands now and nobody hears it twice. */
  accepted(slot: number, isDuplicate: boolean): void;
  /** Response. `slot` is the remembered row of a place refused now (or again), else 0. */
  rejected(reason: number, slot: number, isDuplicate: boolean): void;
  /** Row `n` of the matches was a trade with the order in `taker`, which has `takerOpen` left. */
  trade(n: number, taker: number, takerOpen: number): void;
  prevented(n: number, taker: number, takerOpen: number): void;
  /** A maker met and removed: row `n` of the matches. */
  removed(n: number, type: number, reason: number): void;
  /** An order that rested has left the book with what its row has open. */
  left(slot: number, type: number, reason: number, isResponse: boolean): void;
  /** What an order that does not rest had left was cancelled. */
  dropped(slot: number, priceTicks: number, quantity: number, reason: number): void;
  rested(slot: number): void;
  /** As `rested`, of an order that returned with the priority its row says. */
  restored(slot: number): void;
  /** Response to AMEND and REDUCE; `quantity` left the level of `priceTicks`, where the order stood. */
  amended(slot: number, priceTicks: number, quantity: number, isRequeued: boolean): void;
  /** A resting leg lost `quantity` units to a fill of another one. */
  groupReduced(slot: number, quantity: number): void;
  /** As `groupReduced`, of a leg that does not rest yet and keeps `openNow`. */
  groupReducedUnseen(slot: number, priceTicks: number, quantity: number, openNow: number): void;
  status(slot: number): void;
  /** A response with nothing but its type. */
  plain(type: number): void;
  readonly admin: EmitAdmin;
  readonly session: EmitSession;
  readonly auction: EmitAuction;
}

export interface EmitTables {
  readonly turn: Turn;
  /** Where events are written. */
  readonly events: Events;
  readonly orders: Orders;
  readonly accounts: Accounts;
  readonly instruments: Instruments;
  readonly timers: Timers;
  readonly matches: Matches;
  readonly touched: Touched;
  readonly collected: Collected;
  /** To find indicative prices of auctions with. */
  readonly indicative: PriceSearch;
}
