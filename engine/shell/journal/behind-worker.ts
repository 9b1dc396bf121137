/**
 * The thread that makes frames durable: fills, closes, writes, syncs, says so in shared words; hashes, and
 * goes on with the next. Opens segments by itself: a descriptor of the shard's thread dies with
 * that thread, and its number could then be another file's. After one failure it does nothing more,
 * whatever was begun.
 */
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { COMMAND_BYTES } from "../../core/command.ts";
import { fillBatch } from "../batch.ts";
import { type BehindMemory, BehindWord, commandsOf, jobAt, JobWord, turnOf } from "./behind.ts";
import { nodeFiles, writeAll } from "./file-ops.ts";
import { closeFrame, commandsIn, firstSequenceIn, FRAME_ALIGN, hashFrame } from "./frame.ts";
import { segmentName } from "./segments.ts";

export interface BehindWorkerData {
  readonly memory: BehindMemory;
  readonly directory: string;
}

const { memory, directory } = workerData as BehindWorkerData;
const { words, hash, reason, stamps } = memory;
const frames = memory.frames.map(({ buffer, byteOffset, length }) =>
  Buffer.from(buffer, byteOffset, length),
);
const batches = frames.map(commandsIn);
const ring = commandsOf(memory.ring);
let openSegment = -1;
let fd = -1;

/** Its part that is hashed, which stays as it is until the next one is durable. */
function makeDurable(begun: number): { readonly frame: Buffer; readonly payloadBytes: number } {
  const job = jobAt(begun);
  const number = words[job + JobWord.FRAME]!;
  const frame = frames[number]!;
  const payloadBytes = words[job + JobWord.PAYLOAD_BYTES]!;
  const slot = words[job + JobWord.SLOT]!;
  if (slot >= 0) {
    const unfilled = {
      ring,
      slot,
      count: payloadBytes / COMMAND_BYTES,
      stampUs: stamps[turnOf(begun)]!,
    };
    fillBatch(batches[number]!, firstSequenceIn(frame), unfilled);
  }
  const segment = words[job + JobWord.SEGMENT]!;
  if (segment !== openSegment) {
    if (fd >= 0) nodeFiles.close(fd);
    fd = nodeFiles.openSectors(join(directory, segmentName(segment)));
    openSegment = segment;
  }
  const at = words[job + JobWord.AT_SECTORS]! * FRAME_ALIGN;
  closeFrame(frame, payloadBytes, hash);
  writeAll(nodeFiles, fd, frame, words[job + JobWord.BYTES]!, at);
  nodeFiles.sync(fd);
  return { frame, payloadBytes };
}

function say(word: number, value: number): void {
  Atomics.store(words, word, value);
  Atomics.add(words, BehindWord.CHANGES, 1);
  Atomics.notify(words, BehindWord.CHANGES);
}

function sayFailed(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  const bytes = Buffer.from(text).subarray(0, reason.length);
  reason.set(bytes);
  words[BehindWord.REASON_BYTES] = bytes.length;
  say(BehindWord.FAILED, 1);
}

try {
  for (let done = 0; ; ) {
    while (Atomics.load(words, BehindWord.BEGUN) === done) {
      Atomics.wait(words, BehindWord.BEGUN, done);
    }
    const { frame, payloadBytes } = makeDurable(done);
    done = (done + 1) | 0;
    say(BehindWord.DURABLE, done);
    hash.set(hashFrame(frame, payloadBytes));
    say(BehindWord.HASHED, done);
  }
} catch (error) {
  sayFailed(error);
}
