/**
 * Listens for what priority promises in continuous trading: whoever trades next is the oldest order at the
 * best price of its side, nobody trades beyond his limit, and nothing comes to rest that crosses. It
 * keeps its own queues, knows who joined them from the events alone, and shares no code with the core.
 */
import { EventType, Side } from "../codes.ts";
import { EventF64, EventFlag, EventI32, EventU8 } from "../event.ts";

interface Standing {
  readonly orderId: number;
  /** A sequence: an order that is restored stands behind those of the same or an earlier one. */
  readonly priority: number;
}

/** One side of a book: by price, the orders that stand there, the oldest first. */
type Queues = Map<number, Standing[]>;

export interface PriorityAuditor {
  /** One event; `priority` is that of a RESTORE, else 0. */
  hear(u8: Uint8Array, i32: Int32Array, f64: Float64Array, priority: number): void;
}

function insist(condition: boolean, message: string): void {
  if (!condition) throw new Error(`audit: ${message}`);
}

export function makePriorityAuditor(): PriorityAuditor {
  const books = new Map<string, Queues>();
  const limits = new Map<number, number>(); // by order id; 0 is a market order's
  const since = new Map<number, number>(); // by order id, the sequence that gave it its place

  function queuesOf(instrument: number, side: number): Queues {
    const key = `${instrument}/${side}`;
    const queues = books.get(key) ?? new Map<number, Standing[]>();
    books.set(key, queues);
    return queues;
  }

  function bestOf(instrument: number, side: number): number | undefined {
    let best: number | undefined;
    for (const ticks of queuesOf(instrument, side).keys()) {
      const isBetter = side === Side.BID ? ticks > best! : ticks < best!;
      if (best === undefined || isBetter) best = ticks;
    }
    return best;
  }

  /** Whether an order of `side` with this limit may meet one at `ticks`. */
  function reaches(side: number, limitTicks: number, ticks: number): boolean {
    return side === Side.BID ? limitTicks >= ticks : limitTicks <= ticks;
  }

  function join(u8: Uint8Array, i32: Int32Array, f64: Float64Array): void {
    const instrument = i32[EventI32.instrument]!;
    const side = u8[EventU8.side]!;
    const ticks = i32[EventI32.priceTicks]!;
    const other = bestOf(instrument, Side.BID + Side.ASK - side);
    insist(
      other === undefined || !reaches(side, ticks, other),
      "what comes to rest does not cross",
    );
    const queues = queuesOf(instrument, side);
    const queue = queues.get(ticks) ?? [];
    queues.set(ticks, queue);
    const orderId = f64[EventF64.orderId]!;
    insist(limits.get(orderId) === ticks, `order ${orderId} rests at its limit`);
    insist(!queue.some((standing) => standing.orderId === orderId), "an order stands once");
    const standing = { orderId, priority: since.get(orderId)! };
    const isRestored = (u8[EventU8.flags]! & EventFlag.RESTORED) !== 0;
    if (isRestored) insist(f64[EventF64.priority] === standing.priority, "restored as asked");
    const later = queue.findIndex(({ priority }) => priority > standing.priority);
    if (!isRestored) insist(later < 0, "who joins at the back is the latest there");
    if (later < 0) queue.push(standing);
    else queue.splice(later, 0, standing);
  }

  function leave(u8: Uint8Array, i32: Int32Array, f64: Float64Array): void {
    const queues = queuesOf(i32[EventI32.instrument]!, u8[EventU8.side]!);
    const ticks = i32[EventI32.priceTicks]!;
    const queue = queues.get(ticks) ?? [];
    const at = queue.findIndex(({ orderId }) => orderId === f64[EventF64.orderId]!);
    insist(at >= 0, `order ${f64[EventF64.orderId]} stands where it leaves`);
    queue.splice(at, 1);
    if (queue.length === 0) queues.delete(ticks);
  }

  function met(u8: Uint8Array, i32: Int32Array, f64: Float64Array): void {
    const instrument = i32[EventI32.instrument]!;
    const side = u8[EventU8.side]!;
    const ticks = i32[EventI32.priceTicks]!;
    const maker = f64[EventF64.orderId]!;
    const taker = f64[EventF64.takerOrderId]!;
    insist(bestOf(instrument, side) === ticks, `order ${maker} stands at the best price`);
    const [first] = queuesOf(instrument, side).get(ticks)!;
    insist(first!.orderId === maker, `order ${maker} is the oldest of its level`);
    const limit = limits.get(taker)!;
    const takes = Side.BID + Side.ASK - side;
    insist(limit === 0 || reaches(takes, limit, ticks), `order ${taker} stays within its limit`);
    if (i32[EventI32.open] === 0) leave(u8, i32, f64);
  }

  /** A new price or more units cost an order its place, and nothing else does. */
  function amended(u8: Uint8Array, i32: Int32Array, f64: Float64Array): void {
    const orderId = f64[EventF64.orderId]!;
    const isRequeued = (u8[EventU8.flags]! & EventFlag.REQUEUED) !== 0;
    const isMoved = i32[EventI32.newPriceTicks] !== limits.get(orderId);
    const left = i32[EventI32.quantity]!; // all that stood there, if it lost its place
    const isMore = isRequeued ? i32[EventI32.open]! > left : left < 0;
    insist(isRequeued === (isMoved || isMore), "a place is lost by a new price or more units");
    limits.set(orderId, i32[EventI32.newPriceTicks]!);
    if (!isRequeued) return;
    if (f64[EventF64.marketSeq] !== 0) leave(u8, i32, f64);
    since.set(orderId, f64[EventF64.sequence]!);
  }

  function hear(u8: Uint8Array, i32: Int32Array, f64: Float64Array, priority: number): void {
    const type = u8[EventU8.type]!;
    const flags = u8[EventU8.flags]!;
    const orderId = f64[EventF64.orderId]!;
    const isPublic = f64[EventF64.marketSeq] !== 0; // else it does not stand in a book that is shown
    if (type === EventType.ACCEPTED && (flags & EventFlag.DUPLICATE) === 0) {
      limits.set(orderId, i32[EventI32.priceTicks]!);
      since.set(orderId, priority === 0 ? f64[EventF64.sequence]! : priority);
    } else if (type === EventType.RESTED) join(u8, i32, f64);
    else if (type === EventType.TRADE || type === EventType.PREVENTED) {
      if ((flags & EventFlag.AUCTION) === 0) met(u8, i32, f64);
    } else if (type === EventType.AMENDED) {
      amended(u8, i32, f64);
    } else if (type === EventType.CANCELLED || type === EventType.EXPIRED) {
      if (isPublic) leave(u8, i32, f64);
    }
  }

  return { hear };
}
