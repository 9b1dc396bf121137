/**
 * The thread that makes frames durable: closes, writes, syncs, says so in shared words; hashes, and waits
 * for the next. Opens segments by itself: a descriptor of the shard's thread dies with that thread, and its
 * number could then be another file's. The shard asks for nothing more after one failure.
 */
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { type BehindMemory, BehindState, BehindWord } from "./behind.ts";
import { nodeFiles, writeAll } from "./file-ops.ts";
import { closeFrame, FRAME_ALIGN, hashFrame } from "./frame.ts";
import { segmentName } from "./segments.ts";

export interface BehindWorkerData {
  readonly memory: BehindMemory;
  readonly directory: string;
}

const { memory, directory } = workerData as BehindWorkerData;
const { words, hash, reason } = memory;
const frames = memory.frames.map(({ buffer, byteOffset, length }) =>
  Buffer.from(buffer, byteOffset, length),
);
let openSegment = -1;
let fd = -1;

/** Its part that is hashed, which stays as it is until the next one is durable. */
function makeDurable(): { readonly frame: Buffer; readonly payloadBytes: number } {
  const frame = frames[words[BehindWord.FRAME]!]!;
  const payloadBytes = words[BehindWord.PAYLOAD_BYTES]!;
  const segment = words[BehindWord.SEGMENT]!;
  if (segment !== openSegment) {
    if (fd >= 0) nodeFiles.close(fd);
    fd = nodeFiles.openSectors(join(directory, segmentName(segment)));
    openSegment = segment;
  }
  const at = words[BehindWord.AT_SECTORS]! * FRAME_ALIGN;
  closeFrame(frame, payloadBytes, hash);
  writeAll(nodeFiles, fd, frame, words[BehindWord.BYTES]!, at);
  nodeFiles.sync(fd);
  return { frame, payloadBytes };
}

/** Unless the next one was begun meanwhile. */
function sayHashed(): void {
  const { DURABLE, HASHED } = BehindState;
  if (Atomics.compareExchange(words, BehindWord.STATE, DURABLE, HASHED) !== DURABLE) return;
  Atomics.notify(words, BehindWord.STATE);
}

function say(state: number): void {
  Atomics.store(words, BehindWord.STATE, state);
  Atomics.notify(words, BehindWord.STATE);
}

for (;;) {
  const state = Atomics.load(words, BehindWord.STATE);
  if (state !== BehindState.BEGUN) {
    Atomics.wait(words, BehindWord.STATE, state);
    continue;
  }
  try {
    const { frame, payloadBytes } = makeDurable();
    say(BehindState.DURABLE);
    hash.set(hashFrame(frame, payloadBytes));
    sayHashed();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const bytes = Buffer.from(text).subarray(0, reason.length);
    reason.set(bytes);
    words[BehindWord.REASON_BYTES] = bytes.length;
    say(BehindState.FAILED);
  }
}
