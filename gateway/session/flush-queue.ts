/**
 * Sessions that have something to write, in the order in which they got it. One turn of the event loop
 * writes to some of them only: a push to ten thousand sockets in one go would keep everybody, and
 * every order, waiting for a fifth of a second.
 */
export interface Flushed {
  flush(): void;
}

/** Sockets written to before the loop looks at anything else. */
export const FLUSHED_AT_ONCE = 256;

export class FlushQueue {
  #waiting: Flushed[] = [];
  #next = 0;
  #isScheduled = false;

  /** Its flush comes before this turn of the loop ends, or as soon as those before it had theirs. */
  add(flushed: Flushed): void {
    this.#waiting.push(flushed);
    this.#schedule();
  }

  /** Writes to as many as one turn may. What a flush itself brings up waits for another turn. */
  flush(): void {
    const end = Math.min(this.#waiting.length, this.#next + FLUSHED_AT_ONCE);
    while (this.#next < end) this.#waiting[this.#next++]!.flush();
    if (this.#next < this.#waiting.length) return this.#schedule();
    this.#waiting = [];
    this.#next = 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }
}
