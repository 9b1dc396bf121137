/**
 * A shard's own thread: wires the core, the journal and the rings together, recovers, and then turns
 * the primary's crank until it is asked to stop or something breaks. Everything it has to say to the
 * main thread goes by `WorkerMessage`.
 */
import { randomInt } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { makeCommands } from "../core/command.ts";
import { makeShard } from "../core/index.ts";
import type { ShardOptions } from "../core/limits.ts";
import { openConsumer, openProducer, type Ring } from "../ring/ring.ts";
import { openStatus, ShardState, type StatusMemory } from "../ring/status.ts";
import { makeClock, systemTime } from "./clock.ts";
import { asShellError, saysNoRoom, ShellError, ShellErrorCode } from "./errors.ts";
import { type BehindMemory, makeBehindMemory, openBehind } from "./journal/behind.ts";
import { sharedSectors } from "./journal/direct.ts";
import { filesReadDirect } from "./journal/direct-read.ts";
import { nodeFiles } from "./journal/file-ops.ts";
import { openFileJournal } from "./journal/file.ts";
import { frameBytes, frameCommandsMax } from "./journal/frame.ts";
import { openPreparer, PrepareWord } from "./journal/preparer.ts";
import { type JournalEnd, journalIdIn } from "./journal/read.ts";
import { type Frames, readBeside } from "./journal/read-beside.ts";
import {
  findSegments,
  makeSegment,
  placeOf,
  segmentName,
  settleSegments,
} from "./journal/segments.ts";
import { type Journal, JOURNAL_START, type JournalPlace } from "./journal/journal.ts";
import { makePrimary, type Primary } from "./primary.ts";
import { eventsOf, makePublisher } from "./publisher.ts";
import { recover } from "./recovery.ts";
import { beginning, type SnapshotsAtStart } from "./snapshot/begin.ts";

/** Orders whose first command waits for no memory: 16 MiB. */
const READY_ROWS = 131_072;

export interface ShardWorkerData {
  readonly shard: number;
  readonly directory: string;
  readonly segmentBytes: number;
  /** The journal that must be here; null when nobody remembers one. */
  readonly journalId: string | null;
  readonly options: ShardOptions;
  /** Where its snapshots are, and whether to begin with one; null where none are taken. */
  readonly snapshots: SnapshotsAtStart | null;
  readonly commandRing: Ring;
  readonly eventRing: Ring;
  readonly status: StatusMemory;
  readonly prepareWords: Int32Array;
}

export interface RecoveryReport {
  readonly journalId: string;
  readonly sequence: number;
  /** The sequence of the snapshot it began with; 0 when it began with the first command. */
  readonly snapshot: number;
  /** Replayed. */
  readonly commands: number;
  readonly seconds: number;
  /** In words, when a torn last frame was cut, or a segment had lost its end. */
  readonly cut: string | null;
}

export type WorkerMessage =
  | { readonly kind: "wake" }
  | {
      readonly kind: "segments";
      readonly segmentBytes: number;
      readonly memory: BehindMemory;
    }
  | { readonly kind: "ready"; readonly report: RecoveryReport }
  | { readonly kind: "alarm"; readonly words: string }
  | {
      readonly kind: "stopped";
      readonly clean: boolean;
      readonly code: string;
      readonly reason: string;
    };

/** A little over the time a wake-up costs; more would take a core from the gateway. */
const SPINS = 200;
/** A journal has as many before it has filled the first. */
const SEGMENTS_AT_FIRST = 2;
/** To apply so many takes longer than to wake the thread that writes. */
const BESIDE_FROM = 128;

const data = workerData as ShardWorkerData;
const status = openStatus(data.status);
const eventProducer = openProducer(data.eventRing);
const tell = (message: WorkerMessage): void => parentPort!.postMessage(message);

function wakeReaders(): void {
  if (eventProducer.takeSleeper(0)) tell({ kind: "wake" });
}

async function run(): Promise<void> {
  try {
    const started = await start();
    if (started !== null) {
      turn(started.primary);
      started.journal.close();
    }
    status.setState(ShardState.STOPPED);
    tell({ kind: "stopped", clean: true, code: "", reason: "asked to stop" });
  } catch (error) {
    status.setState(ShardState.STOPPED);
    const { code, message } = asShellError(error);
    tell({ kind: "stopped", clean: false, code, reason: message });
  }
}

/** null when it was asked to stop while it recovered. */
async function start(): Promise<{ primary: Primary; journal: Journal } | null> {
  const startedMs = performance.now();
  const { directory, shard: number } = data;
  refuseOtherJournal(directory);
  makeFirstSegment(directory);
  const events = eventsOf(data.eventRing);
  const publisher = makePublisher(eventProducer, events, wakeReaders);
  const idSeed = randomInt(2 ** 31);
  const options = { readyRows: READY_ROWS, ...data.options, idSeed, events };
  const begun = await beginning({
    ...data,
    options,
    warn: (words) => tell({ kind: "alarm", words }),
  });
  const reading = framesBeside(begun.state?.head.place ?? JOURNAL_START);
  const shard = begun.state?.shard ?? makeShard(options);
  const frames = await reading;
  const recovered = recover({
    ...(frames === null ? {} : { frames }),
    files: filesReadDirect(),
    directory,
    number,
    shard,
    publisher,
    from: begun.state?.head ?? null,
    snapshot: begun.newest,
    isStopAsked: status.isStopAsked,
  });
  if (recovered === null) return null;
  const { end, commands, lastStampUs } = recovered;
  const id = end.journalId?.toString("hex");
  if (data.journalId !== null && id !== data.journalId) {
    refuseOther(id === undefined ? "an empty journal" : `journal ${id}`);
  }
  const journal = openJournal(end);
  const clock = makeClock(systemTime, lastStampUs, (offByUs) => {
    const seconds = Math.round(offByUs / 1_000_000);
    tell({ kind: "alarm", words: `the system's clock jumped by ${seconds} s; not followed` });
  });
  const ring = data.commandRing;
  const primary = makePrimary({
    shard,
    journal,
    clock,
    status,
    commandRing: openConsumer(ring, 0),
    commands: makeCommands(ring.slots, ring.memory, ring.recordsAt),
    publisher,
    recoveredCommands: commands,
    besideFrom: BESIDE_FROM,
    furtherFrom: journal.batchMax,
    monotonicMs: () => performance.now(),
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  const sequence = end.nextSequence - 1;
  const cut = wordsOfCut(end);
  status.setState(ShardState.LIVE);
  const snapshot = begun.state?.head.sequence ?? 0;
  const report = { journalId: journal.id, sequence, snapshot, commands, seconds, cut };
  tell({ kind: "ready", report });
  return { primary, journal };
}

/**
 * The frames that are to be replayed, from a thread of their own; null when they are few, which are
 * read before such a thread has begun.
 */
async function framesBeside(from: JournalPlace): Promise<Frames | null> {
  const { segments, segmentBytes } = findSegments(nodeFiles, data.directory);
  if (segments - Math.floor(from.position / segmentBytes) <= SEGMENTS_AT_FIRST) return null;
  settleSegments(nodeFiles, data.directory);
  return readBeside(data.directory, data.shard, from, status.isStopAsked);
}

/** The journal behind what was recovered, and the threads beside it. */
function openJournal(end: JournalEnd): Journal {
  const { segmentBytes } = end;
  Atomics.store(data.prepareWords, PrepareWord.READY, end.segments);
  const longest = frameBytes(frameCommandsMax(segmentBytes));
  const memory = makeBehindMemory(sharedSectors, longest, data.commandRing);
  tell({ kind: "segments", segmentBytes, memory });
  return openFileJournal({
    files: nodeFiles,
    directory: data.directory,
    shard: data.shard,
    end,
    preparer: openPreparer(data.prepareWords),
    behind: openBehind(memory),
  });
}

/** As far as its first frame says; the whole of it is checked when it has been read. */
function refuseOtherJournal(directory: string): void {
  if (data.journalId === null) return;
  if (findSegments(nodeFiles, directory).segments === 0) refuseOther("no journal at all");
  const found = journalIdIn(nodeFiles, directory)?.toString("hex") ?? data.journalId;
  if (found !== data.journalId) refuseOther(`journal ${found}`);
}

/** A wiped directory must not look like the old one, nor somebody else's journal like ours. */
function refuseOther(found: string): never {
  throw new ShellError(
    ShellErrorCode.JOURNAL_FOREIGN,
    `${data.directory} holds ${found}, but the accounts and instruments beside it belong to journal ` +
      `${data.journalId}. Put that journal back, or begin in a new directory.`,
  );
}

function wordsOfCut(end: JournalEnd): string | null {
  const { torn, short, segments, segmentBytes, nextSequence } = end;
  const words: string[] = [];
  if (end.isLastFull) {
    words.push(
      `${segmentName(segments - 1)} is full and no segment follows it: the disk was full, or a file is ` +
        `missing. The journal ends before sequence ${nextSequence}; if more had been acknowledged, ` +
        "restore a copy.",
    );
  }
  if (short !== null) {
    words.push(
      `${segmentName(short.number)} had lost its last ${segmentBytes - short.bytes} bytes; the ` +
        `journal now ends before sequence ${nextSequence}. If more had been acknowledged, it is ` +
        "gone from this directory: restore a copy.",
    );
  }
  if (torn !== null) {
    words.push(
      `cut a torn last frame in ${placeOf(torn.from, segmentBytes)}, where sequence ` +
        `${nextSequence} would have been: ${torn.why}. It had not been acknowledged, unless the ` +
        "disk lied about it.",
    );
  }
  return words.length === 0 ? null : words.join(" ");
}

function makeFirstSegment(directory: string): void {
  if (findSegments(nodeFiles, directory).segments > 0) return;
  try {
    makeSegment(nodeFiles, directory, 0, data.segmentBytes);
  } catch (error) {
    if (!saysNoRoom(error)) throw error;
    throw new ShellError(
      ShellErrorCode.DISK_FULL,
      `there is no room in ${directory} for the journal's first ` +
        `${Math.round(data.segmentBytes / 1_048_576)} MiB. Make room, or name another directory.`,
    );
  }
}

function turn(primary: Primary): void {
  const waiting = openConsumer(data.commandRing, 0);
  while (!status.isStopAsked()) {
    if (primary.step() > 0) continue;
    primary.coverWhenIdle();
    if (status.state() === ShardState.DISK_FULL) continue; // the step itself waited
    waiting.waitForRecords(SPINS, primary.idleMs(), status.isStopAsked);
  }
  primary.finish();
}

void run();
