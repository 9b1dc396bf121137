/**
 * One shard: applies commands to state and writes what they decided.
 *
 * It sees nothing but its commands: no clock, no randomness, no files. Its caller stamps a command,
 * makes it durable, applies it and publishes the events; the same commands give the same bytes on
 * any machine, live or in a replay. See `index.ts` for how to drive one.
 */
import { makeAdmin } from "./admin.ts";
import { assert } from "./assert.ts";
import type { MakeBook } from "./book-api.ts";
import { makeChange } from "./change.ts";
import { makeCheck } from "./check.ts";
import { CommandType, Reject } from "./codes.ts";
import { CommandF64, type Commands, CommandU8 } from "./command.ts";
import type { Events } from "./event.ts";
import { makeLife } from "./life.ts";
import { EVENTS_PER_COMMAND_MAX, type ShardOptions } from "./limits.ts";
import { ORDER_DOUBLES, OrderF64 } from "./orders.ts";
import { makePlace } from "./place.ts";
import type { Shard, StateHash } from "./shard-api.ts";
import { makeState } from "./state.ts";
import { beginTurn, Counter } from "./turn.ts";
import { hashState } from "./walk.ts";

export function makeShardWith(options: ShardOptions, makeBook: MakeBook): Shard {
  const state = makeState(options, makeBook);
  const { turn, ids, emit, expiry, massCancels, orders, instruments, book } = state;
  const { counters } = turn;
  const hash = (): StateHash => hashState(state);
  const life = makeLife(state);
  const check = makeCheck(state);
  const { place, status } = makePlace(state, check, life);
  const { cancel, reduce, amend, cancelAll, carryOn } = makeChange(state, check, life);
  const admin = makeAdmin(state, hash);

  function dispatch(type: number): void {
    if (type === CommandType.PLACE) place();
    else if (type === CommandType.CANCEL) cancel();
    else if (type === CommandType.AMEND) amend();
    else if (type === CommandType.REDUCE) reduce();
    else if (type === CommandType.CANCEL_ALL) cancelAll();
    else if (type === CommandType.ORDER_STATUS) status();
    else if (type === CommandType.LIST_INSTRUMENT) admin.listInstrument();
    else if (type === CommandType.SET_INSTRUMENT_STATE) admin.setInstrumentState();
    else if (type === CommandType.SET_BAND) admin.setBand();
    else if (type === CommandType.SET_ACCOUNT) admin.setAccount();
    else if (type === CommandType.CHECKPOINT) admin.checkpoint();
    else if (type === CommandType.SET_BEHAVIOUR) admin.setBehaviour();
    else if (type !== CommandType.CLOCK) emit.rejected(Reject.UNKNOWN_COMMAND, 0, false);
  }

  function apply(commands: Commands, index: number, events: Events): void {
    beginTurn(turn, commands, index);
    const type = turn.u8[CommandU8.type]!;
    if (type === CommandType.CHECKPOINT) admin.compareCheckpoint();
    const sequence = turn.f64[CommandF64.sequence]!;
    const stampUs = turn.f64[CommandF64.stampUs]!;
    assert(sequence === counters[Counter.sequence]! + 1, "sequences have no gap");
    assert(stampUs >= counters[Counter.stampUs]!, "stamps do not go back");
    assert(
      events.capacity - events.count >= EVENTS_PER_COMMAND_MAX,
      "there is room for a command's events",
    );
    emit.begin();
    counters[Counter.sequence] = sequence;
    counters[Counter.stampUs] = stampUs;
    ids.sweep();
    carryOn();
    dispatch(type);
    emit.end(events);
  }

  function nextDueUs(): number {
    if (!massCancels.isEmpty()) return 0;
    if (expiry.first() === 0) return Number.POSITIVE_INFINITY;
    if (expiry.isDue(counters, Counter.stampUs)) return 0;
    return orders.f64[expiry.first() * ORDER_DOUBLES + OrderF64.expiresAtUs]!;
  }

  return {
    apply,
    nextDueUs,
    sequence: () => counters[Counter.sequence]!,
    lastStampUs: () => counters[Counter.stampUs]!,
    behaviour: () => counters[Counter.behaviour]!,
    tradesTotal: () => counters[Counter.tradesTotal]!,
    ordersTotal: () => counters[Counter.ordersTotal]!,
    ordersOpen: () => orders.count(),
    hash,
    depth: (instrument, side, levelsMax) =>
      instruments.isListed(instrument) ? book.depth(instrument, side, levelsMax) : [],
  };
}
