/**
 * The thread that reads a journal for who replays it: each frame, once it was found whole and in its
 * place, is copied into a block, and blocks are given over in turns. See `read-beside.ts`.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { asShellError } from "../errors.ts";
import { filesReadDirect } from "./direct-read.ts";
import { frameBytes } from "./frame.ts";
import { readJournal } from "./read.ts";
import { BLOCKS, placeFrom, type ReadOver, ReadWord, type ReadWorkerData } from "./read-beside.ts";

const data = workerData as ReadWorkerData & { readonly port: MessagePort };
const { directory, shard, from, words, blocks, port } = data;
let given = 0;
let block = blocks[0]!;
let length = 0; // of the frames in it

/** Goes on with the next block once that is free. */
function give(): void {
  words[ReadWord.LENGTHS + (given % BLOCKS)] = length;
  given++;
  Atomics.store(words, ReadWord.GIVEN, given);
  Atomics.notify(words, ReadWord.GIVEN);
  for (;;) {
    const returned = Atomics.load(words, ReadWord.RETURNED);
    if (given - returned < BLOCKS) break;
    Atomics.wait(words, ReadWord.RETURNED, returned);
  }
  block = blocks[given % BLOCKS]!;
  length = 0;
}

function giveRest(): void {
  if (length > 0) give();
}

function readAll(): ReadOver {
  try {
    const place = placeFrom(from);
    const frames = readJournal(filesReadDirect(), directory, shard, place, Infinity, giveRest);
    for (;;) {
      const next = frames.next();
      if (next.done === true) return { kind: "end", end: next.value };
      const { header, bytes } = next.value;
      const count = frameBytes(header.count);
      if (length + count > block.length) give();
      block.set(bytes.subarray(0, count), length);
      length += count;
    }
  } catch (error) {
    const { code, message } = asShellError(error);
    return { kind: "refused", code, reason: message };
  }
}

// Who waits for a block would else wait for ever. (Of one that runs out of memory Node says nothing here: who then
// waits does so until a stop is asked for.)
process.once("exit", () => {
  Atomics.store(words, ReadWord.ENDED, 1);
  Atomics.notify(words, ReadWord.GIVEN);
});
parentPort!.postMessage("begun");
const over = readAll();
giveRest();
port.postMessage(over);
give(); // an empty one
