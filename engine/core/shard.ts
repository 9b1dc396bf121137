/**
 * One shard: applies commands to state and writes what they decided.
 *
 * It sees nothing but its commands: no clock, no randomness, no files. Its caller stamps a command,
 * makes it durable, applies it and publishes the events; the same commands give the same bytes on
 * any machine, live or in a replay. See `index.ts` for how to drive one.
 */
import { makeAdmin } from "./admin.ts";
import { broken } from "./assert.ts";
import { collectedBook } from "./book-api.ts";
import { makeChange } from "./change.ts";
import { makeCheck } from "./check.ts";
import { makeCompounds } from "./compound.ts";
import { CommandType, Reject } from "./codes.ts";
import { CommandF64, type Commands, CommandU8 } from "./command.ts";
import { copyEvents, type Events } from "./event.ts";
import { makeLife } from "./life.ts";
import {
  BEHAVIOUR_AUCTIONS,
  BEHAVIOUR_COMPOUNDS,
  BEHAVIOUR_SESSIONS,
  EVENTS_PER_COMMAND_MAX,
} from "./limits.ts";
import { ORDER_SHIFT64, OrderF64 } from "./orders.ts";
import { makePending } from "./pending.ts";
import { makePlace } from "./place.ts";
import { makePlaceGroup } from "./place-group.ts";
import { makeSessions } from "./sessions.ts";
import type { Shard, StateHash } from "./shard-api.ts";
import { makeReadAhead } from "./read-ahead.ts";
import { saveState } from "./snapshot.ts";
import type { State } from "./state.ts";
import { UncrossI32, UncrossPhase } from "./pending-uncross.ts";
import { Counter } from "./turn.ts";
import { makeUncross } from "./uncross.ts";
import { hashState } from "./walk.ts";

const COUNTER = Counter;
const ORDER64 = OrderF64;
const REJECT = Reject;
const UNCROSS_OF = UncrossI32;
const PHASES = UncrossPhase;
const ROW64 = ORDER_SHIFT64;
const SESSIONS = BEHAVIOUR_SESSIONS;
const AUCTIONS = BEHAVIOUR_AUCTIONS;
const COMPOUNDS = BEHAVIOUR_COMPOUNDS;
const TYPE = CommandType;
const C_TYPE = CommandU8.type;
const C_COMPOUND = CommandU8.compoundCount;
const { sequence: C_SEQUENCE, stampUs: C_STAMP } = CommandF64;
const { sequence: SEQUENCE, stampUs: STAMP, ownSequence: OWN } = Counter;
const EVENTS_MAX = EVENTS_PER_COMMAND_MAX;

/** A shard over a state, empty or loaded. */
export function makeShardOver(state: State): Shard {
  const { turn, ids, emit, events: own, expiry, massCancels, timers } = state;
  const { orders, instruments, book } = state;
  const { counters, begin } = turn;
  const hash = (): StateHash => hashState(state);
  const life = makeLife(state);
  const check = makeCheck(state);
  const placing = makePlace(state, check, life);
  const { place, restore, status } = placing;
  const sessions = makeSessions(state);
  const uncross = makeUncross(state, life);
  const pending = makePending(state, life, sessions, uncross);
  const { carryOn } = pending;
  const change = makeChange(state, check, life, pending);
  const { cancel, reduce, amend, cancelAll } = change;
  const admin = makeAdmin(state, hash);
  const placeGroup = makePlaceGroup(state, check, placing, life);
  const compounds = makeCompounds(state, { check, place: placing, placeGroup, change, dispatch });
  const stagedCount = state.staged.count;

  function dispatch(type: number): void {
    if (type === TYPE.PLACE) place();
    else if (type === TYPE.CANCEL) cancel();
    else if (type === TYPE.AMEND) amend();
    else if (type === TYPE.REDUCE) reduce();
    else if (type === TYPE.CANCEL_ALL) cancelAll();
    else if (type === TYPE.ORDER_STATUS) status();
    else if (type === TYPE.LIST_INSTRUMENT) admin.listInstrument();
    else if (type === TYPE.SET_INSTRUMENT_STATE) admin.setInstrumentState();
    else if (type === TYPE.SET_BAND) admin.setBand();
    else if (type === TYPE.SET_ACCOUNT) admin.setAccount();
    else if (type === TYPE.CHECKPOINT) admin.checkpoint();
    else if (type === TYPE.SET_BEHAVIOUR) admin.setBehaviour();
    else if (type !== TYPE.CLOCK) dispatchNewer(type);
  }

  /** Commands that came with a later behaviour are as unknown before it as they were. */
  function dispatchNewer(type: number): void {
    const behaviour = counters[COUNTER.behaviour]!;
    if (type === TYPE.ARM_TIMER && behaviour >= SESSIONS) sessions.arm();
    else if (type === TYPE.RESTORE && behaviour >= SESSIONS) restore();
    else if (type === TYPE.UNCROSS && behaviour >= AUCTIONS) uncross.begin(carryOn);
    else emit.rejected(REJECT.UNKNOWN_COMMAND, 0, false);
  }

  function dispatchCompound(type: number): void {
    if (counters[COUNTER.behaviour]! >= COMPOUNDS) compounds.apply(type);
    else dispatch(type);
  }

  function apply(commands: Commands, index: number, events: Events): void {
    begin(commands, index);
    const type = turn.u8[C_TYPE]!;
    if (type === TYPE.CHECKPOINT) admin.compareCheckpoint();
    const sequence = turn.f64[C_SEQUENCE]!;
    const stampUs = turn.f64[C_STAMP]!;
    if (sequence !== counters[SEQUENCE]! + 1) broken("sequences have no gap");
    if (!(stampUs >= counters[STAMP]!)) broken("stamps do not go back");
    if (events.capacity - events.count < EVENTS_MAX) broken("no room for a command's events");
    if (events !== own) own.count = 0;
    emit.begin();
    counters[SEQUENCE] = sequence;
    counters[OWN] = sequence;
    counters[STAMP] = stampUs;
    ids.sweep();
    carryOn();
    if (turn.u8[C_COMPOUND]! > 1 || stagedCount[0] !== 0) dispatchCompound(type);
    else dispatch(type);
    emit.end();
    if (events !== own) copyEvents(own, events);
  }

  function nextDueUs(): number {
    if (!massCancels.isEmpty()) return 0;
    if (state.uncross.i32[UNCROSS_OF.phase] !== PHASES.NONE) return 0;
    const first = expiry.first();
    const timerUs = timers.firstUs[0]!;
    const expiryUs =
      first === 0 ? Number.POSITIVE_INFINITY : orders.f64[(first << ROW64) + ORDER64.expiresAtUs]!;
    const dueUs = timerUs < expiryUs ? timerUs : expiryUs;
    return dueUs <= counters[STAMP]! ? 0 : dueUs;
  }

  return {
    apply,
    readAhead: makeReadAhead(state),
    nextDueUs,
    sequence: () => counters[COUNTER.sequence]!,
    lastStampUs: () => counters[COUNTER.stampUs]!,
    behaviour: () => counters[COUNTER.behaviour]!,
    tradesTotal: () => counters[COUNTER.tradesTotal]!,
    ordersTotal: () => counters[COUNTER.ordersTotal]!,
    ordersOpen: () => orders.count(),
    hash,
    save: (sink, rest) => saveState(state, sink, rest),
    depth: (instrument, side, levelsMax) =>
      instruments.isListed(instrument) ? book.depth(instrument, side, levelsMax) : [],
    collected: (instrument, side, levelsMax) =>
      instruments.isListed(instrument)
        ? book.depth(collectedBook(instrument, side, instruments.capacity), side, levelsMax)
        : [],
  };
}
