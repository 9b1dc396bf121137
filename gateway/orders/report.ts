/**
 * From events back to whoever asked: one command's outcome, gathered from its response event to its
 * last one, and handed to the pending request that carries its correlation.
 *
 * A request is answered when its command is whole, so that the status in the answer is the one after
 * matching; the operations of a batch or group, which are told within one command, all at its end. It is never answered from anything but events; a shard that stops first leaves it unknown.
 */
import {
  CancelReason,
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventFlag,
  EventI32,
  type Events,
  EventType,
  EventU8,
} from "../../engine/client/layouts.ts";
import type { Problem } from "../errors.ts";
import { NOBODY, type OpenOrders, type Standing } from "./open-orders.ts";
import { Waiting } from "./waiting.ts";

/** A request that waits for its command. */
export interface Pending {
  /** The command is whole. The outcome is reused for the next one: read it now. */
  settle(outcome: Outcome): void;
  /** The shard stopped, or its disk got full, before it said anything. */
  abandon(problem: Problem): void;
}

/** What became of one command. */
export interface Outcome {
  /** EventType of the response. */
  type: number;
  reason: number;
  duplicate: boolean;
  sequence: number;
  stampUs: number;
  orderId: number;
  quantity: number;
  /** As the response said; for an order that is known, `order` says what is true after the command. */
  open: number;
  filled: number;
  status: number;
  firstSequence: number;
  instrument: number;
  readonly clientOrderId: Int32Array;
  order: Standing | undefined;
  /** CancelReason of what the command's own order lost after the response, else 0. */
  remainderReason: number;
}

export class Reports {
  readonly #waiting = new Waiting<Pending>();
  /** Who was told of in the command that is being read, and what; several in a batch or group. */
  readonly #current: (Pending | undefined)[] = [];
  #count = 0;
  readonly #outcomes: Outcome[] = [];
  /** The rows of their orders, and how those stand in the end. */
  readonly #rows: number[] = [];
  readonly #standings: Standing[] = [];

  /** Pending requests: commands on their way. */
  get waiting(): number {
    return this.#waiting.count;
  }

  expect(correlation: number, pending: Pending): void {
    this.#waiting.add(correlation, pending);
  }

  /** After `orders` has folded the event, before it forgets. */
  onEvent(events: Events, index: number, orders: OpenOrders): void {
    const correlation = events.f64[index * EVENT_F64 + EventF64.correlation]!;
    if (correlation !== 0) {
      const pending = this.#waiting.take(correlation);
      if (pending === undefined) return;
      const outcome = (this.#outcomes[this.#count] ??= emptyOutcome());
      readOutcome(outcome, events, index);
      this.#rows[this.#count] = orders.row(outcome.orderId);
      this.#current[this.#count++] = pending;
      return;
    }
    for (let at = 0; at < this.#count; at++) readRest(this.#outcomes[at]!, events, index);
  }

  /** All events of the command are in: only now is known what each of its operations came to. */
  onCommandEnd(orders: OpenOrders): void {
    const count = this.#count;
    this.#count = 0;
    for (let at = 0; at < count; at++) {
      const outcome = this.#outcomes[at]!;
      const pending = this.#current[at]!;
      this.#current[at] = undefined;
      outcome.order = this.#standing(at, orders);
      pending.settle(outcome);
    }
  }

  /** Its row can still be read, though the order may have ended. */
  #standing(at: number, orders: OpenOrders): Standing | undefined {
    const row = this.#rows[at]!;
    if (row === NOBODY) return undefined;
    const into = (this.#standings[at] ??= { quantity: 0, filled: 0, open: 0, status: 0 });
    return orders.readStanding(row, into);
  }

  /** What becomes of that one is known, and not from an event. */
  abandon(correlation: number, problem: Problem): void {
    this.#waiting.take(correlation)?.abandon(problem);
  }

  /** Nobody knows yet what becomes of what is on its way; what is heard of it later is nobody's. */
  abandonWaiting(problem: Problem): void {
    for (const pending of this.#waiting.takeAll()) pending.abandon(problem);
  }

  /** The shard is gone, and so is the rest of a command that was half told. */
  abandonAll(problem: Problem): void {
    this.abandonWaiting(problem);
    const half = this.#current.slice(0, this.#count);
    this.#count = 0;
    for (const pending of half) pending?.abandon(problem);
  }
}

/** What an event that is no response says of the order of `outcome`. */
function readRest(outcome: Outcome, events: Events, index: number): void {
  const type = events.u8[index * EVENT_BYTES + EventU8.type]!;
  const orderId = events.f64[index * EVENT_F64 + EventF64.orderId]!;
  if (type === EventType.CANCELLED && orderId === outcome.orderId) {
    outcome.remainderReason = events.u8[index * EVENT_BYTES + EventU8.reason]!;
  } else if (type === EventType.PREVENTED) {
    // A prevention used up the command's own order, which is its taker.
    const takerId = events.f64[index * EVENT_F64 + EventF64.takerOrderId]!;
    const takerOpen = events.i32[index * EVENT_I32 + EventI32.takerOpen]!;
    const isOwn = takerId === outcome.orderId && takerOpen === 0;
    if (isOwn) outcome.remainderReason = CancelReason.SELF_TRADE;
  }
}

function emptyOutcome(): Outcome {
  return {
    type: EventType.NONE,
    reason: 0,
    duplicate: false,
    sequence: 0,
    stampUs: 0,
    orderId: 0,
    quantity: 0,
    open: 0,
    filled: 0,
    status: 0,
    firstSequence: 0,
    instrument: 0,
    clientOrderId: new Int32Array(4),
    order: undefined,
    remainderReason: 0,
  };
}

function readOutcome(outcome: Outcome, events: Events, index: number): void {
  const u8 = index * EVENT_BYTES;
  const f64 = index * EVENT_F64;
  const i32 = index * EVENT_I32;
  outcome.type = events.u8[u8 + EventU8.type]!;
  outcome.reason = events.u8[u8 + EventU8.reason]!;
  outcome.status = events.u8[u8 + EventU8.status]!;
  outcome.duplicate = (events.u8[u8 + EventU8.flags]! & EventFlag.DUPLICATE) !== 0;
  outcome.sequence = events.f64[f64 + EventF64.sequence]!;
  outcome.stampUs = events.f64[f64 + EventF64.stampUs]!;
  outcome.orderId = events.f64[f64 + EventF64.orderId]!;
  outcome.firstSequence = events.f64[f64 + EventF64.firstSequence]!;
  outcome.quantity = events.i32[i32 + EventI32.quantity]!;
  outcome.open = events.i32[i32 + EventI32.open]!;
  outcome.filled = events.i32[i32 + EventI32.filled]!;
  outcome.instrument = events.i32[i32 + EventI32.instrument]!;
  for (let word = 0; word < 4; word++) {
    outcome.clientOrderId[word] = events.i32[i32 + EventI32.clientOrderId + word]!;
  }
  outcome.remainderReason = 0;
}
