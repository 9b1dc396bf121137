/**
 * The answers to order entry: one small class per method, each writing what its command's outcome
 * means to the person who asked. A refusal by the core becomes its public code here.
 */
import { decodeClientOrderId, EventType, OrderStatus } from "../../engine/client/layouts.ts";
import { codeOfReject, nameOfCancelReason, type Problem } from "../errors.ts";
import { writeOrderId, writeTime } from "../written-forms.ts";
import { STATUS_WORDS } from "./executions.ts";
import type { Outcome, Pending } from "./report.ts";

/** Whoever asked and waits for exactly one answer. Both calls are safe when the asker has left. */
export interface Asker {
  /** `result` is written JSON. */
  answer(result: string): void;
  refuse(problem: Problem): void;
}

function problemOf(outcome: Outcome): Problem {
  const code = codeOfReject(outcome.reason);
  return outcome.duplicate ? { code, duplicate: true } : { code };
}

/** Why an order ended as it did, and the object's end. */
function writeReason(status: number, reason: number): string {
  if (reason === 0) return "}";
  if (status === OrderStatus.REJECTED) return `,"reason":"${codeOfReject(reason)}"}`;
  return status === OrderStatus.CANCELLED ? `,"reason":"${nameOfCancelReason(reason)}"}` : "}";
}

export class PlaceAnswer implements Pending {
  readonly #asker: Asker;
  readonly #clientOrderId: string;
  readonly #symbol: string;
  readonly #shard: number;

  constructor(asker: Asker, clientOrderId: string, symbol: string, shard: number) {
    this.#asker = asker;
    this.#clientOrderId = clientOrderId;
    this.#symbol = symbol;
    this.#shard = shard;
  }

  settle(outcome: Outcome): void {
    if (outcome.type === EventType.REJECTED) return this.#asker.refuse(problemOf(outcome));
    const { duplicate } = outcome;
    const after = duplicate ? outcome : (outcome.order ?? outcome);
    const reason = outcome.remainderReason;
    this.#asker.answer(
      `{"order_id":"${writeOrderId(this.#shard, outcome.orderId)}"` +
        `,"client_order_id":"${this.#clientOrderId}","symbol":"${this.#symbol}"` +
        `,"status":"${STATUS_WORDS[after.status]!}","qty":${after.quantity}` +
        `,"filled_qty":${after.filled},"open_qty":${after.open}` +
        // Its own, also within a batch, whose events carry that of the last of it.
        `,"engine_seq":${outcome.firstSequence}` +
        `,"ts":"${writeTime(outcome.stampUs)}"` +
        (duplicate ? `,"duplicate":true` : "") +
        (reason === 0 ? "}" : `,"reason":"${nameOfCancelReason(reason)}"}`),
    );
  }

  abandon(problem: Problem): void {
    this.#asker.refuse(problem);
  }
}

export class CancelAnswer implements Pending {
  readonly #asker: Asker;
  readonly #shard: number;

  constructor(asker: Asker, shard: number) {
    this.#asker = asker;
    this.#shard = shard;
  }

  settle(outcome: Outcome): void {
    if (outcome.type === EventType.REJECTED) return this.#asker.refuse(problemOf(outcome));
    this.#asker.answer(
      `{"order_id":"${writeOrderId(this.#shard, outcome.orderId)}"` +
        `,"client_order_id":"${decodeClientOrderId(outcome.clientOrderId, 0)}"` +
        `,"cancelled_qty":${outcome.quantity},"filled_qty":${outcome.filled}` +
        `,"engine_seq":${outcome.sequence}}`,
    );
  }

  abandon(problem: Problem): void {
    this.#asker.refuse(problem);
  }
}

export class AmendAnswer implements Pending {
  readonly #asker: Asker;
  readonly #shard: number;

  constructor(asker: Asker, shard: number) {
    this.#asker = asker;
    this.#shard = shard;
  }

  settle(outcome: Outcome): void {
    if (outcome.type === EventType.REJECTED) return this.#asker.refuse(problemOf(outcome));
    // The order was open when the command came, so its record is there, whatever became of it.
    const { quantity, filled, open, status } = outcome.order!;
    const cancelled = outcome.type === EventType.CANCELLED ? outcome.reason : 0;
    const reason = outcome.remainderReason || cancelled;
    this.#asker.answer(
      `{"order_id":"${writeOrderId(this.#shard, outcome.orderId)}"` +
        `,"client_order_id":"${decodeClientOrderId(outcome.clientOrderId, 0)}"` +
        `,"status":"${STATUS_WORDS[status]!}","qty":${quantity},"filled_qty":${filled}` +
        `,"open_qty":${open},"engine_seq":${outcome.sequence}` +
        (reason === 0 ? "}" : `,"reason":"${nameOfCancelReason(reason)}"}`),
    );
  }

  abandon(problem: Problem): void {
    this.#asker.refuse(problem);
  }
}

/** Waits for as many shards as were asked; what they say together is the answer, in `words`. */
export class AllShardsAnswer implements Pending {
  readonly #asker: Asker;
  readonly #words: (count: number, sequence: number) => string;
  #shardsLeft: number;
  #count = 0;
  #sequence = 0;
  #problem: Problem | undefined;

  constructor(asker: Asker, shards: number, words: (count: number, sequence: number) => string) {
    this.#asker = asker;
    this.#shardsLeft = shards;
    this.#words = words;
  }

  settle(outcome: Outcome): void {
    if (outcome.type === EventType.REJECTED) return this.abandon(problemOf(outcome));
    this.#count += outcome.quantity;
    this.#sequence = Math.max(this.#sequence, outcome.sequence);
    this.#finish();
  }

  abandon(problem: Problem): void {
    this.#problem = problem;
    this.#finish();
  }

  #finish(): void {
    if (--this.#shardsLeft > 0) return;
    if (this.#problem !== undefined) return this.#asker.refuse(this.#problem);
    this.#asker.answer(this.#words(this.#count, this.#sequence));
  }
}

export class StatusAnswer implements Pending {
  readonly #asker: Asker;
  readonly #clientOrderId: string;
  readonly #shard: number;

  constructor(asker: Asker, clientOrderId: string, shard: number) {
    this.#asker = asker;
    this.#clientOrderId = clientOrderId;
    this.#shard = shard;
  }

  settle(outcome: Outcome): void {
    if (outcome.type === EventType.REJECTED) return this.#asker.refuse(problemOf(outcome));
    const { status, orderId, reason } = outcome;
    const id = orderId === 0 ? "null" : `"${writeOrderId(this.#shard, orderId)}"`;
    this.#asker.answer(
      `{"order_id":${id},"client_order_id":"${this.#clientOrderId}"` +
        `,"status":"${STATUS_WORDS[status]!}","qty":${outcome.quantity}` +
        `,"filled_qty":${outcome.filled},"open_qty":${outcome.open}` +
        `,"engine_seq":${outcome.firstSequence}` +
        writeReason(status, reason),
    );
  }

  abandon(problem: Problem): void {
    this.#asker.refuse(problem);
  }
}
