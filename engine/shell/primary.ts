/**
 * The primary: the one writer of a shard. One step takes what is waiting, stamps it, makes it
 * durable, applies it and publishes what happened: in this order, always. Nothing is applied before
 * it is durable, and nothing is said before it is applied. While the disk works, the next batch
 * fills by itself.
 *
 * A step has halves, `take` and then `confirm` and `apply`; what lies between them is its driver's. The
 * one here blocks, for files: `worker.ts` calls `step` in a loop, and what throws here stops the shard.
 * When much waits, the next batch is made durable while this one is applied:
 *
 * ```
 * shard's thread   end 1 │ take 2, begin │ apply and tell 1 │ end 2 │ take 3, begin │ apply and tell 2
 * the other one          │               └ write, sync 2 ───────────┤               └ write, sync 3 ──
 * ```
 *
 * The other driver waits in the event loop, for brokers: `remote-primary.ts`.
 */
import {
  clearCommand,
  CommandF64,
  CommandI32,
  type Commands,
  COMMAND_BYTES,
  COMMAND_F64,
  COMMAND_I32,
  CommandU8,
} from "../core/command.ts";
import { CommandType } from "../core/codes.ts";
import {
  BATCH_COMMANDS_MAX,
  BEHAVIOUR_NEWEST,
  EVENTS_PER_COMMAND_MAX,
  READ_AHEAD_COMMANDS,
} from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import type { Consumer } from "../ring/ring.ts";
import { ShardState, type Status } from "../ring/status.ts";
import { checkpointOf, fillCheckpoint } from "./checkpoint.ts";
import type { Clock } from "./clock.ts";
import { ShellError, ShellErrorCode } from "./errors.ts";
import { type Journal, type JournalWriter, Room } from "./journal/journal.ts";
import type { Publisher } from "./publisher.ts";

export interface StepParts<Result> {
  readonly shard: Shard;
  readonly journal: JournalWriter<Result>;
  readonly clock: Clock;
  readonly status: Status;
  readonly commandRing: Consumer;
  readonly commands: Commands;
  readonly publisher: Publisher;
  readonly recoveredCommands: number;
  monotonicMs(): number;
}

/** The two halves of a step. */
export interface Steps {
  /**
   * Puts what is waiting into the journal's batch and stamps it. How many commands; 0 when nothing
   * waited or nothing could be taken. Taken again, it is another batch: nothing has happened yet.
   * `isAhead`: something that was confirmed has yet to be applied, and is not to wait.
   */
  take(isAhead?: boolean): number;
  /** A checkpoint as the batch, for a clean end; 0 when readers have no room for what it says. */
  takeCheckpoint(): number;
  /** What was taken last is durable, its append begun then: it leaves the ring. */
  confirm(beganMs: number): void;
  /** What was confirmed is applied and told; meanwhile something else may have been taken. */
  apply(): void;
  /** When the last append was durable. */
  appendedAtMs(): number;
  /** How long until something is due by itself, at most `most`. */
  idleMs(most: number): number;
}

export interface PrimaryParts extends StepParts<void> {
  readonly journal: Journal;
  /**
   * Commands from which on a batch is made durable while another one is applied: fewer are faster one
   * after the other.
   */
  readonly besideFrom: number;
}

export interface Primary {
  /** One batch: how many commands were taken; 0 when nothing waited or nothing could be taken. */
  step(): number;
  /** How long the thread may sleep before the next step is due by itself. */
  idleMs(): number;
  /** Covers the last append when the journal has been idle. */
  coverWhenIdle(): void;
  /** The clean end: everything that waits, a checkpoint, a watermark. */
  finish(): void;
}

const COVER_AFTER_MS = 50; // the format promises 100
const DRAIN_MS_MAX = 5_000;
const SLEEP_MS_MAX = 1_000;
const READER_WAIT_MS = 100;
const ROOM_WAIT_MS = 5;
/** Commands after which what they did is told: readers work, and send more, while the rest is applied. */
const TELL_EVERY = 128;
/** More than a command makes as a rule: what a batch longer than BATCH_COMMANDS_MAX reckons with. */
const EVENTS_LIKELY = 32;

/** `readerWaitMs`: how long a step may block for a reader that is slow. */
export function makeSteps<Result>(parts: StepParts<Result>, readerWaitMs: number): Steps {
  const { shard, journal, clock, status, commandRing, commands, publisher } = parts;
  let { batch } = journal;
  let batches = 0;
  let journalMs = 0;
  let appendedAtMs = parts.monotonicMs();
  let taken = 0;
  let takenFromRing = 0;
  let confirmed = 0;
  let confirmedBatch = batch;

  function take(isAhead = false): number {
    ({ batch } = journal);
    if (isAhead) return takeAhead();
    if (isDiskFull()) return 0;
    const waiting = Math.min(commandRing.available(), journal.batchMax);
    if (waiting > 0) return takeWaiting(roomFor(waiting));
    const due = shard.nextDueUs();
    if (due === Infinity) return 0;
    const stampUs = clock.stampUs();
    if (due > stampUs || roomFor(1) === 0) return 0;
    clearCommand(batch, 0);
    batch.u8[CommandU8.type] = CommandType.CLOCK;
    return stamp(1, 0, stampUs);
  }

  /** Never waits, and leaves room for what the confirmed commands are likely to say. */
  function takeAhead(): number {
    const waiting = Math.min(commandRing.available(), journal.batchMax);
    const room = publisher.room() - confirmed * eventsOfOne();
    const count = Math.min(waiting, fitting(Math.max(room, 0)));
    return takeWaiting(journal.room(count) === Room.YES ? count : 0);
  }

  function takeWaiting(count: number): number {
    if (count === 0) return 0;
    // Two pieces at most: the ring goes round.
    const first = commandRing.slot(0);
    const untilEnd = Math.min(count, commands.u8.length / COMMAND_BYTES - first);
    copyCommands(commands, first, batch, 0, untilEnd);
    if (untilEnd < count) copyCommands(commands, 0, batch, untilEnd, count - untilEnd);
    for (let i = 0; i < count; i++) refuseUnknownBehaviour(batch, i);
    return stamp(count, count, clock.stampUs());
  }

  /** How many of `wanted` commands the journal and the readers have room for now. */
  function roomFor(wanted: number): number {
    const fits = fitting(publisher.room());
    if (fits === 0) publisher.waitForRoom(EVENTS_PER_COMMAND_MAX, readerWaitMs);
    let count = Math.min(wanted, fits);
    while (count > 0 && journal.room(count) !== Room.YES) count >>= 1; // a smaller batch may fit
    if (count === 0 && fits > 0) journal.waitForRoom(ROOM_WAIT_MS);
    return count;
  }

  /**
   * A batch that needs no more room than there is, however much its commands do; or a larger one that
   * is likely not to, where the rest of it can wait for its readers (`makeRoom`).
   */
  function fitting(room: number): number {
    const surely = Math.floor(room / EVENTS_PER_COMMAND_MAX);
    return surely === 0 ? 0 : Math.max(surely, Math.floor(room / eventsOfOne()));
  }

  function eventsOfOne(): number {
    return journal.batchMax <= BATCH_COMMANDS_MAX ? EVENTS_PER_COMMAND_MAX : EVENTS_LIKELY;
  }

  /**
   * Full from when not one command finds room until a whole batch does, so that clients are refused
   * before they have sent, and not in turns. The preparing thread tries again each second.
   */
  function isDiskFull(): boolean {
    if (status.state() !== ShardState.DISK_FULL) {
      if (journal.room(1) !== Room.NONE) return false;
      status.setState(ShardState.DISK_FULL);
    }
    journal.waitForRoom(ROOM_WAIT_MS);
    if (journal.room(journal.batchMax) !== Room.YES) return true;
    status.setState(ShardState.LIVE);
    return false;
  }

  function stamp(count: number, fromRing: number, stampUs: number): number {
    const first = journal.nextSequence();
    for (let i = 0; i < count; i++) {
      batch.f64[i * COMMAND_F64 + CommandF64.sequence] = first + i;
      batch.f64[i * COMMAND_F64 + CommandF64.stampUs] = stampUs;
    }
    taken = count;
    takenFromRing = fromRing;
    return count;
  }

  function takeCheckpoint(): number {
    ({ batch } = journal);
    if (!publisher.waitForRoom(EVENTS_PER_COMMAND_MAX, readerWaitMs)) return 0;
    fillCheckpoint(batch, 0, checkpointOf(shard));
    return stamp(1, 0, clock.stampUs());
  }

  function confirm(beganMs: number): void {
    appendedAtMs = parts.monotonicMs();
    journalMs += appendedAtMs - beganMs;
    status.countAppend(appendedAtMs - beganMs);
    batches++;
    commandRing.advance(takenFromRing);
    confirmed = taken;
    confirmedBatch = batch;
    taken = 0;
    takenFromRing = 0;
  }

  function apply(): void {
    let surely = 0;
    for (let from = 0; from < confirmed; from += READ_AHEAD_COMMANDS) {
      const to = Math.min(from + READ_AHEAD_COMMANDS, confirmed);
      shard.readAhead(confirmedBatch, from, to - from);
      for (let i = from; i < to; i++) {
        if (surely < EVENTS_PER_COMMAND_MAX) surely = makeRoom();
        surely -= EVENTS_PER_COMMAND_MAX;
        publisher.apply(shard, confirmedBatch, i);
      }
      if (to < confirmed && to % TELL_EVERY === 0) tell();
    }
    confirmed = 0;
    tell();
  }

  function tell(): void {
    writeFigures();
    publisher.publish();
  }

  /** Room for one command's events at least, once readers have made it; how much. */
  function makeRoom(): number {
    let waitedMs = 0;
    while (publisher.room() < EVENTS_PER_COMMAND_MAX) {
      publisher.publish();
      if (publisher.waitForRoom(EVENTS_PER_COMMAND_MAX, readerWaitMs)) break;
      if (status.isStopAsked()) waitedMs += readerWaitMs;
      if (waitedMs >= DRAIN_MS_MAX) throw unheard();
    }
    return publisher.room();
  }

  function writeFigures(): void {
    status.write({
      sequence: shard.sequence(),
      tradesTotal: shard.tradesTotal(),
      ordersTotal: shard.ordersTotal(),
      ordersOpen: shard.ordersOpen(),
      journalBytes: journal.position(),
      journalBatches: batches,
      journalMs,
      recoveredCommands: parts.recoveredCommands,
    });
  }

  function idleMs(most: number): number {
    const due = shard.nextDueUs();
    if (due === Infinity) return most;
    const aheadMs = Math.ceil((due - clock.stampUs()) / 1_000);
    return Math.max(1, Math.min(aheadMs, most));
  }

  writeFigures();
  return { take, takeCheckpoint, confirm, apply, appendedAtMs: () => appendedAtMs, idleMs };
}

export function makePrimary(parts: PrimaryParts): Primary {
  const { journal, status, commandRing, monotonicMs } = parts;
  const steps = makeSteps(parts, READER_WAIT_MS);
  let { besideFrom } = parts;
  let underWay = 0; // commands of the append that was begun
  let beganMs = 0;

  function step(): number {
    const isBegun = underWay > 0;
    const count = isBegun ? underWay : steps.take();
    if (count === 0) return 0;
    if (isBegun) commitBegun();
    else commit(count);
    if (count >= besideFrom && commandRing.available() >= besideFrom) beginNext();
    steps.apply();
    return count;
  }

  function commit(count: number): void {
    beganMs = monotonicMs();
    journal.append(count);
    steps.confirm(beganMs);
  }

  function commitBegun(): void {
    journal.endAppend();
    underWay = 0;
    steps.confirm(beganMs);
  }

  /** Whatever waits is made durable while what was confirmed is applied. */
  function beginNext(): void {
    const count = steps.take(true);
    if (count === 0) return;
    beganMs = monotonicMs();
    journal.beginAppend(count);
    underWay = count;
  }

  function coverWhenIdle(): void {
    if (
      underWay > 0 ||
      !journal.isUncovered() ||
      monotonicMs() - steps.appendedAtMs() < COVER_AFTER_MS
    )
      return;
    if (journal.room(0) === Room.YES) journal.appendWatermark();
  }

  function idleMs(): number {
    const sinceMs = monotonicMs() - steps.appendedAtMs();
    return steps.idleMs(
      journal.isUncovered() ? Math.max(COVER_AFTER_MS - sinceMs, 1) : SLEEP_MS_MAX,
    );
  }

  function finish(): void {
    const giveUpMs = monotonicMs() + DRAIN_MS_MAX;
    besideFrom = Infinity; // from here on one after the other
    if (underWay > 0) step();
    while (commandRing.available() > 0 && monotonicMs() < giveUpMs) {
      if (step() === 0 && status.state() === ShardState.DISK_FULL) break; // never taken: nothing happened
    }
    while (!journal.hasRoomToClose()) {
      if (journal.room(0) !== Room.SOON || monotonicMs() > giveUpMs) return;
      journal.waitForRoom(ROOM_WAIT_MS);
    }
    // Without a reader there is no checkpoint; the journal is whole without one.
    if (steps.takeCheckpoint() > 0) {
      commit(1);
      steps.apply();
    }
    if (journal.isUncovered()) journal.appendWatermark();
  }

  return { step, idleMs, coverWhenIdle, finish };
}

/** As bytes, never as doubles: an id's may read as a NaN, and a copied NaN may change its bits. */
function copyCommands(
  from: Commands,
  fromIndex: number,
  to: Commands,
  toIndex: number,
  count: number,
): void {
  const source = fromIndex * COMMAND_BYTES;
  const bytes = from.u8.subarray(source, source + count * COMMAND_BYTES);
  to.u8.set(bytes, toIndex * COMMAND_BYTES);
}

function unheard(): ShellError {
  return new ShellError(
    ShellErrorCode.STOPPED,
    "the shard was asked to stop while its reader took no more events; what is in the journal and " +
      "was not told is told at the next start",
  );
}

/**
 * A switch to rules this build lacks is journaled as no command at all, which the core refuses: were
 * it journaled as it is, this build could not tell later whether a newer one had obeyed it.
 */
function refuseUnknownBehaviour(batch: Commands, index: number): void {
  const type = index * COMMAND_BYTES + CommandU8.type;
  if (batch.u8[type] !== CommandType.SET_BEHAVIOUR) return;
  const behaviour = batch.i32[index * COMMAND_I32 + CommandI32.behaviour]!;
  if (behaviour > BEHAVIOUR_NEWEST) batch.u8[type] = CommandType.NONE;
}
