/**
 * The match stream of one shard, whatever carries it: one follower at the journal's end feeds a window
 * of encoded chunks that all readers share. Who asks for something older gets a pass of its own: a
 * second follower, from the newest state before it, until the window takes over.
 *
 * A reader is never waited for. Who has not taken what it was given for a while, or whose place has
 * fallen out of the window, is ended as TOO_SLOW and resumes by sequence.
 */
import type { JournalReader } from "../journal/journal.ts";
import {
  type Decided,
  type FollowedState,
  type Follower,
  type FollowerOptions,
  makeFollower,
  type States,
} from "../follower.ts";
import { StreamEndReason } from "../../../proto/gen/solebook/match/v1/match_pb.ts";
import { type Chunk, type ChunkWriter, makeChunkWriter, restOfChunk } from "./encode.ts";
import { makeWindow } from "./window.ts";

export interface MatchStreamOptions {
  readonly shard: number;
  readonly journal: JournalReader;
  readonly states: States;
  /** What the shared follower begins with. */
  readonly begin: FollowedState;
  /** What is durable; readers are taken once what was durable at the start has been read. 0: not known. */
  durable(): number;
  readonly limits?: Partial<StreamLimits>;
  monotonicMs(): number;
  /** Readers are taken from here on. */
  onReady?(): void;
  /** How events become bytes; as messages of the match stream unless said otherwise. */
  readonly format?: ChunkFormat;
}

export interface ChunkFormat {
  makeWriter(
    journalId: Buffer,
    shard: number,
    firstSequence: number,
    onChunk: (chunk: Chunk) => void,
  ): ChunkWriter;
  /** The part of a chunk that begins with the command `from`, which is inside of it. */
  restOf(chunk: Chunk, from: number): Chunk;
}

const MESSAGES: ChunkFormat = { makeWriter: makeChunkWriter, restOf: restOfChunk };

export interface StreamLimits {
  readonly windowBytes: number;
  readonly readersMax: number;
  /** Followers of old readers at the same time; the others wait for their turn. */
  readonly passesMax: number;
  /** How long a reader may take nothing while there is something for it. */
  readonly slowMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  windowBytes: 64 * 1024 * 1024,
  readersMax: 256,
  passesMax: 2,
  slowMs: 10_000,
};

/** Where a stream goes. */
export interface Sink {
  /** The first thing it is told, unless it is refused. */
  begin(head: StreamHead): void;
  /** False: enough for now; `Reading.drained` is called when it wants more. */
  write(message: Buffer): boolean;
  /** The last thing. */
  end(end: StreamEnding): void;
}

export interface StreamHead {
  readonly journalId: Buffer;
  readonly shard: number;
  readonly fromSequence: number;
  readonly headSequence: number;
}

export interface StreamEnding {
  readonly reason: StreamEndReason;
  readonly words: string;
  /** TOO_OLD: of the oldest state to begin with. AHEAD: the newest command here. */
  readonly sequence: number;
  readonly journalId: Buffer | null;
}

/** A reader, as its carrier knows it. */
export interface Reading {
  drained(): void;
  /** It is gone, and what it held is free; to be called in the end, however it ended. */
  close(): void;
}

export interface MatchStream {
  /** Refuses by ending the sink. `journalId`: what the reader knows. */
  subscribe(fromSequence: number, journalId: Buffer | null, sink: Sink): Reading;
  /** Follows the journal until told to stop, then ends all readers. Throws what a follower throws. */
  run(signal: AbortSignal): Promise<void>;
  /** The follower at the journal's end. */
  readonly follower: Follower;
  /** What somebody else decided with the follower's shard: who becomes the writer (`entry/`). */
  take(decided: Decided): void;
  /** Gives readers at once what waits to be given together. */
  flush(): void;
  /** Readers are taken from here on, without a `run` that sees for itself when. */
  open(journalId: Buffer): void;
  /** Ends all readers, and takes none. */
  close(words: string): void;
}

interface Reader {
  readonly sink: Sink;
  /** Nothing more is given to it. */
  readonly over: AbortController;
  /** The first command it was not given yet. */
  next: number;
  /** The chunk it is given next; -1 while it is not at the window. */
  count: number;
  /** Since when it has enough; -1: it wants more. */
  fullSinceMs: number;
  onDrained: (() => void) | null;
}

const CHECK_MS = 500;

export function makeMatchStream(options: MatchStreamOptions): MatchStream {
  const { shard, journal, states, begin, monotonicMs, format = MESSAGES } = options;
  const limits = { ...STREAM_LIMITS, ...options.limits };
  const window = makeWindow(begin.shard.sequence() + 1, limits.windowBytes);
  const readers = new Set<Reader>();
  const waiting: Reader[] = [];
  let [openReadings, passes, readyAt] = [0, 0, 0];
  let writer: ChunkWriter | null = null;
  let journalId = begin.place.journalId;
  let [isReady, isFlushing] = [false, false];
  let checking: NodeJS.Timeout | undefined;
  const parts = { journal, state: begin, onDecided: take, whenReady: noteProgress };
  const follower = makeFollower(parts);

  function take(decided: Decided): void {
    journalId ??= decided.journalId;
    writer ??= format.makeWriter(journalId, shard, window.nextSequence(), (chunk) => {
      window.push(chunk);
      for (const reader of readers) pump(reader);
    });
    writer.add(decided.events, decided.nextSequence);
    if (isFlushing) return;
    isFlushing = true;
    setImmediate(flush); // what is read in one go travels together
  }

  function flush(): void {
    isFlushing = false;
    writer?.flush();
  }

  function open(id: Buffer): void {
    journalId ??= id;
    isReady = true;
    writer?.flush();
    checking ??= setInterval(endSlowOnes, CHECK_MS);
  }

  function close(words: string): void {
    clearInterval(checking);
    checking = undefined;
    isReady = false;
    for (const reader of readers) end(reader, StreamEndReason.STOPPED, words);
  }

  /** Nobody is told that it has seen too much by a server that has not read everything itself. */
  function noteProgress(): null {
    if (isReady) return null;
    if (readyAt === 0) readyAt = options.durable();
    if (readyAt === 0 || journalId === null || follower.place().position < readyAt) return null;
    open(journalId);
    options.onReady?.();
    return null;
  }

  function end(reader: Reader, reason: StreamEndReason, words: string): void {
    if (!forget(reader)) return;
    reader.sink.end({ reason, words, sequence: 0, journalId });
  }

  function forget(reader: Reader): boolean {
    if (!readers.delete(reader)) return false;
    const place = waiting.indexOf(reader);
    if (place >= 0) waiting.splice(place, 1);
    reader.over.abort();
    reader.onDrained?.();
    return true;
  }

  function give(reader: Reader, chunk: Chunk): void {
    const part = chunk.firstSequence < reader.next ? format.restOf(chunk, reader.next) : chunk;
    reader.next = part.nextSequence;
    if (!reader.sink.write(part.message)) reader.fullSinceMs = monotonicMs();
  }

  /** Gives a reader at the window what it is missing, as far as it wants it. */
  function pump(reader: Reader): void {
    while (reader.count >= 0 && reader.fullSinceMs < 0 && !reader.over.signal.aborted) {
      if (window.hasDropped(reader.count)) return endAsSlow(reader);
      const chunk = window.at(reader.count);
      if (chunk === undefined) return;
      reader.count++;
      if (chunk.nextSequence > reader.next) give(reader, chunk);
    }
  }

  function endAsSlow(reader: Reader): void {
    const words = "the reader does not keep up; resume behind what has arrived";
    end(reader, StreamEndReason.TOO_SLOW, words);
  }

  function endSlowOnes(): void {
    const sinceMs = monotonicMs() - limits.slowMs;
    for (const reader of readers) {
      const isStuck = reader.fullSinceMs >= 0 && reader.fullSinceMs < sinceMs;
      if (isStuck || (reader.count >= 0 && window.hasDropped(reader.count))) endAsSlow(reader);
    }
  }

  function startPasses(): void {
    while (passes < limits.passesMax && waiting.length > 0) {
      const reader = waiting.shift()!;
      passes++;
      void pass(reader)
        .catch((error: unknown) => {
          const words = error instanceof Error ? error.message : String(error);
          end(reader, StreamEndReason.STOPPED, `what is old cannot be read again: ${words}`);
        })
        .finally(() => {
          passes--;
          startPasses();
        });
    }
  }

  /** What is older than the window, for one reader, until the window has all that it is missing. */
  async function pass(reader: Reader): Promise<void> {
    const state = await states.before(reader.next);
    const arrived = new AbortController();
    const over = reader.over.signal;
    const signal = AbortSignal.any([over, arrived.signal]);
    const own = format.makeWriter(journalId!, shard, reader.next, (chunk) => {
      if (!over.aborted) give(reader, chunk);
    });
    const whenReady: FollowerOptions["whenReady"] = () => {
      if (window.isFresh(own.next())) arrived.abort();
      return reader.fullSinceMs < 0 || signal.aborted ? null : drainedOf(reader);
    };
    const onDecided: FollowerOptions["onDecided"] = ({ events, nextSequence }) =>
      own.add(events, nextSequence);
    const behind = makeFollower({ journal, state, onDecided, whenReady });
    do await behind.catchUp(signal);
    while (!over.aborted && own.next() < window.firstSequence());
    own.flush();
    toWindow(reader);
  }

  function drainedOf(reader: Reader): Promise<void> {
    return new Promise((resolve) => void (reader.onDrained = resolve));
  }

  /** A place that the window has not reached yet is found by passing over what comes before it. */
  function toWindow(reader: Reader): void {
    const count = window.find(reader.next);
    reader.count = count < 0 ? window.end() : count;
    pump(reader);
  }

  function refusal(from: number, known: Buffer | null): StreamEnding | null {
    const refuse = (reason: StreamEndReason, words: string, sequence = 0): StreamEnding => {
      return { reason, words, sequence, journalId };
    };
    const head = window.nextSequence() - 1;
    if (openReadings > limits.readersMax) {
      return refuse(StreamEndReason.TOO_MANY_READERS, `there are ${limits.readersMax} already`);
    }
    if (!isReady || journalId === null) {
      return refuse(StreamEndReason.NOT_READY, "the journal is still being read");
    }
    if (known !== null && !known.equals(journalId)) {
      const ids = `${journalId.toString("hex")} is served here, not ${known.toString("hex")}`;
      return refuse(StreamEndReason.FOREIGN_JOURNAL, `journal ${ids}`);
    }
    if (from > head + 1) {
      const words = `sequence ${from} is still to come: the newest command here is ${head}`;
      return refuse(StreamEndReason.AHEAD, words, head);
    }
    const oldest = states.oldest();
    if (from >= window.firstSequence() || from > oldest) return null;
    const words = `sequence ${from} is archived: begin with the snapshot at ${oldest}`;
    return refuse(StreamEndReason.TOO_OLD, words, oldest);
  }

  function subscribe(from: number, known: Buffer | null, sink: Sink): Reading {
    openReadings++;
    const over = new AbortController();
    const reader: Reader = { sink, over, next: from, count: -1, fullSinceMs: -1, onDrained: null };
    const refused = refusal(from, known);
    if (refused === null) {
      const headSequence = window.nextSequence() - 1;
      sink.begin({ journalId: journalId!, shard, fromSequence: from, headSequence });
      readers.add(reader);
      if (from >= window.firstSequence()) toWindow(reader);
      else waiting.push(reader);
      startPasses();
    } else sink.end(refused);
    return {
      drained: () => {
        reader.fullSinceMs = -1;
        reader.onDrained?.();
        reader.onDrained = null;
        pump(reader);
      },
      close: () => {
        openReadings--;
        forget(reader);
      },
    };
  }

  async function run(signal: AbortSignal): Promise<void> {
    let words = "the server stops";
    try {
      await follower.follow(signal);
    } catch (error) {
      words = "the server could not go on";
      throw error;
    } finally {
      close(words);
    }
  }

  return { subscribe, run, follower, take, flush, open, close };
}
