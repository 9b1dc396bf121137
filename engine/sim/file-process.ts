/**
 * A shard's process over a simulated disk: the wiring of `shell/worker.ts` with another disk, clock and
 * chance under it, and nobody's threads. Everything between is the shell itself: recovery, journal,
 * primary, clock.
 */
import { dirname } from "node:path";
import { COMMAND_BYTES, makeCommands } from "../core/command.ts";
import { EVENT_BYTES } from "../core/event.ts";
import { makeShard, NO_REST } from "../core/index.ts";
import { BATCH_COMMANDS_MAX } from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import { makeRing, openConsumer, openProducer, type Producer } from "../ring/ring.ts";
import { makeStatusMemory, openStatus, ShardState, type Status } from "../ring/status.ts";
import { makeClock, type TimeSources } from "../shell/clock.ts";
import type { FileOps } from "../shell/journal/file-ops.ts";
import { openFileReader } from "../shell/journal/file-reader.ts";
import { openFileJournal } from "../shell/journal/file.ts";
import type { Journal } from "../shell/journal/journal.ts";
import type { Preparer } from "../shell/journal/preparer.ts";
import type { JournalEnd } from "../shell/journal/read.ts";
import { findSegments, makeSegment, SEGMENT_BYTES_MIN } from "../shell/journal/segments.ts";
import { makePrimary, type Primary } from "../shell/primary.ts";
import { eventsOf, makeEventRing, makePublisher } from "../shell/publisher.ts";
import { recover } from "../shell/recovery.ts";
import { beginning } from "../shell/snapshot/begin.ts";
import { openSnapshotDirectory } from "../shell/snapshot/directory.ts";
import { filesSource } from "../shell/snapshot/source.ts";
import { take } from "../shell/snapshot/taker.ts";
import type { SimDisk } from "./disk.ts";
import type { Random } from "./random.ts";
import { SIZES } from "./reference.ts";

export const DIRECTORY = "/journal";
const SNAPSHOTS = "/snapshots";
const COMMAND_SLOTS = 1_024;
const EVENT_SLOTS = [2_048, 8_192, 65_536]; // 4 to 128 commands at a time; the small ones wrap often

/** Of a few commands, so that more wait and are made durable while those are applied. */
const BATCHES = [1, 4, 16, BATCH_COMMANDS_MAX];

export interface ProcessParts {
  readonly disk: SimDisk;
  readonly random: Random;
  readonly time: TimeSources;
  /** Segments are copied into the archive, not moved. */
  readonly isArchiveElsewhere: boolean;
  /** Time passes while a thread waits. */
  pass(us: number): void;
  /** An event that became visible to the outside. */
  hear(event: Buffer): void;
  /** Something was wrong with a snapshot. */
  warn(words: string): void;
}

export interface FileProcess {
  readonly primary: Primary;
  readonly journal: Journal;
  readonly shard: Shard;
  readonly status: Status;
  readonly end: JournalEnd;
  /** False when the ring is full. */
  submit(record: Uint8Array): boolean;
  /** The reader reads all there is. */
  drain(): void;
  /** What the preparing thread has been asked for, it does now. */
  prepare(): void;
  /** The taker's thread takes a snapshot, and archives what it covers. */
  takeSnapshot(): Promise<void>;
}

/** Recovers and is live; throws what a start throws. */
export async function startProcess(
  parts: ProcessParts,
  begin: "snapshot" | "journal",
): Promise<FileProcess> {
  const { disk, random, time, pass } = parts;
  const segmentBytes = firstSegment(disk);
  const { publisher, events, drain, submit, ...taken } = makeRings(parts);
  const options = { ...SIZES, idSeed: random.below(2 ** 31), events };
  const begun = await beginning({
    files: disk,
    shard: 0,
    directory: DIRECTORY,
    snapshots: { directory: SNAPSHOTS, databaseUrl: null, begin },
    options,
    warn: parts.warn,
  });
  const shard = begun.state?.shard ?? makeShard(options);
  const status = openStatus(makeStatusMemory());
  const recovered = recover({
    files: disk,
    directory: DIRECTORY,
    number: 0,
    shard,
    publisher,
    from: begun.state?.head ?? null,
    snapshot: begun.newest,
    isStopAsked: () => false,
  });
  if (recovered === null) throw new Error("nobody asked it to stop");
  const { end, commands: recoveredCommands, lastStampUs } = recovered;
  const preparing = makePreparing(disk, end.segments, segmentBytes, pass);
  const journal = openFileJournal({
    files: disk,
    directory: DIRECTORY,
    shard: 0,
    end,
    preparer: preparing.preparer,
    batchMax: random.pick(BATCHES),
    randomBytes: random.bytes,
  });
  const primary = makePrimary({
    shard,
    journal,
    clock: makeClock(time, lastStampUs, () => {}),
    status,
    ...taken,
    publisher,
    recoveredCommands,
    besideFrom: 1,
    furtherFrom: 1,
    monotonicMs: () => time.monotonicUs() / 1_000,
  });
  status.setState(ShardState.LIVE);
  const takeSnapshot = (): Promise<void> => takeNext(parts, status);
  const { prepare } = preparing;
  return { primary, journal, shard, status, end, submit, drain, prepare, takeSnapshot };
}

/** Both rings, and who is at their other ends. */
function makeRings({ random, hear, pass }: ProcessParts) {
  const commandRing = makeRing(COMMAND_SLOTS, COMMAND_BYTES);
  const eventRing = makeEventRing(random.pick(EVENT_SLOTS));
  const { memory, recordsAt } = eventRing;
  const reader = openConsumer(eventRing, 0);
  const bytes = Buffer.from(memory, recordsAt);

  function drain(): void {
    const count = reader.available();
    for (let i = 0; i < count; i++) {
      const at = reader.slot(i) * EVENT_BYTES;
      hear(bytes.subarray(at, at + EVENT_BYTES));
    }
    reader.advance(count);
  }

  const ring = openProducer(eventRing);
  const producer: Producer = {
    ...ring,
    // The reader has a thread of its own, and perhaps it moves while this one waits.
    waitForRoom: (count, timeoutMs) => {
      if (random.chance(0.8)) drain();
      else pass(timeoutMs * 1_000);
      return ring.room() >= count;
    },
  };
  const events = eventsOf(eventRing);
  const commands = makeCommands(COMMAND_SLOTS, commandRing.memory, commandRing.recordsAt);
  const sender = openProducer(commandRing);

  function submit(record: Uint8Array): boolean {
    if (sender.room() === 0) return false;
    commands.u8.set(record, sender.slot(0) * COMMAND_BYTES);
    sender.publish(1);
    return true;
  }

  const publisher = makePublisher(producer, events, () => {});
  return { publisher, events, drain, submit, commands, commandRing: openConsumer(commandRing, 0) };
}

/** The archive is on another file system, to which no rename leads. */
function archiveElsewhere(disk: SimDisk): FileOps {
  return {
    ...disk,
    rename: (from, to) => {
      if (dirname(from) !== dirname(to)) throw Object.assign(new Error("EXDEV"), { code: "EXDEV" });
      disk.rename(from, to);
    },
  };
}

async function takeNext(parts: ProcessParts, status: Status): Promise<void> {
  const { disk, warn, isArchiveElsewhere } = parts;
  const reader = openFileReader({
    files: disk,
    directory: DIRECTORY,
    shard: 0,
    durable: () => status.read().journalBytes,
    wait: async () => {},
  });
  await take({
    files: isArchiveElsewhere ? archiveElsewhere(disk) : disk,
    freeBytes: () => Number.POSITIVE_INFINITY, // a write says when the disk is full
    settings: {
      shard: 0,
      snapshotDirectory: SNAPSHOTS,
      databaseUrl: null,
      options: SIZES,
      keep: { count: 2, ageMs: Infinity },
    },
    source: filesSource(disk, DIRECTORY, reader, null),
    newCommandsMin: 1,
    directory: openSnapshotDirectory(disk, SNAPSHOTS),
    copies: [],
    rest: NO_REST,
    warn,
  });
}

function firstSegment(disk: SimDisk): number {
  const found = findSegments(disk, DIRECTORY);
  if (found.segments > 0) return found.segmentBytes;
  makeSegment(disk, DIRECTORY, 0, SEGMENT_BYTES_MIN);
  return SEGMENT_BYTES_MIN;
}

/** What the preparing thread does, done when the run says that its turn has come. */
function makePreparing(
  disk: SimDisk,
  segments: number,
  segmentBytes: number,
  pass: (us: number) => void,
): { readonly preparer: Preparer; prepare(): void } {
  let ready = segments;
  let wanted = 0;
  let failed = false;

  function prepare(): void {
    while (ready < wanted) {
      try {
        makeSegment(disk, DIRECTORY, ready, segmentBytes);
        ready++;
        failed = false;
      } catch (error) {
        if (disk.isDead()) throw error;
        failed = true;
        return;
      }
    }
  }

  const preparer: Preparer = {
    want: (number) => void (wanted = Math.max(wanted, number + 1)),
    isReady: (number) => ready > number,
    foundNoRoom: () => failed,
    wait: (timeoutMs) => {
      pass(timeoutMs * 1_000);
      prepare();
    },
  };
  return { preparer, prepare };
}
