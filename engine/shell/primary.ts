/**
 * The primary: the one writer of a shard. One step takes what is waiting, stamps it, makes it
 * durable, applies it and publishes what happened: in this order, always. Nothing is applied before
 * it is durable, and nothing is said before it is applied. While the disk works, the next batch
 * fills by itself.
 *
 * A step has halves, `take` and then `confirm` and `apply`; what lies between them is its driver's. The
 * one here blocks, for files: `worker.ts` calls `step` in a loop, and what throws here stops the shard.
 * When much waits, the next batch is made durable while this one is applied, and while whole batches
 * wait, another one behind it, so that the disk may be late now and then:
 *
 * ```
 * shard's thread   end 1 │ take 3, begin │ apply and tell 1 │ end 2 │ take 4, begin │ apply and tell 2
 * the other one    ── write, sync 2 ────────────┤ write, sync 3 ────────────┤ write, sync 4 ───────
 * ```
 *
 * The other driver waits in the event loop, for brokers: `remote-primary.ts`.
 */
import { CommandType } from "../core/codes.ts";
import { clearCommand, type Commands, CommandU8 } from "../core/command.ts";
import { BATCH_COMMANDS_MAX, EVENTS_PER_COMMAND_MAX, READ_AHEAD_COMMANDS } from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import type { Consumer } from "../ring/ring.ts";
import { ShardState, type Status } from "../ring/status.ts";
import { fillBatch, stampCommands, type Unfilled } from "./batch.ts";
import { checkpointOf, fillCheckpoint } from "./checkpoint.ts";
import type { Clock } from "./clock.ts";
import { ShellError, ShellErrorCode } from "./errors.ts";
import { UNDER_WAY_MAX } from "./journal/behind.ts";
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
   * Not while something that was begun has yet to be applied.
   */
  take(): number;
  /**
   * The same while something has yet to be applied: it does not wait, and leaves the commands in their
   * ring, to be copied by who makes them durable. null: nothing was taken.
   */
  takeMore(): Unfilled | null;
  /** Commands in the ring that were not begun yet. */
  waiting(): number;
  /** A checkpoint as the batch, for a clean end; 0 when readers have no room for what it says. */
  takeCheckpoint(): number;
  /** What was taken last is being appended, since then; more may be taken and begun behind it. */
  begin(beganMs: number): void;
  /** The oldest that was begun is durable: it leaves the ring. How many commands. */
  confirm(): number;
  /** What was confirmed last is applied and told; what was begun behind it stays. */
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
  /** Commands from which on another one is begun behind that. */
  readonly furtherFrom: number;
}

/** Commands that were taken together. */
interface Taken {
  readonly commands: Commands;
  readonly count: number;
  /** As many as this are in the ring. */
  readonly fromRing: number;
  readonly beganMs: number;
}

const fromRingOf = (begun: readonly Taken[]): number =>
  begun.reduce((sum, { fromRing }) => sum + fromRing, 0);

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
const EVENTS_LIKELY = 16;
const eventsOfOneIn = (batchMax: number): number =>
  batchMax <= BATCH_COMMANDS_MAX ? EVENTS_PER_COMMAND_MAX : EVENTS_LIKELY;

/** `readerWaitMs`: how long a step may block for a reader that is slow. */
export function makeSteps<Result>(parts: StepParts<Result>, readerWaitMs: number): Steps {
  const { shard, journal, clock, status, commandRing, commands, publisher } = parts;
  const eventsOfOne = eventsOfOneIn(journal.batchMax);
  let { batch } = journal;
  let batches = 0;
  let journalMs = 0;
  let durableAtMs = parts.monotonicMs();
  let taken = { count: 0, fromRing: 0 };
  const begun: Taken[] = []; // oldest first
  let confirmed: Taken | null = null; // and not applied

  function take(): number {
    ({ batch } = journal);
    if (isDiskFull()) return 0;
    const most = Math.min(waiting(), journal.batchMax);
    if (most > 0) {
      const count = roomFor(most);
      if (count > 0) fillBatch(batch, journal.nextSequence(), nextInRing(count));
      return count;
    }
    const due = shard.nextDueUs();
    if (due === Infinity) return 0;
    const stampUs = clock.stampUs();
    if (due > stampUs || roomFor(1) === 0) return 0;
    clearCommand(batch, 0);
    batch.u8[CommandU8.type] = CommandType.CLOCK;
    return stampOwn(stampUs);
  }

  /** Leaves room for what those before are likely to say. */
  function takeMore(): Unfilled | null {
    ({ batch } = journal);
    const most = Math.min(waiting(), journal.batchMax);
    const room = publisher.room() - unapplied() * eventsOfOne;
    const count = Math.min(most, fitting(Math.max(room, 0)));
    if (count === 0 || journal.room(count) !== Room.YES) return null;
    return nextInRing(count);
  }

  function nextInRing(count: number): Unfilled {
    taken = { count, fromRing: count };
    const slot = commandRing.slot(fromRingOf(begun));
    return { ring: commands, slot, count, stampUs: clock.stampUs() };
  }

  function waiting(): number {
    return commandRing.available() - fromRingOf(begun);
  }

  function unapplied(): number {
    return begun.reduce((sum, { count }) => sum + count, confirmed?.count ?? 0);
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
    return surely === 0 ? 0 : Math.max(surely, Math.floor(room / eventsOfOne));
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

  function stampOwn(stampUs: number): number {
    stampCommands(batch, 1, journal.nextSequence(), stampUs);
    taken = { count: 1, fromRing: 0 };
    return 1;
  }

  function takeCheckpoint(): number {
    ({ batch } = journal);
    if (!publisher.waitForRoom(EVENTS_PER_COMMAND_MAX, readerWaitMs)) return 0;
    fillCheckpoint(batch, 0, checkpointOf(shard));
    return stampOwn(clock.stampUs());
  }

  function begin(beganMs: number): void {
    begun.push({ commands: batch, ...taken, beganMs });
  }

  function confirm(): number {
    const oldest = begun.shift()!;
    const sinceMs = Math.max(oldest.beganMs, durableAtMs); // before that it waited for its turn
    durableAtMs = parts.monotonicMs();
    journalMs += durableAtMs - sinceMs;
    status.countAppend(durableAtMs - sinceMs);
    batches++;
    commandRing.advance(oldest.fromRing);
    confirmed = oldest;
    return oldest.count;
  }

  function apply(): void {
    const { commands: batch, count } = confirmed!;
    let surely = 0;
    for (let from = 0; from < count; from += READ_AHEAD_COMMANDS) {
      const to = Math.min(from + READ_AHEAD_COMMANDS, count);
      shard.readAhead(batch, from, to - from);
      for (let i = from; i < to; i++) {
        if (surely < EVENTS_PER_COMMAND_MAX) surely = makeRoom();
        surely -= EVENTS_PER_COMMAND_MAX;
        publisher.apply(shard, batch, i);
      }
      if (to < count && to % TELL_EVERY === 0) tell();
    }
    confirmed = null;
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
  const appendedAtMs = (): number => durableAtMs;
  return { take, takeMore, waiting, takeCheckpoint, begin, confirm, apply, idleMs, appendedAtMs };
}

export function makePrimary(parts: PrimaryParts): Primary {
  const { journal, status, commandRing, monotonicMs } = parts;
  const steps = makeSteps(parts, READER_WAIT_MS);
  let { besideFrom } = parts;
  let underWay = 0; // appends that were begun

  function step(): number {
    let count: number;
    if (underWay > 0) {
      journal.endAppend();
      underWay--;
      count = steps.confirm();
    } else {
      count = steps.take();
      if (count === 0) return 0;
      commit(count);
    }
    if (count >= besideFrom) beginMore();
    steps.apply();
    return count;
  }

  function commit(count: number): void {
    const beganMs = monotonicMs();
    journal.append(count);
    steps.begin(beganMs);
    steps.confirm();
  }

  /** Whatever waits is made durable while what was confirmed is applied. */
  function beginMore(): void {
    while (underWay < UNDER_WAY_MAX) {
      if (steps.waiting() < (underWay === 0 ? besideFrom : parts.furtherFrom)) return;
      const unfilled = steps.takeMore();
      if (unfilled === null) return;
      const beganMs = monotonicMs();
      journal.beginAppend(unfilled.count, unfilled);
      steps.begin(beganMs);
      underWay++;
    }
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
    while (underWay > 0) step();
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

function unheard(): ShellError {
  return new ShellError(
    ShellErrorCode.STOPPED,
    "the shard was asked to stop while its reader took no more events; what is in the journal and " +
      "was not told is told at the next start",
  );
}
