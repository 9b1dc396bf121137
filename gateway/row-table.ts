/**
 * From an order's id to its row: what stands there is in typed arrays of whoever asks, so that an order
 * makes no object, and ends without a collector. Every order passes here twice; nobody else's business.
 *
 * ```
 * slots   - 7 - - 3 9 - -    by a hash of the id, the next one when it is taken; 0: free
 * ids     9: 100231          by row. Row 0 is nobody
 * next    4 -> 2 -> 0        rows of who left, to be used again; those that left lately stay readable
 * ```
 */

/** A row that is none. */
export const NOBODY = 0;

const ROWS_FIRST = 1_024;
/** Spreads ids that count up: the golden ratio's fraction, as everybody takes it. */
const SPREAD = 0x9e3779b1;

/** Of an empty table. */
const HOME_SHIFT = 32 - Math.log2(ROWS_FIRST * 2);

export class RowTable {
  #slots = new Int32Array(ROWS_FIRST * 2);
  #shift = HOME_SHIFT;
  #ids = new Float64Array(ROWS_FIRST);
  #next = new Int32Array(ROWS_FIRST);
  /** Never used from here on. */
  #fresh = 1;
  #free = NOBODY;
  #leftFirst = NOBODY;
  #leftLast = NOBODY;

  /** Rows there is room for: columns of this length hold every row that `add` answered. */
  get capacity(): number {
    return this.#ids.length;
  }

  idOf(row: number): number {
    return this.#ids[row]!;
  }

  find(id: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#home(id);
    let row = slots[slot]!;
    while (row !== NOBODY && this.#ids[row] !== id) {
      slot = (slot + 1) & mask;
      row = slots[slot]!;
    }
    return row;
  }

  /** A row for an id that has none. */
  add(id: number): number {
    let row = this.#free;
    if (row === NOBODY) {
      if (this.#fresh === this.#ids.length) this.#grow();
      row = this.#fresh++;
    } else this.#free = this.#next[row]!;
    this.#ids[row] = id;
    this.#put(row);
    return row;
  }

  /** Its id is not found any more; what stands in its row may be read until `reuse`. */
  remove(row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#home(this.#ids[row]!);
    while (slots[hole] !== row) hole = (hole + 1) & mask;
    // What was put behind it for want of room moves up, or it would not be found.
    for (let at = (hole + 1) & mask; slots[at] !== NOBODY; at = (at + 1) & mask) {
      const home = this.#home(this.#ids[slots[at]!]!);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at]!;
      hole = at;
    }
    slots[hole] = NOBODY;
    if (this.#leftFirst === NOBODY) this.#leftLast = row;
    this.#next[row] = this.#leftFirst;
    this.#leftFirst = row;
  }

  /** Rows that were removed may be given to others. */
  reuse(): void {
    if (this.#leftFirst === NOBODY) return;
    this.#next[this.#leftLast] = this.#free;
    this.#free = this.#leftFirst;
    this.#leftFirst = NOBODY;
  }

  #home(id: number): number {
    return Math.imul(id, SPREAD) >>> this.#shift;
  }

  #put(row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#home(this.#ids[row]!);
    while (slots[slot] !== NOBODY) slot = (slot + 1) & mask;
    slots[slot] = row;
  }

  /** Only when every row is somebody's or may still be read: so those that left are put nowhere. */
  #grow(): void {
    const before = this.#slots;
    this.#ids = grown(this.#ids);
    this.#next = grown(this.#next);
    this.#slots = new Int32Array(before.length * 2);
    this.#shift--;
    for (const row of before) if (row !== NOBODY) this.#put(row);
  }
}

const REHEARSALS = 400;

/**
 * Walks the paths that ids in a row take once in many thousand: two at one home, and one that moves up. V8
 * compiles all that a shard's events pass through as one piece, this included, and what it has never seen
 * there it leaves out: met for the first time under load, it costs a second of a processor, five times over.
 */
function rehearse(): void {
  const table = new RowTable();
  const ids = idsOfOneHome();
  for (let round = 0; round < REHEARSALS; round++) {
    for (const id of ids) table.add(id);
    // The first leaves and others move up; then the last, behind which nobody stands.
    for (const id of ids) table.remove(table.find(id));
    table.reuse();
    for (const id of ids) table.add(id);
    for (const id of ids.toReversed()) table.remove(table.find(id));
    table.reuse();
  }
}

/** Three of one home, then one of the next, which they crowd out; and one that stands where it should. */
function idsOfOneHome(): readonly number[] {
  const home = (id: number): number => Math.imul(id, SPREAD) >>> HOME_SHIFT;
  const at = (wanted: number, after: number): number => {
    let id = after + 1;
    while (home(id) !== wanted) id++;
    return id;
  };
  const first = at(8, 0);
  const second = at(8, first);
  return [first, second, at(8, second), at(9, 0), at(12, 0)];
}

/** Twice as long, with what stood there. */
function grown<T extends Int32Array | Float64Array | Uint8Array>(column: T): T {
  const longer = new (column.constructor as new (length: number) => T)(column.length * 2);
  longer.set(column);
  return longer;
}

rehearse();
