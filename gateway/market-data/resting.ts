/**
 * Resting orders that are seen, of one shard: filled for all its instruments from the stream, for who asks
 * may ask at any time. Rows of 32 bytes, those of one instrument in a chain in the order of joining.
 *
 * ```
 * words   0     1      2     3       4      5      6, 7
 *         side  price  open  before  after  spare  priority
 * ```
 */
import { growRows, makeRows } from "../order-terms.ts";
import { NOBODY, RowTable } from "../row-table.ts";

const ROW_I32 = 8;
const ROW_F64 = 4;
const ROW_BYTES = 32;
const [SIDE, PRICE, OPEN, BEFORE, AFTER] = [0, 1, 2, 3, 4];
const PRIORITY = 3;

export interface RestingOrder {
  readonly orderId: number;
  readonly side: number;
  readonly priceTicks: number;
  readonly open: number;
  readonly priority: number;
}

/** The ends of one instrument's chain. */
export interface RestingChain {
  oldest: number;
  newest: number;
}

export const makeRestingChain = (): RestingChain => ({ oldest: NOBODY, newest: NOBODY });

export class RestingOrders {
  readonly #table = new RowTable();
  #rows = makeRows(this.#table.capacity, ROW_I32);

  /** It joins at the end, wherever it was. */
  join(
    chain: RestingChain,
    orderId: number,
    side: number,
    priceTicks: number,
    open: number,
    priority: number,
  ): void {
    let row = this.#table.find(orderId);
    if (row === NOBODY) row = this.#add(orderId);
    else this.#unlink(chain, row);
    const { i32, f64 } = this.#rows;
    const at = row * ROW_I32;
    i32[at + SIDE] = side;
    i32[at + PRICE] = priceTicks;
    i32[at + OPEN] = open;
    f64[row * ROW_F64 + PRIORITY] = priority;
    i32[at + BEFORE] = chain.newest;
    i32[at + AFTER] = NOBODY;
    if (chain.newest === NOBODY) chain.oldest = row;
    else i32[chain.newest * ROW_I32 + AFTER] = row;
    chain.newest = row;
  }

  /** So much of it is left where it stands; nothing: it is gone from there. */
  leave(chain: RestingChain, orderId: number, open: number): void {
    const row = this.#table.find(orderId);
    if (row === NOBODY) return;
    if (open > 0) {
      this.#rows.i32[row * ROW_I32 + OPEN] = open;
      return;
    }
    this.#unlink(chain, row);
    this.#table.remove(row);
    this.#table.reuse();
  }

  /** In the order of joining. */
  of(chain: RestingChain): readonly RestingOrder[] {
    const { i32, f64 } = this.#rows;
    const orders: RestingOrder[] = [];
    for (let row = chain.oldest; row !== NOBODY; row = i32[row * ROW_I32 + AFTER]!) {
      const at = row * ROW_I32;
      orders.push({
        orderId: this.#table.idOf(row),
        side: i32[at + SIDE]!,
        priceTicks: i32[at + PRICE]!,
        open: i32[at + OPEN]!,
        priority: f64[row * ROW_F64 + PRIORITY]!,
      });
    }
    return orders;
  }

  #add(orderId: number): number {
    const row = this.#table.add(orderId);
    const { capacity } = this.#table;
    if (this.#rows.u8.length < capacity * ROW_BYTES) {
      this.#rows = growRows(this.#rows, capacity, ROW_I32);
    }
    return row;
  }

  #unlink(chain: RestingChain, row: number): void {
    const { i32 } = this.#rows;
    const before = i32[row * ROW_I32 + BEFORE]!;
    const after = i32[row * ROW_I32 + AFTER]!;
    if (before === NOBODY) chain.oldest = after;
    else i32[before * ROW_I32 + AFTER] = after;
    if (after === NOBODY) chain.newest = before;
    else i32[after * ROW_I32 + BEFORE] = before;
  }
}
