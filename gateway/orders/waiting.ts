/**
 * Who waits for which command, by correlation. Correlations count up, and nearly all are answered soon
 * and in that order: they stand in a ring, where finding one costs no hash. Whoever still waits when
 * its slot is needed again moves to a table.
 *
 * ```
 * slot = correlation mod SLOTS    … 71  72  73  74 …    each with its own correlation beside it: an
 *                                    P   -   P   P     earlier life's finds nobody
 * ```
 */
/** A power of two. */
const SLOTS = 16_384;

export class Waiting<T> {
  readonly #slots: (T | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  readonly #correlations = new Float64Array(SLOTS);
  readonly #late = new Map<number, T>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(correlation: number, pending: T): void {
    const slot = correlation & (SLOTS - 1); // of numbers beyond 2^31 a remainder costs more
    const earlier = this.#slots[slot];
    if (earlier !== undefined) this.#late.set(this.#correlations[slot]!, earlier);
    this.#slots[slot] = pending;
    this.#correlations[slot] = correlation;
    this.#count++;
  }

  /** Whoever waited for it waits no more; undefined: nobody did. */
  take(correlation: number): T | undefined {
    const slot = correlation & (SLOTS - 1);
    let pending = this.#slots[slot];
    if (pending !== undefined && this.#correlations[slot] === correlation) {
      this.#slots[slot] = undefined;
    } else {
      pending = this.#late.size > 0 ? this.#late.get(correlation) : undefined;
      if (pending === undefined) return undefined;
      this.#late.delete(correlation);
    }
    this.#count--;
    return pending;
  }

  /** Everyone, in the order of correlations; nobody waits any more. */
  takeAll(): readonly T[] {
    const all = [...this.#late];
    for (const [slot, pending] of this.#slots.entries()) {
      if (pending !== undefined) all.push([this.#correlations[slot]!, pending]);
    }
    this.#slots.fill(undefined);
    this.#late.clear();
    this.#count = 0;
    return all.toSorted(([a], [b]) => a - b).map(([, pending]) => pending);
  }
}
