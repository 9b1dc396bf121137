/**
 * One connection that keeps so many orders in flight: for each answer the next one goes out. The same for
 * the exchange and for the bare server, so that what the client costs is the same in both.
 *
 * ```
 * slots    by order, mod depth: is it out, and since when
 * frames   … [order n+2][order n+3] │ [order n][order n+1] …    sell and buy in turns, as bytes
 * ```
 *
 * There are twice as many frames as orders in flight: so what goes out together stands together, and where
 * the end is too near it begins at the front again, where all is answered long ago.
 */
import type { Line } from "../wire/line.ts";
import { NUMBER_FIRST, NUMBER_MAX, type Template } from "../wire/order-frames.ts";

/** Answered late, in microseconds. */
export type Heard = (us: number) => void;

export class Pipe {
  readonly #line: Line;
  readonly #depth: number;
  readonly #slotCount: number;
  readonly #frames: Buffer;
  /** Where the next frame goes: even for a sell, odd for a buy, as its number. */
  #frameAt = 0;
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
    this.#frames = Buffer.alloc(this.#frameCount * this.#frameBytes);
    for (let at = 0; at < this.#frameCount; at++) {
      this.#frames.set(templates[at % 2]!.frame, at * this.#frameBytes);
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

  get #frameCount(): number {
    return 2 * this.#slotCount;
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

  /** All that one read brought has been answered: sends what there is room for, in one write. */
  told(): void {
    const count = Math.min(this.#free, this.#mayEnd - this.#next);
    if (count > 0) {
      const nowMs = performance.now();
      if (this.#frameAt + count > this.#frameCount) this.#frameAt = this.#next % 2;
      const from = this.#frameAt * this.#frameBytes;
      for (let each = 0; each < count; each++) this.#prepare(nowMs);
      this.#line.send(this.#frames.subarray(from, this.#frameAt * this.#frameBytes));
      this.#free -= count;
    }
    if (this.#drained !== null && this.#isDone) {
      this.#drained();
      this.#drained = null;
    }
  }

  #prepare(nowMs: number): void {
    const number = this.#next++;
    const at = this.#frameAt++;
    this.#templates[at % 2]!.setNumber(this.#frames, at * this.#frameBytes, number);
    const slot = (number - NUMBER_FIRST) % this.#slotCount;
    this.#sentMs[slot] = nowMs;
    this.#isOut[slot] = 1;
  }
}
