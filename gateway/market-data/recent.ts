/**
 * The newest events of one shard, kept as records so that whoever missed some is told them again.
 * Bounded: a ring; what falls out is in the journal, and only there.
 *
 * Each record is a link of up to three chains, to be walked both ways: that of its instrument, when
 * the public saw it, and those of its parties, the owner's and the taker's. Links are made when somebody
 * walks, of all that was added since: most of what happens is never told again.
 *
 * ```
 * position   70  71  72  73  74    slot = position mod kept
 * instrument  3   8   3   3   8
 * before     61  66  70  72  71    the same instrument's one before: newest -> older
 * after      72  74  73   -   -    and the one after it
 * ```
 *
 * A party's link carries its order as it was after the event: an event does not repeat all of it.
 */
import {
  EVENT_BYTES,
  EVENT_I32,
  type Events,
  EventF64,
  EVENT_F64,
  EventI32,
  makeEvents,
} from "../../engine/client/layouts.ts";
import {
  makeRows,
  type OrderTerms,
  type Rows,
  TERMS_I32,
  termsAt,
  TermU8,
} from "../order-terms.ts";
import { isTakerFirst, ownerOf, ownerSeqOf, takerOf, takerSeqOf } from "../parties.ts";

/** Events kept per shard; some 300 bytes each. */
export const RECENT_KEPT = 131_072;
export const NOWHERE = -1;

/** The newest position of each instrument or account; positions older than the ring are stale. */
class Chain {
  readonly #newest: number[] = [];
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly #mask: number;

  /** `links` is a power of two. */
  constructor(links: number) {
    this.before = new Float64Array(links);
    this.after = new Float64Array(links);
    this.#mask = links - 1;
  }

  newest(key: number): number {
    return this.#newest[key] ?? NOWHERE;
  }

  add(key: number, link: number, oldest: number): void {
    const mask = this.#mask;
    const before = this.newest(key);
    this.before[link & mask] = before;
    this.after[link & mask] = NOWHERE;
    if (before >= oldest) this.after[before & mask] = link;
    this.#newest[key] = link;
  }
}

export class Recent {
  readonly #kept: number;
  /** A remainder would cost more than the rest of a link, of numbers beyond 2^31 several times as much. */
  readonly #mask: number;
  readonly #linkMask: number;
  readonly #events: Events;
  readonly #public: Chain;
  /** Links are position * 2, and one more for a taker. */
  readonly #parties: Chain;
  /** By link. */
  readonly #terms: Rows;
  #count = 0;
  /** As far as there are copies. */
  #copied = 0;
  /** As far as there are links. */
  #linked = 0;

  /** `kept` is a power of two. */
  constructor(kept = RECENT_KEPT) {
    if ((kept & (kept - 1)) !== 0) throw new RangeError(`${kept} events are no power of two`);
    this.#kept = kept;
    this.#mask = kept - 1;
    this.#linkMask = 2 * kept - 1;
    this.#events = makeEvents(kept);
    this.#public = new Chain(kept);
    this.#parties = new Chain(kept * 2);
    this.#terms = makeRows(kept * 2, TERMS_I32);
  }

  get events(): Events {
    return this.#events;
  }

  /**
   * Keeps copies of what is added next, one event behind the other: in one go, which costs a tenth of
   * one by one. What they overwrite is gone at once.
   */
  copy(events: Events, index: number, count: number): void {
    for (let done = 0; done < count; ) {
      const slot = this.#copied & this.#mask;
      const some = Math.min(count - done, this.#kept - slot);
      const from = (index + done) * EVENT_BYTES;
      const bytes = events.u8.subarray(from, from + some * EVENT_BYTES);
      this.#events.u8.set(bytes, slot * EVENT_BYTES);
      this.#copied += some;
      done += some;
    }
  }

  /** The next event, copied before or now. What else is kept belongs to it. */
  add(events: Events, index: number): void {
    if (this.#copied === this.#count) this.copy(events, index, 1);
    this.#count++;
  }

  /** Of the event last added: it is about none of the party's orders. */
  noTerms(isTaker: boolean): void {
    this.#terms.u8[this.#termsAt(isTaker) * 4 + TermU8.orderType] = 0;
  }

  /** Of the event last added: the party's order as it is now, from word `from` of `rows` on. */
  keepTerms(isTaker: boolean, { i32 }: Rows, from: number): void {
    const at = this.#termsAt(isTaker);
    const terms = this.#terms.i32;
    for (let word = 0; word < TERMS_I32; word++) terms[at + word] = i32[from + word]!;
  }

  #termsAt(isTaker: boolean): number {
    const link = (this.#count - 1) * 2 + (isTaker ? 1 : 0);
    return (link & this.#linkMask) * TERMS_I32;
  }

  /** Makes the links of what was added since it was last called; before every step of a walk. */
  #link(): void {
    if (this.#linked === this.#count) return;
    const oldest = this.#oldest();
    const events = this.#events;
    for (let position = Math.max(this.#linked, oldest); position < this.#count; position++) {
      const index = position & this.#mask;
      if (marketSeqOf(events, index) > 0) {
        this.#public.add(i32Of(events, index, EventI32.instrument), position, oldest);
      }
      const isTaken = takerSeqOf(events, index) > 0;
      const isTurned = isTaken && isTakerFirst(events, index);
      const taker = position * 2 + 1;
      if (isTurned) this.#parties.add(takerOf(events, index), taker, oldest * 2);
      if (ownerSeqOf(events, index) > 0) {
        this.#parties.add(ownerOf(events, index), position * 2, oldest * 2);
      }
      if (isTaken && !isTurned) this.#parties.add(takerOf(events, index), taker, oldest * 2);
    }
    this.#linked = this.#count;
  }

  newestPublic(instrument: number): number {
    this.#link();
    return this.#inRing(this.#public.newest(instrument));
  }

  /** NOWHERE when it has fallen out, or there is none. */
  beforePublic(position: number): number {
    return this.#inRing(this.#public.before[position & this.#mask]!);
  }

  afterPublic(position: number): number {
    this.#link();
    return this.#public.after[position & this.#mask]!;
  }

  newestOf(account: number): number {
    this.#link();
    return this.#linkInRing(this.#parties.newest(account));
  }

  beforeLink(link: number): number {
    return this.#linkInRing(this.#parties.before[link & this.#linkMask]!);
  }

  afterLink(link: number): number {
    this.#link();
    return this.#parties.after[link & this.#linkMask]!;
  }

  /** Where the record stands in `events`. */
  index(position: number): number {
    return position & this.#mask;
  }

  /** Whether a position that was in the ring still is. */
  has(position: number): boolean {
    return position >= this.#oldest() && position < this.#count;
  }

  /** Undefined when the event was of no order that is known. */
  terms(link: number): OrderTerms | undefined {
    const at = (link & this.#linkMask) * TERMS_I32;
    if (this.#terms.u8[at * 4 + TermU8.orderType] === 0) return undefined;
    return termsAt(this.#terms, at);
  }

  #oldest(): number {
    return Math.max(0, this.#copied - this.#kept);
  }

  #inRing(position: number): number {
    return position >= this.#oldest() ? position : NOWHERE;
  }

  #linkInRing(link: number): number {
    return link >= this.#oldest() * 2 ? link : NOWHERE;
  }
}

export const f64Of = (events: Events, index: number, field: number): number =>
  events.f64[index * EVENT_F64 + field]!;
export const i32Of = (events: Events, index: number, field: number): number =>
  events.i32[index * EVENT_I32 + field]!;
export const u8Of = (events: Events, index: number, field: number): number =>
  events.u8[index * EVENT_BYTES + field]!;
export const marketSeqOf = (events: Events, index: number): number =>
  f64Of(events, index, EventF64.marketSeq);
