/**
 * The answer to an order that took the short way: from the command's outcome straight into the bytes of
 * a frame. It says what `answer.ts` says in JSON; a test holds them to it. Refusals are rare and go the
 * other way.
 */
import { CommandType, EventType } from "../../engine/client/layouts.ts";
import { Method, OrderStatus } from "../../proto/gen/solebook/gateway/v1/words_pb.ts";
import { codeOfReject, nameOfCancelReason, type Problem } from "../errors.ts";
import type { ByteWriter } from "../frames/byte-writer.ts";
import type { Caller } from "../registry/identity.ts";
import { nowUs } from "../written-forms.ts";
import { writeClientOrderId, writeOrderIdAt } from "./quick-texts.ts";
import type { Outcome, Pending } from "./report.ts";

/** Of a request without a number of its own. */
export const NO_NUMBER = Number.NaN;
export type QuickMethod = "add_order" | "amend_order" | "cancel_order";

/** A socket in binary, logged on. All calls are safe when it has left. */
export interface QuickAsker {
  /** Which may trade; with another one, somebody has to look again. */
  readonly key: Caller;
  readonly accountId: number;
  /** Where an answer's bytes go, followed by `answered`; null: there is nobody any more. */
  answerTo(): ByteWriter | null;
  answered(method: QuickMethod, waitedUs: number): void;
  refuse(method: QuickMethod, reqId: number, timeInUs: number, problem: Problem): void;
}

/** Room for the longest answer there is: 200 bytes, and a symbol. */
const ANSWER_BYTES_MAX = 512;
const FRAME_ANSWERS = 0x12;

const METHODS: Readonly<Record<number, QuickMethod>> = {
  [CommandType.PLACE]: "add_order",
  [CommandType.AMEND]: "amend_order",
  [CommandType.CANCEL]: "cancel_order",
};
const METHOD_NUMBERS: Readonly<Record<QuickMethod, number>> = {
  add_order: Method.ADD_ORDER,
  amend_order: Method.AMEND_ORDER,
  cancel_order: Method.CANCEL_ORDER,
};
const RESULT_TAGS: Readonly<Record<QuickMethod, number>> = {
  add_order: 0x1a,
  amend_order: 0x22,
  cancel_order: 0x2a,
};

export class QuickAnswer implements Pending {
  readonly #asker: QuickAsker;
  readonly #type: number;
  readonly #reqId: number;
  readonly #timeInUs: number;
  readonly #shard: number;
  readonly #symbol: Uint8Array | null;

  constructor(
    asker: QuickAsker,
    type: number,
    reqId: number,
    timeInUs: number,
    shard: number,
    symbol: Uint8Array | null,
  ) {
    this.#asker = asker;
    this.#type = type;
    this.#reqId = reqId;
    this.#timeInUs = timeInUs;
    this.#shard = shard;
    this.#symbol = symbol;
  }

  settle(outcome: Outcome): void {
    const method = METHODS[this.#type]!;
    if (outcome.type === EventType.REJECTED) {
      const code = codeOfReject(outcome.reason);
      return this.abandon(outcome.duplicate ? { code, duplicate: true } : { code });
    }
    const to = this.#asker.answerTo();
    if (to === null) return;
    to.ensure(ANSWER_BYTES_MAX);
    const outUs = nowUs();
    to.bytes[to.at++] = FRAME_ANSWERS;
    const answer = to.open();
    if (!Number.isNaN(this.#reqId)) {
      to.bytes[to.at++] = 0x08;
      to.int64(this.#reqId);
    }
    to.bytes[to.at++] = RESULT_TAGS[method];
    const result = to.open();
    this.#writeResult(to, outcome);
    to.close(result);
    to.bytes[to.at++] = 0x60;
    to.bytes[to.at++] = METHOD_NUMBERS[method];
    writeNumber(to, 0x68, this.#timeInUs);
    writeNumber(to, 0x70, outUs);
    to.close(answer);
    this.#asker.answered(method, outUs - this.#timeInUs);
  }

  abandon(problem: Problem): void {
    this.#asker.refuse(METHODS[this.#type]!, this.#reqId, this.#timeInUs, problem);
  }

  #writeResult(to: ByteWriter, outcome: Outcome): void {
    to.bytes[to.at++] = 0x0a;
    writeOrderIdAt(to, this.#shard, outcome.orderId);
    to.bytes[to.at++] = 0x12;
    writeClientOrderId(to, outcome.clientOrderId);
    if (this.#type === CommandType.CANCEL) {
      writeNumber(to, 0x18, outcome.quantity);
      writeNumber(to, 0x20, outcome.filled);
      writeNumber(to, 0x28, outcome.sequence);
    } else if (this.#type === CommandType.PLACE) this.#writePlaced(to, outcome);
    else writeAmended(to, outcome);
  }

  #writePlaced(to: ByteWriter, outcome: Outcome): void {
    const symbol = this.#symbol!;
    to.bytes[to.at++] = 0x1a;
    to.bytes[to.at++] = symbol.length;
    to.raw(symbol);
    const { duplicate } = outcome;
    writeOrder(to, duplicate ? outcome : (outcome.order ?? outcome));
    writeNumber(to, 0x40, duplicate ? outcome.firstSequence : outcome.sequence);
    writeNumber(to, 0x48, outcome.stampUs);
    if (duplicate) writeNumber(to, 0x50, 1);
    writeReason(to, outcome.remainderReason);
  }
}

function writeAmended(to: ByteWriter, outcome: Outcome): void {
  writeOrder(to, outcome.order!);
  writeNumber(to, 0x40, outcome.sequence);
  const cancelled = outcome.type === EventType.CANCELLED ? outcome.reason : 0;
  writeReason(to, outcome.remainderReason || cancelled);
}

interface Standing {
  readonly status: number;
  readonly quantity: number;
  readonly filled: number;
  readonly open: number;
}

/** The core's status numbers are the schema's, but for none. */
function writeOrder(to: ByteWriter, { status, quantity, filled, open }: Standing): void {
  writeNumber(to, 0x20, status || OrderStatus.UNKNOWN);
  writeNumber(to, 0x28, quantity);
  writeNumber(to, 0x30, filled);
  writeNumber(to, 0x38, open);
}

function writeReason(to: ByteWriter, reason: number): void {
  if (reason === 0) return;
  to.bytes[to.at++] = 0x5a;
  to.text(nameOfCancelReason(reason));
}

function writeNumber(to: ByteWriter, tag: number, value: number): void {
  to.bytes[to.at++] = tag;
  to.put(value);
}
