/**
 * The answer to an order that took the short way: from the command's outcome straight into the bytes of
 * a frame. It says what `answer.ts` says in JSON; a test holds them to it. Refusals are rare and go the
 * other way, but for that of a limit.
 */
import { CommandType, EventType } from "../../engine/client/layouts.ts";
import { Execution, Method, OrderStatus } from "../../proto/gen/solebook/gateway/v1/words_pb.ts";
import { CODES, codeOfReject, nameOfCancelReason, type Problem } from "../errors.ts";
import { ByteWriter, putField } from "../frames/byte-writer.ts";
import type { Caller } from "../registry/identity.ts";
import { nowUs } from "../written-forms.ts";
import { putClientOrderId, putOrderId } from "./quick-texts.ts";
import type { Outcome, Pending } from "./report.ts";
import type { Standing } from "../session/limits.ts";

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
  answered(method: QuickMethod, code: string, waitedUs: number): void;
  refuse(method: QuickMethod, asked: QuickAsked, problem: Problem): void;
  /** How things stand when a limit holds back whatever is asked; undefined: none does. Counts nothing. */
  refusal(): Standing | undefined;
  /** Counts an order or amend that nothing but a limit or the ring holds back; undefined: no limits. */
  admit(method: QuickMethod): Standing | undefined;
  nextRequestId(): string;
}

/** What its answer says of the request itself. */
export interface QuickAsked {
  reqId: number;
  timeInUs: number;
  /** What is left of the limits on orders, where there are any. */
  standing: Standing | undefined;
}

/** Room for the longest answer there is: 200 bytes, and a symbol. */
const ANSWER_BYTES_MAX = 512;
const FRAME_ANSWERS = 0x12;

/** What tells answers apart. */
interface Kind {
  readonly method: QuickMethod;
  readonly number: number;
  /** Of its result in an answer. */
  readonly tag: number;
}

const PLACED: Kind = { method: "add_order", number: Method.ADD_ORDER, tag: 0x1a };
const AMENDED: Kind = { method: "amend_order", number: Method.AMEND_ORDER, tag: 0x22 };
const CANCELLED: Kind = { method: "cancel_order", number: Method.CANCEL_ORDER, tag: 0x2a };

const KINDS: Readonly<Record<QuickMethod, Kind>> = {
  add_order: PLACED,
  amend_order: AMENDED,
  cancel_order: CANCELLED,
};

function kindOf(type: number): Kind {
  if (type === CommandType.PLACE) return PLACED;
  return type === CommandType.AMEND ? AMENDED : CANCELLED;
}

/**
 * Answers that were given, each to be used for another order: what outlives a turn of the loop is dear to
 * collect. As many as were ever on their way at once, which the ring bounds.
 */
const spare: QuickAnswer[] = [];

/** Who hears what becomes of an order: once, by `settle` or `abandon`, and is then another's. */
export function makeQuickAnswer(
  asker: QuickAsker,
  type: number,
  asked: QuickAsked,
  shard: number,
  symbol: Uint8Array | null,
): Pending {
  const answer = spare.pop() ?? new QuickAnswer();
  answer.begin(asker, kindOf(type), asked, shard, symbol);
  return answer;
}

class QuickAnswer implements Pending, QuickAsked {
  /** Undefined: it waits for nothing, and holds nobody's socket. */
  #asker: QuickAsker | undefined;
  #kind = PLACED;
  #shard = 0;
  #symbol: Uint8Array | null = null;
  reqId = NO_NUMBER;
  timeInUs = 0;
  standing: Standing | undefined;

  begin(
    asker: QuickAsker,
    kind: Kind,
    asked: QuickAsked,
    shard: number,
    symbol: Uint8Array | null,
  ): void {
    this.#asker = asker;
    this.#kind = kind;
    this.#shard = shard;
    this.#symbol = symbol;
    this.reqId = asked.reqId;
    this.timeInUs = asked.timeInUs;
    this.standing = asked.standing;
  }

  settle(outcome: Outcome): void {
    if (outcome.type === EventType.REJECTED) {
      const code = codeOfReject(outcome.reason);
      return this.abandon(outcome.duplicate ? { code, duplicate: true } : { code });
    }
    const asker = this.#asker!;
    const to = asker.answerTo();
    if (to !== null) this.#write(to, asker, outcome);
    this.#end();
  }

  abandon(problem: Problem): void {
    this.#asker!.refuse(this.#kind.method, this, problem);
    this.#end();
  }

  #end(): void {
    this.#asker = undefined;
    spare.push(this);
  }

  #write(to: ByteWriter, asker: QuickAsker, outcome: Outcome): void {
    const kind = this.#kind;
    const answer = openAnswer(to, this);
    to.bytes[to.at++] = kind.tag;
    const result = to.open();
    this.#writeResult(to, kind, outcome);
    to.close(result);
    closeAnswer(to, answer, asker, kind, this, "ok", batchUs());
  }

  /** The place goes from hand to hand, not through the writer: nearly all of an answer is written here. */
  #writeResult(to: ByteWriter, kind: Kind, outcome: Outcome): void {
    const { bytes } = to;
    let { at } = to;
    bytes[at] = 0x0a;
    at = putOrderId(bytes, at + 1, this.#shard, outcome.orderId);
    bytes[at] = 0x12;
    at = putClientOrderId(bytes, at + 1, outcome.clientOrderId);
    if (kind === CANCELLED) at = putCancelled(bytes, at, outcome);
    else if (kind === PLACED) at = putPlaced(bytes, at, this.#symbol!, outcome);
    else at = putAmended(bytes, at, outcome);
    to.at = at;
    if (kind === PLACED) writeReason(to, outcome.remainderReason);
    else if (kind === AMENDED) writeReason(to, reasonOfAmend(outcome));
  }
}

function putCancelled(bytes: Uint8Array, start: number, outcome: Outcome): number {
  let at = putField(bytes, start, 0x18, outcome.quantity);
  at = putField(bytes, at, 0x20, outcome.filled);
  return putField(bytes, at, 0x28, outcome.sequence);
}

function putPlaced(bytes: Uint8Array, start: number, symbol: Uint8Array, outcome: Outcome): number {
  const { length } = symbol;
  bytes[start] = 0x1a;
  bytes[start + 1] = length;
  let at = start + 2;
  // A loop: `set` is a call that costs more than so few letters.
  for (let letter = 0; letter < length; letter++) bytes[at + letter] = symbol[letter]!;
  const { duplicate } = outcome;
  at = putStanding(bytes, at + length, duplicate ? outcome : (outcome.order ?? outcome));
  at = putField(bytes, at, 0x40, duplicate ? outcome.firstSequence : outcome.sequence);
  at = putField(bytes, at, 0x48, outcome.stampUs);
  return duplicate ? putField(bytes, at, 0x50, 1) : at;
}

function openAnswer(to: ByteWriter, { reqId }: QuickAsked): number {
  to.ensure(ANSWER_BYTES_MAX);
  to.bytes[to.at++] = FRAME_ANSWERS;
  const answer = to.open();
  if (reqId >= 0) to.at = putField(to.bytes, to.at, 0x08, reqId);
  else if (!Number.isNaN(reqId)) {
    to.bytes[to.at++] = 0x08;
    to.int64(reqId);
  }
  return answer;
}

function closeAnswer(
  to: ByteWriter,
  answer: number,
  asker: QuickAsker,
  kind: Kind,
  { timeInUs, standing }: QuickAsked,
  code: string,
  outUs: number,
): void {
  const { bytes, at } = to;
  bytes[at] = 0x60;
  bytes[at + 1] = kind.number;
  to.at = putField(bytes, putField(bytes, at + 2, 0x68, timeInUs), 0x70, outUs);
  if (standing !== undefined) {
    to.bytes[to.at++] = 0x7a;
    const limits = to.open();
    writeNumber(to, 0x08, standing.left);
    writeNumber(to, 0x10, Math.floor(standing.burst));
    writeNumber(to, 0x18, Math.floor(standing.perSecond));
    to.close(limits);
  }
  to.close(answer);
  asker.answered(kind.method, code, outUs - timeInUs);
}

/** Answers of one batch that the clock is asked once for: some ten microseconds of them. */
const PER_LOOK = 16;
let lookedUs = 0;
let looksLeft = 0;

/** The time, for answers of one batch. */
function batchUs(): number {
  if (looksLeft === 0) {
    lookedUs = nowUs();
    looksLeft = PER_LOOK;
  }
  looksLeft--;
  return lookedUs;
}

/** Before the next answers some time may pass. */
export function endAnswers(): void {
  looksLeft = 0;
}

/** What its error always says: code, class, message, and that one may come again. */
const LIMITED_BYTES = bytesOfLimited();

function bytesOfLimited(): Uint8Array {
  const { class: kind, message } = CODES.RATE_LIMITED;
  const to = new ByteWriter();
  to.ensure(ANSWER_BYTES_MAX);
  writeText(to, 0x0a, "RATE_LIMITED");
  writeText(to, 0x12, kind);
  writeText(to, 0x1a, message);
  writeNumber(to, 0x20, 1);
  return to.bytes.slice(0, to.at);
}

/** The one refusal that comes in masses: whoever asks for too much is told so cheaply. */
export function refuseLimited(asker: QuickAsker, method: QuickMethod, asked: QuickAsked): void {
  const to = asker.answerTo();
  if (to === null) return;
  const answer = openAnswer(to, asked);
  to.bytes[to.at++] = 0x5a;
  const error = to.open();
  to.raw(LIMITED_BYTES);
  writeNumber(to, 0x28, asked.standing!.waitMs);
  writeText(to, 0x42, asker.nextRequestId());
  writeNumber(to, 0x48, Execution.NONE);
  to.close(error);
  closeAnswer(to, answer, asker, KINDS[method], asked, "RATE_LIMITED", nowUs());
}

function writeText(to: ByteWriter, tag: number, text: string): void {
  to.bytes[to.at++] = tag;
  to.text(text);
}

function putAmended(bytes: Uint8Array, at: number, outcome: Outcome): number {
  return putField(bytes, putStanding(bytes, at, outcome.order!), 0x40, outcome.sequence);
}

function reasonOfAmend(outcome: Outcome): number {
  const cancelled = outcome.type === EventType.CANCELLED ? outcome.reason : 0;
  return outcome.remainderReason || cancelled;
}

interface OrderStanding {
  readonly status: number;
  readonly quantity: number;
  readonly filled: number;
  readonly open: number;
}

/** The core's status numbers are the schema's, but for none. */
function putStanding(
  bytes: Uint8Array,
  start: number,
  { status, quantity, filled, open }: OrderStanding,
): number {
  let at = putField(bytes, start, 0x20, status || OrderStatus.UNKNOWN);
  at = putField(bytes, at, 0x28, quantity);
  at = putField(bytes, at, 0x30, filled);
  return putField(bytes, at, 0x38, open);
}

function writeReason(to: ByteWriter, reason: number): void {
  if (reason === 0) return;
  to.bytes[to.at++] = 0x5a;
  to.text(nameOfCancelReason(reason));
}

function writeNumber(to: ByteWriter, tag: number, value: number): void {
  to.at = putField(to.bytes, to.at, tag, value);
}
