/**
 * Listens for what mass cancels and session timers promise: an order one of them covers is never
 * traded, prevented or amended again, and is gone when the shard says that nothing waits. It knows
 * tags and times from the commands, all else from the events, and shares no code with the core.
 */
import { CancelReason, CommandType, EventType } from "../codes.ts";
import { COMMAND_F64, COMMAND_I32, CommandF64, CommandI32, type Commands } from "../command.ts";
import { EVENT_BYTES, EVENT_F64, EVENT_I32, EventF64, EventFlag } from "../event.ts";
import { EventI32, EventU8, type Events } from "../event.ts";

interface Order {
  readonly account: number;
  readonly instrument: number;
  readonly side: number;
  readonly tag: number;
  /** The sequence from which on it is covered; 0: it is not. */
  coveredAt: number;
  isOpen: boolean;
}

interface Timer {
  readonly account: number;
  readonly tag: number;
  readonly firesAtUs: number;
  readonly sequence: number;
  /** What it covers, from its time on. */
  covered: readonly Order[] | undefined;
}

export interface CoveredAuditor {
  hear(commands: Commands, index: number, events: Events): void;
  /** To be called when nothing is pending. */
  compareNothingPending(): void;
}

function insist(condition: boolean, message: string): void {
  if (!condition) throw new Error(`audit: ${message}`);
}

export function makeCoveredAuditor(): CoveredAuditor {
  const orders = new Map<number, Order>();
  const free = new Map<number, Set<Order>>(); // by account, what nothing covers yet
  const timers = new Map<string, Timer>();
  const tags = new Map<number, number>(); // by the correlation of the command that placed it
  let stampUs = 0;
  let sequence = 0;
  let commandType = 0;
  let uncrossedAt = 0; // the sequence of the last uncross: what is covered later waits for it

  const keyOf = (account: number, tag: number): string => `${account}/${tag}`;

  function freeOf(account: number): Set<Order> {
    const ofAccount = free.get(account) ?? new Set<Order>();
    free.set(account, ofAccount);
    return ofAccount;
  }

  function cover(order: Order): void {
    order.coveredAt = sequence;
    freeOf(order.account).delete(order);
  }

  function end(orderId: number): void {
    const order = orders.get(orderId);
    if (order === undefined) return;
    order.isOpen = false;
    orders.delete(orderId);
    freeOf(order.account).delete(order);
  }

  function timesCome(): void {
    for (const timer of timers.values()) {
      if (timer.covered !== undefined || timer.firesAtUs > stampUs) continue;
      const { account, tag } = timer;
      const isOf = (o: Order): boolean => o.account === account && (tag === 0 || o.tag === tag);
      timer.covered = [...orders.values()].filter(isOf);
      timer.covered.forEach(cover);
    }
  }

  function hearFired(i32: Int32Array, f64: Float64Array, flags: number): void {
    const key = keyOf(i32[EventI32.account]!, i32[EventI32.tag]!);
    const timer = timers.get(key);
    insist(timer?.covered !== undefined, `the timer ${key} is armed and its time has come`);
    const { firesAtUs, covered, sequence: armed } = timer as Timer;
    insist(f64[EventF64.expiresAtUs] === firesAtUs, "a timer fires for the time it was armed for");
    timers.delete(key);
    const open = covered!.filter((order) => order.isOpen).length;
    const counted = i32[EventI32.quantity]!;
    const isAtLeast = (flags & EventFlag.AT_LEAST) !== 0;
    insist(
      isAtLeast ? counted <= open : counted === open,
      `the timer ${key} counts what it covers`,
    );
    if (commandType === CommandType.ARM_TIMER) return; // named, so out of turn
    for (const other of timers.values()) {
      const isLater =
        other.firesAtUs === firesAtUs ? other.sequence > armed : other.firesAtUs > firesAtUs;
      insist(isLater, "timers fire by time, then by when they were armed");
    }
  }

  function hearSet(i32: Int32Array, f64: Float64Array): void {
    const [account, tag] = [i32[EventI32.account]!, i32[EventI32.tag]!];
    const firesAtUs = f64[EventF64.expiresAtUs]!;
    const before = timers.get(keyOf(account, tag));
    insist(before?.covered === undefined, "a timer whose time has come fires before it is set");
    if (firesAtUs === 0) timers.delete(keyOf(account, tag));
    else timers.set(keyOf(account, tag), { account, tag, firesAtUs, sequence, covered: undefined });
  }

  function hearMassCancel(u8: Uint8Array, i32: Int32Array): void {
    const account = i32[EventI32.account]!;
    const instrument = i32[EventI32.instrument]!;
    const side = u8[EventU8.side]!;
    const tag = i32[EventI32.tag]!;
    for (const order of freeOf(account)) {
      if (instrument !== 0 && order.instrument !== instrument) continue;
      if (side !== 0 && order.side !== side) continue;
      if (tag === 0 || order.tag === tag) cover(order);
    }
  }

  /** Whether an order may trade or come to rest: an uncross happened before what was covered since. */
  function isFree(order: Order | undefined, u8: Uint8Array): boolean {
    if (order === undefined || order.coveredAt === 0) return true;
    const isAuction = (u8[EventU8.flags]! & EventFlag.AUCTION) !== 0;
    const opens = u8[EventU8.type] === EventType.RESTED;
    return (isAuction || opens) && order.coveredAt > uncrossedAt;
  }

  function hearOrder(type: number, u8: Uint8Array, i32: Int32Array, f64: Float64Array): void {
    const orderId = f64[EventF64.orderId]!;
    const order = orders.get(orderId);
    if (type === EventType.CANCELLED) {
      const reason = u8[EventU8.reason]!;
      const isByCover = reason === CancelReason.MASS_CANCEL || reason === CancelReason.TIMER;
      if (isByCover) insist(order?.coveredAt !== 0, `order ${orderId} was covered`);
    } else if (type !== EventType.EXPIRED) {
      insist(isFree(order, u8), `order ${orderId} is covered and changes no more`);
    }
    if (i32[EventI32.open] === 0) end(orderId);
    if (type !== EventType.TRADE && type !== EventType.PREVENTED) return;
    const takerId = f64[EventF64.takerOrderId]!;
    insist(isFree(orders.get(takerId), u8), `order ${takerId} is covered and takes no more`);
    if (i32[EventI32.takerOpen] === 0) end(takerId);
  }

  function hearOne(u8: Uint8Array, i32: Int32Array, f64: Float64Array): void {
    const type = u8[EventU8.type]!;
    const flags = u8[EventU8.flags]!;
    if (type === EventType.ACCEPTED && (flags & EventFlag.DUPLICATE) === 0) {
      const order: Order = {
        account: i32[EventI32.account]!,
        instrument: i32[EventI32.instrument]!,
        side: u8[EventU8.side]!,
        tag: tags.get(f64[EventF64.correlation]!) ?? 0,
        coveredAt: 0,
        isOpen: true,
      };
      orders.set(f64[EventF64.orderId]!, order);
      freeOf(order.account).add(order);
    } else if (type === EventType.UNCROSS_ACCEPTED) uncrossedAt = sequence;
    else if (type === EventType.TIMER_FIRED) hearFired(i32, f64, flags);
    else if (type === EventType.TIMER_SET) hearSet(i32, f64);
    else if (type === EventType.MASS_CANCEL_ACCEPTED) hearMassCancel(u8, i32);
    else if (type >= EventType.TRADE && type <= EventType.PREVENTED) hearOrder(type, u8, i32, f64);
  }

  function hear(commands: Commands, index: number, events: Events): void {
    const at = index * COMMAND_F64;
    sequence = commands.f64[at + CommandF64.sequence]!;
    stampUs = commands.f64[at + CommandF64.stampUs]!;
    commandType = commands.u8[index * COMMAND_F64 * 8]!;
    const tag = commands.i32[index * COMMAND_I32 + CommandI32.tag]!;
    if (tag !== 0) tags.set(commands.f64[at + CommandF64.correlation]!, tag);
    timesCome();
    for (let n = 0; n < events.count; n++) {
      const u8 = events.u8.subarray(n * EVENT_BYTES, (n + 1) * EVENT_BYTES);
      const i32 = events.i32.subarray(n * EVENT_I32, (n + 1) * EVENT_I32);
      hearOne(u8, i32, events.f64.subarray(n * EVENT_F64, (n + 1) * EVENT_F64));
    }
  }

  function compareNothingPending(): void {
    for (const [orderId, order] of orders)
      insist(order.coveredAt === 0, `order ${orderId} has ended`);
    for (const timer of timers.values()) insist(timer.firesAtUs > stampUs, "what is due has fired");
  }

  return { hear, compareNothingPending };
}
