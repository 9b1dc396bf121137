/**
 * Reads a journal by a thread of its own (`read-worker.ts`), which reads and checks, as `readJournal`
 * does, while what came before is applied. Whole frames come over in blocks of memory that both threads
 * use in turns; owns these, and the calls.
 *
 * Must never give out a frame that was not found whole and in its place.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { asShellError, ShellError, ShellErrorCode } from "../errors.ts";
import { frameBytes, LONG_FRAME_COMMANDS_MAX, readHeader } from "./frame.ts";
import type { JournalFrame, JournalPlace } from "./journal.ts";
import type { JournalEnd } from "./read.ts";

type ReadFrame = Pick<JournalFrame, "header" | "bytes">;
/** Frames to be replayed, and where they end. */
export type Frames = Generator<ReadFrame, JournalEnd>;

/** Short frames come over many at a time. */
const BLOCK_BYTES = 2 * frameBytes(LONG_FRAME_COMMANDS_MAX);
export const BLOCKS = 3;

export const ReadWord = {
  /** Blocks given to who replays, and given back, ever. */
  GIVEN: 0,
  RETURNED: 1,
  /** 1 when the thread is over, with its last words or without. */
  ENDED: 2,
  /** Of each block, the bytes that are frames; 0: there are no more, and the port has the rest. */
  LENGTHS: 3,
} as const;

/** What both threads see. */
export interface ReadMemory {
  readonly words: Int32Array;
  readonly blocks: readonly Uint8Array[];
}

export interface ReadWorkerData extends ReadMemory {
  readonly directory: string;
  readonly shard: number;
  readonly from: JournalPlace;
}

/** The thread's last words. */
export type ReadOver =
  | { readonly kind: "end"; readonly end: JournalEnd }
  | { readonly kind: "refused"; readonly code: ShellErrorCode; readonly reason: string };

const WAIT_MS = 100;
/** For a thread that says nothing, once a stop was asked for. */
const PATIENCE_MS = 5_000;

/**
 * Returns when the thread begins to read, throws when it ends before: that is known for certain only
 * while nobody blocks this one. Later, when a frame is asked for, blocks until there is one, and throws
 * what `readJournal` throws, or that the thread has ended.
 */
export async function readBeside(
  directory: string,
  shard: number,
  from: JournalPlace,
  isStopAsked: () => boolean,
  thread = new URL("./read-worker.ts", import.meta.url),
): Promise<Frames> {
  const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
  const memory: ReadMemory = {
    words: new Int32Array(shared(4 * (ReadWord.LENGTHS + BLOCKS))),
    blocks: Array.from({ length: BLOCKS }, () => new Uint8Array(shared(BLOCK_BYTES))),
  };
  const { port1: port, port2 } = new MessageChannel();
  const data: ReadWorkerData = { ...memory, directory, shard, from };
  const worker = new Worker(thread, {
    workerData: { ...data, port: port2 },
    transferList: [port2],
  });
  await beginning(worker);
  worker.unref();

  function* all(): Frames {
    try {
      yield* framesIn(memory, isStopAsked);
      return endOf(receiveMessageOnPort(port)!.message as ReadOver);
    } finally {
      port.close();
      void worker.terminate();
    }
  }

  return all();
}

/** Its first message is that all it needs was loaded. */
function beginning(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    let why: string | null = null;
    worker.once("message", () => resolve());
    worker.on("error", (error) => (why = asShellError(error).message));
    worker.on("exit", (code) => reject(endedEarly(why ?? `exit code ${code}, before it began`)));
  });
}

function endedEarly(how: string): ShellError {
  return new ShellError(
    ShellErrorCode.BROKEN_STATE,
    `the thread that reads the journal ended; start again, and report this if it recurs: ${how}`,
  );
}

function* framesIn(
  { words, blocks }: ReadMemory,
  isStopAsked: () => boolean,
): Generator<ReadFrame, void> {
  const buffers = blocks.map(({ buffer }) => Buffer.from(buffer));
  for (let taken = 0; ; taken++) {
    waitForBlock(words, taken, isStopAsked);
    const block = taken % BLOCKS;
    const length = words[ReadWord.LENGTHS + block]!;
    if (length === 0) return;
    for (let at = 0; at < length; ) {
      const bytes = buffers[block]!.subarray(at);
      const reading = readHeader(bytes);
      if (reading.kind !== "frame") throw new Error("what was checked is no frame any more");
      at += frameBytes(reading.header.count);
      yield { header: reading.header, bytes };
    }
    Atomics.add(words, ReadWord.RETURNED, 1);
    Atomics.notify(words, ReadWord.RETURNED);
  }
}

function waitForBlock(words: Int32Array, taken: number, isStopAsked: () => boolean): void {
  let waitedMs = 0;
  for (;;) {
    const hasEnded = Atomics.load(words, ReadWord.ENDED) === 1; // first: it may give, and then end
    if (Atomics.load(words, ReadWord.GIVEN) !== taken) return;
    if (hasEnded) throw endedEarly("before it had read it all");
    if (Atomics.wait(words, ReadWord.GIVEN, taken, WAIT_MS) !== "timed-out" || !isStopAsked())
      continue;
    waitedMs += WAIT_MS;
    if (waitedMs >= PATIENCE_MS) throw new ShellError(ShellErrorCode.STOPPED, "asked to stop");
  }
}

function endOf(over: ReadOver): JournalEnd {
  if (over.kind === "refused") throw new ShellError(over.code, over.reason);
  return { ...over.end, ...placeFrom(over.end) };
}

/** A place as it came from another thread, its bytes buffers again. */
export function placeFrom(place: JournalPlace): JournalPlace {
  const { journalId, previousHash, writerId } = place;
  return {
    ...place,
    journalId: journalId === null ? null : Buffer.from(journalId),
    previousHash: Buffer.from(previousHash),
    writerId: Buffer.from(writerId),
  };
}
