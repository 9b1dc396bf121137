/**
 * One connection that keeps so many orders in flight: for each answer the next one goes out. The same for
 * the exchange and for the bare server, so that what the client costs is the same in both.
 *
 * ```
 * slots   [order n+0][order n+1] … [order n+depth-1]    sell and buy in turns, as bytes
 *             answered: its bytes become order n+depth's
 * ```
 */
import type { Line } from "../wire/line.ts";
import { NUMBER_FIRST, NUMBER_MAX, type Template } from "../wire/order-frames.ts";

/** Answered late, in microseconds. */
export type Heard = (us: number) => void;

export class Pipe {
  readonly #line: Line;
  readonly #depth: number;
  readonly #slots: Buffer;
  readonly #slotCount: number;
  readonly #frameBytes: number;
  readonly #templates: readonly [Template, Template];
  readonly #sentMs: Float64Array;
  readonly #isOut: Uint8Array;
  readonly #heard: Heard;
  #next = NUMBER_FIRST;
  #mayEnd = NUMBER_FIRST;
  #free: number;
  #drained: (() => void) | null = null;
  answered = 0;
  /** Answers to orders that were not in flight: there may be none. */
  strays = 0;

  constructor(line: Line, depth: number, templates: readonly [Template, Template], heard: Heard) {
    const [sell, buy] = templates;
    if (sell.frame.length !== buy.frame.length) throw new Error("frames of both sides are as long");
    this.#line = line;
    this.#depth = depth;
    this.#templates = templates;
    this.#heard = heard;
    this.#frameBytes = sell.frame.length;
    this.#slotCount = depth + (depth % 2);
    this.#slots = Buffer.alloc(this.#slotCount * this.#frameBytes);
    for (let slot = 0; slot < this.#slotCount; slot++) {
      this.#slots.set(templates[slot % 2]!.frame, slot * this.#frameBytes);
    }
    this.#sentMs = new Float64Array(this.#slotCount);
    this.#isOut = new Uint8Array(this.#slotCount);
    this.#free = depth;
  }

  /** Sends until `stop`, or `count` orders were sent. */
  start(count = NUMBER_MAX): void {
    this.#mayEnd = Math.min(NUMBER_MAX, this.#next + count);
    this.told();
  }

  /** No more is sent; resolves when all that was is answered. */
  stop(): Promise<void> {
    this.#mayEnd = Math.min(this.#mayEnd, this.#next);
    return this.drained();
  }

  /** Resolves when everything it was to send is answered. */
  drained(): Promise<void> {
    if (this.#isDone) return Promise.resolve();
    return new Promise((resolve) => (this.#drained = resolve));
  }

  get sent(): number {
    return this.#next - NUMBER_FIRST;
  }

  get #isDone(): boolean {
    return this.#next >= this.#mayEnd && this.#free === this.#depth;
  }

  answer(number: number): void {
    const slot = (number - NUMBER_FIRST) % this.#slotCount;
    if (number >= this.#next || number < NUMBER_FIRST || this.#isOut[slot] === 0) {
      this.strays++;
      return;
    }
    this.#isOut[slot] = 0;
    this.#free++;
    this.answered++;
    this.#heard((performance.now() - this.#sentMs[slot]!) * 1_000);
  }

  /** All that one read brought has been answered: sends what there is room for, in one write or two. */
  told(): void {
    const nowMs = performance.now();
    let count = Math.min(this.#free, this.#mayEnd - this.#next);
    while (count > 0) {
      const slot = (this.#next - NUMBER_FIRST) % this.#slotCount;
      const run = Math.min(count, this.#slotCount - slot);
      for (let at = slot; at < slot + run; at++) this.#prepare(at, nowMs);
      this.#line.send(
        this.#slots.subarray(slot * this.#frameBytes, (slot + run) * this.#frameBytes),
      );
      this.#free -= run;
      count -= run;
    }
    if (this.#drained !== null && this.#isDone) {
      this.#drained();
      this.#drained = null;
    }
  }

  #prepare(slot: number, nowMs: number): void {
    this.#templates[slot % 2]!.setNumber(this.#slots, slot * this.#frameBytes, this.#next++);
    this.#sentMs[slot] = nowMs;
    this.#isOut[slot] = 1;
  }
}
