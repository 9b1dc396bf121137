/**
 * What a reader missed, told again piece by piece as it has room: from the records in memory, along
 * the chain of its instrument or account. Each sequence comes once, in order, the last piece ending
 * where the live channel goes on.
 */
import { EventF64, type Events } from "../../engine/client/layouts.ts";
import type { OrderTerms } from "../order-terms.ts";
import { f64Of, NOWHERE, type Recent } from "./recent.ts";

export interface Missed {
  /** Told up to here. */
  readonly seq: number;
  /** All of it was taken. */
  readonly isDone: boolean;
  /** Where it ends the live channel begins; else there is more after `seq`, elsewhere. */
  readonly isLast: boolean;
  /** Some pushes more, oldest first; null when the rest is not at hand any more. */
  take(): readonly string[] | null;
}

/** Makes pushes of records: those of one command are added one after the other. */
export interface Teller {
  /** Up to which the pushes go that were made. */
  readonly seq: number;
  readonly texts: string[];
  add(events: Events, index: number, isTaker: boolean, terms: OrderTerms | undefined): void;
  /** All records of the command were added. */
  endCommand(): void;
  /** No more come for now. */
  end(): void;
}

/** One chain of the recent records. */
export interface Trail {
  newest(): number;
  before(link: number): number;
  after(link: number): number;
  has(link: number): boolean;
  /** Market or account sequence. Along a trail it grows by one. */
  seq(link: number): number;
  index(link: number): number;
  isTaker(link: number): boolean;
  terms(link: number): OrderTerms | undefined;
}

/** Pushes made at a time. */
const PUSHES_AT_ONCE = 128;

export function publicTrail(recent: Recent, instrument: number): Trail {
  return {
    newest: () => recent.newestPublic(instrument),
    before: (link) => recent.beforePublic(link),
    after: (link) => recent.afterPublic(link),
    has: (link) => recent.has(link),
    seq: (link) => f64Of(recent.events, recent.index(link), EventF64.marketSeq),
    index: (link) => recent.index(link),
    isTaker: () => false,
    terms: () => undefined,
  };
}

export function accountTrail(recent: Recent, account: number): Trail {
  const index = (link: number): number => recent.index(Math.floor(link / 2));
  const isTaker = (link: number): boolean => link % 2 === 1;
  return {
    newest: () => recent.newestOf(account),
    before: (link) => recent.beforeLink(link),
    after: (link) => recent.afterLink(link),
    has: (link) => recent.has(Math.floor(link / 2)),
    seq: (link) => {
      const field = isTaker(link) ? EventF64.takerAccountSeq : EventF64.accountSeq;
      return f64Of(recent.events, index(link), field);
    },
    index,
    isTaker,
    terms: (link) => recent.terms(link),
  };
}

/** The first link after `seq`; NOWHERE when there is none, null when it has fallen out. */
function firstAfter(trail: Trail, seq: number): number | null {
  let first = NOWHERE;
  let link = trail.newest();
  while (link !== NOWHERE && trail.seq(link) > seq) {
    first = link;
    link = trail.before(link);
  }
  if (first === NOWHERE) return trail.newest() === NOWHERE ? null : NOWHERE;
  return link !== NOWHERE || trail.seq(first) === seq + 1 ? first : null;
}

/** Pushes that were made beforehand, from stored events. */
export class MadeMissed implements Missed {
  readonly #texts: readonly string[];
  readonly seq: number;
  readonly isLast = false;
  #at = 0;

  constructor(texts: readonly string[], seq: number) {
    this.#texts = texts;
    this.seq = seq;
  }

  get isDone(): boolean {
    return this.#at >= this.#texts.length;
  }

  take(): readonly string[] {
    const from = this.#at;
    this.#at += PUSHES_AT_ONCE;
    return this.#texts.slice(from, this.#at);
  }
}

/** Whether everything after `seq` is still among the recent records. */
export function reaches(trail: Trail, seq: number): boolean {
  return firstAfter(trail, seq) !== null;
}

export class RecentMissed implements Missed {
  readonly #recent: Recent;
  readonly #trail: Trail;
  readonly #teller: Teller;
  /** Nothing after it belongs to what was missed: the live channel tells it. */
  readonly #liveSeq: () => number;
  /** Where it goes on; NOWHERE: to be looked for. */
  #link = NOWHERE;
  #walkedSeq: number;
  isDone = false;
  readonly isLast = true;

  constructor(
    recent: Recent,
    trail: Trail,
    fromSeq: number,
    liveSeq: () => number,
    teller: Teller,
  ) {
    this.#recent = recent;
    this.#trail = trail;
    this.#teller = teller;
    this.#liveSeq = liveSeq;
    this.#walkedSeq = fromSeq;
  }

  get seq(): number {
    return this.#teller.seq;
  }

  take(): readonly string[] | null {
    const trail = this.#trail;
    let link = this.#link;
    if (link === NOWHERE || !trail.has(link)) {
      const first = firstAfter(trail, this.#walkedSeq);
      if (first === null) return null;
      link = first;
    }
    this.#link = this.#tell(link);
    this.#teller.end();
    return this.#teller.texts.splice(0);
  }

  /** From `link` on, whole commands; answers where to go on. */
  #tell(from: number): number {
    const trail = this.#trail;
    const teller = this.#teller;
    const { events } = this.#recent;
    const liveSeq = this.#liveSeq();
    let command = 0;
    let link = from;
    while (link !== NOWHERE && trail.seq(link) <= liveSeq) {
      const index = trail.index(link);
      const sequence = f64Of(events, index, EventF64.sequence);
      if (sequence !== command) {
        teller.endCommand();
        if (teller.texts.length >= PUSHES_AT_ONCE) return link;
        command = sequence;
      }
      teller.add(events, index, trail.isTaker(link), trail.terms(link));
      this.#walkedSeq = trail.seq(link);
      link = trail.after(link);
    }
    teller.endCommand();
    this.isDone = true;
    return NOWHERE;
  }
}
