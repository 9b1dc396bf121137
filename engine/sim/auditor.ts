/**
 * The auditor: hears what a shard tells the outside and what its clients were answered, reads what lies
 * in the journal, and says where a promise was broken. It shares no code with the engine: the offsets
 * below are its own, taken from the documents.
 *
 * It checks that a sequence is told the same way whoever tells it, live or in a replay; that an order
 * which was answered stands in the journal where the answer says, was taken once, is answered the same
 * again, and never trades more than it asked; and that no number an outsider counts by has a gap.
 */
import { crc32 } from "node:zlib";
import { Violation } from "./faults.ts";
import type { JournaledCommand } from "./journal-audit.ts";

const EVENT_SIZE = 168;
const At = {
  type: 0,
  flags: 1,
  reason: 3,
  sequence: 8,
  instrument: 32,
  quantity: 40,
  marketSeq: 56,
  tradeId: 64,
  orderId: 72,
  accountSeq: 80,
  account: 88,
  clientOrderId: 104,
  takerOrderId: 120,
  takerAccountSeq: 128,
  firstSequence: 128,
  takerAccount: 136,
  newTotal: 140,
} as const;
const ACCEPTED = 1;
const REJECTED = 2;
const TRADE = 3;
const RESTED = 4;
const AMENDED = 7;
const PREVENTED = 8;
const LAST = 1;
const DUPLICATE = 2;
/** Refusals that leave nothing to be remembered: sent again, the order may be answered otherwise. */
const NOT_REMEMBERED: readonly number[] = [1, 2, 3, 4, 5, 6, 7];
const PLACE = 1;

interface Answer {
  readonly type: number;
  readonly reason: number;
  readonly orderId: number;
  readonly firstSequence: number;
}

export interface Auditor {
  /** An event as `teller` told it; events of a command come together. */
  hear(teller: string, event: Buffer): void;
  /** A client heard this answer to a place of its own. True when it is its first. */
  answer(event: Buffer): boolean;
  /** What somebody's state hashes to behind `sequence`. */
  hash(who: string, sequence: number, text: string): void;
  /** The highest sequence that was told. */
  highestTold(): number;
  /** The disk itself destroyed what was told from here on: nothing is known of it any more. */
  forgetFrom(sequence: number): void;
  /** Hashes that are known, by sequence. */
  hashes(): ReadonlyMap<number, string>;
  /** Compares all that was told and answered with what lies in the journal. */
  close(journal: readonly JournaledCommand[]): void;
}

export function keyOf(account: number, id: Buffer): string {
  return `${account}/${id.toString("hex")}`;
}

export function makeAuditor(): Auditor {
  const told = new Map<number, Buffer>();
  const tellings = new Map<string, Buffer[]>();
  const answers = new Map<string, Answer>();
  const hashes = new Map<number, string>();
  let highest = 0;

  function hear(teller: string, event: Buffer): void {
    if (event.length !== EVENT_SIZE) throw new Violation("an event has another size");
    const sequence = event.readDoubleLE(At.sequence);
    let parts = tellings.get(teller);
    if (parts === undefined) tellings.set(teller, (parts = []));
    const [first] = parts;
    if (first !== undefined && first.readDoubleLE(At.sequence) !== sequence) {
      throw new Violation(`${teller} began ${sequence} in the middle of another command's events`);
    }
    parts.push(Buffer.from(event));
    if ((event[At.flags]! & LAST) === 0) return;
    tellings.delete(teller);
    settle(teller, sequence, Buffer.concat(parts));
  }

  function settle(teller: string, sequence: number, events: Buffer): void {
    highest = Math.max(highest, sequence);
    const before = told.get(sequence);
    if (before === undefined) {
      told.set(sequence, events);
    } else if (!before.equals(events)) {
      throw new Violation(
        `${teller} tells sequence ${sequence} otherwise than it was told before ` +
          `(${crc32(events)}, not ${crc32(before)})`,
      );
    }
  }

  function answer(event: Buffer): boolean {
    const type = event[At.type]!;
    if (type !== ACCEPTED && type !== REJECTED) throw new Violation(`a place is answered ${type}`);
    const reason = type === REJECTED ? event[At.reason]! : 0;
    if (type === REJECTED && NOT_REMEMBERED.includes(reason)) return false;
    const isAgain = (event[At.flags]! & DUPLICATE) !== 0;
    const found: Answer = {
      type,
      reason,
      orderId: event.readDoubleLE(At.orderId),
      firstSequence: event.readDoubleLE(isAgain ? At.firstSequence : At.sequence),
    };
    const key = keyOf(event.readInt32LE(At.account), idOf(event, At.clientOrderId));
    const before = answers.get(key);
    if (before === undefined) {
      answers.set(key, found);
      return true;
    }
    const isSame =
      before.type === found.type &&
      before.reason === found.reason &&
      before.orderId === found.orderId &&
      before.firstSequence === found.firstSequence;
    if (isSame) return false;
    throw new Violation(
      `order ${key} was answered ${JSON.stringify(before)}, and then ${JSON.stringify(found)}`,
    );
  }

  function hash(who: string, sequence: number, text: string): void {
    const before = hashes.get(sequence) ?? text;
    hashes.set(sequence, before);
    if (before === text) return;
    throw new Violation(`${who} has state ${text} behind sequence ${sequence}, not ${before}`);
  }

  function forgetFrom(sequence: number): void {
    for (const each of told.keys()) if (each >= sequence) told.delete(each);
    for (const each of hashes.keys()) if (each >= sequence) hashes.delete(each);
    for (const [key, { firstSequence }] of answers) {
      if (firstSequence >= sequence) answers.delete(key);
    }
    tellings.clear();
    highest = sequence - 1;
  }

  return {
    hear,
    answer,
    hash,
    highestTold: () => highest,
    forgetFrom,
    hashes: () => hashes,
    close: (journal) => {
      compareAnswers(answers, journal);
      if (highest > journal.length) {
        throw new Violation(`told up to ${highest}, but the journal ends at ${journal.length}`);
      }
      const inOrder = [...told].toSorted(([a], [b]) => a - b).map(([, events]) => events);
      checkEvents(inOrder);
    },
  };
}

function idOf(event: Buffer, at: number): Buffer {
  return event.subarray(at, at + 16);
}

/** Whoever was answered finds the order in the journal, where the answer said. */
function compareAnswers(
  answers: ReadonlyMap<string, Answer>,
  journal: readonly JournaledCommand[],
): void {
  for (const [key, { firstSequence }] of answers) {
    const found = journal[firstSequence - 1];
    if (found?.type === PLACE && keyOf(found.account, found.id) === key) continue;
    throw new Violation(
      `order ${key} was acknowledged at sequence ${firstSequence}, where the journal has ` +
        (found === undefined ? "nothing" : `a command of type ${found.type}`),
    );
  }
}

/** Once each: taken, traded, counted. `told`: the events of each command that has some. */
function checkEvents(told: readonly Buffer[]): void {
  const accepted = new Set<string>();
  const totals = new Map<number, number>();
  const traded = new Map<number, number>();
  const counters = new Map<string, number>();

  function countOn(what: string, number: number): void {
    if (number === 0) return;
    const before = counters.get(what) ?? 0;
    counters.set(what, number);
    if (number === before + 1) return;
    throw new Violation(`${what} goes from ${before} to ${number}`);
  }

  function trade(orderId: number, quantity: number): void {
    const sum = (traded.get(orderId) ?? 0) + quantity;
    traded.set(orderId, sum);
    const total = totals.get(orderId);
    if (total === undefined || sum > total) {
      throw new Violation(`order ${orderId} traded ${sum} of ${total ?? "nothing it asked"}`);
    }
  }

  function meet(event: Buffer): void {
    const type = event[At.type]!;
    const isAgain = (event[At.flags]! & DUPLICATE) !== 0;
    const account = event.readInt32LE(At.account);
    const orderId = event.readDoubleLE(At.orderId);
    const quantity = event.readInt32LE(At.quantity);
    if (type === ACCEPTED && !isAgain) {
      const key = keyOf(account, idOf(event, At.clientOrderId));
      if (accepted.has(key)) throw new Violation(`order ${key} was taken twice`);
      accepted.add(key);
      totals.set(orderId, quantity);
    }
    if (type === AMENDED) {
      totals.set(orderId, Math.max(totals.get(orderId) ?? 0, event.readInt32LE(At.newTotal)));
    }
    const instrument = event.readInt32LE(At.instrument);
    countOn(`the market sequence of instrument ${instrument}`, event.readDoubleLE(At.marketSeq));
    const isTrade = type === TRADE;
    if (isTrade || type === PREVENTED) {
      const takerSeq = event.readDoubleLE(At.takerAccountSeq);
      countOn(`account ${account}'s sequence`, event.readDoubleLE(At.accountSeq));
      countOn(`account ${event.readInt32LE(At.takerAccount)}'s sequence`, takerSeq);
    } else if (account > 0 && type !== RESTED) {
      countOn(`account ${account}'s sequence`, event.readDoubleLE(At.accountSeq));
    }
    if (!isTrade) return;
    countOn(`the trade id of instrument ${instrument}`, event.readDoubleLE(At.tradeId));
    trade(orderId, quantity);
    trade(event.readDoubleLE(At.takerOrderId), quantity);
  }

  for (const events of told) {
    for (let at = 0; at < events.length; at += EVENT_SIZE) {
      meet(events.subarray(at, at + EVENT_SIZE));
    }
  }
}
